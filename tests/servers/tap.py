"""A TCP proxy before a broker: shows what a client really sent, and cuts connections.

Counts MQTT packets by type in the direction from client to broker.
"""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

PUBLISH: Final = 3
PUBACK: Final = 4
PINGREQ: Final = 12
DISCONNECT: Final = 14


class Tap:
    """Listens on `port` from entering to leaving, and forwards to the broker's port."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.sent: Counter[int] = Counter()
        """Packets from clients so far, by type."""
        self.connections = 0
        self._left = False
        self._changed = threading.Condition()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Waits until the condition holds, looking again after each packet; whether it does."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def cut(self) -> None:
        """Ends all connections as a failing network would: neither side has said goodbye."""
        with self._changed:
            ending, self._open = self._open, []
        for sock in ending:
            with contextlib.suppress(OSError):  # the other end may have been faster
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self._broker_port))
            except OSError:
                client.close()
                continue
            with self._changed:
                self._open += [client, broker]
                self.connections += 1
            count = _Packets(self._count)
            self._spawn(self._copy, client, broker, count.feed)
            self._spawn(self._copy, broker, client, lambda _data: None)
            if self._left:  # too late to be cut
                self.cut()

    def _copy(self, source: socket.socket, target: socket.socket, see: Callable[[bytes], None]) -> None:
        with contextlib.suppress(OSError):  # either end may close at any time: then this direction is over
            while data := source.recv(65536):
                target.sendall(data)
                see(data)
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        source.close()

    def _count(self, kind: int) -> None:
        with self._changed:
            self.sent[kind] += 1
            self._changed.notify_all()

    def _spawn(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = True
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()
        for thread in list(self._threads):
            thread.join(5)


class _Packets:
    """Cuts a stream into MQTT packets and tells their types."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._rest = b""

    def feed(self, data: bytes) -> None:
        self._rest += data
        while (end := self._end()) is not None:
            self._tell(self._rest[0] >> 4)
            self._rest = self._rest[end:]

    def _end(self) -> int | None:
        length = 0
        for digit, byte in enumerate(self._rest[1:5]):
            length |= (byte & 0x7F) << (7 * digit)
            if not byte & 0x80:
                end = 2 + digit + length
                return end if end <= len(self._rest) else None
        return None
