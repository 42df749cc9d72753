"""Queries in InfluxQL, made of names that `gateway.points` declares; a name that it has not is refused.

InfluxQL, for every InfluxDB answers it: 1.x and 3.x natively, 2.x by a bucket's name as its database (InfluxData's
documentation, "InfluxQL reference"). What Grafana fills in stands in the text as it does in Grafana: `$timeFilter`,
`$__interval`, `${route:regex}`. Nothing here knows what is asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.points import NONE, Measurement

TIME: Final = "$timeFilter"
INTERVAL: Final = "$__interval"
EACH_SAMPLE: Final = "1m"
"""Samples are taken once a minute, at its first instant."""
_NAME = re.compile(r'"([^"]+)"')
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|/(?:[^/\\]|\\.)*/")


class UnknownName(ValueError):
    """A query names a tag or a field that its source has not."""


def name(of: str) -> str:
    """A measurement, tag, field or column as InfluxQL writes it."""
    return f'"{of}"'


def text(value: str) -> str:
    """Text as InfluxQL writes it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def equals(of: str, value: str | int) -> str:
    """The condition that a tag or field has this value."""
    return f"{name(of)} = {value if isinstance(value, int) else text(value)}"


def differs(of: str, value: str) -> str:
    """The condition that a tag has another value than this."""
    return f"{name(of)} != {text(value)}"


def among(of: str, values: tuple[str, ...]) -> str:
    """The condition that a tag has one of these values."""
    return f"{name(of)} =~ /^({'|'.join(values)})$/"


def chosen(of: str, variable: str) -> str:
    """The condition that a tag or field has one of the values chosen for a variable.

    As a regular expression, for Grafana escapes each value for one: no id can end the query's text and go on in it.
    """
    return f"{name(of)} =~ /^${{{variable}:regex}}$/"


def either(*conditions: str) -> str:
    """The condition that one of these holds."""
    return f"({' OR '.join(conditions)})"


def both(*conditions: str) -> str:
    """The condition that all of these hold."""
    return f"({' AND '.join(conditions)})"


def or_none(tag: str, *conditions: str) -> str:
    """These conditions, or the point that counts 0 in each sample: so that none is 0, and not no data."""
    return either(both(*conditions), equals(tag, NONE))


def call(function: str, of: str, *more: int) -> str:
    """A function of a field: `call("percentile", Field.DWELL_S, 90)`."""
    return f"{function}({', '.join((name(of), *map(str, more)))})"


@dataclass(frozen=True)
class Select:
    """A query, or one within another. `columns` are expressions by the names that they are given.

    `by` are tags; `every` is the length of the buckets of time, where there are any, empty ones being left out or
    `fill`ed; `tail` is what comes last: order and limit.
    """

    source: "Measurement | Select"
    columns: Mapping[str, str]
    where: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    every: str = ""
    fill: str = "none"
    tail: str = ""

    def __post_init__(self) -> None:
        known = self._known()
        said = [*self.columns.values(), *self.where, *(name(tag) for tag in self.by)]
        asked = {each for part in said for each in _NAME.findall(_TEXT.sub("", part))}
        if asked - known:
            wrong = ", ".join(sorted(asked - known))
            raise UnknownName(f"{wrong}: {self.measurement.name} has {', '.join(sorted(known))}")

    @property
    def measurement(self) -> Measurement:
        """What is asked in the end."""
        return self.source if isinstance(self.source, Measurement) else self.source.measurement

    def _known(self) -> set[str]:
        if isinstance(self.source, Measurement):
            return {*self.source.tags, *self.source.fields}
        return {*self.source.columns, *self.source.by}

    def __str__(self) -> str:
        columns = ", ".join(
            expression if expression == name(shown) else f"{expression} AS {name(shown)}"
            for shown, expression in self.columns.items()
        )
        inner = name(self.source.name) if isinstance(self.source, Measurement) else f"({self.source})"
        parts = [f"SELECT {columns} FROM {inner} WHERE {' AND '.join((*self.where, TIME))}"]  # noqa: S608 # names are checked, values escaped by Grafana
        groups = ([f"time({self.every})"] if self.every else []) + [name(tag) for tag in self.by]
        if groups:
            parts.append(f"GROUP BY {', '.join(groups)}")
        if self.every:
            parts.append(f"fill({self.fill})")
        return " ".join((*parts, self.tail)).strip()
