"""InfluxDB's answers to InfluxQL, as one table: what it groups by becomes columns. Asks nothing itself.

Of figures over all of time InfluxDB says that their time is the epoch, or where the asked time begins.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.adapters.series.influx_lines import tag_of
from gateway.points import MEASUREMENTS
from gateway.ports.series import Answer, BadQuery

_Series = Mapping[str, Any]


def answer_of(data: Any) -> Answer:
    """The table in the JSON of `/query`.

    Raises:
        BadQuery: the JSON says what is wrong with the query.
    """
    found: list[_Series] = []
    for result in data["results"]:
        if "error" in result:
            raise BadQuery(str(result["error"]))
        found += result.get("series", ())
    if not found:
        return Answer((), ())
    named = "time" not in found[0]["columns"] and "name" not in found[0]["columns"]
    columns = [*(["name"] if named else ()), *_columns(found[0])]
    rows = [row for series in found for row in _rows(series, columns)]
    return Answer(tuple(columns), rows)


def _columns(series: _Series) -> list[str]:
    """Time, what it is grouped by, and the rest."""
    own: Sequence[str] = series["columns"]
    groups = list(series.get("tags", ()))
    return [*own[:1], *groups, *own[1:]] if own[0] == "time" else [*groups, *own]


def _rows(series: _Series, columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
    measurement = MEASUREMENTS.get(series.get("name", ""))
    tags = measurement.tags if measurement is not None else ()
    for values in series.get("values", ()):
        row = {
            "name": series.get("name"),
            **series.get("tags", {}),
            **dict(zip(series["columns"], values, strict=True)),
        }
        yield tuple(_tag(row[name]) if name in tags else row[name] for name in columns)


def _tag(value: Any) -> str | None:
    """A tag that a point has not is empty there, or nothing."""
    return tag_of(str(value)) if value else None
