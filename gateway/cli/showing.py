"""How things look on a terminal: instants, durations, severities, ids.

Ids, notes and names come from outside: they are shown as `Text`, never as markup, and without control characters.
"""

import json
from typing import Any, Final

import typer
from rich.console import Console
from rich.text import Text

from gateway.cli.failures import printable
from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_datetime
from gateway.tracking.model import JourneyStatus, Severity

SEVERITY_STYLE: Final = {
    Severity.CRITICAL: "bold white on red",
    Severity.MAJOR: "bold red",
    Severity.WARNING: "yellow",
    Severity.MINOR: "cyan",
}
STATUS_STYLE: Final = {
    JourneyStatus.OFF_PLAN: "bold red",
    JourneyStatus.COMPLETED: "green",
    JourneyStatus.UNPLANNED: "yellow",
    JourneyStatus.CANCELLED: "dim",
}
_UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def console(*, stderr: bool = False) -> Console:
    """A console that takes text for what it is."""
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def plain(text: object, style: str = "") -> Text:
    """Text from outside."""
    return Text(printable(str(text)), style=style)


def severity(value: Severity) -> Text:
    """The word in its colour."""
    return Text(value.word, style=SEVERITY_STYLE[value])


def when(at: int) -> str:
    """`2026-11-22 09:14`, UTC, to the minute."""
    return f"{to_datetime(at):%Y-%m-%d %H:%M}"


def span(length: int) -> str:
    """`3 d 4 h`: the two largest units of a duration."""
    parts: list[str] = []
    rest = abs(length)
    for unit, name in _UNITS:
        count, rest = divmod(rest, unit)
        if count or parts:
            parts.append(f"{count} {name}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(filter(None, parts)) or "0 s"


def ago(at: int, now: Instant) -> str:
    """`3 h 20 min ago`, `in 2 d`."""
    return f"{span(now - at)} ago" if at <= now else f"in {span(at - now)}"


def print_json(value: Any) -> None:
    """One JSON document on standard output, indented for those who look at it."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_line(value: Any) -> None:
    """One line of JSON on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False))
