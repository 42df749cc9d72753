"""Delivering what has been committed: alerts to the broker, to channels and webhooks, the heartbeat.

`run_once` does a bounded round and says when the next is due; `run` is those rounds in a thread, woken by `wake`.
Each part fails by itself: what it has to deliver waits in the outbox, and the others go on.
"""

import random
import threading
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import structlog

from gateway.ports.delivery import Health, NotificationLog, Notifier, Poster, Publisher, Turn, Turns
from gateway.ports.line import Clock
from gateway.ports.state import State, Unavailable
from gateway.service.backlog import BacklogGate
from gateway.service.channels import Channels
from gateway.service.heartbeat import Heartbeats
from gateway.service.pauses import Pause
from gateway.service.planning import Planning
from gateway.service.publishing import Publishing
from gateway.service.webhooks import Webhooks
from gateway.tracking.instants import SECOND, Duration, Instant
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)

LONGEST_SLEEP_S: Final = 10.0
"""`run` sleeps so long at most: another process may have put something into the outbox, or the clock been set."""


LONGEST_PAUSE: Final = Duration(30 * SECOND)
"""So long a part is left alone at most that the state store, or a bug of ours, lets down."""
STUCK: Final = 3
"""After so many failures in a row it is told that a part gets nowhere."""


class Outside(NamedTuple):
    """What deliveries go to, and who says whether the gateway is well. `turns`: None where there is one replica.

    `poster`: None where there are no webhooks.
    """

    state: State
    publisher: Publisher
    notifier: Notifier
    log: NotificationLog
    health: Callable[[], Health]
    turns: Turns | None = None
    poster: Poster | None = None


class Deliveries:
    """One thread runs `run` or `run_once`; everything else may be called from any.

    `network` gives the network of now; `root` is that of the topics; `started_at` is when the gateway started.
    """

    def __init__(
        self,
        outside: Outside,
        network: Callable[[], Network],
        root: str,
        started_at: Instant,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._changed = threading.Condition()
        self._woken = False
        self._stopped = False
        self._gate = BacklogGate(started_at)
        self._reconnected = False
        self._turns = outside.turns
        self._network = network
        self._chance = chance
        self._publishing = Publishing(outside.state, outside.publisher, root, chance)
        self._planning = Planning(outside.state, outside.log)
        self._channels = Channels(outside.state, outside.notifier, chance, self.wake)
        self._heartbeats = Heartbeats(outside.notifier, outside.health, self.wake)
        self._webhooks = Webhooks(outside.state, outside.poster, chance, self.wake)
        self._pauses: dict[str, Pause] = {}

    def connected(self, now: Instant) -> None:
        """The line to the broker has (again) come up: notifications wait for the backlog, publications no more."""
        with self._changed:
            self._gate.connected(now)
            self._reconnected = True
        self.wake()

    def saw(self, now: Instant, newest: Instant | None) -> None:
        """A message was taken in whose newest element happened at `newest`; of a batch, the message with the oldest."""
        with self._changed:
            self._gate.saw(now, newest)

    @property
    def webhooks_refused(self) -> int:
        """Transitions that a webhook would not take, since the start."""
        return self._webhooks.refused

    def faults(self) -> Mapping[str, str]:
        """Why notifications and webhooks do not arrive, in sentences without secrets; empty ones while they do.

        What does not arrive waits, so none of this keeps the gateway from serving: it is for people to read.
        """
        own = {part: self._stuck(part) for part in ("channels", "planning", "webhooks")}
        return {
            "notifications": own["planning"] or own["channels"] or self._channels.fault,
            "webhooks": own["webhooks"] or self._webhooks.fault,
        }

    def _stuck(self, part: str) -> str:
        pause = self._pauses.get(part)
        if pause is None or pause.failures < STUCK:
            return ""
        return f"{part} failed {pause.failures} times in a row; what is to be delivered waits, and the log says why"

    def wake(self) -> None:
        """There is something to deliver."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let `run` return after its round."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def run(self, clock: Clock) -> None:
        """Deliver until stopped."""
        while not self._stopped:
            due = self.run_once(clock.now())
            self._sleep(LONGEST_SLEEP_S if due is None else clock.seconds_until(due))

    def run_once(self, now: Instant) -> Instant | None:
        """One round: a batch of each lane. Returns when the next is due, unless something comes up before (None)."""
        with self._changed:
            self._woken = False
            reconnected, self._reconnected = self._reconnected, False
            opens_at = self._gate.opens_at()
        if reconnected:
            self._publishing.connected()
        network = self._network()
        due = [self._guarded("heartbeat", lambda: self._heartbeats.step(now, network.alerting), now)]
        if self._turn() is Turn.MINE:
            due.append(self._guarded("publishing", lambda: self._publishing.step(now), now))
            due.append(self._guarded("planning", lambda: self._plan(now, opens_at, network), now))
            due.append(self._guarded("channels", lambda: self._channels.step(now, network), now))
            due.append(self._guarded("webhooks", lambda: self._webhooks.step(now, network), now))
        else:
            due.append(Instant(now + round(LONGEST_SLEEP_S * SECOND)))
        return min((at for at in due if at is not None), default=None)

    def _plan(self, now: Instant, opens_at: Instant, network: Network) -> Instant | None:
        return opens_at if now < opens_at else self._planning.step(now, network)

    def _turn(self) -> Turn:
        if self._turns is None:
            return Turn.MINE
        try:
            return self._turns.take()
        except Unavailable as error:
            _LOG.warning("turn_unknown", reason=str(error))
            return Turn.ANOTHERS

    def _guarded(self, part: str, step: Callable[[], Instant | None], now: Instant) -> Instant | None:
        """A step of one part, unless it is being left alone; one that fails does not stop the others."""
        pause = self._pauses.setdefault(part, Pause(longest=LONGEST_PAUSE))
        if now < pause.until:
            return pause.until
        try:
            due = step()
        except Unavailable as error:
            _LOG.warning("delivery_waits", part=part, reason=str(error), failures=pause.failures + 1)
            return pause.failed(now, self._chance())
        except Exception:  # noqa: BLE001 # a bug of ours in one part must not stop the others (invariant 2)
            _LOG.exception("delivery_failed", part=part, failures=pause.failures + 1)
            return pause.failed(now, self._chance())
        pause.over()
        return due

    def _sleep(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._woken or self._stopped, min(seconds, LONGEST_SLEEP_S))
