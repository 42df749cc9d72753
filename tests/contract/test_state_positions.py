"""Positions, fixes, readings outside the limits, batteries and fence visits."""

import pytest

from gateway.ports.rows import BatteryRow, PositionRow
from gateway.ports.state import State
from gateway.tracking.evidence import Visit
from gateway.tracking.fences import Fix
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key, Position
from tests.contract.making import add_positions, at, identity, position

TRACK = [
    position(1, "p1", site="HUB"),
    position(2, "p2", site="HUB", counted=False),
    position(3, "P9", site=None),
    position(3, "p3", site="HUB", device="t1"),
    position(3, "p3", site="SORT", device="t2"),
    position(5, "p5"),
]
FIXES = [
    Fix(at(1), "p1", "t1", "HUB"),
    Fix(at(3), "P9", "t1", None),
    Fix(at(3), "p3", "t1", "HUB"),
    Fix(at(3), "p3", "t2", "SORT"),
    Fix(at(5), "p5", "t1", None),
]
"""The positions that count for visits."""


@pytest.fixture
def tracked(state: State) -> State:
    with state.unit() as unit:
        add_positions(unit, *TRACK[::-1])
        add_positions(unit, position(9, "q1", "TOTE-2"))
    return state


@pytest.mark.parametrize(
    ("since", "before", "expected"),
    [(0, None, 5), (5, None, 5), (5.1, None, None), (0, 5, 3), (2, 3, 2), (0, 1, None), (1, 1.1, 1)],
)
def test_the_newest_position_is_looked_for_among_all_those_of_the_container(
    tracked: State, since: float, before: float | None, expected: float | None
) -> None:
    with tracked.reader() as reader:
        found = reader.newest_position("TOTE-1", at(since), None if before is None else at(before))
        assert found == (None if expected is None else at(expected))


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ((at(0), "", ""), 1),
        ((at(1), "p1", "t1"), 1),
        ((at(1), "p1", "t2"), 2),
        ((at(3), "p4", ""), 5),
        ((at(6), "", ""), None),
    ],
)
def test_the_first_position_is_looked_for_in_the_order_of_events(
    tracked: State, since: Key, expected: float | None
) -> None:
    with tracked.reader() as reader:
        found = reader.first_position("TOTE-1", since)
        assert found == (None if expected is None else at(expected))


@pytest.mark.parametrize("cut", range(len(FIXES)))
def test_fixes_are_those_that_count_from_a_key_on_or_before_it(tracked: State, cut: int) -> None:
    key = FIXES[cut][:3]
    with tracked.reader() as reader:
        assert reader.fixes("TOTE-1", key) == FIXES[cut:]
        assert reader.fixes_before("TOTE-1", key, 99) == FIXES[:cut]
        assert reader.fixes_before("TOTE-1", key, 2) == FIXES[max(0, cut - 2) : cut]


def test_positions_come_back_whole_and_in_the_order_of_events(tracked: State) -> None:
    sensors = (("temperature_c", -3.5), ("shock_g", 9.25))
    whole = Position("t1", "p7", at(7), 51.4, -12.2, "TOTE-1", 8.5, 70.1, 359.9, -2.5, 99.5, sensors, "open")
    last = PositionRow(whole, "TOTE-1", "HUB", True, (("shock_g", 9.25),))
    with tracked.unit() as unit:
        unit.add_positions([last])
    with tracked.reader() as reader:
        assert reader.positions("TOTE-1") == [*TRACK, last]
        assert reader.positions("TOTE-3") == []


def test_a_position_that_is_known_is_replaced_with_its_readings(state: State) -> None:
    before = position(1, site="HUB", readings=(("shock_g", 9.0), ("tilt_deg", 80.0)))
    after = position(1, site=None, counted=False, readings=(("tilt_deg", 80.0),))
    with state.unit() as unit:
        unit.add_positions([before])
    with state.unit() as unit:
        unit.add_positions([after])
        assert unit.positions("TOTE-1") == [after]
        assert unit.fixes("TOTE-1", (at(0), "", "")) == []
        assert unit.first_excursion("TOTE-1", "shock_g", at(0)) is None
        assert unit.first_excursion("TOTE-1", "tilt_deg", at(0)) == at(1)


