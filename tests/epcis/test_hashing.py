"""The event hash id, by the three worked examples that are published with CBV 2.0, section 8.9, and by its rules."""

from typing import Any

import pytest

from gateway.epcis.hashing import event_hash, prehash
from gateway.epcis.words import bare

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]
FIRST: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2020-03-04T11:00:30.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "recordTime": "2020-03-04T11:00:30.999+01:00",
    "epcList": [
        "urn:epc:id:sscc:4012345.0000000333",
        "urn:epc:id:sscc:4012345.0000000111",
        "urn:epc:id:sscc:4012345.0000000222",
    ],
    "action": "OBSERVE",
    "bizStep": "departing",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.987"},
    "example:myField1": {"example:mySubField1": "2", "example:mySubField2": "5"},
    "example:myField2": "0",
    "example:myField3": {"example:mySubField3": ["3", "1"]},
}
SECOND: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2020-04-01T15:00:00+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
    "action": "OBSERVE",
    "bizStep": "inspecting",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    "sensorElementList": [
        {
            "sensorMetadata": {
                "deviceID": "urn:epc:id:giai:4000001.111",
                "deviceMetadata": "https://id.gs1.org/8004/4000001111",
            },
            "sensorReport": [
                {"type": "Temperature", "value": 26.0, "sDev": 0.1, "uom": "CEL"},
                {"type": "AbsoluteHumidity", "value": 12.1, "uom": "A93"},
                {
                    "type": "Dimensionless",
                    "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
                    "value": 0.05,
                    "uom": "C35",
                },
                {
                    "type": "Dimensionless",
                    "chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
                    "value": 0.18,
                    "uom": "C35",
                },
            ],
        }
    ],
}
THIRD: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2020-03-04T11:00:30.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:0614141.011111.987"],
    "action": "OBSERVE",
    "bizStep": "urn:epcglobal:cbv:bizstep:departing",
    "disposition": "urn:epcglobal:cbv:disp:in_transit",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.0", "example:myField1": "AB-12"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epc:id:gdti:4012345.11111.123"}],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
    "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00000"}],
    "example:userExt": "CD-34",
}


@pytest.mark.parametrize(
    ("event", "digest"),
    [
        (FIRST, "6ae96341e0acc6d7a261364751f60e68278a81cdf51da0abb6b4e617014e39d7"),
        (SECOND, "49b13037c36e84ad9307c531671b00e901318c3957e4b1151f816ec49eb668da"),
        (THIRD, "a13cbe6c8bb6df3710b3edaeff760a1365ec8fd69ca1f4d7e0c10eb5189a883a"),
    ],
)
def test_the_published_examples_have_their_published_hashes(event: dict[str, Any], digest: str) -> None:
    assert event_hash(bare(event), CONTEXT) == f"ni:///sha-256;{digest}?ver=CBV2.0"


SAME: list[dict[str, Any]] = [
    {"eventID": "urn:uuid:1", "recordTime": "2026-01-01T00:00:00Z"},
    {"errorDeclaration": {"declarationTime": "2026-01-01T00:00:00Z"}},
    {"eventTime": "2020-03-04T10:00:30Z"},
    {"eventTime": "2020-03-04T05:00:30.0001-05:00"},
    {"epcList": FIRST["epcList"][::-1]},
    {"epcList": [f"https://example.com/00/04012345000000{end}" for end in ("1112", "2225?a=b", "3338")]},
    {"example:myField2": 0.0},
    {"rdfs:comment": "said twice"},
]


@pytest.mark.parametrize("fields", SAME)
def test_another_spelling_of_the_same_event_has_the_same_hash(fields: dict[str, Any]) -> None:
    assert event_hash({**FIRST, **fields}, CONTEXT) == event_hash(FIRST, CONTEXT)


OTHER: list[dict[str, Any]] = [
    {"eventTime": "2020-03-04T10:00:30.001Z"},
    {"eventTimeZoneOffset": "+02:00"},
    {"epcList": FIRST["epcList"][:2]},
    {"bizStep": "arriving"},
    {"readPoint": {"id": "urn:epc:id:sgln:4012345.00011.0"}},
    {"disposition": "damaged"},
    {"example:myField2": "00.1"},
    {"bizLocation": {"id": "urn:epc:id:sgln:4012345.00011.0"}},
    {"persistentDisposition": {"set": ["damaged"]}},
    {"ilmd": {"example:lot": "1"}},
    {"quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 1}]},
    {"bizTransactionList": [{"bizTransaction": "urn:x:1"}]},
]


@pytest.mark.parametrize("fields", OTHER)
def test_an_event_that_says_anything_else_has_another_hash(fields: dict[str, Any]) -> None:
    assert event_hash({**FIRST, **fields}, CONTEXT) != event_hash(FIRST, CONTEXT)


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        ("urn:epc:class:lgtin:4012345.012345.Lot/987", "https://id.gs1.org/01/04012345123456/10/Lot%2F987"),
        ("urn:epc:idpat:sgtin:4012345.098765.*", "https://id.gs1.org/01/04012345987652"),
        ("urn:epc:idpat:grai:4012345.55555.*", "https://id.gs1.org/8003/04012345555554"),
        ("https://shop.example/gtin/09780345418913?x=1", "https://id.gs1.org/01/09780345418913"),
        ("https://shop.example/01/9780345418913/10/A%2FB", "https://id.gs1.org/01/09780345418913/10/A%2FB"),
        ("urn:epc:idpat:sgtin:4012345.*.*", "urn:epc:idpat:sgtin:4012345.*.*"),
        ("https://example.com/classes/blue", "https://example.com/classes/blue"),
    ],
)
def test_kinds_of_article_are_hashed_as_canonical_links(uri: str, canonical: str) -> None:
    event = {**SECOND, "quantityList": [{"epcClass": uri, "quantity": 10.50, "uom": "KGM"}]}
    told = f"quantityListquantityElementepcClass={canonical}quantity=10.5uom=KGM"
    assert told in prehash(event, CONTEXT)


def test_what_a_prefix_stands_for_counts_and_not_the_prefix() -> None:
    other = {name.replace("example:", "ex:"): value for name, value in THIRD.items()}
    other["readPoint"] = {"id": THIRD["readPoint"]["id"], "ex:myField1": "AB-12"}
    context = [CONTEXT[0], {"ex": "https://ns.example.com/epcis/"}]
    assert event_hash(bare(other), context) == event_hash(bare(THIRD), CONTEXT)
