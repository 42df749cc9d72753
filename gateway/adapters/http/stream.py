"""Server-sent events (WHATWG HTML, 9.2): what changes is read once and shared by all who follow.

One reader follows the logs of the state store while anybody listens, and keeps the latest frames. Each listener goes
through them at its own pace; one that falls further behind than they are kept is told to load anew. A listener that
comes back with Last-Event-ID is caught up from the logs first. The gateway's writer knows of none of this.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.adapters.http.desk import Desk
from gateway.ports.desk import Marks
from gateway.ports.state import Unavailable
from gateway.service.queries.changes import NOTHING, Frame, What, distance, frames, place_text

_LOG = structlog.get_logger(__name__)

LISTENERS: Final = 500
POLL_S: Final = 0.5
ROWS: Final = 400
"""Rows of each log that are read at once."""
KEPT: Final = 2_000
KEPT_BYTES: Final = 8 * 1024 * 1024
FURTHEST: Final = 20_000
"""Rows of the logs that a listener is caught up by; one that was away longer loads anew."""
STUCK_S: Final = 30.0
"""A listener that takes nothing for so long is let go."""
OLDEST_S: Final = 900.0
"""After so long a listener is to come back, and show its token again."""
CHECK_S: Final = 10.0
"""So often it is asked whether a listener may still listen: its token may be revoked, its session have ended. After so
much silence a comment is sent, so that proxies and listeners know that the stream lives.
"""
_CHUNK: Final = 64


class _Kept(NamedTuple):
    frame: Frame
    text: bytes


class Tail:
    """The newest frames, numbered as they came. For the server's loop only."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: deque[_Kept] = deque()
        self._size = 0
        self._first = 0
        self._head: Marks | None = None
        self._listeners = 0
        self._changed = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None
        self._closed = False
        self._read = desk.spent.counted(self._read_page)

    @property
    def listeners(self) -> int:
        return self._listeners

    @property
    def closed(self) -> bool:
        return self._closed

    def full(self) -> bool:
        """Whether there is no room for one more listener."""
        return self._listeners >= LISTENERS or self._closed

    async def close(self) -> None:
        """Let all listeners go."""
        self._closed = True
        if self._reading is not None:
            self._reading.cancel()
        async with self._changed:
            self._changed.notify_all()

    async def enter(self) -> tuple[Marks, int]:
        """One more listener: where the frames to come begin, in the logs and by number.

        Raises:
            Unavailable: the state store cannot be read.
        """
        if self._head is None:
            head = await run_in_threadpool(self._marks)
            if self._head is None:
                self._head = head
        self._listeners += 1
        if self._reading is None:
            self._reading = asyncio.create_task(self._follow())
        return self._head, self._first + len(self._kept)

    def leave(self) -> None:
        """A listener has gone; with the last the reading stops."""
        self._listeners -= 1
        if self._listeners == 0 and self._reading is not None:
            self._reading.cancel()
            self._reading = None
            self._first += len(self._kept)
            self._kept.clear()
            self._size = 0
            self._head = None

    @property
    def head(self) -> tuple[Marks | None, int]:
        """The place of the newest frame, and the number of the next."""
        return self._head, self._first + len(self._kept)

    def since(self, number: int) -> Sequence[_Kept] | None:
        """Some of the frames from this number on; None where they are not kept any more."""
        begin = number - self._first
        if begin < 0:
            return None
        return [self._kept[index] for index in range(begin, min(begin + _CHUNK, len(self._kept)))]

    async def wait(self, number: int, timeout_s: float) -> None:
        """Return once there is a frame of this number, or after a time, or when all is closed."""

        def there() -> bool:
            return self._closed or self._first + len(self._kept) > number

        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(there), timeout_s)
            except TimeoutError:
                return

    async def caught_up(self, since: Marks, upto: Marks) -> list[Frame]:
        """The next frames between two places."""
        found, _ = await run_in_threadpool(self._read, since, upto)
        return found

    async def _follow(self) -> None:
        while True:
            try:
                more = await self._step()
            except Unavailable as error:
                _LOG.warning(
                    "stream_waits", reason=str(error), remedy="it goes on when the state store serves"
                )
                more = False
            wait_s = 0.0 if more else POLL_S
            await asyncio.sleep(max(wait_s, min(self._desk.pace.wait_s(), 2 * POLL_S)))

    async def _step(self) -> bool:
        """Read what is new. Returns whether there may be more at once."""
        head = self._head
        if head is None:
            return False
        found, end = await run_in_threadpool(self._read, head, None)
        if found:
            self._head = found[-1].place
            self._keep(found)
            async with self._changed:
                self._changed.notify_all()
        return bool(found) and self._head != end

    def _keep(self, found: Sequence[Frame]) -> None:
        for frame in found:
            kept = _Kept(frame, rendered(frame))
            self._kept.append(kept)
            self._size += len(kept.text)
        while len(self._kept) > KEPT or (self._size > KEPT_BYTES and len(self._kept) > 1):
            self._size -= len(self._kept.popleft().text)
            self._first += 1

    def _marks(self) -> Marks:
        with self._desk.reader() as unit:
            return unit.marks_now()

    def _read_page(self, since: Marks, upto: Marks | None) -> tuple[list[Frame], Marks]:
        """The next frames after a place, up to another or the newest, and which that is."""
        with self._desk.reader() as unit:
            end = upto or unit.marks_now()
            return ([] if since == end else list(frames(unit, since, end, ROWS))), end


