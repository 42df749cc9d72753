"""From SQLAlchemy Core to the text that a driver takes: each statement compiled once for each dialect.

Executing Core constructs costs some 40 µs a statement and 5 µs a row written, which is more than SQLite needs to
do the work; so their text is kept and handed to the driver with plain tuples. Here also are the few constructs
that the dialects spell differently: sets of ids travel as one parameter, a JSON array, whatever their number.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Dialect,
    Select,
    Table,
    bindparam,
    column,
    delete,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import TableValuedAlias
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import BigInteger, Text

Build = Callable[[Dialect], ClauseElement]
Insert = sqlite.Insert | postgresql.Insert
AT_ONCE: Final = 40
"""Rows of one statement, where many are written: the widest make fewer than the 999 values that an old SQLite takes."""


class _Compiled(NamedTuple):
    """SQL as the driver takes it: the names of its parameters in their places, and those that are constants."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, object]


def fields(table: Table, *names: str) -> Select[Any]:
    """A query for these columns in this order: the fields of the tuple that a row becomes."""
    return select(*(table.c[name] for name in names))


class Statement:
    """A construct, or what builds it for a dialect, with its parameters by name."""

    def __init__(self, construct: ClauseElement | Build) -> None:
        self._build: Build = construct if callable(construct) else lambda _: construct
        self._compiled: dict[str, _Compiled] = {}

    def compiled(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            text = self._build(dialect).compile(dialect=dialect)
            names = tuple(getattr(text, "positiontup", None) or ())
            constants = {name: value for name, value in text.params.items() if value is not None}
            found = self._compiled[dialect.name] = _Compiled(str(text), names, constants)
        return found

    def bound(self, dialect: Dialect, values: Mapping[str, object]) -> tuple[str, Sequence[object]]:
        """The SQL, and the values in the places of their names."""
        sql, names, constants = self.compiled(dialect)
        if constants:
            values = {**constants, **values}
        return sql, [values[name] for name in names]


class Bulk:
    """A statement for many rows. `columns` says which value is where in them; the SQL is checked against it.

    `at_once` builds the same for `AT_ONCE` rows in one statement, where there is such a thing.
    """

    def __init__(self, build: Build, columns: Sequence[str], at_once: Build | None = None) -> None:
        self._statement = Statement(build)
        self._at_once = None if at_once is None else Statement(at_once)
        self._columns = tuple(columns)

    def sql(self, dialect: Dialect) -> str:
        """The SQL for rows of these columns.

        Raises:
            TypeError: it takes its values in another order.
        """
        return _checked(self._statement.compiled(dialect), self._columns)

    def sql_at_once(self, dialect: Dialect) -> str | None:
        """The SQL that takes the values of `AT_ONCE` rows one after the other; None where each is a statement.

        SQLite's alone: a statement begun and ended for each row costs it a third of the writing, and a driver that
        lets others run meanwhile does so for each. PostgreSQL's driver sends all rows in one go as it is, and
        PostgreSQL would refuse to put one key twice in a statement.

        Raises:
            TypeError: it takes its values in another order.
        """
        if self._at_once is None or dialect.name != "sqlite":
            return None
        columns = tuple(_numbered(name, row) for row in range(AT_ONCE) for name in self._columns)
        return _checked(self._at_once.compiled(dialect), columns)


def _checked(compiled: _Compiled, columns: tuple[str, ...]) -> str:
    """The SQL, if these are its parameters in their order."""
    if compiled.names != columns:
        raise TypeError(f"the statement takes {compiled.names}, not {columns}: {compiled.sql}")
    return compiled.sql


def _numbered(name: str, row: int) -> str:
    """A parameter's name in a statement of many rows."""
    return f"{name}_{row}"


def _inserting(table: Table, names: Sequence[str], finish: Callable[[Insert], ClauseElement]) -> Bulk:
    """Insert rows of these columns, `finish` saying what becomes of those that are known."""

    def one(dialect: Dialect) -> ClauseElement:
        return finish(_insert(dialect, table).values({name: bindparam(name) for name in names}).inline())

    def at_once(dialect: Dialect) -> ClauseElement:
        rows: list[dict[str, Any]] = [
            {name: bindparam(_numbered(name, row)) for name in names} for row in range(AT_ONCE)
        ]
        return finish(_insert(dialect, table).values(rows).inline())

    return Bulk(one, names, at_once)


def adding(table: Table, *, if_new: bool = False) -> Bulk:
    """Insert whole rows, without `seq`; `if_new` passes over those whose key is known."""
    return _inserting(table, _columns(table), lambda row: row.on_conflict_do_nothing() if if_new else row)


def putting(table: Table) -> Bulk:
    """Insert whole rows; one whose key is known takes the place of what was there."""
    names = _columns(table)
    keys = [each.name for each in table.primary_key]

    def finish(row: Insert) -> ClauseElement:
        rest = {name: row.excluded[name] for name in names if name not in keys}
        return row.on_conflict_do_update(index_elements=keys, set_=rest)

    return _inserting(table, names, finish)


def counting_again(table: Table, known_by: str, counter: str) -> Bulk:
    """Insert whole rows; one that is known by this column stays as it is, what the new one counts being added."""

    def finish(row: Insert) -> ClauseElement:
        return row.on_conflict_do_update(
            index_elements=[known_by], set_={counter: table.c[counter] + row.excluded[counter]}
        )

    return _inserting(table, _columns(table), finish)


def removing(table: Table, *names: str) -> Bulk:
    """Delete the rows in which these columns have these values."""
    return Bulk(lambda _: delete(table).where(*(table.c[name] == bindparam(name) for name in names)), names)


def _columns(table: Table) -> list[str]:
    return [each.name for each in table.columns if each.name != "seq"]


def _insert(dialect: Dialect, table: Table) -> Insert:
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)


