"""What the worker sees and hears: each outcome a large sign on its own colour, and bells if it is not ok.

On a terminal the sign is alone on the screen, with what to do below it, then verdicts that came late and have not
been looked at, and how things stand: the last word of a scan ago cannot be taken for that of now. Nothing is told by
colour alone, and what others wrote (items, messages) never styles the terminal. The device's thread prints too, when
late verdicts come.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from devices.cli.sign import NOT_SAVED, SAVED, Look, look, sign
from devices.sdk import Result
from gateway.tracking.instants import Instant, to_datetime

_LATE_SHOWN: Final = 3
_TALL: Final = 20
"""Rows of a terminal from which there is room for more than the sign and what to do."""


class Display:
    """For people. `standing` says in a line how things stand: what is chosen, the connection, how much waits."""

    def __init__(self, console: Console, standing: Callable[[], str] = str) -> None:
        self._console = console
        self._standing = standing
        self._lock = threading.Lock()
        self._late: deque[Text] = deque(maxlen=_LATE_SHOWN)
        self._unseen = 0

    def answered(self, items: Sequence[str], result: Result) -> None:
        """The verdict on the scan just made."""
        self._sign(look(result), [_named(items), *_details(result)])

    def saved(self, items: Sequence[str], waiting: int, *, connected: bool) -> None:
        """The scan is safe, and its verdict is not known yet."""
        why = "no answer yet" if connected else "offline"
        beside = () if connected else (str(waiting),)
        self._sign(SAVED, [_named(items), f"{why} · {_count(waiting)}: go on"], *beside)

    def failed(self, items: Sequence[str], why: str) -> None:
        """The scan could not be taken."""
        self._sign(NOT_SAVED, [_named(items), why])

    def later(self, items: Sequence[str], result: Result) -> None:
        """A verdict that comes after the worker has gone on; only what is not ok is worth a line."""
        seen = look(result)
        if not seen.bells:
            return
        details = " · ".join(_details(result))
        line = Text.assemble((f" {seen.word} ", seen.style), f" {_named(items)} · {details}")
        with self._lock:
            self._late.append(line)
            self._unseen += 1
            self._line(line)
            self._ring(seen)

    def seen(self) -> None:
        """The worker has seen the late verdicts."""
        with self._lock:
            self._late.clear()
            self._unseen = 0
            self._line(Text(self._standing(), style="dim"))

    def note(self, text: str, *, wrong: bool = False) -> None:
        """A line to be known."""
        with self._lock:
            self._line(Text(text, style="bold red" if wrong else "dim"))
            if wrong:
                self._console.bell()

    def _sign(self, seen: Look, below: Sequence[str], *beside: str) -> None:
        with self._lock:
            size = self._console.size
            rows = sign(seen, size.width, size.height, *beside)
            told = [Text(text, style="bold") for text in below]
            if self._console.is_terminal:
                self._console.clear()
                rows += [row for text in told for row in text.wrap(self._console, size.width)]
                foot = self._foot(size.width, tall=size.height >= _TALL)
                rows = [*rows[: size.height - 1 - len(foot)], *foot]
            else:
                rows += told
            self._console.print(*rows, sep="\n", highlight=False, soft_wrap=True)
            self._ring(seen)

    def _foot(self, width: int, *, tall: bool) -> list[Text]:
        """What came late, and how things stand; each a row of the terminal."""
        rows = [Text()] if tall else []
        if self._late:
            rows.append(Text(f"{self._unseen} came late (Enter: seen)", style="bold"))
            rows += list(self._late)[-_LATE_SHOWN if tall else -1 :]
        rows.append(Text(self._standing(), style="dim"))
        shown = [row.copy() for row in rows]
        for row in shown:
            row.truncate(width, overflow="ellipsis")
        return shown

    def _ring(self, seen: Look) -> None:
        for _ in range(seen.bells):
            self._console.bell()

    def _line(self, text: Text) -> None:
        """Broken between words on a terminal, and not at all for whoever reads a file."""
        self._console.print(text, highlight=False, soft_wrap=not self._console.is_terminal)


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
        lines.append(
            f"→ {_printable(' or '.join(onward.sites))}{by}"
            + (f"  ({_printable(item)})" if len(result.onward) > 1 else "")
        )
    return lines


def _local(at: Instant) -> str:
    return f"{to_datetime(at).astimezone():%a %d %b %H:%M}"


def _count(waiting: int) -> str:
    return f"{waiting} event{'s' * (waiting != 1)} waiting"
