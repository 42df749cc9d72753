"""The round of the projection: look at what changed, take samples, and write what waits.

`run_once` does a bounded round and says when the next is due; `run` is those rounds in a thread. While the
time-series store is away everything waits where it is: cursors, untold milestones, samples in the outbox. Intake
never waits for any of it.
"""

import random
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from gateway.ports.delivery import Turn, Turns
from gateway.ports.line import Clock
from gateway.ports.series import Series
from gateway.ports.state import State, Unavailable
from gateway.service.pauses import Pause
from gateway.service.series.alerts import Transitions
from gateway.service.series.cursor import Cursor
from gateway.service.series.events import Events
from gateway.service.series.journeys import MAX_SUBJECTS, Journeys
from gateway.service.series.sampling import Sampling, Vitals
from gateway.service.series.upkeep import Keep, Upkeep
from gateway.service.series.writing import Away, Left, Writing
from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)

POLL: Final = Duration(1 * SECOND)
"""So often it is looked for something new."""
SOON: Final = Duration(SECOND // 20)
"""When the next round is, while there is more to do."""
REST: Final = 1
REST_BUSY: Final = 9
REST_BEHIND: Final = 2
"""A round is followed by so many times its own length of rest: intake, in the same process, goes first."""
BUSY: Final = 300
"""Events a second, taken in since the last round."""
FEW: Final = 150
"""Journeys looked at in one round while intake is busy: a round slows what is taken in beside it, so it is short."""
FAR_BEHIND: Final = 20_000
"""Events; beyond that it goes faster than they can come in, or an outage would never be made up for."""
SHORTEST_REST_S, LONGEST_REST_S = 0.05, 5.0
LONGEST_PAUSE: Final = Duration(30 * SECOND)
LONGEST_WAIT: Final = Duration(10 * MINUTE)
"""What a time-series store may ask for at most."""
_LOUD_AFTER: Final = 8
"""Failures in a row, of some minutes together, until it is called an error."""


class Outside(NamedTuple):
    """What the projection reads, writes and asks. `turns`: None where there is one replica."""

    state: State
    series: Series
    network: Callable[[], Network]
    vitals: Callable[[], Vitals]
    turns: Turns | None = None


class SeriesDeliveries:
    """One thread runs `run` or `run_once`; everything else may be called from any."""

    def __init__(
        self, outside: Outside, instance: str, keep: Keep, chance: Callable[[], float] = random.random
    ) -> None:
        state = outside.state
        self._network = outside.network
        self._vitals = outside.vitals
        self._turns = outside.turns
        self._chance = chance
        self._writing = Writing(state, outside.series)
        self._journeys = Journeys(state, self._writing, keep.journeys)
        self._events = Cursor(state, self._writing, Events())
        self._transitions = Cursor(state, self._writing, Transitions())
        self._sampling = Sampling(state, self._writing, outside.vitals, instance)
        self._upkeep = Upkeep(state, self._writing, keep)
        self._is_set_up = False
        self._pauses: dict[str, Pause] = {}
        self._store = Pause(longest=LONGEST_PAUSE)
        self._asked = Duration(0)
        self._stopped = threading.Event()
        self.fault = ""
        """Why the time-series store was last found away; empty while it serves."""

    def stop(self) -> None:
        """Let `run` return after its round."""
        self._stopped.set()

    def run(self, clock: Clock) -> None:
        """Go round until stopped, resting the longer the more there is to take in."""
        last, seen = clock.now(), self._vitals().events
        while not self._stopped.is_set():
            begun, events = clock.now(), self._vitals().events
            busy = events - seen > BUSY * max(0, begun - last) / SECOND
            last, seen = begun, events
            due = self.run_once(begun, FEW if busy else MAX_SUBJECTS)
            ended = clock.now()
            behind = self._events.behind > FAR_BEHIND and not self.fault
            rest = ((REST_BEHIND if behind else REST_BUSY) if busy else REST) * (ended - begun)
            seconds = clock.seconds_until(Instant(max(due, ended + rest)))
            self._stopped.wait(min(LONGEST_REST_S, max(SHORTEST_REST_S, seconds)))

    def run_once(self, now: Instant, journeys: int = MAX_SUBJECTS) -> Instant:
        """One round: a page of everything, of at most so many journeys. Returns when the next is due."""
        network = self._network()
        if self._turn() is not Turn.MINE:
            self._journeys.forget()
            return Instant(now + POLL)
        parts: list[tuple[str, Callable[[], Instant]]] = [
            ("journeys", lambda: _after(self._journeys.look(now, network, journeys), now)),
            ("samples", lambda: self._sampling.take(now, network)),
            ("upkeep", lambda: self._upkeep.tidy(now)),
        ]
        writing: list[tuple[str, Callable[[], Instant]]] = [
            ("setup", lambda: self._set_up(now)),
            ("events", lambda: _after(self._events.step(now, network), now)),
            ("transitions", lambda: _after(self._transitions.step(now, network), now)),
            ("milestones", lambda: _after(self._journeys.deliver(now), now)),
            ("sampled", lambda: _after(self._sampling.deliver(now), now)),
            ("retention", lambda: self._upkeep.tidy_points(now)),
        ]
        due = [Instant(now + POLL), *(self._guarded(part, step, now) for part, step in parts)]
        for part, step in writing:
            if _is_left_alone(self._store, now, self._asked):
                break
            due.append(self._guarded(part, step, now))
        else:
            self._serves()
        return min(due)

    def _set_up(self, now: Instant) -> Instant:
        if not self._is_set_up:
            self._writing.set_up()
            self._is_set_up = True
        return Instant(now + POLL)

    def _serves(self) -> None:
        if self._store.failures:
            _LOG.info("series_store_serves", failures=self._store.failures)
            self._store.over()
            self.fault = ""

    def _turn(self) -> Turn:
        if self._turns is None:
            return Turn.MINE
        try:
            return self._turns.take()
        except Unavailable as error:
            _LOG.warning("turn_unknown", reason=str(error))
            return Turn.ANOTHERS

    def _guarded(self, part: str, step: Callable[[], Instant], now: Instant) -> Instant:
        """A step of one part, unless it is being left alone; one that fails does not stop the others."""
        pause = self._pauses.setdefault(part, Pause(longest=LONGEST_PAUSE))
        if _is_left_alone(pause, now):
            return pause.until
        try:
            due = step()
        except Away as away:
            return self._leave_alone(away, now)
        except Unavailable as error:
            _LOG.warning("series_wait", part=part, reason=str(error), failures=pause.failures + 1)
            return pause.failed(now, self._chance())
        except Exception:  # noqa: BLE001 # a bug of ours in one part must not stop the others (invariant 2)
            _LOG.exception("series_failed", part=part, failures=pause.failures + 1)
            return pause.failed(now, self._chance())
        pause.over()
        return due

    def _leave_alone(self, away: Away, now: Instant) -> Instant:
        """The store is left alone for a while, and then set up again: it may come back as another, or empty."""
        self.fault = str(away)
        self._is_set_up = False
        self._asked = min(away.wait, LONGEST_WAIT)
        until = self._store.failed(now, self._chance())
        self._store.until = Instant(max(until, now + self._asked))
        say = _LOG.error if self._store.failures >= _LOUD_AFTER else _LOG.warning
        say("series_store_away", reason=self.fault, failures=self._store.failures)
        return self._store.until


def _after(left: Left, now: Instant) -> Instant:
    return Instant(now + (SOON if left is Left.MORE else POLL))


def _is_left_alone(pause: Pause, now: Instant, asked: Duration = Duration(0)) -> bool:
    """A pause longer than any, and than was asked for, is one from before the clock was set back."""
    return now < pause.until <= now + max(LONGEST_PAUSE, asked)