def rendered(frame: Frame) -> bytes:
    """The frame as it is sent; nothing, where it says nothing. Our JSON has no line breaks: its data is one line."""
    if frame.data == NOTHING:
        return b""
    return _event(frame.what.value, place_text(frame.place), frame.data)


def _event(what: str, id_: str, data: bytes) -> bytes:
    return b"event: %s\nid: %s\ndata: %s\n\n" % (what.encode(), id_.encode(), data)


class Listening(Response):
    """One listener's answer. `since`: the place it says it has heard up to; `only`: what it wants to hear of.

    `allowed` says whether it may still listen.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        tail: Tail,
        since: Marks | None,
        only: frozenset[What],
        allowed: Callable[[], Awaitable[bool]],
    ) -> None:
        super().__init__(None, 200, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._tail = tail
        self._since = since
        self._only = only
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 # as its base has it
        head, number = await self._tail.enter()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            talking = asyncio.ensure_future(self._talk(send, head, number))
            leaving = asyncio.ensure_future(_gone(receive))
            _, pending = await asyncio.wait({talking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            ended, _ = await asyncio.gather(talking, leaving, return_exceptions=True)
            if isinstance(ended, Exception):
                _LOG.info("listener_let_go", reason=f"{type(ended).__name__}: {ended}")
        finally:
            self._tail.leave()

    async def _talk(self, send: Send, head: Marks, number: int) -> None:
        checked = time.monotonic()
        until = checked + OLDEST_S
        await self._begin(send, head)
        tail = self._tail
        while not tail.closed and time.monotonic() < until:
            if time.monotonic() - checked >= CHECK_S:
                if not await self._allowed():
                    break
                checked = time.monotonic()
            kept = tail.since(number)
            if kept is None:
                place, number = tail.head
                await _say(send, reset(place or head))
                continue
            if not kept:
                await tail.wait(number, CHECK_S)
                if not tail.since(number):
                    await _say(send, b": quiet\n\n")
                continue
            number += len(kept)
            text = b"".join(each.text for each in kept if each.frame.what in self._only)
            if text:
                await _say(send, text)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, send: Send, head: Marks) -> None:
        """Say where the listener is, and bring it there, if it is not too far away."""
        away = 0 if self._since is None else distance(self._since, head)
        if away is None or away > FURTHEST:
            await _say(send, b"retry: 3000\n" + reset(head))
            return
        place = self._since or head
        await _say(send, b"retry: 3000\n" + _event("hello", place_text(place), b"{}"))
        while place != head:
            found = await self._tail.caught_up(place, head)
            if not found:
                return
            place = found[-1].place
            text = b"".join(rendered(each) for each in found if each.what in self._only)
            if text:
                await _say(send, text)


def reset(place: Marks) -> bytes:
    """What a listener hears that has missed something: all it knows is old, and from here on it is told again."""
    return _event("reset", place_text(place), b'{"remedy":"load anew; the stream goes on from here"}')


async def _say(send: Send, text: bytes) -> None:
    """Send, and let go who does not take it."""
    message = {"type": "http.response.body", "body": text, "more_body": True}
    await asyncio.wait_for(send(message), STUCK_S)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
