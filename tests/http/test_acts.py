"""What operators do over HTTP: once, in their own name, on what they have seen; and what it changes."""

from typing import Any

import httpx
import pytest

from gateway.adapters.http.rights import Role
from tests.http.world import World


def alert_of(world: World, subject: str, kind: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = world.get("/api/v1/alerts", subject=subject, kind=kind)["items"]
    return found[0]


def act(world: World, alert: dict[str, Any], what: str, body: Any = None, **headers: str) -> httpx.Response:
    path = f"/api/v1/alerts/{alert['id']}/{what}"
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.client_of(Role.OPERATOR).post(path, json=body, headers=said)


def test_alerts_come_worst_first_then_the_longest_true(seen: World) -> None:
    found = [
        (each["severity"], each["kind"], each["subject"]["id"])
        for each in seen.get("/api/v1/alerts")["items"]
    ]
    assert found == [
        ("critical", "missing", "A"),
        ("major", "misrouted", "A"),
        ("major", "delayed", "B-1"),
        ("major", "delayed", "B-2"),
        ("warning", "overdwell", "B-1"),
        ("warning", "overdwell", "B-2"),
        ("warning", "unexpected", "STRAY"),
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"severity": "critical"}, 1),
        ({"kind": ["delayed", "missing"]}, 3),
        ({"site": "CP1"}, 4),
        ({"route": "R"}, 6),
        ({"subject": "B-1"}, 2),
        ({"container": "TOTE-1"}, 2),
        ({"q": "refill"}, 2),
        ({"q": "stray"}, 1),
        ({"q": "nothing like it"}, 0),
    ],
)
def test_alerts_are_found_by_each_filter(seen: World, query: dict[str, Any], count: int) -> None:
    assert len(seen.get("/api/v1/alerts", **query)["items"]) == count


@pytest.mark.parametrize("state", ["open", "resolved"])
def test_pages_of_alerts_together_are_the_list(seen: World, state: str) -> None:
    whole = [each["id"] for each in seen.get("/api/v1/alerts", state=state)["items"]]
    paged: list[str] = []
    cursor: str | None = None
    while page := seen.get("/api/v1/alerts", state=state, limit=2, cursor=cursor):
        paged += [each["id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == whole
    assert len(whole) >= 3


def test_acknowledging_is_in_the_operators_name_with_a_comment(world: World) -> None:
    alert = alert_of(world, "A", "missing")
    told = act(world, alert, "acknowledge", {"comment": "calling the carrier"}).json()
    assert (told["state"], told["acknowledged_by"]) == ("acknowledged", "operator")
    assert [(each["by"], each["text"]) for each in told["comments"]] == [("operator", "calling the carrier")]
    assert world.acted == 1
    whole = world.get(f"/api/v1/alerts/{alert['id']}")
    acts = [each["details"].get("operator", {}).get("action") for each in whole["history"]]
    assert acts == [None, "acknowledged", "commented"]


def test_a_resolved_alert_leaves_the_list_and_is_shelved_while_it_is_still_true(world: World) -> None:
    alert = alert_of(world, "B-2", "overdwell")
    told = act(world, alert, "resolve").json()
    assert (told["state"], told["reason"], told["shelved"]) == ("resolved", "operator", True)
    assert world.get("/api/v1/alerts", subject="B-2", kind="overdwell")["items"] == []
    assert world.get("/api/v1/alerts", state="resolved", limit=1)["items"][0]["id"] == alert["id"]
    again = act(world, alert, "acknowledge")
    assert (again.status_code, again.json()["type"]) == (409, "urn:returns-gateway:problem:not-open")


@pytest.mark.parametrize(
    ("body", "until"),
    [
        ({"for": "4h"}, "2026-03-09T21:00:00Z"),
        ({"until": "2026-03-10T09:00:00+01:00"}, "2026-03-10T08:00:00Z"),
    ],
)
def test_an_alert_is_snoozed_for_a_span_or_until_a_time(
    world: World, body: dict[str, str], until: str
) -> None:
    told = act(world, alert_of(world, "A", "missing"), "snooze", body).json()
    assert (told["state"], told["snoozed_until"]) == ("snoozed", until)


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("snooze", {}, "for"),
        ("snooze", {"for": "4h", "until": "2026-03-10T09:00:00Z"}, "for"),
        ("snooze", {"for": "soon"}, "for"),
        ("snooze", {"for": "800d"}, "for"),
        ("snooze", {"until": "2026-03-01T09:00:00Z"}, "until"),
        ("snooze", {"until": "tomorrow"}, "until"),
        ("snooze", None, "body"),
        ("comment", {"text": ""}, "text"),
        ("comment", {"text": "a\u0000b"}, "text"),
        ("comment", {"text": "x" * 2_001}, "text"),
        ("comment", {}, "text"),
        ("acknowledge", {"comment": 1}, "comment"),
        ("acknowledge", {"coment": "x"}, "coment"),
        ("acknowledge", [1], "body"),
    ],
)
def test_what_is_wrong_with_an_act_is_told_by_its_field(
    seen: World, what: str, body: Any, field: str
) -> None:
    answer = act(seen, alert_of(seen, "A", "missing"), what, body)
    assert answer.status_code == 422
    assert field in {each["field"] for each in answer.json()["errors"]}


