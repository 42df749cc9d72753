"""The desk gives way to the line: while much is taken in, requests get a share of the processor and wait for it.

Both run in one interpreter, which does one thing at a time, so what a request uses the writer lacks. The share is part
of what the writer leaves idle, and a little where it leaves nothing. Used is what the desk's own threads spent of the
processor, by their own clocks; waiting costs nothing. While little is taken in nobody waits.
"""

import asyncio
import functools
import threading
import time
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.adapters.http.problems import unavailable

P = ParamSpec("P")
R = TypeVar("R")

LEAST: Final = 0.06
"""The share of one processor's time while the writer has no rest at all."""
OF_IDLE: Final = 0.5
"""The share of the time in which the writer waits for something to come, if that is more."""
BUSY: Final = 300.0
"""Events a second."""
_LOOK_S: Final = 0.1
_BURST_S: Final = 0.02
"""So much may be used at once after a rest: a view of the board needs some requests, and should not wait for each."""
_ADVANCE_S: Final = 0.001
_MOST_WAITING: Final = 200
_LONGEST_S: Final = 5.0
_NAP_S: Final = 0.25


class Spent:
    """Seconds of the processor that threads used in calls which are counted here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        return self._seconds

    def counted(self, function: Callable[P, R]) -> Callable[P, R]:
        """The same function, its use of the processor counted; not for what awaits."""

        @functools.wraps(function)
        def counting(*args: P.args, **kwargs: P.kwargs) -> R:
            begun = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                used = time.thread_time() - begun
                with self._lock:
                    self._seconds += used

        return counting


class Pace:
    """Decides how long to wait, by a credit that time earns and use spends. For the server's thread.

    `events` is how many events the line has brought so far, `idle_s` how many seconds the writer has waited for more.
    """

    def __init__(self, events: Callable[[], int], idle_s: Callable[[], float], spent: Spent) -> None:
        self._events = events
        self._idle_s = idle_s
        self._spent = spent
        self._seen = (time.monotonic(), events(), idle_s())
        self._busy = False
        self._share = LEAST
        self._at, self._used = time.monotonic(), 0.0
        self._credit = _BURST_S

    @property
    def busy(self) -> bool:
        """Whether much was taken in when it was last looked."""
        return self._busy

    @property
    def used(self) -> float:
        """Seconds of the processor that the desk had used when somebody last asked for a turn."""
        return self._used

    def wait_s(self) -> float:
        """Seconds until there is some credit: 0 while nobody has to wait."""
        now, used = time.monotonic(), time.thread_time() + self._spent.seconds
        self._look(now)
        earned, spent = (now - self._at) * self._share, used - self._used
        self._at, self._used = now, used
        self._credit = min(_BURST_S, self._credit + earned - spent) if self._busy else _BURST_S
        return max(0.0, -self._credit / self._share)

    def begin(self) -> None:
        """One more has its turn; what it uses is known only afterwards, so something is taken in advance."""
        self._credit -= _ADVANCE_S

    def _look(self, now: float) -> None:
        at, events, idle_s = self._seen
        if now - at >= _LOOK_S:
            newest, idled_s = self._events(), self._idle_s()
            self._busy = (newest - events) / (now - at) > BUSY
            self._share = max(LEAST, OF_IDLE * min(1.0, (idled_s - idle_s) / (now - at)))
            self._seen = (now, newest, idled_s)


class Courtesy:
    """An ASGI app around another, whose requests wait their turn."""

    def __init__(self, app: ASGIApp, pace: Pace) -> None:
        self._app = app
        self._pace = pace
        self._waiting = 0
        self._order = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not await self._turn():
            problem = unavailable("the gateway is taking in much just now; try again", after_s=5)
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _turn(self) -> bool:
        """Wait for a turn; whether it came."""
        if not self._waiting and self._pace.wait_s() == 0.0:
            self._pace.begin()
            return True
        if self._waiting >= _MOST_WAITING:
            return False
        self._waiting += 1
        until = time.monotonic() + _LONGEST_S
        try:
            async with self._order:
                while (wait_s := self._pace.wait_s()) > 0.0:
                    if time.monotonic() >= until:
                        return False
                    await asyncio.sleep(min(wait_s, _NAP_S))
                self._pace.begin()
                return True
        finally:
            self._waiting -= 1
