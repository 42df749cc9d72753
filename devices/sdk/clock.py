"""The device's clock: the only file of the devices that reads the time of day, set by what receipts prove.

A scanner's own clock may be hours off, or begin at 1970 after each power cut. Here it is read once, at the start;
from then on a stopwatch counts, which nobody sets and which goes on while the device sleeps. A receipt says when the
gateway wrote it, and that was after its events were sent and before it came: that span is a proof. As long as the
clock fits every proof it is left alone, so that a right clock never jitters with the network; where it does not fit,
it is moved to the middle of the span. The error left is at most half of a round trip.

Instants and durations are microseconds. Nothing here knows events, spools or brokers.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.tracking.instants import SECOND, Duration, Instant

_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def time_of_day() -> Instant:
    """What the device takes for the time."""
    return Instant(time.time_ns() // 1000)


def stopwatch() -> Duration:
    """Time since some moment, forward only, sleep included where the system can tell."""
    return Duration(time.clock_gettime_ns(_BOOT) // 1000)


class Belief(NamedTuple):
    """What is worth keeping across a restart: how far the time of day is off, and when that was found out."""

    offset: Duration
    time_of_day: Instant


class Clock:
    """The time of day as corrected so far. `trusted`: set by better means, as a tracker's by its satellites."""

    def __init__(
        self,
        time_of_day: Callable[[], Instant] = time_of_day,
        stopwatch: Callable[[], Duration] = stopwatch,
        *,
        trusted: bool = False,
    ) -> None:
        self._time_of_day = time_of_day
        self.stopwatch = stopwatch
        self._anchor = time_of_day() - stopwatch()
        self._offset = Duration(0)
        self.trusted = trusted
        """Whether something has confirmed the clock since its start; until then its instants are provisional."""

    def now(self) -> Instant:
        return self.instant(self.stopwatch())

    def instant(self, reading: int) -> Instant:
        """The instant of a reading of the stopwatch."""
        return Instant(self._anchor + reading + self._offset)

    def adopt(self, belief: Belief) -> bool:
        """Start from what was believed before a restart; whether it could be.

        Not where the time of day has gone back since: then it was reset, and how far it is off is anyone's guess.
        """
        if self._time_of_day() < belief.time_of_day:
            return False
        self._offset = belief.offset
        return True

    def belief(self) -> Belief:
        return Belief(self._offset, Instant(self._anchor + self.stopwatch()))

    def prove(self, at: Instant, sent: int, received: int) -> Duration:
        """Take a receipt's instant, written between these readings of the stopwatch; how far the clock was moved."""
        self.trusted = True
        earliest, latest = self.instant(sent) - _ROUNDING, self.instant(received) + _ROUNDING
        if earliest <= at <= latest:
            return Duration(0)
        moved = Duration(at - (self.instant(sent) + self.instant(received)) // 2)
        self._offset = Duration(self._offset + moved)
        return moved


_ROUNDING: Final = SECOND // 500
"""Instants on the wire may be cut to the millisecond, on either side."""
