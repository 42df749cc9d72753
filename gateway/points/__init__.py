"""What goes into the time-series store: names, and how facts become points (interfaces.md section 5).

`schema` has the measurements with their tags and fields, and what a point is; `events` makes points of what was
received and of alerts, `journeys` those of legs, dwells, ends and trips. All of it is pure: no store, no clock, no
network but the one given. Dashboards take their names from here; `docs/points.md` tells them to people.
"""

from gateway.points.journeys import Milestone, Told, told
from gateway.points.names import Field, Tag
from gateway.points.schema import MEASUREMENTS, NONE, SAMPLED, Measurement, Point, Value, fault, made, time_of

__all__ = [
    "MEASUREMENTS",
    "NONE",
    "SAMPLED",
    "Field",
    "Measurement",
    "Milestone",
    "Point",
    "Tag",
    "Told",
    "Value",
    "fault",
    "made",
    "time_of",
    "told",
]
