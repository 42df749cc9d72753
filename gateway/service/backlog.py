"""When the backlog is in: after a start or a reconnect nobody is paged about what has not been read yet.

The age of a message is `now` less the event time of its newest element. That is what a message tells of how long
it waited: MQTT has no time of publishing, and the gateway's `received_at` is only when we got to it. A tracker
that uploads a day at once sends its newest fix with it, so its upload is young; a scanner's spool of yesterday is
old, as is what the broker kept for us. A message without an event time (a status, a malformed one) says nothing.
"""

from dataclasses import dataclass

from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant

OLD: Duration = Duration(60 * SECOND)
QUIET: Duration = Duration(10 * SECOND)
LONGEST: Duration = Duration(15 * MINUTE)


@dataclass(slots=True)
class BacklogGate:
    """Closed since `closed_at`, the start; opens after `QUIET` without an old message while there is a connection.

    It opens `LONGEST` after it closed in any case: a broker that cannot be reached, a device whose clock is slow, a
    connection that comes and goes. Once open it stays so until the next connection.
    """

    closed_at: Instant
    quiet_since: Instant | None = None
    """None before the first connection."""

    def connected(self, now: Instant) -> None:
        """There is a new connection, and with it maybe a backlog. While closed, that does not prolong `LONGEST`."""
        if self.open(now):
            self.closed_at = now
        self.quiet_since = now

    def saw(self, now: Instant, newest: Instant | None) -> None:
        """A message was taken in at `now`, the newest of whose elements happened at `newest` (None: it has none)."""
        if newest is not None and now - newest > OLD and not self.open(now):
            self.quiet_since = now if self.quiet_since is None else max(now, self.quiet_since)

    def opens_at(self) -> Instant:
        """When it opens, or has opened, if nothing old comes any more."""
        longest = Instant(self.closed_at + LONGEST)
        return longest if self.quiet_since is None else min(longest, Instant(self.quiet_since + QUIET))

    def open(self, now: Instant) -> bool:
        """Whether people may be notified."""
        return self.opens_at() <= now
