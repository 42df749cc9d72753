"""Devices living through a scenario and its faults, each with the SDK's spool, clock and uploads; without a network.

Whoever runs it brings time forward with `advance`, carries what it returns to a gateway, and brings the receipts back
with `receive`: a test in virtual time, or `run` over a real broker. Instants are the scenario's own time, and so are
outages and delays; `speed` says how many times faster that passes than a real network's time, by which devices send
again what is not answered.

At its end the fleet comes home: nothing more happens, nothing is lost or held up on the way any more, and time passes
as it does for everybody, so that what still waits is settled before more deadlines than a few seconds' have passed.
"""

import heapq
import json
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Final, NamedTuple

from devices.fleet.clocks import Now, device_clock, foreign_clock
from devices.fleet.faults import NONE, Faults, Trouble, handed_over
from devices.fleet.network import Network
from devices.fleet.scenario import Scenario
from devices.fleet.timeline import FOREVER, Happening
from devices.sdk.clock import Clock
from devices.sdk.slots import Pace
from devices.sdk.spool import MemorySpool
from devices.sdk.uploads import Uploads
from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant, rfc3339

_PROMPT: Final = Duration(SECOND)
"""What is known sooner than this is not worth writing down."""


class Publication(NamedTuple):
    """To be published now; `path` is the topic without its root."""

    path: str
    payload: bytes
    retain: bool = False


class _Wake(NamedTuple):
    sender: "_Sender"


class _Publish(NamedTuple):
    publication: Publication


class _Deliver(NamedTuple):
    sender: "_Sender"
    payload: bytes


class Late(NamedTuple):
    """Evidence from `at` that the gateway had by `known`, and perhaps no sooner."""

    at: Instant
    known: Instant


class _Sender:
    """One device or source: what it has yet to live through, and the SDK's part of it."""

    def __init__(
        self,
        name: str,
        happenings: Iterable[Happening],
        trouble: Trouble,
        *,
        clock: Callable[[Duration], Clock],
        probes: bool,
        pace: Pace,
    ) -> None:
        self.name = name
        self.ahead = deque(happenings)
        self.trouble = trouble
        self.inbox: list[bytes] = []
        self.about: dict[str, tuple[Instant, tuple[str, ...]]] = {}
        self.wake_at: Instant | None = None
        self.starts = 0
        self.offline = False
        self.spool = MemorySpool(capacity=10**9)
        self._pace = pace
        self._probes = probes
        self._clock = clock

    def boot(self, at: Instant) -> None:
        """Start, or start anew with what the spool has."""
        clock = self._clock(self.trouble.clock_error(at))
        self.uploads = Uploads(self.spool, clock, self._pace, probes=self._probes)