@pytest.mark.parametrize(
    ("sensor", "after", "expected"),
    [("shock_g", 0, 1), ("shock_g", 1, 4), ("shock_g", 4, None), ("tilt_deg", 0, 4), ("light_lux", 0, None)],
)
def test_the_first_excursion_is_of_its_sensor_and_later_than_asked(
    state: State, sensor: str, after: float, expected: float | None
) -> None:
    with state.unit() as unit:
        add_positions(
            unit,
            position(4, "p4", readings=(("shock_g", 8.0), ("tilt_deg", 60.0))),
            position(1, "p1", readings=(("shock_g", 9.0),)),
            position(2, "p2"),
            position(0.5, "q1", "TOTE-2", readings=(("shock_g", 9.0),)),
        )
        found = unit.first_excursion("TOTE-1", sensor, at(after))
    assert found == (None if expected is None else at(expected))


def test_voiding_takes_positions_out_with_their_readings_and_batteries(state: State) -> None:
    with state.unit() as unit:
        add_positions(unit, position(1, "p1", readings=(("shock_g", 9.0),)), position(2, "p2"))
        unit.add_batteries([BatteryRow("t1", at(1), 10.0, "p1"), BatteryRow("t1", at(2), 9.0, "p2")])
    with state.unit() as unit:
        gone = unit.void([identity("p1", "t1")])
        assert [(each.at, each.container, each.is_position) for each in gone] == [(at(1), "TOTE-1", True)]
    with state.reader() as reader:
        assert reader.positions("TOTE-1") == [position(2, "p2")]
        assert reader.first_excursion("TOTE-1", "shock_g", at(0)) is None
        assert reader.low_battery_since("t1") == at(2)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([], None),
        ([(1, 20.0)], None),
        ([(1, 19.9)], 1),
        ([(1, 15.0), (2, 12.0)], 1),
        ([(1, 15.0), (2, 24.9), (3, 12.0)], 1),
        ([(1, 15.0), (2, 25.0), (3, 22.0)], None),
        ([(1, 15.0), (2, 25.0), (3, 12.0), (4, 11.0)], 3),
        ([(1, 80.0), (2, 15.0), (3, 80.0)], None),
    ],
)
def test_a_battery_is_low_since_its_first_low_reading_after_the_last_full_one(
    state: State, readings: list[tuple[float, float]], expected: float | None
) -> None:
    rows = [BatteryRow("t1", at(hours), pct, f"p{hours}") for hours, pct in readings]
    with state.unit() as unit:
        unit.add_batteries(rows[::-1])
        unit.add_batteries([BatteryRow("t2", at(0), 1.0, None)])
        found = unit.low_battery_since("t1")
    assert found == (None if expected is None else at(expected))


def test_a_retained_status_may_come_again(state: State) -> None:
    status = BatteryRow("t1", at(1), 12.0, None)
    for _ in range(2):
        with state.unit() as unit:
            unit.add_batteries([status])
    with state.reader() as reader:
        assert reader.low_battery_since("t1") == at(1)


def visit(hours: float, id_: str, step: str = "arriving", *, confirmed: float | None = None) -> Visit:
    known: Instant = at(hours + 1 if confirmed is None else confirmed)
    return Visit(at(hours), f"{id_}/HUB/{step}", "t1", "HUB", step, known)


def test_visits_are_replaced_and_come_in_the_order_of_events(state: State) -> None:
    first, second, third = visit(1, "p1"), visit(2, "p2", "departing"), visit(3, "p3")
    with state.unit() as unit:
        unit.replace_visits("TOTE-1", [], [third, first, second])
        unit.replace_visits("TOTE-2", [], [first])
    with state.unit() as unit:
        later = first._replace(confirmed_at=at(8))
        unit.replace_visits("TOTE-1", [first, second], [later])
    with state.reader() as reader:
        found = reader.visits(["TOTE-1", "TOTE-2", "TOTE-3"])
        assert found == {"TOTE-1": [later, third], "TOTE-2": [first]}
