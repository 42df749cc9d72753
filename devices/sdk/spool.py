"""Where events wait until a receipt names them: what a spool promises, and the one in memory.

An event that was appended is there until it is removed by id. Order is that of appending, `seq`, which is never used
twice. The event's instant stays apart from its body, so that a clock found wrong can be put right before sending.
Nothing here knows who sends, when, or what a receipt is. Spools are used by several threads; each call is atomic.
"""

import threading
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Literal, NamedTuple, Protocol

from gateway.tracking.instants import Duration, Instant

Sent = Literal["scan", "position", "announce"]
"""What is spooled, by the topic that it goes to (a source announces). A status is only worth sending now."""


class New(NamedTuple):
    """An event to append. `body` is the JSON object that goes on the wire, without `id` and `at`, and is not empty.

    `provisional`: stamped by a clock that nothing has confirmed yet.
    """

    id: str
    what: Sent
    at: Instant
    body: str
    provisional: bool = False


class Waiting(NamedTuple):
    """An event in the spool."""

    seq: int
    id: str
    what: Sent
    at: Instant
    body: str
    provisional: bool = False


class SpoolFull(Exception):
    """There is no room for the event: it was not taken, and everything that was taken is still there."""


class SpoolBusy(Exception):
    """Another process works on this spool."""


class SpoolBroken(Exception):
    """The spool cannot be read or written; says what the system said."""


class Spool(Protocol):
    """Each method raises `SpoolBroken` where the disk fails."""

    @property
    def run(self) -> int:
        """How often this spool has been opened, this time included."""
        ...

    def append(self, events: Iterable[New]) -> None:
        """Take these, all or none; on return they are durable. An id that is there already is passed over.

        Raises:
            SpoolFull: there is no room; it comes by itself as events are removed.
        """
        ...

    def oldest(self, what: Sent, after: int, limit: int) -> Sequence[Waiting]:
        """Events with `seq` beyond `after`, the oldest first."""
        ...

    def newest(self, after: int, limit: int) -> Sequence[Waiting]:
        """Events with `seq` beyond `after`, the newest first."""
        ...

    def read(self, ids: Collection[str]) -> Sequence[Waiting]:
        """Those of these events that are still there, the oldest first."""
        ...

    def remove(self, ids: Collection[str]) -> None:
        """Forget these, as far as they are there.

        Raises:
            SpoolFull: not even that can be written now; nothing was removed.
        """
        ...

    def confirm(self, moved: Duration) -> None:
        """The provisional instants are so no longer: they were off by this.

        Raises:
            SpoolFull: it cannot be written now; nothing was changed.
        """
        ...

    def provisional(self) -> Instant | None:
        """The latest provisional instant, None where there is none."""
        ...

    def note(self, name: str, value: str) -> None:
        """Keep a word for the next run.

        Raises:
            SpoolFull: it cannot be written now.
        """
        ...

    def noted(self, name: str) -> str | None: ...

    def __len__(self) -> int:
        """How many events wait."""
        ...

    def close(self) -> None: ...


class MemorySpool:
    """A spool that ends with its process: for tests, for simulated devices. Holds at most `capacity` events."""

    def __init__(self, capacity: int = 100_000) -> None:
        self.run = 1
        self._capacity = capacity
        self._lock = threading.Lock()
        self._events: dict[int, Waiting] = {}
        self._seqs: dict[str, int] = {}
        self._provisional: set[int] = set()
        self._notes: dict[str, str] = {}
        self._last = 0

    def append(self, events: Iterable[New]) -> None:
        with self._lock:
            fresh = {event.id: event for event in events if event.id not in self._seqs}
            if len(self._events) + len(fresh) > self._capacity:
                raise SpoolFull(f"the spool holds {len(self._events)} of {self._capacity} events already")
            for event in fresh.values():
                self._last += 1
                self._events[self._last] = Waiting(
                    self._last, event.id, event.what, event.at, event.body, event.provisional
                )
                self._seqs[event.id] = self._last
                if event.provisional:
                    self._provisional.add(self._last)

    def oldest(self, what: Sent, after: int, limit: int) -> Sequence[Waiting]:
        with self._lock:
            found = (self._events[seq] for seq in self._beyond(after))
            return list(islice((event for event in found if event.what == what), limit))

    def newest(self, after: int, limit: int) -> Sequence[Waiting]:
        with self._lock:
            return [self._events[seq] for seq in reversed(self._beyond(after)[-limit:])]

    def read(self, ids: Collection[str]) -> Sequence[Waiting]:
        with self._lock:
            return [
                self._events[seq] for seq in sorted(self._seqs[id_] for id_ in set(ids) if id_ in self._seqs)
            ]

    def remove(self, ids: Collection[str]) -> None:
        with self._lock:
            for id_ in ids:
                seq = self._seqs.pop(id_, None)
                if seq is not None:
                    del self._events[seq]
                    self._provisional.discard(seq)

    def confirm(self, moved: Duration) -> None:
        with self._lock:
            for seq in self._provisional:
                event = self._events[seq]
                self._events[seq] = event._replace(at=Instant(event.at + moved), provisional=False)
            self._provisional.clear()

    def provisional(self) -> Instant | None:
        with self._lock:
            return max((self._events[seq].at for seq in self._provisional), default=None)

    def note(self, name: str, value: str) -> None:
        self._notes[name] = value

    def noted(self, name: str) -> str | None:
        return self._notes.get(name)

    def reopen(self) -> "MemorySpool":
        """The same events in the next run, as a file has them after a restart."""
        self.run += 1
        return self

    def __len__(self) -> int:
        return len(self._events)

    def close(self) -> None:
        """Nothing is held open."""

    def _beyond(self, after: int) -> list[int]:
        seqs = list(self._events)
        return seqs[bisect_right(seqs, after) :]
