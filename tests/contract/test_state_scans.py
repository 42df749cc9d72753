"""Scans and announcements: whom they name, in the order of events; movements; what voiding takes out."""

import random
from collections.abc import Iterable

import pytest

from gateway.ports.rows import Voided
from gateway.ports.state import State
from gateway.tracking.containment import Movement
from gateway.tracking.evidence import OwnScan
from gateway.tracking.model import Announcement
from tests.contract.making import add_scans, announcement, at, identity, packing, scan

IN_ORDER = [
    scan(0, "s2", "d2"),
    scan(1, "S9", "d1"),
    scan(1, "s1", "d1"),
    scan(1, "s1", "d2"),
    scan(1, "s2", "d1"),
    scan(2, "s0", "d1"),
]
"""Upper case comes before lower: ids sort by code point."""


@pytest.mark.parametrize("seed", range(3))
def test_scans_come_in_the_order_of_events_whatever_order_they_came_in(state: State, seed: int) -> None:
    shuffled = random.Random(seed).sample(IN_ORDER, len(IN_ORDER))
    for each in shuffled:
        with state.unit() as unit:
            unit.add_scans([("SN-1", each), ("SN-2", each)])
    with state.reader() as reader:
        assert reader.scans(["SN-1", "SN-3"]) == {"SN-1": IN_ORDER}


def test_a_scan_comes_back_whole(state: State) -> None:
    as_item = OwnScan(at(0), "s1", "d1", "HUB", "inspecting", None, True, 2, "damaged")
    as_container = OwnScan(at(0), "s2", "d1", "HUB", "unpacking", "TOTE-1", False, 0)
    with state.unit() as unit:
        unit.add_scans([("SN-1", as_item), ("TOTE-1", as_container)])
    with state.reader() as reader:
        found = reader.scans(["SN-1", "TOTE-1"])
    assert found == {"SN-1": [as_item], "TOTE-1": [as_container]}
    assert [each.as_item for rows in found.values() for each in rows] == [True, False]


@pytest.mark.parametrize(
    ("since", "before", "expected"),
    [
        (0, None, IN_ORDER),
        (0, 2, IN_ORDER[:5]),
        (1, 2, IN_ORDER[1:5]),
        (1, 1, []),
        (1.5, None, IN_ORDER[5:]),
        (3, None, []),
    ],
)
def test_scans_within_a_window_begin_with_its_first_instant_and_end_before_its_last(
    state: State, since: float, before: float | None, expected: list[OwnScan]
) -> None:
    with state.unit() as unit:
        unit.add_scans([("SN-1", each) for each in IN_ORDER] + [("SN-2", IN_ORDER[0])])
    window = (at(since), None if before is None else at(before))
    with state.reader() as reader:
        found = reader.scans_within({"SN-1": window, "SN-2": (at(0), at(1)), "SN-3": (at(0), None)})
    assert found == {"SN-2": [IN_ORDER[0]]} | ({"SN-1": expected} if expected else {})


def test_containers_are_those_that_a_scan_names_as_its_container(state: State) -> None:
    with state.unit() as unit:
        add_scans(unit, *packing(0, "s1", "TOTE-1", "SN-1"))
        assert unit.named_containers(["TOTE-1", "SN-1", "SN-9"]) == {"TOTE-1"}
        unit.void([identity("s1")])
        assert unit.named_containers(["TOTE-1", "SN-1", "SN-9"]) == set()


def movement(hours: float, id_: str, container: str | None, *items: str, step: str = "packing") -> Movement:
    return Movement(at(hours), id_, "d1", "HUB", step, container, items)


@pytest.mark.parametrize(
    ("subjects", "since", "expected"),
    [
        (["SN-1"], 0, [movement(1, "s1", "TOTE-1", "SN-1"), movement(3, "s3", None, "SN-1", step="arriving")]),
        (["SN-1"], 1, [movement(1, "s1", "TOTE-1", "SN-1"), movement(3, "s3", None, "SN-1", step="arriving")]),
        (["SN-1"], 1.5, [movement(3, "s3", None, "SN-1", step="arriving")]),
        (["SN-1"], 4, []),
        (
            ["TOTE-1"],
            0,
            [movement(1, "s1", "TOTE-1", "SN-1", "SN-2"), movement(4, "s4", "TOTE-1", step="unpacking")],
        ),
        (["SN-2", "TOTE-1"], 0.5, [
            movement(1, "s1", "TOTE-1", "SN-1", "SN-2"), movement(4, "s4", "TOTE-1", step="unpacking")
        ]),
        (["CAGE-1"], 0, [movement(2, "s2", "CAGE-1", "TOTE-2")]),
        (["TOTE-2"], 0, [movement(2, "s2", "CAGE-1", "TOTE-2")]),
        (["SN-9"], 0, []),
    ],
)  # fmt: skip
def test_movements_name_all_items_where_the_container_is_asked_for_and_else_those_asked_for(
    state: State, subjects: list[str], since: float, expected: list[Movement]
) -> None:
    with state.unit() as unit:
        add_scans(
            unit,
            *packing(4, "s4", "TOTE-1", step="unpacking"),
            ("SN-1", scan(3, "s3")),
            *packing(2, "s2", "CAGE-1", "TOTE-2"),
            *packing(1, "s1", "TOTE-1", "SN-1", "SN-2"),
        )
        found = unit.movements(subjects, at(since))
    assert [each._replace(items=tuple(sorted(each.items))) for each in found] == expected


def test_voiding_takes_scans_out_and_says_whom_they_named(state: State) -> None:
    with state.unit() as unit:
        add_scans(
            unit,
            *packing(1, "s1", "TOTE-1", "SN-1", "SN-2"),
            ("SN-1", scan(2, "s2")),
            ("SN-1", scan(1, "s1", "d2")),
        )
    with state.unit() as unit:
        gone = unit.void([identity("s1"), identity("s9")])
        assert [as_said(each) for each in gone] == [(at(1), {"SN-1", "SN-2", "TOTE-1"}, False)]
        assert unit.void([identity("s1")]) == []
    with state.reader() as reader:
        found = reader.scans(["SN-1", "SN-2", "TOTE-1"])
        assert found == {"SN-1": [scan(1, "s1", "d2"), scan(2, "s2")]}
        assert reader.movements(["TOTE-1"], at(0)) == []
        assert identity("s1") in reader.results([identity("s1")])


def as_said(gone: Voided) -> tuple[int, set[str], bool]:
    return (gone.at, set(gone.subjects), gone.is_position)


ANNOUNCED = [
    announcement(1, "a2"),
    announcement(2, "A9"),
    announcement(2, "a1", source="erp"),
    announcement(2, "a1", source="rma"),
    Announcement("erp", "a7", at(3), "SN-1", "r", at(9), True, "CP", "R-7", "ink, black", 12.5, "UN1993"),
]


@pytest.mark.parametrize("order", [ANNOUNCED, ANNOUNCED[::-1]])
def test_announcements_come_back_whole_and_in_the_order_of_events(
    state: State, order: Iterable[Announcement]
) -> None:
    with state.unit() as unit:
        for each in order:
            unit.add_announcements([each])
        unit.add_announcements([announcement(1, "a3", "SN-2")])
    with state.reader() as reader:
        found = reader.announcements(["SN-1", "SN-3"])
    assert found == {"SN-1": ANNOUNCED}
    assert [each.cancelled for each in found["SN-1"]] == [False, False, False, False, True]
