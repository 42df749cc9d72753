"""A simulation on a real broker: many devices over few connections, at the pace of a clock that may run fast.

What is sent while a connection is down is lost, as faults go; the simulated devices send it again. Memory is bounded
by what the simulation holds: no more is given to a connection than it takes. Knows nothing of what is simulated.
"""

import json
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol
from zlib import crc32

from devices.fleet.lag import Lag
from devices.fleet.simulation import Publication, Simulation
from devices.sdk.link import Arrived, Broker, Down, Happening, Link, Said, Up
from gateway.tracking.instants import SECOND, Instant
from gateway.wire.topics import alert_log_topic

_MOST_UNDER_WAY: Final = 2_000
"""Messages of one connection that the broker has not acknowledged, before the simulation is held back."""
_LONGEST_PAUSE_S: Final = 0.05
_CALL_AGAIN_S: Final = 2.0
_ONE: Final = b'{"id":'
"""What an event begins with, and a result."""
_LOW_PCT, _FULL_PCT = 1, 100


class Timekeeper(Protocol):
    """The scenario's time. `speed`: how many times faster than a stopwatch it passes."""

    @property
    def speed(self) -> float: ...

    def now(self) -> Instant: ...


class FastClock:
    """Time that passes `speed` times as fast, from `start` at the reading `began` of the machine's stopwatch.

    From `until` on it passes as it does for everybody. Two processes on one machine that are given the same four
    have the same time.
    """

    def __init__(
        self, start: Instant, speed: float, began: float | None = None, until: Instant | None = None
    ) -> None:
        self.speed = speed
        self._start = start
        self._began = time.monotonic() if began is None else began
        self._fast_s = float("inf") if until is None else (until - start) / SECOND / speed

    def begin(self, began: float | None = None) -> None:
        """Be at the start when the stopwatch reads this; now, if it is not said."""
        self._began = time.monotonic() if began is None else began

    def now(self) -> Instant:
        passed_s = time.monotonic() - self._began
        fast_s = min(passed_s, self._fast_s)
        return Instant(self._start + int((fast_s * self.speed + passed_s - fast_s) * SECOND))


@dataclass(frozen=True)
class Lines:
    """How the simulation is connected. `client_id` and a number name the connections."""

    broker: Broker
    root: str = "returns/v1"
    connections: int = 1
    client_id: str = "fleet"
    alerts: bool = False
    """Whether to listen to the alert log."""


class Progress(NamedTuple):
    """How the run stands. `behind_s` is by how much the devices lag behind the clock, in real seconds."""

    now: Instant
    published: int
    settled: int
    waiting: int
    behind_s: float
    worst_s: float
    """By how much they, or the gateway's answers, lagged at the most while the fleet was out, in real seconds."""
    connected: int


