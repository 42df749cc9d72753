"""Capture jobs: what is taken in whole or in part, what is told of the rest, and what a crash leaves behind."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.epcis.problems import Invalid
from gateway.epcis.reading import Sender
from gateway.ports.captures import CaptureRow
from gateway.ports.state import Unavailable
from gateway.service.epcis import desk as module
from gateway.service.epcis.desk import Behaviour, job, jobs
from gateway.tracking.instants import DAY, HOUR, Instant
from gateway.tracking.plan import Container, ContainerType, Limits
from tests.epcis.gateways import ERP, NETWORK, Gateway, event, wrapped

SGTIN = "https://id.gs1.org/01/04012345111118/21/9876"
OTHER = "https://id.gs1.org/01/04012345111118/21/9877"
IN_FUTURE = "2026-11-22T13:00:00Z"
LONG_AGO = "2005-04-03T20:33:31.116-06:00"


def other(**fields: Any) -> dict[str, Any]:
    return event(epcList=[OTHER], **fields)


def test_a_document_moves_journeys_as_a_scan_does() -> None:
    gateway = Gateway()
    job_ = gateway.capture(wrapped(event(bizStep="collecting"), other(bizStep="departing")))
    assert {name: job_[name] for name in ("running", "success", "errors", "notes", "events")} == {
        "running": False,
        "success": True,
        "errors": [],
        "notes": [],
        "events": 2,
    }
    assert gateway.scans(SGTIN, OTHER) == [("collecting", "CP-BER", None), ("departing", "CP-BER", None)]
    with gateway.state.reader() as reader:
        statuses = {row.id: row.status for row in reader.journeys(after=None, limit=9)}
    assert statuses == {SGTIN: "unplanned", OTHER: "unplanned"}
    assert len(gateway.committed) == 1


@pytest.mark.parametrize("behaviour", list(Behaviour))
def test_a_document_that_came_twice_changes_nothing(behaviour: Behaviour) -> None:
    gateway = Gateway()
    document = wrapped(event(eventID="urn:uuid:1"), other(), other())
    for _ in range(2):
        assert gateway.capture(document, ERP, behaviour)["success"] is True
    assert gateway.scans(SGTIN, OTHER) == [("other", "CP-BER", None)] * 2


def test_one_event_that_cannot_be_taken_in_takes_back_the_whole_document() -> None:
    gateway = Gateway()
    found = gateway.capture(wrapped(event(), other(eventTime=IN_FUTURE)))
    assert (found["success"], found["running"]) == (False, False)
    (error,) = found["errors"]
    assert (error["status"], error["event"]) == (400, 1)
    assert error["field"] == "epcisBody.eventList.1.eventTime"
    assert "more than 5m after its receipt" in error["detail"]
    assert gateway.scans(SGTIN, OTHER) == []
    with gateway.state.reader() as reader:
        assert reader.list_quarantine(status=None, after=None, limit=9) == []


def test_or_it_stays_out_alone_and_is_kept_for_correction() -> None:
    gateway = Gateway()
    document = wrapped(event(), other(eventTime=IN_FUTURE), other(bizStep="nonsense"))
    found = gateway.capture(document, ERP, Behaviour.PROCEED)
    assert (found["success"], found["running"]) == (False, False)
    assert [(error["event"], error["status"]) for error in found["errors"]] == [(2, 400), (1, 400)]
    assert found["errors"][0]["field"] == "epcisBody.eventList.2.bizStep"
    assert gateway.scans(SGTIN, OTHER) == [("other", "CP-BER", None)]
    with gateway.state.reader() as reader:
        (held,) = reader.list_quarantine(status="held", after=None, limit=9)
    assert held.reason == "future_time"


def test_a_document_with_an_invalid_event_is_refused_at_once_unless_it_may_proceed() -> None:
    gateway = Gateway()
    with pytest.raises(Invalid) as refused:
        gateway.capture(wrapped(event(), event(action="LOOK")))
    (problem,) = refused.value.problems
    assert problem.document() == {
        "type": "epcisException:ValidationException",
        "title": "The document or one of its events is not valid",
        "status": 400,
        "detail": "epcisBody.eventList.1.action is LOOK; it must be one of OBSERVE, ADD or DELETE",
        "field": "epcisBody.eventList.1.action",
        "value": "LOOK",
        "event": 1,
    }


def test_an_id_belongs_to_the_event_that_first_had_it() -> None:
    gateway = Gateway()
    gateway.capture(wrapped(event(eventID="urn:uuid:1")))
    found = gateway.capture(wrapped(other(eventID="urn:uuid:1")))
    (error,) = found["errors"]
    assert (error["status"], error["field"]) == (409, "epcisBody.eventList.0.eventID")
    both = gateway.capture(wrapped(event(eventID="urn:uuid:2"), other(eventID="urn:uuid:2")))
    assert [each["event"] for each in both["errors"]] == [1]
    assert gateway.scans(OTHER) == []


def test_what_was_exported_is_captured_again_by_where_it_came_from() -> None:
    gateway = Gateway()
    gateway.capture(wrapped(event(eventID="urn:uuid:1"), other()))
    gateway.hear([("device/scan-ber-1/scan", json.dumps(SCAN).encode())])
    restoring, before = Sender("guest", restoring=True), gateway.exported()
    assert gateway.capture(before, restoring)["errors"] == []
    assert gateway.exported() == before
    clash = gateway.capture(wrapped(other(eventID="urn:uuid:1", **{"returns:device": "erp"})), restoring)
    assert [error["status"] for error in clash["errors"]] == [409]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"eventTime": LONG_AGO}, "too long ago"),
        ({"readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"}}, "no read point"),
        ({"epcList": [], "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1"}]}, "kinds"),
    ],
)
def test_what_moves_no_journey_is_captured_all_the_same_with_a_note(fields: dict[str, Any], why: str) -> None:
    gateway = Gateway()
    for _ in range(2):
        found = gateway.capture(wrapped(event(**fields)))
        assert (found["success"], found["errors"]) == (True, [])
    (note,) = gateway.capture(wrapped(other(), event(**{**fields, "bizStep": "holding"})))["notes"]
    assert note["event"] == 1
    assert why in note["detail"]
    assert gateway.scans(SGTIN) == []
    assert len(gateway.exported()["epcisBody"]["eventList"]) == 3


DECLARED = {"declarationTime": "2026-11-22T11:00:00Z", "reason": "did_not_occur"}


@pytest.mark.parametrize("named", [True, False])
def test_a_declared_error_is_taken_back_known_by_its_id_or_by_what_it_says(named: bool) -> None:
    gateway = Gateway()
    name = {"eventID": "urn:uuid:1"} if named else {}
    gateway.capture(wrapped(event(**name), other(eventID="urn:uuid:2")))
    assert gateway.capture(wrapped(event(**name, errorDeclaration=DECLARED)))["success"] is True
    assert gateway.scans(SGTIN) == []
    assert gateway.scans(OTHER) == [("other", "CP-BER", None)]
    first, second = gateway.exported()["epcisBody"]["eventList"]
    assert (first["errorDeclaration"], "errorDeclaration" in second) == (DECLARED, False)


def test_an_error_declared_before_its_event_comes_holds_for_it() -> None:
    gateway = Gateway()
    gateway.capture(wrapped(event(errorDeclaration=DECLARED)))
    (told,) = gateway.exported()["epcisBody"]["eventList"]
    assert told["errorDeclaration"] == DECLARED
    gateway.capture(wrapped(event()))
    assert gateway.scans(SGTIN) == []
    assert len(gateway.exported()["epcisBody"]["eventList"]) == 1


def test_an_error_declared_long_ago_is_taken_back_too() -> None:
    gateway = Gateway()
    gateway.capture(wrapped(event()))
    gateway.now = Instant(gateway.now + 200 * DAY)
    gateway.capture(wrapped(event(errorDeclaration=DECLARED)))
    assert gateway.scans(SGTIN) == []


def test_a_partner_takes_back_nobody_elses_events() -> None:
    gateway = Gateway()
    gateway.hear([("device/scan-ber-1/scan", json.dumps(SCAN).encode())])
    uri = "urn:returns-gateway:event:scan-ber-1:e1"
    gateway.capture(wrapped(event(eventID=uri, errorDeclaration=DECLARED)))
    assert gateway.scans("SN-1") == [("collecting", "CP-BER", None)]
    gateway.capture(wrapped(event(eventID=uri, errorDeclaration=DECLARED)), Sender("erp", restoring=True))
    assert gateway.scans("SN-1") == []


SCAN = {"id": "e1", "at": "2026-11-22T10:00:00Z", "step": "collecting", "item": "SN-1"}


def test_whoever_captures_is_a_device_of_the_network_and_may_do_what_that_may() -> None:
    gateway = Gateway()
    with pytest.raises(Invalid) as refused:
        gateway.capture(wrapped(event()), Sender("shop"))
    assert refused.value.problems[0].document()["status"] == 403
    elsewhere = wrapped(event(readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"}))
    (error,) = gateway.capture(elsewhere, Sender("guest"))["errors"]
    assert (error["status"], error["type"]) == (403, "epcisException:SecurityException")
    assert gateway.capture(wrapped(event()), Sender("guest"))["success"] is True


def test_sensors_beyond_the_limits_of_a_container_are_an_excursion_told_as_one_event() -> None:
    drum = "https://id.gs1.org/8003/04012345555554987"
    types = {"drum": ContainerType("drum", {"temperature_c": Limits(-10, 40)})}
    declared = {drum: Container(drum, type="drum")}
    gateway = Gateway(replace(NETWORK, container_types=types, containers=declared))
    hot = [{"sensorReport": [{"type": "Temperature", "value": 45, "uom": "CEL"}]}]
    gateway.capture(wrapped(event(epcList=[drum], bizStep="holding", sensorElementList=hot)))
    with gateway.state.reader() as reader:
        (alert,) = reader.list_alerts(resolved=False, after=None, limit=9)
    assert (alert.deviation.kind, alert.subject.id) == ("excursion", drum)
    (told,) = gateway.exported()["epcisBody"]["eventList"]
    assert told["sensorElementList"] == hot


def test_an_event_too_large_for_a_message_is_refused_with_its_size() -> None:
    found = Gateway().capture(wrapped(event(**{"example:blob": "x" * 70_000})))
    assert [error["status"] for error in found["errors"]] == [413]


def test_a_document_of_more_events_than_one_unit_takes_proceeds_in_parts() -> None:
    gateway = Gateway()
    events = [event(bizStep="holding", eventID=f"urn:uuid:{number}") for number in range(250)]
    assert gateway.capture(wrapped(*events), ERP, Behaviour.PROCEED)["success"] is True
    assert len(gateway.committed) == 3
    assert len(gateway.scans(SGTIN)) == 250


def test_a_job_that_a_crash_cut_short_is_finished_by_the_next_to_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = Gateway()
    events = [event(eventID=f"urn:uuid:{number}") for number in range(150)]
    accepted = gateway.desk.accept(json.dumps(wrapped(*events)).encode(), ERP, Behaviour.PROCEED)
    real, calls = module.take_in, 0

    def dies(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Unavailable("the database is away")
        return real(*arguments)

    monkeypatch.setattr(module, "take_in", dies)
    with pytest.raises(Unavailable):
        gateway.desk.work()
    with gateway.state.reader() as reader:
        halfway = job(reader, accepted.id)
    assert halfway is not None
    assert (halfway["running"], "finishedAt" in halfway) == (True, False)
    assert gateway.desk.work() == 1
    assert len(gateway.scans(SGTIN)) == 150
    assert gateway.desk.work() == 0


def test_a_bug_of_ours_fails_the_job_and_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: Any) -> Any:
        raise ZeroDivisionError

    gateway = Gateway()
    monkeypatch.setattr(module, "take_in", bug)
    (error,) = gateway.capture(wrapped(event()))["errors"]
    assert "failed on it" in error["detail"]
    assert gateway.desk.work() == 0


def test_jobs_page_from_the_newest_and_are_their_owners() -> None:
    gateway = Gateway()
    rows: list[CaptureRow] = []
    for sender in (ERP, Sender("guest"), ERP):
        rows.append(gateway.desk.accept(json.dumps(wrapped(event())).encode(), sender))
        gateway.now = Instant(gateway.now + HOUR)
    with gateway.state.reader() as reader:
        first, token = jobs(reader, "erp", None, 1)
        second, end = jobs(reader, "erp", token, 2)
        assert [each["captureID"] for each in first + second] == [rows[2].id, rows[0].id]
        assert end is None
        assert [len(jobs(reader, None, None, size)[0]) for size in (2, 9)] == [2, 3]
        assert job(reader, rows[1].id, "erp") is None
        assert job(reader, rows[1].id, "guest") is not None


def test_one_event_can_be_captured_at_once() -> None:
    gateway = Gateway()
    body = json.dumps({"@context": [], **event(eventID="urn:uuid:1")}).encode()
    assert gateway.desk.capture_one(body, ERP) == "urn:uuid:1"
    assert gateway.scans(SGTIN) == [("other", "CP-BER", None)]
    with pytest.raises(Invalid) as refused:
        gateway.desk.capture_one(json.dumps({"@context": [], **other(eventID="urn:uuid:1")}).encode(), ERP)
    assert refused.value.problems[0].status == 409
    with pytest.raises(Invalid, match="2 events"):
        gateway.desk.capture_one(json.dumps(wrapped(event(), other())).encode(), ERP)
