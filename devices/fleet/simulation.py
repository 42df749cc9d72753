"""Devices living through a scenario and its faults, each with the SDK's spool, clock and uploads; without a network.

Whoever runs it brings time forward with `advance`, carries what it returns to a gateway, and brings the receipts back
with `receive`: a test in virtual time, or `run` over a real broker. Instants are the scenario's own time, and so are
outages and delays; `speed` says how many times faster that passes than a real network's time, by which devices send
again what is not answered.
"""

import heapq
import json
import random
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final, NamedTuple

from devices.fleet.faults import NONE, Faults, Trouble, handed_over
from devices.fleet.network import Network
from devices.fleet.scenario import Scenario
from devices.fleet.timeline import Happening
from devices.sdk.clock import Clock
from devices.sdk.slots import Pace
from devices.sdk.spool import MemorySpool
from devices.sdk.uploads import Uploads
from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant, rfc3339


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
    """Evidence from `at` that the gateway had only by `known`."""

    at: Instant
    known: Instant


class _OwnTime(Clock):
    """A clock that no receipt sets, for devices that do not live in their gateway's time."""

    def prove(self, at: Instant, sent: int, received: int) -> Duration:  # noqa: ARG002 # whatever it says
        return Duration(0)


class _Sender:
    """One device or source: what it has yet to live through, and the SDK's part of it."""

    def __init__(
        self,
        name: str,
        happenings: Iterable[Happening],
        trouble: Trouble,
        *,
        trusted: bool,
        shared: bool,
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
        self._trusted = trusted or not shared
        self._clock = Clock if shared else _OwnTime

    def boot(self, start: Instant, now: "_Now") -> None:
        """Start, or start anew with what the spool has."""
        error = self.trouble.clock_error(now.at) if self._clock is Clock else 0
        clock = self._clock(
            lambda: Instant(now.at + error), lambda: Duration(now.at - start), trusted=self._trusted
        )
        self.uploads = Uploads(self.spool, clock, self._pace, probes=not self._trusted)


class _Now:
    """The instant that the simulation is at."""

    def __init__(self, at: Instant) -> None:
        self.at = at


class Simulation:
    """A scenario being lived through. `late` is what the gateway came to know late, by item or container.

    `shared`: the gateway has the scenario's time. Otherwise no receipt sets a clock, and none is wrong.
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
        self._speed = speed
        self._now = _Now(scenario.start)
        self._agenda: list[tuple[Instant, int, _Wake | _Publish | _Deliver]] = []
        self._numbers = count()
        self.late_after: Final = Duration(int(10 * MINUTE + 2 * SECOND * speed))
        self.late: dict[str, list[Late]] = {}
        self.published = 0
        self.settled = 0
        self._shared = shared
        self._senders = self._made(handed_over(scenario.timeline, self._faults, network), network)
        for sender in self._senders.values():
            sender.boot(self._start, self._now)
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
            for delay in self._faults.fate(self._chance):
                self._add(_Deliver(sender, payload), now, delay)

    def _made(self, timeline: Iterable[Happening], network: Network) -> dict[str, _Sender]:
        # A minute of the scenario's time, but no shorter than messages and receipts take.
        pace = Pace(first_wait=max(2 * SECOND, int(MINUTE / self._speed)))
        happenings: dict[str, list[Happening]] = {}
        for happening in timeline:
            happenings.setdefault(happening.sender, []).append(happening)
        return {
            name: _Sender(
                name,
                own,
                self._faults.of(name.partition("/")[2]),
                trusted=name.partition("/")[2] not in network.scanners,
                shared=self._shared,
                pace=pace,
            )
            for name, own in happenings.items()
        }

    def _add(self, entry: _Publish | _Deliver, now: Instant, delay: int) -> None:
        """Put it on the agenda after a delay."""
        at = Instant(max(now, self._now.at) + delay)
        heapq.heappush(self._agenda, (at, next(self._numbers), entry))

    def _timer(self) -> int:
        return int((self._now.at - self._start) / self._speed)

    def _schedule(self, sender: _Sender) -> None:
        """Wake the sender when it next has something to do by itself."""
        now = self._now.at
        due = sender.uploads.next_due()
        wakes = [
            sender.ahead[0].at if sender.ahead else None,
            sender.trouble.next_edge(now),
            None if due is None or sender.offline else Instant(self._start + int(due * self._speed) + 1),
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
            sender.boot(self._start, self._now)
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
        for delay in self._faults.fate(self._chance):
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
            if self._now.at - at > self.late_after:
                for subject in about:
                    self.late.setdefault(subject, []).append(Late(at, self._now.at))