class Runner:
    """One run. `alerts` are the lines of the alert log, if it is listened to; `heard_out`: all that there will be."""

    def __init__(self, simulation: Simulation, lines: Lines, clock: Timekeeper) -> None:
        self._simulation = simulation
        self._lines = lines
        self._clock = clock
        self._happenings: queue.SimpleQueue[tuple[Link, Happening]] = queue.SimpleQueue()
        self._connections = [_Connection(number, lines, self._tell) for number in range(lines.connections)]
        self._prefix = f"{lines.root}/"
        self._behind = 0.0
        self._lag = Lag()
        self._calls, self._call_at, self._called = 0, 0.0, ""
        self.alerts: list[Mapping[str, Any]] = []
        self.heard_out = False

    def connect(self, within_s: float) -> None:
        """Connect before the clock begins, if that can be done in this time: what is sent before is lost."""
        until = time.monotonic() + within_s
        while time.monotonic() < until and not all(connection.up for connection in self._connections):
            for connection in self._connections:
                connection.keep(time.monotonic())
            self._happen(_LONGEST_PAUSE_S)

    def run(
        self, until: Instant, stop: threading.Event, tell: Callable[[Progress], None] = lambda _: None
    ) -> Progress:
        """Run until everything has happened and is settled, until `until` at the latest, or until `stop` is set.

        Where the alert log is listened to, until all of it has been told too. `tell` hears about once a second how
        it stands.
        """
        told_at = time.monotonic()
        try:
            while not stop.is_set() and not self._done() and self._clock.now() < until:
                self._step()
                if time.monotonic() >= told_at + 1:
                    told_at = time.monotonic()
                    tell(self.progress())
            return self.progress()
        finally:
            for connection in self._connections:
                connection.close()

    def _done(self) -> bool:
        if not self._simulation.done:
            return False
        if not self._lines.alerts:
            return True
        if not self.heard_out and self._clock.now() >= self._simulation.home_at:
            self._call(time.monotonic())
        return self.heard_out and not any(connection.under_way for connection in self._connections)

    def _call(self, now: float) -> None:
        """Make the gateway say something in the alert log, which it tells in order: then all before it is told."""
        if now >= self._call_at:
            self._call_at = now + _CALL_AGAIN_S
            self._calls += 1
            self._status(_LOW_PCT if self._calls % 2 else _FULL_PCT)

    def _status(self, battery_pct: float) -> None:
        self._called, publication = self._simulation.roll_call(battery_pct)
        self._connection_of(publication).publish(self._prefix, publication)

    def _answers(self, line: Mapping[str, Any]) -> bool:
        about = (line["kind"], line["subject"]["id"])
        return about == ("low_battery", self._called)

    def progress(self) -> Progress:
        simulation = self._simulation
        connected = sum(connection.up for connection in self._connections)
        return Progress(
            self._clock.now(),
            simulation.published,
            simulation.settled,
            simulation.waiting,
            self._behind,
            self._lag.worst_s,
            connected,
        )

    def _step(self) -> None:
        for connection in self._connections:
            connection.keep(time.monotonic())
        now = self._clock.now()
        due = self._simulation.next_at()
        self._behind = 0.0 if due is None else max(0.0, (now - due) / SECOND / self._clock.speed)
        if self._is_out():
            self._lag.behind(self._behind)
            self._lag.waits(time.monotonic())
        if all(connection.under_way < _MOST_UNDER_WAY for connection in self._connections):
            for publication in self._simulation.advance(now):
                self._publish(publication)
        due = self._simulation.next_at()
        ahead = _LONGEST_PAUSE_S if due is None else (due - now) / SECOND / self._clock.speed
        self._happen(min(max(ahead, 0.0), _LONGEST_PAUSE_S))

    def _is_out(self) -> bool:
        return self._clock.now() < self._simulation.home_at

    def _publish(self, publication: Publication) -> None:
        sender, _, what = publication.path.rpartition("/")
        if self._connection_of(publication).publish(self._prefix, publication) and what != "status":
            self._lag.sent(sender, publication.payload.count(_ONE), time.monotonic())

    def _happen(self, pause_s: float) -> None:
        try:
            link, happening = self._happenings.get(timeout=pause_s)
            while True:
                self._take(link, happening)
                link, happening = self._happenings.get_nowait()
        except queue.Empty:
            return

    def _take(self, link: Link, happening: Happening) -> None:
        if isinstance(happening, Said):
            if happening.topic == alert_log_topic(self._lines.root):
                self._hear(json.loads(happening.payload))
            else:
                path = happening.topic.removeprefix(self._prefix)
                if self._is_out():
                    sender = path.rpartition("/")[0]
                    self._lag.answered(sender, happening.payload.count(_ONE), time.monotonic())
                self._simulation.receive(path, happening.payload, self._clock.now())
            return
        for connection in self._connections:
            if connection.link is link:
                connection.take(happening)
                if isinstance(happening, Down):
                    self._lag.cut()

    def _hear(self, line: Mapping[str, Any]) -> None:
        if self._called and self._answers(line):
            self.heard_out = True
            self._status(_FULL_PCT)
        else:
            self.alerts.append(line)

    def _connection_of(self, publication: Publication) -> "_Connection":
        sender = publication.path.rpartition("/")[0]
        return self._connections[crc32(sender.encode()) % len(self._connections)]

    def _tell(self, link: Link, happening: Happening) -> None:
        self._happenings.put((link, happening))


class _Connection:
    """One connection, made again as often as it ends. The first of several listens for all."""

    def __init__(self, number: int, lines: Lines, tell: Callable[[Link, Happening], None]) -> None:
        self._number = number
        self._lines = lines
        self._tell = tell
        self.link: Link | None = None
        self.up = False
        self.under_way = 0
        self._retry_at = 0.0

    def keep(self, now: float) -> None:
        """Connect, if there is no connection and it is time."""
        if self.link is not None or now < self._retry_at:
            return
        lines = self._lines
        self.link = Link(lines.broker, f"{lines.client_id}-{self._number}", self._topics(), self._tell)
        try:
            self.link.open(keepalive_s=30)
        except OSError as error:
            self.take(Down(str(error)))

    def publish(self, prefix: str, publication: Publication) -> bool:
        """Send it, if there is a connection; whether there is."""
        if self.link is None or not self.up:
            return False
        self.under_way += 1
        self.link.publish(prefix + publication.path, publication.payload, retain=publication.retain)
        return True

    def take(self, happening: Happening) -> None:
        match happening:
            case Up():
                self.up = True
            case Arrived():
                self.under_way -= 1
            case Down():
                self.close()
                self._retry_at = time.monotonic() + 0.5 + random.random() / 2  # noqa: S311 # a jitter is no secret

    def close(self) -> None:
        link, self.link = self.link, None
        if link is not None:
            link.close()
        self.up, self.under_way = False, 0

    def _topics(self) -> Sequence[str]:
        root = self._lines.root
        if self._number:
            return []
        heard = [f"{root}/device/+/receipt", f"{root}/source/+/receipt"]
        return [*heard, alert_log_topic(root)] if self._lines.alerts else heard
