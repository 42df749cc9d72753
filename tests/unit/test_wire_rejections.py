"""Payloads that are wrong: the reason, the field, and a message that names field, value and remedy."""

import json
from hashlib import sha256
from typing import Any

import pytest

from gateway.wire.decoding import decode
from gateway.wire.faults import Reason, Rejection
from gateway.wire.topics import Channel

SCAN = Channel("device", "scan-1", "scan")
POSITION = Channel("device", "trk-1", "position")
STATUS = Channel("device", "scan-1", "status")
ANNOUNCE = Channel("source", "erp", "announce")

HEAD = {"id": "e1", "at": "2026-11-22T09:14:03.120+01:00"}
A_SCAN = HEAD | {"step": "arriving", "item": "SN-1"}
A_POSITION = HEAD | {"lat": 1, "lon": 2}
AN_ANNOUNCEMENT = HEAD | {"item": "SN-1", "route": "R"}
A_STATUS = {"state": "online"}


def rejection(channel: Channel, payload: bytes) -> Rejection:
    (only,) = decode(channel, payload)
    assert isinstance(only, Rejection), only
    return only


def without(payload: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in fields}


SCANS = [
    (without(A_SCAN, "id"), "id", "id is missing; every scan needs it"),
    (A_SCAN | {"id": 7}, "id", "id is 7; it must be a string"),
    (A_SCAN | {"id": ""}, "id", "id is ''; it must be 1 to 64 of A-Z a-z 0-9 . _ : -"),
    (A_SCAN | {"id": "a b"}, "id", "id is 'a b'"),
    (A_SCAN | {"id": "x" * 65}, "id", "1 to 64"),
    (A_SCAN | {"id": "e1\n"}, "id", r"id is 'e1\n'"),
    (A_SCAN | {"id": None}, "id", "id is null; it must be a string"),
    (without(A_SCAN, "at"), "at", "at is missing"),
    (A_SCAN | {"at": 1795338843}, "at", "at is 1795338843; it must be a string"),
    (A_SCAN | {"at": "2026-11-22T09:14:03"}, "at", "not an RFC 3339 date-time with offset"),
    (A_SCAN | {"at": "2026-11-22 09:14:03Z"}, "at", "not an RFC 3339"),
    (A_SCAN | {"at": "2026-11-22T09:14:03+26:00"}, "at", "the offset +26:00 is out of range"),
    (A_SCAN | {"at": "2026-02-30T09:14:03Z"}, "at", "day is out of range for month"),
    (A_SCAN | {"at": "0000-01-01T00:00:00Z"}, "at", "year 0 is out of range"),
    (A_SCAN | {"at": "0001-01-01T00:00:00+01:00"}, "at", "outside the years 0001 to 9999"),
    (A_SCAN | {"at": "9999-12-31T23:59:59-01:00"}, "at", "outside the years 0001 to 9999"),
    (A_SCAN | {"at": "2026-11-22T09:14:60Z"}, "at", "leap second 23:59:60"),
    (A_SCAN | {"at": "٢٠٢٦-11-22T09:14:03Z"}, "at", "not an RFC 3339"),
    (A_SCAN | {"at": "2026-11-22T09:14:03." + "0" * 60 + "Z"}, "at", "at most 64 characters"),
    (HEAD, "step", "step is missing; say why the scan was made, or send voids"),
    (HEAD | {"item": "SN-1"}, "step", "step is missing"),
    (HEAD | {"voids": []}, "step", "step is missing"),
    (HEAD | {"step": "arriving"}, "item", "names nothing; send item, items or container"),
    (HEAD | {"step": "arriving", "items": []}, "item", "names nothing"),
    (HEAD | {"step": "unpacking", "items": [], "container": "T"}, "items", "leave items out to say that the container"),
    (A_SCAN | {"step": "packng"}, "step", "step packng is no business step; did you mean packing?"),
    (A_SCAN | {"step": "Packing"}, "step", "did you mean packing?"),
    (A_SCAN | {"step": "???"}, "step", "use the short name of one in CBV 2.0"),
    (A_SCAN | {"step": 1}, "step", "step is 1; it must be a string"),
    (A_SCAN | {"disposition": "retuned"}, "disposition", "retuned is no disposition; did you mean returned?"),
    (A_SCAN | {"item": 1001}, "item", "item is 1001; it must be a string"),
    (A_SCAN | {"item": ["SN-1"]}, "item", "item is a list of 1; it must be a string"),
    (A_SCAN | {"item": ""}, "item", "item: an id must not be empty"),
    (A_SCAN | {"item": " SN-1"}, "item", "space around it"),
    (A_SCAN | {"item": "SN\x001"}, "item", "U+0000"),
    (A_SCAN | {"item": "a" * 129}, "item", "129 characters"),
    (A_SCAN | {"item": "a" * 70_000}, None, "65536 bytes are allowed"),
    (A_SCAN | {"items": "SN-1"}, "items", "items is SN-1; it must be an array"),
    (A_SCAN | {"items": ["A", 1]}, "items.1", "items.1 is 1; it must be a string"),
    (A_SCAN | {"items": ["A", "B\n"]}, "items.1", "U+000A"),
    (A_SCAN | {"items": [str(i) for i in range(501)]}, "items", "an array of at most 500"),
    (A_SCAN | {"container": ""}, "container", "container: an id must not be empty"),
    (A_SCAN | {"site": "HUB XXX"}, "site", "site is 'HUB XXX'; it must be 1 to 64"),
    (A_SCAN | {"voids": "e0"}, "voids", "it must be an array"),
    (A_SCAN | {"voids": ["e 0"]}, "voids.0", "voids.0 is 'e 0'"),
    (A_SCAN | {"voids": [str(i) for i in range(51)]}, "voids", "an array of at most 50"),
    (A_SCAN | {"voids": ["e0", "e1"]}, "voids", "voids has the event's own id e1"),
    (A_SCAN | {"lat": 91, "lon": 0}, "lat", "lat is 91; it must be at most 90"),
    (A_SCAN | {"lat": 1}, "lon", "lat and lon go together"),
    (A_SCAN | {"lon": 1}, "lat", "lat and lon go together"),
    (A_SCAN | {"operator": "x" * 65}, "operator", "at most 64 characters"),
    (A_SCAN | {"operator": "u\n7"}, "operator", "without control characters"),
    (A_SCAN | {"note": "x" * 1001}, "note", "at most 1000 characters"),
    (A_SCAN | {"note": "\0"}, "note", "without control characters"),
    (A_SCAN | {"note": "\x85"}, "note", "without control characters"),
    (A_SCAN | {"extra": {"deep": ["\0"]}}, None, "field 'extra' has a NUL"),
    (A_SCAN | {"extra": {"\0": 1}}, None, "field 'extra' has a NUL"),
    (A_SCAN | {"ex\0tra": 1}, None, r"field 'ex\x00tra' has a NUL"),
]  # fmt: skip

