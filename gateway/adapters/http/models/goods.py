"""Returns and containers, in lists and whole."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from gateway.adapters.http.models.alerts import Alert
from gateway.adapters.http.models.told import Deviation, GoodsKind, SeverityWord, Spot, Time, Told, Zones
from gateway.tracking.model import JourneyStatus


class ReturnSummary(Told):
    """How a return stands. `site` and `since`: where it is, if it is at a site, and since when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "SN-1002",
                    "kind": "return",
                    "status": "at_stop",
                    "route": "cartridge-refill",
                    "purpose": "refill",
                    "stop": 1,
                    "site": "HUB-LEJ",
                    "since": "2026-11-22T08:14:03.120Z",
                    "leave_by": "2026-11-22T20:14:03.120Z",
                    "container": "TOTE-17",
                    "severity": None,
                    "deviations": [],
                }
            ]
        }
    )

    id: str
    kind: GoodsKind
    status: JourneyStatus | None
    route: str | None
    purpose: str | None
    stop: int | None
    site: str | None
    since: Time | None
    leave_by: Time | None
    container: str | None
    severity: SeverityWord | None
    deviations: list[Deviation]


class ContainerSummary(ReturnSummary):
    """How a container stands, what it is, and how much is in it."""

    model_config = ConfigDict(json_schema_extra={})

    declared: bool
    type: str | None
    tracker: str | None
    items: int
    turns: int
    position: Spot | None


class Sighting(Told):
    at: Time
    site: str
    step: str
    source: Literal["scan", "container", "fence"]
    device: str
    event: str


class Stray(Sighting):
    """A sighting off the route."""

    rule: Literal["misrouted", "backtracked"]


class Stop(Told):
    """A stop of the route: its window, what happened there, how late it was."""

    stop: int
    sites: list[str]
    optional: bool
    progress: Literal["passed", "here", "skipped", "next", "ahead"]
    expected: Annotated[Time | None, Field(description="The usual arrival.")]
    latest: Annotated[Time | None, Field(description="The latest arrival that is not late.")]
    arrived: Sighting | None
    departed: Sighting | None
    leave_by: Time | None
    late_s: int | None
    over_s: int | None


class Ahead(Told):
    """Where it should be seen next."""

    sites: list[str]
    by: Time | None
    expected: Time | None


class TripView(Told):
    number: int
    route: str
    purpose: str
    announced_at: Time | None
    first_seen_at: Time | None
    outcome: Literal["open", "completed", "cancelled"]
    ended_at: Time | None


class StayView(Told):
    container: str
    since: Time
    until: Time | None
    short: bool


class Member(Told):
    id: str
    kind: GoodsKind
    status: JourneyStatus | None


class Place(Told):
    """The newest position of the container, or of the innermost around it that has one."""

    container: str
    at: Time
    lat: float
    lon: float
    site: str | None


class AnnouncementView(Told):
    id: str
    source: str
    at: Time
    route: str
    due_at: Time | None
    cancelled: bool
    origin_site: str | None
    rma: str | None
    description: str | None
    value: float | None
    hazard_class: str | None


class ReturnWhole(Told):
    """All that is known of a return: its journey stop by stop, where it is and was, its alerts."""

    id: str
    kind: GoodsKind
    at: Annotated[Time, Field(description="When it was assessed.")]
    status: JourneyStatus | None
    due_at: Time | None
    trip: TripView | None
    stops: list[Stop]
    next: Ahead | None
    inside: Annotated[list[str], Field(description="The containers that it is in, innermost first.")]
    containment: list[StayView]
    contents: list[Member]
    position: Place | None
    deviations: list[Deviation]
    alerts: list[Alert]
    past_alerts: list[Alert]
    off_route: list[Stray]
    sightings: list[Sighting]
    earlier_trips: list[TripView]
    announcements: list[AnnouncementView]
    zones: Zones


class Limit(Told):
    min: float | None
    max: float | None


class ContainerWhole(ReturnWhole):
    """The same of a container, and what it is."""

    declared: bool
    type: str | None
    tracker: str | None
    limits: dict[str, Limit]
