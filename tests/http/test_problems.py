"""Every error is a problem document that says what to do; every answer has the headers of safety."""

import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from gateway.adapters.http.bulwark import LARGEST_BODY
from gateway.adapters.http.problems import problem_of
from gateway.ports.state import Unavailable
from tests.http.world import World
from tests.servers.waiting import eventually

MEDIA_TYPE = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nowhere", 404, "/api/openapi.json"),
        ("GET", "/api/v1/returns/", 404, "nothing at this address"),
        ("GET", "/api/v1/return/SN%2F1", 404, "nothing at this address"),
        ("PUT", "/api/v1/returns", 405, "other methods"),
        ("POST", "/healthz", 405, "other methods"),
        ("GET", "/api/v1/return?id=%5Dd2011061414112345921400%1D17261231", 404, "/21/400"),
        ("GET", "/api/v1/return?id=SN%0A1", 422, "id"),
        ("GET", "/api/v1/returns?limit=0", 422, "limit"),
        ("GET", "/api/v1/returns?limit=501", 422, "limit"),
        ("GET", "/api/v1/returns?limit=x", 422, "limit"),
        ("GET", "/api/v1/returns?status=lost", 422, "status"),
        ("GET", "/api/v1/returns?kind=lost", 422, "kind"),
        ("GET", "/api/v1/returns?site=a%20b", 422, "site"),
        ("GET", "/api/v1/returns?stauts=at_stop", 422, "stauts"),
        ("GET", "/api/v1/returns?cursor=x", 422, "cursor"),
        ("GET", "/api/v1/returns?cursor=WzEsMl0", 422, "cursor"),
        ("GET", "/api/v1/returns?q=%00", 422, "q"),
        ("GET", "/api/v1/return", 422, "id"),
        ("GET", "/api/v1/return?id=", 422, "id"),
        ("GET", "/api/v1/return?id=(01)04012345000016", 422, "id"),
        ("GET", "/api/v1/alerts?cursor=InRleHQi", 422, "cursor"),
        ("GET", "/api/v1/alerts?severity=bad", 422, "severity"),
        ("GET", "/api/v1/alerts/%F0%9F%92%A9", 422, "alert_id"),
        ("GET", "/api/v1/quarantine?cursor=InRleHQi", 422, "cursor"),
        ("GET", "/api/v1/quarantine?reason=bad", 422, "reason"),
        ("GET", "/api/v1/kpis?since=yesterday", 422, "since"),
        ("GET", "/api/v1/kpis?since=2020-01-01T00:00:00Z", 422, "at most 400 days"),
        ("GET", "/api/v1/kpis?by=moon", 422, "by"),
        ("GET", "/api/v1/stream?only=nothing", 422, "only"),
    ],
)
def test_an_error_says_what_is_wrong(seen: World, method: str, path: str, status: int, said: str) -> None:
    answer = seen.client.request(method, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
    told = answer.json()
    assert (told["status"], bool(told["title"])) == (status, True)
    assert told["type"].startswith("urn:returns-gateway:problem:")
    assert said in told["detail"] or said in {each["field"] for each in told["errors"]}


def test_a_method_that_is_not_known_says_which_are(seen: World) -> None:
    assert "GET" in seen.client.put("/api/v1/alerts").headers["Allow"]


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/v1/returns", "/api/v1/return?id=none"])
def test_every_answer_has_the_headers_of_safety(seen: World, path: str) -> None:
    headers = seen.client.get(path).headers
    policy = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers
    assert headers["Cache-Control"] in ("no-store", "private, no-cache")


def test_a_body_that_says_it_is_too_large_is_not_read(seen: World) -> None:
    answer = seen.client.post("/api/v1/events", content=b" " * (LARGEST_BODY + 1))
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, MEDIA_TYPE)


def test_a_body_that_turns_out_too_large_is_not_read_to_its_end(seen: World) -> None:
    def parts() -> "list[bytes]":
        return [b" " * 65_536] * (LARGEST_BODY // 65_536 + 2)

    answer = seen.client.post("/api/v1/events", content=iter(parts()))
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, MEDIA_TYPE)


def test_nothing_of_a_body_is_read_before_its_sender_was_let_in(seen: World) -> None:
    answer = seen.client_of(None).post("/api/v1/events", content=b"{not json")
    assert answer.status_code == 401


def test_a_bug_answers_500_and_the_next_request_is_served(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []

    class Log:
        def exception(self, event: str, **_: object) -> None:
            logged.append(event)

    monkeypatch.setattr("gateway.adapters.http.bulwark._LOG", Log())
    monkeypatch.setattr("gateway.adapters.http.resources.goods.goods", lambda *_: 1 / 0)
    answer = world.client.get("/api/v1/returns")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, MEDIA_TYPE)
    assert "division" not in answer.text
    assert eventually(lambda: logged, bool) == ["request_failed"]
    assert world.client.get("/api/v1/sites").status_code == 200


def test_a_state_store_that_is_away_answers_503_and_when_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr("gateway.adapters.http.resources.goods.goods", away)
    answer = world.client.get("/api/v1/returns")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "the disk is full" in answer.json()["detail"]


def test_an_error_that_nobody_foresaw_tells_nothing_of_itself() -> None:
    told = problem_of(KeyError("secret"))
    assert (told.status.value, "secret" in told.detail) == (500, False)


def test_what_is_no_http_at_all_harms_nobody(world: World) -> None:
    address = urlsplit(world.server.url)
    with closing(socket.create_connection((address.hostname or "", address.port or 0), 5)) as raw:
        raw.sendall(b"\x00\x01\x02\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert world.client.get("/healthz").status_code == 200


def test_readiness_says_which_part_is_not(world: World) -> None:
    assert world.client_of(None).get("/readyz").json()["ready"] is True
    world.parts["broker"] = world.parts["state_store"]._replace(ready=False, reason="connection refused")
    answer = world.client_of(None).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["broker"] == {"ready": False, "reason": "connection refused"}


def test_figures_are_told_in_the_words_of_prometheus(world: World) -> None:
    world.get("/api/v1/returns")
    text = world.client.get("/metrics").text
    assert 'returns_http_request_seconds_count{method="GET",route="/api/v1/returns",status="2xx"} 1.0' in text
    assert "returns_open_alerts 7.0" in text
    assert 'returns_quarantine_entries{what="scan"} 2.0' in text
    assert 'returns_journeys{status="at_stop"} 2.0' in text
    assert "B-1" not in text
