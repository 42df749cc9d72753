"""The HTTP server: uvicorn on one loop in a thread of its own, started and stopped with the gateway.

Its views read on connections of their own, in few threads; what it takes in goes to the one writer. The address is
bound when it is made, so that one that is taken is known before anything starts.
"""

import asyncio
import socket
import threading
from typing import Final

import anyio.to_thread
import structlog
import uvicorn

from gateway.adapters.http.application import application
from gateway.adapters.http.desk import Desk, Outside
from gateway.adapters.http.gate import Gate
from gateway.adapters.http.stream import CHANGES_KEPT, Tail
from gateway.tracking.instants import DAY, Instant

_LOG = structlog.get_logger(__name__)

_THREADS: Final = 3
"""Views that are worked on at once; more would only take turns at the interpreter."""
_BACKLOG: Final = 512
_STOP_WITHIN_S: Final = 3
_ANSWERS_KEPT: Final = 2 * DAY
"""How long an idempotency key is known."""


class HttpServer:
    """Made bound, not serving. `open_`: ask nobody for a token, which only the demo does.

    Raises:
        ValueError: the address cannot be bound.
    """

    def __init__(self, outside: Outside, host: str, port: int, *, open_: bool = False) -> None:
        self._outside = outside
        self._open = open_
        self._socket = _bound(host, port)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tail: Tail | None = None
        self._server: uvicorn.Server | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        bound = self._socket.getsockname()
        self.url = f"http://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}"

    def start(self) -> None:
        """Begin to serve, and return at once: who has connected is answered, perhaps a moment later."""
        self._thread.start()
        _LOG.info("http_listening", url=self.url, tokens="not asked for" if self._open else "asked for")

    def stop(self) -> None:
        """Let streams go, finish what is being answered, and close. Idempotent."""
        if self._thread.ident is None:
            self._socket.close()
            return
        self._ready.wait(_STOP_WITHIN_S)
        if self._loop is not None and self._tail is not None and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._tail.close(), self._loop)
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(2 * _STOP_WITHIN_S)

    def tidy(self) -> None:
        """Forget what has served its time: sessions, answers kept for repetitions, old changes.

        Raises:
            Unavailable: it is tried again.
        """
        now = self._outside.clock.now()
        with self._outside.state.unit() as unit:
            unit.expire(now, Instant(now - _ANSWERS_KEPT))
            unit.forget_changes(CHANGES_KEPT)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # noqa: BLE001 # a bug of ours or the server's must not end the gateway, which serves devices
            _LOG.exception("http_ended", remedy="devices are served; restart the gateway for the desk")
        finally:
            self._ready.set()
            self._socket.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        desk = Desk(self._outside)
        self._tail = Tail(desk)
        gate = Gate(self._outside.state, self._outside.clock, open_=self._open)
        config = uvicorn.Config(
            application(desk, gate, self._tail),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what matters we log ourselves
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_STOP_WITHIN_S,
            proxy_headers=True,
            forwarded_allow_ips="127.0.0.1",
        )
        self._server = uvicorn.Server(config)
        self._ready.set()
        desk.capturing.start()
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            desk.capturing.stop()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, else asyncio leaves Nagle's algorithm on, and answers wait 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)  # at once: until somebody listens, others may bind it too
    except OSError as error:
        listening.close()
        said = error.strerror or str(error)
        raise ValueError(
            f"http.host and http.port: {host}:{port} cannot be bound ({said}); choose another with"
            " RETURNS_HTTP__PORT or http.port"
        ) from None
    return listening
