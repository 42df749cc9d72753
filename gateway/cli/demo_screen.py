"""The demo's live view: what moves, what is open, the newest transitions, events a second.

It fits the terminal that it is shown on, from 80 by 24 on: what is too much is counted, not cut.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.cli.demo_moves import Move, Moves
from gateway.cli.showing import SEVERITY_STYLE, STATUS_STYLE, plain, severity, span, when
from gateway.ports.rows import AlertRow
from gateway.ports.state import Unit
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Severity

PAGE: Final = 500
KEPT: Final = 60
"""Moves and transitions that are remembered: more than any screen shows."""
WIDE: Final = 100
"""Columns from which the journeys have a panel of their own beside what moves; below, a line."""
FULL: Final = 170
"""Columns from which open alerts and transitions stand beside each other."""
_BETWEEN: Final = " · "
_MARK: Final = {"opened": ("▲", "bold red"), "resolved": ("▼", "green")}
_WORD: Final = {
    JourneyStatus.AT_STOP: "at",
    JourneyStatus.IN_TRANSIT: "left",
    JourneyStatus.OFF_PLAN: "astray at",
    JourneyStatus.COMPLETED: "is home at",
    JourneyStatus.UNPLANNED: "unannounced at",
}


@dataclass(slots=True)
class View:
    """What the screen shows, brought up to date by `look`."""

    moves: Moves
    speed: float = 1.0
    home_at: Instant | None = None
    """From then on devices are only called home: what is said of them is no news."""
    now: Instant = Instant(0)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    moved: deque[Move] = field(default_factory=lambda: deque(maxlen=KEPT))
    alerts: list[AlertRow] = field(default_factory=list)
    news: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    fresh: list[dict[str, Any]] = field(default_factory=list)
    """The transitions that the last look found."""
    seen: int = 0
    """The newest transition shown, by its `seq`."""
    events: int = 0
    per_second: float = 0.0
    note: str = ""
    board: str = ""
    """Where the ops board is."""

    def look(self, unit: Unit, now: Instant) -> None:
        """Read what has become of it all."""
        self.now = now
        rows, moved = self.moves.since_last(unit)
        self.statuses = Counter((row.kind, row.status.value) for row in rows if row.status is not None)
        self.moved.extend(moved)
        self.alerts = sorted(
            unit.list_alerts(resolved=False, after=None, limit=PAGE),
            key=lambda alert: (-alert.deviation.severity, alert.opened_at),
        )
        self.fresh = []
        while lines := unit.transitions(after=self.seen, limit=PAGE):
            self.seen = lines[-1].seq
            self.fresh += [line for each in lines if self._is_news(line := from_json(each.body), each.at)]
        self.news.extend(self.fresh)

    def _is_news(self, line: dict[str, Any], at: Instant) -> bool:
        called = self.home_at is not None and at >= self.home_at and line["subject"]["kind"] == "device"
        return line["transition"] in _MARK and not called

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """All of it, as high and wide as there is room for."""
        width, height = options.max_width, options.size.height - 1
        heads = self._head(width)
        room = height - len(heads)
        top, rows = self._wide_top(room) if width >= WIDE else self._narrow_top(room, width)
        left = height - len(heads) - rows
        if width >= FULL:
            both = Table.grid(expand=True)
            both.add_column(ratio=3)
            both.add_column(ratio=2)
            both.add_row(self._open(left - 2), self._news(left - 2))
            yield Group(*heads, top, both)
        else:
            open_rows = (left - 4 + 1) // 2
            yield Group(*heads, top, self._open(open_rows), self._news(left - 4 - open_rows))

    def _head(self, width: int) -> list[Text]:
        figures = Text.assemble(
            f"{when(self.now)} UTC   {self.speed:,.0f}× life   ",
            (f"{self.events:,} events   {self.per_second:,.0f}/s", "bold cyan"),
        )
        head = Text.assemble(("Returns Gateway", "bold"), "   ", figures)
        lines = [head] if head.cell_len <= width else [Text.assemble(figures)]
        if self.note:
            lines.append(Text(self.note, style="bold green"))
        elif self.board:
            lines.append(Text(f"ops board: {self.board}", style="dim"))
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return lines

    def _wide_top(self, room: int) -> tuple[RenderableType, int]:
        table = Table.grid(padding=(0, 2))
        table.add_row("", Text("returns", style="dim"), Text("containers", style="dim"))
        for status, returns, containers in self._counts():
            table.add_row(_status(status), f"{returns:>7}", f"{containers:>10}")
        rows = max(len(JourneyStatus) + 1, room // 4)
        beside = Table.grid(expand=True)
        beside.add_column(width=46)
        beside.add_column(ratio=1)
        beside.add_row(
            Panel(table, title="journeys", border_style="blue", height=rows + 2), self._moving(rows)
        )
        return beside, rows + 2

    def _narrow_top(self, room: int, width: int) -> tuple[RenderableType, int]:
        lines = [Text(no_wrap=True, overflow="ellipsis")]
        for status, returns, containers in self._counts():
            part = Text.assemble((f"{returns + containers} ", "bold"), _status(status))
            if lines[-1] and lines[-1].cell_len + len(_BETWEEN) + part.cell_len > width:
                lines.append(Text(no_wrap=True, overflow="ellipsis"))
            lines[-1].append_text(Text(_BETWEEN if lines[-1] else "")).append_text(part)
        rows = max(2, (room - len(lines) + 1) // 5)
        return Group(*lines, self._moving(rows)), len(lines) + rows + 2

    def _counts(self) -> Iterable[tuple[JourneyStatus, int, int]]:
        for status in JourneyStatus:
            returns, containers = (
                self.statuses["return", status.value],
                self.statuses["container", status.value],
            )
            if returns or containers:
                yield status, returns, containers

    def _moving(self, rows: int) -> Panel:
        table = _columns(12, 21)
        for move in list(self.moved)[-rows:]:
            table.add_row(plain(move.id, "bold"), plain(move.route, "dim"), _movement(move))
        return Panel(table, title="what moves", border_style="blue", height=rows + 2)

    def _open(self, rows: int) -> Panel:
        table = _columns(8, 11)
        shown = self.alerts if len(self.alerts) <= rows else self.alerts[: rows - 1]
        for alert in shown:
            since = span(self.now - alert.deviation.since)
            table.add_row(severity(alert.deviation.severity), since, plain(alert.summary))
        if len(shown) < len(self.alerts):
            table.add_row("", "", Text(f"and {len(self.alerts) - len(shown)} more", style="dim"))
        return Panel(table, title=f"open alerts: {len(self.alerts)}", border_style="red", height=rows + 2)

    def _news(self, rows: int) -> Panel:
        table = _columns(1, 11, 17, 18)
        for line in list(self.news)[-rows:]:
            table.add_row(*_transition(line))
        return Panel(table, title="newest transitions", border_style="green", height=rows + 2)


def as_line(line: dict[str, Any]) -> Text:
    """A transition for whoever reads lines."""
    _, *cells = _transition(line)
    return Text("  ").join(cells)


def _transition(line: dict[str, Any]) -> list[Text]:
    """Its mark, when it was, of what kind, about whom, and what became of it."""
    mark, style = _MARK[line["transition"]]
    opened = line["transition"] == "opened"
    if opened and line["severity"] is not None:
        style = SEVERITY_STYLE[Severity[line["severity"].upper()]]
    return [
        Text(mark, style=style),
        Text(line["time"][5:16].replace("T", " ")),
        Text(line["kind"].replace("_", " ")),
        plain(line["subject"]["id"], "bold"),
        Text("opened" if opened else f"resolved: {_why(line['reason'])}", style="" if opened else "green"),
    ]


def _columns(*widths: int) -> Table:
    """Columns of these widths, and a last one with the rest; no line is ever broken."""
    table = Table.grid(padding=(0, 2), expand=True)
    for width in widths:
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    return table


def _status(status: JourneyStatus) -> Text:
    return Text(status.value.replace("_", " "), style=STATUS_STYLE.get(status, ""))


def _movement(move: Move) -> Text:
    text = Text.assemble(
        (_WORD.get(move.status, ""), STATUS_STYLE.get(move.status, "")), " ", plain(move.site)
    )
    if move.inside:
        text.append_text(plain(f" in {move.inside}", "dim"))
    if move.onward and move.status is not JourneyStatus.AT_STOP:
        text.append(f" → {move.onward}", style="cyan")
    return text


def _why(reason: str | None) -> str:
    return {"retracted": "taken back", None: ""}.get(reason, str(reason))
