"""Queries with the standard's parameters find what they should, page by page, in the order that was asked for."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.epcis.documents import read
from gateway.epcis.problems import Invalid, Problem
from gateway.epcis.querying import query
from gateway.epcis.validation import envelope_problems
from gateway.service.epcis import asking
from gateway.service.epcis.asking import Page, page, query_document
from gateway.tracking.instants import MINUTE, Instant
from tests.epcis.gateways import NOW, Gateway, event, wrapped

HUB = {"id": "urn:epc:id:sgln:4012345.00005.0"}
SSCC = "urn:epc:id:sscc:0614141.1234567890"
A, B = "urn:epc:id:sgtin:4012345.011111.1", "urn:epc:id:sgtin:4012345.011111.2"
LOT = "urn:epc:class:lgtin:4012345.012345.L1"
DECLARED = {"declarationTime": "2026-11-22T11:00:00Z", "reason": "did_not_occur"}


def at(hour: int) -> dict[str, str]:
    return {"eventTime": f"2026-11-22T{hour:02}:00:00Z", "eventTimeZoneOffset": "+00:00"}


EVENTS: dict[str, dict[str, Any]] = {
    "a-collected": event(bizStep="collecting", epcList=[A], disposition="returned", **at(1)),
    "packed": event(
        "AggregationEvent", action="ADD", parentID=SSCC, childEPCs=[A, B], bizStep="packing", **at(2)
    ),
    "left": event(
        bizStep="departing",
        epcList=[SSCC],
        bizTransactionList=[{"type": "rma", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000016:7"}],
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4000001.00012"}],
        **at(3),
    ),
    "mistake": event(bizStep="arriving", epcList=[B], readPoint=HUB, **at(4)),
    "refilled": event(
        "TransformationEvent",
        inputEPCList=[A],
        outputEPCList=[B],
        bizStep="commissioning",
        readPoint=HUB,
        **at(5),
    ),
    "elsewhere": event(
        epcList=[B],
        bizStep="holding",
        quantityList=[{"epcClass": LOT, "quantity": 3}],
        readPoint={"id": "urn:epc:id:sgln:0614141.07346.1234"},
        bizLocation={"id": "https://id.gs1.org/414/0614141073467"},
        persistentDisposition={"set": ["damaged"]},
        **at(6),
    ),
}


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    """Has captured the events in another order than they happened, an hour each, and heard of a scan."""
    found = Gateway()
    for hour, name in enumerate(("elsewhere", "left", "a-collected", "packed", "mistake", "refilled")):
        found.now = Instant(NOW + hour * 60 * MINUTE)
        assert found.capture(wrapped({**EVENTS[name], "eventID": f"urn:x:{name}"}))["success"]
    found.capture(wrapped({**EVENTS["mistake"], "eventID": "urn:x:mistake", "errorDeclaration": DECLARED}))
    scan = {
        "id": "e1",
        "at": "2026-11-22T07:00:00Z",
        "step": "storing",
        "item": "SN-1",
        "container": "TOTE-17",
    }
    found.hear([("device/scan-ber-1/scan", json.dumps(scan).encode())])
    return found


def asked(gateway: Gateway, *parameters: tuple[str, str]) -> Page:
    with gateway.state.reader() as reader:
        return page(reader, gateway.network, query(parameters))


def names(found: Page) -> list[str]:
    return [each["eventID"].rpartition(":")[2] for each in found.events]


IN_ORDER = ["a-collected", "packed", "left", "mistake", "refilled", "elsewhere", "e1"]
AS_CAPTURED = ["elsewhere", "left", "a-collected", "packed", "mistake", "refilled", "e1"]
QUERIES: list[tuple[str, list[str]]] = [
    ("", AS_CAPTURED),
    ("eventType=AggregationEvent|TransformationEvent", ["packed", "refilled", "e1"]),
    ("EQ_action=ADD", ["packed"]),
    ("EQ_bizStep=packing", ["packed"]),
    ("EQ_bizStep=https://ref.gs1.org/cbv/BizStep-packing|departing", ["left", "packed"]),
    ("EQ_disposition=urn:epcglobal:cbv:disp:returned", ["a-collected"]),
    ("EQ_persistentDisposition_set=damaged", ["elsewhere"]),
    ("EQ_readPoint=https://id.gs1.org/414/4012345000054", ["mistake", "refilled"]),
    ("EQ_readPoint=https://id.gs1.org/414/0614141073467", []),
    ("WD_readPoint=https://id.gs1.org/414/0614141073467", ["elsewhere"]),
    ("EQ_bizLocation=urn:epc:id:sgln:0614141.07346.0", ["elsewhere"]),
    (f"MATCH_epc={A}", ["a-collected", "packed"]),
    (f"MATCH_epc={A}|{B}", ["a-collected", "packed", "mistake", "elsewhere"]),
    (f"MATCH_epc={A}&EQ_bizStep=packing", ["packed"]),
    (f"MATCH_epc={SSCC}", ["left"]),
    (f"MATCH_parentID={SSCC}", ["packed"]),
    (f"MATCH_anyEPC={SSCC}", ["packed", "left"]),
    (f"MATCH_inputEPC={A}", ["refilled"]),
    (f"MATCH_outputEPC={B}", ["refilled"]),
    (
        f"MATCH_anyEPC={B}&orderBy=recordTime&orderDirection=ASC",
        ["elsewhere", "packed", "mistake", "refilled"],
    ),
    ("MATCH_anyEPC=urn:returns-gateway:id:SN-1", ["e1"]),
    ("MATCH_epc=https://id.gs1.org/01/04012345111118/21/1", ["a-collected", "packed"]),
    (f"MATCH_epcClass={LOT}", ["elsewhere"]),
    (f"MATCH_anyEPCClass={LOT}", ["elsewhere"]),
    (f"MATCH_inputEPCClass={LOT}", []),
    ("EQ_bizTransaction_rma=urn:epcglobal:cbv:bt:4012345000016:7", ["left"]),
    ("EQ_bizTransaction_po=urn:epcglobal:cbv:bt:4012345000016:7", []),
    ("EQ_source_owning_party=https://id.gs1.org/417/4000001000128", ["left"]),
    ("EQ_destination_location=urn:x:1", []),
    ("EQ_eventID=urn:x:packed|urn:x:left|urn:x:nothing", ["left", "packed"]),
    ("EQ_eventID=urn:returns-gateway:event:scan-ber-1:e1", ["e1"]),
    ("EXISTS_errorDeclaration=true", ["mistake"]),
    ("EXISTS_errorDeclaration=", ["mistake"]),
    ("EXISTS_errorDeclaration=false", AS_CAPTURED),
    ("EQ_correctiveEventID=urn:x:left", []),
    ("EQ_transformationID=urn:x:1", []),
    ("EQ_persistentDisposition_unset=damaged", []),
    ("WD_bizLocation=urn:epc:id:sgln:0614141.07346.0", ["elsewhere"]),
    ("eventType=https://example.com/types/Own", []),
    ("EQ_errorReason=did_not_occur", ["mistake"]),
    ("GE_errorDeclarationTime=2026-11-22T11:00:00Z", ["mistake"]),
    ("LT_errorDeclaration_Time=2026-11-22T11:00:00Z", []),
    ("GE_eventTime=2026-11-22T05:00:00Z", ["refilled", "elsewhere", "e1"]),
    ("GE_eventTime=2026-11-22T03:00:00Z&LT_eventTime=2026-11-22T05:00:00Z", ["left", "mistake"]),
    ("GE_recordTime=2026-11-22T16:00:00Z", ["mistake", "refilled", "e1"]),
    ("LT_recordTime=2026-11-22T13:00:00Z", ["elsewhere"]),
    ("orderBy=eventTime&orderDirection=ASC", IN_ORDER),
    ("orderBy=eventTime", IN_ORDER[::-1]),
    ("orderBy=recordTime&orderDirection=DESC", AS_CAPTURED[::-1]),
    ("orderBy=eventTime&eventCountLimit=2", ["e1", "elsewhere"]),
    ("maxEventCount=7", AS_CAPTURED),
]


def parsed(text: str) -> list[tuple[str, str]]:
    return [(name, value) for part in text.split("&") if part for name, _, value in [part.partition("=")]]


@pytest.mark.parametrize(("text", "expected"), QUERIES)
def test_a_query_finds_what_the_standard_says(gateway: Gateway, text: str, expected: list[str]) -> None:
    found = asked(gateway, *parsed(text))
    assert (names(found), found.next) == (expected, None)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "orderBy=eventTime",
        "orderBy=eventTime&eventCountLimit=5",
        f"MATCH_anyEPC={A}|{B}",
        "EQ_eventID=urn:x:left",
    ],
)
def test_pages_come_to_the_whole_whatever_their_size(gateway: Gateway, text: str, size: int) -> None:
    whole = names(asked(gateway, *parsed(text), ("perPage", "100")))
    seen: list[str] = []
    token: tuple[tuple[str, str], ...] = ()
    while True:
        found = asked(gateway, *parsed(text), ("perPage", str(size)), *token)
        assert len(found.events) <= size
        seen += names(found)
        if found.next is None:
            break
        token = (("nextPageToken", found.next),)
    assert seen == whole


def test_what_is_captured_meanwhile_moves_no_page() -> None:
    gateway = Gateway()
    for name in ("a-collected", "left", "packed"):
        gateway.capture(wrapped(EVENTS[name]))
        gateway.now = Instant(gateway.now + MINUTE)
    order = ("orderBy", "eventTime"), ("perPage", "2")
    first = asked(gateway, *order)
    gateway.capture(wrapped(EVENTS["elsewhere"], event(bizStep="holding", epcList=[B], **at(0))))
    second = asked(gateway, *order, ("nextPageToken", str(first.next)))
    steps = [each["bizStep"] for each in (*first.events, *second.events)]
    assert steps == ["departing", "packing", "collecting", "holding"]


def test_a_page_ends_after_so_many_events_though_it_found_none(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_STEP", 2)
    monkeypatch.setattr(asking, "_LOOKS", 2)
    found = asked(gateway, ("EQ_bizStep", "commissioning"))
    assert (found.events, found.next is None) == ([], False)
    tokens = 0
    while found.next is not None:
        tokens += 1
        found = asked(gateway, ("EQ_bizStep", "commissioning"), ("nextPageToken", found.next))
        if found.events:
            assert names(found) == ["refilled"]
    assert tokens >= 3


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("EQ_colour=blue", "EQ_colour"),
        ("EQ_action=LOOK", "EQ_action"),
        ("eventType=ObjectEvnt", "eventType"),
        ("GE_errorDeclarationTime=2026-11-22T11:00:00Z|2026-11-22T12:00:00Z", "GE_errorDeclarationTime"),
        ("EQ_example:myField=1", "EQ_example:myField"),
        ("GE_eventTime=yesterday", "GE_eventTime"),
        ("GE_eventTime=2026-11-22T05:00:00", "GE_eventTime"),
        ("orderBy=colour", "orderBy"),
        ("orderBy=eventTime&orderDirection=UP", "orderDirection"),
        ("eventCountLimit=3", "eventCountLimit"),
        ("orderBy=eventTime&eventCountLimit=3&maxEventCount=3", "eventCountLimit"),
        ("perPage=0", "perPage"),
        ("perPage=-1", "perPage"),
        ("perPage=ten", "perPage"),
        ("EXISTS_errorDeclaration=maybe", "EXISTS_errorDeclaration"),
        ("MATCH_epc=urn:epc:idpat:sgtin:4012345.*.*", "MATCH_epc"),
        (f"MATCH_epc={LOT}", "MATCH_epc"),
        ("nextPageToken=%%%", "nextPageToken"),
        ("nextPageToken=WzEsIDJd", "nextPageToken"),
        ("nextPageToken=W1tdLCAxXQ", "nextPageToken"),
        ("nextPageToken=W1sxLCB0cnVlXSwgMV0", "nextPageToken"),
        ("nextPageToken=W1sxLCAyXSwgMWU5OV0", "nextPageToken"),
        ("nextPageToken=W1sxLCAyXSwgOTIyMzM3MjAzNjg1NDc3NTgwN10", "nextPageToken"),
        ("nextPageToken=" + "W1sx" * 200, "nextPageToken"),
        ("orderBy=eventTime&nextPageToken=W1sxLCAiYSBiIiwgImMiXSwgMV0", "nextPageToken"),
        ("orderBy=eventTime&nextPageToken=W1sxLCAyXSwgMV0", "nextPageToken"),
        ("EQ_bizStep=" + "|".join(["packing"] * 51), "EQ_bizStep"),
        ("perPage=1&perPage=2", "perPage"),
    ],
)
def test_a_parameter_that_is_not_understood_is_refused_by_name(
    gateway: Gateway, text: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(gateway, *parsed(text))
    problem = refused.value.problems[0].document()
    assert (problem["type"], problem["status"]) == ("epcisException:QueryParameterException", 400)
    assert problem["field"] == field


NAMES = [
    *(
        "eventType",
        "EQ_action",
        "EQ_bizStep",
        "EQ_readPoint",
        "WD_bizLocation",
        "MATCH_epc",
        "MATCH_anyEPCClass",
    ),
    *(
        "GE_eventTime",
        "LT_recordTime",
        "EQ_eventID",
        "EXISTS_errorDeclaration",
        "EQ_bizTransaction_po",
        "orderBy",
    ),
    *(
        "orderDirection",
        "perPage",
        "nextPageToken",
        "eventCountLimit",
        "maxEventCount",
        "GE_errorDeclarationTime",
    ),
]
WORDS = [
    "",
    "x",
    "1",
    "true",
    "ASC",
    "eventTime",
    "recordTime",
    A,
    SSCC,
    "urn:x:1",
    "|",
    "0001-01-01T00:00:00Z",
    "W1sxXSwgMV0",
]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), st.sampled_from(WORDS) | st.text(max_size=9)),
        max_size=4,
    )
)
def test_whatever_the_parameters_there_is_a_page_or_a_reason(
    gateway: Gateway, parameters: list[tuple[str, str]]
) -> None:
    problems: Sequence[Problem] = []
    try:
        found = len(asked(gateway, *parameters).events)
    except Invalid as refused:
        found, problems = 0, refused.problems
    assert found <= 7
    assert [problem.kind.value[:10] for problem in problems] == ["epcisExcep"] * len(problems)


def test_more_events_than_the_query_allows_are_refused(gateway: Gateway) -> None:
    with pytest.raises(Invalid) as refused:
        asked(gateway, ("maxEventCount", "6"))
    problem = refused.value.problems[0].document()
    assert (problem["type"], problem["status"]) == ("epcisException:QueryTooLargeException", 413)


def test_one_event_is_found_by_its_id_as_it_is_now(gateway: Gateway) -> None:
    with gateway.state.reader() as reader:
        found = asking.event(reader, gateway.network, "urn:x:mistake")
        assert asking.event(reader, gateway.network, "urn:x:nothing") is None
    assert found is not None
    assert found["errorDeclaration"] == DECLARED
    assert found["recordTime"] == "2026-11-22T16:00:00Z"


def test_the_answer_to_a_query_is_a_document_by_the_same_schema(gateway: Gateway) -> None:
    answer = query_document(asked(gateway).events, gateway.now)
    document = read(json.dumps(answer).encode())
    assert (envelope_problems(document), len(document.events)) == ([], 7)
