"""From decisions to alerts: rows, the alert log, and what is to be delivered, all in the unit of the facts."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from gateway.ports.rows import AlertRow, OutboxRow, SubjectRow, TransitionRow
from gateway.ports.state import Unit
from gateway.service.messages import details_of, seen_otherwise, summary_of
from gateway.tracking.alerts import Changes, Decision, DeviationKey, Opens, Resolves, Unshelves
from gateway.tracking.assessment import Assessment
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.model import Subject
from gateway.tracking.plan import Network

ALERT_LANE = "alert"
LOG_LANE = "alert-log"
NOTIFY_LANE = "notify"
WEBHOOK_LANE = "webhook"
"""Transitions that are yet to be told apart by webhook: in one lane first, so that each alert's stay in order."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Transition(NamedTuple):
    """One line of the alert log: the alert as it is after it, and what happened."""

    alert: AlertRow
    at: Instant
    what: str
    reason: str | None

    def line(self) -> dict[str, Any]:
        """The line as `replay` writes it (interfaces.md section 3), with the alert's id."""
        deviation = self.alert.deviation
        resolved = self.what == "resolved"
        return {
            "time": rfc3339(self.at),
            "transition": self.what,
            "id": self.alert.id,
            "kind": deviation.kind.value,
            "subject": {"kind": self.alert.subject.kind, "id": self.alert.subject.id},
            "stop": deviation.stop,
            "sensor": deviation.sensor,
            "site": deviation.site,
            "since": None if resolved else rfc3339(deviation.since),
            "severity": None if resolved else deviation.severity.word,
            "reason": self.reason,
            "details": json.loads(self.alert.details),
        }


def alert_id(subject: Subject, deviation: Deviation, opened_at: Instant) -> str:
    """A ULID: 48 bits of the opening in milliseconds, 80 bits of what opened. The same opening has the same id.

    Source: github.com/ulid/spec, its randomness replaced by a digest, so that a repeated opening is the same alert.
    """
    text = "\0".join(map(str, (*subject, *deviation.key, opened_at)))
    digest = int.from_bytes(sha256(text.encode()).digest()[:10])
    number = (max(opened_at // 1000, 0) & (1 << 48) - 1) << 80 | digest
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -5, -5))


