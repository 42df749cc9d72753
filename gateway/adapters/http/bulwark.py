"""What surrounds every request: a limit to its size, headers of safety on its answer, and an end to its bugs.

The policy lets a page load only what the gateway itself serves, and run no inline script (W3C Content Security Policy
Level 3): what comes from a device may be shown, and can do nothing. Images alone may come from elsewhere, from the one
origin of a tile server, where there is one.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.adapters.http.problems import Problem, problem_of
from gateway.settings import Tiles

_LOG = structlog.get_logger(__name__)

LARGEST_BODY: Final = 4 * 1024 * 1024
"""Bytes: five hundred messages of a usual size."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(self), microphone=()"),
)


def headers(tiles: Tiles | None) -> Sequence[tuple[bytes, bytes]]:
    """The headers of safety, with or without a tile server that images may come from."""
    policy = _POLICY.format(images="" if tiles is None else f" {tiles.origin}")
    return ((b"content-security-policy", policy.encode()), *_HEADERS)


class Bulwark:
    """An ASGI app around another."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY, tiles: Tiles | None = None) -> None:
        self._app = app
        self._largest = largest
        self._headers = headers(tiles)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(scope, receive, send, self._largest, self._headers)
        try:
            passage.check_length()
            await self._app(scope, passage.receive, passage.send)
        except Exception as error:  # noqa: BLE001 # a bug of ours answers 500, and the next request is served
            problem = problem_of(error)
            if not isinstance(error, Problem):
                _LOG.exception("request_failed", method=scope["method"], path=scope["path"])
            if not passage.begun:
                await problem.response()(scope, receive, passage.send)


class _Passage:
    """One request on its way through."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, largest: int, headers: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = headers
        self._left = largest
        self._largest = largest
        self._overrun = False
        self.begun = False

    def check_length(self) -> None:
        """Refuse what says of itself that it is too large.

        Raises:
            Problem: 413.
        """
        for name, value in self._scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._largest:
                raise self._too_large()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                self._overrun = True
                raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        if self._overrun:
            await self._refuse()
            return
        if message["type"] == "http.response.start":
            self.begun = True
            said: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
            names = {name.lower() for name, _ in said}
            message = {**message, "headers": said + [each for each in self._headers if each[0] not in names]}
        await self._send(message)

    async def _refuse(self) -> None:
        """Say why the body was not read on, whatever the framework makes of its not having been."""
        if not self.begun:
            self._overrun, self.begun = False, True
            await self._too_large().response()(self._scope, self._receive, self.send)
            self._overrun = True

    def _too_large(self) -> Problem:
        return Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too-large",
            f"the body is larger than {self._largest} bytes; send less at once",
            headers={"Connection": "close"},
        )
