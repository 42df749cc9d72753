"""What is wrong with a network.yaml and where: faults, doubts, and the path that leads to a value.

A fault keeps the network from being used; a doubt is a warning of what is probably meant otherwise. Nothing
here knows YAML or what a network may contain.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

Location = tuple[str | int, ...]
"""The way from the document to a value: keys of mappings and indexes of lists, from 0."""

REPORTED: Final = 200
"""So many faults, and so many doubts, are reported; of the rest only the number."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_:-]+", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._:/+-]+", re.ASCII)
_LONGEST_SHOWN: Final = 80


Message = str | Callable[[], str]
"""What is wrong, the value and the remedy; a function where finding the remedy takes time, as few are reported."""


class Finding(NamedTuple):
    """Something found at a location; its place in the file is looked up later, unless `at` has line and column.

    `at_key`: the place of the key, not of the value.
    """

    location: Location
    message: Message
    at_key: bool = False
    at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake: `line` and `column` count from 1, `path` is such as `routes[3].stops[1].sites[0]`."""

    file: str
    line: int
    column: int
    path: str
    message: str

    @property
    def place(self) -> str:
        """File, line and column, as compilers write them and editors jump to them."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def sentence(self) -> str:
        """The path, where the fault has one, and the message."""
        return f"{self.path}: {self.message}" if self.path else self.message

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


@dataclass(frozen=True, slots=True, order=True)
class Doubt(Fault):
    """Something that works and is probably meant otherwise."""


class NetworkFaults(ValueError):
    """The file cannot be used as a network: all that is wrong with it, in order of place."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def path(location: Iterable[str | int]) -> str:
    """The location as people write it; keys that are not plain words stand quoted, so that none can deceive."""
    written = ""
    for part in location:
        if isinstance(part, int):
            written += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            written += f".{part}" if written else part
        else:
            written += f"[{shown(part)}]"
    return written


def named(name: str) -> str:
    """A name for a message: as it is where it is a plain one, else quoted."""
    return name if _PLAIN_NAME.fullmatch(name) else shown(name)


def shown(value: object) -> str:
    """A value from the file for a message: quoted, its control characters escaped, and not too long."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        return str(value)
    return repr(value) if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]!r}…"
