"""The measurements: their tags and fields, each with its one type; and points, which are made and checked here.

Items and containers are fields, never tags: their number has no bound. What is true or not is 1 or 0, so that it
can be added up and averaged. What is not known is left out.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.points.names import Field, Tag
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
    (Tag.SITE, Tag.STEP, Tag.ROUTE, Tag.VERDICT),
    {
        Field.ITEM: str,
        Field.CONTAINER: str,
        Field.DEVICE: str,
        Field.EVENT_ID: str,
        Field.LAG_S: float,
    },
)
POSITION: Final = Measurement(
    "position",
    (Tag.DEVICE,),
    {
        Field.CONTAINER: str,
        Field.LAT: float,
        Field.LON: float,
        Field.ACCURACY_M: float,
        Field.SPEED_KMH: float,
        Field.BATTERY_PCT: float,
        Field.TEMPERATURE_C: float,
        Field.HUMIDITY_PCT: float,
        Field.SHOCK_G: float,
        Field.TILT_DEG: float,
        Field.LIGHT_LUX: float,
        Field.DOOR: str,
    },
)
LEG: Final = Measurement(
    "leg",
    (Tag.ROUTE, Tag.PURPOSE, Tag.FROM_SITE, Tag.TO_SITE),
    {
        Field.N: int,
        Field.ITEM: str,
        Field.TRANSIT_S: float,
        Field.LATE: int,
        Field.LATE_S: float,
        Field.TYPICAL_S: float,
        Field.MAX_S: float,
    },
)
DWELL: Final = Measurement(
    "dwell",
    (Tag.ROUTE, Tag.PURPOSE, Tag.SITE),
    {
        Field.N: int,
        Field.ITEM: str,
        Field.DWELL_S: float,
        Field.OVER: int,
        Field.OVER_S: float,
        Field.MAX_S: float,
    },
)
JOURNEY_END: Final = Measurement(
    "journey_end",
    (Tag.ROUTE, Tag.PURPOSE, Tag.OUTCOME),
    {
        Field.N: int,
        Field.ITEM: str,
        Field.KIND: str,
        Field.LEGAL: int,
        Field.CYCLE_S: float,
        Field.LATE_S: float,
        Field.ON_TIME: int,
        Field.VALUE: float,
    },
)
TRIP: Final = Measurement(
    "trip",
    (Tag.ROUTE, Tag.PURPOSE, Tag.OUTCOME),
    {Field.N: int, Field.ITEM: str, Field.BACK: int, Field.LEGAL: int, Field.VALUE: float},
)
ALERT: Final = Measurement(
    "alert",
    (Tag.KIND, Tag.SEVERITY, Tag.TRANSITION, Tag.REASON, Tag.ROUTE, Tag.SITE),
    {Field.ALERT_ID: str, Field.SUBJECT: str, Field.OPEN_S: float},
)
OPEN_ALERT: Final = Measurement(
    "open_alert",
    (Tag.KIND, Tag.SEVERITY, Tag.SITE, Tag.ROUTE),
    {
        Field.ALERT_ID: str,
        Field.SUBJECT: str,
        Field.CONTAINER: str,
        Field.SINCE: int,
        Field.OPEN_S: float,
        Field.ACKNOWLEDGED: int,
        Field.LAST_SITE: str,
        Field.EXPECTED_SITES: str,
        Field.VALUE: float,
    },
)
OPEN_ALERTS: Final = Measurement(
    "open_alerts",
    (Tag.KIND, Tag.SEVERITY, Tag.SITE, Tag.ROUTE),
    {Field.COUNT: int, Field.SAMPLES: int, Field.OLDEST_S: float},
)
JOURNEYS: Final = Measurement(
    "journeys", (Tag.ROUTE, Tag.PURPOSE, Tag.STATUS), {Field.COUNT: int, Field.SAMPLES: int}
)
STOCK: Final = Measurement(
    "stock",
    (Tag.SITE, Tag.ROUTE),
    {Field.COUNT: int, Field.SAMPLES: int, Field.OLDEST_S: float, Field.OVER: int},
)
CONTAINER_STATE: Final = Measurement(
    "container_state",
    (Tag.TYPE, Tag.ROUTE),
    {
        Field.CONTAINER: str,
        Field.LAT: float,
        Field.LON: float,
        Field.SITE: str,
        Field.ITEMS: int,
        Field.SEVERITY: str,
        Field.TURNS: int,
    },
)
LIMIT: Final = Measurement("limit", (Tag.TYPE, Tag.SENSOR), {Field.LEAST: float, Field.MOST: float})
DEVICE: Final = Measurement(
    "device",
    (Tag.DEVICE, Tag.KIND, Tag.SITE),
    {
        Field.ONLINE: int,
        Field.BATTERY_PCT: float,
        Field.QUEUED: int,
        Field.HEARD_AGE_S: float,
        Field.QUARANTINED: int,
    },
)
QUARANTINE: Final = Measurement("quarantine", (Tag.REASON,), {Field.COUNT: int})
GATEWAY: Final = Measurement(
    "gateway",
    (Tag.INSTANCE,),
    {
        Field.EVENTS_PER_S: float,
        Field.RECEIPTS_PER_S: float,
        Field.LAG_S: float,
        Field.COMMIT_MS: float,
        Field.OUTBOX: int,
        Field.QUARANTINE: int,
        Field.SERIES_BEHIND_S: float,
        Field.FAILED_JOURNEYS: int,
        Field.BROKER: int,
        Field.DATABASE: int,
    },
)

SAMPLED: Final = (
    OPEN_ALERT,
    OPEN_ALERTS,
    JOURNEYS,
    STOCK,
    CONTAINER_STATE,
    LIMIT,
    DEVICE,
    QUARANTINE,
    GATEWAY,
)
"""What is sampled each minute; all else is made of facts and can be made again."""
MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    each.name: each for each in (SCAN, POSITION, LEG, DWELL, JOURNEY_END, TRIP, ALERT, *SAMPLED)
}

NONE: Final = "none"
"""The kind of open alerts, status of journeys and route of stock of a point that counts 0 in each sample.

It says that a sample was taken, so that nothing open differs from nothing known. Its `samples` is 1, so that counts
divided by samples are how many there were on average.
"""

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
