"""Alerts as people look at them: as a list, and one whole with its history."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json

from gateway.ports.desk import DeskUnit
from gateway.ports.rows import AlertRow
from gateway.service.alert_json import alert_json
from gateway.service.queries.goods_json import time_or_none
from gateway.service.queries.open_alerts import Asked
from gateway.service.queries.paging import Page, collected
from gateway.tracking.instants import Instant


def resolved(unit: DeskUnit, asked: Asked, before: tuple[Instant, str] | None, limit: int) -> Page[AlertRow]:
    """A page of resolved alerts, the latest resolved first."""
    return collected(unit.resolved_alerts, _ending, asked.takes, before, limit)


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