class Simulation:
    """A scenario being lived through. `late` is when the gateway came to know what, by item or container.

    `shared`: the gateway has the scenario's time. Otherwise no receipt sets a clock, and none is wrong; and whatever is
    reported is old news to a gateway whose clock is ahead, so that deadlines pass before what meets them is known.
    """

    def __init__(
        self,
        scenario: Scenario,
        network: Network,
        faults: Faults | None = None,
        speed: float = 1.0,
        *,
        shared: bool = True,
    ) -> None:
        self._faults = faults or Faults(NONE, {})
        self._chance = random.Random(len(scenario.timeline))  # noqa: S311 # a simulation
        self._start = scenario.start
        self.home_at = scenario.until
        self._speed = speed
        self._now = Now(scenario.start)
        self._agenda: list[tuple[Instant, int, _Wake | _Publish | _Deliver]] = []
        self._numbers = count()
        self.tolerance: Final = Duration(int(12 * MINUTE + 2 * SECOND * speed))
        """What a connected device's report takes at the most, with a message of it lost and sent again."""
        self.late: dict[str, list[Late]] = {}
        self.published = 0
        self.settled = 0
        self._shared = shared
        self._senders = self._made(handed_over(scenario.timeline, self._faults, network), network)
        for sender in self._senders.values():
            sender.boot(self._now.at)
            self._schedule(sender)

    @property
    def waiting(self) -> int:
        """Events that have happened and that no receipt has named."""
        return sum(len(sender.spool) for sender in self._senders.values())

    @property
    def done(self) -> bool:
        """Whether everything has happened and is settled."""
        return not any(sender.ahead or len(sender.spool) for sender in self._senders.values())

    def next_at(self) -> Instant | None:
        """When something happens next, if nothing is received before."""
        return self._agenda[0][0] if self._agenda else None

    def advance(self, now: Instant) -> list[Publication]:
        """Let everything up to `now` happen; what is to be published."""
        found = []
        while self._agenda and self._agenda[0][0] <= now:
            at, _, entry = heapq.heappop(self._agenda)
            self._now.at = at
            match entry:
                case _Wake(sender) if sender.wake_at == at:
                    self._wake(sender)
                case _Publish(publication):
                    self.published += 1
                    found.append(publication)
                case _Deliver(sender, payload):
                    self._deliver(sender, payload)
        self._now.at = max(now, self._now.at)
        return found

    def receive(self, path: str, payload: bytes, now: Instant) -> None:
        """A receipt has come for a device or source; on its last metres it may still be lost or late."""
        sender = self._senders.get(path.removesuffix("/receipt"))
        if sender is not None:
            for delay in self._fates(now):
                self._add(_Deliver(sender, payload), now, delay)

    def roll_call(self, battery_pct: float) -> tuple[str, Publication]:
        """A device's status, by which to hear that the gateway has told of everything before it; and which device's.

        A battery that is nearly empty opens an alert, and a full one ends it: the alert log has these in their turn.
        """
        name = min(self._senders, key=lambda name: (name.startswith("source/"), name))
        said = {"state": "online", "battery_pct": battery_pct, "at": rfc3339(self._now.at)}
        return name.partition("/")[2], Publication(f"{name}/status", json.dumps(said).encode(), retain=True)

    def _made(self, timeline: Iterable[Happening], network: Network) -> dict[str, _Sender]:
        # A minute of the scenario's time, but no shorter than messages and receipts take.
        pace = Pace(first_wait=max(2 * SECOND, int(MINUTE / self._speed)))
        happenings: dict[str, list[Happening]] = {}
        for happening in timeline:
            happenings.setdefault(happening.sender, []).append(happening)
        senders = {}
        for name, own in happenings.items():
            id_ = name.partition("/")[2]
            scans = self._shared and id_ in network.scanners
            clock = partial(self._clock, trusted=not scans)
            senders[name] = _Sender(name, own, self._faults.of(id_), clock=clock, probes=scans, pace=pace)
        return senders

    def _clock(self, error: Duration, *, trusted: bool) -> Clock:
        if not self._shared:
            return foreign_clock(self._now, self._start)
        return device_clock(self._now, self._start, error, speed=self._speed, trusted=trusted)

    def _fates(self, now: Instant) -> Sequence[Duration]:
        """What becomes of a message sent now: how long each copy takes."""
        if max(now, self._now.at) >= self.home_at:
            return (Duration(0),)
        return self._faults.fate(self._chance)

    def _add(self, entry: _Publish | _Deliver, now: Instant, delay: int) -> None:
        """Put it on the agenda after a delay, which ends when the fleet is home."""
        begins = max(now, self._now.at)
        at = Instant(max(begins, min(begins + delay, self.home_at)))
        heapq.heappush(self._agenda, (at, next(self._numbers), entry))

    def _timer(self) -> int:
        """A real network's time since the start."""
        out = min(self._now.at, self.home_at) - self._start
        return int(out / self._speed) + max(self._now.at - self.home_at, 0)

    def _instant(self, timer: int) -> Instant:
        """When the timer will show so much."""
        out = int((self.home_at - self._start) / self._speed)
        if timer < out:
            return Instant(self._start + int(timer * self._speed) + 1)
        return Instant(self.home_at + timer - out + 1)

    def _schedule(self, sender: _Sender) -> None:
        """Wake the sender when it next has something to do by itself."""
        now = self._now.at
        due = sender.uploads.next_due()
        wakes = [
            sender.ahead[0].at if sender.ahead else None,
            sender.trouble.next_edge(now),
            None if due is None or sender.offline else self._instant(due),
        ]
        wake_at = min((max(each, now) for each in wakes if each is not None), default=None)
        sender.wake_at = wake_at
        if wake_at is not None:
            heapq.heappush(self._agenda, (wake_at, next(self._numbers), _Wake(sender)))

    def _wake(self, sender: _Sender) -> None:
        now, trouble = self._now.at, sender.trouble
        if trouble.starts(now) > sender.starts:
            sender.starts = trouble.starts(now)
            sender.spool.reopen()
            sender.boot(self._now.at)
        was_offline, sender.offline = sender.offline, trouble.offline(now)
        if was_offline and not sender.offline:
            sender.uploads.cut()
            self._say_status(sender, {"state": "online"})
            kept, sender.inbox = sender.inbox, []
            for payload in kept:
                self._settle(sender, payload)
        while sender.ahead and sender.ahead[0].at <= now:
            self._live(sender, sender.ahead.popleft())
        self._send(sender)
        self._schedule(sender)

    def _live(self, sender: _Sender, happening: Happening) -> None:
        if happening.what != "status":
            id_ = sender.uploads.put(happening.what, happening.body)
            sender.about[id_] = (happening.at, happening.about)
        elif not sender.offline:
            self._say_status(sender, happening.body)

    def _send(self, sender: _Sender) -> None:
        while not sender.offline and (message := sender.uploads.next(self._timer())) is not None:
            self._publish(f"{sender.name}/{message.what}", message.payload)
            sender.uploads.arrived(message.token)

    def _publish(self, path: str, payload: bytes) -> None:
        for delay in self._fates(self._now.at):
            self._add(_Publish(Publication(path, payload)), self._now.at, delay)

    def _say_status(self, sender: _Sender, body: Mapping[str, object]) -> None:
        """It has no receipt and is not sent again, but neither is it lost: the broker has acknowledged it."""
        said = {**body, "at": rfc3339(self._now.at), "queued": len(sender.spool)}
        publication = Publication(f"{sender.name}/status", json.dumps(said).encode(), retain=True)
        self._add(_Publish(publication), self._now.at, self._faults.rates.latency[1])

    def _deliver(self, sender: _Sender, payload: bytes) -> None:
        if sender.offline:
            sender.inbox.append(payload)
            return
        self._settle(sender, payload)
        self._send(sender)
        self._schedule(sender)

    def _settle(self, sender: _Sender, payload: bytes) -> None:
        for result in sender.uploads.receipt(payload, self._timer()):
            at, about = sender.about.pop(str(result.id), (self._now.at, ()))
            self.settled += bool(about)
            if self._now.at - at > _PROMPT or not self._shared:
                for subject in about:
                    self.late.setdefault(subject, []).append(
                        Late(at, self._now.at if self._shared else FOREVER)
                    )
