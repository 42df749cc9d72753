"""How long to leave something alone that failed: doubling, and up to half of it less by chance."""

from dataclasses import dataclass

from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant

_MOST_DOUBLINGS = 16


@dataclass(slots=True)
class Pause:
    """After failures in a row; chance keeps those that failed together from coming back together."""

    first: Duration = SECOND
    longest: Duration = Duration(5 * MINUTE)
    failures: int = 0
    until: Instant = Instant(0)

    def failed(self, now: Instant, chance: float) -> Instant:
        """One more failure; says until when to wait. `chance` is from 0 to 1."""
        self.failures += 1
        doubled = self.first * 2 ** min(self.failures - 1, _MOST_DOUBLINGS)
        self.until = Instant(now + round(min(self.longest, doubled) * (1 - chance / 2)))
        return self.until

    def over(self) -> None:
        """It works, or may be tried at once."""
        self.failures = 0
        self.until = Instant(0)
