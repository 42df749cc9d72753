"""Sessions of the board, tokens that are taken back, and the first token of all."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from gateway.adapters.http import ensure_first
from gateway.adapters.http.failures import Failures
from gateway.adapters.http.gate import COOKIE, CSRF_HEADER
from gateway.adapters.http.rights import Role
from gateway.adapters.http.tokens import PREFIX, NoSuchToken, digest_of, make, revoke
from gateway.adapters.state import SqlState
from gateway.tracking.instants import HOUR
from tests.http.world import NOW, World
from tests.servers.waiting import eventually


def logged_in(world: World, role: Role) -> tuple[httpx.Client, httpx.Response]:
    client = world.browser()
    return client, client.post("/api/v1/session", json={"token": world.secrets[role]})


def test_a_session_stands_for_the_token_in_a_cookie_that_no_script_can_read(world: World) -> None:
    client, answer = logged_in(world, Role.OPERATOR)
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert world.secrets[Role.OPERATOR] not in cookie
    assert client.get("/api/v1/alerts").status_code == 200
    assert client.get("/api/v1/audit").status_code == 403
    assert client.get("/api/v1/session").json() == answer.json()


def test_behind_a_proxy_that_speaks_tls_the_cookie_is_kept_to_it(world: World) -> None:
    client = world.browser(**{"X-Forwarded-Proto": "https"})
    answer = client.post("/api/v1/session", json={"token": world.secrets[Role.VIEWER]})
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize("said", [{}, {CSRF_HEADER: "wrong"}, {CSRF_HEADER: ""}])
def test_another_page_cannot_act_in_a_session(world: World, said: dict[str, str]) -> None:
    client, answer = logged_in(world, Role.OPERATOR)
    (alert, *_) = world.get("/api/v1/alerts")["items"]
    path = f"/api/v1/alerts/{alert['id']}/acknowledge"
    refused = client.post(path, headers=said)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:returns-gateway:problem:csrf")
    assert client.post(path, headers={CSRF_HEADER: answer.json()["csrf"]}).status_code == 200


def test_a_session_ends_when_it_is_told_to(world: World) -> None:
    client, answer = logged_in(world, Role.OPERATOR)
    cookie = client.cookies[COOKIE]
    out = client.delete("/api/v1/session", headers={CSRF_HEADER: answer.json()["csrf"]})
    assert out.status_code == 204
    assert client.get("/api/v1/alerts", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401


def test_a_session_ends_with_its_shift(world: World) -> None:
    client, _ = logged_in(world, Role.OPERATOR)
    world.clock.pass_(13 * HOUR)
    assert client.get("/api/v1/alerts").status_code == 401
    world.server.tidy()
    with world.state.reader() as unit:
        assert unit.session_of(digest_of(client.cookies[COOKIE])) is None


def test_a_wrong_token_begins_no_session(world: World) -> None:
    client = world.browser()
    answer = client.post("/api/v1/session", json={"token": "rgw_no"})
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_a_token_that_is_revoked_opens_nothing_and_neither_do_its_sessions(world: World) -> None:
    client, _ = logged_in(world, Role.VIEWER)
    with world.state.unit() as unit:
        revoke(unit, "viewer", NOW, "test")
    assert client.get("/api/v1/alerts").status_code == 401
    viewer = world.client_of(Role.VIEWER)
    eventually(lambda: viewer.get("/api/v1/alerts").status_code, lambda status: status == 401, 5)


def test_only_digests_are_kept(world: World, tmp_path: Path) -> None:
    client, _ = logged_in(world, Role.ADMIN)
    secrets = [*world.secrets.values(), client.cookies[COOKIE]]
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("state.sqlite*"))
    assert digest_of(world.secrets[Role.ADMIN]).encode() in kept
    assert not [secret for secret in secrets if secret.encode() in kept]


@pytest.mark.parametrize(
    ("name", "role", "source", "said"),
    [
        ("", Role.VIEWER, None, "1 to 64 printable"),
        ("a\nb", Role.VIEWER, None, "1 to 64 printable"),
        ("x" * 65, Role.VIEWER, None, "1 to 64 printable"),
        ("viewer", Role.VIEWER, None, "is taken"),
        ("bot", Role.INTEGRATOR, None, "bound to a source"),
        ("bot", Role.OPERATOR, "erp", "bound to a source"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    world: World, name: str, role: Role, source: str | None, said: str
) -> None:
    with world.state.unit() as unit, pytest.raises(ValueError, match=said):
        make(unit, name, role, source, NOW, "test")


def test_the_first_start_makes_an_admins_token_in_a_file_for_its_user_only(tmp_path: Path) -> None:
    state = SqlState(f"sqlite:///{tmp_path / 'state.sqlite'}")
    file = tmp_path / "admin-token"
    assert ensure_first(state, file, NOW) == file
    secret = file.read_text().strip()
    with state.reader() as unit:
        row = unit.token_of(digest_of(secret))
    assert row is not None
    assert (row.role, secret.startswith(PREFIX)) == ("admin", True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ensure_first(state, file, NOW) is None
    assert file.read_text().strip() == secret
    state.close()


def test_where_the_file_cannot_be_written_there_is_no_token(tmp_path: Path) -> None:
    state = SqlState(f"sqlite:///{tmp_path / 'state.sqlite'}")
    with pytest.raises(OSError, match="No such file"):
        ensure_first(state, tmp_path / "missing" / "admin-token", NOW)
    with state.reader() as unit:
        assert unit.tokens() == []
    state.close()


def test_only_a_token_in_force_can_be_revoked(world: World) -> None:
    with world.state.unit() as unit:
        revoke(unit, "viewer", NOW, "test")
        with pytest.raises(NoSuchToken, match="token list"):
            revoke(unit, "viewer", NOW, "test")


@pytest.mark.parametrize(
    ("times", "waits"),
    [
        ([0, 1, 2], [0, 0, 0]),
        ([0, 1, 2, 3], [0, 0, 0, 57]),
        ([0, 1, 2, 61], [0, 0, 0, 0]),
        ([0, 1, 2, 3, 4], [0, 0, 0, 57, 57]),
    ],
)
def test_failures_beyond_the_limit_wait_until_the_first_is_forgotten(
    times: list[float], waits: list[float]
) -> None:
    failures = Failures(allowed=3, window_s=60)
    assert [round(failures.failed("a", at)) for at in times] == waits
    assert failures.failed("b", times[-1]) == 0


def test_the_trail_says_who_did_what_and_why(world: World) -> None:
    (alert, *_) = world.get("/api/v1/alerts")["items"]
    path = f"/api/v1/alerts/{alert['id']}/resolve"
    world.client_of(Role.OPERATOR).post(path, json={"comment": "found it"})
    first = world.get("/api/v1/audit", limit=1)
    (said,) = first["items"]
    assert (said["who"], said["role"], said["action"], said["target"], said["why"]) == (
        "operator",
        "operator",
        "alert_resolve",
        alert["id"],
        "found it",
    )
    assert datetime.fromisoformat(said["at"]).tzinfo == UTC
    following = world.get("/api/v1/audit", limit=1, cursor=first["next"])
    assert following["items"][0]["action"] == "token_created"
