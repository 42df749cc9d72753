"""Opening hours as the file writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.network.hours import DAYS, week
from gateway.tracking.instants import HOUR, MINUTE


def _days_open(key: str) -> str:
    hours, findings = week({key: ["08:00-18:00"]})
    assert findings == []
    return " ".join(day for day, intervals in zip(DAYS, hours, strict=True) if intervals)


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("wed", "wed"),
        ("mon-fri", "mon tue wed thu fri"),
        ("mon-sun", "mon tue wed thu fri sat sun"),
        ("sat-mon", "mon sat sun"),
        ("sun-sat", "mon tue wed thu fri sat sun"),
        ("tue-tue", "tue"),
        ("mon,wed-thu", "mon wed thu"),
        ("mon, wed, sat-sun", "mon wed sat sun"),
        ("mon-wed,tue-thu", "mon tue wed thu"),
        ("Mon-FRI", "mon tue wed thu fri"),
    ],
)
def test_a_key_names_days(key: str, days: str) -> None:
    assert _days_open(key) == days


@pytest.mark.parametrize(
    "key", ["", "monday", "mon-", "-fri", "mon--fri", "mon,", "mon fri", "1", "mon-fri-sat"]
)
def test_a_key_that_names_no_days_is_a_finding_at_the_key(key: str) -> None:
    hours, (finding,) = week({key: ["08:00-18:00"]})
    assert hours == ((),) * 7
    assert (finding.location, finding.at_key) == ((key,), True)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("08:00-18:00", 8 * 60, 18 * 60),
        ("8:00-9:05", 8 * 60, 9 * 60 + 5),
        ("00:00-24:00", 0, 24 * 60),
        ("23:59-24:00", 23 * 60 + 59, 24 * 60),
    ],
)
def test_an_interval_is_within_a_day(text: str, start: int, end: int) -> None:
    hours, findings = week({"mon": [text]})
    assert findings == []
    assert hours[0] == ((start * MINUTE, end * MINUTE),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("08:00", "is no interval"),
        ("08:00 - 18:00", "is no interval"),
        ("8-18", "is no interval"),
        ("08:60-18:00", "is no interval"),
        ("٠٨:٠٠-18:00", "is no interval"),
        ("24:00-24:00", "is outside of the day"),
        ("10:00-24:01", "is outside of the day"),
        ("10:00-99:00", "is outside of the day"),
        ("18:00-08:00", "ends before it begins"),
        ("08:00-08:00", "ends before it begins"),
    ],
)
def test_what_is_no_interval_is_a_finding_at_the_interval(text: str, message: str) -> None:
    _, (finding,) = week({"mon": ["01:00-02:00", text]})
    assert finding.location == ("mon", 1)
    assert isinstance(finding.message, str)
    assert message in finding.message


def test_what_several_keys_say_of_one_day_adds_up_in_order() -> None:
    hours, findings = week({"fri": ["14:00-16:00"], "mon-fri": ["08:00-12:00", "12:00-13:00"]})
    assert findings == []
    assert hours[4] == ((8 * HOUR, 12 * HOUR), (12 * HOUR, 13 * HOUR), (14 * HOUR, 16 * HOUR))


def test_hours_that_overlap_on_each_day_of_a_range_are_one_mistake() -> None:
    _, (finding,) = week({"mon-fri": ["08:00-12:00", "11:59-13:00"]})
    assert finding.location == ("mon-fri", 1)
    assert finding.message == "11:59-13:00 overlaps 08:00-12:00 on mon; join them, or part them"


_KEYS = st.lists(st.sampled_from([*DAYS, "mon-fri", "sat-mon", "xyz"]), min_size=1, max_size=3).map(",".join)
_CLOCK = st.tuples(st.integers(0, 26), st.integers(0, 61)).map(lambda t: f"{t[0]:02}:{t[1]:02}")
_TEXTS = st.lists(st.tuples(_CLOCK, _CLOCK).map("-".join), max_size=3)


@given(st.dictionaries(_KEYS, _TEXTS, max_size=4))
def test_hours_without_findings_are_sorted_and_part(written: dict[str, list[str]]) -> None:
    hours, findings = week(written)
    if not findings:
        for day in hours:
            instants = [instant for interval in day for instant in interval]
            assert instants == sorted(instants)
            assert all(0 <= start < end <= 24 * HOUR for start, end in day)
