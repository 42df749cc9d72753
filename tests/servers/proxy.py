"""A proxy before an HTTP server, that passes requests on, or answers by itself as a test tells it.

Notes what was asked. Knows nothing of what the server is.
"""

import gzip
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_PASSED_ON: Final = ("Authorization", "Content-Type", "Content-Encoding", "Accept")
_PATIENCE_S: Final = 30.0


class Reply(NamedTuple):
    """An answer; `hangs_up` instead of one."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = {}
    hangs_up: bool = False
    passes_on_first: bool = False
    """The server has done it all the same."""


class Seen(NamedTuple):
    """A request; its body is unpacked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Proxy:
    """Before the server at `target` (`http://host:port`); with `tls` it speaks that to whoever asks."""

    def __init__(self, target: str, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self.replies: deque[Reply] = deque()
        """What it answers next; then it passes on."""
        self.judge: Callable[[Seen], Reply | None] = lambda _: None
        """What it answers to a request when there are no replies left; None: it passes it on."""
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def answer(self, seen: Seen, body: bytes) -> Reply:
        """What a request gets, whose body is `body` as it came."""
        self.seen.append(seen)
        reply = self.replies.popleft() if self.replies else self.judge(seen)
        if reply is not None and not reply.passes_on_first:
            return reply
        passed = self._pass_on(seen, body)
        return reply or passed

    def _pass_on(self, seen: Seen, body: bytes) -> Reply:
        headers = {name: seen.headers[name] for name in _PASSED_ON if name in seen.headers}
        request = Request(self._target + seen.path, body or None, headers, method=seen.method)  # noqa: S310 # ours
        try:
            with urlopen(request, timeout=_PATIENCE_S) as response:  # noqa: S310 # likewise
                return Reply(response.status, response.read(), _kept(response.headers.items()))
        except HTTPError as error:
            with error:
                return Reply(error.code, error.read(), _kept(error.headers.items()))

    def writes(self) -> list[Seen]:
        """The writes that were asked for."""
        return [each for each in self.seen if each.path.startswith("/api/v2/write")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            reply = proxy.answer(Seen(self.command, self.path, dict(self.headers.items()), plain), body)
            if reply.hangs_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815 # as the library asks

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


def _kept(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    kept = ("content-type", "retry-after")
    return {name: value for name, value in headers if name.lower() in kept or name.lower().startswith("x-")}
