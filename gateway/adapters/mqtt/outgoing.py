"""What one connection has to send: acknowledgements, and publications until the broker has answered for them.

Belongs to one connection and ends with it: nothing is carried over to the next, where the broker counts message
ids anew. So an acknowledgement can never reach a message that it was not meant for, and nothing piles up while
there is no connection. No I/O: the network thread asks for bytes and says how many it has sent.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from gateway.adapters.mqtt import frames
from gateway.adapters.mqtt.frames import Room
from gateway.ports.delivery import Publication, Published

_LAST_MID: Final = 65535
_CHUNK: Final = 64 * 1024


class Handle:
    """Follows one publication."""

    __slots__ = ("_changed", "outcome")

    def __init__(self, changed: threading.Condition, outcome: Published | None = None) -> None:
        self._changed = changed
        self.outcome = outcome
        """None until it is known."""

    def wait(self, timeout_s: float) -> Published:
        """The outcome, `UNCONFIRMED` if it is not known in time."""
        if self.outcome is None:
            with self._changed:
                self._changed.wait_for(lambda: self.outcome is not None, timeout_s)
        return self.outcome or Published.UNCONFIRMED


class Outbox:
    """Thread-safe. `wake` tells the network thread that there is something to send.

    At most `window` publications are unanswered at a time (a version 5 broker names its own limit); as many
    more as there is `room` for wait their turn. `last_mid` is the latest message id that this connection has used.
    """

    def __init__(
        self, wake: Callable[[], None], room: Room, window: int, *, last_mid: int, version5: bool
    ) -> None:
        self._wake = wake
        self._room = room
        self._window = min(window, _LAST_MID)
        self._version5 = version5
        self._lock = threading.Lock()
        self._answered = threading.Condition(self._lock)
        self._bytes = bytearray()
        self._waiting: deque[tuple[Handle, Publication]] = deque()
        self._waiting_size = 0
        self._unanswered: dict[int, Handle] = {}
        self._mid = last_mid
        self._closed = False

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Sends these acknowledgements, in this order. Without effect once the connection has ended."""
        self.write(frames.pubacks(mids))

    def write(self, data: bytes) -> None:
        """Sends bytes as they are, after what is to be sent already."""
        with self._lock:
            if self._closed or not data:
                return
            self._bytes += data
        self._wake()

    def publish(self, messages: Sequence[Publication]) -> list[Handle]:
        """Sends these messages in this order; those that there is no room for are `UNCONFIRMED` at once.

        Raises:
            ValueError: a topic that no broker would take; none of the messages is sent.
        """
        for message in messages:
            _check(message.topic)
        with self._lock:
            handles = [self._accept(message) for message in messages]
            self._advance()
        self._wake()
        return handles

    def _accept(self, message: Publication) -> Handle:
        held = len(self._waiting) + len(self._unanswered)
        size = self._waiting_size + len(self._bytes)
        if self._closed or held >= self._room.messages or size >= self._room.size:
            return Handle(self._answered, Published.UNCONFIRMED)
        handle = Handle(self._answered)
        self._waiting.append((handle, message))
        self._waiting_size += len(message.payload)
        return handle

    def _advance(self) -> None:
        while self._waiting and len(self._unanswered) < self._window:
            handle, message = self._waiting.popleft()
            self._waiting_size -= len(message.payload)
            mid = self._next_mid()
            self._unanswered[mid] = handle
            self._bytes += frames.publish(
                message.topic, message.payload, mid, retain=message.retain, version5=self._version5
            )

    def _next_mid(self) -> int:
        self._mid = self._mid % _LAST_MID + 1
        while self._mid in self._unanswered:
            self._mid = self._mid % _LAST_MID + 1
        return self._mid

    def confirmed(self, answers: Iterable[tuple[int, int]]) -> None:
        """Takes in the broker's answers: (message id, reason code)."""
        with self._lock:
            for mid, reason in answers:
                handle = self._unanswered.pop(mid, None)
                if handle is not None:
                    handle.outcome = Published.REFUSED if reason >= 0x80 else Published.CONFIRMED
            self._advance()
            self._answered.notify_all()

    def pending(self) -> bytes:
        """The next bytes to send; `sent` says how many of them went."""
        with self._lock:
            return bytes(self._bytes[:_CHUNK])

    def sent(self, count: int) -> None:
        with self._lock:
            del self._bytes[:count]

    @property
    def wants_to_write(self) -> bool:
        return bool(self._bytes)

    @property
    def idle(self) -> bool:
        """Everything is sent and answered."""
        return not (self._bytes or self._waiting or self._unanswered)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._unanswered)

    def close(self) -> None:
        """The connection has ended: what is not answered stays so, and nothing more is taken."""
        with self._lock:
            self._closed = True
            for handle in (*(handle for handle, _ in self._waiting), *self._unanswered.values()):
                handle.outcome = Published.UNCONFIRMED
            self._waiting.clear()
            self._unanswered.clear()
            self._bytes.clear()
            self._answered.notify_all()


def _check(topic: str) -> None:
    """A broker ends the connection over such a topic, and would again each time that it is sent."""
    if not topic or len(topic) > 0xFFFF // 4 or "+" in topic or "#" in topic or "\0" in topic:
        raise ValueError(
            f"{topic[:80]!r} is no topic to publish on: 1 to 16383 characters, no wildcard, no NUL"
        )