POSITIONS = [
    (without(A_POSITION, "lat"), "lat", "lat is missing; every position needs it"),
    (A_POSITION | {"lat": None}, "lat", "lat is null; it must be a number"),
    (A_POSITION | {"lat": "1"}, "lat", "it must be a number"),
    (A_POSITION | {"lat": True}, "lat", "lat is true; it must be a number"),
    (A_POSITION | {"lat": -90.001}, "lat", "it must be at least -90"),
    (A_POSITION | {"lon": 180.5}, "lon", "lon is 180.5; it must be at most 180"),
    (A_POSITION | {"lat": 10**400}, "lat", "lat is a huge number; it must be a finite number"),
    (A_POSITION | {"accuracy_m": -1}, "accuracy_m", "at least 0"),
    (A_POSITION | {"speed_kmh": -1}, "speed_kmh", "at least 0"),
    (A_POSITION | {"heading_deg": 361}, "heading_deg", "at most 360"),
    (A_POSITION | {"battery_pct": 101}, "battery_pct", "at most 100"),
    (A_POSITION | {"temperature_c": "warm"}, "temperature_c", "a number"),
    (A_POSITION | {"door": "ajar"}, "door", "it must be 'open' or 'closed'"),
    (A_POSITION | {"container": "\u202e"}, "container", "U+202E"),
]

ANNOUNCEMENTS = [
    (without(AN_ANNOUNCEMENT, "item"), "item", "item is missing; every announcement needs it"),
    (without(AN_ANNOUNCEMENT, "route"), "route", "route is missing"),
    (AN_ANNOUNCEMENT | {"route": "a b"}, "route", "1 to 64"),
    (AN_ANNOUNCEMENT | {"due_at": "tomorrow"}, "due_at", "due_at is tomorrow: not an RFC 3339"),
    (AN_ANNOUNCEMENT | {"cancelled": 1}, "cancelled", "cancelled is 1; it must be true or false"),
    (AN_ANNOUNCEMENT | {"value": "499"}, "value", "a number"),
    (AN_ANNOUNCEMENT | {"origin_site": ""}, "origin_site", "1 to 64"),
    (AN_ANNOUNCEMENT | {"description": 5}, "description", "a string"),
]

STATUSES = [
    ({}, "state", "state is missing; every status needs it"),
    ({"state": "asleep"}, "state", "it must be 'online' or 'offline'"),
    (A_STATUS | {"at": "now"}, "at", "RFC 3339"),
    (A_STATUS | {"queued": 1.5}, "queued", "a whole number"),
    (A_STATUS | {"queued": -1}, "queued", "at least 0"),
    (A_STATUS | {"battery_pct": False}, "battery_pct", "a number"),
]

CASES = [
    (channel, payload, field, says)
    for channel, cases in (
        (SCAN, SCANS),
        (POSITION, POSITIONS),
        (ANNOUNCE, ANNOUNCEMENTS),
        (STATUS, STATUSES),
    )
    for payload, field, says in cases
]


