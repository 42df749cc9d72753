"""What a scanner types, cut into lines: from a terminal, a pipe, a serial line or a file.

A line ends with LF, CR or a tab, whichever the scanner is set to. A scanner that types two of them in a row (CR and LF
mostly) means one end: an empty line counts only where it comes by itself, as a key that somebody presses. Characters
that are no UTF-8 are marked as such, for whoever understands lines to refuse. Knows nothing of what a line means.
"""

import io
import os
import re
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

_CHUNK: Final = 4096
_LONGEST: Final = 4096
"""Bytes without an end that are held; what is longer is cut there, and is no barcode."""
_AT_ONCE_S: Final = 0.1
"""Nobody presses a key so soon after a scan."""
_KEYED: Final = re.compile(rb"[\r\n\t]")
_FILED: Final = re.compile(rb"[\r\n]")
UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"
"""What stands for bytes that are no UTF-8."""


class Source(Protocol):
    """Where bytes come from; none at its end."""

    def read(self, size: int, /) -> bytes | None: ...


class Lines:
    """Bytes as they come, cut into lines."""

    def __init__(self, ends: re.Pattern[bytes] = _KEYED) -> None:
        self._ends = ends
        self._rest = b""
        self._ended_s = float("-inf")

    def feed(self, data: bytes, at_s: float) -> Iterator[str]:
        """The lines that end in these bytes, which came at this reading of a stopwatch, in seconds."""
        *whole, self._rest = self._ends.split(self._rest + data)
        if len(self._rest) > _LONGEST:
            whole.append(self._rest)
            self._rest = b""
        for line in whole:
            if line or at_s - self._ended_s > _AT_ONCE_S:
                yield line.decode(errors="replace")
            if line:
                self._ended_s = at_s

    def rest(self) -> Iterator[str]:
        """What was not ended, at the end."""
        if self._rest:
            yield self._rest.decode(errors="replace")


def typed(source: Source, take: Callable[[str], None], *, keyed: bool = True) -> None:
    """Give each line to `take`, until there are no more. `keyed`: as it is typed; else it is a file's."""
    lines = Lines(_KEYED if keyed else _FILED)
    with suppress(OSError, ValueError):  # the terminal is gone; nobody reads the file any more
        while data := source.read(_CHUNK):
            for line in lines.feed(data, time.monotonic() if keyed else 0.0):
                take(line)
    for line in lines.rest():
        take(line)


@contextmanager
def keyboard() -> Iterator[Source]:
    """Standard input; at a terminal a tab ends a line too, for as long as this lasts."""
    if sys.stdin is None:  # whoever started us has closed it
        yield io.BytesIO()
        return
    buffer = sys.stdin.buffer
    source: Source = getattr(buffer, "raw", buffer)  # a thread that ends in the midst of it must hold no lock
    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, termios.error):
        yield source
        return
    changed = termios.tcgetattr(terminal)
    changed[6][termios.VEOL] = b"\t"
    termios.tcsetattr(terminal, termios.TCSANOW, changed)
    try:
        yield source
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, before)


@contextmanager
def file(path: Path) -> Iterator[Source]:
    """A file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb", buffering=0) as source:
        yield source
