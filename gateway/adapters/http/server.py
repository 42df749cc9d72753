"""The HTTP server: uvicorn on one loop in a thread of its own, started and stopped with the gateway.

Its views read on connections of their own, in few threads; what it takes in goes to the one writer. The address is
bound when it is made, so that one that is taken is known before anything starts.
"""

import socket
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Final

import structlog

from gateway.adapters.http.outside import CHANGES_KEPT, Outside
from gateway.settings import Tiles
from gateway.tracking.instants import DAY, Instant

if TYPE_CHECKING:
    from gateway.adapters.http.serving import Serving

_LOG = structlog.get_logger(__name__)

_BACKLOG: Final = 512
_STOP_WITHIN_S: Final = 3
_ANSWERS_KEPT: Final = 2 * DAY
"""How long an idempotency key is known."""


class HttpServer:
    """Made bound, not serving. `open_`: ask nobody for a token, which only the demo does. `tiles`: for the maps.

    Raises:
        ValueError: the address cannot be bound.
    """

    def __init__(
        self, outside: Outside, host: str, port: int, *, open_: bool = False, tiles: Tiles | None = None
    ) -> None:
        self._outside = outside
        self._open = open_
        self._tiles = tiles
        self._socket = _bound(host, port)
        self._serving: Serving | None = None
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
        if self._serving is not None:
            self._serving.stop()
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
            # Here and not above: importing and building the API takes longer than all else, and devices go first.
            serving = import_module("gateway.adapters.http.serving")
            self._serving = serving.Serving(
                self._outside, self._socket, open_=self._open, within_s=_STOP_WITHIN_S, tiles=self._tiles
            )
            self._ready.set()
            _LOG.info("http_serving", url=self.url)
            self._serving.run()
        except Exception:  # noqa: BLE001 # a bug of ours or the server's must not end the gateway, which serves devices
            _LOG.exception("http_ended", remedy="devices are served; restart the gateway for the desk")
        finally:
            self._ready.set()
            self._socket.close()


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
