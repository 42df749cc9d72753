"""What every state store keeps for the projection into time series: marks, milestones, standings, numbered facts."""

import pytest

from gateway.ports.projection import Announced, MilestoneRow, RefusedRow, Standing
from gateway.ports.rows import EventRow, TransitionRow
from gateway.ports.state import State
from gateway.tracking.model import JourneyStatus
from tests.contract.making import (
    NOON,
    add_positions,
    add_scans,
    announcement,
    at,
    event,
    identity,
    position,
    scan,
    subject,
)


def leg(subject_id: str = "SN-1", hours: float = 1, n: int = 1, *, begin: float = 0) -> MilestoneRow:
    return MilestoneRow(subject_id, at(begin), "leg", at(hours), '{"to":"HÜB"}', '{"transit_s":60.0}', n)


def marked(state: State, limit: int = 100) -> list[str]:
    with state.reader() as unit:
        return sorted(each for mark in unit.marks(limit) for each in mark.subjects)


def test_what_was_marked_stays_so_until_it_is_unmarked(state: State) -> None:
    with state.unit() as unit:
        unit.mark_journeys(["SN-1", "SN-2"], at(1))
        unit.mark_journeys(["Ü/3"], at(2))
    assert marked(state) == ["SN-1", "SN-2", "Ü/3"]
    with state.unit() as unit:
        marks = unit.marks(100)
        assert {mark.at for mark in marks} == {at(1), at(2)}
        unit.unmark([mark.seq for mark in marks])
    assert marked(state) == []


def test_the_oldest_marks_come_first(state: State) -> None:
    with state.unit() as unit:
        for number in range(4):
            unit.mark_journeys([f"SN-{number}"], at(number))
        assert [mark.subjects for mark in unit.marks(2)] == [("SN-0",), ("SN-1",)]


def test_a_mark_made_while_its_subject_was_looked_at_is_not_lost(state: State) -> None:
    with state.unit() as unit:
        unit.mark_journeys(["SN-1"], at(1))
    with state.reader() as unit:
        seen = [mark.seq for mark in unit.marks(100)]
    with state.unit() as unit:
        unit.mark_journeys(["SN-1"], at(2))
    with state.unit() as unit:
        unit.unmark(seen)
    assert marked(state) == ["SN-1"]


def test_many_subjects_are_marked_at_once(state: State) -> None:
    everyone = [f"SN-{number:05}" for number in range(2_345)]
    with state.unit() as unit:
        unit.mark_journeys(everyone, at(1))
        unit.mark_journeys([], at(1))
    assert marked(state, 10_000) == everyone


def test_milestones_have_numbers_that_stay(state: State) -> None:
    with state.unit() as unit:
        unit.put_milestones([leg("SN-1"), leg("SN-1", 2), leg("SN-2")])
        found = unit.milestones(["SN-1", "SN-2", "SN-3"])
        assert {subject_id: len(rows) for subject_id, rows in found.items()} == {"SN-1": 2, "SN-2": 1}
        first, second = found["SN-1"]
        assert (first._replace(seq=0), second._replace(seq=0)) == (leg("SN-1"), leg("SN-1", 2))
        assert 0 < first.seq < second.seq
        taken_back = first._replace(n=0, fields="{}", version=2)
        unit.put_milestones([taken_back])
        assert unit.milestones(["SN-1"]) == {"SN-1": [taken_back, second]}


def test_milestones_are_untold_until_they_were_told_as_they_are(state: State) -> None:
    with state.unit() as unit:
        unit.put_milestones([leg("SN-1"), leg("SN-2"), leg("SN-3")])
        first, second, third = unit.untold(10)
        assert list(unit.untold(2)) == [first, second]
        unit.told([first, second])
        assert list(unit.untold(10)) == [third]
        changed = first._replace(n=0, version=2)
        unit.put_milestones([changed])
        unit.told([first, third])
        assert list(unit.untold(10)) == [changed]
        unit.told([changed])
        assert list(unit.untold(10)) == []


def test_all_milestones_can_be_walked_through(state: State) -> None:
    with state.unit() as unit:
        unit.put_milestones([leg(f"SN-{number}") for number in range(5)])
        page = unit.milestones_after(0, 3)
        assert [row.subject for row in page] == ["SN-0", "SN-1", "SN-2"]
        rest = unit.milestones_after(page[-1].seq, 3)
        assert [row.subject for row in rest] == ["SN-3", "SN-4"]
        assert list(unit.milestones_after(rest[-1].seq, 3)) == []


