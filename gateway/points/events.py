"""Points of what was received, and of alerts: `scan`, `position`, `alert`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from gateway.points.schema import ALERT, POSITION, SCAN, Point, Value, made
from gateway.tracking.instants import SECOND, Instant, instant
from gateway.tracking.model import Position, Scan

PER_ITEM: Final = 1_996
"""The items of one scan are facts of one event: the first has its number, each further one this much more.

A scan has at most 501 items, so they never meet; and neither do those of the 1,995 events after it.
"""


class Received(NamedTuple):
    """When an accepted event came, and the number of its row in the state store."""

    number: int
    at: Instant


class Heard(NamedTuple):
    """What intake knew of a scan's subjects: their verdicts, where they were not `ok`, and their routes."""

    verdicts: Mapping[str, str]
    routes: Mapping[str, str]


def scan_points(scan: Scan, received: Received, heard: Heard) -> Iterator[Point]:
    """A point for each item of a scan whose site is resolved; of one without items, for its container."""
    if scan.step is None:
        return
    subjects = scan.items or ((scan.container,) if scan.container else ())
    for index, subject in enumerate(subjects):
        yield made(
            SCAN,
            scan.at,
            received.number + index * PER_ITEM,
            {
                "site": scan.site,
                "step": scan.step,
                "route": heard.routes.get(subject),
                "verdict": heard.verdicts.get(subject, "ok"),
            },
            {
                "item": subject if scan.items else None,
                "container": scan.container,
                "device": scan.device,
                "event_id": scan.id,
                "lag_s": (received.at - scan.at) / SECOND,
            },
        )


def position_point(position: Position, received: Received) -> Point:
    """The point of a position whose container is resolved."""
    fields: dict[str, Value | None] = {
        "container": position.container,
        "lat": position.lat,
        "lon": position.lon,
        "accuracy_m": position.accuracy_m,
        "speed_kmh": position.speed_kmh,
        "battery_pct": position.battery_pct,
        **dict(position.sensors),
        "door": position.door,
    }
    return made(POSITION, position.at, received.number, {"device": position.device}, fields)


def alert_point(
    line: Mapping[str, Any], number: int, before: Sequence[Mapping[str, Any]], route: str | None
) -> Point:
    """The point of a line of the alert log; `before` are the earlier lines of the same alert, in order.

    A line that resolves does not say how severe the alert was, nor any since when it is open: those before it do.
    """
    said = [line, *reversed(before)]
    severity = next((each["severity"] for each in said if each["severity"]), None)
    opened = next((each["time"] for each in said if each["transition"] == "opened"), line["time"])
    at = instant(line["time"])
    return made(
        ALERT,
        at,
        number,
        {
            "kind": line["kind"],
            "severity": severity,
            "transition": line["transition"],
            "reason": line["reason"],
            "route": route,
            "site": line["site"],
        },
        {
            "alert_id": line["id"],
            "subject": line["subject"]["id"],
            "open_s": (at - instant(opened)) / SECOND,
        },
    )
