"""Figures of all that is under way, taken once a minute, for the minute's instant.

They cannot be made again from facts, so they wait in the outbox until the time-series store has confirmed them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from gateway.points import Point, made
from gateway.points.schema import GATEWAY
from gateway.ports.rows import OutboxRow
from gateway.ports.state import State, Unit
from gateway.service.series.events import Events
from gateway.service.series.inventory import (
    container_samples,
    device_samples,
    journey_samples,
    limit_samples,
    quarantine_samples,
)
from gateway.service.series.open_alerts import alert_samples
from gateway.service.series.writing import Left, Writing, dump, load
from gateway.tracking.instants import MINUTE, SECOND, Instant
from gateway.tracking.plan import Network

LANE: Final = "series"
SAMPLED: Final = "series.sampled"
"""The meta key of the last minute that was sampled."""
_PER_ROW: Final = 1_000
_ROWS: Final = 5
"""Points of an outbox row, and rows of a write."""


class Vitals(NamedTuple):
    """How the gateway itself does: what it has done since its start, and how slow it is; what is not known is None.

    `events` are those accepted, `receipts` the answers given. `broker` and `database` say which of them serve now.
    """

    events: int
    lag_s: float | None = None
    commit_ms: float | None = None
    failed_journeys: int = 0
    receipts: int | None = None
    broker: bool | None = None
    database: bool | None = None


class _Last(NamedTuple):
    minute: Instant
    vitals: Vitals


class Sampling:
    """Takes the samples of one instance; `vitals` are of now."""

    def __init__(self, state: State, writing: Writing, vitals: Callable[[], Vitals], instance: str) -> None:
        self._state = state
        self._writing = writing
        self._vitals = vitals
        self._instance = instance
        self._last: _Last | None = None

    def take(self, now: Instant, network: Network) -> Instant:
        """Sample the minute of `now`, unless that was done; says when the next begins.

        Figures that are shared between replicas are taken by whoever comes first.

        Raises:
            Unavailable: nothing was sampled.
        """
        minute = Instant(now - now % MINUTE)
        if self._last is None or self._last.minute != minute:
            vitals = self._vitals()
            with self._state.reader() as unit:
                taken = unit.meta(SAMPLED) == str(minute)
                points = [] if taken else list(_shared(unit, network, minute))
                points.append(self._own(unit, minute, vitals))
            self._put(points, minute)
            self._last = _Last(minute, vitals)
        return Instant(minute + MINUTE)

    def deliver(self, now: Instant) -> Left:
        """Write samples that wait.

        Raises:
            Unavailable: they go on waiting.
        """
        with self._state.reader() as unit:
            rows = unit.outbox(LANE, now, _ROWS)
        if not rows:
            return Left.NOTHING
        self._writing.write([point for row in rows for point in load(row.body)], now)
        with self._state.unit() as unit:
            unit.delivered([row.seq for row in rows])
        return Left.MORE if len(rows) == _ROWS else Left.NOTHING

    def _put(self, points: Sequence[Point], minute: Instant) -> None:
        parts = (points[begin : begin + _PER_ROW] for begin in range(0, len(points), _PER_ROW))
        with self._state.unit() as unit:
            unit.put_outbox([OutboxRow(LANE, str(minute), dump(part), minute) for part in parts])
            unit.put_meta(SAMPLED, str(minute))

    def _own(self, unit: Unit, minute: Instant, vitals: Vitals) -> Point:
        waiting = unit.events_after(int(unit.meta(Events.key) or 0), 1)
        behind = max(0, minute - waiting[0].event.received_at) / SECOND if waiting else 0.0
        return made(
            GATEWAY,
            minute,
            0,
            {"instance": self._instance},
            {
                **self._rates(minute, vitals),
                "lag_s": vitals.lag_s,
                "commit_ms": vitals.commit_ms,
                "outbox": sum(unit.outbox_size().values()),
                "quarantine": sum(unit.held_counts().values()),
                "series_behind_s": behind,
                "failed_journeys": vitals.failed_journeys,
                "broker": _flag(vitals.broker),
                "database": _flag(vitals.database),
            },
        )

    def _rates(self, minute: Instant, vitals: Vitals) -> dict[str, float | None]:
        """What was done each second since the last sample; nothing is known before the second one."""
        if self._last is None or minute <= self._last.minute:
            return {}
        before, seconds = self._last.vitals, (minute - self._last.minute) / SECOND
        receipts = None
        if vitals.receipts is not None and before.receipts is not None:
            receipts = (vitals.receipts - before.receipts) / seconds
        return {"events_per_s": (vitals.events - before.events) / seconds, "receipts_per_s": receipts}


def _flag(known: bool | None) -> int | None:  # noqa: FBT001 # a vital sign as it is stored
    return None if known is None else int(known)


def _shared(unit: Unit, network: Network, minute: Instant) -> Iterator[Point]:
    yield from alert_samples(unit, minute)
    yield from journey_samples(unit, network, minute)
    yield from container_samples(unit, network, minute)
    yield from limit_samples(network, minute)
    yield from device_samples(unit, network, minute)
    yield from quarantine_samples(unit, minute)
