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

    Two processes on one machine that are given the same three have the same time: so the demo's fleet has ours.
    """

    def __init__(self, start: Instant, speed: float, began: float) -> None:
        self.start = start
        self.speed = speed
        self.began = began

    def now(self) -> Instant:
        """The time in this clock's own microseconds."""
        return Instant(self.start + int((time.monotonic() - self.began) * self.speed * SECOND))

    def seconds_until(self, at: Instant) -> float:
        """Real seconds of waiting until the clock shows an instant; 0 once it has."""
        return max(0.0, (at - self.now()) / SECOND / self.speed)
