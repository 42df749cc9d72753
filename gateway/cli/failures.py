"""Exit statuses, and the failures that a command expects: told in plain lines on stderr, never with a traceback."""

from collections.abc import Iterable
from typing import Final

import typer

DONE: Final = 0
FAILED: Final = 1
WRONG: Final = 2
"""Wrong usage or configuration."""


class Failure(Exception):
    """The command cannot do what it was asked: `lines` say what is wrong and what to do, `status` is how it exits."""

    def __init__(self, *lines: str, status: int = FAILED) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.status = status


def tell(lines: Iterable[str], label: str = "error") -> None:
    """Print messages on stderr, one a line whatever is in them: they may quote what others wrote."""
    for line in lines:
        typer.echo(f"{label}: {printable(line)}", err=True)


def printable(text: str) -> str:
    """The text on one line, its control characters escaped, so that it cannot steer a terminal."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
