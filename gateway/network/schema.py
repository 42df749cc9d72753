"""The shape of network.yaml, key by key, as interfaces.md section 4 has it. An unknown key is a fault.

What an entry needs from another (that a site exists, that ids differ, the order of stops) is for
`gateway.network.references`, `stops` and `bindings`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.network.fields import (
    Channel,
    ContainerId,
    Day,
    FromEnvironment,
    Gln,
    Id,
    Latitude,
    Longitude,
    Number,
    OneOrMore,
    Span,
    SpanOrZero,
    Step,
    Text,
    Timezone,
    WebhookUrl,
)
from gateway.tracking.model import Kind, SubjectKind

SeverityWord = Literal["minor", "warning", "major", "critical"]
Sensor = Literal["temperature_c", "humidity_pct", "shock_g", "tilt_deg", "light_lux"]
Purpose = Literal["repair", "refill", "recycle", "dispose", "resell", "return_to_owner"]

_FEWEST_CORNERS = 3


class Entry(BaseModel):
    """A mapping in the file."""

    model_config = ConfigDict(extra="forbid")


class DefaultsEntry(Entry):
    max_future: SpanOrZero | None = None
    max_age: Span | None = None
    unpack_window: Span | None = None
    max_speed_kmh: Annotated[Number, Field(gt=0)] | None = None
    min_inside: SpanOrZero | None = None
    opening_grace: SpanOrZero | None = None
    announce_grace: SpanOrZero | None = None
    forget_after: Span | None = None
    hold_off: SpanOrZero | None = None


class CalendarEntry(Entry):
    open: dict[str, Annotated[list[str], OneOrMore]] = {}
    closed: list[Day] = []


class FenceEntry(Entry):
    radius_m: Annotated[Number, Field(gt=0, le=1_000_000)] | None = None
    polygon: list[tuple[Latitude, Longitude]] | None = None

    @field_validator("polygon")
    @classmethod
    def _an_area(cls, corners: list[tuple[float, float]] | None) -> list[tuple[float, float]] | None:
        if corners is None:
            return None
        # Many tools repeat the first corner to close the ring; the plan does not.
        ring = corners[:-1] if corners[0:1] == corners[-1:] else corners
        if len(set(ring)) < _FEWEST_CORNERS:
            message = f"has {len(set(ring))} different corners; give it at least {_FEWEST_CORNERS}"
            raise ValueError(message)
        return ring

    @model_validator(mode="after")
    def _one_shape(self) -> "FenceEntry":
        if (self.radius_m is None) == (self.polygon is None):
            message = "needs either radius_m or polygon, not both; write one of them"
            raise ValueError(message)
        return self


class SiteEntry(Entry):
    id: Id
    name: Text = ""
    kind: Text = ""
    gln: Gln | None = None
    lat: Latitude
    lon: Longitude
    timezone: Timezone = "UTC"
    calendar: Id | None = None
    fence: FenceEntry | None = None


class DwellEntry(Entry):
    max: Span
    hours: Literal["working"] | None = None


class TransitEntry(Entry):
    max: Span
    typical: Span | None = None


class StopEntry(Entry):
    sites: Annotated[list[Id], Field(min_length=1)]
    optional: bool = False
    dwell: DwellEntry | None = None
    transit: TransitEntry | None = None
    # A factory, for pydantic would copy a default list, and there are many stops.
    steps: list[Step] = Field(default_factory=list)
    unpack: bool | None = None


class RouteEntry(Entry):
    id: Id
    purpose: Purpose | None = None
    collect_within: Span | None = None
    due_within: Span | None = None
    due_kind: Literal["agreed", "legal"] = "agreed"
    missing_after: Span | None = None
    stops: Annotated[list[StopEntry], Field(min_length=1)]


class LimitsEntry(Entry):
    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _a_range(self) -> "LimitsEntry":
        if self.min is None and self.max is None:
            message = "limits nothing; give it a min, a max, or both"
            raise ValueError(message)
        if self.min is not None and self.max is not None and self.min > self.max:
            message = f"its min {self.min:g} is above its max {self.max:g}; swap them"
            raise ValueError(message)
        return self


class ContainerTypeEntry(Entry):
    id: Id
    limits: dict[Sensor, LimitsEntry] = {}


class ContainerEntry(Entry):
    id: ContainerId
    type: Id | None = None
    route: Id | None = None
    tracker: Id | None = None


class DeviceEntry(Entry):
    id: Id
    kind: Literal["scanner", "tracker"]
    site: Id | None = None
    sites: Annotated[list[Id], Field(min_length=1)] | None = None
    container: ContainerId | None = None
    silent_after: Span | None = None


class SourceEntry(Entry):
    id: Id


class MatchEntry(Entry):
    kind: Annotated[list[Kind], OneOrMore, Field(min_length=1)] | None = None
    severity: Annotated[list[SeverityWord], OneOrMore, Field(min_length=1)] | None = None
    route: Annotated[list[Id], OneOrMore, Field(min_length=1)] | None = None
    site: Annotated[list[Id], OneOrMore, Field(min_length=1)] | None = None
    subject: Annotated[list[SubjectKind], OneOrMore, Field(min_length=1)] | None = None


class EscalationEntry(Entry):
    after: Span
    notify: Annotated[list[Id], OneOrMore, Field(min_length=1)]


class PolicyEntry(Entry):
    match: MatchEntry = MatchEntry()
    notify: Annotated[list[Id], OneOrMore]
    escalate: list[EscalationEntry] = []


class HeartbeatEntry(Entry):
    channel: str
    every: Span


class WebhookEntry(Entry):
    url: WebhookUrl
    secret: FromEnvironment
    match: MatchEntry = MatchEntry()
    allow_http: bool = False


class AlertingEntry(Entry):
    channels: dict[Id, Channel] = {}
    # A check of each policy against all before it must stay affordable.
    policies: Annotated[list[PolicyEntry], Field(max_length=500)] = []
    heartbeat: HeartbeatEntry | None = None
    webhooks: Annotated[list[WebhookEntry], Field(max_length=20)] = []


class Document(Entry):
    """The whole file."""

    version: Annotated[int, Field(ge=1, le=1)]
    defaults: DefaultsEntry = DefaultsEntry()
    calendars: dict[Id, CalendarEntry] = {}
    sites: list[SiteEntry] = []
    routes: list[RouteEntry] = []
    container_types: list[ContainerTypeEntry] = []
    containers: list[ContainerEntry] = []
    devices: list[DeviceEntry] = []
    sources: list[SourceEntry] = []
    alerting: AlertingEntry = AlertingEntry()
