"""What is on its way to one channel or webhook, and how much of it was given up on and still hangs.

Each has a thread of its own, which cannot be ended from outside; so it is counted until it ends by itself.
"""

import threading

from gateway.ports.delivery import SendResult


class Begun:
    """A `Sending`. With a `result` it has ended before it began."""

    def __init__(self, result: SendResult | None = None) -> None:
        self.result = result
        self.abandoned = False

    def abandon(self) -> None:
        self.abandoned = True


class UnderWay:
    """For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: set[Begun] = set()

    @property
    def hanging(self) -> int:
        """How many were abandoned and have not ended."""
        with self._lock:
            return sum(each.abandoned for each in self._begun)

    def begin(self, sending: Begun) -> None:
        with self._lock:
            self._begun.add(sending)

    def end(self, sending: Begun) -> None:
        with self._lock:
            self._begun.discard(sending)
