"""Rows in memory by whose they are and in order of their keys, with a journal as `table` has it.

What asks for the newest of many, or for those after an instant, finds its place by halving; a table would go
through all of them, again for each new one.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

W = TypeVar("W", bound=Hashable)
R = TypeVar("R")

Place = tuple[Any, ...]
"""A key, or the first parts of one: a place before all keys that begin with them."""


class Ordered(Generic[W, R]):
    """Rows of owners. `key` is what a row is known by among its owner's; keys sort."""

    def __init__(self, journal: list[Callable[[], None]], key: Callable[[R], Place]) -> None:
        self._journal = journal
        self._key = key
        self._rows: dict[W, list[R]] = {}

    def of(self, owner: W) -> Sequence[R]:
        """All rows of an owner; not to be kept, for it changes with them."""
        return self._rows.get(owner, ())

    def between(self, owner: W, since: Place, before: Place | None) -> Sequence[R]:
        """The rows from a place on, as far as another (None: all of them)."""
        return self.of(owner)[self._at(owner, since) : None if before is None else self._at(owner, before)]

    def before(self, owner: W, place: Place, limit: int) -> Sequence[R]:
        """The last `limit` rows before a place."""
        end = self._at(owner, place)
        return self.of(owner)[max(0, end - limit) : end]

    def first(self, owner: W, place: Place) -> R | None:
        """The first row from a place on."""
        rows, at = self.of(owner), self._at(owner, place)
        return rows[at] if at < len(rows) else None

    def last(self, owner: W, place: Place | None = None) -> R | None:
        """The last row, or the last before a place."""
        rows = self.of(owner)
        end = len(rows) if place is None else self._at(owner, place)
        return rows[end - 1] if end else None

    def put(self, owner: W, row: R) -> None:
        """Insert or replace."""
        key = self._key(row)
        old = self._found(owner, key)
        self._journal.append(lambda: self._set(owner, key, old))
        self._set(owner, key, row)

    def drop(self, owner: W, row: R) -> None:
        """Remove what is known by this row's key, if anything is."""
        key = self._key(row)
        old = self._found(owner, key)
        if old is not None:
            self._journal.append(lambda: self._set(owner, key, old))
            self._set(owner, key, None)

    def _at(self, owner: W, place: Place) -> int:
        return bisect_left(self.of(owner), place, key=self._key)

    def _found(self, owner: W, key: Place) -> R | None:
        found = self.first(owner, key)
        return found if found is not None and self._key(found) == key else None

    def _set(self, owner: W, key: Place, row: R | None) -> None:
        at = self._at(owner, key)
        rows = self._rows.setdefault(owner, [])
        known = at < len(rows) and self._key(rows[at]) == key
        rows[at : at + known] = [] if row is None else [row]
