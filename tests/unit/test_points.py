"""Points: their times, their names, and what scans, positions and alerts become."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.points import MEASUREMENTS, SAMPLED, Field, Point, Tag, fault, made, time_of
from gateway.points.events import PER_ITEM, Heard, Received, alert_point, position_point, scan_points
from gateway.points.schema import SCAN
from gateway.tracking.instants import Instant, instant
from gateway.tracking.model import Position, Scan

AT = instant("2026-11-22T08:14:03.120456Z")
MS = 1_795_335_243_120_000_000
"""The same, cut to the millisecond, in nanoseconds."""
RECEIVED = Received(17, Instant(AT + 1_500_000))


@pytest.mark.parametrize(
    ("at", "number", "time"),
    [
        (AT, 17, MS + 17),
        (AT, 0, MS),
        (AT, 999_999, MS + 999_999),
        (AT, 1_000_000, MS),
        (AT, 3_000_017, MS + 17),
        (Instant(0), 5, 5),
        (Instant(-1), 5, -1_000_000 + 5),
    ],
)
def test_a_points_time_is_its_millisecond_and_the_number_of_its_fact(
    at: Instant, number: int, time: int
) -> None:
    assert time_of(at, number) == time


def test_names_are_those_of_the_interface() -> None:
    tags = {name: each.tags for name, each in MEASUREMENTS.items()}
    assert tags == {
        "scan": ("site", "step", "route", "verdict"),
        "position": ("device",),
        "leg": ("route", "purpose", "from_site", "to_site"),
        "dwell": ("route", "purpose", "site"),
        "journey_end": ("route", "purpose", "outcome"),
        "trip": ("route", "purpose", "outcome"),
        "alert": ("kind", "severity", "transition", "reason", "route", "site"),
        "open_alert": ("kind", "severity", "site", "route"),
        "open_alerts": ("kind", "severity", "site", "route"),
        "journeys": ("route", "purpose", "status"),
        "stock": ("site", "route"),
        "container_state": ("type", "route"),
        "limit": ("type", "sensor"),
        "device": ("device", "kind", "site"),
        "quarantine": ("reason",),
        "gateway": ("instance",),
    }
    assert [each.name for each in SAMPLED] == list(tags)[7:]


@pytest.mark.parametrize(("names", "index"), [(Tag, 1), (Field, 2)])
def test_each_name_is_of_some_measurement_and_no_other_is(names: type, index: int) -> None:
    declared = {value for name, value in vars(names).items() if name.isupper()}
    assert declared == {name for each in MEASUREMENTS.values() for name in each[index]}
    assert all(value == name.lower() for name, value in vars(names).items() if name.isupper())


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_items_and_containers_are_never_tags(name: str) -> None:
    assert not {"item", "container", "subject", "alert_id", "event_id"} & set(MEASUREMENTS[name].tags)


def test_what_has_no_value_is_left_out() -> None:
    point = made(SCAN, AT, 1, {"site": "HUB", "step": "", "route": None}, {"item": None, "lag_s": 0.0})
    assert point == Point("scan", {"site": "HUB"}, {"lag_s": 0.0}, MS + 1)


def scan(*items: str, container: str | None = None, step: str | None = "packing") -> Scan:
    return Scan("scan-1", "e1", AT, step, items, container, "HUB")


def test_each_item_of_a_scan_is_a_point_with_a_time_of_its_own() -> None:
    heard = Heard({"SN-2": "misrouted"}, {"SN-1": "refill"})
    first, second = scan_points(scan("SN-1", "SN-2", container="TOTE-17"), RECEIVED, heard)
    common: Mapping[str, Any] = {"container": "TOTE-17", "device": "scan-1", "event_id": "e1", "lag_s": 1.5}
    assert first == Point(
        "scan",
        {"site": "HUB", "step": "packing", "route": "refill", "verdict": "ok"},
        {"item": "SN-1", **common},
        MS + 17,
    )
    assert second == Point(
        "scan",
        {"site": "HUB", "step": "packing", "verdict": "misrouted"},
        {"item": "SN-2", **common},
        MS + 17 + PER_ITEM,
    )


def test_a_scan_of_a_container_alone_is_a_point_of_the_container() -> None:
    heard = Heard({"TOTE-17": "late"}, {"TOTE-17": "loop"})
    (point,) = scan_points(scan(container="TOTE-17", step="arriving"), RECEIVED, heard)
    assert point.tags == {"site": "HUB", "step": "arriving", "route": "loop", "verdict": "late"}
    assert "item" not in point.fields
    assert point.fields["container"] == "TOTE-17"


def test_a_scan_that_only_voids_is_no_point() -> None:
    assert list(scan_points(scan(step=None), RECEIVED, Heard({}, {}))) == []


@given(numbers=st.sets(st.integers(1, 10**9), min_size=1, max_size=6), items=st.integers(1, 501))
def test_items_of_one_scan_never_meet(numbers: set[int], items: int) -> None:
    named = [f"SN-{index}" for index in range(items)]
    for number in numbers:
        points = scan_points(scan(*named), Received(number, AT), Heard({}, {}))
        assert len({point.time for point in points}) == items


def test_neither_do_those_of_scans_that_came_soon_after() -> None:
    named = [f"SN-{index}" for index in range(501)]
    times = [
        point.time
        for number in range(40)
        for point in scan_points(scan(*named), Received(999_980 + number, AT), Heard({}, {}))
    ]
    assert len(set(times)) == len(times)


def test_a_position_is_a_point_with_what_it_carries() -> None:
    sensors = (("temperature_c", 4.5), ("shock_g", 0.0))
    position = Position(
        "trk-1", "p1", AT, 51.42, 12.24, "TOTE-17", 8.0, 62.5, 180.0, 90.0, 55.0, sensors, "open"
    )
    assert position_point(position, RECEIVED) == Point(
        "position",
        {"device": "trk-1"},
        {
            "container": "TOTE-17",
            "lat": 51.42,
            "lon": 12.24,
            "accuracy_m": 8.0,
            "speed_kmh": 62.5,
            "battery_pct": 55.0,
            "temperature_c": 4.5,
            "shock_g": 0.0,
            "door": "open",
        },
        MS + 17,
    )


def line(transition: str, time: str, severity: str | None, reason: str | None = None) -> Mapping[str, Any]:
    return {
        "time": time,
        "transition": transition,
        "id": "01JD",
        "kind": "delayed",
        "subject": {"kind": "return", "id": "SN-1"},
        "site": "HUB",
        "severity": severity,
        "reason": reason,
    }


OPENED = line("opened", "2026-11-22T06:00:00Z", "minor")
RAISED = line("changed", "2026-11-22T07:00:00Z", "major")
RESOLVED = line("resolved", "2026-11-22T08:00:00Z", None, "evidence")
AGAIN = line("opened", "2026-11-22T09:00:00Z", "warning")


@pytest.mark.parametrize(
    ("before", "now", "severity", "open_s"),
    [
        ([], OPENED, "minor", 0.0),
        ([OPENED], RAISED, "major", 3600.0),
        ([OPENED, RAISED], RESOLVED, "major", 7200.0),
        ([OPENED, RAISED, RESOLVED], AGAIN, "warning", 0.0),
        ([OPENED, RESOLVED, AGAIN], line("resolved", "2026-11-22T10:00:00Z", None), "warning", 3600.0),
    ],
)
def test_an_alerts_point_tells_its_severity_and_since_when_it_is_open(
    before: list[Mapping[str, Any]], now: Mapping[str, Any], severity: str, open_s: float
) -> None:
    point = alert_point(now, 3, before, "refill")
    reason = {"reason": now["reason"]} if now["reason"] else {}
    assert point.tags == {
        "kind": "delayed",
        "severity": severity,
        "transition": now["transition"],
        "route": "refill",
        "site": "HUB",
        **reason,
    }
    assert point.fields == {"alert_id": "01JD", "subject": "SN-1", "open_s": open_s}
    assert point.time == instant(now["time"]) * 1000 + 3
    assert fault(point) is None
