"""What the worker sees and hears: each outcome a large sign on its own colour, and bells if it is not ok.

On a terminal the sign is alone on the screen, with what to do below it, then verdicts that came late and have not
been looked at, and how things stand: the last word of a scan ago cannot be taken for that of now. Nothing is told by
colour alone, and what others wrote (items, messages) never styles the terminal. For one thread only.
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from devices.cli.sign import NOT_SAVED, SAVED, Look, look, sign
from devices.sdk import Result
from gateway.tracking.instants import Instant, to_datetime

_LATE_SHOWN: Final = 3
_FIELD: Final = re.compile(r"^(?:items?|container|site)(?:\.\d+)?: ")
"""Which field of the message a refusal is about; the worker knows no messages."""
_TALL: Final = 20
"""Rows of a terminal from which there is room for more than the sign and what to do."""


class Display:
    """For people. `standing` says in a line how things stand: what is chosen, the connection, how much waits."""

    def __init__(self, console: Console, standing: Callable[[], str] = str) -> None:
        self._console = console
        self._standing = standing
        self._late: deque[Text] = deque(maxlen=_LATE_SHOWN)
        self._unseen = 0
        self._sign: tuple[Look, Sequence[str], Sequence[str]] | None = None
        """What the screen shows large, what is below it, and what beside."""
        self._stands: tuple[str, int] | None = None
        """How things stood when the screen said so last, and in which row; None where that has moved."""

    def answered(self, items: Sequence[str], result: Result) -> None:
        """The verdict on the scan just made."""
        self._show(look(result), [_named(items), *_details(result)])

    def saved(self, items: Sequence[str], waiting: int, *, connected: bool) -> None:
        """The scan is safe, and its verdict is not known yet."""
        why = "no answer yet" if connected else "offline"
        beside = () if connected else (str(waiting),)
        self._show(SAVED, [_named(items), f"{why} · {_count(waiting)}: go on"], *beside)

    def failed(self, items: Sequence[str], why: str) -> None:
        """The scan could not be taken."""
        self._show(NOT_SAVED, [_named(items), why])

    def later(self, items: Sequence[str], result: Result) -> None:
        """A verdict that comes after the worker has gone on; only what is not ok is worth a line."""
        seen = look(result)
        if not seen.bells:
            return
        details = " · ".join(_details(result))
        line = Text.assemble((f" {seen.word} ", seen.style), f" {_named(items)} · {details}")
        self._late.append(line)
        self._unseen += 1
        if not self.redraw():
            self._line(line)
        self._ring(seen)

    def seen(self) -> None:
        """The worker has seen the late verdicts."""
        self._late.clear()
        self._unseen = 0
        if not self.redraw():
            self._line(Text(_printable(self._standing()), style="dim"))

    def note(self, text: str, *, wrong: bool = False) -> None:
        """A line to be known."""
        plain = "\n".join(map(_printable, text.split("\n")))
        self._line(Text(plain, style="bold red" if wrong else "dim"))
        if wrong:
            self._bell()

    def redraw(self) -> bool:
        """The screen anew, in the size that it has now; whether there is something on it."""
        if self._sign is None or not self._is_screen():
            return False
        self._draw(*self._sign)
        return True

    def refresh(self) -> None:
        """Say how things stand now, where the screen says otherwise; what is being typed stays as it is."""
        if self._stands is None:
            return
        said, row = self._stands
        now = _printable(self._standing())
        if now != said:
            text = Text(now)
            text.truncate(self._console.size.width, overflow="ellipsis")
            self._stands = now, row
            self._console.file.write(f"\x1b7\x1b[{row};1H\x1b[2m{text.plain}\x1b[0m\x1b[K\x1b8")
            self._console.file.flush()

    def _is_screen(self) -> bool:
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def _show(self, seen: Look, below: Sequence[str], *beside: str) -> None:
        self._sign = seen, below, beside
        self._draw(*self._sign)
        self._ring(seen)

    def _draw(self, seen: Look, below: Sequence[str], beside: Sequence[str]) -> None:
        size = self._console.size
        rows = sign(seen, size.width, size.height, *beside)
        told = [Text(text, style="bold") for text in below]
        if self._console.is_terminal:
            self._console.clear()
            rows += [row for text in told for row in text.wrap(self._console, size.width)]
            standing = _printable(self._standing())
            foot = self._foot(standing, size.width, tall=size.height >= _TALL)
            rows = [*rows[: size.height - 1 - len(foot)], *foot]
            self._stands = (standing, len(rows)) if self._is_screen() else None
        else:
            rows += told
        self._console.print(*rows, sep="\n", highlight=False, soft_wrap=True)

    def _foot(self, standing: str, width: int, *, tall: bool) -> list[Text]:
        """What came late, and how things stand; each a row of the terminal."""
        rows = [Text()] if tall else []
        if self._late:
            rows.append(Text(f"{self._unseen} came late (Enter: seen)", style="bold"))
            rows += list(self._late)[-_LATE_SHOWN if tall else -1 :]
        rows.append(Text(standing, style="dim"))
        shown = [row.copy() for row in rows]
        for row in shown:
            row.truncate(width, overflow="ellipsis")
        return shown

    def _ring(self, seen: Look) -> None:
        for _ in range(seen.bells):
            self._bell()

    def _bell(self) -> None:
        """Terminals that can nothing else can do that."""
        if self._console.is_terminal:
            self._console.file.write("\a")
            self._console.file.flush()

    def _line(self, text: Text) -> None:
        """Broken between words on a terminal, and not at all for whoever reads a file."""
        self._stands = None
        self._console.print(text, highlight=False, soft_wrap=not self._console.is_terminal)


def _named(items: Sequence[str]) -> str:
    return ", ".join(_printable(item) for item in items)


def _printable(text: str) -> str:
    """The text without what could steer a terminal; a GS1 separator shows as a dot."""
    return "".join(each if each.isprintable() else "·" for each in text)


def _details(result: Result) -> list[str]:
    """What to do, then where each item goes."""
    lines = [_printable(_FIELD.sub("", result.message))] if result.message else []
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
