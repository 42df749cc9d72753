"""Fence visits: the rules of tracking.md section 2 as timelines, and an oracle that looks at each site by itself."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.tracking.fences import (
    Fix,
    Mark,
    from_json,
    is_clean,
    to_json,
    visits,
)
from gateway.tracking.instants import MINUTE, Duration, Instant

MIN_INSIDE: Final = Duration(5 * MINUTE)
OUTSIDE: Final = "-"


def timeline(text: str) -> list[Fix]:
    """`0A 5A 9-`: fixes by minute and site, `-` being outside of all; the id is `f` and the minute."""
    return [
        Fix(
            Instant(int(word[:-1]) * MINUTE),
            f"f{word[:-1]}",
            "trk",
            None if word[-1] == OUTSIDE else word[-1],
        )
        for word in text.split()
    ]


def told(marks: Sequence[Mark]) -> str:
    """`arriving A 0 by 5`: the step, the site, the minute of the fix, and the minute of the fix that confirmed it."""
    return ", ".join(f"{m.step} {m.site} {m.at // MINUTE} by {m.confirmed_at // MINUTE}" for m in marks)


@pytest.mark.parametrize(
    ("fixes", "expected"),
    [
        pytest.param("", "", id="no fix, no visit"),
        pytest.param("0A", "", id="one fix is no visit"),
        pytest.param("0A 5A", "arriving A 0 by 5", id="two fixes over the minimum stay are"),
        pytest.param("0A 4A", "", id="two fixes within less are not"),
        pytest.param("0A 1A 2A 4A 6A", "arriving A 0 by 6", id="a run of many arrives at its first fix"),
        pytest.param("0A 4-", "", id="passing through is no visit"),
        pytest.param("0A 30- 60A", "", id="a run is broken by a fix outside"),
        pytest.param("0A 30B 60A", "", id="a run is broken by a fix elsewhere"),
        pytest.param("0A 3A 4- 5A 6A 10A", "arriving A 5 by 10", id="a broken run begins anew"),
        pytest.param("0A 5A 9-", "arriving A 0 by 5", id="one fix outside closes nothing"),
        pytest.param("0A 5A 9- 12A", "arriving A 0 by 5", id="nor does it with one inside after it"),
        pytest.param("0A 5A 9- 12A 15- 18A 21-", "arriving A 0 by 5", id="nor do several, each by itself"),
        pytest.param(
            "0A 5A 9- 12-", "arriving A 0 by 5, departing A 9 by 12", id="two fixes outside close it"
        ),
        pytest.param("0A 5A 9- 9-", "arriving A 0 by 5, departing A 9 by 9", id="even at one instant"),
        pytest.param(
            "0A 5A 9- 12B", "arriving A 0 by 5, departing A 9 by 12", id="the second being elsewhere"
        ),
        pytest.param(
            "0A 5A 9B 12C", "arriving A 0 by 5, departing A 9 by 12", id="or both, in different sites"
        ),
        pytest.param(
            "0A 5A 9B 15B",
            "arriving A 0 by 5, departing A 9 by 15, arriving B 9 by 15",
            id="two fixes elsewhere leave and arrive at once",
        ),
        pytest.param(
            "0A 5A 9B 12B 15B",
            "arriving A 0 by 5, departing A 9 by 12, arriving B 9 by 15",
            id="the run elsewhere began with the first fix outside",
        ),
        pytest.param(
            "0A 5A 9B 15A 20B 26A", "arriving A 0 by 5", id="to and fro between two sites is a stay"
        ),
        pytest.param(
            "0A 5A 9- 12- 20A 30A",
            "arriving A 0 by 5, departing A 9 by 12, arriving A 20 by 30",
            id="after a close a new run begins with the next fix inside",
        ),
        pytest.param(
            "0A 5A 9- 12- 20A 22-",
            "arriving A 0 by 5, departing A 9 by 12",
            id="and one fix inside after a close is no visit",
        ),
    ],
)
def test_fixes_make_visits(fixes: str, expected: str) -> None:
    _, marks = visits(timeline(fixes), MIN_INSIDE)
    assert told(marks) == expected


def test_a_mark_names_the_fix_that_it_is_at() -> None:
    fixes = [Fix(Instant(at * MINUTE), id_, device, site) for at, id_, device, site in (
        (0, "p1", "trk-1", "A"), (5, "p2", "trk-2", "A"), (6, "p3", "trk-2", None), (7, "p4", "trk-1", None),
    )]  # fmt: skip
    _, marks = visits(fixes, MIN_INSIDE)
    assert marks == [
        Mark("A", "arriving", Instant(0), "p1", "trk-1", Instant(5 * MINUTE)),
        Mark("A", "departing", Instant(6 * MINUTE), "p3", "trk-2", Instant(7 * MINUTE)),
    ]


def test_without_a_minimum_stay_two_fixes_of_one_instant_are_a_visit() -> None:
    _, marks = visits(timeline("0A 0A"), Duration(0))
    assert told(marks) == "arriving A 0 by 0"


@pytest.mark.parametrize(
    ("fixes", "clean"),
    [
        pytest.param("", True, id="before any fix"),
        pytest.param("0-", True, id="outside"),
        pytest.param("0A", False, id="as a run has begun"),
        pytest.param("0A 1-", True, id="as a run was broken"),
        pytest.param("0A 5A", False, id="as a visit is open"),
        pytest.param("0A 5A 9-", False, id="as a visit may be about to end"),
        pytest.param("0A 5A 9- 12-", True, id="as a visit was closed"),
        pytest.param("0A 5A 9- 12B", False, id="as a visit was closed and another may have begun"),
    ],
)
def test_a_state_is_clean_where_nothing_is_open_or_begun(fixes: str, *, clean: bool) -> None:
    state, _ = visits(timeline(fixes), MIN_INSIDE)
    assert is_clean(state) is clean


@st.composite
def histories(draw: st.DrawFn) -> list[Fix]:
    """Fixes in order, close together in time, of two trackers, in and out of three sites; some of one instant."""
    minutes = draw(st.lists(st.integers(0, 3), max_size=25))
    sites = draw(
        st.lists(st.sampled_from(("A", "A", "B", "C", None)), min_size=len(minutes), max_size=len(minutes))
    )
    devices = draw(st.lists(st.sampled_from(("t1", "t2")), min_size=len(minutes), max_size=len(minutes)))
    fixes, at = [], 0
    for number, (minute, site, device) in enumerate(zip(minutes, sites, devices, strict=True)):
        at += minute * MINUTE
        fixes.append(Fix(Instant(at), f"p{number:03}", device, site))
    return fixes


MINIMA: Final = st.sampled_from([Duration(minutes * MINUTE) for minutes in (0, 1, 5)])


def _visits_of(site: str, fixes: list[Fix], min_inside: Duration) -> Iterator[Mark]:
    """The visits of one site, by looking through all fixes for where each begins and ends."""
    begin = 0
    while begin < len(fixes):
        end = begin
        while end < len(fixes) and fixes[end].site == site:
            end += 1
        run = fixes[begin:end]
        long_enough = [fix for fix in run[1:] if fix.at - run[0].at >= min_inside]
        if not long_enough:
            begin = end + 1
            continue
        yield Mark(site, "arriving", run[0].at, run[0].id, run[0].device, long_enough[0].at)
        gone = [i for i in range(end, len(fixes) - 1) if site not in {fixes[i].site, fixes[i + 1].site}]
        if not gone:
            return
        first, second = fixes[gone[0]], fixes[gone[0] + 1]
        yield Mark(site, "departing", first.at, first.id, first.device, second.at)
        begin = gone[0] + 2


@settings(deadline=None)
@given(histories(), MINIMA)
def test_visits_are_those_of_each_site_by_itself(fixes: list[Fix], min_inside: Duration) -> None:
    _, marks = visits(fixes, min_inside)
    for site in ("A", "B", "C"):
        assert [mark for mark in marks if mark.site == site] == list(_visits_of(site, fixes, min_inside))


@settings(deadline=None)
@given(histories(), MINIMA, st.integers(0, 25))
def test_folding_in_two_pieces_stored_in_between_is_folding_in_one(
    fixes: list[Fix], min_inside: Duration, cut: int
) -> None:
    whole_state, whole = visits(fixes, min_inside)
    half_state, first = visits(fixes[:cut], min_inside)
    stored: object = json.loads(json.dumps(to_json(half_state)))
    assert isinstance(stored, dict)
    restored = from_json(stored)
    assert restored == half_state
    state, second = visits(fixes[cut:], min_inside, restored)
    assert (state, first + second) == (whole_state, whole)


@settings(deadline=None)
@given(histories(), MINIMA)
def test_visits_alternate_and_are_told_in_the_order_in_which_they_are_known(
    fixes: list[Fix], min_inside: Duration
) -> None:
    _, marks = visits(fixes, min_inside)
    assert [mark.step for mark in marks] == ["arriving", "departing"] * (len(marks) // 2) + ["arriving"] * (
        len(marks) % 2
    )
    assert [mark.confirmed_at for mark in marks] == sorted(mark.confirmed_at for mark in marks)
    assert [mark.at for mark in marks] == sorted(mark.at for mark in marks)


@settings(deadline=None)
@given(histories(), histories(), MINIMA)
def test_a_clean_state_is_as_good_as_the_beginning(
    before: list[Fix], after: list[Fix], min_inside: Duration
) -> None:
    last = before[-1].at if before else 0
    closing = [Fix(Instant(last + n), f"out{n}", "t1", None) for n in (1, 2)]
    later = [fix._replace(at=Instant(last + MINUTE + fix.at)) for fix in after]
    state, marks = visits([*before, *closing], min_inside)
    assert is_clean(state)
    assert visits(later, min_inside)[1] == visits([*before, *closing, *later], min_inside)[1][len(marks) :]
