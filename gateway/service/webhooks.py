"""Posting transitions of alerts to webhooks: a lane each, in order for each alert, at least once.

What alerting has put into the lane `webhook` goes, in one unit, into the lanes of the webhooks whose match admits the
alert as it is. A row leaves its lane only once the webhook has taken it, or said that it never will. Failures are in
memory only: nothing is written for them. A webhook that fails is left alone, as a whole, ever longer; meanwhile one
post at a time finds out whether it is the webhook, or one alert's post that a working one will not take. It is left
alone for as long as it asks for, within bounds. One that turns posts away is somebody's to put right, and has days.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import structlog

from gateway.ports.delivery import Parcel, Poster, Sending, SendOutcome, SendResult
from gateway.ports.rows import AlertRow, OutboxRow
from gateway.ports.state import State
from gateway.service.alerting import WEBHOOK_LANE
from gateway.service.pauses import Pause
from gateway.service.policies import matches
from gateway.tracking.instants import DAY, HOUR, SECOND, Duration, Instant, rfc3339
from gateway.tracking.plan import Network, Webhook

_LOG = structlog.get_logger(__name__)

WEBHOOK_LANES: Final = "webhook:"
"""A webhook's lane is this and a digest of its address as the network has it, for that itself may be a secret."""
WIDTH: Final = 8
"""Posts that one webhook has on their way at a time, each of another alert."""
LONGEST_POST: Final = Duration(20 * SECOND)
"""After so long without a result a post has failed, whatever becomes of it."""
PATIENCE: Final = 3
"""After so many failures in a row it was the webhook: once it takes one again, all others are tried at once."""
LONGEST_WAIT: Final = Duration(HOUR)
"""A webhook that asks for more is asked again after so long: it may be mistaken, or its clock."""
GIVEN_UP: Final = Duration(3 * DAY)
"""So long after a transition its post is tried where it is turned away: over a weekend somebody may put it right."""
PAGE: Final = 500
_NEVER: Final = Instant(2**62)


def lane_of(url: str) -> str:
    """The lane of a webhook's address, as the network has it."""
    return WEBHOOK_LANES + sha256(url.encode()).hexdigest()[:12]


