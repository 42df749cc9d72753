"""What is asked → SQL for the embedded store's tables: names are checked against the measurements, values bound."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final, NamedTuple

from gateway.adapters.series.influxql import EVERYTHING, Comparison, Condition, Either, Item, Select
from gateway.points import MEASUREMENTS, Measurement
from gateway.ports.series import BadQuery

MOST_ROWS: Final = 100_000
"""Rows of one answer."""
TIME: Final = "time"

_SQL: Final = {
    "mean": "avg({})",
    "sum": "sum({})",
    "count": "count({})",
    "min": "min({})",
    "max": "max({})",
    "first": "first_of(time, {})",
    "last": "last_of(time, {})",
}
"""`first_of` and `last_of` are the store's own."""
_OF_NUMBERS: Final = frozenset({"mean", "sum", "min", "max"})


class Translated(NamedTuple):
    """SQL, the values to bind, and the names of the columns that it gives."""

    sql: str
    values: Sequence[object]
    columns: tuple[str, ...]


class _Column(NamedTuple):
    name: str
    sql: str


def measurement_of(name: str) -> Measurement:
    """The measurement of a name.

    Raises:
        BadQuery: there is none.
    """
    if name not in MEASUREMENTS:
        raise BadQuery(f"there is no measurement {name!r}; {_instead(name, list(MEASUREMENTS))}")
    return MEASUREMENTS[name]


def translate(select: Select) -> Translated:
    """The SQL of a SELECT.

    Raises:
        BadQuery: it names what is not there, or mixes what does not go together.
    """
    measurement = measurement_of(select.measurement)
    values: list[object] = []
    where = _condition(select.where, measurement, values)
    if any(item.function for item in select.items):
        columns, sql = _grouped(select, measurement, where)
    else:
        columns, sql = _plain(select, measurement, where)
    limit = MOST_ROWS + 1 if select.limit is None else min(select.limit, MOST_ROWS + 1)
    return Translated(f"{sql} LIMIT {limit}", values, columns)


def _plain(select: Select, measurement: Measurement, where: str) -> tuple[tuple[str, ...], str]:
    if select.by or select.interval:
        raise BadQuery("GROUP BY goes with functions; write SELECT last(*) … GROUP BY …, or leave it out")
    names: list[_Column] = []
    for item in select.items:
        wanted = (*measurement.tags, *measurement.fields) if item.name == EVERYTHING else (item.name,)
        for name in wanted:
            if name != TIME:
                _check(name, measurement)
                names.append(_Column(item.alias or name, _shown(name, measurement)))
    fields = [item.name for item in select.items if item.name in measurement.fields]
    if fields:
        known = " OR ".join(f"{_quoted(name)} IS NOT NULL" for name in fields)
        where = f"{where} AND ({known})"
    order = "DESC" if select.descending else "ASC"
    tags = ", ".join(map(_quoted, measurement.tags))
    shown = ", ".join((TIME, *(column.sql for column in names)))
    sql = f"SELECT {shown} FROM {_quoted(measurement.name)} WHERE {where} ORDER BY time {order}, {tags}"  # noqa: S608 # names are ours, values bound
    return (TIME, *(column.name for column in names)), sql


def _grouped(select: Select, measurement: Measurement, where: str) -> tuple[tuple[str, ...], str]:
    if not all(item.function for item in select.items):
        raise BadQuery("columns and functions do not mix; put the column into GROUP BY, or take its last()")
    keys: list[_Column] = []
    if select.interval is not None:
        every = int(select.interval)
        keys.append(_Column(TIME, f"(time - ((time % {every}) + {every}) % {every})"))
    by = measurement.tags if EVERYTHING in select.by else dict.fromkeys(select.by)
    for tag in by:
        if tag not in measurement.tags:
            raise BadQuery(
                f"{tag!r} is no tag of {measurement.name}; {_instead(tag, list(measurement.tags))}"
            )
        keys.append(_Column(tag, _shown(tag, measurement)))
    found = _functions(select.items, measurement)
    shown = ", ".join(column.sql for column in (*keys, *found))
    # Grouped by NULL, what is not grouped at all is one row, or none where nothing was found.
    grouping = ", ".join(str(place + 1) for place in range(len(keys))) or "NULL"
    sql = f"SELECT {shown} FROM {_quoted(measurement.name)} WHERE {where} GROUP BY {grouping}"  # noqa: S608 # names are ours, values bound
    order = [
        f"{place + 1} DESC" if column.name == TIME and select.descending else str(place + 1)
        for place, column in enumerate(keys)
    ]
    if order:
        tags_first = order[1:] + order[:1] if keys[0].name == TIME else order
        sql += f" ORDER BY {', '.join(tags_first)}"
    return tuple(column.name for column in (*keys, *found)), sql


def _functions(items: Sequence[Item], measurement: Measurement) -> list[_Column]:
    found: list[_Column] = []
    for item in items:
        function = str(item.function)
        if item.name == EVERYTHING:
            found += [
                _Column(f"{function}_{name}", _SQL[function].format(_quoted(name)))
                for name, type_ in measurement.fields.items()
                if function not in _OF_NUMBERS or type_ is not str
            ]
            continue
        _check(item.name, measurement)
        if item.name in measurement.tags:
            raise BadQuery(f"{item.name} is a tag; functions are of fields. Put it into GROUP BY")
        if function in _OF_NUMBERS and measurement.fields[item.name] is str:
            raise BadQuery(f"{item.name} is text; only count, first and last go with it")
        name = item.alias or function
        taken = sum(column.name == name or column.name.startswith(f"{name}_") for column in found)
        found.append(_Column(f"{name}_{taken}" if taken else name, _SQL[function].format(_quoted(item.name))))
    return found


def _condition(condition: Condition | None, measurement: Measurement, values: list[object]) -> str:
    if condition is None:
        return "1"
    if isinstance(condition, Comparison):
        return _comparison(condition, measurement, values)
    joint = " OR " if isinstance(condition, Either) else " AND "
    return f"({joint.join(_condition(part, measurement, values) for part in condition.parts)})"


def _comparison(comparison: Comparison, measurement: Measurement, values: list[object]) -> str:
    name, operator, value = comparison
    if name != TIME:
        _check(name, measurement)
        is_text = measurement.fields.get(name, str) is str
        if is_text is not isinstance(value, str):
            wanted = "text: put the value into single quotes" if is_text else "a number: leave the quotes off"
            raise BadQuery(f"{name} of {measurement.name} is {wanted}")
    values.append(value)
    return f"{_quoted(name)} {operator} ?"


def _check(name: str, measurement: Measurement) -> None:
    known = [*measurement.tags, *measurement.fields]
    if name not in known:
        raise BadQuery(f"{measurement.name} has no tag or field {name!r}; {_instead(name, known)}")


def _instead(wrong: str, known: Sequence[str]) -> str:
    near = get_close_matches(wrong, known, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def _shown(name: str, measurement: Measurement) -> str:
    """A column as it is answered: a tag that a point has not is stored as empty text."""
    return f"nullif({_quoted(name)}, '')" if name in measurement.tags else _quoted(name)


def _quoted(name: str) -> str:
    """A name of ours as an SQL identifier."""
    return f'"{name}"'
