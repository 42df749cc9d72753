"""Serving the desk: uvicorn on one loop, until told to stop.

Imported only in the server's own thread, for the web takes long to import and to build.
"""

import asyncio
import socket
from typing import Final

import anyio.to_thread
import uvicorn

from gateway.adapters.http.application import application
from gateway.adapters.http.desk import Desk
from gateway.adapters.http.gate import Gate
from gateway.adapters.http.outside import Outside
from gateway.adapters.http.stream import Tail
from gateway.settings import Tiles

_THREADS: Final = 3
"""Views that are worked on at once; more would only take turns at the interpreter."""


class Serving:
    """The desk on a listening socket. `run` in one thread; `stop` from any, once or more.

    `open_`: ask nobody for a token; `within_s`: so long a stop waits; `tiles`: the tile server of its maps.
    """

    def __init__(
        self,
        outside: Outside,
        listening: socket.socket,
        *,
        open_: bool,
        within_s: int,
        tiles: Tiles | None = None,
    ) -> None:
        self._socket = listening
        self._loop = asyncio.new_event_loop()
        self._desk = Desk(outside)
        self._tail = Tail(self._desk)
        gate = Gate(outside.state, outside.clock, open_=open_)
        config = uvicorn.Config(
            application(self._desk, gate, self._tail, tiles),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what matters we log ourselves
            access_log=False,
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=within_s,
            proxy_headers=True,
            forwarded_allow_ips="127.0.0.1",
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve; returns when stopped."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        """Let streams go, and finish what is being answered."""
        if not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._tail.close(), self._loop)
        self._server.should_exit = True

    async def _serve(self) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        self._desk.capturing.start()
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._desk.capturing.stop()