class _Each(FunctionElement[str]):
    """The elements of a JSON array as text, one row each: column `value`."""

    name = "each"
    inherit_cache = True


class _EachRow(FunctionElement[Any]):
    """The elements of a JSON array of arrays, one row each: column `value`, to be read with `_Item`."""

    name = "each_row"
    inherit_cache = True


class _Item(FunctionElement[str]):
    """One element of a JSON array, by its place."""

    name = "item"
    inherit_cache = True

    def __init__(self, array: ColumnElement[Any], place: int) -> None:
        super().__init__(array)
        self.array, self.place = array, place


@compiles(_Each, "sqlite")
@compiles(_EachRow, "sqlite")
def _sqlite_each(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Each, "postgresql")
def _postgresql_each(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSON))"


@compiles(_EachRow, "postgresql")
def _postgresql_each_row(element: _EachRow, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **options)} AS JSON))"


@compiles(_Item, "sqlite")
def _sqlite_item(element: _Item, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_extract({compiler.process(element.array, **options)}, '$[{element.place}]')"


@compiles(_Item, "postgresql")
def _postgresql_item(element: _Item, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.array, **options)} ->> {element.place})"


def among(name: str) -> Select[Any]:
    """The strings of the parameter that `listed` made, for `column.in_`."""
    return select(_Each(bindparam(name, type_=Text)).table_valued(column("value", Text)).c.value)


class Rows(NamedTuple):
    """The rows of the parameter that `listed` made of tuples, to join with."""

    source: TableValuedAlias

    def text(self, place: int) -> ColumnElement[str]:
        return _Item(self.source.c.value, place)

    def whole(self, place: int) -> ColumnElement[int]:
        return _Item(self.source.c.value, place).cast(BigInteger)


def rows_of(name: str) -> Rows:
    """The rows of the parameter of this name."""
    return Rows(_EachRow(bindparam(name, type_=Text)).table_valued(column("value", Text)))


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def listed(values: Collection[str] | Collection[tuple[object, ...]]) -> str:
    """Values as the one parameter that `among` and `rows_of` take apart."""
    return _encode(values if isinstance(values, (list, tuple)) else list(values))
