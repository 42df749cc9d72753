"""The way from the API to the one writer: posts wait beside the line's messages, and are taken first.

Bounded: when it is full, whoever posts is told to come again. A post is told of only after its commit.
"""

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Final, Generic

from gateway.ports.line import D, Line
from gateway.ports.posted import Posted

_MOST: Final = 2_000
_MOST_BYTES: Final = 16 * 1024 * 1024


class Taken(Enum):
    """What became of posts that were put."""

    WAITING = auto()
    FULL = auto()
    CLOSED = auto()


class PostedLine(Generic[D]):
    """A line that has posts too. `put` may be called from any thread, the rest as the line says."""

    def __init__(self, line: Line[D]) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._waiting: deque[Posted] = deque()
        self._size = 0
        self._closed = False

    def put(self, posts: Sequence[Posted]) -> Taken:
        """Let these wait for the writer: all or none."""
        size = sum(len(each.payload) for each in posts)
        with self._lock:
            if self._closed:
                return Taken.CLOSED
            full = len(self._waiting) + len(posts) > _MOST or self._size + size > _MOST_BYTES
            if full and self._waiting:
                return Taken.FULL
            self._waiting.extend(posts)
            self._size += size
        self._line.wake()
        return Taken.WAITING

    def close(self) -> None:
        """Take no more posts; those that wait are still handed out."""
        with self._lock:
            self._closed = True

    def take(self, max_items: int, max_wait_s: float) -> Sequence[D | Posted]:
        with self._lock:
            posts = [self._waiting.popleft() for _ in range(min(max_items, len(self._waiting)))]
            self._size -= sum(len(each.payload) for each in posts)
        if not posts:
            return self._line.take(max_items, max_wait_s)
        if len(posts) == max_items:
            return posts
        return [*posts, *self._line.take(max_items - len(posts), 0.0)]

    def wake(self) -> None:
        self._line.wake()

    def ack(self, deliveries: Iterable[D | Posted]) -> None:
        self._line.ack(each for each in deliveries if not isinstance(each, Posted))

    def answer(self, receipts: Sequence[tuple[str, bytes]]) -> None:
        self._line.answer(receipts)

    def say(self, detail: Mapping[str, object]) -> None:
        self._line.say(detail)
