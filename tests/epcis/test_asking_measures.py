"""Queries about quantities, what sensors said and kinds of article; and what of the standard's cannot be asked for."""

from typing import Any

import pytest

from gateway.epcis.problems import Invalid
from gateway.epcis.querying import query
from gateway.service.epcis.asking import page
from tests.epcis.gateways import Gateway, event, wrapped

ONE, TWO = "urn:epc:id:sgtin:4012345.011111.1", "urn:epc:id:sgtin:4012345.022222.1"
RACK, OTHER_RACK = "urn:epc:id:grai:4012345.55555.987", "urn:epc:id:grai:4012345.55556.987"
KIND = "urn:epc:idpat:sgtin:4012345.011111.*"
PART, LONGER_PART = "urn:epc:id:cpi:4012345.AB.1", "urn:epc:id:cpi:4012345.ABC.1"
EVENTS: dict[str, dict[str, Any]] = {
    "counted": {"epcList": [ONE], "quantityList": [{"epcClass": KIND, "quantity": 20}]},
    "weighed": {
        "epcList": [TWO],
        "quantityList": [{"epcClass": "urn:x:salt", "quantity": 0.5, "uom": "KGM"}],
    },
    "some": {"epcList": [RACK, PART], "quantityList": [{"epcClass": "urn:x:salt"}]},
    "warm": {
        "epcList": [OTHER_RACK],
        "sensorElementList": [
            {
                "sensorMetadata": {
                    "startTime": "2026-11-22T08:00:00Z",
                    "endTime": "2026-11-22T09:00:00Z",
                    "deviceID": "urn:epc:id:giai:4000001.111",
                    "bizRules": "https://example.com/rules/1",
                },
                "sensorReport": [
                    {"type": "Temperature", "value": 26.0, "uom": "CEL", "percRank": 90},
                    {"type": "gs1:Illuminance", "booleanValue": True, "stringValue": "bright"},
                ],
            }
        ],
    },
    "dark": {
        "epcList": [LONGER_PART],
        "sensorElementList": [
            {
                "sensorReport": [
                    {
                        "type": "Illuminance",
                        "time": "2026-11-22T07:00:00Z",
                        "booleanValue": False,
                        "hexBinaryValue": "f0f0",
                        "uriValue": "urn:x:dark",
                        "deviceID": "urn:x:lux",
                    }
                ]
            }
        ],
    },
}


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    found = Gateway()
    captured = [event(eventID=f"urn:x:{name}", **fields) for name, fields in EVENTS.items()]
    assert found.capture(wrapped(*captured))["errors"] == []
    return found


