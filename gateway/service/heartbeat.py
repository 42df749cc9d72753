"""A sign of life on its channel every so often, so that somebody notices when the gateway itself is gone.

Sent only while the gateway is well: its absence is the message. Nothing is kept for later.
"""

from collections.abc import Callable
from typing import Final

import structlog

from gateway.ports.delivery import HEARTBEAT, Health, Notice, Notifier, Sending, SendOutcome
from gateway.tracking.instants import SECOND, Duration, Instant, rfc3339
from gateway.tracking.plan import Alerting, Heartbeat

_LOG = structlog.get_logger(__name__)

AGAIN: Final = Duration(10 * SECOND)
"""How soon after a beat that failed, or could not be, another is tried; never later than the next would be."""
LONGEST_SENDING: Final = Duration(60 * SECOND)


class Heartbeats:
    """Beats at once after the start, then every `every`. `woken` is called when a beat has a result."""

    def __init__(self, notifier: Notifier, health: Callable[[], Health], woken: Callable[[], None]) -> None:
        self._notifier = notifier
        self._health = health
        self._woken = woken
        self._next = Instant(0)
        self._beat: tuple[Sending, Instant] | None = None

    def step(self, now: Instant, alerting: Alerting) -> Instant | None:
        """Beat if it is time to; says when it will be."""
        heartbeat = alerting.heartbeat
        if heartbeat is None:
            return None
        again = Duration(min(AGAIN, heartbeat.every))
        if self._beat is not None:
            self._conclude(*self._beat, now, again)
        if self._beat is None and self._next <= now:
            if self._health() is Health.WELL:
                self._send(heartbeat, alerting, now)
            else:
                self._next = Instant(now + again)
        return self._next if self._beat is None else Instant(self._beat[1] + LONGEST_SENDING)

    def _send(self, heartbeat: Heartbeat, alerting: Alerting, now: Instant) -> None:
        channel = heartbeat.channel if heartbeat.channel in alerting.channels else HEARTBEAT
        text = f"Returns Gateway is well, as of {rfc3339(now)}"
        notice = Notice(f"heartbeat-{now}", "Returns Gateway is well", text, "resolved")
        self._beat = (self._notifier.send(channel, notice, self._woken), now)
        self._next = Instant(now + heartbeat.every)

    def _conclude(self, sending: Sending, since: Instant, now: Instant, again: Duration) -> None:
        result = sending.result
        if result is None and now - since < LONGEST_SENDING:
            return
        self._beat = None
        if result is None:
            sending.abandon()
        if result is None or result.outcome is SendOutcome.FAILED:
            reason = "no answer" if result is None else result.reason
            _LOG.warning("heartbeat_failed", reason=reason)
            self._next = min(self._next, Instant(now + again))
