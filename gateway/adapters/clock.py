"""The clocks of this machine: the only module that reads the time of day. Who needs `now` is given it."""

import time

from gateway.tracking.instants import Instant


class SystemClock:
    """The wall clock, which may be set back, and one that only goes forward."""

    def now(self) -> Instant:
        """The time of day, in microseconds."""
        return Instant(time.time_ns() // 1000)

    def monotonic(self) -> float:
        """Seconds since some moment, to measure durations by."""
        return time.monotonic()
