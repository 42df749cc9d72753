"""Windows of time, from an instant (included) to another (excluded), and what of events in order lies in them."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, Protocol

from gateway.tracking.instants import Instant

Window = tuple[Instant, Instant | None]
"""From (included) to (excluded; None: no end)."""

BEGINNING: Final = Instant(-(2**62))
"""Earlier than every instant."""
ALWAYS: Final[Window] = (BEGINNING, None)


class Dated(Protocol):
    """What happened at an instant."""

    @property
    def at(self) -> Instant: ...


def holds(outer: Window, inner: Window) -> bool:
    """Whether all of the inner window is in the outer."""
    if inner[0] < outer[0]:
        return False
    return outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])


def both(one: Window, other: Window) -> Window:
    """The smallest window that holds both."""
    ends = (one[1], other[1])
    return (min(one[0], other[0]), None if ends[0] is None or ends[1] is None else max(ends[0], ends[1]))


def between(events: Sequence[Dated], window: Window) -> slice:
    """The part of what is in the order of events that is in the window."""
    since, before = window
    last = len(events) if before is None else bisect_left(events, before, key=_at)
    return slice(bisect_left(events, since, key=_at), last)


def _at(event: Dated) -> Instant:
    return event.at
