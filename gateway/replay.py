"""The service on in-memory ports and a virtual clock: recorded events through the rules, offline.

Time is continuous: between two lines each deadline passes at its own instant, and at one instant deadlines pass
before events are taken in (interfaces.md section 3).
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gateway.memory import Memory
from gateway.ports.state import State
from gateway.service.admission import Terrain
from gateway.service.alerting import Transition
from gateway.service.deadlines import know_devices, pass_deadlines
from gateway.service.intake import Message, take
from gateway.service.known import Known
from gateway.tracking.assessment import assess
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.plan import Network


class Line(NamedTuple):
    """One recorded message; `topic` is without the root."""

    received_at: Instant
    topic: str
    payload: bytes


class OutOfOrder(Exception):
    """A line was received before the one above it."""


class Replay:
    """A gateway in virtual time. Feed it lines in order of receipt; each call yields the transitions it makes."""

    def __init__(self, network: Network, state: State | None = None) -> None:
        self._terrain = Terrain.of(network)
        self._network = network
        self._state = state or Memory()
        self._now: Instant | None = None

    def feed(self, line: Line) -> Iterator[Transition]:
        """Pass the deadlines up to the line's receipt, then take the line in whole.

        Raises:
            OutOfOrder: the line was received before the previous one.
        """
        if self._now is not None and line.received_at < self._now:
            said = f"received_at {rfc3339(line.received_at)} comes after {rfc3339(self._now)}"
            raise OutOfOrder(said)
        yield from self.until(line.received_at)
        message = Message(line.topic, line.payload, line.received_at)
        with self._state.unit() as unit:
            taken = take(unit, self._terrain, [message], line.received_at)
        yield from taken.settled.transitions

    def until(self, end: Instant) -> Iterator[Transition]:
        """Let deadlines pass up to `end`, included, each at its own instant."""
        if self._now is None:
            self._start(end)
        while True:
            with self._state.unit() as unit:
                due = unit.next_due()
                if due is None or due > end:
                    break
                settled = pass_deadlines(unit, self._network, due, limit=10**9)
            if settled is not None:
                yield from settled.transitions
        self._now = end

    def _start(self, now: Instant) -> None:
        """Get to know the network's devices: their silence counts from here."""
        with self._state.unit() as unit:
            know_devices(unit, self._network, now)

    def journeys(self) -> list[dict[str, Any]]:
        """All journeys as they stand now, ready for JSON."""
        if self._now is None:
            return []
        with self._state.reader() as unit:
            known = Known(unit, self._network)
            moment = Moment(known, self._network, self._now)
            rows = unit.journeys(after=None, limit=10**9)
            known.name_rows(rows)
            found = [assess(row.id, moment) for row in rows if row.status is not None]
        return [
            {
                "kind": each.subject.kind,
                "id": each.subject.id,
                "status": each.status.value if each.status else None,
                "stop": each.stop,
                "arrived": {str(i): rfc3339(s.at) for i, s in each.trip.journey.arrived.items()}
                if each.trip
                else {},
                "departed": {str(i): rfc3339(at) for i, at in each.trip.journey.departed.items()}
                if each.trip
                else {},
                "deviations": sorted({deviation.kind.value for deviation in each.deviations}),
            }
            for each in found
        ]


def replay(network: Network, lines: Iterable[Line], until: Instant | None = None) -> Iterator[Transition]:
    """All transitions of recorded lines, deadlines passing on until `until` (by default the last receipt)."""
    gateway = Replay(network)
    for line in lines:
        yield from gateway.feed(line)
    if until is not None:
        yield from gateway.until(until)
