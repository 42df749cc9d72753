"""Handing points to the time-series store; those that it will never take are set aside with the reason.

Points as JSON text, for what waits in the outbox, are made and read here too.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final

import structlog

from gateway.points import Point
from gateway.ports.projection import RefusedRow
from gateway.ports.series import MAX_POINTS, Busy, PartialWrite, Series
from gateway.ports.state import State, Unavailable
from gateway.tracking.instants import Duration, Instant

_LOG = structlog.get_logger(__name__)

_LONGEST_REASON: Final = 1_000


class Left(Enum):
    """Whether there is more to do at once."""

    NOTHING = auto()
    MORE = auto()


class Away(Unavailable):
    """It is the time-series store that cannot serve now. `wait` is how long it asks to be left alone."""

    def __init__(self, message: str, wait: Duration = Duration(0)) -> None:
        super().__init__(message)
        self.wait = wait


class Writing:
    """The one way to the store. `Away` from any method but `set_aside`: do it again later."""

    def __init__(self, state: State, series: Series) -> None:
        self._state = state
        self._series = series

    def set_up(self) -> None:
        """Have the store make what it needs."""
        with _away():
            self._series.setup()

    def forget(self, measurement: str, before: Instant) -> None:
        """Let the store forget points older than this."""
        with _away():
            self._series.forget(measurement, before)

    def write(self, points: Sequence[Point], now: Instant) -> None:
        """Write points in as many writes as it takes; some may be stored where it does not end well."""
        for begin in range(0, len(points), MAX_POINTS):
            try:
                with _away():
                    self._series.write(points[begin : begin + MAX_POINTS])
            except PartialWrite as partial:
                self.set_aside(
                    RefusedRow(now, refused.point.measurement, dump([refused.point]), refused.reason)
                    for refused in partial.refused
                )

    def set_aside(self, rows: Iterable[RefusedRow]) -> None:
        """Keep what cannot be written, and go on without it."""
        kept = [row._replace(reason=row.reason[:_LONGEST_REASON]) for row in rows]
        for row in kept[:5]:
            _LOG.error("point_refused", measurement=row.measurement, reason=row.reason, refused=len(kept))
        with self._state.unit() as unit:
            unit.add_refused(kept)


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except Busy as busy:
        raise Away(str(busy), busy.wait) from busy
    except Unavailable as error:
        raise Away(str(error)) from error


def dump(points: Iterable[Point]) -> str:
    """Points as JSON text."""
    return json.dumps(list(points), separators=(",", ":"))


def load(text: str) -> list[Point]:
    """What `dump` wrote."""
    return [Point(*each) for each in json.loads(text)]
