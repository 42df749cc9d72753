"""Payloads that are right, and the facts that they say."""

import json
from typing import Any

import pytest

from gateway.tracking.cbv import BUSINESS_STEPS, DISPOSITIONS
from gateway.tracking.instants import Instant, instant
from gateway.tracking.model import Announcement, Position, Scan, Status
from gateway.wire.decoding import Fact, Reading, decode
from gateway.wire.topics import Channel

SCAN = Channel("device", "scan-1", "scan")
POSITION = Channel("device", "trk-1", "position")
STATUS = Channel("device", "scan-1", "status")
ANNOUNCE = Channel("source", "erp", "announce")
AT = instant("2026-11-22T08:14:03.120Z")
HEAD = {"id": "e1", "at": "2026-11-22T09:14:03.120+01:00"}


def fact(channel: Channel, payload: Any) -> Fact:
    (reading,) = decode(channel, json.dumps(payload).encode())
    assert isinstance(reading, Reading), reading
    return reading.fact


def scan(**fields: Any) -> Scan:
    read = fact(SCAN, HEAD | fields)
    assert isinstance(read, Scan)
    return read


def test_a_full_scan_is_read_with_all_its_fields() -> None:
    read = scan(
        step="packing",
        items=["SN-1001", "]C10109506000134352" + "21A", "SN-1001"],
        container="urn:epc:id:grai:4012345.55555.987",
        site="HUB-LEJ",
        disposition="returned",
        voids=["e0", "e0", "e-1"],
        lat=51.42,
        lon=12,
        operator="u-7",
        note="label\ntorn",
    )
    assert read == Scan(
        device="scan-1",
        id="e1",
        at=AT,
        step="packing",
        items=("SN-1001", "https://id.gs1.org/01/09506000134352/21/A"),
        container="https://id.gs1.org/8003/04012345555554987",
        site="HUB-LEJ",
        disposition="returned",
        voids=("e0", "e-1"),
        lat=51.42,
        lon=12.0,
        operator="u-7",
        note="label torn",
    )


@pytest.mark.parametrize("step", sorted(BUSINESS_STEPS))
def test_each_of_the_41_steps_is_read(step: str) -> None:
    assert scan(step=step, item="SN-1").step == step


@pytest.mark.parametrize("disposition", sorted(DISPOSITIONS))
def test_each_disposition_is_read(disposition: str) -> None:
    assert scan(step="inspecting", item="SN-1", disposition=disposition).disposition == disposition


@pytest.mark.parametrize(
    ("fields", "items"),
    [
        ({"item": "A"}, ("A",)),
        ({"items": ["A", "B", "A"]}, ("A", "B")),
        ({"item": "B", "items": ["A", "B"]}, ("B", "A")),
        ({"items": [f"SN-{i}" for i in range(500)]}, tuple(f"SN-{i}" for i in range(500))),
        ({"item": None, "items": None, "container": "T"}, ()),
        ({"items": [], "container": "T"}, ()),
    ],
    ids=["item", "items once each", "both", "500", "null is absent", "an empty list is none"],
)
def test_item_and_items_name_what_was_scanned(fields: dict[str, Any], items: tuple[str, ...]) -> None:
    assert scan(step="arriving", **fields).items == items


def test_an_unpacking_scan_of_a_container_alone_is_an_all_out() -> None:
    read = scan(step="unpacking", container="TOTE-17")
    assert (read.items, read.container) == ((), "TOTE-17")


def test_a_scan_without_step_only_voids() -> None:
    read = scan(voids=["e0"], items=["SN-1"], container="T", site="HUB", note="oops")
    assert read == Scan("scan-1", "e1", AT, None, voids=("e0",), note="oops")


def test_a_scan_may_void_and_see_nothing_with_a_step() -> None:
    assert scan(voids=["e0"], step="arriving").voids == ("e0",)


def test_a_full_position_is_read_with_all_its_fields() -> None:
    payload = HEAD | {
        "lat": -90,
        "lon": 180,
        "container": "TOTE-17",
        "accuracy_m": 8,
        "speed_kmh": 0,
        "heading_deg": 360,
        "altitude_m": -3.5,
        "battery_pct": 100,
        "temperature_c": -20,
        "humidity_pct": 55.5,
        "shock_g": 9,
        "tilt_deg": 45,
        "light_lux": 0,
        "door": "open",
    }
    assert fact(POSITION, payload) == Position(
        "trk-1", "e1", AT, -90.0, 180.0, "TOTE-17", 8.0, 0.0, 360.0, -3.5, 100.0,
        (
            ("temperature_c", -20.0),
            ("humidity_pct", 55.5),
            ("shock_g", 9.0),
            ("tilt_deg", 45.0),
            ("light_lux", 0.0),
        ),
        "open",
    )  # fmt: skip


