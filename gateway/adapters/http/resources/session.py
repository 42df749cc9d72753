"""Sessions of the ops board: a token is shown once, and a cookie that no script can read stands for it from then on."""

import secrets
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.adapters.http.answers import json_response
from gateway.adapters.http.desk import Act, Desk
from gateway.adapters.http.gate import COOKIE, SESSION_LASTS, Caller, Gate, caller_of
from gateway.adapters.http.models.events import LoggingIn, SessionView
from gateway.adapters.http.resources.asked import problems
from gateway.adapters.http.tokens import digest_of
from gateway.ports.access import SessionRow
from gateway.service.queries.goods_json import time_or_none
from gateway.tracking.instants import SECOND, Instant

_PATH: Final = "/api/v1/session"


def add(router: APIRouter, desk: Desk, gate: Gate) -> None:
    """Begin, look at, and end a session."""

    @router.post(_PATH, response_model=SessionView, responses=problems(413), tags=["session"])
    async def log_in(request: Request, said: LoggingIn) -> Response:
        """Begin a session: the answer sets a cookie, and says what unsafe requests are to repeat."""
        caller = await gate.by_token(request, said.token)
        secret = secrets.token_urlsafe(32)
        session = await run_in_threadpool(_begin, desk, caller, secret)
        response = json_response(_told(caller._replace(session=session)))
        response.set_cookie(
            COOKIE,
            secret,
            max_age=SESSION_LASTS // SECOND,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    _ongoing(router, desk, gate)


def _ongoing(router: APIRouter, desk: Desk, gate: Gate) -> None:
    @router.get(_PATH, response_model=SessionView, responses=problems(), tags=["session"])
    async def session(request: Request) -> Response:
        """Say who asks, and what the unsafe requests of a session are to repeat."""
        return json_response(_told(caller_of(request)))

    @router.delete(
        _PATH,
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        responses=problems(),
        tags=["session"],
    )
    async def log_out(request: Request) -> Response:
        """End the session."""
        caller = caller_of(request)
        if caller.session is not None:
            gate.forget(request.cookies.get(COOKIE, ""))
            await run_in_threadpool(_end, desk, caller, caller.session)
        response = Response(status_code=HTTPStatus.NO_CONTENT)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response


def _begin(desk: Desk, caller: Caller, secret: str) -> SessionRow:
    now = desk.now()
    row = SessionRow(
        digest_of(secret), caller.token, secrets.token_urlsafe(24), now, Instant(now + SESSION_LASTS)
    )
    with desk.state.unit() as unit:
        unit.put_session(row)
        desk.record(unit, caller, Act("logged_in", caller.token), now)
    return row


def _end(desk: Desk, caller: Caller, session: SessionRow) -> None:
    with desk.state.unit() as unit:
        unit.end_session(session.digest)
        desk.record(unit, caller, Act("logged_out", caller.token), desk.now())


def _told(caller: Caller) -> dict[str, object]:
    session = caller.session
    return {
        "name": caller.name,
        "role": caller.role.value,
        "source": caller.source,
        "csrf": session.csrf if session else None,
        "expires_at": time_or_none(session.expires_at if session else None),
    }
