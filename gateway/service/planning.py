"""From events of alerts to messages for channels: the lane `notify`, in one unit.

Each message becomes one row for each channel that it goes to, so that a channel that is down neither holds up the
others nor loses anything. An alert counts as notified once those rows are committed.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import structlog

from gateway.ports.delivery import Notice, NotificationLog
from gateway.ports.rows import AlertRow, OutboxRow
from gateway.ports.state import State, Unavailable, Unit
from gateway.service.alerting import NOTIFY_LANE
from gateway.service.notices import Saying, Scene, grouped, notice_of
from gateway.service.notifications import Event, Quiet, Silence, Tell, Wait, What, event_of, judge
from gateway.service.policies import policy_for, steps_of, told_of
from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant
from gateway.tracking.plan import Network, Policy

_LOG = structlog.get_logger(__name__)

CHANNEL_LANES: Final = "channel:"
"""A channel's lane is this and its name."""
MAX_EVENTS: Final = 1000
"""Events that one unit plans: a storm should make few messages, but not hold up the writer for long."""
SET_ASIDE: Final = Duration(15 * MINUTE)
"""How long the events of an alert that trips over a bug of ours wait before they are tried again."""


Notices = list[tuple[Notice, Sequence[str]]]
"""Messages, each with the channels that it goes to; none: no policy wants anybody told."""


class Planning:
    """The lane `notify`: plans what is due, and notes what it has planned."""

    def __init__(self, state: State, log: NotificationLog) -> None:
        self._state = state
        self._log = log

    def step(self, now: Instant, network: Network) -> Instant | None:
        """Plan a batch of what is due; says when the next is.

        Raises:
            Unavailable: nothing was planned.
        """
        due = self._next()
        if due is None or due > now:
            return due
        try:
            with self._state.unit() as unit:
                notices = plan(unit, network, now, unit.outbox(NOTIFY_LANE, now, MAX_EVENTS))
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # a bug of ours: find the alert at fault, the others are told (invariant 2)
            _LOG.exception("planning_failed", remedy="what is due is planned alert by alert")
            notices = self._one_by_one(now, network)
        for notice, channels in notices:
            self._log.noted(notice, channels)
        return self._next()

    def _next(self) -> Instant | None:
        with self._state.reader() as reader:
            return reader.next_outbox(NOTIFY_LANE)

    def _one_by_one(self, now: Instant, network: Network) -> Notices:
        notices: Notices = []
        with self._state.reader() as reader:
            rows = reader.outbox(NOTIFY_LANE, now, MAX_EVENTS)
        for alert_id in dict.fromkeys(row.key for row in rows):
            mine = [row for row in rows if row.key == alert_id]
            try:
                with self._state.unit() as unit:
                    notices += plan(unit, network, now, mine)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 # the alert at fault waits by itself
                _LOG.exception("notification_set_aside", alert=alert_id, again_in_s=SET_ASIDE / SECOND)
                with self._state.unit() as unit:
                    unit.postpone([row.seq for row in mine], Instant(now + SET_ASIDE))
        return notices


class _Followed(NamedTuple):
    """What one alert's events lead to: the alert thereafter, rows for later, and what to tell whom."""

    alert: AlertRow | None
    later: Sequence[OutboxRow]
    told: Sequence[tuple[Saying, Sequence[str]]]


def plan(unit: Unit, network: Network, now: Instant, rows: Sequence[OutboxRow]) -> Notices:
    """Judge these due rows of the lane `notify`, and put what is to be told into the lanes of the channels."""
    told: list[tuple[Saying, Sequence[str]]] = []
    changed: list[AlertRow] = []
    put: list[OutboxRow] = []
    for alert_id, events in _events(rows, network.defaults.hold_off).items():
        alert = unit.alert(alert_id)
        followed = _follow(alert, events, network, now)
        told += followed.told
        put += followed.later
        if followed.alert is not None and followed.alert != alert:
            changed.append(followed.alert)
    notices = _notices(told, Scene(network, unit, now))
    put += [_row(channel, notice, now) for notice, channels in notices for channel in channels]
    unit.put_alerts(changed)
    unit.put_outbox(put)
    unit.delivered([row.seq for row in rows])
    return notices


