"""Working time: when a site is open, and when a duration that counts only its opening hours ends.

Opening hours are wall clock intervals in the site's time zone; here they become intervals of instants, by
zoneinfo (the IANA time zone database). The wall clock is read as one that never goes back:

- where the clocks skip an hour, whatever was to begin or end in it does so as they are put forward: hours of
  01:00-04:00 last two hours that night, 02:15-04:00 one, and 02:15-02:45 do not happen;
- where the clocks repeat an hour, the site stays as it was when they were put back, until they catch up:
  hours of 01:00-04:00 last four hours that night, 02:30-04:00 two and a half (from the first 02:30 on),
  00:00-02:30 two and a half (until the first 02:30), and 02:30-03:00 one and a half.

So hours that touch on the wall clock touch in time, hours that overlap count once, and a day of 00:00-24:00
is as long as that day. Every calendar is closed outside the dates 0001-01-07 to 9999-12-25, so that no
instant is out of range. A search for open time ends fifty years after its start: what takes longer is never,
and the answer None.

This module knows nothing of stops and journeys, nor what its answers are used for, and reads no clock. A time
zone that zoneinfo does not know raises its ZoneInfoNotFoundError; the check of the network sees to that.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from gateway.tracking.instants import DAY, Duration, Instant, from_datetime, to_datetime
from gateway.tracking.plan import Calendar, Site

_WEEK_DAYS: Final = 7
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
# The first and the last week of which every day, in every time zone, is within the years of datetime.
_FIRST_WEEK: Final = date.min.toordinal() // _WEEK_DAYS + 1
_LAST_WEEK: Final = date.max.toordinal() // _WEEK_DAYS - 1
_HORIZON_WEEKS: Final = 2609
"""Fifty years."""


class Opening(NamedTuple):
    """An unbroken time in which a site is open: `start` is in it, `end` is not."""

    start: Instant
    end: Instant


def is_open(site: Site, at: Instant) -> bool:
    """Whether the site is open at the instant; one without a calendar always is."""
    return next_opening(site, at) == at


def next_opening(site: Site, at: Instant) -> Instant | None:
    """The first instant, `at` itself included, at which the site is open; None if it never opens again."""
    if site.calendar is None:
        return at
    opening = next(_openings(site.calendar, site.timezone, at), None)
    return None if opening is None else max(opening.start, at)


def closing(site: Site, at: Instant) -> Instant | None:
    """When the site, open at the instant, closes next; None where it is closed then, or never closes."""
    if site.calendar is None:
        return None
    opening = next(_openings(site.calendar, site.timezone, at), None)
    return opening.end if opening is not None and opening.start <= at else None


def working_deadline(site: Site, start: Instant, needed: Duration) -> Instant | None:
    """The instant when the last needed microsecond of open time after `start` has passed.

    That of a duration which is used up at closing time is the closing, not the next opening. For a site
    without a calendar it is `start + needed`; where nothing is needed, it is `start`. None: never, for the
    site is not open for that long in the fifty years after `start`.
    """
    if site.calendar is None or needed <= 0:
        return Instant(start + needed)
    left: int = needed
    for opening in _openings(site.calendar, site.timezone, start):
        begin = max(opening.start, start)
        if begin + left <= opening.end:
            return Instant(begin + left)
        left -= opening.end - begin
    return None


def _openings(calendar: Calendar, timezone: str, after: Instant) -> Iterator[Opening]:
    """The openings that end after the instant, in order, for fifty years."""
    if not any(calendar.week):
        return
    # An opening lasts at most to the end of its date, whose clock is less than a day away from UTC.
    first = (after // DAY + _EPOCH_ORDINAL - 1) // _WEEK_DAYS
    for week in range(max(first, _FIRST_WEEK), min(first + _HORIZON_WEEKS, _LAST_WEEK) + 1):
        for opening in _week(calendar, timezone, week):
            if opening.end > after:
                yield opening


@lru_cache(maxsize=8192)
def _week(calendar: Calendar, timezone: str, week: int) -> tuple[Opening, ...]:
    """The openings of the seven local dates whose ordinals divided by seven are `week`."""
    zone = ZoneInfo(timezone)
    openings: list[Opening] = []
    for ordinal in range(week * _WEEK_DAYS, (week + 1) * _WEEK_DAYS):
        day = date.fromordinal(ordinal)
        if day in calendar.closed:
            continue
        midnight = datetime.combine(day, time.min)
        for opens, closes in calendar.week[day.weekday()]:
            start = _first_at(midnight + timedelta(microseconds=opens), zone)
            end = _first_at(midnight + timedelta(microseconds=closes), zone)
            if openings:
                start = max(start, openings[-1].end)
            if start < end:
                openings.append(Opening(start, end))
    return tuple(openings)


def _first_at(wall: datetime, zone: ZoneInfo) -> Instant:
    """The first instant at which the zone's clock reads `wall` or later."""
    # In PEP 495 fold=0 is the first of two equal readings; for one that is skipped, fold=0 and fold=1 are
    # after and before the instant of the skip.
    at = from_datetime(wall.replace(tzinfo=zone, fold=0))
    if _wall(at, zone) == wall:
        return at
    candidates = range(from_datetime(wall.replace(tzinfo=zone, fold=1)), at)
    return Instant(candidates.start + bisect_left(candidates, wall, key=lambda moment: _wall(moment, zone)))


def _wall(at: int, zone: ZoneInfo) -> datetime:
    """What the zone's clock reads at the instant."""
    return to_datetime(at).astimezone(zone).replace(tzinfo=None)
