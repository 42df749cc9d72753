"""Whatever the bytes, reading a document ends, quickly, in events or in a sentence that says what is wrong."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.epcis.documents import DEEPEST, LARGEST_DOCUMENT, MOST_EVENTS, read
from gateway.epcis.places import Places
from gateway.epcis.problems import Invalid
from gateway.service.epcis.preparing import prepare
from tests.epcis.gateways import ERP, NETWORK, event, wrapped


def refusal(body: bytes) -> dict[str, Any]:
    with pytest.raises(Invalid) as refused:
        read(body)
    return refused.value.problems[0].document()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "no JSON"),
        (b"5", "neither an object nor an array"),
        (b"[1]", "0 is no object"),
        (b"\xff\xfe", "no UTF-8 (byte 1)"),
        (b'{"a":NaN}', "NaN is no number"),
        (b'{"a":-Infinity}', "-Infinity is no number"),
        (b'{"a":1e999}', "too large to be kept"),
        (b'{"a":1' + b"0" * 400 + b"}", "too large to be kept"),
        (b'{"a":' + b"9" * 5000 + b"}", "thousands of digits"),
        (b'{"a":"\\u0000"}', "NUL"),
        (b'{"\\u0000":1}', "NUL"),
        (b'{"a":"\\ud800"}', "half a surrogate pair"),
        (b"[" * 50_000, "nests more than"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "nests more than"),
        (b'{"type":"EPCISDocument"}', "epcisBody is missing"),
        (b'{"type":"EPCISDocument","epcisBody":[]}', "epcisBody.eventList is missing"),
        (b'{"type":"EPCISDocument","epcisBody":{"eventList":{}}}', "must be an array"),
        (b'{"type":"EPCISQueryDocument","epcisBody":{"eventList":[]}}', "epcisBody.queryResults is missing"),
    ],
)
def test_what_is_no_document_is_refused_with_what_is_wrong(body: bytes, detail: str) -> None:
    found = refusal(body)
    assert (found["status"], found["type"]) == (400, "epcisException:ValidationException")
    assert detail in found["detail"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b" " * (LARGEST_DOCUMENT + 1), "bytes"),
        (b"[" + b"[]," * 200_001 + b"[]]", "objects and arrays"),
        (b"[" + b"{}," * MOST_EVENTS + b"{}]", f"{MOST_EVENTS + 1} events"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_before_it_costs_much(body: bytes, detail: str) -> None:
    found = refusal(body)
    assert (found["status"], found["type"]) == (413, "epcisException:CaptureLimitExceededException")
    assert detail in found["detail"]


def test_a_document_may_be_as_deep_as_the_limit_says() -> None:
    body = b'{"a":' * (DEEPEST - 1) + b"1" + b"}" * (DEEPEST - 1)
    assert len(read(body).events) == 1


def test_of_a_name_given_twice_the_last_counts() -> None:
    (placed,) = read(b'{"type":"ObjectEvent","eventID":"urn:a:1","eventID":"urn:a:2"}').events
    assert placed.event["eventID"] == "urn:a:2"


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        (wrapped(event(), event()), ["epcisBody.eventList.0", "epcisBody.eventList.1"]),
        ([event(), event()], ["0", "1"]),
        (event(), [""]),
        (
            {
                "type": "EPCISQueryDocument",
                "epcisBody": {"queryResults": {"resultsBody": {"eventList": [event()]}}},
            },
            ["epcisBody.queryResults.resultsBody.eventList.0"],
        ),
    ],
)
def test_events_are_found_in_every_form_of_a_document(document: Any, paths: list[str]) -> None:
    assert [placed.path for placed in read(json.dumps(document).encode()).events] == paths


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    *("type", "eventTime", "eventTimeZoneOffset", "action", "epcList", "parentID", "childEPCs", "bizStep"),
    *("disposition", "readPoint", "bizLocation", "quantityList", "sensorElementList", "errorDeclaration"),
    *("eventID", "@context", "bizTransactionList", "sourceList", "persistentDisposition", "ilmd"),
    *("returns:geo", "returns:note", "a:b"),
]


@settings(max_examples=150)
@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5),
    st.sampled_from(["ObjectEvent", "AggregationEvent", "a:Event"]),
)
def test_an_event_with_anything_in_its_fields_is_taken_or_refused_and_nothing_else(
    fields: dict[str, Any], kind: str
) -> None:
    given_event = {**event(kind, parentID="urn:epc:id:sscc:0614141.1234567890"), **fields}
    found = prepare(json.dumps(wrapped(given_event)).encode(), ERP, Places(NETWORK.sites))
    assert len(found.prepared) + bool(found.problems) == 1
    assert all(problem.detail and problem.event == 0 for problem in found.problems)


@settings(max_examples=50)
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    found: Sequence[object]
    try:
        found = read(body).events
    except Invalid as refused:
        found = refused.problems
    assert len(found) <= 60
