"""The time-series store: a projection of the state store, that may be away for a day, or be emptied and made anew.

What it holds is never asked for by the rules.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from gateway.points import Point
from gateway.ports.state import Unavailable
from gateway.tracking.instants import Duration, Instant

__all__ = [
    "MAX_POINTS",
    "Answer",
    "BadQuery",
    "Busy",
    "PartialWrite",
    "Queryable",
    "Refused",
    "Series",
    "Unavailable",
]

MAX_POINTS: Final = 5_000
"""Points of one write."""


class Busy(Unavailable):
    """It serves, but asks to be left alone for so long."""

    def __init__(self, message: str, wait: Duration) -> None:
        super().__init__(message)
        self.wait = wait


class Refused(NamedTuple):
    """A point that the store will never take, and why: field, value and remedy."""

    point: Point
    reason: str


class PartialWrite(Exception):
    """Some points were refused for good; all others of the write are stored."""

    def __init__(self, refused: Sequence[Refused]) -> None:
        super().__init__(f"{len(refused)} points were refused, the first: {refused[0].reason}")
        self.refused = tuple(refused)


class Series(Protocol):
    """The store. One thread writes; `Unavailable` from any method: nothing is lost by doing it again later."""

    def setup(self) -> None:
        """Make what it needs, where that is not there yet."""
        ...

    def write(self, points: Sequence[Point]) -> None:
        """Store at most `MAX_POINTS` points, durably once this returns.

        A point of known measurement, tags and time is that point again: fields that it brings replace those known,
        the others stay. So writing twice is as good as once.

        Raises:
            PartialWrite: some were refused for good, and the others stored.
            Unavailable: perhaps some were stored; write them all again.
        """
        ...

    def forget(self, measurement: str, before: Instant) -> None:
        """Points older than this are of no use any more. A store with a retention of its own may keep to that."""
        ...

    def wipe(self) -> None:
        """Remove all points."""
        ...

    def close(self) -> None: ...


class Answer(NamedTuple):
    """What a query found. A `time` is nanoseconds since the epoch; what a row has no value for is None."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]


class BadQuery(ValueError):
    """The query is not one that this store answers: what it stumbled over, and what to write instead."""


class Queryable(Protocol):
    """A store that can be looked into here."""

    def query(self, text: str, now: Instant) -> Answer:
        """Answer a query.

        Raises:
            BadQuery: with what is wrong.
            Unavailable: the store cannot be read now.
        """
        ...