def test_old_milestones_go_once_their_subjects_are_forgotten(state: State) -> None:
    with state.unit() as unit:
        unit.put_subjects([subject("SN-kept")])
        unit.put_milestones([leg("SN-gone", -9), leg("SN-kept", -9), leg("SN-gone", 1), leg("SN-gone", -8)])
        last = unit.forget_milestones(0, NOON, 3)
        assert [(row.subject, row.at) for row in unit.milestones_after(0, 9)] == [
            ("SN-kept", at(-9)),
            ("SN-gone", at(1)),
            ("SN-gone", at(-8)),
        ]
        assert last is not None
        last = unit.forget_milestones(last, NOON, 3)
        assert [row.at for row in unit.milestones_after(0, 9)] == [at(-9), at(1)]
        assert last is not None
        assert unit.forget_milestones(last, NOON, 3) is None
        assert len(unit.untold(9)) == 2


STANDINGS = [
    Standing(
        "SN-1", "return", "refill", JourneyStatus.AT_STOP, "HUB", at(1), at(5), expected_sites=("PLANT",)
    ),
    Standing("SN-2", "return", "refill", JourneyStatus.IN_TRANSIT, expected_sites=("HUB", "SORT", "sort")),
    Standing("TOTE-1", "container", None, None, "HUB", turns=7),
]


def test_standings_are_kept_by_subject(state: State) -> None:
    with state.unit() as unit:
        unit.put_standings(STANDINGS)
        asked = ["SN-1", "SN-2", "TOTE-1", "SN-9"]
        assert unit.standings(asked) == {each.subject: each for each in STANDINGS}
        unit.put_standings([STANDINGS[0]._replace(status=JourneyStatus.OFF_PLAN, leave_by=None)])
        unit.drop_standings(["SN-2", "SN-9"])
        found = unit.standings(asked)
    assert found["SN-1"].status is JourneyStatus.OFF_PLAN
    assert sorted(found) == ["SN-1", "TOTE-1"]


def test_where_goods_are_expected_is_kept_with_how_they_stand(state: State) -> None:
    with state.unit() as unit:
        unit.put_standings(STANDINGS)
        elsewhere = STANDINGS[1]._replace(expected_sites=("PLANT", "SORT"))
        unit.put_standings([elsewhere])
        unit.put_standings([STANDINGS[0]._replace(expected_sites=())])
        found = unit.standings(["SN-1", "SN-2"])
        assert (found["SN-1"].expected_sites, found["SN-2"]) == ((), elsewhere)
        unit.drop_standings(["SN-2"])
        unit.put_standings([STANDINGS[1]._replace(expected_sites=())])
        assert unit.standings(["SN-2"])["SN-2"].expected_sites == ()


def test_what_has_no_journey_stands_nowhere_once_it_is_forgotten(state: State) -> None:
    without = [Standing(f"SN-{n}", "return", None, None, "HUB", at(n)) for n in range(3, 7)]
    with state.unit() as unit:
        unit.put_standings([*STANDINGS, *without])
        unit.put_subjects([subject("SN-4"), subject("TOTE-1")])
        last = unit.forget_standings(("", ""), 3)
        assert last == ("return", "SN-4")
        assert unit.forget_standings(last, 9) == ("return", "SN-6")
        assert unit.forget_standings(("return", "SN-6"), 9) is None
        asked = [each.subject for each in (*STANDINGS, *without)]
        assert sorted(unit.standings(asked)) == ["SN-1", "SN-2", "SN-4", "TOTE-1"]


def test_events_are_numbered_in_the_order_of_their_commits(state: State) -> None:
    rows = [event(hours, f"s{hours}") for hours in (5, 3, 4)]
    with state.unit() as unit:
        assert unit.newest_event() == 0
    for row in rows:
        with state.unit() as unit:
            unit.add_events([row])
    with state.unit() as unit:
        newest = unit.newest_event()
        found = unit.events_after(0, 10)
        assert [each.event for each in found] == rows
        assert found[-1].seq == newest
        assert [each.event for each in unit.events_after(found[0].seq, 1)] == [rows[1]]
        assert list(unit.events_after(newest, 10)) == []


def test_an_event_keeps_its_number(state: State) -> None:
    with state.unit() as unit:
        unit.add_events([event(1, "s1"), event(2, "s2")])
        before = unit.events_after(0, 10)
    with state.reader() as unit:
        assert unit.events_after(0, 10) == before


