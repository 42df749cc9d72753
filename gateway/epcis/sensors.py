"""Sensor reports ↔ the sensors of a position: GS1's measurement types and UN/ECE units, and our names and units.

A report counts where it is a plain value of a type and unit known here, without component, and was taken at the time
of its event; means, extremes and other people's types stay in the event as it came. Units: UN/ECE Recommendation 20.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from gateway.epcis.words import VOC
from gateway.tracking.instants import instant


class _Measured(NamedTuple):
    """How we keep one type of measurement; each unit with what makes ours of it."""

    field: str
    units: Mapping[str, Callable[[float], float]]
    uom: str


def _same(value: float) -> float:
    return value


_TYPES: Final[Mapping[str, _Measured]] = {
    "Temperature": _Measured(
        "temperature_c",
        {"CEL": _same, "KEL": lambda value: value - 273.15, "FAH": lambda value: (value - 32) / 1.8},
        "CEL",
    ),
    "RelativeHumidity": _Measured("humidity_pct", {"P1": _same}, "P1"),
    "Acceleration": _Measured("shock_g", {"K40": _same, "MSK": lambda value: value / 9.80665}, "K40"),
    "Angle": _Measured("tilt_deg", {"DD": _same}, "DD"),
    "Illuminance": _Measured("light_lux", {"LUX": _same}, "LUX"),
    "Speed": _Measured("speed_kmh", {"KMH": _same, "MTS": lambda value: value * 3.6}, "KMH"),
}


def readings(event: Mapping[str, Any]) -> dict[str, float]:
    """The readings of an event by our names; of several of one kind the last."""
    at = instant(event["eventTime"])
    found: dict[str, float] = {}
    for element in event.get("sensorElementList", ()):
        metadata = element.get("sensorMetadata", {})
        for report in element["sensorReport"]:
            time = report.get("time", metadata.get("time"))
            if (time is None or instant(time) == at) and "startTime" not in metadata:
                found.update(_reading(report))
    return found


def _reading(report: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    kind = str(report["type"]).removeprefix(VOC).removeprefix("gs1:")
    measured, value = _TYPES.get(kind), report.get("value")
    if measured is None or isinstance(value, bool) or not isinstance(value, int | float):
        return
    convert = measured.units.get(str(report.get("uom")))
    if convert is None or "component" in report or "exception" in report:
        return
    found = round(convert(value), 6)
    if found >= 0 or measured.field != "speed_kmh":
        yield measured.field, found


def reports(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sensor reports that say the readings of a position's payload."""
    return [
        {"type": kind, "value": values[measured.field], "uom": measured.uom}
        for kind, measured in _TYPES.items()
        if values.get(measured.field) is not None
    ]
