"""What a session waits for, from several threads, for one to take: lines, results, and that the terminal was resized.

Results go before lines. Whoever reads lines waits while many are there, so that a large file is not held in memory.
Knows nothing of what they mean.
"""

import threading
import time
from collections import deque
from enum import Enum, auto
from typing import Final

from devices.sdk import Result

_MOST_LINES: Final = 1_000


class Sign(Enum):
    """What is neither a line nor a result."""

    TIME = auto()
    """Nothing has come in time."""
    OVER = auto()
    """There are no more lines."""
    RESIZED = auto()


class Inbox:
    """Taken from by one thread only. `resized` may be called from that one's signal handler."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lines: deque[str] = deque()
        self._results: deque[Result] = deque()
        self._over = False
        self._resized = False

    def line(self, line: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._lines) < _MOST_LINES)
            self._lines.append(line)
            self._changed.notify_all()

    def result(self, result: Result) -> None:
        with self._changed:
            self._results.append(result)
            self._changed.notify_all()

    def over(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def resized(self) -> None:
        with self._changed:
            self._resized = True
            self._changed.notify_all()

    def take(self, until_s: float, *, lines: bool = True) -> Result | str | Sign:
        """What comes next, until this reading of the stopwatch (`time.monotonic`); without `lines` they wait."""

        def anything() -> bool:
            typed = lines and (self._lines or self._over)
            return bool(self._results or self._resized or typed)

        with self._changed:
            if not self._changed.wait_for(anything, max(until_s - time.monotonic(), 0)):
                return Sign.TIME
            if self._results:
                return self._results.popleft()
            if self._resized:
                self._resized = False
                return Sign.RESIZED
            if self._lines:
                self._changed.notify_all()
                return self._lines.popleft()
            return Sign.OVER
