"""The bounded place between the network thread, which puts, and the one writer, which takes.

Holds messages that nobody has acknowledged yet. Decides only whether there is room; knows neither sockets nor
what a message means.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from gateway.adapters.mqtt.frames import Delivery, Room

LINGER_S: Final = 0.002
"""After the first message, how long to wait for company: a transaction costs about as much."""


class Inbox:
    """`on_room` is called, from the taking thread, once half of a full inbox is free again."""

    def __init__(self, room: Room, on_room: Callable[[], None], linger_s: float = LINGER_S) -> None:
        self._bound = room
        self._on_room = on_room
        self._linger_s = linger_s
        self._held: deque[Delivery] = deque()
        self._size = 0
        self._full = False
        self._paused = False
        self._woken = False
        self._wanted = 1
        self._changed = threading.Condition(threading.Lock())

    def __len__(self) -> int:
        return len(self._held)

    def room(self) -> Room:
        """What may still be put. Once it was full there is none until half of it is free."""
        with self._changed:
            room = Room(self._bound.messages - len(self._held), self._bound.size - self._size)
            self._full = self._full or room.messages <= 0 or room.size <= 0
            return Room(0, 0) if self._full or self._paused else room

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Holds what there was `room` for."""
        if not deliveries:
            return
        with self._changed:
            self._held.extend(deliveries)
            self._size += sum([len(delivery.payload) for delivery in deliveries])
            if len(self._held) >= self._wanted:
                self._changed.notify_all()

    def take(self, max_items: int, max_wait_s: float) -> list[Delivery]:
        """The oldest messages, at most `max_items`: at once if there are as many, else after a short wait for
        company. None within `max_wait_s`, or a `wake`, gives what there is, perhaps nothing.
        """
        with self._changed:
            self._await(1, max_wait_s)
            if self._held:
                self._await(max_items, self._linger_s)
            self._woken = False
            taken = [self._held.popleft() for _ in range(min(max_items, len(self._held)))]
            self._size -= sum([len(delivery.payload) for delivery in taken])
            freed = self._free_again()
        if freed:
            self._on_room()
        return taken

    def wake(self) -> None:
        """Lets the present `take`, or else the next, return at once."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def pause(self) -> None:
        """There is no room until `resume`."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        with self._changed:
            self._paused = False
        self._on_room()

    def clear(self) -> None:
        """Forgets everything held: the broker has it still, and sends it again on the next connection."""
        with self._changed:
            self._held.clear()
            self._size = 0
            freed = self._free_again()
        if freed:
            self._on_room()

    def _await(self, wanted: int, timeout_s: float) -> None:
        self._wanted = wanted
        self._changed.wait_for(lambda: self._woken or len(self._held) >= wanted, timeout_s)

    def _free_again(self) -> bool:
        was_full = self._full
        if was_full:
            half_empty = 2 * len(self._held) <= self._bound.messages and 2 * self._size <= self._bound.size
            self._full = not half_empty
        return was_full and not self._full
