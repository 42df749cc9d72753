"""The figures that every state store gives: counts over everything, and the newest of each."""

from gateway.ports.projection import JourneyCount, Said, Spot, Standing, StockCount
from gateway.ports.rows import BatteryRow, EventRow, Identity
from gateway.ports.state import State
from gateway.tracking.model import JourneyStatus
from tests.contract.making import NOON, add_positions, at, entry, event, position, subject


def standing(
    id_: str,
    status: JourneyStatus | None,
    site: str | None = None,
    since: float | None = None,
    leave_by: float | None = None,
    *,
    route: str | None = "refill",
) -> Standing:
    begun = None if since is None else at(since)
    return Standing(id_, "return", route, status, site, begun, None if leave_by is None else at(leave_by))


AT_STOP, OFF_PLAN, ON_ITS_WAY = JourneyStatus.AT_STOP, JourneyStatus.OFF_PLAN, JourneyStatus.IN_TRANSIT


def test_journeys_under_way_are_counted_by_route_and_status(state: State) -> None:
    with state.unit() as unit:
        assert list(unit.journey_counts()) == []
        unit.put_standings(
            [
                standing("A", AT_STOP, "HUB", 1),
                standing("B", AT_STOP, "SORT", 1),
                standing("C", AT_STOP, "SORT", 1, route="repair"),
                standing("D", ON_ITS_WAY),
                standing("TOTE", None, "HUB"),
            ]
        )
        assert set(unit.journey_counts()) == {
            JourneyCount("refill", AT_STOP, 2),
            JourneyCount("repair", AT_STOP, 1),
            JourneyCount("refill", ON_ITS_WAY, 1),
        }


def test_stock_is_counted_by_site_and_route_with_what_should_have_left(state: State) -> None:
    with state.unit() as unit:
        assert list(unit.stock_counts(NOON)) == []
        unit.put_standings(
            [
                standing("A", AT_STOP, "HUB", 1, 4),
                standing("B", AT_STOP, "HUB", 2, 5),
                standing("C", OFF_PLAN, "HUB", -3),
                standing("D", AT_STOP, "HUB", 0, route="repair"),
                standing("E", ON_ITS_WAY),
                standing("TOTE", None, "HUB"),
            ]
        )
        found = {hours: set(unit.stock_counts(at(hours))) for hours in (3.9, 4, 5)}
        repair = StockCount("HUB", "repair", 1, at(0), 0)
        assert found == {
            3.9: {StockCount("HUB", "refill", 3, at(-3), 0), repair},
            4: {StockCount("HUB", "refill", 3, at(-3), 1), repair},
            5: {StockCount("HUB", "refill", 3, at(-3), 2), repair},
        }


def test_a_container_is_where_its_newest_position_says_counted_or_not(state: State) -> None:
    with state.unit() as unit:
        old = position(1, "p1")
        new = position(2, "p2", counted=False)
        new = new._replace(position=new.position._replace(lat=50.5, lon=-1.25))
        add_positions(unit, new, old, position(9, "p3", "TOTE-2"))
        assert unit.spots(["TOTE-1", "TOTE-9"]) == {"TOTE-1": Spot(at(2), 50.5, -1.25)}
        assert unit.spots([]) == {}


def test_of_two_positions_of_one_instant_the_later_in_order_counts(state: State) -> None:
    with state.unit() as unit:
        first, second = position(1, "p1"), position(1, "p2")
        second = second._replace(position=second.position._replace(lat=50.5))
        add_positions(unit, second, first)
        assert unit.spots(["TOTE-1"])["TOTE-1"].lat == 50.5


def test_contents_are_counted_by_container(state: State) -> None:
    with state.unit() as unit:
        unit.put_subjects(
            [
                subject("A", parent="TOTE-1"),
                subject("B", parent="TOTE-1"),
                subject("TOTE-1", kind="container", parent="CAGE-1"),
                subject("C"),
            ]
        )
        assert unit.content_counts(["TOTE-1", "CAGE-1", "TOTE-2"]) == {"TOTE-1": 2, "CAGE-1": 1}


def test_the_newest_reading_is_a_devices_battery_level(state: State) -> None:
    with state.unit() as unit:
        unit.add_batteries(
            [
                BatteryRow("d1", at(2), 41.5, "p2"),
                BatteryRow("d1", at(1), 80.0, "p1"),
                BatteryRow("d2", at(1), 7.0, None),
            ]
        )
        assert unit.battery_levels(["d1", "d2", "d3"]) == {"d1": 41.5, "d2": 7.0}


def status(device: str, hours: float, payload: str) -> EventRow:
    received_at = at(hours)
    name = Identity(f"device/{device}", f"status:{received_at}")
    return EventRow(name, "status", received_at, received_at, payload, b"")


def test_the_status_received_last_counts(state: State) -> None:
    with state.unit() as unit:
        unit.add_events(
            [
                status("d1", 2, "two"),
                status("d1", 1, "one"),
                status("d2", 3, "three"),
                event(9, "status:9999999999999999", "d1"),
            ]
        )
        assert unit.statuses(["d1", "d2", "d3"]) == {"d1": Said(at(2), "two"), "d2": Said(at(3), "three")}
        assert unit.statuses([]) == {}


def test_what_is_held_is_counted_by_topic(state: State) -> None:
    with state.unit() as unit:
        unit.put_quarantine(
            [
                entry("q1"),
                entry("q2"),
                entry("q3", status="discarded"),
                entry("q4")._replace(topic="source/erp/announce"),
            ]
        )
        assert unit.held_counts() == {"device/d1/scan": 2, "source/erp/announce": 1}


def test_what_is_held_is_counted_by_reason(state: State) -> None:
    with state.unit() as unit:
        assert unit.held_reasons() == {}
        unit.put_quarantine(
            [
                entry("q1"),
                entry("q2")._replace(reason="future_time"),
                entry("q3", status="discarded"),
                entry("q4"),
            ]
        )
        assert unit.held_reasons() == {entry("q1").reason: 2, "future_time": 1}