def name_of(url: str) -> str:
    """What a webhook is called in logs: its variable, or its host without the path, which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}/…" if parts.hostname else url


@dataclass(slots=True)
class _UnderWay:
    row: OutboxRow
    sending: Sending
    since: Instant


@dataclass(slots=True)
class _Hook:
    """A webhook and its lane. `posts` are under way, `troubled` the pauses of what failed, both by alert.

    Until `rest_until` it asked to be left alone, even if it takes what was under way when it did. `in_vain` posts in a
    row have not been taken, since `since`, the last because of `trouble`.
    """

    webhook: Webhook
    pause: Pause = field(default_factory=Pause)
    posts: dict[str, _UnderWay] = field(default_factory=dict)
    troubled: dict[str, Pause] = field(default_factory=dict)
    again: Instant | None = None
    rest_until: Instant = Instant(0)
    in_vain: int = 0
    since: Instant = Instant(0)
    trouble: str = ""

    @property
    def lane(self) -> str:
        return lane_of(self.webhook.url)

    @property
    def name(self) -> str:
        return name_of(self.webhook.url)

    @property
    def alone_until(self) -> Instant:
        """Until when nothing is posted to it."""
        return max(self.pause.until, self.rest_until)

    @property
    def fault(self) -> str:
        """Why it takes nothing; empty while it does, or may again at any moment."""
        if self.in_vain < PATIENCE:
            return ""
        return f"{self.name} has taken nothing since {rfc3339(self.since)}: {self.trouble}"

    def believe(self, now: Instant) -> None:
        """No pause is longer than any can be: one that is was begun before the clock was set back."""
        self.rest_until = min(self.rest_until, Instant(now + LONGEST_WAIT))
        for pause in (self.pause, *self.troubled.values()):
            pause.until = min(pause.until, Instant(now + pause.longest))

    def missed(self, reason: str, now: Instant) -> None:
        """A post was not taken."""
        self.since = self.since if self.in_vain else now
        self.in_vain += 1
        self.trouble = reason


class Webhooks:
    """The lane `webhook` and those of the network's webhooks. `woken` is called when a post has a result."""

    def __init__(
        self, state: State, poster: Poster | None, chance: Callable[[], float], woken: Callable[[], None]
    ) -> None:
        self._state = state
        self._poster = poster
        self._chance = chance
        self._woken = woken
        self._hooks: list[_Hook] = []
        self._network: Network | None = None
        self.refused = 0
        """Transitions that a webhook would not take."""
        self.fault = ""
        """Which webhooks take nothing, since when and why; empty while all do."""

    def step(self, now: Instant, network: Network) -> Instant | None:
        """Take in results and post what is due; says when there is more to do.

        Raises:
            Unavailable: what was taken may be posted again.
        """
        if network is not self._network:
            self._meet(network)
        more = self._spread(now)
        for hook in self._hooks:
            self._conclude(hook, now)
        for hook in self._hooks:
            self._post(hook, now)
        self.fault = "; ".join(filter(None, (hook.fault for hook in self._hooks)))
        ahead = [each for hook in self._hooks for each in _ahead(hook)]
        return min(ahead + [now] * more, default=None)

    def _meet(self, network: Network) -> None:
        """Take up the network's webhooks, and drop what waits for those that it no longer has."""
        known = {hook.lane: hook for hook in self._hooks}
        hooks: list[_Hook] = []
        for webhook in network.alerting.webhooks:
            hook = known.get(lane_of(webhook.url)) or _Hook(webhook)
            hook.webhook = webhook
            hooks.append(hook)
        with self._state.reader() as reader:
            lanes = [lane for lane in reader.outbox_size() if lane.startswith(WEBHOOK_LANES)]
        for lane in set(lanes) - {hook.lane for hook in hooks}:
            self._drop(lane)
        self._hooks, self._network = hooks, network

    def _drop(self, lane: str) -> None:
        dropped = 0
        rows: Sequence[OutboxRow] = [OutboxRow(lane, "", "", _NEVER)]
        while rows:
            with self._state.unit() as unit:
                rows = unit.outbox(lane, _NEVER, PAGE)
                unit.delivered([row.seq for row in rows])
            dropped += len(rows)
        _LOG.error(
            "webhook_rows_dropped", lane=lane, count=dropped, reason="the network no longer has this address"
        )

    def _spread(self, now: Instant) -> bool:
        """Put a batch of transitions into the lanes that they are for; whether there may be more."""
        with self._state.reader() as reader:
            due = reader.next_outbox(WEBHOOK_LANE)
        if due is None:
            return False
        with self._state.unit() as unit:
            rows = unit.outbox(WEBHOOK_LANE, _NEVER, PAGE)
            alerts = {key: unit.alert(key) for key in {row.key for row in rows}} if self._hooks else {}
            unit.put_outbox(
                [
                    OutboxRow(hook.lane, row.key, row.body, now)
                    for row in rows
                    for hook in self._hooks
                    if _is_for(hook.webhook, alerts[row.key])
                ]
            )
            unit.delivered([row.seq for row in rows])
        return len(rows) == PAGE

    def _post(self, hook: _Hook, now: Instant) -> None:
        hook.again = None
        hook.believe(now)
        if now < hook.alone_until:
            hook.again = hook.alone_until
            return
        width = 1 if hook.pause.failures else WIDTH
        if len(hook.posts) >= width or self._poster is None:
            return
        with self._state.reader() as reader:
            rows = reader.outbox(hook.lane, _NEVER, min(PAGE, 8 * WIDTH + len(hook.troubled)))
        firsts: dict[str, OutboxRow] = {}
        for row in rows:
            firsts.setdefault(row.key, row)
        free = [row for key, row in firsts.items() if key not in hook.posts]
        ready = [row for row in free if _pause_of(hook, row).until <= now]
        ready.sort(key=lambda row: _pause_of(hook, row).failures)
        for row in islice(ready, width - len(hook.posts)):
            self._begin(hook, self._poster, row, now)
        waits = [pause.until for row in free if (pause := _pause_of(hook, row)).until > now]
        if hook.alone_until > now:
            waits.append(hook.alone_until)
        hook.again = min(waits, default=None)

    def _begin(self, hook: _Hook, poster: Poster, row: OutboxRow, now: Instant) -> None:
        try:
            sending = poster.post(hook.webhook.url, Parcel(str(row.seq), row.body.encode(), now), self._woken)
        except Exception:  # noqa: BLE001 # a bug of ours is a failure of this post, not of the others
            _LOG.exception("webhook_failed", webhook=hook.name, alert=row.key, delivery=row.seq)
            self._failed(hook, row, SendResult(SendOutcome.FAILED, "a bug of the gateway"), now)
        else:
            hook.posts[row.key] = _UnderWay(row, sending, now)

    def _conclude(self, hook: _Hook, now: Instant) -> None:
        """Take in the results of what is under way. It stays so until the outbox knows."""
        ended: list[tuple[_UnderWay, SendResult]] = []
        for post in hook.posts.values():
            result = post.sending.result
            if result is None and now - post.since >= LONGEST_POST:
                post.sending.abandon()
                result = SendResult(SendOutcome.FAILED, f"no answer within {LONGEST_POST // SECOND} s")
            if result is not None:
                ended.append((post, _final(result, post.row, now)))
        over = [post.row.seq for post, result in ended if result.outcome in _OVER]
        if over:
            with self._state.unit() as unit:
                unit.delivered(over)
        for post, result in ended:
            del hook.posts[post.row.key]
            hook.rest_until = max(hook.rest_until, Instant(now + min(result.wait, LONGEST_WAIT)))
            if result.outcome in _OVER:
                self._answered(hook, post.row, result, now)
            else:
                self._failed(hook, post.row, result, now)

    def _answered(self, hook: _Hook, row: OutboxRow, result: SendResult, now: Instant) -> None:
        """It was taken, or never will be; either way the webhook answers."""
        hook.troubled.pop(row.key, None)
        if hook.pause.failures >= PATIENCE:
            for pause in hook.troubled.values():
                pause.until = Instant(0)
        hook.pause.over()
        about = {"webhook": hook.name, "alert": row.key, "delivery": row.seq}
        if result.outcome is SendOutcome.REFUSED:
            self.refused += 1
            hook.missed(result.reason, now)
            _LOG.error("webhook_refused", **about, reason=result.reason, line=row.body, remedy=_REMEDY)
        else:
            hook.in_vain = 0
            _LOG.debug("webhook_taken", **about)

    def _failed(self, hook: _Hook, row: OutboxRow, result: SendResult, now: Instant) -> None:
        hook.missed(result.reason, now)
        hook.troubled.setdefault(row.key, Pause()).failed(now, self._chance())
        if hook.pause.until <= now:  # posts that failed together are one failure
            hook.pause.failed(now, self._chance())
        say = _LOG.error if result.outcome is SendOutcome.TURNED_AWAY else _LOG.warning
        say(
            "webhook_failed",
            webhook=hook.name,
            alert=row.key,
            delivery=row.seq,
            reason=result.reason,
            failures=hook.pause.failures,
            again_at=rfc3339(hook.alone_until),
        )


def _final(result: SendResult, row: OutboxRow, now: Instant) -> SendResult:
    """What was turned away for too long counts as refused."""
    if result.outcome is not SendOutcome.TURNED_AWAY or now - row.due_at < GIVEN_UP:
        return result
    return result._replace(outcome=SendOutcome.REFUSED)


def _is_for(webhook: Webhook, alert: AlertRow | None) -> bool:
    """An alert that has been forgotten meanwhile is told to all, rather than to none."""
    return alert is None or matches(webhook.match, alert)


def _pause_of(hook: _Hook, row: OutboxRow) -> Pause:
    return hook.troubled.get(row.key, _NO_PAUSE)


def _ahead(hook: _Hook) -> Iterable[Instant]:
    for post in hook.posts.values():
        yield post.since if post.sending.result is not None else Instant(post.since + LONGEST_POST)
    if hook.again is not None:
        yield hook.again


_OVER: Final = frozenset({SendOutcome.DELIVERED, SendOutcome.REFUSED})
_NO_PAUSE: Final = Pause()
_REMEDY: Final = (
    "correct the address or the secret in the network, or what receives there; this line is not sent again"
)
