"""Who is asking, and whether they may: before anything of a request is read, by the tables of `rights`.

A bearer token for programs; for the board a session in a cookie, whose unsafe requests must repeat what only its own
pages know. Secrets are looked up by their digests, and good ones remembered for a second.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import structlog
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from gateway.adapters.http.failures import Failures
from gateway.adapters.http.metrics import Metrics
from gateway.adapters.http.problems import Problem, problem_of
from gateway.adapters.http.rights import PUBLIC, RIGHTS, ROUTES, Action, Role, may
from gateway.adapters.http.tokens import digest_of
from gateway.ports.access import SessionRow
from gateway.ports.desk import DeskState
from gateway.ports.line import Clock
from gateway.ports.state import Unavailable
from gateway.tracking.instants import SECOND, Duration, Instant

_LOG = structlog.get_logger(__name__)

COOKIE: Final = "returns_session"
CSRF_HEADER: Final = "X-CSRF-Token"
SESSION_LASTS: Final = Duration(12 * 3600 * SECOND)
"""A shift: then the token is asked for again."""
_REMEMBERED_S: Final = 1.0
"""A token that is revoked is good for at most so long."""
_REMEMBERED: Final = 1_000
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_SECRET: Final = 256


class Caller(NamedTuple):
    """Who asks: the token that they showed, or whose session it is."""

    token: str
    name: str
    role: Role
    source: str | None = None
    session: SessionRow | None = None


ANYBODY: Final = Caller("", "anybody", Role.VIEWER)
"""Who asks for what is public; the role opens nothing, for nothing else is asked of it."""
DEMONSTRATOR: Final = Caller("demo", "demo", Role.ADMIN)
"""Everybody, in the demo."""


class Gate:
    """Lets requests in. `open_`: the demo's, which asks nobody."""

    def __init__(self, state: DeskState, clock: Clock, *, open_: bool) -> None:
        self._state = state
        self._clock = clock
        self._open = open_
        self._failures = Failures()
        self._known: OrderedDict[tuple[str, str], tuple[float, Caller]] = OrderedDict()

    async def admit(self, request: Request, path: str) -> Caller:
        """The caller of a request to a route.

        Raises:
            Problem: 401, 403 or 429.
            Unavailable: it cannot be known now.
        """
        action = ROUTES.get((request.method, path))
        if action in PUBLIC:
            return ANYBODY
        caller = DEMONSTRATOR if self._open else await self._caller(request)
        if action is None or not may(caller.role, action):
            raise _forbidden(action, caller)
        if caller.session is not None and request.method not in _SAFE:
            _check_csrf(request, caller.session)
        return caller

    async def admits_still(self, request: Request, path: str) -> bool:
        """Whether the caller of a request that was let in would be let in again: tokens are revoked, sessions end."""
        try:
            await self.admit(request, path)
        except Unavailable:
            return True  # nobody can know now; it is asked again
        except Problem:
            return False
        return True

    async def by_token(self, request: Request, secret: str) -> Caller:
        """Whose token a secret is.

        Raises:
            Problem: it is none in force.
        """
        found = await self._found("token", secret)
        if found is None:
            raise self._refused(
                request, "the token is none, or was revoked; ask your administrator for another"
            )
        return found

    def forget(self, secret: str) -> None:
        """A session has ended."""
        self._known.pop(("session", secret), None)

    async def _caller(self, request: Request) -> Caller:
        said = request.headers.get("Authorization")
        if said is not None:
            scheme, _, secret = said.partition(" ")
            if scheme.lower() != "bearer" or not secret:
                raise self._refused(request, "Authorization is to be: Bearer <token>")
            return await self.by_token(request, secret.strip())
        cookie = request.cookies.get(COOKIE)
        if cookie is None:
            raise _unauthorized("show a token: Authorization: Bearer <token>")
        found = await self._found("session", cookie)
        if found is None:
            raise self._refused(request, "the session has ended; log in again")
        return found

    async def _found(self, kind: str, secret: str) -> Caller | None:
        if len(secret) > _LONGEST_SECRET:
            return None
        key = (kind, secret)
        known = self._known.get(key)
        if known is not None and time.monotonic() - known[0] < _REMEMBERED_S:
            return known[1]
        look = self._by_token if kind == "token" else self._by_session
        found = await run_in_threadpool(look, digest_of(secret))
        if found is not None:
            self._known[key] = (time.monotonic(), found)
            self._known.move_to_end(key)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _by_token(self, digest: str) -> Caller | None:
        with self._state.reader() as unit:
            row = unit.token_of(digest)
        if row is None or row.revoked_at is not None:
            return None
        return Caller(row.id, row.name, Role(row.role), row.source)

    def _by_session(self, digest: str) -> Caller | None:
        with self._state.reader() as unit:
            session = unit.session_of(digest)
            row = unit.token(session.token) if session is not None else None
        if session is None or row is None or row.revoked_at is not None or self._ended(session.expires_at):
            return None
        return Caller(row.id, row.name, Role(row.role), row.source, session)

    def _ended(self, at: Instant) -> bool:
        return at <= self._clock.now()

    def _refused(self, request: Request, detail: str) -> Problem:
        """Count the failure; too many in a row are told to wait."""
        address = request.client.host if request.client else ""
        wait_s = self._failures.failed(address, time.monotonic())
        _LOG.warning("access_refused", address=address, path=request.url.path, reason=detail)
        if wait_s:
            seconds = str(int(wait_s) + 1)
            return Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too-many-failures",
                f"too many attempts with a wrong token; wait {seconds} s",
                headers={"Retry-After": seconds},
            )
        return _unauthorized(detail)


def _unauthorized(detail: str) -> Problem:
    challenge = {"WWW-Authenticate": 'Bearer realm="returns-gateway"'}
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", detail, headers=challenge)


def _forbidden(action: Action | None, caller: Caller) -> Problem:
    allowed = sorted(role.value for role in RIGHTS.get(action, ())) if action else []
    who = " or ".join(allowed) or "nobody"
    detail = f"{caller.name} is {caller.role}, and this is for {who}; ask your administrator for such a token"
    return Problem(HTTPStatus.FORBIDDEN, "forbidden", detail)


def _check_csrf(request: Request, session: SessionRow) -> None:
    if not secrets.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), session.csrf.encode()):
        detail = f"send {CSRF_HEADER} with what GET /api/v1/session says; this may be a page that is not ours"
        raise Problem(HTTPStatus.FORBIDDEN, "csrf", detail)


def caller_of(request: Request) -> Caller:
    """Who asks, of a request that was let in."""
    caller: Caller = request.state.caller
    return caller


class GuardedRoute(APIRoute):
    """A route behind the gate of its app: nothing of a request's body is read before it was let in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        path = self.path_format

        async def guarded(request: Request) -> Response:
            gate: Gate = request.app.state.gate
            begun = time.monotonic()
            status = HTTPStatus.INTERNAL_SERVER_ERROR.value
            try:
                request.state.caller = await gate.admit(request, path)
                response = await answer(request)
                status = response.status_code
            except Exception as error:
                status = problem_of(error).status.value
                raise
            finally:
                metrics: Metrics = request.app.state.metrics
                metrics.answered(request.method, path, status, time.monotonic() - begun)
            return response

        return guarded