def test_the_same_key_does_a_thing_once(world: World) -> None:
    alert = alert_of(world, "A", "missing")
    first = act(world, alert, "comment", {"text": "once"}, Idempotency_Key="k1")
    again = act(world, alert, "comment", {"text": "once"}, Idempotency_Key="k1")
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(world.get(f"/api/v1/alerts/{alert['id']}")["comments"]) == 1
    other = act(world, alert, "comment", {"text": "twice"}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:returns-gateway:problem:key-reused")
    ruler = world.client.post(
        f"/api/v1/alerts/{alert['id']}/comment", json={"text": "mine"}, headers={"Idempotency-Key": "k1"}
    )
    assert ruler.json()["comments"][-1]["by"] == "admin"


def test_an_act_that_failed_may_be_tried_again_with_its_key(world: World) -> None:
    alert = alert_of(world, "A", "missing")
    assert act(world, alert, "snooze", {"for": "800d"}, Idempotency_Key="k2").status_code == 422
    assert act(world, alert, "snooze", {"for": "4h"}, Idempotency_Key="k2").status_code == 200


def test_who_has_seen_an_older_version_is_told_so(world: World) -> None:
    alert = alert_of(world, "A", "missing")
    seen = world.client.get(f"/api/v1/alerts/{alert['id']}").headers["ETag"]
    assert act(world, alert, "acknowledge", If_Match=seen).status_code == 200
    assert act(world, alert, "resolve", If_Match=seen).status_code == 412
    assert act(world, alert, "resolve", If_Match="*").status_code == 200


def test_an_alert_that_is_not_there_is_told_to_be_so(seen: World) -> None:
    for what in ("acknowledge", "resolve", "comment"):
        body = {"text": "x"} if what == "comment" else None
        assert act(seen, {"id": "NOSUCH"}, what, body).status_code == 404
    assert seen.client.get("/api/v1/alerts/NOSUCH").status_code == 404


def entry_of(world: World, reason: str) -> str:
    return str(world.get("/api/v1/quarantine", reason=reason)["items"][0]["id"])


def test_an_entry_is_retried_with_its_site_put_right(world: World) -> None:
    entry = entry_of(world, "unknown_site")
    client = world.client_of(Role.OPERATOR)
    refused = client.post(f"/api/v1/quarantine/{entry}/retry").json()
    assert (refused["outcome"], refused["reason"]) == ("refused", "unknown_site")
    taken = client.post(f"/api/v1/quarantine/{entry}/retry", json={"site": "CP1", "why": "typo"}).json()
    assert (taken["outcome"], taken["reason"]) == ("accepted", None)
    assert world.get("/api/v1/return", id="A2")["status"] == "unplanned"
    assert world.get(f"/api/v1/quarantine/{entry}")["status"] == "accepted"
    assert client.post(f"/api/v1/quarantine/{entry}/retry").status_code == 409
    assert client.post(f"/api/v1/quarantine/{entry}/discard").status_code == 409
    assert world.get("/api/v1/audit", limit=1)["items"][0]["why"] == "typo"


def test_an_entry_is_discarded(world: World) -> None:
    entry = entry_of(world, "malformed")
    done = world.client_of(Role.OPERATOR).post(f"/api/v1/quarantine/{entry}/discard", json={"why": "a test"})
    assert done.json() == {"id": entry, "status": "discarded"}
    assert [each["id"] for each in world.get("/api/v1/quarantine", status="discarded")["items"]] == [entry]


@pytest.mark.parametrize(
    ("body", "field"), [({"at": "noon"}, "at"), ({"site": "no site"}, "site"), ({"sight": "CP1"}, "sight")]
)
def test_a_correction_that_is_none_is_told_by_its_field(
    seen: World, body: dict[str, str], field: str
) -> None:
    entry = entry_of(seen, "unknown_site")
    answer = seen.client.post(f"/api/v1/quarantine/{entry}/retry", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
