"""What is sent in over HTTP: through the one writer, answered with receipts, as often as one likes."""

from http import HTTPStatus
from typing import Any

import pytest

from gateway.adapters.http.posts import PostedLine, Taken
from gateway.adapters.http.rights import Role
from gateway.ports.posted import Posted
from gateway.tracking.instants import Instant
from tests.http.world import SilentLine, World
from tests.unit.cli_world import announcement, scan

SCAN = scan("B-9", "9T16:00", "collecting", "CP1")
ANNOUNCED = announcement("B-9", "9T15:00")


def send(world: World, *happened: tuple[str, Any]) -> Any:
    events = [{"topic": topic, "payload": payload} for topic, payload in happened]
    response = world.client.post("/api/v1/events", json=events)
    assert response.status_code == HTTPStatus.OK, response.text
    return response.json()["receipts"]


def test_each_message_has_its_receipt_and_again_says_that_it_was_known(world: World) -> None:
    first = send(world, ANNOUNCED, SCAN)
    assert [each["topic"] for each in first] == ["source/erp/receipt", "device/scan-1/receipt"]
    assert first[1]["results"][0] == {
        "id": "s-B-9-9T16:00",
        "result": "accepted",
        "verdict": "ok",
        "next": {"B-9": {"sites": ["HUB"], "by": "2026-03-11T16:00:00Z"}},
    }
    again = send(world, ANNOUNCED, SCAN)
    assert [each["results"][0]["result"] for each in again] == ["duplicate", "duplicate"]
    assert world.get("/api/v1/return", id="B-9")["status"] == "at_stop"


def test_an_array_has_one_receipt_with_a_result_each_and_a_bad_element_is_kept_alone(world: World) -> None:
    topic, good = SCAN
    (receipt,) = send(world, (topic, [good, {"id": "bad", "at": "noon", "step": "arriving"}, 7]))
    assert [each["result"] for each in receipt["results"]] == ["accepted", "quarantined", "quarantined"]
    assert receipt["results"][1]["message"].startswith("at ")
    assert receipt["results"][2]["id"] is None
    assert len(receipt["results"][2]["sha256"]) == 64


def test_a_status_is_taken_in_without_results(world: World) -> None:
    (receipt,) = send(world, ("device/scan-1/status", {"state": "online", "firmware": "9.1"}))
    assert receipt["results"] == []
    found = {each["id"]: each for each in world.get("/api/v1/devices")["items"]}
    assert found["scan-1"]["firmware"] == "9.1"


def test_a_hundred_messages_are_answered_in_their_order(world: World) -> None:
    many = [scan(f"M-{number}", "9T16:00", "collecting", "CP1") for number in range(100)]
    assert [each["results"][0]["id"] for each in send(world, *many)] == [event["id"] for _, event in many]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "body"),
        ([{"topic": "device/x/scan"}], "0.payload"),
        ([{"topic": "gateway/x/status", "payload": {}}], "0.topic"),
        ([{"topic": "device/+/scan", "payload": {}}], "0.topic"),
        ([{"topic": "device/a/scan", "payload": "text"}], "0.payload"),
        ([{"topic": "device/a/scan", "payload": {}, "retain": True}], "0.retain"),
        ([{"topic": "device/a/scan", "payload": {}}] * 501, "body"),
    ],
)
def test_what_is_no_message_is_told_by_its_field(seen: World, body: Any, field: str) -> None:
    answer = seen.client.post("/api/v1/events", json=body)
    assert answer.status_code == 422
    assert any(each["field"].startswith(field) for each in answer.json()["errors"])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'[{"topic":"device/a/scan","payload":{"id":"\\ud800"}}]']
)
def test_what_is_no_json_is_refused(seen: World, body: bytes) -> None:
    answer = seen.client.post("/api/v1/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_return_is_announced_with_the_key_of_the_request_for_its_id(world: World) -> None:
    client = world.client_of(Role.INTEGRATOR)
    said = {"item": "N-1", "route": "R"}
    first = client.post("/api/v1/returns", json=said, headers={"Idempotency-Key": "order 7"})
    again = client.post("/api/v1/returns", json=said, headers={"Idempotency-Key": "order 7"})
    assert first.json()["results"][0]["result"] == "accepted"
    assert again.json()["results"][0] == first.json()["results"][0] | {"result": "duplicate"}
    assert world.get("/api/v1/return", id="N-1")["trip"]["announced_at"] == "2026-03-09T17:00:00Z"


def test_a_list_of_returns_is_announced_and_cancelled(world: World) -> None:
    topic_of = [announcement(f"N-{number}", "9T15:00")[1] for number in range(3)]
    results = world.client.post("/api/v1/returns", json=topic_of).json()["results"]
    assert [each["result"] for each in results] == ["accepted"] * 3
    cancelled = announcement("N-1", "9T16:00", cancelled=True)[1]
    world.client.post("/api/v1/returns", json=cancelled)
    assert world.get("/api/v1/return", id="N-1")["status"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"item": "N-1", "route": "R"}, "id"),
        ({"id": "x", "route": "R"}, "item"),
        ({"id": "x", "item": "N-1"}, "route"),
        ({"id": "x", "item": "N-1", "route": 1}, "route"),
        ({"id": "x", "item": "N-1", "route": "R", "at": "noon"}, "at"),
        ({"id": "x", "item": "(01)04012345000016", "route": "R"}, "item"),
        ([], "body"),
        ([{"id": "x", "item": "N-1", "route": "R", "at": "2026-03-09T10:00:00Z", "due_at": "x"}], "due_at"),
    ],
)
def test_an_announcement_that_is_none_is_told_by_its_field_and_not_kept(
    seen: World, body: Any, field: str
) -> None:
    before = seen.get("/api/v1/quarantine", status="all")["items"]
    answer = seen.client.post("/api/v1/returns", json=body)
    assert answer.status_code == 422
    assert field in {each["field"] for each in answer.json()["errors"]}
    assert seen.get("/api/v1/quarantine", status="all")["items"] == before


def test_an_announcement_on_an_unknown_route_is_kept_and_told_to_be(world: World) -> None:
    said = {"id": "x", "item": "N-1", "route": "Q"}
    (result,) = world.client.post("/api/v1/returns", json=said).json()["results"]
    assert (result["result"], result["reason"]) == ("quarantined", "unknown_route")


def test_a_key_that_is_none_is_told_so(seen: World) -> None:
    for key in ("x" * 129, ""):
        said = {"item": "N-1", "route": "R"}
        answer = seen.client.post("/api/v1/returns", json=said, headers={"Idempotency-Key": key})
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_a_gateway_that_stops_takes_no_more(world: World) -> None:
    world.line.close()
    answer = world.client.post("/api/v1/events", json=[{"topic": SCAN[0], "payload": SCAN[1]}])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_the_way_to_the_writer_is_bounded_and_keeps_its_order() -> None:
    line = PostedLine(SilentLine())
    posts = [Posted("device/a/scan", b"x" * 100, Instant(number), lambda _: None) for number in range(2_001)]
    assert line.put(posts[:2_000]) is Taken.WAITING
    assert line.put(posts[2_000:]) is Taken.FULL
    taken = [each.received_at for _ in range(5) for each in line.take(400, 0.0)]
    assert taken == list(range(2_000))
    assert line.put(posts[2_000:]) is Taken.WAITING