@pytest.mark.parametrize(("channel", "payload", "field", "says"), CASES, ids=[case[3][:60] for case in CASES])
def test_a_wrong_payload_is_refused_with_its_field_and_remedy(
    channel: Channel, payload: dict[str, Any], field: str | None, says: str
) -> None:
    raw = json.dumps(payload).encode()
    refused = rejection(channel, raw)
    large = len(raw) > 65_536
    assert refused.reason is (Reason.TOO_LARGE if large else Reason.MALFORMED)
    assert refused.field == field
    assert says in refused.message
    assert refused.id == ("e1" if payload.get("id") == "e1" and not large else None)
    assert refused.raw == raw
    assert len(refused.message) < 700


@pytest.mark.parametrize(
    ("channel", "payload", "field"),
    [
        (SCAN, A_SCAN | {"item": "(01)09506000134352"}, "item"),
        (SCAN, A_SCAN | {"items": ["A", "]C10109506000134352"]}, "items.1"),
        (SCAN, A_SCAN | {"container": "(8003)04012345555554"}, "container"),
        (POSITION, A_POSITION | {"container": "urn:epc:idpat:grai:4012345.55555.*"}, "container"),
        (ANNOUNCE, AN_ANNOUNCEMENT | {"item": "https://id.gs1.org/01/09506000134352"}, "item"),
    ],
)
def test_a_kind_of_article_is_not_an_instance(channel: Channel, payload: dict[str, Any], field: str) -> None:
    refused = rejection(channel, json.dumps(payload).encode())
    assert (refused.reason, refused.field, refused.id) == (Reason.NOT_AN_INSTANCE, field, "e1")
    assert refused.message.startswith(f"{field}: ")
    assert "not one of them" in refused.message


NO_OBJECTS = {
    "nothing": (b"", "the payload is empty"),
    "blanks": (b" \n", "the payload is empty"),
    "truncated": (b'{"id":"e1","at":', "the payload is no JSON (EOF while parsing a value"),
    "two objects": (b"{} {}", "trailing characters"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
    "UTF-16": ('{"id":"e1"}'.encode("utf-16"), "the payload is no JSON"),
    "Latin-1": (b'{"id":"\xe9"}', "the payload is no JSON (invalid unicode"),
    "null": (b"null", "this is null"),
    "a number": (b"7", "this is 7"),
    "a string": (b'"scan"', "a scan is a JSON object"),
    "a lone surrogate": (b'{"id":"e1","note":"\\ud800"}', "the payload is no JSON"),
    "a surrogate pair the wrong way": (b'{"id":"e1","note":"\\udc00\\ud800"}', "the payload is no JSON"),
    "a raw control character": (b'{"id":"e\x01"}', "control character"),
    "a deep object": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "recursion limit"),
    "a deep array": (b"[" * 60_000, "recursion limit"),
    "a huge number": (b'{"id":"e1","x":' + b"1" * 5_000 + b"}", "number out of range"),
    "an array that does not end": (b"[{}", "the payload is no JSON"),
    "an array that ends twice": (b"[{}]]", "the payload is no JSON"),
    "an array without commas": (b"[{} {}]", "the payload is no JSON"),
    "an array with a comma too many": (b"[{},]", "the payload is no JSON"),
    "an empty array": (b" [ ] ", "the array is empty; send at least one scan"),
}


@pytest.mark.parametrize(("payload", "says"), NO_OBJECTS.values(), ids=NO_OBJECTS.keys())
def test_what_is_no_object_is_refused_whole_and_named_by_its_hash(payload: bytes, says: str) -> None:
    refused = rejection(SCAN, payload)
    assert refused.reason is Reason.MALFORMED
    assert says in refused.message
    assert (refused.id, refused.raw) == (None, payload)
    assert refused.sha256 == sha256(payload).hexdigest()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["lat", "temperature_c", "unknown", '"unknown":{"a":[1,'])
def test_a_number_that_json_does_not_have_is_refused(field: str, number: str) -> None:
    start = field if ":" in field else f'"{field}":'
    end = "]}" if ":" in field else ""
    payload = f'{{"id":"e1","at":"2026-11-22T08:14:03Z","lat":1,"lon":2,{start}{number}{end}}}'
    refused = rejection(POSITION, payload.encode())
    assert (refused.reason, refused.id) == (Reason.MALFORMED, "e1")
    assert "finite" in refused.message


def test_a_status_does_not_come_in_an_array() -> None:
    refused = rejection(STATUS, b'[{"state":"online"}]')
    assert refused.reason is Reason.MALFORMED
    assert refused.message == "a status is a JSON object, and this is a list of 1; send {…}"


def test_the_largest_message_is_read_and_one_byte_more_is_too_large() -> None:
    scan = json.dumps(A_SCAN).encode()
    largest = scan + b" " * (65_536 - len(scan))
    assert not isinstance(decode(SCAN, largest)[0], Rejection)
    refused = rejection(SCAN, largest + b" ")
    assert (refused.reason, refused.raw) == (Reason.TOO_LARGE, largest + b" ")
    assert "65537 bytes" in refused.message
