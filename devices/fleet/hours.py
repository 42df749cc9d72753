"""Opening hours in a site's time zone, worked out for the ground truth by itself, so that it checks the gateway's.

Hours that the change of clocks skips or repeats are read as the first of two, which no site in the examples needs.
Instants are microseconds UTC.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from devices.fleet.network import Site
from gateway.tracking.instants import Duration, Instant, from_datetime, to_datetime

_MOST_DAYS = 3 * 366


def opening(site: Site, at: Instant) -> tuple[Instant, Instant] | None:
    """The opening that `at` is in, or the next one: (first instant, first instant after it); None: none for years."""
    return next(_openings(site, at), None)


def next_open(site: Site, at: Instant) -> Instant | None:
    """The first instant from `at` on at which the site is open."""
    if site.hours is None:
        return at
    found = opening(site, at)
    return None if found is None else max(at, found[0])


def working_end(site: Site, start: Instant, needed: Duration) -> Instant | None:
    """When the site has been open for so long since `start`; elapsed time where it is always open."""
    if site.hours is None:
        return Instant(start + needed)
    left: int = needed
    for opens, closes in _openings(site, start):
        begins = max(opens, start)
        if begins + left <= closes:
            return Instant(begins + left)
        left -= closes - begins
    return None


def _openings(site: Site, after: Instant) -> Iterator[tuple[Instant, Instant]]:
    if site.hours is None:
        yield after, Instant(2**62)
        return
    day = to_datetime(after).astimezone(ZoneInfo(site.timezone)).date() - timedelta(days=1)
    for _ in range(_MOST_DAYS):
        if day not in site.closed:
            for start, end in site.hours[day.weekday()]:
                opens, closes = _local(site.timezone, day.toordinal(), start, end)
                if closes > after:
                    yield opens, closes
        day += timedelta(days=1)


@lru_cache(maxsize=16384)
def _local(timezone: str, day: int, start: Duration, end: Duration) -> tuple[Instant, Instant]:
    midnight = datetime.combine(datetime.fromordinal(day), time(), ZoneInfo(timezone))
    return (
        from_datetime(midnight + timedelta(microseconds=start)),
        from_datetime(midnight + timedelta(microseconds=end)),
    )
