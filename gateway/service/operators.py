"""What operators do to an alert: acknowledge, resolve, snooze, comment (tracking.md section 5).

Each writes the alert's next version, a line of the alert log that says who did what, and what is to be delivered,
in the unit that it is given; and returns the alert thereafter. Who may do it is for whoever calls to know.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.ports.rows import AlertRow, OutboxRow, Scope, TransitionRow
from gateway.ports.state import Unit
from gateway.service.alerting import ALERT_LANE, LOG_LANE, WEBHOOK_LANE, Transition
from gateway.service.notifications import Event, What
from gateway.tracking.alerts import Reason
from gateway.tracking.instants import DAY, Duration, Instant, rfc3339
from gateway.tracking.model import SubjectKind

LONGEST_COMMENT: Final = 2_000
"""Characters."""
MOST_COMMENTS: Final = 200
LONGEST_SNOOZE: Final = Duration(366 * DAY)

_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class NoSuchAlert(LookupError):
    """There is no alert with this id."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"no alert {alert_id!r}; it may have been pruned. List the alerts to see their ids")


class NotOpen(Exception):
    """The alert has been resolved: there is nothing to acknowledge, snooze or resolve."""

    def __init__(self, alert: AlertRow) -> None:
        when = rfc3339(alert.resolved_at or alert.opened_at)
        said = f"alert {alert.id} was resolved at {when} ({alert.reason}); only comments can be added to it"
        super().__init__(said)


def acknowledge(unit: Unit, alert_id: str, now: Instant, by: str) -> AlertRow:
    """Somebody takes care of it: it stays open and stops escalating. Again, it stays with who was first.

    Raises:
        NoSuchAlert, NotOpen: it cannot be.
    """
    alert = _open(unit, alert_id)
    if alert.acknowledged_at is not None:
        return alert
    acknowledged = _next(alert, acknowledged_at=now, acknowledged_by=by)
    return _write(unit, Transition(acknowledged, now, "changed", None), {"action": "acknowledged", "by": by})


def resolve(unit: Unit, alert_id: str, now: Instant, by: str) -> AlertRow:
    """It is dealt with. Where its deviation is still true it is shelved: quiet until that has ended once.

    Those who were told of its opening are told of this at once, for a person did it: `hold_off` is for what comes
    and goes by itself.

    Raises:
        NoSuchAlert, NotOpen: it cannot be.
    """
    alert = _open(unit, alert_id)
    reason = Reason.OPERATOR.value
    resolved = _next(alert, resolved_at=now, reason=reason, shelved=_holds(unit, alert))
    unit.put_outbox([Event(What.RESOLVED, alert.id, resolved.version, now).row(now)])
    return _write(unit, Transition(resolved, now, "resolved", reason), {"action": "resolved", "by": by})


def snooze(unit: Unit, alert_id: str, until: Instant, now: Instant, by: str) -> AlertRow:
    """It stays open and notifies nobody until then; a new snooze replaces the one before.

    Raises:
        NoSuchAlert, NotOpen: it cannot be.
        ValueError: `until` is not ahead, or more than a year.
    """
    alert = _open(unit, alert_id)
    if not now < until <= now + LONGEST_SNOOZE:
        raise ValueError(f"until {rfc3339(until)} is not within a year from now; name a time that is")
    snoozed = _next(alert, snoozed_until=until)
    # When the snooze ends the alert's state does too, and its topic must say so.
    unit.put_outbox([OutboxRow(ALERT_LANE, alert.id, "{}", until)])
    act = {"action": "snoozed", "by": by, "until": rfc3339(until)}
    return _write(unit, Transition(snoozed, now, "changed", None), act)


def comment(unit: Unit, alert_id: str, text: str, now: Instant, by: str) -> AlertRow:
    """Add a comment, to a resolved alert too.

    Raises:
        NoSuchAlert: it cannot be.
        ValueError: the text is empty or too long, or there are too many comments.
    """
    alert = _known(unit, alert_id)
    text = text.replace("\r\n", "\n").strip()
    if not 0 < len(text) <= LONGEST_COMMENT:
        raise ValueError(f"text has {len(text)} characters; a comment has 1 to {LONGEST_COMMENT}")
    if _UNWRITABLE.search(text):
        raise ValueError(
            "text has control characters or halves of characters; write words and line breaks only"
        )
    comments = json.loads(alert.comments)
    if len(comments) >= MOST_COMMENTS:
        raise ValueError(f"alert {alert.id} has {len(comments)} comments already, and no room for more")
    comments.append({"at": rfc3339(now), "by": by, "text": text})
    commented = _next(alert, comments=json.dumps(comments))
    act = {"action": "commented", "by": by, "comment": text}
    return _write(unit, Transition(commented, now, "changed", None), act)


def _known(unit: Unit, alert_id: str) -> AlertRow:
    alert = unit.alert(alert_id)
    if alert is None:
        raise NoSuchAlert(alert_id)
    return alert


def _open(unit: Unit, alert_id: str) -> AlertRow:
    alert = _known(unit, alert_id)
    if alert.resolved_at is not None:
        raise NotOpen(alert)
    return alert


def _next(alert: AlertRow, **changes: Any) -> AlertRow:
    return alert._replace(version=alert.version + 1, **changes)


def _holds(unit: Unit, alert: AlertRow) -> bool:
    """Whether the alert's deviation is still true, by its subject's row as it was last derived."""
    subject = alert.subject
    row = unit.subjects(_SCOPES[subject.kind], (subject.id,)).get(subject.id)
    if row is None or row.kind != subject.kind:
        return False
    return any(each.key == alert.deviation.key for each in row.own + row.taken)


def _write(unit: Unit, transition: Transition, act: Mapping[str, str]) -> AlertRow:
    """Write the alert, and its line with who did what among the details."""
    alert = transition.alert
    line = transition.line()
    body = json.dumps({**line, "details": {**line["details"], "operator": act}}, ensure_ascii=False)
    unit.put_alerts([alert])
    unit.add_transitions([TransitionRow(alert.id, transition.at, body, route=alert.route)])
    unit.put_outbox(
        [
            OutboxRow(LOG_LANE, alert.id, body, transition.at),
            OutboxRow(ALERT_LANE, alert.id, "{}", transition.at),
            # Whether there is a webhook for it, the network knows, and delivery with it.
            OutboxRow(WEBHOOK_LANE, alert.id, body, transition.at),
        ]
    )
    return alert


_SCOPES: Final[Mapping[SubjectKind, Scope]] = {
    "return": "goods",
    "container": "goods",
    "device": "device",
    "site": "site",
}
