"""The desk gives way to the line: while much is taken in, requests get a share of the processor and wait for it.

Both run in one interpreter, which does one thing at a time, so what a request uses the writer lacks. The more messages
wait for each other in a unit of the writer, the smaller is the share. Used is what the desk's own threads spent of the
processor, by their own clocks; waiting costs nothing. While little is taken in nobody waits.
"""

import asyncio
import functools
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, ParamSpec, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.adapters.http.problems import unavailable

P = ParamSpec("P")
R = TypeVar("R")

LEAST: Final = 0.04
"""The share of one processor's time while the line brings more than the writer can take."""
MOST: Final = 0.4
"""While the line brings much, but the writer is done with each message before the next."""
GROWS: Final = 0.1
"""A second, at most: what the writer lacks it loses at once, and a line that brings much may pause for a moment."""
FULL: Final = 60
"""Messages in a unit when the writer has no rest: it takes up what came during the unit before."""
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

    `counts` are the writer's, by name: `accepted` events, `messages` and `units`, all of which only grow.
    """

    def __init__(self, counts: Callable[[], Mapping[str, float]], spent: Spent) -> None:
        self._counts = counts
        self._spent = spent
        self._at_seen, self._seen = time.monotonic(), counts()
        self._busy = False
        self._share = LEAST
        self._at, self._used = time.monotonic(), 0.0
        self._credit = _BURST_S

    @property
    def busy(self) -> bool:
        """Whether much was taken in when it was last looked."""
        return self._busy

    @property
    def share(self) -> float:
        """Of one processor's time, while the line is busy."""
        return self._share

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
        elapsed = now - self._at_seen
        if elapsed >= _LOOK_S:
            newest, seen = self._counts(), self._seen
            events, messages, units = (
                newest[name] - seen[name] for name in ("accepted", "messages", "units")
            )
            self._busy = events / elapsed > BUSY
            if units:
                fair = max(LEAST, MOST * (1.0 - messages / units / FULL))
                self._share = min(fair, self._share + GROWS * elapsed)
            self._at_seen, self._seen = now, newest


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
