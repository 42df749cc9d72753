"""The alert as others read it: the JSON of interfaces.md section 1, on its topic and in the API.

Read from the row as it is now, so that what is published can never be older than what is known.
"""

import json
from enum import StrEnum, auto
from typing import Any, Final

from gateway.ports.rows import AlertRow, Identity
from gateway.ports.state import Records
from gateway.tracking.instants import Instant, rfc3339

_LONGEST_WORDS: Final = 200


class AlertState(StrEnum):
    OPEN = auto()
    ACKNOWLEDGED = auto()
    SNOOZED = auto()
    RESOLVED = auto()


def state_of(alert: AlertRow, now: Instant) -> AlertState:
    """How an alert stands; one that is both snoozed and acknowledged is snoozed until its snooze ends."""
    if alert.resolved_at is not None:
        return AlertState.RESOLVED
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return AlertState.SNOOZED
    return AlertState.OPEN if alert.acknowledged_at is None else AlertState.ACKNOWLEDGED


def alert_json(alert: AlertRow, now: Instant, records: Records) -> dict[str, Any]:
    """The alert, ready for JSON; instants are RFC 3339 in UTC.

    Besides what the interface names: `version`, which only grows, and what operators have said of it.
    """
    deviation = alert.deviation
    return {
        "id": alert.id,
        "version": alert.version,
        "kind": deviation.kind.value,
        "subject": {"kind": alert.subject.kind, "id": alert.subject.id},
        "stop": deviation.stop,
        "sensor": deviation.sensor,
        "site": deviation.site,
        "route": alert.route,
        "since": rfc3339(deviation.since),
        "opened_at": rfc3339(alert.opened_at),
        "severity": deviation.severity.word,
        "state": state_of(alert, now).value,
        "acknowledged_by": alert.acknowledged_by,
        "snoozed_until": None if alert.snoozed_until is None else rfc3339(alert.snoozed_until),
        "summary": alert.summary,
        "details": details_known(alert, records),
    }


def retained(alert: AlertRow | None, now: Instant, records: Records) -> bytes:
    """What is retained on the alert's topic: its JSON while it is open, else nothing, which clears the topic."""
    if alert is None or alert.resolved_at is not None:
        return b""
    return json.dumps(alert_json(alert, now, records), ensure_ascii=False).encode()


def details_known(alert: AlertRow, records: Records) -> dict[str, Any]:
    """The alert's details, with the operator and the note of the scan that last saw its subject, where it had any."""
    details: dict[str, Any] = json.loads(alert.details)
    last = details.get("last_seen")
    if last and "event" in last:
        payload = records.payload(Identity(f"device/{last['device']}", last["event"]))
        event = {} if payload is None else json.loads(payload)
        last |= {key: _one_line(event[key]) for key in ("operator", "note") if event.get(key)}
    return details


def _one_line(said: object) -> str:
    """What somebody typed, for a text of lines: no line breaks nor other control characters, not too long."""
    words = " ".join("".join(each if each.isprintable() else " " for each in str(said)).split())
    return words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"
