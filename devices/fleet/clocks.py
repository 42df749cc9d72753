"""The clocks of simulated devices: as wrong as the faults say, and set by receipts as far as that makes sense.

In a scenario that passes as fast as life, a device's clock is the SDK's own. In one that passes faster, what is a
blink to the real network under it is an hour to the device, and a receipt would prove next to nothing: there, any
receipt sets the clock right.
"""

from devices.sdk.clock import Clock
from gateway.tracking.instants import Duration, Instant


class Now:
    """The instant that the simulation is at."""

    def __init__(self, at: Instant) -> None:
        self.at = at


class _Sharp(Clock):
    """A clock that any receipt sets right."""

    def __init__(self, now: Now, start: Instant, error: int, *, trusted: bool) -> None:
        super().__init__(lambda: Instant(now.at + error), lambda: Duration(now.at - start), trusted=trusted)
        self._true = now

    def prove(self, at: Instant, sent: int, received: int) -> Duration:  # noqa: ARG002 # that it came is enough
        self.trusted = True
        moved = Duration(self._true.at - self.now())
        self._offset = Duration(self._offset + moved)
        return moved


class _Unset(Clock):
    """A clock that no receipt sets, of devices that do not live in their gateway's time."""

    def prove(self, at: Instant, sent: int, received: int) -> Duration:  # noqa: ARG002 # whatever it says
        return Duration(0)


def device_clock(now: Now, start: Instant, error: int, *, speed: float, trusted: bool) -> Clock:
    """The clock of a device that lives in its gateway's time, `error` microseconds ahead as the device starts."""
    if speed > 1:
        return _Sharp(now, start, error, trusted=trusted)
    return Clock(lambda: Instant(now.at + error), lambda: Duration(now.at - start), trusted=trusted)


def foreign_clock(now: Now, start: Instant) -> Clock:
    """The clock of a device whose gateway lives in another time: it is right, and nothing is to be learnt of it."""
    return _Unset(lambda: now.at, lambda: Duration(now.at - start), trusted=True)
