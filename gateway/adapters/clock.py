"""The clocks of this machine: the only module that reads the time of day. Who needs `now` is given it."""

import time

from gateway.tracking.instants import SECOND, Instant


class SystemClock:
    """The wall clock, which may be set back, and one that only goes forward."""

    def now(self) -> Instant:
        """The time of day, in microseconds."""
        return Instant(time.time_ns() // 1000)

    def seconds_until(self, at: Instant) -> float:
        """Seconds of waiting until the clock shows an instant; 0 once it has."""
        return max(0.0, (at - self.now()) / SECOND)

    def monotonic(self) -> float:
        """Seconds since some moment, to measure durations by."""
        return time.monotonic()


class FastClock:
    """Time that passes `speed` times as fast, from `start` at the reading `began` of the machine's stopwatch.

    From `until` on it passes as it does for everybody. Two processes on one machine that are given the same four have
    the same time: so the demo's fleet has ours.
    """

    def __init__(self, start: Instant, speed: float, began: float, until: Instant) -> None:
        self.start = start
        self.speed = speed
        self.began = began
        self.until = until
        self._fast_s = (until - start) / SECOND / speed

    def now(self) -> Instant:
        """The time in this clock's own microseconds."""
        passed_s = time.monotonic() - self.began
        fast_s = min(passed_s, self._fast_s)
        return Instant(self.start + int((fast_s * self.speed + passed_s - fast_s) * SECOND))

    def seconds_until(self, at: Instant) -> float:
        """Real seconds of waiting until the clock shows an instant; 0 once it has."""
        now = self.now()
        fast = max(0, min(at, self.until) - now)
        return fast / SECOND / self.speed + max(0, at - max(now, self.until)) / SECOND
