"""Alerts as people look at them: as a list, and one whole with its history."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json

from gateway.ports.desk import DeskUnit
from gateway.ports.rows import AlertRow
from gateway.service.alert_json import alert_json
from gateway.service.queries.goods_json import time_or_none
from gateway.service.queries.open_alerts import Asked, OpenAlerts, Rank
from gateway.service.queries.paging import Page, collected, whole_list
from gateway.tracking.instants import Instant


class Counted(NamedTuple):
    """A page of alerts; how many match on all pages, and of each severity: None where they would have to be counted."""

    page: Page[AlertRow]
    total: int | None
    severities: Mapping[str, int] | None


def open_now(unit: DeskUnit, alerts: OpenAlerts, asked: Asked, after: Rank | None, limit: int) -> Counted:
    """A page of open alerts, the worst first."""
    found = alerts.page(unit, asked, after, limit)
    severities = {severity.word: count for severity, count in found.severities.items()}
    return Counted(found.page, found.total, severities)


def resolved(unit: DeskUnit, asked: Asked, before: tuple[Instant, str] | None, limit: int) -> Counted:
    """A page of resolved alerts, the latest resolved first."""
    page = collected(unit.resolved_alerts, _ending, asked.takes, before, limit)
    return Counted(page, whole_list(page, before), None)


def listed(unit: DeskUnit, rows: Sequence[AlertRow], now: Instant) -> list[dict[str, Any]]:
    """The alerts of a page."""
    return [described(unit, row, now) for row in rows]


def described(unit: DeskUnit, row: AlertRow, now: Instant) -> dict[str, Any]:
    """The alert as on its topic, and what only the desk shows."""
    return {
        **alert_json(row, now, unit),
        "container": row.container,
        "acknowledged_at": time_or_none(row.acknowledged_at),
        "resolved_at": time_or_none(row.resolved_at),
        "reason": row.reason,
        "shelved": row.shelved,
        "notified_at": time_or_none(row.notified_at),
        "comments": from_json(row.comments),
    }


def history(unit: DeskUnit, row: AlertRow) -> list[dict[str, Any]]:
    """The alert's transitions, and what operators did, oldest first."""
    return [from_json(each.body) for each in unit.histories((row.id,)).get(row.id, ())]


def _ending(row: AlertRow) -> tuple[int, str]:
    return (row.resolved_at or row.opened_at, row.id)
