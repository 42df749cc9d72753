"""What scanners and trackers sent, as EPCIS events: the type, the action, places, times, what was taken back."""

import json
from typing import Any

import pytest

from gateway.epcis.documents import read
from gateway.epcis.validation import event_problems
from gateway.ports.captures import Span
from gateway.service.epcis.exporting import document
from gateway.tracking.instants import HOUR, Instant
from tests.epcis.gateways import ALWAYS, CONTEXT, NOW, Gateway, event, wrapped

BERLIN = {"id": "https://id.gs1.org/414/4012345000016"}
REFILL = {"id": "urn:returns-gateway:site:REFILL-1"}
SN = "urn:returns-gateway:id:SN-1"
TOTE = "urn:returns-gateway:id:TOTE-17"


def told(*messages: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of what a gateway heard; every one is valid by GS1's schema."""
    gateway = Gateway()
    gateway.hear((topic, json.dumps(payload).encode()) for topic, payload in messages)
    exported = gateway.exported()
    for placed in read(json.dumps(exported).encode()).events:
        assert event_problems(placed, alone=False) == []
    found: list[dict[str, Any]] = exported["epcisBody"]["eventList"]
    return found


def scan(**fields: Any) -> tuple[str, dict[str, Any]]:
    return "device/scan-ber-1/scan", {"id": "e1", "at": "2026-11-22T10:00:00.120+01:00", **fields}


def fix(**fields: Any) -> tuple[str, dict[str, Any]]:
    return "device/trk-17/position", {
        "id": "p1",
        "at": "2026-11-22T09:00:00Z",
        "lat": 51.42,
        "lon": 12.24,
        **fields,
    }


COMMON = {
    "eventID": "urn:returns-gateway:event:scan-ber-1:e1",
    "eventTime": "2026-11-22T10:00:00.120+01:00",
    "eventTimeZoneOffset": "+01:00",
    "recordTime": "2026-11-22T12:00:00Z",
    "readPoint": BERLIN,
}
SCANS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a scan at the home site": (
        {"step": "collecting", "item": "SN-1", "disposition": "returned"},
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "epcList": [SN],
            "bizStep": "collecting",
            "disposition": "returned",
            "bizLocation": BERLIN,
        },
    ),
    "a scan at a site without GLN": (
        {"step": "receiving", "item": "SN-1", "site": "REFILL-1"},
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "epcList": [SN],
            "bizStep": "receiving",
            "readPoint": REFILL,
            "bizLocation": REFILL,
        },
    ),
    "what leaves is nowhere then": (
        {"step": "departing", "item": "SN-1"},
        {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [SN], "bizStep": "departing"},
    ),
    "what is destroyed is deleted": (
        {"step": "destroying", "item": "SN-1"},
        {
            "type": "ObjectEvent",
            "action": "DELETE",
            "epcList": [SN],
            "bizStep": "destroying",
            "bizLocation": BERLIN,
        },
    ),
    "packing is an aggregation": (
        {
            "step": "packing",
            "items": ["SN-1", "https://id.gs1.org/00/106141412345678908"],
            "container": "TOTE-17",
        },
        {
            "type": "AggregationEvent",
            "action": "ADD",
            "parentID": TOTE,
            "childEPCs": [SN, "https://id.gs1.org/00/106141412345678908"],
            "bizStep": "packing",
            "bizLocation": BERLIN,
        },
    ),
    "an all out is a disaggregation of all": (
        {"step": "unpacking", "container": "TOTE-17"},
        {
            "type": "AggregationEvent",
            "action": "DELETE",
            "parentID": TOTE,
            "bizStep": "unpacking",
            "bizLocation": BERLIN,
        },
    ),
    "a container alone is said to be scanned as one": (
        {"step": "arriving", "container": "TOTE-17"},
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "epcList": [TOTE],
            "returns:asContainer": True,
            "bizStep": "arriving",
            "bizLocation": BERLIN,
        },
    ),
    "what the standard has no words for": (
        {"step": "storing", "item": "SN 1/ä", "operator": "u-7", "note": "torn", "lat": 52.5, "lon": 1e-05},
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "epcList": ["urn:returns-gateway:id:SN%201%2F%C3%A4"],
            "bizStep": "storing",
            "bizLocation": BERLIN,
            "returns:operator": "u-7",
            "returns:note": "torn",
            "returns:geo": "geo:52.5,0.00001",
        },
    ),
}


@pytest.mark.parametrize("case", SCANS)
def test_a_scan_is_told_in_the_standards_words(case: str) -> None:
    given, expected = SCANS[case]
    assert told(scan(**given)) == [{**COMMON, **expected}]