def _events(rows: Iterable[OutboxRow], hold_off: Duration) -> dict[str, list[Event]]:
    """The events by alert, in the order in which they happened."""
    found: dict[str, list[Event]] = {}
    for row in rows:
        try:
            found.setdefault(row.key, []).append(event_of(row, hold_off))
        except (ValueError, KeyError, TypeError):
            _LOG.exception(
                "notify_row_dropped", alert=row.key, body=row.body, remedy="report it: it is a bug"
            )
    for events in found.values():
        events.sort(key=lambda event: event.at)
    return found


def _follow(alert: AlertRow | None, events: Iterable[Event], network: Network, now: Instant) -> _Followed:
    later: list[OutboxRow] = []
    told: list[tuple[Saying, Sequence[str]]] = []
    for event in events:
        judgement = judge(event, alert, now, network.defaults.hold_off)
        if isinstance(judgement, Wait):
            later.append(event.row(judgement.until))
        elif alert is None:
            break
        elif isinstance(judgement, Tell):
            policy = policy_for(alert, network.alerting)
            if event.what is What.ESCALATED and event.step >= len(steps_of(policy)):
                continue  # the network has changed
            channels = _channels(event, alert, policy)
            told.append((Saying(event.what, alert), channels))
            alert = _after(event, alert, channels, now)
            later += _next_step(event, alert, policy, now)
        elif judgement == Quiet(Silence.KNOWN) and event.what is What.OPENED:
            later += _next_step(event, alert, policy_for(alert, network.alerting), now)
    return _Followed(alert, later, told)


def _channels(event: Event, alert: AlertRow, policy: Policy) -> Sequence[str]:
    if event.what is What.RESOLVED:
        return told_of(policy, alert.escalated)
    return steps_of(policy)[event.step].notify if event.what is What.ESCALATED else policy.notify


def _after(event: Event, alert: AlertRow, channels: Sequence[str], now: Instant) -> AlertRow:
    """The alert once the event is told."""
    if event.what is What.RESOLVED:
        return alert._replace(notified_at=None, escalated=0)
    notified_at = now if channels else alert.notified_at
    escalated = {What.RAISED: 0, What.ESCALATED: event.step + 1}.get(event.what, alert.escalated)
    return alert._replace(notified_at=notified_at, escalated=escalated)


def _next_step(event: Event, alert: AlertRow, policy: Policy, now: Instant) -> Sequence[OutboxRow]:
    """The next step of escalation, as long after this one as the policy says; a step that was late defers the next."""
    steps = steps_of(policy)
    number = alert.escalated
    if event.what is What.RESOLVED or number >= len(steps):
        return ()
    before = steps[number - 1].after if number else 0
    step = Event(What.ESCALATED, alert.id, alert.version, now, number, alert.deviation.severity)
    return (step.row(Instant(now + steps[number].after - before)),)


def _notices(told: Iterable[tuple[Saying, Sequence[str]]], scene: Scene) -> Notices:
    """The messages for each channel; those that say the same to several are one."""
    by_channel: dict[str | None, dict[str, Saying]] = {}
    for saying, channels in told:
        for channel in channels or (None,):
            by_channel.setdefault(channel, {})[saying.alert.id] = saying
    messages: dict[tuple[Saying, ...], list[str]] = {}
    for channel, sayings in by_channel.items():
        for group in grouped(sayings.values()):
            same = messages.setdefault(tuple(group), [])
            if channel is not None:
                same.append(channel)
    return [(notice_of(group, channels, scene), channels) for group, channels in messages.items()]


def _row(channel: str, notice: Notice, now: Instant) -> OutboxRow:
    return OutboxRow(CHANNEL_LANES + channel, notice.id, json.dumps(notice._asdict()), now)