def test_a_small_position_has_nothing_that_it_does_not_say() -> None:
    assert fact(POSITION, HEAD | {"lat": 1, "lon": 2}) == Position("trk-1", "e1", AT, 1.0, 2.0)


def test_a_status_has_no_id_and_needs_no_time() -> None:
    assert fact(STATUS, {"state": "offline"}) == Status("scan-1", "offline")
    full = {"state": "online", "at": HEAD["at"], "battery_pct": 77, "firmware": "2.1", "queued": 3, "id": 7}
    assert fact(STATUS, full) == Status("scan-1", "online", AT, 77.0, "2.1", 3)


def test_a_full_announcement_is_read_with_all_its_fields() -> None:
    payload = HEAD | {
        "item": "(01)09506000134352(21)A",
        "route": "cartridge-refill",
        "due_at": "2026-12-01T00:00:00Z",
        "cancelled": True,
        "origin_site": "CP-BER",
        "rma": "RMA 77",
        "description": "Laptop\tbroken",
        "value": 499,
        "hazard_class": "UN 3480",
    }
    assert fact(ANNOUNCE, payload) == Announcement(
        source="erp",
        id="e1",
        at=AT,
        item="https://id.gs1.org/01/09506000134352/21/A",
        route="cartridge-refill",
        due_at=instant("2026-12-01T00:00:00Z"),
        cancelled=True,
        origin_site="CP-BER",
        rma="RMA 77",
        description="Laptop broken",
        value=499.0,
        hazard_class="UN 3480",
    )


def test_a_small_announcement_has_nothing_that_it_does_not_say() -> None:
    assert fact(ANNOUNCE, HEAD | {"item": "A", "route": "R", "cancelled": None}) == Announcement(
        "erp", "e1", AT, "A", "R"
    )


@pytest.mark.parametrize(
    ("at", "means"),
    [
        ("2026-11-22T08:14:03.12Z", AT),
        ("2026-11-22t08:14:03.120000999z", AT),
        ("2026-11-22T08:14:03.120-00:00", AT),
        ("2026-11-23T08:13:03.120+23:59", AT),
        ("2016-12-31T23:59:60Z", instant("2017-01-01T00:00:00Z")),
        ("0001-01-01T00:00:00Z", instant("0001-01-01T00:00:00Z")),
        ("9999-12-31T23:59:59.999999Z", instant("9999-12-31T23:59:59.999999Z")),
    ],
)
def test_a_time_in_any_spelling_of_rfc_3339_is_its_instant(at: str, means: Instant) -> None:
    read = fact(SCAN, HEAD | {"at": at, "step": "arriving", "item": "A"})
    assert isinstance(read, Scan)
    assert read.at == means


def test_the_last_of_a_field_that_is_there_twice_counts() -> None:
    (reading,) = decode(SCAN, b'{"id":"a","id":"b","at":"2026-11-22T08:14:03Z","step":"arriving","item":"A"}')
    assert isinstance(reading, Reading)
    assert isinstance(reading.fact, Scan)
    assert reading.fact.id == "b"


def test_unknown_fields_are_ignored_and_kept_in_the_text() -> None:
    payload = HEAD | {
        "step": "arriving",
        "item": "A",
        "rssi": -40,
        "x": {"y": [1, None, True, "\x1f é", 0.5]},
    }
    single = json.dumps(payload, indent=1)
    readings = decode(SCAN, single.encode()) + decode(SCAN, f"[{single}, {single}]".encode())
    assert len(readings) == 3
    for reading in readings:
        assert isinstance(reading, Reading)
        assert json.loads(reading.text) == payload
        assert len(reading.text.splitlines()) == 1


def test_a_single_payload_is_kept_as_it_was_written() -> None:
    payload = b'{"id": "e1", "at": "2026-11-22T08:14:03Z", "step": "arriving", "item": "A", "x": 1.50}'
    (reading,) = decode(SCAN, payload)
    assert isinstance(reading, Reading)
    assert reading.text == payload.decode()