def test_the_site_of_a_scan_is_known_unless_it_was_voided(state: State) -> None:
    with state.unit() as unit:
        add_scans(unit, ("SN-1", scan(1, "s1", site="HUB")), ("SN-1", scan(2, "s2", site="SORT")))
        asked = [("SN-1", scan(1, "s1").key), ("SN-1", scan(2, "s2").key), ("SN-1", scan(3, "s3").key)]
        assert unit.sites_of(asked) == {asked[0]: "HUB", asked[1]: "SORT"}
        unit.void([identity("s1")])
        assert unit.sites_of(asked) == {asked[1]: "SORT"}


def test_the_container_of_a_position_is_known_unless_it_was_voided(state: State) -> None:
    with state.unit() as unit:
        add_positions(unit, position(1, "p1", "TOTE-1"), position(2, "p2", "TOTE-2"))
        asked = [(at(1), "p1", "t1"), (at(2), "p2", "t1"), (at(1), "p2", "t1")]
        assert unit.containers_of(asked) == {asked[0]: "TOTE-1", asked[1]: "TOTE-2"}
        unit.void([identity("p1", "t1")])
        assert unit.containers_of(asked) == {asked[1]: "TOTE-2"}


def test_announcements_are_found_with_their_numbers_in_the_order_of_events(state: State) -> None:
    later, earlier = announcement(5, "a1"), announcement(3, "a2", source="rma")
    with state.unit() as unit:
        for each in (later, earlier):
            row = event(0, each.id, what="announce")
            unit.add_events([row._replace(identity=row.identity._replace(origin=f"source/{each.source}"))])
            unit.add_announcements([each])
        first, second = (each.seq for each in unit.events_after(0, 10))
        assert unit.announced(["SN-1", "SN-9"]) == {
            "SN-1": [
                Announced(second, (at(3), "a2", "rma"), "refill"),
                Announced(first, (at(5), "a1", "erp"), "refill"),
            ]
        }


def test_the_history_of_an_alert_is_found_by_its_id(state: State) -> None:
    rows = [
        TransitionRow(alert, at(hours), f"{hours}", route=f"R{hours}" if hours else None)
        for hours, alert in enumerate(["A", "B", "A", "C"])
    ]
    with state.unit() as unit:
        assert unit.newest_transition() == 0
        unit.add_transitions(rows)
        found = unit.histories(["A", "C", "D"])
        assert {alert: [(row.body, row.route) for row in each] for alert, each in found.items()} == {
            "A": [("0", None), ("2", "R2")],
            "C": [("3", "R3")],
        }
        assert unit.newest_transition() == found["C"][-1].seq


def test_refused_points_are_kept_until_they_are_forgotten(state: State) -> None:
    rows = [RefusedRow(at(hours), "scan", f'["{hours}"]', "no time\nwas given") for hours in (1, 2, 3)]
    with state.unit() as unit:
        unit.add_refused(rows)
        found = unit.refused(0, 2)
        assert [row._replace(seq=0) for row in found] == rows[:2]
        assert [row._replace(seq=0) for row in unit.refused(found[-1].seq, 9)] == rows[2:]
        unit.forget_refused(at(3), 1)
        assert [row.refused_at for row in unit.refused(0, 9)] == [at(2), at(3)]
        unit.forget_refused(at(3), 9)
        assert [row.refused_at for row in unit.refused(0, 9)] == [at(3)]


class Undone(Exception):
    """Takes a unit back."""


def test_a_unit_that_is_taken_back_leaves_nothing_of_it(state: State) -> None:
    with state.unit() as unit:
        unit.put_milestones([leg()])
        (kept,) = unit.milestones_after(0, 9)

    def spoil() -> None:
        with state.unit() as unit:
            unit.mark_journeys(["SN-1"], at(1))
            unit.put_milestones([kept._replace(n=0, version=2), leg("SN-2")])
            unit.told([kept])
            unit.put_standings(STANDINGS)
            unit.add_refused([RefusedRow(at(1), "scan", "[]", "why")])
            raise Undone

    with pytest.raises(Undone):
        spoil()
    with state.reader() as unit:
        assert list(unit.marks(9)) == []
        assert list(unit.refused(0, 9)) == []
        assert list(unit.milestones_after(0, 9)) == list(unit.untold(9)) == [kept]
        assert unit.standings(["SN-1"]) == {}


def test_events_of_all_kinds_are_given_whole(state: State) -> None:
    rows: list[EventRow] = [event(1, "s1"), event(2, "p1", "t1", what="position", received=3)]
    with state.unit() as unit:
        unit.add_events(rows)
        assert [each.event for each in unit.events_after(0, 9)] == rows
