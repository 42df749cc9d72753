"""Words, numbers, texts and signs of a query, and what its durations and times mean in nanoseconds."""

import re
from typing import Final, NamedTuple

from gateway.ports.series import BadQuery
from gateway.tracking.instants import instant

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<duration>(?:\d+(?:ns|ms|u|µ|s|m|h|d|w))+(?![A-Za-z_0-9]))
        |(?P<number>\d+\.\d+|\d+)
        |(?P<word>[A-Za-z_][A-Za-z_0-9]*)
        |"(?P<name>(?:[^"\\]|\\.)+)"
        |'(?P<text>(?:[^'\\]|\\.)*)'
        |(?P<sign><=|>=|!=|<>|=~|!~|[=<>(),*+;/-]))""",
    re.VERBOSE | re.DOTALL,
)
_PART: Final = re.compile(r"(\d+)(ns|ms|u|µ|s|m|h|d|w)")
_TOO_LONG: Final = re.compile(r"\d{20}")
_SECOND: Final = 1_000_000_000
_UNITS: Final = {
    "ns": 1,
    "u": 1_000,
    "µ": 1_000,
    "ms": 1_000_000,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3_600 * _SECOND,
    "d": 86_400 * _SECOND,
    "w": 7 * 86_400 * _SECOND,
}
_LARGEST: Final = 2**62


class Token(NamedTuple):
    kind: str
    text: str


END = Token("end", "")


def tokens(text: str) -> list[Token]:
    """The tokens of a query, names and texts without their quotes.

    Raises:
        BadQuery: something in it is no token.
    """
    found: list[Token] = []
    at = 0
    rest = text.rstrip()
    while at < len(rest):
        match = _TOKEN.match(rest, at)
        if match is None:
            raise BadQuery(f"{rest[at : at + 20].strip()!r} is no word, number, text or sign of InfluxQL")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind in ("number", "duration") and _TOO_LONG.search(value):
            raise BadQuery(f"{value[:20]}… is beyond what can be stored; write a smaller number")
        found.append(Token(kind, re.sub(r"\\(.)", r"\1", value) if kind in ("name", "text") else value))
        at = match.end()
    return found


def bounded(number: int) -> int:
    """The number, if the store can compare with it.

    Raises:
        BadQuery: it cannot.
    """
    if abs(number) > _LARGEST:
        raise BadQuery(f"{number} is beyond what can be stored; write a smaller number")
    return number


def length(text: str) -> int:
    """The length of a duration token."""
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def nanoseconds(text: str) -> int:
    """The time that a text names: RFC 3339, a date, or a date and a time of day in UTC.

    Raises:
        BadQuery: it names none.
    """
    for spelling in (text, f"{text}T00:00:00Z", f"{text.replace(' ', 'T')}Z"):
        try:
            return instant(spelling) * 1000
        except ValueError:
            continue
    raise BadQuery(f"{text!r} is no time; write '2026-11-22T08:00:00Z' or '2026-11-22'")
