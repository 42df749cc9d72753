"""Alerts as a list: which are asked for, worst first, once or again and again as they change."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Annotated, Any, Final

import typer
from pydantic_core import from_json
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.adapters.clock import SystemClock
from gateway.cli.failures import WRONG, Failure
from gateway.cli.showing import console, plain, print_line, severity, span, when
from gateway.ports.rows import AlertRow
from gateway.ports.state import State, Unavailable, Unit
from gateway.service.alert_json import AlertState, alert_json, state_of
from gateway.tracking.instants import Instant
from gateway.tracking.model import Kind, Severity

_PAGE: Final = 500
_REFRESH_S: Final = 1.0
"""Another process writes what we watch, and nothing tells us: so we look as often as a person does."""
_SHORTEST_ID: Final = 10


class SeverityWord(StrEnum):
    """Severities as options spell them."""

    CRITICAL = Severity.CRITICAL.word
    MAJOR = Severity.MAJOR.word
    WARNING = Severity.WARNING.word
    MINOR = Severity.MINOR.word


@dataclass(frozen=True)
class Filters:
    """Which alerts are asked for; several values of one option are alternatives."""

    kind: Annotated[list[Kind] | None, typer.Option(help="Of this kind.", show_default=False)] = None
    severity: Annotated[
        list[SeverityWord] | None, typer.Option(help="Of this severity.", show_default=False)
    ] = None
    site: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="At this site.", show_default=False)
    ] = None
    route: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Of goods on this route.", show_default=False)
    ] = None
    subject: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="About this return, container, device or site.", show_default=False),
    ] = None
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False

    def take(self, alert: AlertRow) -> bool:
        deviation = alert.deviation
        asked = (
            (self.kind, deviation.kind),
            (self.severity, deviation.severity.word),
            (self.site, deviation.site),
            (self.route, alert.route),
            (self.subject, alert.subject.id),
        )
        return all(not values or value in values for values, value in asked)


def listed(state: State, filters: Filters) -> list[AlertRow]:
    """The alerts asked for: open ones first, and of those the worst, and of those the oldest."""
    rows = [row for row in _all(state, resolved=filters.everything) if filters.take(row)]
    return sorted(rows, key=_rank)


def as_json(state: State, rows: list[AlertRow], now: Instant) -> list[dict[str, Any]]:
    """The alerts as the API has them."""
    with state.reader() as unit:
        return [alert_json(row, now, unit) for row in rows]


def table(rows: list[AlertRow], now: Instant) -> Table:
    """A row for each alert; ids are cut to what tells these apart."""
    length = telling([row.id for row in rows])
    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, wraps in (
        ("alert", False),
        ("severity", False),
        ("kind", False),
        ("for", False),
        ("what", True),
    ):
        shown.add_column(name, no_wrap=not wraps, overflow="fold")
    for row in rows:
        deviation = row.deviation
        shown.add_row(
            row.id[:length],
            severity(deviation.severity),
            plain(deviation.kind),
            span((row.resolved_at or now) - deviation.since),
            _said(row, now),
        )
    return shown


def watch(state: State, filters: Filters) -> None:
    """Show the list, as it changes, until ctrl-c."""
    out = console()
    if not out.is_terminal:
        raise Failure("--watch needs a terminal; add --json for a line of each transition", status=WRONG)
    pause = Event()
    try:
        with Live(console=out, screen=True, auto_refresh=False) as live:
            while True:
                live.update(_screen(state, filters), refresh=True)
                pause.wait(_REFRESH_S)
    except KeyboardInterrupt:
        return


def follow(state: State, filters: Filters) -> None:
    """Print a line of JSON for each transition from now on, until ctrl-c."""
    with state.reader() as unit:
        after = newest_transition(unit)
    pause = Event()
    try:
        while True:
            with state.reader() as unit:
                page = unit.transitions(after=after, limit=_PAGE)
                alerts = [unit.alert(each.alert_id) for each in page]
            for each, alert in zip(page, alerts, strict=True):
                after = each.seq
                if alert is not None and filters.take(alert):
                    print_line(from_json(each.body))
            if not page:
                pause.wait(_REFRESH_S)
    except KeyboardInterrupt:
        return


def _screen(state: State, filters: Filters) -> Group:
    now = SystemClock().now()
    try:
        rows = listed(state, filters)
    except Unavailable as error:
        return Group(plain(f"{when(now)} UTC  {error}", "red"))
    return Group(Text(f"{when(now)} UTC  {len(rows):,} alerts, ctrl-c ends", "dim"), table(rows, now))


def _all(state: State, *, resolved: bool) -> Iterator[AlertRow]:
    after: str | None = None
    while True:
        with state.reader() as unit:
            page = unit.list_alerts(resolved=resolved, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id


def newest_transition(unit: Unit) -> int:
    """The number of the newest transition: nobody keeps it, so it is closed in on."""
    known, none_after = 0, 1
    while page := unit.transitions(after=none_after, limit=1):
        known = page[0].seq
        none_after = known * 2
    while known < none_after:
        middle = (known + none_after) // 2
        page = unit.transitions(after=middle, limit=1)
        known, none_after = (page[0].seq, none_after) if page else (known, middle)
    return none_after


def _rank(row: AlertRow) -> tuple[bool, int, int, str]:
    return (row.resolved_at is not None, -row.deviation.severity, row.deviation.since, row.id)


def _said(row: AlertRow, now: Instant) -> Text:
    said = plain(row.summary)
    state = state_of(row, now)
    if state is AlertState.ACKNOWLEDGED:
        said.append_text(plain(f" (acknowledged by {row.acknowledged_by})", "green"))
    elif state is AlertState.SNOOZED and row.snoozed_until is not None:
        said.append(f" (snoozed until {when(row.snoozed_until)} UTC)", "green")
    elif state is AlertState.RESOLVED:
        said.append_text(plain(f" (resolved: {row.reason})", "green"))
    return said


def telling(ids: list[str]) -> int:
    """How many characters of each id are needed to tell them apart."""
    longest = max(map(len, ids), default=0)
    lengths = range(_SHORTEST_ID, longest)
    return next((each for each in lengths if len({id_[:each] for id_ in ids}) == len(ids)), longest)
