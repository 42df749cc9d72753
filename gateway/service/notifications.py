"""Whether an event of an alert is news, when its time has come (tracking.md section 5). Pure.

An event is judged by the alert as it is by then, so what passed within `hold_off` is never told:

- `hold_off` is counted from the alert's latest opening: one that is superseded and comes back again and again tells
  nobody. It is no news at all if people still believe it to be open, for its end was not told in between.
- A rise in severity is told with whatever was told after it.
- An end is told only to those who were told of the opening, and only if the alert has not opened again.
- A snoozed alert notifies nobody until its snooze ends; then its events are judged as if they were new.
- Of an alert that an operator resolved its end is told as of any other; shelved or not, nothing follows.
- An escalation step is counted from the notification before it (of the opening, of a rise, of the step before),
  for nobody can answer what has not been told. It lapses with an acknowledgement, and with a rise, which begins anew.

`AlertRow.notified_at` is thus when people were last told that the alert is open and how severe it is; it is None
again once they have been told of its end.
"""

import json
from enum import StrEnum, auto
from typing import NamedTuple

from gateway.ports.rows import AlertRow, OutboxRow
from gateway.service.alerting import NOTIFY_LANE
from gateway.tracking.instants import Duration, Instant
from gateway.tracking.model import Severity


class What(StrEnum):
    """What happened to an alert, as notifications name it."""

    OPENED = auto()
    RAISED = auto()
    RESOLVED = auto()
    ESCALATED = auto()


class Event(NamedTuple):
    """An event of an alert, and when it was (`at`). `step` and `severity` are an escalation's: which, and of what."""

    what: What
    alert_id: str
    version: int
    at: Instant
    step: int = 0
    severity: Severity = Severity.MINOR

    def row(self, due_at: Instant) -> OutboxRow:
        """The row of the outbox that brings the event back at `due_at`."""
        body = {
            "event": self.what.value,
            "version": self.version,
            "at": self.at,
            "step": self.step,
            "severity": self.severity.value,
        }
        return OutboxRow(NOTIFY_LANE, self.alert_id, json.dumps(body), due_at)


def event_of(row: OutboxRow, hold_off: Duration) -> Event:
    """The event of a row in the lane `notify`; one just written by alerting was `hold_off` before it is due.

    Raises:
        ValueError, KeyError: the row's body is not one of ours.
    """
    body = json.loads(row.body)
    return Event(
        What(body["event"]),
        row.key,
        body["version"],
        Instant(body.get("at", row.due_at - hold_off)),
        body.get("step", 0),
        Severity(body.get("severity", Severity.MINOR)),
    )


class Silence(StrEnum):
    """Why an event is told to nobody."""

    GONE = auto()
    OVER = auto()
    """The alert has ended since."""
    FOLLOWED = auto()
    """The alert has opened again since; that opening has an event of its own."""
    KNOWN = auto()
    """People know already."""
    NEVER_TOLD = auto()
    """It ended before anybody was told of it."""
    ANSWERED = auto()
    """It was acknowledged."""
    LAPSED = auto()
    """The step was taken already, or the escalation began anew at a higher severity."""


class Tell(NamedTuple):
    what: What


class Wait(NamedTuple):
    """Snoozed, or opened again too lately: look again then."""

    until: Instant


class Quiet(NamedTuple):
    why: Silence


Judgement = Tell | Wait | Quiet


def judge(event: Event, alert: AlertRow | None, now: Instant, hold_off: Duration) -> Judgement:
    """What to do about an event whose time has come, by the alert as it is now (None: there is none any more)."""
    if alert is None:
        return Quiet(Silence.GONE)
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return Wait(alert.snoozed_until)
    ended = alert.resolved_at is not None
    match event.what:
        case What.RESOLVED:
            return _end(alert, ended=ended)
        case _ if ended:
            return Quiet(Silence.OVER)
        case What.OPENED:
            return _opening(alert, now, Instant(alert.opened_at + hold_off))
        case What.RAISED:
            return _rise(event, alert, now, Instant(alert.opened_at + hold_off))
        case What.ESCALATED:
            return _escalation(event, alert)


def _end(alert: AlertRow, *, ended: bool) -> Judgement:
    if not ended:
        return Quiet(Silence.FOLLOWED)
    return Quiet(Silence.NEVER_TOLD) if alert.notified_at is None else Tell(What.RESOLVED)


def _opening(alert: AlertRow, now: Instant, held_until: Instant) -> Judgement:
    if alert.notified_at is not None:
        return Quiet(Silence.KNOWN)
    return Wait(held_until) if now < held_until else Tell(What.OPENED)


def _rise(event: Event, alert: AlertRow, now: Instant, held_until: Instant) -> Judgement:
    if alert.notified_at is None:
        return Quiet(Silence.FOLLOWED) if now < held_until else Tell(What.RAISED)
    return Quiet(Silence.KNOWN) if event.at <= alert.notified_at else Tell(What.RAISED)


def _escalation(event: Event, alert: AlertRow) -> Judgement:
    if event.at < alert.opened_at:
        return Quiet(Silence.FOLLOWED)
    if alert.acknowledged_at is not None:
        return Quiet(Silence.ANSWERED)
    if event.step != alert.escalated or event.severity < alert.deviation.severity:
        return Quiet(Silence.LAPSED)
    return Tell(What.ESCALATED)
