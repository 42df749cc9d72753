"""A table in memory with secondary indices and a journal, so that a transaction can be taken back."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

Index = Callable[[R], Hashable | None]
"""What a row is found under, or None to leave it out."""


class Table(Generic[K, R]):
    """Rows by key. `indices` are found with `where`; within one, rows come in the order they were put."""

    def __init__(self, journal: list[Callable[[], None]], **indices: Index[R]) -> None:
        self._journal = journal
        self._rows: dict[K, R] = {}
        self._indices = indices
        self._found: dict[str, dict[Hashable, dict[K, R]]] = {name: {} for name in indices}

    def get(self, key: K) -> R | None:
        return self._rows.get(key)

    def __contains__(self, key: K) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterator[R]:
        return iter(self._rows.values())

    def items(self) -> Iterator[tuple[K, R]]:
        return iter(self._rows.items())

    def where(self, index: str, value: Hashable) -> Iterable[R]:
        return self._found[index].get(value, {}).values()

    def keys_where(self, index: str, value: Hashable) -> list[K]:
        return list(self._found[index].get(value, ()))

    def put(self, key: K, row: R) -> None:
        """Insert or replace."""
        old = self._rows.get(key)
        self._journal.append(lambda: self._set(key, old))
        self._set(key, row)

    def drop(self, key: K) -> R | None:
        """Remove, and say what was there."""
        old = self._rows.get(key)
        if old is not None:
            self._journal.append(lambda: self._set(key, old))
            self._set(key, None)
        return old

    def _set(self, key: K, row: R | None) -> None:
        old = self._rows.get(key)
        for name, index in self._indices.items():
            before = index(old) if old is not None else None
            after = index(row) if row is not None else None
            if before is not None and before != after:
                del self._found[name][before][key]
            if row is not None and after is not None:
                self._found[name].setdefault(after, {})[key] = row
        if row is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = row
