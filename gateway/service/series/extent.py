"""How many facts there are to go through, and at which number those of an instant begin; by few, cheap looks.

Numbers grow in the order of commits, and so nearly in the order in which facts became known.
"""

from collections.abc import Callable
from typing import Final

from gateway.ports.state import Unit
from gateway.service.series.alerts import Transitions
from gateway.service.series.cursor import Source
from gateway.service.series.events import Events
from gateway.tracking.instants import HOUR, Duration, Instant

_MARGIN: Final = Duration(HOUR)
"""Replicas commit beside each other, and their clocks differ a little."""

Look = Callable[[Unit, int], Instant | None]
"""When the first fact with a higher number became known; None where there is none."""


def _event(unit: Unit, after: int) -> Instant | None:
    rows = unit.events_after(after, 1)
    return rows[0].event.received_at if rows else None


def _transition(unit: Unit, after: int) -> Instant | None:
    rows = unit.transitions(after=after, limit=1)
    return rows[0].at if rows else None


SOURCES: Final[dict[str, tuple[Source, Look]]] = {
    "events": (Events(), _event),
    "alerts": (Transitions(), _transition),
}
"""What is gone through by number, by the name that a rebuild counts it under."""


def number_before(unit: Unit, look: Look, upto: int, since: Instant) -> int:
    """A number up to which all facts became known before `since`; the highest, but for an hour's facts."""
    low, high = 0, upto
    while low < high:
        middle = (low + high) // 2
        known_at = look(unit, middle)
        if known_at is not None and known_at < since - _MARGIN:
            low = middle + 1
        else:
            high = middle
    return low


def last_milestone(unit: Unit) -> int:
    """The highest number of a milestone, 0 where there is none."""
    high = 1
    while unit.milestones_after(high, 1):
        high *= 2
    low = 0
    while low < high:
        middle = (low + high) // 2
        if unit.milestones_after(middle, 1):
            low = middle + 1
        else:
            high = middle
    return low
