"""Short receipt (tracking.md section 4): when an unpacking ends, and what it then says of an item that was in.

What it says depends on all that is known of the item since the unpacking began, not on when it is asked.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from gateway.tracking.calendars import working_deadline
from gateway.tracking.evidence import Evidence, OwnScan, Stay, Unpacking
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key
from gateway.tracking.plan import Network

NEVER = Instant(2**62)
"""Later than every instant: the end of what never ends."""


class Left(Enum):
    """What an ended unpacking says of an item that was in the container."""

    STILL_IN = auto()
    AT_BEGIN = auto()
    SHORT = auto()


def end_of(unpacking: Unpacking, network: Network) -> Instant:
    """When an unpacking ends: with its all out, else `unpack_window` of working time after its last scan."""
    if unpacking.all_out is not None:
        return unpacking.all_out[0]
    return window_end(unpacking.site, unpacking.scans[-1][0], network)


def window_end(site: str, last: Instant, network: Network) -> Instant:
    """When an unpacking at a site ends after its last scan, unless by an all out."""
    end = working_deadline(network.sites[site], last, network.defaults.unpack_window)
    return NEVER if end is None else end


def in_order_of_end(unpackings: Iterable[Unpacking], network: Network) -> list[tuple[Instant, Unpacking]]:
    """Unpackings with their ends, as they end; of one instant a window that passes comes before an all out."""
    ends = [(end_of(each, network), each) for each in unpackings]
    return sorted(ends, key=lambda pair: (pair[0], pair[1].all_out is not None, pair[1].begin))


def recent(
    unpackings: Sequence[Unpacking], network: Network, now: Instant
) -> list[tuple[Instant, Unpacking]]:
    """Of a container's unpackings, with their ends: at each site those not ended by now, and the last that has.

    Unpackings at one site follow each other, so that a long history need not be looked at.
    """
    found: list[Unpacking] = []
    settled: set[str] = set()
    for each in reversed(unpackings):
        if each.site not in settled:
            found.append(each)
            if end_of(each, network) <= now:
                settled.add(each.site)
    return in_order_of_end(found, network)


def began_during(stay: Stay, unpackings: Sequence[Unpacking]) -> Sequence[Unpacking]:
    """Of a container's unpackings, sorted by beginning, those that began while a stay in it lasted by scans alone."""
    first = bisect_right(unpackings, stay.since, key=_begin)
    last = None if stay.until is None else bisect_right(unpackings, stay.until, key=_begin)
    return unpackings[first:last]


def judgement(item: str, unpacking: Unpacking, evidence: Evidence, network: Network) -> Left:
    """What an ended unpacking says of an item that was in as it began and at its end."""
    if not _due_out(item, unpacking, evidence, network):
        return Left.STILL_IN
    first = first_since(item, unpacking.begin, evidence)
    if evidence.is_container(item):
        position = evidence.first_position(item, unpacking.begin)
        if position is not None and (first is None or position < first.at):
            return Left.AT_BEGIN
    if first is None:
        return Left.SHORT
    return Left.STILL_IN if first.as_item and first.step == "unpacking" else Left.AT_BEGIN


def first_since(item: str, begin: Key, evidence: Evidence) -> OwnScan | None:
    """The first own scan of an item at or after an event."""
    scans = evidence.scans(item)
    index = bisect_left(scans, begin, key=lambda scan: scan.key)
    return scans[index] if index < len(scans) else None


def _begin(unpacking: Unpacking) -> Key:
    return unpacking.begin


def _due_out(item: str, unpacking: Unpacking, evidence: Evidence, network: Network) -> bool:
    if unpacking.all_out is not None:
        return True
    announcements = evidence.announcements(item)
    if evidence.is_container(item) or not announcements:
        return False
    route = network.routes.get(announcements[-1].route)
    return route is not None and any(stop.unpack and unpacking.site in stop.sites for stop in route.stops)
