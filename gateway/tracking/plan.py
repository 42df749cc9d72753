"""The plan: what network.yaml declares, as frozen values that the rules read.

Made by `gateway.network`; nothing here parses or checks. Durations are microseconds, positions are degrees
WGS 84, limits are in the unit of their sensor's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Duration

Hours = tuple[tuple[Duration, Duration], ...]
"""Opening intervals of one day: (start, end) as time since local midnight, wall clock, sorted, end excluded."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """Network-wide durations and limits; the defaults of each are those of the interface."""

    max_future: Duration = Duration(5 * MINUTE)
    max_age: Duration = Duration(90 * DAY)
    unpack_window: Duration = Duration(2 * HOUR)
    max_speed_kmh: float = 1000.0
    min_inside: Duration = Duration(5 * MINUTE)
    opening_grace: Duration = Duration(1 * HOUR)
    announce_grace: Duration = Duration(1 * HOUR)
    forget_after: Duration = Duration(30 * DAY)
    hold_off: Duration = Duration(60 * SECOND)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours: `week[0]` is Monday's; on a `closed` date nothing opens. Local to the site's time zone."""

    id: str
    week: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    closed: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Circle:
    """A fence of `radius_m` metres around the site's position."""

    radius_m: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """A fence by its corners (lat, lon), not closed; at least three."""

    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    lat: float
    lon: float
    timezone: str = "UTC"
    name: str = ""
    kind: str = ""
    gln: str | None = None
    calendar: Calendar | None = None
    fence: Circle | Polygon | None = None


@dataclass(frozen=True, slots=True)
class Dwell:
    """How long a subject may stay; `working` counts only the site's opening hours."""

    max: Duration
    working: bool = False


@dataclass(frozen=True, slots=True)
class Transit:
    max: Duration
    typical: Duration | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a route: alternative sites, and the leg (`transit`) that leads to it. `unpack`: emptied here."""

    sites: tuple[str, ...]
    optional: bool = False
    dwell: Dwell | None = None
    transit: Transit | None = None
    steps: frozenset[str] = frozenset()
    unpack: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    id: str
    stops: tuple[Stop, ...]
    purpose: str = ""
    collect_within: Duration | None = None
    due_within: Duration | None = None
    due_kind: Literal["agreed", "legal"] = "agreed"
    missing_after: Duration | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sensor may read, both ends included; None is no limit."""

    min: float | None = None
    max: float | None = None

    def allow(self, value: float) -> bool:
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


@dataclass(frozen=True, slots=True)
class ContainerType:
    id: str
    limits: Mapping[str, Limits] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Container:
    """A declared container: `type` and `route` are ids; `tracker` is the id of the device bound to it."""

    id: str
    type: str | None = None
    route: str | None = None
    tracker: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """`site` is home; `sites` are where it may scan (None: anywhere); `container` is what a tracker is bound to."""

    id: str
    kind: Literal["scanner", "tracker"]
    site: str | None = None
    sites: frozenset[str] | None = None
    container: str | None = None
    silent_after: Duration | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Which alerts a policy is for: each given set must contain the alert's value; an empty match takes all."""

    kind: frozenset[str] | None = None
    severity: frozenset[str] | None = None
    route: frozenset[str] | None = None
    site: frozenset[str] | None = None
    subject: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """After this long open and unacknowledged, notify these channels too."""

    after: Duration
    notify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    match: Match
    notify: tuple[str, ...]
    escalate: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A message on `channel` every so often, so that somebody notices when the gateway itself is gone."""

    channel: str
    every: Duration


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that each transition of the alerts that match is posted to, signed.

    `url` is `https://…`, `http://…` or `env:NAME`; `secret` is `env:NAME`. Plain HTTP leaves this machine only where
    `allow_http` says so.
    """

    url: str
    secret: str
    match: Match = field(default_factory=Match)
    allow_http: bool = False


@dataclass(frozen=True, slots=True)
class Alerting:
    """Channels by name (Apprise URL or `env:NAME`), and the policies of which the first that matches holds."""

    channels: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    heartbeat: Heartbeat | None = None
    webhooks: tuple[Webhook, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that network.yaml declares, by id. References between its parts hold (the check saw to it)."""

    defaults: Defaults = field(default_factory=Defaults)
    sites: Mapping[str, Site] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
    container_types: Mapping[str, ContainerType] = field(default_factory=dict)
    containers: Mapping[str, Container] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    alerting: Alerting = field(default_factory=Alerting)

    def limits_of(self, container: str) -> Mapping[str, Limits]:
        """The sensor limits of a container's type; none if it is undeclared or has no type."""
        declared = self.containers.get(container)
        if declared is None or declared.type is None:
            return {}
        return self.container_types[declared.type].limits
