"""The sign that a worker sees after each scan: one word as large as the terminal allows, on a colour of its own.

Where a word is too wide for the terminal its parts stand below each other, and where that is too wide too a shorter
word stands for it: a handheld with 40 columns shows large letters as well. Nothing here prints.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich.text import Text

from devices.cli.letters import large
from devices.sdk import Result


class Look(NamedTuple):
    """An outcome as it is shown: what it says, on which colour, and how often the bell rings; `short` where narrow."""

    word: str
    style: str
    bells: int
    short: str = ""


OK: Final = Look("OK", "black on green", 0)
_LOOKS: Final = {
    "ok": OK,
    "repeated": Look("AGAIN", "black on yellow", 1),
    "late": Look("LATE", "black on yellow", 1),
    "unexpected": Look("UNKNOWN", "bold white on magenta", 1, "ASK"),
    "skipped_stop": Look("SKIPPED", "black on yellow", 1, "SKIP"),
    "backtracked": Look("WRONG WAY", "bold white on red", 2, "WRONG"),
    "misrouted": Look("WRONG SITE", "bold white on red", 2, "WRONG"),
    "ended": Look("STOP", "bold white on red", 3),
}
REJECTED: Final = Look("REJECTED", "bold white on magenta", 3, "BAD")
SAVED: Final = Look("SAVED", "bold white on blue", 0)
NOT_SAVED: Final = Look("NOT SAVED", "bold white on red", 3, "FAIL")
_ODD: Final = Look("LOOK", "black on yellow", 1)
"""A verdict that is newer than this device."""


_LEAST: Final = 5
"""Rows of a word as small as it gets."""
_BELOW: Final = 6
"""Rows that what to do takes, and how things stand."""


def look(result: Result) -> Look:
    """How a result is shown."""
    if result.result == "quarantined":
        return REJECTED
    return _LOOKS.get(result.verdict or "ok", _ODD)


def sign(seen: Look, width: int, height: int, *beside: str) -> list[Text]:
    """The rows of the sign, each as wide as the terminal; of what is to stand `beside` the word, what fits."""
    for words, times in _spellings(seen, beside):
        rows = [row for word in words for row in ("", *large(word, times))][1:]
        fits = max(map(len, rows)) <= width and (times == 1 or len(rows) + 2 <= height // 2)
        if fits and (len(rows) == _LEAST or len(rows) + 2 + _BELOW <= height):
            return [_row(row, seen, width) for row in ("", *_centred(rows), "")]
    return [_row(row, seen, width) for row in ("", seen.word, "")]


def _spellings(seen: Look, beside: Sequence[str]) -> Iterator[tuple[Sequence[str], int]]:
    """Lines of words and how large they are, the best first."""
    for times in (3, 2, 1):
        if beside:
            yield [" ".join((seen.word, *beside))], times
        yield [seen.word], times
        yield seen.word.split(), times
    if seen.short:
        yield [seen.short], 1


def _centred(rows: Sequence[str]) -> list[str]:
    """Each row as wide as the widest, so that the letters of a word stay together."""
    widest = max(map(len, rows))
    return [row.center(widest) for row in rows]


def _row(row: str, seen: Look, width: int) -> Text:
    return Text(row.center(width), style=seen.style, no_wrap=True, overflow="crop")
