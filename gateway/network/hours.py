"""Opening hours as network.yaml writes them: days, ranges of days, and intervals of the wall clock.

Knows neither sites nor time zones; what the hours mean is for `gateway.tracking.calendars`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from gateway.network.faults import Finding, shown
from gateway.tracking.instants import DAY, HOUR, MINUTE, Duration
from gateway.tracking.plan import Hours

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_INTERVAL = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)", re.ASCII)

Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]


class _Interval(NamedTuple):
    start: Duration
    end: Duration
    day: int
    key: str
    place: int
    text: str


def week(written: Mapping[str, Sequence[str]]) -> tuple[Week, list[Finding]]:
    """The hours of each day, Monday's first, and what is wrong with them; locations begin at a key of `written`.

    A key is a day (`sat`), a range that may go over Sunday (`sat-mon`), or several with commas. What several
    keys say of one day adds up.
    """
    findings: list[Finding] = []
    intervals: list[_Interval] = []
    for key, texts in written.items():
        days = _days(key)
        if days is None:
            message = "is neither a day (mon tue wed thu fri sat sun) nor a range such as mon-fri; correct it"
            findings.append(Finding((key,), message, at_key=True))
            continue
        for index, text in enumerate(texts):
            match _bounds(text):
                case str(message):
                    findings.append(Finding((key, index), message))
                case start, end:
                    intervals += [_Interval(start, end, day, key, index, text) for day in days]
    hours: list[Hours] = []
    for day in range(len(DAYS)):
        of_day = sorted(interval for interval in intervals if interval.day == day)
        # What overlaps in a range of days is one mistake.
        known = {finding.location for finding in findings}
        findings += [finding for finding in _overlaps(of_day) if finding.location not in known]
        hours.append(tuple((interval.start, interval.end) for interval in of_day))
    mon, tue, wed, thu, fri, sat, sun = hours
    return (mon, tue, wed, thu, fri, sat, sun), findings


def _days(key: str) -> list[int] | None:
    """The days that a key names, each once, from 0; None if it is not one."""
    days: dict[int, None] = {}
    for part in key.lower().split(","):
        first, dash, last = part.strip().partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            return None
        start = DAYS.index(first)
        length = (DAYS.index(last) - start) % len(DAYS) if dash else 0
        days |= dict.fromkeys((start + i) % len(DAYS) for i in range(length + 1))
    return list(days)


def _bounds(text: str) -> tuple[Duration, Duration] | str:
    """Start and end as time since midnight, or what is wrong."""
    match = _INTERVAL.fullmatch(text)
    if match is None:
        return f"{shown(text)} is no interval; write it as 08:00-18:00"
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    start = Duration(from_hour * HOUR + from_minute * MINUTE)
    end = Duration(to_hour * HOUR + to_minute * MINUTE)
    if start >= DAY or end > DAY:
        return f"{text} is outside of the day; it ends at 24:00"
    if end <= start:
        return f"{text} ends before it begins; split hours over midnight in two days, such as 22:00-24:00"
    return start, end


def _overlaps(intervals: list[_Interval]) -> Iterator[Finding]:
    for before, after in pairwise(intervals):
        if after.start < before.end:
            message = f"{after.text} overlaps {before.text} on {DAYS[after.day]}; join them, or part them"
            yield Finding((after.key, after.place), message)
