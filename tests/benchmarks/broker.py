"""A real Mosquitto for benchmarks, and a publisher fast enough to be no part of what is measured."""

import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which

WINDOW = 1_000
"""Publications on their way at once, unanswered by the broker."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def mosquitto() -> Iterator[int]:
    """A Mosquitto on a free port of loopback, its queues unbounded and Nagle off, as shipped; yields the port."""
    program = which("mosquitto") or "/usr/sbin/mosquitto"
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "mosquitto.conf")
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            "max_inflight_messages 0\nset_tcp_nodelay true\npersistence false\n"
        )
        server = subprocess.Popen(
            [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            await_port(port)
            yield port
        finally:
            server.terminate()
            server.wait()


def await_port(port: int, within_s: float = 10.0) -> None:
    """Until something listens there.

    Raises:
        TimeoutError: nothing does.
    """
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    said = f"nothing listens on port {port}"
    raise TimeoutError(said)


class Publisher:
    """MQTT 3.1.1 at QoS 1 with frames made beforehand: some µs a message, where a client library takes tens."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = name.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack(">H", len(client)) + client
        self._socket.sendall(b"\x10" + _length(len(body)) + body)
        if self._socket.recv(4) != b"\x20\x02\x00\x00":
            raise ConnectionError
        self._answered = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def publish(self, topic: str, payloads: Sequence[bytes], per_second: float | None = None) -> list[float]:
        """Publish these, at most `WINDOW` unanswered at once; when each was sent, in seconds of `time.perf_counter`."""
        frames = [_frame(topic, payload, index % 65_000 + 1) for index, payload in enumerate(payloads)]
        sent: list[float] = []
        began, before, step = time.perf_counter(), self._answered, 50 if per_second is None else 1
        for index in range(0, len(frames), step):
            with self._changed:
                self._changed.wait_for(lambda at=index: at - (self._answered - before) < WINDOW)  # type: ignore[misc]
            if per_second is not None:
                # The pace itself: the next is due at an instant, whatever happens meanwhile.
                time.sleep(max(0.0, began + index / per_second - time.perf_counter()))
            sent.extend([time.perf_counter()] * len(frames[index : index + step]))
            self._socket.sendall(b"".join(frames[index : index + step]))
        return sent

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> None:
        left = b""
        while data := self._receive():
            left += data
            with self._changed:
                self._answered += len(left) // 4
                self._changed.notify()
            left = left[len(left) // 4 * 4 :]

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65_536)
        except OSError:
            return b""


def _frame(topic: str, payload: bytes, mid: int) -> bytes:
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", mid) + payload
    return b"\x32" + _length(len(body)) + body


def _length(size: int) -> bytes:
    encoded = bytearray()
    while True:
        size, digit = divmod(size, 128)
        encoded.append(digit | (128 if size else 0))
        if not size:
            return bytes(encoded)
