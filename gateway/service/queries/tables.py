"""Returns, legs and alerts as tables for spreadsheets and other programs: plain cells, instants as RFC 3339 in UTC.

Read page by page, each in a reader of its own, so a table is no one snapshot: what changes meanwhile is in it as it was
when its page was read. For spreadsheets, a text that they would take for a formula gets an apostrophe before it
(OWASP, "CSV injection"), for ids and notes are whatever somebody typed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

from pydantic_core import from_json

from gateway.points.schema import LEG
from gateway.ports.desk import DeskState
from gateway.ports.rows import AlertRow
from gateway.service.queries.goods import Wanted, goods
from gateway.service.queries.goods_json import summary, time_or_none
from gateway.service.queries.kpis import Span
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.plan import Network

_PAGE: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Cell = str | float | int | None


class Table(StrEnum):
    """What can be written as a table."""

    RETURNS = "returns"
    """As they are now, whatever the period."""
    LEGS = "legs"
    """Travelled in the period."""
    ALERTS = "alerts"
    """Opened in the period."""


COLUMNS: Final = {
    Table.RETURNS: (
        "id", "status", "route", "purpose", "stop", "site", "since", "leave_by", "container", "severity", "deviations",
    ),
    Table.LEGS: (
        "item", "route", "purpose", "from_site", "to_site", "arrived_at", "transit_s", "late_s", "typical_s", "max_s",
    ),
    Table.ALERTS: (
        "id", "kind", "subject_kind", "subject", "severity", "site", "route", "container", "since", "opened_at",
        "acknowledged_at", "acknowledged_by", "resolved_at", "reason", "summary",
    ),
}  # fmt: skip


def rows_of(state: DeskState, network: Network, table: Table, span: Span) -> Iterator[Sequence[Cell]]:
    """The rows of a table, in the order of its columns, for a spreadsheet.

    Raises:
        Unavailable: the state store cannot be read.
    """
    for row in plain_rows_of(state, network, table, span):
        yield [cell(value) for value in row]


def plain_rows_of(state: DeskState, network: Network, table: Table, span: Span) -> Iterator[Sequence[Cell]]:
    """The same, each text as it is: for programs that take no text for a formula.

    Raises:
        Unavailable: the state store cannot be read.
    """
    made: dict[Table, Callable[[], Iterable[dict[str, Any]]]] = {
        Table.RETURNS: lambda: _returns(state, network),
        Table.LEGS: lambda: _legs(state, span),
        Table.ALERTS: lambda: _alerts(state, span),
    }
    for row in made[table]():
        yield [row[name] for name in COLUMNS[table]]


def cell(value: Cell) -> Cell:
    """A value that a spreadsheet takes for what it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _returns(state: DeskState, network: Network) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        with state.reader() as unit:
            page = goods(unit, Wanted("return"), after, _PAGE)
        for each in page.items:
            told = summary(each, network)
            yield {**told, "deviations": " ".join(sorted({each["kind"] for each in told["deviations"]}))}
        if page.after is None:
            return
        after = page.after


def _legs(state: DeskState, span: Span) -> Iterator[dict[str, Any]]:
    since = (Instant(span.since - 1), 2**62)
    while True:
        with state.reader() as unit:
            page = unit.passed(LEG.name, since, span.until, _PAGE)
        for each in page:
            said: dict[str, Any] = {**from_json(each.tags), **from_json(each.fields)}
            row = dict.fromkeys(COLUMNS[Table.LEGS]) | said
            yield {**row, "item": each.subject, "arrived_at": rfc3339(each.at)}
        if len(page) < _PAGE:
            return
        since = (page[-1].at, page[-1].seq)


def _alerts(state: DeskState, span: Span) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        with state.reader() as unit:
            page = unit.list_alerts(resolved=True, after=after, limit=_PAGE)
        yield from (_alert(row) for row in page if span.since <= row.opened_at < span.until)
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _alert(row: AlertRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.deviation.kind.value,
        "subject_kind": row.subject.kind,
        "subject": row.subject.id,
        "severity": row.deviation.severity.word,
        "site": row.deviation.site,
        "route": row.route,
        "container": row.container,
        "since": rfc3339(row.deviation.since),
        "opened_at": rfc3339(row.opened_at),
        "acknowledged_at": time_or_none(row.acknowledged_at),
        "acknowledged_by": row.acknowledged_by,
        "resolved_at": time_or_none(row.resolved_at),
        "reason": row.reason,
        "summary": row.summary,
    }
