"""Carrying notices to the channels: one lane each, in order, one notice on its way at a time, at least once.

A channel that fails is left alone for a second, then two, up to five minutes; its notices wait, those of others do
not. A notice that a working channel will not take is set aside, so that it does not hold up those behind it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from gateway.ports.delivery import Notice, Notifier, Sending, SendOutcome, SendResult
from gateway.ports.rows import OutboxRow
from gateway.ports.state import State
from gateway.service.pauses import Pause
from gateway.service.planning import CHANNEL_LANES
from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant, rfc3339
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)

LONGEST_SENDING: Final = Duration(90 * SECOND)
"""After so long without a result a sending has failed, whatever becomes of it."""
PATIENCE: Final = 5
"""After so many failures in a row every other attempt is made with the next notice: is it the channel or the notice?"""
TROUBLED: Final = 3
"""After so many it is told that the channel takes nothing."""
SET_ASIDE: Final = Duration(5 * MINUTE)
PAGE: Final = 500
_NEVER: Final = Instant(2**62)


@dataclass(slots=True)
class _UnderWay:
    row: OutboxRow
    sending: Sending
    since: Instant
    first: bool
    """Whether it was the first in its lane."""


@dataclass(slots=True)
class _Lane:
    """A channel. `suspects` are the rows that failed while others got through.

    While its pause has failures, it has taken nothing since `since`, the last time because of `trouble`.
    """

    channel: str
    pause: Pause = field(default_factory=Pause)
    under_way: _UnderWay | None = None
    head: OutboxRow | None = None
    suspects: set[int] = field(default_factory=set)
    since: Instant = Instant(0)
    trouble: str = ""

    @property
    def name(self) -> str:
        return CHANNEL_LANES + self.channel

    @property
    def fault(self) -> str:
        """Why it takes nothing; empty while it does, or may again at any moment."""
        if self.pause.failures < TROUBLED:
            return ""
        return f"{self.channel} has taken nothing since {rfc3339(self.since)}: {self.trouble}"

    def failed(self, reason: str, now: Instant, chance: float) -> Instant:
        """It did not take a notice; says until when to leave it alone."""
        self.since = self.since if self.pause.failures else now
        self.trouble = reason
        return self.pause.failed(now, chance)


class Channels:
    """The lanes `channel:<name>` of the network's channels. `woken` is called when a sending has a result."""

    def __init__(
        self, state: State, notifier: Notifier, chance: Callable[[], float], woken: Callable[[], None]
    ) -> None:
        self._state = state
        self._notifier = notifier
        self._chance = chance
        self._woken = woken
        self._lanes: dict[str, _Lane] = {}
        self._network: Network | None = None
        self.fault = ""
        """Which channels take nothing, since when and why; empty while all do."""

    def step(self, now: Instant, network: Network) -> Instant | None:
        """Take in results and send what is due, at most one notice for each channel; says when there is more to do.

        Raises:
            Unavailable: what was delivered may be delivered again.
        """
        if network is not self._network:
            self._meet(network)
        for lane in self._lanes.values():
            self._conclude(lane, now)
        with self._state.reader() as reader:
            due = {
                lane.channel: reader.outbox(lane.name, now, 2)
                for lane in self._lanes.values()
                if lane.under_way is None and lane.pause.until <= now
            }
        for channel, rows in due.items():
            self._send(self._lanes[channel], rows, now)
        self.fault = "; ".join(filter(None, (lane.fault for lane in self._lanes.values())))
        return min(self._ahead(), default=None)

    def _meet(self, network: Network) -> None:
        """Take up the network's channels, and drop what waits for those that it no longer has."""
        with self._state.reader() as reader:
            lanes = [lane for lane in reader.outbox_size() if lane.startswith(CHANNEL_LANES)]
        channels = network.alerting.channels
        for lane in lanes:
            if lane.removeprefix(CHANNEL_LANES) not in channels:
                self._drop(lane)
        self._lanes = {name: self._lanes.get(name) or _Lane(name) for name in channels}
        self._network = network

    def _drop(self, lane: str) -> None:
        rows: Sequence[OutboxRow] = [OutboxRow(lane, "", "", _NEVER)]
        while rows:
            with self._state.unit() as unit:
                rows = unit.outbox(lane, _NEVER, PAGE)
                unit.delivered([row.seq for row in rows])
            for row in rows:
                title = json.loads(row.body)["title"]
                _LOG.error(
                    "notification_dropped",
                    channel=lane.removeprefix(CHANNEL_LANES),
                    message=row.key,
                    title=title,
                    reason="the network no longer has this channel",
                )

    def _send(self, lane: _Lane, rows: Sequence[OutboxRow], now: Instant) -> None:
        if not rows:
            return
        probing = lane.pause.failures >= PATIENCE and lane.pause.failures % 2 == 1
        row = rows[1] if probing and len(rows) > 1 else rows[0]
        lane.head = rows[0]
        try:
            sending = self._notifier.send(lane.channel, Notice(**json.loads(row.body)), self._woken)
        except Exception:  # noqa: BLE001 # a bug of ours is a failure of this channel, not of the others
            until = lane.failed("a bug of the gateway", now, self._chance())
            _LOG.exception(
                "notification_failed", channel=lane.channel, message=row.key, again_at=rfc3339(until)
            )
        else:
            lane.under_way = _UnderWay(row, sending, now, first=row.seq == rows[0].seq)

    def _conclude(self, lane: _Lane, now: Instant) -> None:
        """Take in the result of what is under way. It stays so until the outbox knows."""
        under_way = lane.under_way
        if under_way is None:
            return
        result = under_way.sending.result
        if result is None:
            if now - under_way.since < LONGEST_SENDING:
                return
            under_way.sending.abandon()
            result = SendResult(SendOutcome.FAILED, f"no answer within {LONGEST_SENDING // SECOND} s")
        if result.outcome is SendOutcome.DELIVERED:
            self._delivered(lane, under_way, now)
        else:
            self._failed(lane, under_way, result.reason, now)
        lane.under_way = None

    def _delivered(self, lane: _Lane, under_way: _UnderWay, now: Instant) -> None:
        row = under_way.row
        with self._state.unit() as unit:
            unit.delivered([row.seq])
            if not under_way.first and lane.head is not None:
                unit.postpone([lane.head.seq], Instant(now + SET_ASIDE))
        if not under_way.first and lane.head is not None:
            lane.suspects.add(lane.head.seq)
            _LOG.error(
                "notification_set_aside", channel=lane.channel, message=lane.head.key, reason=_NOT_TAKEN
            )
        lane.suspects.discard(row.seq)
        lane.pause.over()
        _LOG.info("notification_delivered", channel=lane.channel, message=row.key)

    def _failed(self, lane: _Lane, under_way: _UnderWay, reason: str, now: Instant) -> None:
        row = under_way.row
        if row.seq in lane.suspects:
            until = Instant(now + SET_ASIDE)
            with self._state.unit() as unit:
                unit.postpone([row.seq], until)
        else:
            until = lane.failed(reason, now, self._chance())
        _LOG.warning(
            "notification_failed",
            channel=lane.channel,
            message=row.key,
            reason=reason,
            failures=lane.pause.failures,
            again_in_s=round((until - now) / SECOND, 1),
        )

    def _ahead(self) -> list[Instant]:
        ahead: list[Instant] = []
        with self._state.reader() as reader:
            for lane in self._lanes.values():
                if lane.under_way is not None:
                    ahead.append(Instant(lane.under_way.since + LONGEST_SENDING))
                elif (due := reader.next_outbox(lane.name)) is not None:
                    ahead.append(max(due, lane.pause.until))
        return ahead


_NOT_TAKEN: Final = "the channel takes others, but not this one; it is tried every five minutes"
