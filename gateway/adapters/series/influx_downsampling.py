"""What is kept for years: the Flux of a task that makes it, each night, out of what is kept for months.

Samples become means of a quarter of an hour, positions the last of a quarter; what journeys and alerts told is so
little that it is copied as it is. The task makes some days anew each night, whole windows only, so what came late, or
was taken back, is right afterwards. Measurements and fields are those of `gateway.points`.
"""

import json
from typing import Final

from gateway.points import SAMPLED, Measurement
from gateway.points.schema import ALERT, CONTAINER_STATE, DWELL, JOURNEY_END, LEG, OPEN_ALERT, POSITION

TASK: Final = "returns-gateway downsampling of {bucket}"
_COPIED: Final = (LEG, DWELL, JOURNEY_END, ALERT)
_MEANT: Final = tuple(
    each for each in SAMPLED if each not in (OPEN_ALERT, CONTAINER_STATE)
)  # they have no hash
"""Samples that are figures; the others list single alerts and containers, of which a mean says nothing."""
_LAST: Final = frozenset({"lat", "lon", "accuracy_m"})
_MOST: Final = frozenset({"shock_g"})
_FLUX: Final = """\
// Made by `returns-gateway series setup`, which puts back what is changed here.
import "date"

option task = {{name: {name}, cron: "17 2 * * *"}}

last_days = date.truncate(t: date.sub(from: now(), d: 8d), unit: 1d)
last_quarter = date.truncate(t: now(), unit: 15m)
late_enough = date.sub(from: now(), d: 100d)

from(bucket: {bucket})
    |> range(start: late_enough)
    |> filter(fn: (r) => {copied})
    |> to(bucket: {long}, org: {org})
"""
_WINDOWS: Final = """
from(bucket: {bucket})
    |> range(start: last_days, stop: last_quarter)
    |> filter(fn: (r) => {which})
    |> aggregateWindow(every: 15m, fn: {function}, timeSrc: "_start", createEmpty: false)
    |> to(bucket: {long}, org: {org})
"""


def downsampling(org: str, bucket: str, long: str) -> str:
    """The task that fills the bucket `long`."""
    names = {"org": _text(org), "bucket": _text(bucket), "long": _text(long)}
    copied = " or ".join(f"r._measurement == {_text(each.name)}" for each in _COPIED)
    flux = _FLUX.format(name=_text(TASK.format(bucket=bucket)), copied=copied, **names)
    for function in ("mean", "last", "max"):
        which = " or ".join(
            f"(r._measurement == {_text(each.name)} and contains(value: r._field, set: {_set(fields)}))"
            for each in (*_MEANT, POSITION)
            if (fields := [name for name in each.fields if _function(each, name) == function])
        )
        flux += _WINDOWS.format(which=which, function=function, **names)
    return flux


def _function(measurement: Measurement, field: str) -> str:
    if measurement is POSITION and field in _MOST:
        return "max"
    return "last" if measurement.fields[field] is str or field in _LAST else "mean"


def _set(fields: list[str]) -> str:
    return f"[{', '.join(map(_text, fields))}]"


def _text(text: str) -> str:
    """As Flux writes it: like JSON, but that `${` would begin an expression."""
    return json.dumps(text, ensure_ascii=False).replace("${", "\\${")
