"""Sites, routes and devices."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.adapters.http.models.told import Deviation, Time, Told, Zones


class Fence(Told):
    """A circle around the site, or a polygon of [lat, lon] corners."""

    radius_m: float | None
    polygon: list[list[float]] | None


class Stock(Told):
    """What is at a site of one route; `over`: how many should have left."""

    route: str | None
    subjects: int
    oldest_since: Time
    over: int


class Hours(Told):
    """When a site opens and closes on these week days (`mon-fri`, `sat`), by its own wall clock (`08:00`, `24:00`)."""

    days: str
    from_: Annotated[str, Field(alias="from")]
    to: str


class SiteView(Told):
    id: str
    name: str
    kind: str
    gln: str | None
    lat: float
    lon: float
    timezone: str
    fence: Fence | None
    calendar: str | None
    open: bool
    opens_at: Time | None
    closes_at: Time | None
    hours: list[Hours]
    stock: list[Stock]
    deviations: list[Deviation]


class Sites(Told):
    items: list[SiteView]


class StopPlan(Told):
    stop: int
    sites: list[str]
    optional: bool
    unpack: bool
    steps: list[str]
    dwell_max_s: float | None
    dwell_working: bool
    transit_max_s: float | None
    transit_typical_s: float | None


class RouteView(Told):
    id: str
    purpose: str
    collect_within_s: float | None
    due_within_s: float | None
    due_kind: Literal["agreed", "legal"]
    missing_after_s: float | None
    stops: list[StopPlan]


class Routes(Told):
    items: list[RouteView]
    zones: Zones


class DeviceView(Told):
    id: str
    kind: Literal["scanner", "tracker"]
    site: str | None
    granted_sites: list[str] | None
    container: str | None
    online: bool
    heard_at: Time | None
    heard_age_s: int | None
    silent_from: Time | None
    battery_pct: float | None
    firmware: str | None
    queued: int | None
    status_at: Time | None
    deviations: list[Deviation]
