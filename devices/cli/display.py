"""What the worker sees and hears: each outcome a word in large letters on its own colour, and bells if it is not ok.

Nothing is told by colour alone. Rows are as wide as the terminal; what others wrote (items, messages) never styles
it. The device's thread prints too, when late verdicts come: Rich's console takes care of that.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.text import Text

from devices.cli.letters import large
from devices.sdk import Result
from gateway.tracking.instants import Instant, to_datetime


class Look(NamedTuple):
    """An outcome as it is shown: what it says, on which colour, and how often the bell rings."""

    word: str
    style: str
    bells: int


_LOOKS: Final = {
    "ok": Look("OK", "bold black on green", 0),
    "repeated": Look("AGAIN", "bold black on yellow", 1),
    "late": Look("LATE", "bold black on yellow", 1),
    "unexpected": Look("UNKNOWN", "bold white on magenta", 1),
    "skipped_stop": Look("SKIPPED", "bold black on yellow", 1),
    "backtracked": Look("WRONG WAY", "bold white on red", 2),
    "misrouted": Look("WRONG SITE", "bold white on red", 2),
    "ended": Look("STOP", "bold white on red", 3),
    "quarantined": Look("REJECTED", "bold white on magenta", 3),
    "saved": Look("SAVED", "bold white on blue", 0),
    "failed": Look("NOT SAVED", "bold white on red", 3),
}
_ODD: Final = Look("LOOK", "bold black on yellow", 1)
"""A verdict that is newer than this device."""


def look(result: Result) -> Look:
    """How a result is shown."""
    if result.result == "quarantined":
        return _LOOKS["quarantined"]
    return _LOOKS.get(result.verdict or "ok", _ODD)


class Display:
    """For people: one large sign for each scan, one line for what is only to be known."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def answered(self, items: Sequence[str], result: Result) -> None:
        """The verdict on the scan just made."""
        lines = [Text(_named(items)), *(Text(line, style="bold") for line in _details(result))]
        self._sign(look(result), lines)

    def saved(self, items: Sequence[str], waiting: int, *, connected: bool) -> None:
        """The scan is safe, and its verdict is not known yet."""
        why = "no answer yet" if connected else "offline"
        self._sign(
            _LOOKS["saved"], [Text(_named(items)), Text(f"{why} · {_count(waiting)}: go on", style="bold")]
        )

    def failed(self, items: Sequence[str], why: str) -> None:
        """The scan could not be taken."""
        self._sign(_LOOKS["failed"], [Text(_named(items)), Text(why, style="bold")])

    def later(self, items: Sequence[str], result: Result) -> None:
        """A verdict that comes after the worker has gone on; only what is not ok is worth a line."""
        seen = look(result)
        if seen.bells:
            details = " · ".join(_details(result))
            self._line(Text.assemble((f" {seen.word} ", seen.style), f" {_named(items)} · {details}"))
            self._ring(seen)

    def note(self, text: str, *, wrong: bool = False) -> None:
        """A line to be known."""
        self._line(Text(text, style="bold red" if wrong else "dim"))
        if wrong:
            self._console.bell()

    def _sign(self, seen: Look, below: Sequence[Text]) -> None:
        width = self._console.width
        rows = large(seen.word)
        if len(rows[0]) > width:
            rows = [seen.word]
        lines = [Text(row.center(width), style=seen.style) for row in ("", *rows, "")]
        self._console.print(*lines, *below, sep="\n", no_wrap=False, highlight=False, soft_wrap=True)
        self._ring(seen)

    def _ring(self, seen: Look) -> None:
        for _ in range(seen.bells):
            self._console.bell()

    def _line(self, text: Text) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


class JsonDisplay:
    """For programs: a JSON object a line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def answered(self, items: Sequence[str], result: Result) -> None:
        self._print(
            items=list(items),
            event=result.id,
            result=result.result,
            verdict=result.verdict,
            reason=result.reason,
            message=result.message,
            next={item: list(onward.sites) for item, onward in result.onward.items()} or None,
        )

    def saved(self, items: Sequence[str], waiting: int, *, connected: bool) -> None:
        self._print(items=list(items), result="saved", waiting=waiting, connected=connected)

    def failed(self, items: Sequence[str], why: str) -> None:
        self._print(items=list(items), result="failed", message=why)

    def later(self, items: Sequence[str], result: Result) -> None:
        self.answered(items, result)

    def note(self, text: str, *, wrong: bool = False) -> None:
        self._print(**{"error" if wrong else "note": text})

    def _print(self, **said: Any) -> None:
        line = json.dumps({name: value for name, value in said.items() if value is not None})
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


def _named(items: Sequence[str]) -> str:
    return ", ".join(_printable(item) for item in items)


def _printable(text: str) -> str:
    """The text without what could steer a terminal; a GS1 separator shows as a dot."""
    return "".join(each if each.isprintable() else "·" for each in text)


def _details(result: Result) -> list[str]:
    """What to do, then where each item goes."""
    lines = [_printable(result.message)] if result.message else []
    for item, onward in result.onward.items():
        by = f" by {_local(onward.by)}" if onward.by is not None else ""
        lines.append(f"→ {' or '.join(onward.sites)}{by}" + (f"  ({item})" if len(result.onward) > 1 else ""))
    return lines


def _local(at: Instant) -> str:
    return f"{to_datetime(at).astimezone():%a %d %b %H:%M}"


def _count(waiting: int) -> str:
    return f"{waiting} event{'s' * (waiting != 1)} waiting"
