"""A broker that says what a test wants and nothing else, for what a real one cannot be made to say."""

import socket
import threading
from types import TracebackType
from typing import Final, Self

CONNACK: Final = bytes([0x20, 2, 0, 0])


class ScriptedBroker:
    """Answers each connection's first packets with the next of `scripts`, then stays silent until it is left."""

    def __init__(self, *scripts: bytes) -> None:
        self._scripts = scripts
        self._server = socket.create_server(("127.0.0.1", 0))
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"

    def _serve(self) -> None:
        connections = []
        for script in self._scripts:
            try:
                connection, _ = self._server.accept()
            except OSError:
                break
            connections.append(connection)
            connection.recv(4096)
            connection.sendall(script)
        self._left.wait(60)
        for connection in connections:
            connection.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)
