"""The open alerts as they are at a minute: the worst one by one, and all of them counted."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gateway.points import Point, made
from gateway.points.schema import NONE, OPEN_ALERT, OPEN_ALERTS
from gateway.ports.rows import AlertRow
from gateway.ports.state import Unit
from gateway.tracking.instants import SECOND, Instant

WORST: Final = 1_000
"""How many are told one by one."""
_PAGE: Final = 1_000


def alert_samples(unit: Unit, minute: Instant) -> Iterator[Point]:
    """The points `open_alert` and `open_alerts`."""
    alerts = list(_open(unit))
    worst = sorted(alerts, key=lambda row: (-row.deviation.severity, row.deviation.since, row.id))[:WORST]
    values = _values(unit, worst)
    for index, alert in enumerate(worst):
        yield _one(alert, minute, index, values.get(alert.subject.id))
    groups: dict[tuple[str | None, ...], list[AlertRow]] = {}
    for alert in alerts:
        groups.setdefault(tuple(_tags(alert).values()), []).append(alert)
    yield made(
        OPEN_ALERTS, minute, 0, {"kind": NONE, "severity": NONE}, {"count": 0, "samples": 1, "oldest_s": 0.0}
    )
    for index, group in enumerate(groups.values()):
        oldest = max(_open_s(alert, minute) for alert in group)
        fields = {"count": len(group), "oldest_s": oldest}
        yield made(OPEN_ALERTS, minute, index, _tags(group[0]), fields)


def _open(unit: Unit) -> Iterator[AlertRow]:
    after: str | None = None
    while page := unit.list_alerts(resolved=False, after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def _tags(alert: AlertRow) -> dict[str, str | None]:
    deviation = alert.deviation
    return {
        "kind": deviation.kind.value,
        "severity": deviation.severity.word,
        "site": deviation.site,
        "route": alert.route,
    }


def _open_s(alert: AlertRow, minute: Instant) -> float:
    return max(0, minute - alert.opened_at) / SECOND


def _one(alert: AlertRow, minute: Instant, index: int, value: float | None) -> Point:
    details = json.loads(alert.details)
    last = details.get("last_seen") or {}
    return made(
        OPEN_ALERT,
        minute,
        index,
        _tags(alert),
        {
            "alert_id": alert.id,
            "subject": alert.subject.id,
            "container": alert.container,
            "since": alert.deviation.since // 1000,
            "open_s": _open_s(alert, minute),
            "acknowledged": int(alert.acknowledged_at is not None),
            "last_site": last.get("site"),
            "expected_sites": ", ".join(details.get("expected_sites") or ()) or None,
            "value": value,
        },
    )


def _values(unit: Unit, alerts: Sequence[AlertRow]) -> Mapping[str, float]:
    """What the announcements say that the returns among the subjects are worth."""
    items = {alert.subject.id for alert in alerts if alert.subject.kind == "return"}
    found: dict[str, float] = {}
    for item, announcements in unit.announcements(items).items() if items else ():
        for each in announcements:
            if each.value is not None:
                found[item] = each.value
    return found
