"""Pages and the cursors between them: a cursor is the key of the last thing seen, so nothing added or removed
meanwhile makes a page skip or repeat what stays.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from gateway.tracking.instants import Instant
from gateway.tracking.model import Key

T = TypeVar("T")

MOST: Final = 500
"""Things on a page."""
LOOKS: Final = 2_000
"""Rows that are looked at for a page; one of which few match is shorter than asked for, and goes on."""


class BadCursor(ValueError):
    """The cursor is none of ours."""

    def __init__(self) -> None:
        super().__init__("is no cursor of this list; leave it out to begin at the first page")


class Page(NamedTuple, Generic[T]):
    """Some things; `after` is the key to go on from, None where there are no more."""

    items: Sequence[T]
    after: Any | None


def cursor(key: Any | None) -> str | None:
    """The key as text that a URL can hold."""
    return None if key is None else written(key)


def written(key: Any) -> str:
    """The same of a key that is one. Characters stand for themselves: escaped, an id can make it too long to send."""
    said = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(said.encode()).decode().rstrip("=")


def key_of(text: str | None, read: Callable[[Any], T]) -> T | None:
    """The key in a cursor, by `read`, which raises on what is none; None where there is no cursor.

    Raises:
        BadCursor: it is none.
    """
    if text is None:
        return None
    try:
        return read(json.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))))
    except (ValueError, TypeError, LookupError, RecursionError):
        raise BadCursor from None


def whole_list(page: Page[Any], after: Any | None) -> int | None:
    """How many things a list has in all, where this page after a key has them all; None: it would have to count."""
    return len(page.items) if after is None and page.after is None else None


def as_text(value: Any) -> str:
    """A key that is one text: one that a database can hold."""
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    value.encode()
    return value


def as_number(value: Any) -> int:
    """A key that is one whole number of 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**62) < value < 2**62:
        raise TypeError
    return value


def collected(
    read: Callable[[Any, int], Sequence[T]],
    key: Callable[[T], Any],
    matches: Callable[[T], bool],
    after: Any | None,
    limit: int,
) -> Page[T]:
    """A page of what matches, read in the order of its keys; `read` gives so many after a key, fewer at the end."""
    found: list[T] = []
    looked = 0
    while True:
        rows = read(after, chunk := limit + 1)
        for row in rows:
            if matches(row):
                if len(found) == limit:
                    return Page(found, after)
                found.append(row)
            after = key(row)
        looked += len(rows)
        if len(rows) < chunk:
            return Page(found, None)
        if looked >= LOOKS:
            return Page(found, after)


def as_key(value: Any) -> Key:
    """A key that is an event's: (at, id, device)."""
    at, id_, device = value
    return (Instant(as_number(at)), as_text(id_), as_text(device))


def as_ending(value: Any) -> tuple[Instant, str]:
    """A key that is an instant and an id."""
    at, id_ = value
    return (Instant(as_number(at)), as_text(id_))


def as_rank(value: Any) -> tuple[int, int, str]:
    """A key that is an alert's rank."""
    severity, since, id_ = value
    return (as_number(severity), as_number(since), as_text(id_))
