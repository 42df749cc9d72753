"""What Grafana makes of InfluxDB's answers: frames, and the transformations that the dashboards use.

After Grafana's sources: `pkg/tsdb/influxdb/influxql` for frames (a table has the time, then tags, then columns; time
series have one frame for each column and set of tags, named by the alias), `packages/grafana-data/src/transformations`
for `groupBy`, `merge`, `organize` and `sortBy`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_ALIAS = re.compile(r"\$([\w@-]+)")


class Frame(NamedTuple):
    """Columns by name, all equally long. `Time` is milliseconds; `lasts`, in days, is how long a row stands for."""

    name: str
    columns: dict[str, list[Any]]
    lasts: float = 0.0

    @property
    def rows(self) -> int:
        return max(map(len, self.columns.values()), default=0)


def frames(series: Sequence[Mapping[str, Any]], target: Mapping[str, Any]) -> list[Frame]:
    """The frames of one query's answer."""
    if target["resultFormat"] == "table":
        return [_table(series)] if series else []
    found = []
    for each in series:
        values = list(zip(*each["values"], strict=True))
        for index, column in enumerate(each["columns"][1:], 1):
            tags = each.get("tags", {})
            name = _named(str(target.get("alias", "")), each["name"], column, tags)
            found.append(Frame(name, {"Time": list(values[0]), "Value": list(values[index])}))
    return found


def _table(series: Sequence[Mapping[str, Any]]) -> Frame:
    names = ["Time", *series[0].get("tags", {}), *series[0]["columns"][1:]]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for each in series:
        for row in each["values"]:
            for name, value in zip(names, [row[0], *each.get("tags", {}).values(), *row[1:]], strict=True):
                columns[name].append(value)
    return Frame(series[0]["name"], columns)


def _named(alias: str, measurement: str, column: str, tags: Mapping[str, str]) -> str:
    if not alias:
        said = ", ".join(f"{tag}: {value}" for tag, value in tags.items())
        return f"{measurement}.{column}" + (f" {{ {said} }}" if said else "")

    def put(found: re.Match[str]) -> str:
        if found[1] in ("m", "measurement"):
            return measurement
        if found[1] == "col":
            return column
        return str(tags.get(found[1].removeprefix("tag_"), found[0]))

    return _ALIAS.sub(put, alias)


def transformed(found: list[Frame], panel: Mapping[str, Any]) -> list[Frame]:
    """Frames after the transformations of their panel."""
    for each in panel.get("transformations", ()):
        found = _TRANSFORMATIONS[each["id"]](found, each["options"])
    return found


def _group_by(found: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    """Rows with the same key become one, with the last of each column that is asked for."""
    fields = options["fields"]
    (key,) = (name for name, each in fields.items() if each["operation"] == "groupby")
    made = []
    for frame in found:
        groups: dict[Any, dict[str, Any]] = {}
        for index, value in enumerate(frame.columns[key]):
            row = groups.setdefault(value, {})
            for name, each in fields.items():
                if each["operation"] == "aggregate":
                    assert each["aggregations"] == ["last"], "nothing else is known here"
                    row[f"{name} (last)"] = frame.columns[name][index]
        names = [f"{name} (last)" for name, each in fields.items() if each["operation"] == "aggregate"]
        columns = {key: list(groups), **{name: [row[name] for row in groups.values()] for name in names}}
        made.append(Frame(frame.name, columns))
    return made


def _organize(found: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    """Columns in an order of their own, without some, under other names."""
    hidden, order, names = options["excludeByName"], options["indexByName"], options["renameByName"]
    made = []
    for frame in found:
        shown = [name for name in frame.columns if not hidden.get(name)]
        shown.sort(key=lambda name: order.get(name, len(order)))
        made.append(Frame(frame.name, {names.get(name) or name: frame.columns[name] for name in shown}))
    return made


def _merge(found: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    """One table of several: rows that agree in all columns that all of the tables have become one."""
    del options
    frames_ = [frame for frame in found if frame.columns]
    if not frames_:
        return []
    keys = [name for name in frames_[0].columns if all(name in each.columns for each in frames_)]
    names = list(dict.fromkeys(name for frame in frames_ for name in frame.columns))
    rows: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for frame in frames_:
        for index in range(frame.rows):
            row = {name: values[index] for name, values in frame.columns.items()}
            same = rows.setdefault(tuple(row[key] for key in keys), [])
            for other in same:
                if all(other.get(name) in (None, value) or value is None for name, value in row.items()):
                    other.update({name: value for name, value in row.items() if value is not None})
                    break
            else:
                same.append(row)
    merged = [row for same in rows.values() for row in same]
    return [Frame("merged", {name: [row.get(name) for row in merged] for name in names})]


def _sort_by(found: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    (by,) = options["sort"]
    made = []
    for frame in found:
        order = sorted(range(frame.rows), key=frame.columns[by["field"]].__getitem__, reverse=by["desc"])
        made.append(
            Frame(frame.name, {name: [of[index] for index in order] for name, of in frame.columns.items()})
        )
    return made


_TRANSFORMATIONS = {"groupBy": _group_by, "organize": _organize, "merge": _merge, "sortBy": _sort_by}
