"""The bounded place between paho's thread, which puts, and the one writer, which takes.

Holds messages that nobody has acknowledged yet. When it is full, putting waits, and so does the reading of the
socket. Knows neither sockets nor what a message means.
"""

import threading
from collections import deque
from typing import Final, NamedTuple

from gateway.tracking.instants import Instant

LINGER_S: Final = 0.002
"""After the first message, how long to wait for company: a transaction costs about as much."""


class Delivery(NamedTuple):
    """One message as the broker delivered it, not yet acknowledged; `mid` and `qos` mean something to `connection`."""

    topic: str
    payload: bytes
    retained: bool
    received_at: Instant
    connection: int
    mid: int
    qos: int


class Inbox:
    """At most `messages` and `size` bytes of payload; one message more may be held, so that a large one fits."""

    def __init__(self, messages: int, size: int, linger_s: float = LINGER_S) -> None:
        self._messages = messages
        self._bytes = size
        self._linger_s = linger_s
        self._held: deque[Delivery] = deque()
        self._size = 0
        self._closed = False
        self._woken = False
        self._wanted = 0
        lock = threading.Lock()
        self._arrived = threading.Condition(lock)
        self._room = threading.Condition(lock)

    def __len__(self) -> int:
        return len(self._held)

    def put(self, delivery: Delivery) -> bool:
        """Holds the message, once there is room. False: it is closed, and the message is for the broker to keep."""
        with self._room:
            while self._full() and not self._closed:
                self._room.wait()
            if self._closed:
                return False
            self._held.append(delivery)
            self._size += len(delivery.payload)
            if 0 < self._wanted <= len(self._held):
                self._arrived.notify()
            return True

    def _full(self) -> bool:
        return len(self._held) >= self._messages or self._size >= self._bytes

    def take(self, max_items: int, max_wait_s: float) -> list[Delivery]:
        """The oldest messages, at most `max_items`: at once if there are as many, else after a short wait for
        company. None within `max_wait_s`, or a `wake`, gives what there is, perhaps nothing.
        """
        with self._arrived:
            self._await(1, max_wait_s)
            if self._held:
                self._await(max_items, self._linger_s)
            self._woken = False
            taken = [self._held.popleft() for _ in range(min(max_items, len(self._held)))]
            self._size -= sum([len(delivery.payload) for delivery in taken])
            if taken:
                self._room.notify()
        return taken

    def _await(self, wanted: int, timeout_s: float) -> None:
        self._wanted = wanted
        self._arrived.wait_for(lambda: len(self._held) >= wanted or self._woken or self._full(), timeout_s)
        self._wanted = 0

    def wake(self) -> None:
        """Lets the present `take`, or else the next, return at once."""
        with self._arrived:
            self._woken = True
            self._arrived.notify()

    def close(self) -> None:
        """Holds nothing more until `open`; what is held can still be taken."""
        with self._room:
            self._closed = True
            self._room.notify_all()

    def open(self) -> None:
        with self._room:
            self._closed = False

    def clear(self) -> None:
        """Forgets what is held: the broker delivers it again."""
        with self._room:
            self._held.clear()
            self._size = 0
            self._room.notify()
