"""What an EPCIS event says to the gateway: which scans and positions, of what, where; or why it moves nothing."""

from hashlib import sha256
from typing import Any

import pytest

from gateway.epcis.places import Places
from gateway.epcis.problems import Invalid
from gateway.epcis.reading import Entry, Sender, entry
from gateway.epcis.words import bare
from tests.epcis.gateways import NETWORK, event

SGTIN = "https://id.gs1.org/01/04012345111118/21/9876"
SSCC = "https://id.gs1.org/00/106141412345678908"
GRAI = "https://id.gs1.org/8003/04012345555554987"
GIAI = "https://id.gs1.org/8004/400000112345"
ERP = Sender("erp")
ELSEWHERE = {"id": "urn:epc:id:sgln:0614141.07346.1234"}


def said(found: dict[str, Any], sender: Sender = ERP) -> Entry:
    return entry(bare(found), str(found.get("eventID", "urn:uuid:1")), sender, Places(NETWORK.sites))


def scans(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The payloads, without what all have."""
    payloads = [dict(each.payload) for each in said(found).messages]
    for payload in payloads:
        assert payload.pop("at") == found["eventTime"]
        payload.pop("id")
    return payloads


def aggregation(action: str, **fields: Any) -> dict[str, Any]:
    return event(
        "AggregationEvent",
        action=action,
        parentID="urn:epc:id:sscc:0614141.1234567890",
        childEPCs=["urn:epc:id:sgtin:4012345.011111.9876"],
        **fields,
    )


IN_BERLIN = {"site": "CP-BER"}
CASES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "an object observed is a scan of it": (
        event(bizStep="departing", disposition="in_transit"),
        [{"step": "departing", "items": [SGTIN], "disposition": "in_transit", **IN_BERLIN}],
    ),
    "terms may be URNs": (
        event(bizStep="urn:epcglobal:cbv:bizstep:departing", disposition="urn:epcglobal:cbv:disp:returned"),
        [{"step": "departing", "items": [SGTIN], "disposition": "returned", **IN_BERLIN}],
    ),
    "terms may be web URIs": (
        event(bizStep="https://ref.gs1.org/cbv/BizStep-departing", disposition="cbv:Disp-returned"),
        [{"step": "departing", "items": [SGTIN], "disposition": "returned", **IN_BERLIN}],
    ),
    "terms of their own are another step, and no disposition": (
        event(bizStep="https://example.com/steps/dusting", disposition="https://example.com/dusty"),
        [{"step": "other", "items": [SGTIN], **IN_BERLIN}],
    ),
    "without step an object added was commissioned": (
        event(action="ADD"),
        [{"step": "commissioning", "items": [SGTIN], **IN_BERLIN}],
    ),
    "without step an object deleted was decommissioned": (
        event(action="DELETE"),
        [{"step": "decommissioning", "items": [SGTIN], **IN_BERLIN}],
    ),
    "what is added to a parent is packed": (
        aggregation("ADD"),
        [{"step": "packing", "items": [SGTIN], "container": SSCC, **IN_BERLIN}],
    ),
    "what is added for another step is packed, and that step is made": (
        aggregation("ADD", bizStep="loading"),
        [
            {"step": "packing", "items": [SGTIN], "container": SSCC, **IN_BERLIN},
            {"step": "loading", "items": [SGTIN], "container": SSCC, **IN_BERLIN},
        ],
    ),
    "what is deleted from a parent is unpacked": (
        aggregation("DELETE", bizStep="unpacking"),
        [{"step": "unpacking", "items": [SGTIN], "container": SSCC, **IN_BERLIN}],
    ),
    "children deleted without a name are all of them": (
        {**aggregation("DELETE"), "childEPCs": []},
        [{"step": "unpacking", "container": SSCC, **IN_BERLIN}],
    ),
    "quantities deleted do not empty the parent": (
        {
            **aggregation("DELETE", bizStep="unpacking"),
            "childEPCs": [],
            "childQuantityList": [{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 1}],
        },
        [{"step": "other", "container": SSCC, **IN_BERLIN}],
    ),
    "children observed are seen with their parent": (
        aggregation("OBSERVE", bizStep="receiving"),
        [{"step": "receiving", "items": [SGTIN], "container": SSCC, **IN_BERLIN}],
    ),
    "a transaction is a scan of what it is about": (
        event(
            "TransactionEvent",
            action="ADD",
            bizStep="accepting",
            epcList=["urn:epc:id:sgtin:4012345.011111.9876"],
            parentID="urn:epc:id:sscc:0614141.1234567890",
        ),
        [{"step": "accepting", "items": [SGTIN], "container": SSCC, **IN_BERLIN}],
    ),
    "a parent that a transaction names alone is not emptied by it": (
        event(
            "TransactionEvent",
            bizStep="unpacking",
            epcList=[],
            parentID="urn:epc:id:sscc:0614141.1234567890",
        ),
        [{"step": "other", "container": SSCC, **IN_BERLIN}],
    ),
    "a transformation is a scan of what went in and came out": (
        event(
            "TransformationEvent",
            inputEPCList=["urn:epc:id:sgtin:4012345.011111.9876"],
            outputEPCList=["https://id.gs1.org/00/106141412345678908"],
        ),
        [{"step": "commissioning", "items": [SGTIN, SSCC], **IN_BERLIN}],
    ),
    "what is fitted is not packed": (
        event(
            "AssociationEvent",
            action="ADD",
            parentID="urn:epc:id:grai:4012345.55555.987",
            childEPCs=["urn:epc:id:giai:4000001.12345"],
        ),
        [{"step": "installing", "items": [GIAI, GRAI], **IN_BERLIN}],
    ),
    "what is fitted to a place is seen by itself": (
        event(
            "AssociationEvent",
            action="DELETE",
            parentID="urn:epc:id:sgln:4012345.00001.0",
            childEPCs=["urn:epc:id:giai:4000001.12345"],
        ),
        [{"step": "removing", "items": [GIAI], **IN_BERLIN}],
    ),
    "a business location serves where the read point is not ours": (
        event(readPoint=ELSEWHERE, bizLocation={"id": "https://id.gs1.org/414/4012345000054/254/dock-3"}),
        [{"step": "other", "items": [SGTIN], "site": "HUB-LEJ"}],
    ),
    "a site without GLN has a URI of ours": (
        event(readPoint={"id": "urn:returns-gateway:site:REFILL-1"}),
        [{"step": "other", "items": [SGTIN], "site": "REFILL-1"}],
    ),
    "coordinates go with a scan that has a site": (
        event(
            readPoint={"id": "geo:51.42,12.24"},
            bizLocation={"id": "urn:epc:id:sgln:4012345.00005.0"},
            bizStep="loading",
        ),
        [{"step": "loading", "items": [SGTIN], "site": "HUB-LEJ", "lat": 51.42, "lon": 12.24}],
    ),
    "articles without GS1 key have URIs of ours": (
        event(epcList=["urn:returns-gateway:id:SN%201%2F2"]),
        [{"step": "other", "items": ["SN 1/2"], **IN_BERLIN}],
    ),
    "an article named twice counts once": (
        event(epcList=["urn:epc:id:sgtin:4012345.011111.9876", SGTIN]),
        [{"step": "other", "items": [SGTIN], **IN_BERLIN}],
    ),
    "our own fields come back": (
        event(**{"returns:operator": "u-7", "returns:note": "torn", "returns:geo": "geo:1,2"}),
        [
            {
                "step": "other",
                "items": [SGTIN],
                **IN_BERLIN,
                "operator": "u-7",
                "note": "torn",
                "lat": 1.0,
                "lon": 2.0,
            }
        ],
    ),
    "fields that only look like ours are passed over": (
        event(**{"returns:operator": 7, "returns:note": "a\nb", "returns:geo": "geo:91,0"}),
        [{"step": "other", "items": [SGTIN], **IN_BERLIN}],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_type_of_event_says_what_a_scan_would(case: str) -> None:
    given, expected = CASES[case]
    assert scans(given) == expected


def test_where_one_thing_is_by_coordinates_is_a_position_with_its_sensors() -> None:
    reports = [
        {"type": "Temperature", "value": 299.15, "uom": "KEL"},
        {"type": "gs1:Speed", "value": 10, "uom": "MTS"},
        {"type": "https://gs1.org/voc/RelativeHumidity", "value": 40, "uom": "P1"},
        {"type": "Acceleration", "value": 9.80665, "uom": "MSK"},
        {"type": "Angle", "value": 5, "uom": "DD", "component": "latitude"},
        {"type": "Temperature", "value": 99, "uom": "CEL", "time": "2026-11-22T11:00:00+01:00"},
        {"type": "Illuminance", "meanValue": 99, "uom": "LUX"},
    ]
    given = event(
        epcList=["urn:epc:id:grai:4012345.55555.987"],
        readPoint={"id": "geo:51.42,12.24,113.5;crs=wgs84;u=12"},
        sensorElementList=[{"sensorReport": reports}],
        **{"returns:batteryPct": 55, "returns:door": "open", "returns:headingDeg": 400},
    )
    (position,) = said(given).messages
    assert (position.channel.what, position.channel.id) == ("position", "erp")
    assert position.payload == {
        "id": "urn:uuid:1",
        "at": given["eventTime"],
        "container": GRAI,
        "lat": 51.42,
        "lon": 12.24,
        "altitude_m": 113.5,
        "accuracy_m": 12.0,
        "temperature_c": 26.0,
        "speed_kmh": 36.0,
        "humidity_pct": 40.0,
        "shock_g": 1.0,
        "battery_pct": 55,
        "door": "open",
    }


def test_what_sensors_say_of_a_container_at_a_site_is_watched_and_puts_it_in_no_fence() -> None:
    given = event(
        epcList=["urn:epc:id:grai:4012345.55555.987"],
        bizStep="inspecting",
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 45, "uom": "CEL"}]}],
    )
    scan, position = said(given).messages
    assert (scan.channel.what, scan.payload["step"]) == ("scan", "inspecting")
    assert position.channel.what == "position"
    assert position.payload == {
        "id": "urn:uuid:1:sensors",
        "at": given["eventTime"],
        "container": GRAI,
        "lat": 52.52,
        "lon": 13.41,
        "accuracy_m": 100_000.0,
        "temperature_c": 45,
    }


def test_what_a_payload_may_not_say_is_not_made_of_an_event() -> None:
    speed = [{"sensorReport": [{"type": "Speed", "value": -1, "uom": "KMH"}]}]
    time = f"2026-11-22T10:00:00.{'0' * 60}+01:00"
    given = event(epcList=["urn:epc:id:grai:4012345.55555.987"], eventTime=time, sensorElementList=speed)
    (scan,) = said(given).messages
    assert scan.payload["at"] == "2026-11-22T09:00:00Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 45, "uom": "CEL"}]}]},
        {"readPoint": {"id": "geo:51.42,12.24"}, "bizLocation": {"id": "urn:epc:id:sgln:4012345.00005.0"}},
    ],
)
def test_a_return_does_not_become_a_container_for_its_sensors_or_coordinates(fields: dict[str, Any]) -> None:
    (message,) = said(event(**fields)).messages
    assert (message.channel.what, message.payload["items"]) == ("scan", [SGTIN])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            event(epcList=[], quantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1"}]),
            "kinds of article",
        ),
        (event(readPoint=ELSEWHERE), "no read point"),
        ({**event(), "readPoint": {"id": "geo:51.42,12.24"}, "bizStep": "loading"}, "no read point"),
        ({**event(), "type": "example:PaintedEvent"}, "somebody's own"),
    ],
)
def test_what_names_no_article_or_no_place_of_ours_moves_nothing_and_says_why(
    given: dict[str, Any], why: str
) -> None:
    found = said(given)
    assert found.messages == ()
    assert why in str(found.why)


def test_what_moves_nothing_is_found_by_all_that_it_names() -> None:
    given = event(
        readPoint=ELSEWHERE,
        quantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1"}],
        bizTransactionList=[{"type": "rma", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000016:RMA-1"}],
    )
    assert set(said(given).mentions) == {
        SGTIN,
        "class https://id.gs1.org/01/04012345123456/10/L1",
        "transaction urn:epcglobal:cbv:bt:4012345000016:RMA-1",
    }


def test_a_declared_error_takes_back_the_event_of_its_id() -> None:
    declared = {"declarationTime": "2026-11-22T11:00:00+01:00", "reason": "did_not_occur"}
    found = said(event(eventID="urn:uuid:404d95fc", errorDeclaration=declared))
    (scan,) = found.messages
    assert scan.payload == {
        "id": "void:urn:uuid:404d95fc",
        "at": "2026-11-22T11:00:00+01:00",
        "voids": ["urn:uuid:404d95fc"],
    }


@pytest.mark.parametrize(
    ("uri", "id_"),
    [
        ("urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8", "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"),
        ("ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0", "ab" * 32),
        ("https://example.com/events/1", sha256(b"https://example.com/events/1").hexdigest()),
    ],
)
def test_an_event_id_that_does_not_fit_is_mapped_always_the_same(uri: str, id_: str) -> None:
    name = said(event(eventID=uri)).name
    assert name == ("erp", id_)
    assert name == said(event(eventID=uri, bizStep="loading")).name


def test_only_one_who_restores_speaks_for_other_devices() -> None:
    given = event(eventID="urn:returns-gateway:event:scan-ber-1:e%3A1")
    assert said(given, Sender("erp", restoring=True)).name == ("scan-ber-1", "e:1")
    stranger = said(given).name
    assert stranger.device == "erp"
    assert stranger.id not in {"e:1", "e%3A1"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (
            {"epcList": ["urn:epc:id:sgtin:4012345.011111.1", "urn:epc:class:lgtin:4012345.012345.L1"]},
            "epcList.1",
        ),
        ({"epcList": ["https://id.gs1.org/01/04012345111119/21/1"]}, "epcList.0"),
        ({"epcList": [f"urn:epc:id:sgtin:4012345.011111.{number}" for number in range(501)]}, "where"),
    ],
)
def test_an_epc_that_is_none_is_refused_with_its_place(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        entry(event(**fields), "urn:uuid:1", ERP, Places(NETWORK.sites), "where")
    (problem,) = refused.value.problems
    assert str(problem.field).endswith(field)
