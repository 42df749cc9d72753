"""How often somebody at an address has shown a token that is none: beyond a limit the answer is to wait.

Whoever shows a good token is always let in; a guesser behind the same proxy shuts nobody out.
"""

from collections import OrderedDict, deque
from typing import Final

ALLOWED: Final = 10
WINDOW_S: Final = 60.0
_ADDRESSES: Final = 10_000
"""So many are remembered, those heard of last."""


class Failures:
    """For one thread. Times are of any stopwatch, in seconds."""

    def __init__(self, allowed: int = ALLOWED, window_s: float = WINDOW_S) -> None:
        self._allowed = allowed
        self._window_s = window_s
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def failed(self, address: str, now_s: float) -> float:
        """Note a failure. Returns how many seconds to wait with the next attempt: 0 while there may be more."""
        times = self._seen.setdefault(address, deque(maxlen=self._allowed + 1))
        self._seen.move_to_end(address)
        while times and times[0] <= now_s - self._window_s:
            times.popleft()
        times.append(now_s)
        if len(self._seen) > _ADDRESSES:
            self._seen.popitem(last=False)
        return times[0] + self._window_s - now_s if len(times) > self._allowed else 0.0
