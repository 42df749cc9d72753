"""Who may do what: every route with every role, held against a table written down here once more, by hand."""

from collections.abc import Callable

import httpx
import pytest
from fastapi.routing import APIRoute

from gateway.adapters.http.application import api
from gateway.adapters.http.desk import Desk
from gateway.adapters.http.gate import Gate
from gateway.adapters.http.rights import PUBLIC, RIGHTS, ROUTES, Action, Role
from gateway.adapters.http.stream import Tail
from tests.http.world import World

VIEW, WORK, SEND, RULE = Role.VIEWER, Role.OPERATOR, Role.INTEGRATOR, Role.ADMIN
MAY = {
    "GET /metrics": {VIEW, WORK, RULE},
    "GET /api/v1/session": {VIEW, WORK, SEND, RULE},
    "DELETE /api/v1/session": {VIEW, WORK, SEND, RULE},
    "POST /api/v1/events": {SEND, RULE},
    "POST /api/v1/returns": {SEND, RULE},
    "GET /api/v1/returns": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/return": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/containers": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/container": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/container/positions": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/devices": {VIEW, WORK, RULE},
    "GET /api/v1/alerts": {VIEW, WORK, RULE},
    "GET /api/v1/alerts/{alert_id}": {VIEW, WORK, RULE},
    "POST /api/v1/alerts/{alert_id}/acknowledge": {WORK, RULE},
    "POST /api/v1/alerts/{alert_id}/resolve": {WORK, RULE},
    "POST /api/v1/alerts/{alert_id}/snooze": {WORK, RULE},
    "POST /api/v1/alerts/{alert_id}/comment": {WORK, RULE},
    "GET /api/v1/sites": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/routes": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/kpis": {VIEW, WORK, SEND, RULE},
    "GET /api/v1/quarantine": {WORK, RULE},
    "GET /api/v1/quarantine/{entry_id}": {WORK, RULE},
    "POST /api/v1/quarantine/{entry_id}/retry": {WORK, RULE},
    "POST /api/v1/quarantine/{entry_id}/discard": {WORK, RULE},
    "GET /api/v1/audit": {RULE},
    "GET /api/v1/stream": {VIEW, WORK, RULE},
    "POST /epcis/v2/capture": {SEND, RULE},
    "GET /epcis/v2/capture": {SEND, RULE},
    "OPTIONS /epcis/v2/capture": {SEND, RULE},
    "GET /epcis/v2/capture/{capture_id}": {SEND, RULE},
    "POST /epcis/v2/events": {SEND, RULE},
    "GET /epcis/v2/events": {VIEW, WORK, SEND, RULE},
    "OPTIONS /epcis/v2/events": {VIEW, WORK, SEND, RULE},
    "GET /epcis/v2/events/{event_id}": {VIEW, WORK, SEND, RULE},
    "GET /epcis/v2/queries": {VIEW, WORK, SEND, RULE},
    "GET /epcis/v2": {VIEW, WORK, SEND, RULE},
    "OPTIONS /epcis/v2": {VIEW, WORK, SEND, RULE},
    "GET /epcis/v2/{resource}": {VIEW, WORK, SEND, RULE},
    "OPTIONS /epcis/v2/{resource}": {VIEW, WORK, SEND, RULE},
    "GET /epcis/v2/{resource}/{member}": {VIEW, WORK, SEND, RULE},
    "OPTIONS /epcis/v2/{resource}/{member}": {VIEW, WORK, SEND, RULE},
    "GET /epcis/v2/{resource}/{member}/events": {VIEW, WORK, SEND, RULE},
    "OPTIONS /epcis/v2/{resource}/{member}/events": {VIEW, WORK, SEND, RULE},
}
OPEN = {"GET /healthz", "GET /readyz", "GET /api/openapi.json", "POST /api/v1/session"}


