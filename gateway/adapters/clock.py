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
    """A clock that showed `start` when the wall clock showed `began`, and runs `speed` times as fast: for the demo.

    Made from the wall clock, so that several processes can share it.
    """

    def __init__(self, start: Instant, speed: float, began: Instant) -> None:
        self.start = start
        self.speed = speed
        self.began = began

    def now(self) -> Instant:
        """The clock's instant, in its own microseconds."""
        return Instant(self.start + round((time.time_ns() // 1000 - self.began) * self.speed))

    def seconds_until(self, at: Instant) -> float:
        """Real seconds of waiting until the clock shows an instant; 0 once it has."""
        return max(0.0, (at - self.now()) / SECOND / self.speed)