class Alerting:
    """Collects what a settling decides and writes it, in few statements, when it is done."""

    def __init__(self, unit: Unit, network: Network, now: Instant) -> None:
        self._unit = unit
        self._network = network
        self._now = now
        self._rows: dict[str, AlertRow] = {}
        self._transitions: list[Transition] = []
        self._history: list[TransitionRow] = []
        self._outbox: list[OutboxRow] = []

    def apply(
        self,
        subject: Subject,
        row: SubjectRow,
        assessment: Assessment | None,
        decisions: Sequence[Decision],
        alerts: Mapping[str, AlertRow],
    ) -> None:
        """Carry out decisions about one subject, whose row and (if just made) assessment are given.

        An alert that only changes its stop's number, for its route was changed, goes on under another id: it keeps
        what operators did to it, and nobody is notified.
        """
        moved = _moved(decisions, alerts)
        left = {alert.id for alert in moved.values()}
        for decision in decisions:
            match decision:
                case Opens(deviation):
                    self._open(subject, row, assessment, deviation, moved.get(deviation.key))
                case Changes(alert, deviation):
                    self._change(alerts[alert.id], deviation, row, assessment)
                case Resolves(alert, reason):
                    self._resolve(alerts[alert.id], reason.value, quiet=alert.id in left)
                case Unshelves(alert):
                    self._rows[alert.id] = alerts[alert.id]._replace(shelved=False)

    def restate(self, alerts: Sequence[AlertRow], row: SubjectRow, assessment: Assessment) -> None:
        """Record that alerts which go on were last seen elsewhere, or are in another container, by now."""
        for alert in alerts:
            if seen_otherwise(alert, row, assessment, self._unit):
                self._change(alert, alert.deviation, row, assessment)

    def _open(
        self,
        subject: Subject,
        row: SubjectRow,
        assessment: Assessment | None,
        deviation: Deviation,
        moved: AlertRow | None,
    ) -> None:
        before = self._unit.superseded(subject, deviation)
        if before is not None and before.shelved:
            return
        alert = AlertRow(
            id=before.id if before else alert_id(subject, deviation, self._now),
            subject=subject,
            deviation=deviation,
            opened_at=self._now,
            version=before.version + 1 if before else 1,
            route=row.route,
            container=row.parent,
            summary=summary_of(subject, deviation, assessment, self._network),
            details=json.dumps(details_of(deviation, row, assessment, self._unit)),
        )
        kept = before or moved
        if kept is not None:
            alert = alert._replace(
                acknowledged_at=kept.acknowledged_at,
                acknowledged_by=kept.acknowledged_by,
                snoozed_until=kept.snoozed_until,
                comments=kept.comments,
                notified_at=kept.notified_at,
                escalated=kept.escalated,
            )
        self._say(alert, "opened")
        self._notify(alert, "opened")

    def _change(
        self, alert: AlertRow, deviation: Deviation, row: SubjectRow, assessment: Assessment | None
    ) -> None:
        raised = deviation.severity > alert.deviation.severity
        changed = alert._replace(
            deviation=deviation,
            version=alert.version + 1,
            summary=summary_of(alert.subject, deviation, assessment, self._network),
            details=json.dumps(details_of(deviation, row, assessment, self._unit)),
        )
        if raised:
            changed = changed._replace(acknowledged_at=None, acknowledged_by=None)
        self._say(changed, "changed")
        if raised:
            self._notify(changed, "raised")

    def _resolve(self, alert: AlertRow, reason: str, *, quiet: bool) -> None:
        resolved = alert._replace(version=alert.version + 1, resolved_at=self._now, reason=reason)
        self._say(resolved, "resolved", reason)
        if not quiet:
            self._notify(resolved, "resolved")

    def _say(self, alert: AlertRow, what: str, reason: str | None = None) -> None:
        self._rows[alert.id] = alert
        transition = Transition(alert, self._now, what, reason)
        body = json.dumps(transition.line())
        self._transitions.append(transition)
        self._history.append(TransitionRow(alert.id, self._now, body, route=alert.route))
        self._outbox.append(OutboxRow(LOG_LANE, alert.id, body, self._now))
        self._outbox.append(OutboxRow(ALERT_LANE, alert.id, "{}", self._now))
        if self._network.alerting.webhooks:
            self._outbox.append(OutboxRow(WEBHOOK_LANE, alert.id, body, self._now))

    def _notify(self, alert: AlertRow, event: str) -> None:
        body = json.dumps({"event": event, "version": alert.version, "at": self._now})
        due = Instant(self._now + self._network.defaults.hold_off)
        self._outbox.append(OutboxRow(NOTIFY_LANE, alert.id, body, due))

    def write(self) -> list[Transition]:
        """Write what was collected; returns the transitions and starts anew."""
        self._unit.put_alerts(list(self._rows.values()))
        self._unit.add_transitions(self._history)
        self._unit.put_outbox(self._outbox)
        done = self._transitions
        self._rows, self._transitions, self._history, self._outbox = {}, [], [], []
        return done


def _moved(decisions: Sequence[Decision], alerts: Mapping[str, AlertRow]) -> dict[DeviationKey, AlertRow]:
    """Alerts that resolve while one of the same kind and since opens about another stop, by the new key."""
    going = {
        (decision.alert.key[0], decision.alert.since): alerts[decision.alert.id]
        for decision in decisions
        if isinstance(decision, Resolves) and decision.alert.deviation.stop is not None
    }
    return {
        decision.deviation.key: going[decision.deviation.kind, decision.deviation.since]
        for decision in decisions
        if isinstance(decision, Opens) and (decision.deviation.kind, decision.deviation.since) in going
    }