def routes_of(world: World) -> list[tuple[str, str]]:
    """All that is served: methods and paths."""
    desk = Desk(world.outside)
    app = api(desk, Gate(world.state, world.clock, open_=False), Tail(desk))
    found = [
        (method, route.path_format)
        for router in [app.router, *(getattr(each, "original_router", None) for each in app.routes)]
        for route in (router.routes if router is not None else ())
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]
    return sorted(set(found))


def test_every_route_has_its_line_in_both_tables(seen: World) -> None:
    served = {f"{method} {path}" for method, path in routes_of(seen)}
    assert served - OPEN == MAY.keys() & served
    assert served >= MAY.keys()
    assert {f"{method} {path}" for method, path in ROUTES} >= served


def test_every_action_that_is_not_public_says_who_may() -> None:
    assert RIGHTS.keys() | PUBLIC == set(Action)


def answer_of(world: World, role: Role | None, route: str) -> httpx.Response:
    method, path = route.split()
    path = path.replace("{alert_id}", "NONE").replace("{entry_id}", "0")
    if path == "/api/v1/stream":
        path += "?only=nothing"  # refused for what it asks, by whom it lets in
    return world.client_of(role).request(method, path)


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("route", sorted(MAY))
def test_a_route_lets_in_whom_the_table_names_and_nobody_else(
    seen: World, route: str, role: Role | None
) -> None:
    status = answer_of(seen, role, route).status_code
    if role is None:
        assert status == 401
    elif role in MAY[route]:
        assert status not in (401, 403)
    else:
        assert status == 403


@pytest.mark.parametrize("route", sorted(OPEN))
def test_what_is_open_needs_no_token(seen: World, route: str) -> None:
    assert answer_of(seen, None, route).status_code in (200, 422)


def test_what_is_in_no_table_is_denied_to_an_administrator_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.http.gate.ROUTES", {})
    response = world.client.get("/api/v1/returns")
    assert (response.status_code, response.json()["type"]) == (403, "urn:returns-gateway:problem:forbidden")


def test_an_integrator_speaks_for_its_own_source_only(world: World) -> None:
    client = world.client_of(Role.INTEGRATOR)
    event = {"id": "x1", "at": "2026-03-09T10:00:00Z", "item": "N-1", "route": "R"}
    others = [
        client.post("/api/v1/events", json=[{"topic": "source/other/announce", "payload": event}]),
        client.post("/api/v1/events", json=[{"topic": "device/scan-1/scan", "payload": event}]),
        client.post("/api/v1/returns?source=other", json=event),
    ]
    assert [each.status_code for each in others] == [403, 403, 403]
    assert {each.json()["type"] for each in others} == {"urn:returns-gateway:problem:not-yours"}
    own = client.post("/api/v1/events", json=[{"topic": "source/erp/announce", "payload": event}])
    assert own.json()["receipts"][0]["results"] == [{"id": "x1", "result": "accepted"}]


@pytest.mark.parametrize(
    "said",
    ["", "Bearer", "Bearer  x", "Basic YTpi", "Bearer rgw_wrong", "Bearer " + "x" * 10_000, "bearer é"],
)
def test_a_token_that_is_none_is_refused(world: World, said: str) -> None:
    client = world.browser()
    response = client.get("/api/v1/returns", headers=[(b"Authorization", said.encode())])
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_whoever_guesses_is_told_to_wait_and_shuts_nobody_else_out(world: World) -> None:
    guesser = world.browser(Authorization="Bearer guess")
    statuses = [guesser.get("/api/v1/returns").status_code for _ in range(12)]
    last = guesser.get("/api/v1/returns")
    assert statuses == [401] * 10 + [429] * 2
    assert 0 < int(last.headers["Retry-After"]) <= 61
    assert world.client.get("/api/v1/returns").status_code == 200


def test_in_the_demo_nobody_is_asked(make_world: Callable[..., World]) -> None:
    demo = make_world(open_=True)
    client = demo.browser()
    assert client.get("/api/v1/audit").status_code == 200
    assert client.get("/api/v1/session").json()["role"] == "admin"
