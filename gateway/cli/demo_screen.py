"""The demo's live view: what moves, what is open, the newest transitions, events a second."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.cli.showing import SEVERITY_STYLE, STATUS_STYLE, plain, severity, span, when
from gateway.ports.rows import AlertRow, SubjectRow
from gateway.ports.state import Unit
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Severity

PAGE: Final = 500
OPEN_SHOWN: Final = 8
NEWS_SHOWN: Final = 10
MOVES_SHOWN: Final = 6
_MARK: Final = {"opened": ("▲", "bold red"), "changed": ("●", "yellow"), "resolved": ("▼", "green")}


@dataclass(slots=True)
class View:
    """What the screen shows, brought up to date by `look`."""

    now: Instant = Instant(0)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    moving: list[SubjectRow] = field(default_factory=list)
    alerts: list[AlertRow] = field(default_factory=list)
    news: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=NEWS_SHOWN))
    seen: int = 0
    """The newest transition shown, by its `seq`."""
    events: int = 0
    per_second: float = 0.0
    speed: float = 1.0
    note: str = ""

    def look(self, unit: Unit, now: Instant) -> None:
        """Read what has become of it all."""
        self.now = now
        rows = list(_goods(unit))
        self.statuses = Counter((row.kind, row.status.value) for row in rows if row.status is not None)
        self.moving = [row for row in rows if row.status is JourneyStatus.IN_TRANSIT][-MOVES_SHOWN:]
        self.alerts = sorted(
            unit.list_alerts(resolved=False, after=None, limit=PAGE),
            key=lambda alert: (-alert.deviation.severity, alert.opened_at),
        )
        while lines := unit.transitions(after=self.seen, limit=PAGE):
            self.seen = lines[-1].seq
            self.news.extend(
                line for each in lines if (line := from_json(each.body))["transition"] != "changed"
            )

    def screen(self) -> RenderableType:
        """All of it, for a terminal of a hundred columns and more."""
        top = Table.grid(expand=True, padding=(0, 1))
        top.add_column(ratio=2)
        top.add_column(ratio=3)
        top.add_row(
            Panel(_statuses(self.statuses), title="journeys", border_style="blue"),
            Panel(_moving(self.moving), title="on the way", border_style="blue"),
        )
        return Group(
            self._head(),
            top,
            Panel(_open(self.alerts, self.now), title=f"open alerts: {len(self.alerts)}", border_style="red"),
            Panel(_news(self.news), title="newest transitions", border_style="green"),
        )

    def _head(self) -> Text:
        head = Text.assemble(
            ("Returns Gateway", "bold"),
            f"   {when(self.now)} UTC   {self.speed:,.0f}× as fast as life   ",
            (f"{self.events:,} events", "bold"),
            f"   {self.per_second:,.0f}/s",
        )
        return head.append(f"   {self.note}", style="dim") if self.note else head


def _goods(unit: Unit) -> Iterable[SubjectRow]:
    after: str | None = None
    while page := unit.journeys(after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def _statuses(statuses: Counter[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("", Text("returns", style="dim"), Text("containers", style="dim"))
    for status in JourneyStatus:
        returns, containers = statuses["return", status.value], statuses["container", status.value]
        if returns or containers:
            word = Text(status.value.replace("_", " "), style=STATUS_STYLE.get(status, ""))
            table.add_row(word, f"{returns:>5}", f"{containers:>5}")
    return table


def _moving(rows: Sequence[SubjectRow]) -> Table:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        stop = "" if row.stop is None else f"left stop {row.stop}"
        inside = Text("") if row.parent is None else plain(f"in {row.parent}", "dim")
        table.add_row(plain(row.id, "bold"), plain(row.route or ""), stop, inside)
    return table


def _open(alerts: Sequence[AlertRow], now: Instant) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    for column in (9, 17, 10, None):
        table.add_column(min_width=column, no_wrap=True, overflow="ellipsis")
    for alert in alerts[:OPEN_SHOWN]:
        since = span(now - alert.deviation.since)
        table.add_row(
            severity(alert.deviation.severity), alert.deviation.kind.value, since, plain(alert.summary)
        )
    if len(alerts) > OPEN_SHOWN:
        table.add_row("", "", "", Text(f"and {len(alerts) - OPEN_SHOWN} more", style="dim"))
    return table


def _news(news: Iterable[dict[str, Any]]) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    for line in news:
        mark, style = _MARK[line["transition"]]
        if line["severity"] is not None and line["transition"] == "opened":
            style = SEVERITY_STYLE[Severity[line["severity"].upper()]]
        why = line["reason"] or ""
        table.add_row(
            Text(mark, style=style),
            line["time"][5:16].replace("T", " "),
            line["kind"],
            plain(line["subject"]["id"]),
            why,
        )
    return table
