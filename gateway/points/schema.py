"""The measurements: their tags and fields, each with its one type; and points, which are made and checked here.

Items and containers are fields, never tags: their number has no bound. What is true or not is 1 or 0, so that it
can be added up and averaged. What is not known is left out.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.tracking.instants import Instant

Value = str | int | float
Type = type[str] | type[int] | type[float]


class Measurement(NamedTuple):
    """A kind of point. Durations are seconds, times of day milliseconds since the epoch."""

    name: str
    tags: tuple[str, ...]
    fields: Mapping[str, Type]


class Point(NamedTuple):
    """One point; `time` is nanoseconds since the epoch. Tags and fields that have no value are not there."""

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, Value]
    time: int


SCAN: Final = Measurement(
    "scan",
    ("site", "step", "route", "verdict"),
    {"item": str, "container": str, "device": str, "event_id": str, "lag_s": float},
)
POSITION: Final = Measurement(
    "position",
    ("device",),
    {
        "container": str,
        "lat": float,
        "lon": float,
        "accuracy_m": float,
        "speed_kmh": float,
        "battery_pct": float,
        "temperature_c": float,
        "humidity_pct": float,
        "shock_g": float,
        "tilt_deg": float,
        "light_lux": float,
        "door": str,
    },
)
LEG: Final = Measurement(
    "leg",
    ("route", "purpose", "from_site", "to_site"),
    {"n": int, "item": str, "transit_s": float, "late_s": float, "typical_s": float, "max_s": float},
)
DWELL: Final = Measurement(
    "dwell", ("route", "purpose", "site"), {"n": int, "item": str, "dwell_s": float, "over_s": float}
)
JOURNEY_END: Final = Measurement(
    "journey_end",
    ("route", "purpose", "outcome"),
    {"n": int, "item": str, "cycle_s": float, "late_s": float, "on_time": int, "value": float},
)
ALERT: Final = Measurement(
    "alert",
    ("kind", "severity", "transition", "reason", "route", "site"),
    {"alert_id": str, "subject": str, "open_s": float},
)
OPEN_ALERT: Final = Measurement(
    "open_alert",
    ("kind", "severity", "site", "route"),
    {
        "alert_id": str,
        "subject": str,
        "container": str,
        "since": int,
        "open_s": float,
        "acknowledged": int,
        "last_site": str,
        "expected_sites": str,
        "value": float,
    },
)
OPEN_ALERTS: Final = Measurement(
    "open_alerts", ("kind", "severity", "site", "route"), {"count": int, "oldest_s": float}
)
JOURNEYS: Final = Measurement("journeys", ("route", "purpose", "status"), {"count": int})
STOCK: Final = Measurement("stock", ("site", "route"), {"count": int, "oldest_s": float, "over": int})
CONTAINER_STATE: Final = Measurement(
    "container_state",
    ("type", "route"),
    {
        "container": str,
        "lat": float,
        "lon": float,
        "site": str,
        "items": int,
        "severity": str,
        "turns": int,
    },
)
DEVICE: Final = Measurement(
    "device",
    ("device", "kind", "site"),
    {"online": int, "battery_pct": float, "queued": int, "heard_age_s": float, "quarantined": int},
)
GATEWAY: Final = Measurement(
    "gateway",
    ("instance",),
    {
        "events_per_s": float,
        "lag_s": float,
        "commit_ms": float,
        "outbox": int,
        "quarantine": int,
        "series_behind_s": float,
        "failed_journeys": int,
    },
)

SAMPLED: Final = (OPEN_ALERT, OPEN_ALERTS, JOURNEYS, STOCK, CONTAINER_STATE, DEVICE, GATEWAY)
"""What is sampled each minute; all else is made of facts and can be made again."""
MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    each.name: each for each in (SCAN, POSITION, LEG, DWELL, JOURNEY_END, ALERT, *SAMPLED)
}

_NUMBERS: Final = 1_000_000
"""Nanoseconds of a millisecond."""
_FIRST_NS, _LAST_NS = -(2**63) + 2, 2**63 - 2
"""The times that InfluxDB takes: 1677-09-21 to 2262-04-11 (its documentation, "Data types")."""
_LEAST, _MOST = -(2**63), 2**63 - 1


def time_of(at: Instant, number: int) -> int:
    """A point's own time: its instant, cut to the millisecond, plus the number of its fact as nanoseconds."""
    return at // 1000 * _NUMBERS + number % _NUMBERS


def made(
    measurement: Measurement,
    at: Instant,
    number: int,
    tags: Mapping[str, str | None],
    fields: Mapping[str, Value | None],
) -> Point:
    """A point without the tags and fields that have no value."""
    return Point(
        measurement.name,
        {name: value for name, value in tags.items() if value},
        {name: value for name, value in fields.items() if value is not None},
        time_of(at, number),
    )


def fault(point: Point) -> str | None:
    """Why no store can take a point, field, value and remedy; None where it is right."""
    measurement = MEASUREMENTS.get(point.measurement)
    if measurement is None:
        return f"measurement {point.measurement!r} is none of ours; see gateway.points"
    if not _FIRST_NS <= point.time <= _LAST_NS:
        return f"time {point.time} ns is outside the years 1678 to 2262; correct the event's time"
    for name, value in point.tags.items():
        if name not in measurement.tags:
            return f"tag {name!r} is none of {point.measurement}"
        if not value or not value.isprintable():
            return f"tag {name} is {value!r}; a tag has printable characters only, and at least one"
    if not point.fields:
        return f"a point of {point.measurement} has no field"
    for name, given in point.fields.items():
        wrong = _wrong(measurement.fields.get(name), given)
        if wrong is not None:
            return f"field {name} of {point.measurement} is {given!r}; {wrong}"
    return None


def _wrong(wanted: Type | None, value: Value) -> str | None:
    if type(value) is not wanted:
        return "there is no such field" if wanted is None else f"it must be of type {wanted.__name__}"
    if wanted is float and not math.isfinite(value):  # type: ignore[arg-type] # its type was just looked at
        return "it must be finite"
    if wanted is int and not _LEAST <= value <= _MOST:  # type: ignore[operator] # likewise
        return "it must be within 64 bits"
    if wanted is str and not _writable(value):  # type: ignore[arg-type] # likewise
        return "it must be text without NUL and halves of characters"
    return None


def _writable(text: str) -> bool:
    return text.isprintable() or not ("\0" in text or any("\ud800" <= each <= "\udfff" for each in text))