def asked(gateway: Gateway, text: str) -> list[str]:
    name, _, value = text.partition("=")
    with gateway.state.reader() as reader:
        found = page(reader, gateway.network, query([(name, value)]))
    return sorted(str(each["eventID"]).removeprefix("urn:x:") for each in found.events)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EQ_quantity=20", ["counted"]),
        ("EQ_quantity=20|0.5", ["counted", "weighed"]),
        ("EQ_quantity=-20", []),
        ("GT_quantity=0.5", ["counted"]),
        ("GE_quantity=0.5", ["counted", "weighed"]),
        ("LT_quantity=20", ["weighed"]),
        ("LE_quantity=20.0", ["counted", "weighed"]),
        ("GE_percRank=90", ["warm"]),
        ("LT_percRank=90", []),
        ("EXISTS_sensorElementList=true", ["dark", "warm"]),
        ("EQ_type=Temperature", ["warm"]),
        ("EQ_type=https://gs1.org/voc/Illuminance", ["dark", "warm"]),
        ("EQ_deviceID=https://id.gs1.org/8004/4000001111", ["warm"]),
        ("EQ_deviceID=urn:x:lux|urn:x:none", ["dark"]),
        ("EQ_bizRules=https://example.com/rules/1", ["warm"]),
        ("EQ_stringValue=bright", ["warm"]),
        ("EQ_hexBinaryValue=f0f0", ["dark"]),
        ("EQ_uriValue=urn:x:dark", ["dark"]),
        ("EQ_booleanValue=true", ["warm"]),
        ("EQ_booleanValue=false", ["dark"]),
        ("EQ_microorganism=https://example.com/m", []),
        ("EQ_chemicalSubstance=https://example.com/s", []),
        ("EQ_dataProcessingMethod=https://example.com/d", []),
        ("GE_startTime=2026-11-22T08:00:00Z", ["warm"]),
        ("LT_startTime=2026-11-22T08:00:00Z", []),
        ("LT_endTime=2026-11-22T09:00:01Z", ["warm"]),
        ("GE_time=2026-11-22T07:00:00Z", ["dark"]),
        (f"MATCH_epc={KIND}", ["counted"]),
        (f"MATCH_anyEPC={KIND}|{TWO}", ["counted", "weighed"]),
        ("MATCH_epc=urn:epc:idpat:grai:4012345.55555.*", ["some"]),
        ("MATCH_epc=urn:epc:idpat:cpi:4012345.AB.*", ["some"]),
        ("MATCH_parentID=urn:epc:idpat:grai:4012345.55555.*", []),
        (f"MATCH_epcClass={KIND}", ["counted"]),
        ("MATCH_anyEPCClass=https://id.gs1.org/01/04012345111118", ["counted"]),
        ("MATCH_epcClass=urn:x:salt", ["some", "weighed"]),
    ],
)
def test_a_query_about_measures_finds_what_the_standard_says(
    gateway: Gateway, text: str, expected: list[str]
) -> None:
    assert asked(gateway, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "EQ_quantity=many",
        "EQ_quantity=1e999",
        "EQ_quantity=nan",
        "GT_quantity=1|2",
        "GT_quantity=",
        "EQ_booleanValue=maybe",
        "EQ_booleanValue=",
        "GE_startTime=8 o'clock",
        "GE_time=2026-11-22T07:00:00Z|2026-11-22T08:00:00Z",
        "EXISTS_sensorElementList=2",
        "MATCH_epc=urn:epc:idpat:sgtin:4012345.*.*",
        "MATCH_epcClass=urn:epc:idpat:sgtin:*.*.*",
    ],
)
def test_a_value_that_is_none_is_refused_by_its_parameter(gateway: Gateway, text: str) -> None:
    assert refused(gateway, text) == [("epcisException:QueryParameterException", text.partition("=")[0])]


@pytest.mark.parametrize(
    "text",
    [
        *("GE_value_CEL=20", "LT_minValue_CEL=2", "EQ_quantity_KGM=1", "GT_sDev_CEL=1", "EQ_value_CEL=1"),
        *("EQ_example:myField=1", "GT_example:myField=1", "EXISTS_example:myField=", "HASATTR_example:x=y"),
        *(
            "EQ_ATTR_x_y=1",
            "EQATTR_x_y=1",
            "EQ_INNER_example:x=1",
            "EXISTS_INNER_example:x=",
            "EQ_ILMD_example:x=1",
        ),
        *("EXISTS_ILMD_example:x=", "EQ_INNER_ILMD_example:x=1", "EQ_ERROR_DECLARATION_example:x=1"),
        *(
            "EQ_INNER_ERROR_DECLARATION_example:x=1",
            "EQ_SENSORELEMENT_example:x=1",
            "EQ_readPoint_example:x=1",
        ),
        *("EQ_SENSORMETADATA_example:x=1", "EQ_SENSORREPORT_example:x=1", "EQ_INNER_readPoint_example:x=1"),
        *(
            "EXISTS_bizStep=",
            "NE_bizStep=packing",
            "WD_disposition=x",
            "MATCH_eventID=urn:x:1",
            "EQ_percRank_CEL=1",
        ),
        *(
            "GE_quantity_=1",
            "EQ_epc=urn:x:1",
            "EQ_bizTransaction=urn:x:1",
            "eq_action=ADD",
            "EQ_recordTime=x",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name_and_never_passed_over(
    gateway: Gateway, text: str
) -> None:
    assert refused(gateway, text) == [("epcisException:QueryParameterException", text.partition("=")[0])]


def refused(gateway: Gateway, text: str) -> list[tuple[Any, Any]]:
    with pytest.raises(Invalid) as raised:
        asked(gateway, text)
    documents = [each.document() for each in raised.value.problems]
    assert {each["status"] for each in documents} == {400}
    return [(each["type"], each["field"]) for each in documents]
