"""The clocks of this machine: the only module that reads the time of day. Who needs `now` is given it."""

import time

from gateway.tracking.instants import Instant


class SystemClock:
    """The wall clock of the operating system; it can be set back, so durations are measured with `monotonic`."""

    def now(self) -> Instant:
        """The time of day, in microseconds."""
        return Instant(time.time_ns() // 1000)


def monotonic() -> float:
    """Seconds since some instant of the past, never going back."""
    return time.monotonic()
