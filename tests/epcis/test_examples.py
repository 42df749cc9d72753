"""Documents of every kind that the standard knows are taken or refused as it says, with the field at fault named."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.epcis.documents import read
from gateway.epcis.problems import Invalid
from gateway.epcis.validation import envelope_problems, event_problems
from tests.epcis.gateways import ERP, Gateway, event, wrapped

_EXAMPLES = Path(__file__).with_name("examples")
_LIST = "epcisBody.eventList.0"
ACCEPTED = sorted((_EXAMPLES / "accepted").glob("*.json"))
REFUSED = {
    "unknown-step": f"{_LIST}.bizStep",
    "time-without-offset": f"{_LIST}.eventTime",
    "no-time-zone": f"{_LIST}.eventTimeZoneOffset",
    "no-action": f"{_LIST}.action",
    "wrong-action": f"{_LIST}.action",
    "names-nothing": _LIST,
    "no-uri": f"{_LIST}.epcList.0",
    "kind-of-article": f"{_LIST}.epcList.0",
    "wrong-check-digit": f"{_LIST}.epcList.0",
    "field-without-prefix": f"{_LIST}.myField",
    "ilmd-of-what-is-observed": _LIST,
    "read-point-without-id": f"{_LIST}.readPoint.id",
    "unknown-type": f"{_LIST}.type",
    "error-without-time": f"{_LIST}.errorDeclaration.declarationTime",
    "transaction-without-transactions": f"{_LIST}.bizTransactionList",
    "aggregation-of-nothing": _LIST,
    "transformation-of-nothing": _LIST,
    "no-context": "@context",
    "no-body": "epcisBody",
    "event-alone-without-context": "@context",
}


@pytest.mark.parametrize("file", ACCEPTED, ids=lambda file: file.stem)
def test_what_the_standard_allows_is_captured_and_told_again_as_it_came(file: Path) -> None:
    gateway = Gateway()
    job = gateway.capture(file.read_bytes())
    assert (job["success"], job["errors"], job["running"]) == (True, [], False)
    document = read(file.read_bytes())
    told = gateway.exported()["epcisBody"]["eventList"]
    assert len(told) == len(document.events) == job["events"]
    for said, placed in zip(told, document.events, strict=True):
        assert _told_as(said, dict(placed.event))


def _told_as(event: dict[str, Any], came: dict[str, Any]) -> bool:
    """Whether it says the same, its CBV terms aside, which it has by their short names."""
    added = {"eventID", "recordTime", "returns:device", "@context", "disposition", "persistentDisposition"}
    added |= {"bizStep", "bizTransactionList", "errorDeclaration"}
    return {**event, **dict.fromkeys(added)} == {**came, **dict.fromkeys(added)}


def test_what_is_told_of_them_all_is_valid_by_the_same_schema() -> None:
    gateway = Gateway()
    for file in ACCEPTED:
        gateway.capture(file.read_bytes())
    document = read(json.dumps(gateway.exported()).encode())
    assert envelope_problems(document) == []
    assert [problem for placed in document.events for problem in event_problems(placed, alone=False)] == []


@pytest.mark.parametrize(("name", "field"), REFUSED.items())
def test_what_it_does_not_allow_is_refused_whole_with_the_field_named(name: str, field: str) -> None:
    gateway = Gateway()
    body = (_EXAMPLES / "refused" / f"{name}.json").read_bytes()
    with pytest.raises(Invalid) as refused:
        gateway.desk.accept(body, ERP)
    first = refused.value.problems[0].document()
    assert (first["field"], first["status"]) == (field, 400)
    assert field.rpartition(".")[2] in first["detail"]
    assert gateway.desk.work() == 0


def test_a_document_may_say_that_it_has_no_name() -> None:
    assert Gateway().capture({"id": "_:document1", **wrapped(event())})["success"] is True


def test_every_document_that_is_to_be_refused_is_in_the_table() -> None:
    assert {file.stem for file in (_EXAMPLES / "refused").glob("*.json")} == set(REFUSED)
