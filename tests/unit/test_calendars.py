"""Working time: the rules of tracking.md sections 1 and 3, clock changes, and an oracle that walks the minutes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.tracking.calendars import closing, is_open, next_opening, working_deadline
from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant, from_datetime, instant
from gateway.tracking.plan import Calendar, Hours, Site

US: Final = 1


def hours(text: str) -> Hours:
    """`08:00-12:00 13:00-24:00` as hours of a day."""
    return tuple(
        (clock(opens), clock(closes)) for opens, _, closes in (i.partition("-") for i in text.split())
    )


def clock(text: str) -> Duration:
    hour, minute = text.split(":")
    return Duration(int(hour) * HOUR + int(minute) * MINUTE)


def site(days: dict[str, str], timezone: str = "UTC", closed: tuple[str, ...] = ()) -> Site:
    """A site open on the named days (`mon` to `sun`; `daily` for those not named)."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    mon, tue, wed, thu, fri, sat, sun = (hours(days.get(name, days.get("daily", ""))) for name in names)
    calendar = Calendar("c", (mon, tue, wed, thu, fri, sat, sun), frozenset(map(date.fromisoformat, closed)))
    return Site("S", 0.0, 0.0, timezone, calendar=calendar)


def local(text: str, timezone: str = "UTC", fold: int = 0) -> Instant:
    """`2026-03-23 17:00` on the zone's clock; `fold` 1 is the second time it reads so."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold))


WEEKDAYS: Final = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-18:00")
OFFICE: Final = site({**WEEKDAYS, "sat": "09:00-13:00"}, closed=("2026-04-03",))
ALWAYS: Final = Site("A", 0.0, 0.0)
NIGHT: Final = site({"mon": "20:00-24:00", "tue": "00:00-06:00"})
NEVER: Final = site({})


@pytest.mark.parametrize(
    ("start", "needed", "end"),
    [
        pytest.param("2026-03-23 09:00", "2:00", "2026-03-23 11:00", id="within one opening"),
        pytest.param("2026-03-23 17:00", "2:00", "2026-03-24 09:00", id="over a night"),
        pytest.param(
            "2026-03-23 08:00", "10:00", "2026-03-23 18:00", id="used up at closing time ends there"
        ),
        pytest.param("2026-03-23 08:00", "20:00", "2026-03-24 18:00", id="used up at the next closing time"),
        pytest.param("2026-03-23 18:00", "1:00", "2026-03-24 09:00", id="closing time is no longer open"),
        pytest.param("2026-03-23 03:00", "1:00", "2026-03-23 09:00", id="from before opening"),
        pytest.param(
            "2026-03-27 17:00", "6:00", "2026-03-30 09:00", id="over a weekend with a short Saturday"
        ),
        pytest.param("2026-04-02 17:00", "2:00", "2026-04-04 10:00", id="over a closed date"),
        pytest.param("2026-03-23 08:00", "54:00", "2026-03-28 13:00", id="a whole week"),
        pytest.param(
            "2026-03-23 03:00", "0:00", "2026-03-23 03:00", id="nothing needed ends at once, open or not"
        ),
    ],
)
def test_a_working_duration_counts_opening_hours_only(start: str, needed: str, end: str) -> None:
    assert working_deadline(OFFICE, local(start), clock(needed)) == local(end)


def test_a_working_duration_is_exact_to_the_microsecond() -> None:
    almost_closing = Instant(local("2026-03-23 18:00") - US)
    assert working_deadline(OFFICE, almost_closing, Duration(US)) == local("2026-03-23 18:00")
    assert working_deadline(OFFICE, almost_closing, Duration(2 * US)) == local("2026-03-24 08:00") + US


def test_a_site_without_a_calendar_is_always_open() -> None:
    start = local("2026-03-23 03:00")
    assert is_open(ALWAYS, start)
    assert next_opening(ALWAYS, start) == start
    assert working_deadline(ALWAYS, start, Duration(1000 * DAY)) == start + 1000 * DAY


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        pytest.param("2026-03-23 07:59:59.999999", "2026-03-23 08:00", id="just before opening"),
        pytest.param("2026-03-23 08:00", "2026-03-23 08:00", id="the first instant is open"),
        pytest.param("2026-03-23 17:59:59.999999", "2026-03-23 17:59:59.999999", id="just before closing"),
        pytest.param("2026-03-23 18:00", "2026-03-24 08:00", id="the last instant is closed"),
        pytest.param("2026-04-02 18:00", "2026-04-04 09:00", id="a closed date is passed over"),
        pytest.param("2026-04-05 00:00", "2026-04-06 08:00", id="so is a day without hours"),
    ],
)
def test_an_opening_includes_its_first_instant_and_not_its_last(at: str, opens: str) -> None:
    assert next_opening(OFFICE, local(at)) == local(opens)
    assert is_open(OFFICE, local(at)) is (at == opens)


@pytest.mark.parametrize(
    ("site", "at", "closes"),
    [
        pytest.param("office", "2026-03-23 17:59", "2026-03-23 18:00", id="today"),
        pytest.param("office", "2026-03-23 18:00", None, id="not while it is closed"),
        pytest.param("always", "2026-03-23 18:00", None, id="never, where it is always open"),
    ],
)
def test_an_open_site_says_when_it_closes(site: str, at: str, closes: str | None) -> None:
    found = closing({"office": OFFICE, "always": ALWAYS}[site], local(at))
    assert found == (None if closes is None else local(closes))


def test_an_opening_to_midnight_goes_on_into_one_from_midnight() -> None:
    assert is_open(NIGHT, local("2026-03-23 23:59:59.999999"))
    assert is_open(NIGHT, local("2026-03-24 00:00"))
    assert working_deadline(NIGHT, local("2026-03-23 20:00"), Duration(5 * HOUR)) == local("2026-03-24 01:00")
    assert working_deadline(NIGHT, local("2026-03-24 05:00"), Duration(2 * HOUR)) == local("2026-03-30 21:00")


def test_hours_that_overlap_count_once() -> None:
    sloppy = site({"mon": "08:00-12:00 09:00-10:00 11:00-13:00"})
    assert working_deadline(sloppy, local("2026-03-23 00:00"), Duration(5 * HOUR)) == local(
        "2026-03-23 13:00"
    )


def test_hours_are_those_of_the_sites_own_clock() -> None:
    berlin = site({"daily": "08:00-18:00"}, "Europe/Berlin")
    assert next_opening(berlin, instant("2026-01-15T00:00:00Z")) == instant("2026-01-15T07:00:00Z")
    assert next_opening(berlin, instant("2026-07-15T00:00:00Z")) == instant("2026-07-15T06:00:00Z")
    kiritimati = site({"mon": "00:00-01:00"}, "Pacific/Kiritimati")
    assert next_opening(kiritimati, instant("2026-03-20T00:00:00Z")) == instant("2026-03-22T10:00:00Z")
    niue = site({"sun": "23:00-24:00"}, "Pacific/Niue")
    assert next_opening(niue, instant("2026-03-20T00:00:00Z")) == instant("2026-03-23T10:00:00Z")


@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "UTC", "Pacific/Niue"])
def test_days_of_the_sites_own_clock_join_up(timezone: str) -> None:
    daily = site({"daily": "00:00-24:00"}, timezone)
    begin = local("2026-03-01 00:00")
    assert all(is_open(daily, Instant(begin + hour * HOUR)) for hour in range(15 * 24))
    assert working_deadline(daily, begin, Duration(15 * DAY)) == begin + 15 * DAY


class Night(NamedTuple):
    """A date on which clocks change."""

    timezone: str
    date: str


SPRING: Final = Night("Europe/Berlin", "2026-03-29")  # 02:00 is followed by 03:00
AUTUMN: Final = Night("Europe/Berlin", "2026-10-25")  # 03:00 is preceded by 02:00 to 03:00, twice
BEIRUT: Final = Night("Asia/Beirut", "2026-03-29")  # begins at 01:00
HAVANA: Final = Night("America/Havana", "2026-11-01")  # 00:00 to 01:00, twice
ST_JOHNS: Final = Night("America/St_Johns", "2006-10-29")  # at 00:01 it is 23:01 of the day before again
LORD_HOWE: Final = Night("Australia/Lord_Howe", "2026-04-05")  # 01:30 to 02:00, twice
APIA: Final = Night("Pacific/Apia", "2011-12-30")  # does not happen


@pytest.mark.parametrize(
    ("night", "open_hours", "lasts"),
    [
        pytest.param(SPRING, "01:00-04:00", "2:00", id="around a skipped hour"),
        pytest.param(SPRING, "02:15-04:00", "1:00", id="from within a skipped hour"),
        pytest.param(SPRING, "01:00-02:45", "1:00", id="to within a skipped hour"),
        pytest.param(SPRING, "02:15-02:45", "0:00", id="within a skipped hour"),
        pytest.param(SPRING, "02:00-03:00", "0:00", id="a skipped hour exactly"),
        pytest.param(SPRING, "00:00-24:00", "23:00", id="a short day"),
        pytest.param(AUTUMN, "01:00-04:00", "4:00", id="around a repeated hour"),
        pytest.param(AUTUMN, "02:30-04:00", "2:30", id="from within a repeated hour"),
        pytest.param(AUTUMN, "00:00-02:30", "2:30", id="to within a repeated hour"),
        pytest.param(AUTUMN, "02:30-03:00", "1:30", id="open as the clocks are put back"),
        pytest.param(AUTUMN, "02:00-02:30", "0:30", id="closed before the clocks are put back"),
        pytest.param(
            AUTUMN, "00:00-02:30 02:30-24:00", "25:00", id="hours that touch within a repeated hour"
        ),
        pytest.param(AUTUMN, "00:00-24:00", "25:00", id="a long day"),
        pytest.param(BEIRUT, "00:00-02:00", "1:00", id="from a midnight that does not happen"),
        pytest.param(HAVANA, "00:00-01:00", "2:00", id="the hour after midnight twice"),
        pytest.param(ST_JOHNS, "00:00-00:30", "1:30", id="midnight twice"),
        pytest.param(LORD_HOWE, "01:00-02:00", "1:30", id="half an hour repeated"),
        pytest.param(APIA, "00:00-24:00", "0:00", id="a date that does not happen"),
    ],
)
def test_an_opening_as_the_clocks_change_lasts(night: Night, open_hours: str, lasts: str) -> None:
    day = date.fromisoformat(night.date)
    only_then = site({f"{day:%a}".lower(): open_hours}, night.timezone)
    begin = from_datetime(datetime.combine(day, time(), UTC)) - DAY
    assert _open_time(only_then, Instant(begin), Instant(begin + 3 * DAY)) == clock(lasts)


def _open_time(where: Site, at: Instant, end: Instant) -> int:
    """How long the site is open between two instants, by the minute."""
    return sum(MINUTE for moment in range(at, end, MINUTE) if is_open(where, Instant(moment)))


def test_work_goes_on_from_the_first_to_the_second_half_past_two() -> None:
    berlin = site({"daily": "02:30-04:00"}, "Europe/Berlin")
    first, second = (local("2026-10-25 02:30", "Europe/Berlin", fold) for fold in (0, 1))
    assert next_opening(berlin, Instant(first - HOUR)) == first
    assert working_deadline(berlin, first, HOUR) == second
    assert working_deadline(berlin, second, Duration(90 * MINUTE)) == local(
        "2026-10-25 04:00", "Europe/Berlin"
    )


def test_what_never_opens_again_has_no_deadline() -> None:
    start = local("2026-03-23 09:00")
    assert next_opening(NEVER, start) is None
    assert not is_open(NEVER, start)
    assert working_deadline(NEVER, start, SECOND) is None
    assert working_deadline(NEVER, start, Duration(0)) == start


@pytest.mark.parametrize(("years", "opens"), [(20, "2046-01-01 08:00"), (60, None)])
def test_an_opening_is_looked_for_over_fifty_years_of_closed_dates(years: int, opens: str | None) -> None:
    first, end = date(2026, 1, 1), date(2026 + years, 1, 1)
    closed = tuple(str(first + timedelta(n)) for n in range((end - first).days))
    shut = site({"daily": "08:00-18:00"}, closed=closed)
    assert next_opening(shut, local("2026-01-01 09:00")) == (None if opens is None else local(opens))


def test_a_year_of_working_time_is_counted() -> None:
    start = local("2030-01-07 08:00")
    weeks = 365 * 24 // 50
    deadline = working_deadline(site(WEEKDAYS), start, Duration(365 * DAY))
    assert deadline == start + weeks * 7 * DAY + 10 * HOUR


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue", "Europe/Berlin"])
def test_the_ends_of_time_are_closed_and_do_no_harm(timezone: str) -> None:
    daily = site({"daily": "00:00-24:00"}, timezone)
    first, last = instant("0001-01-01T00:00:00Z"), instant("9999-12-31T23:59:59.999999Z")
    opens = next_opening(daily, first)
    assert opens is not None
    assert first < opens < first + 8 * DAY
    assert working_deadline(daily, first, HOUR) == opens + HOUR
    assert next_opening(daily, Instant(first - 100 * 365 * DAY)) is None
    for late in (last, Instant(last + 1000 * DAY)):
        assert not is_open(daily, late)
        assert next_opening(daily, late) is None
        assert working_deadline(daily, late, SECOND) is None
    assert working_deadline(daily, Instant(last - 30 * DAY), Duration(30 * DAY)) is None


NIGHTS: Final = (SPRING, AUTUMN, BEIRUT, HAVANA, ST_JOHNS, LORD_HOWE, APIA, Night("UTC", "2026-01-01"))


@st.composite
def sites_and_moments(draw: st.DrawFn) -> tuple[Site, Instant]:
    """A site with hours on the quarter hour, and a minute near a change of its clocks."""
    night = draw(st.sampled_from(NIGHTS))
    day = date.fromisoformat(night.date)
    quarters = st.lists(st.integers(0, 96), max_size=6, unique=True).map(sorted)
    week = [
        tuple(
            (Duration(a * 15 * MINUTE), Duration(b * 15 * MINUTE))
            for a, b in zip(q[::2], q[1::2], strict=False)
        )
        for q in draw(st.lists(quarters, min_size=7, max_size=7))
    ]
    closed = draw(st.frozensets(st.integers(-2, 4).map(lambda n: day + timedelta(n)), max_size=2))
    mon, tue, wed, thu, fri, sat, sun = week
    calendar = Calendar("c", (mon, tue, wed, thu, fri, sat, sun), closed)
    minutes = draw(st.integers(-2 * 24 * 60, 24 * 60))
    at = from_datetime(datetime.combine(day, time(), UTC)) + minutes * MINUTE
    return Site("S", 0.0, 0.0, night.timezone, calendar=calendar), Instant(at)


def _minutes(where: Site, start: Instant) -> Iterator[tuple[Instant, bool]]:
    """The minutes from `start` on and whether the site is open in each, by a wall clock that is never put back."""
    calendar, zone = where.calendar, ZoneInfo(where.timezone)
    assert calendar is not None
    reading = datetime.min  # noqa: DTZ901 - what a wall clock reads has no zone
    moment = datetime.fromtimestamp((start - 2 * DAY) // SECOND, UTC)
    while True:
        reading = max(reading, moment.astimezone(zone).replace(tzinfo=None))
        since_midnight = (reading - datetime.combine(reading, time())) // timedelta(microseconds=1)
        at = from_datetime(moment)
        if at >= start:
            yield (
                at,
                reading.date() not in calendar.closed
                and any(
                    opens <= since_midnight < closes for opens, closes in calendar.week[reading.weekday()]
                ),
            )
        moment += timedelta(minutes=1)


@settings(max_examples=60, deadline=None)
@given(sites_and_moments(), st.integers(1, 30 * 60))
def test_working_time_agrees_with_a_walk_over_the_minutes(where: tuple[Site, Instant], needed: int) -> None:
    place, start = where
    end = start + 2 * DAY
    walked = dict(islice(_minutes(place, start), 2 * 24 * 60))
    opened = [at for at, is_on in walked.items() if is_on]
    assert [at for at in walked if is_open(place, at)] == opened
    opens = next_opening(place, start)
    assert opens == opened[0] if opened else opens is None or opens >= end
    deadline = working_deadline(place, start, Duration(needed * MINUTE))
    if needed <= len(opened):
        assert deadline == opened[needed - 1] + MINUTE
    else:
        assert deadline is None or deadline > end


@settings(deadline=None)
@given(sites_and_moments(), st.integers(0, 40 * HOUR), st.integers(0, 40 * HOUR), st.integers(0, MINUTE))
def test_work_done_in_two_parts_ends_when_it_would_in_one(
    where: tuple[Site, Instant], first: int, second: int, offset: int
) -> None:
    place, minute = where
    start = Instant(minute + offset)
    half = working_deadline(place, start, Duration(first))
    whole = working_deadline(place, start, Duration(first + second))
    assert whole == (None if half is None else working_deadline(place, half, Duration(second)))