def test_a_position_is_told_with_its_sensors_and_all_else_that_it_says() -> None:
    values = {"temperature_c": 21.5, "shock_g": 2, "speed_kmh": 50, "accuracy_m": 8.5, "altitude_m": 110}
    (found,) = told(fix(**values, battery_pct=55, door="closed", heading_deg=90))
    assert found == {
        "type": "ObjectEvent",
        "eventID": "urn:returns-gateway:event:trk-17:p1",
        "eventTime": "2026-11-22T09:00:00.000+00:00",
        "eventTimeZoneOffset": "+00:00",
        "recordTime": "2026-11-22T12:00:00Z",
        "action": "OBSERVE",
        "bizStep": "sensor_reporting",
        "epcList": [TOTE],
        "readPoint": {"id": "geo:51.42,12.24,110.0;u=8.5"},
        "sensorElementList": [
            {
                "sensorMetadata": {
                    "time": "2026-11-22T09:00:00Z",
                    "deviceID": "urn:returns-gateway:device:trk-17",
                },
                "sensorReport": [
                    {"type": "Temperature", "value": 21.5, "uom": "CEL"},
                    {"type": "Acceleration", "value": 2.0, "uom": "K40"},
                    {"type": "Speed", "value": 50.0, "uom": "KMH"},
                ],
            }
        ],
        "returns:asContainer": True,
        "returns:headingDeg": 90.0,
        "returns:batteryPct": 55.0,
        "returns:door": "closed",
    }


def test_what_a_later_scan_takes_back_is_an_error_and_that_scan_its_correction() -> None:
    wrong = scan(step="collecting", item="SN-1")
    right = scan(id="e2", step="collecting", item="SN-2", voids=["e1"])
    first, second = told(wrong, right)
    assert first["errorDeclaration"] == {
        "declarationTime": "2026-11-22T09:00:00.120Z",
        "correctiveEventIDs": ["urn:returns-gateway:event:scan-ber-1:e2"],
    }
    assert "errorDeclaration" not in second


def test_a_scan_that_only_takes_back_is_no_event_of_its_own() -> None:
    (found,) = told(scan(step="collecting", item="SN-1"), scan(id="e2", voids=["e1", "never-sent"]))
    assert found["errorDeclaration"] == {"declarationTime": "2026-11-22T09:00:00.120Z"}


def test_statuses_announcements_and_refused_events_are_no_events() -> None:
    announced = {"id": "a1", "at": "2026-11-22T09:00:00Z", "item": "SN-1", "route": "refill"}
    status = ("device/trk-17/status", {"state": "online", "battery_pct": 10})
    assert told(("source/erp/announce", announced), status, scan(step="dusting", item="SN-1")) == []


@pytest.mark.parametrize(
    "kept",
    [
        {"event": {**event(), "eventID": "urn:uuid:of-another"}},
        {"event": {**event(), "eventID": "e1", "action": "LOOK"}},
        {"event": "text"},
        {"of": "some-other"},
        "text",
    ],
)
def test_what_a_scanner_puts_beside_a_scan_is_not_believed(kept: object) -> None:
    given, expected = SCANS["what leaves is nowhere then"]
    assert told(scan(**given, epcis=kept)) == [{**COMMON, **expected}]


def test_an_aggregation_that_made_two_scans_is_told_once() -> None:
    gateway = Gateway()
    packed = event(
        "AggregationEvent",
        action="ADD",
        parentID="urn:epc:id:sscc:0614141.1234567890",
        childEPCs=[SN],
        bizStep="loading",
    )
    gateway.capture(wrapped(packed))
    assert [step for step, *_ in gateway.scans("SN-1")] == ["packing", "loading"]
    (found,) = gateway.exported()["epcisBody"]["eventList"]
    assert (found["bizStep"], found["action"]) == ("loading", "ADD")


def test_fields_of_somebodys_own_keep_what_their_prefixes_stand_for() -> None:
    gateway = Gateway()
    own = {"example": "https://ns.example.com/epcis/"}
    gateway.capture(wrapped(event(**{"example:colour": "blue"}), context=[CONTEXT, own]))
    (found,) = gateway.exported()["epcisBody"]["eventList"]
    assert (found["@context"], found["example:colour"]) == ([own], "blue")


def test_an_export_is_one_document_of_a_span_written_piece_by_piece() -> None:
    gateway = Gateway()
    for number in range(3):
        gateway.hear(
            [
                (
                    "device/scan-ber-1/scan",
                    json.dumps(scan(id=str(number), step="storing", item="A")[1]).encode(),
                )
            ]
        )
        gateway.now = Instant(gateway.now + HOUR)
    pieces = list(document(gateway.state, gateway.network, Span(NOW, Instant(NOW + 2 * HOUR)), gateway.now))
    whole = json.loads(b"".join(pieces))
    assert len(pieces) == 2 + len(whole["epcisBody"]["eventList"]) == 4
    assert (whole["type"], whole["schemaVersion"], whole["creationDate"]) == (
        "EPCISDocument",
        "2.0",
        "2026-11-22T15:00:00Z",
    )
    assert whole["@context"] == [CONTEXT, {"returns": "urn:returns-gateway:epcis:"}]
    empty = b"".join(document(Gateway().state, gateway.network, ALWAYS, NOW))
    assert json.loads(empty)["epcisBody"] == {"eventList": []}
