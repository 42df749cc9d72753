"""Documents a little off: whatever a value in them becomes, it is captured or refused, and told validly if captured."""

import json
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.epcis.documents import read
from gateway.epcis.problems import Invalid
from gateway.epcis.validation import event_problems
from gateway.service.epcis.desk import Behaviour
from tests.epcis.gateways import ERP, Gateway

_ACCEPTED = sorted((Path(__file__).with_name("examples") / "accepted").glob("*.json"))
DOCUMENTS = [json.loads(file.read_text()) for file in _ACCEPTED]
VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        1.5,
        2**62,
        10**30,
        "",
        " ",
        "x",
        "ä\U0001f4a5",
        [],
        {},
        [[]],
        {"a": {}},
        "<img src=x>",
    ),
    *(
        "urn:x:1",
        "https://id.gs1.org/01/04012345111118",
        "https://id.gs1.org/00/106141412345678908",
        "geo:91,181",
    ),
    *("geo:51.4,12.2", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-22T10:00:00+14:00", "+14:00"),
    *("urn:returns-gateway:id:", "urn:returns-gateway:id:%00", "urn:returns-gateway:id:%FF", "a" * 600),
    *(
        "urn:returns-gateway:site:%2F",
        "urn:returns-gateway:event:a:b",
        "urn:epc:id:sgln:..",
        "(01)04012345111118",
    ),
    *(
        "packing",
        "unpacking",
        "DELETE",
        "urn:epc:idpat:sgtin:*.*.*",
        "ni:///sha-256;?ver=CBV2.0",
        {"id": "x"},
    ),
]
PATHS = [
    *(
        "errorDeclaration",
        "parentID",
        "eventID",
        "disposition",
        "returns:geo",
        "returns:asContainer",
        "@context",
    ),
    *("bizStep", "sensorElementList", "quantityList", "childEPCs", "epcList", "readPoint", "type"),
]


def mutated(rng: Random) -> Any:
    """A document with one to three values put in another's place, or beside."""
    document = deepcopy(rng.choice(DOCUMENTS))
    for _ in range(rng.choice((1, 1, 2, 3))):
        at: Any = document
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = rng.choice(keys)
            if rng.random() < 0.1 and isinstance(at, dict):
                key = rng.choice(PATHS)
            inner = at[key] if not isinstance(at, dict) or key in at else None
            if not isinstance(inner, dict | list) or rng.random() < 0.15:
                at[key] = deepcopy(rng.choice(VALUES))
                break
            at = inner
    return document


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_a_document_a_little_off_trips_nothing(seed: int) -> None:
    rng, gateway = Random(seed), Gateway()
    for _ in range(10):
        try:
            job = gateway.capture(mutated(rng), ERP, Behaviour.PROCEED)
        except Invalid as refused:
            job = {"running": False, "errors": [problem.document() for problem in refused.problems]}
        assert not job["running"]
        assert not [error for error in job["errors"] if "failed on it" in error["detail"]]
    told = read(json.dumps(gateway.exported()).encode())
    assert [problem for placed in told.events for problem in event_problems(placed, alone=False)] == []
