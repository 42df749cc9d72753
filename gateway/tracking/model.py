"""The facts that the rules read and the words they answer in.

Facts are immutable and sort by (`at`, id, device): the order of tracking.md section 2. They are named tuples
because intake makes thousands a second. Instants are microseconds since the epoch, UTC.
"""

from enum import IntEnum, StrEnum
from typing import Final, Literal, NamedTuple

from gateway.tracking.instants import Instant

LEAVING: Final = frozenset({"departing", "shipping", "transporting"})
"""Steps that say that the subject leaves the site."""
PREPARING: Final = frozenset({"loading", "staging_outbound"})
"""Steps that neither mark a departure nor take one back."""
HANDLING: Final = frozenset(
    {
        "receiving",
        "accepting",
        "storing",
        "inspecting",
        "repairing",
        "replacing",
        "disassembling",
        "destroying",
    }
)
"""Steps that handle the article itself: an item scanned so, its container unnamed, has left the container."""
ENDING_DISPOSITIONS: Final = frozenset({"destroyed", "disposed"})
SENSORS: Final = ("temperature_c", "humidity_pct", "shock_g", "tilt_deg", "light_lux")

Key = tuple[Instant, str, str]
"""(at, event id, device): the total order of events."""


class Scan(NamedTuple):
    """One scan, admitted: `site` is resolved. No items with a container and step `unpacking` is an all out."""

    device: str
    id: str
    at: Instant
    step: str | None
    items: tuple[str, ...] = ()
    container: str | None = None
    site: str | None = None
    disposition: str | None = None
    voids: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    operator: str | None = None
    note: str | None = None


class Position(NamedTuple):
    """One fix of a container. `sensors` are (name, value) pairs within `SENSORS`."""

    device: str
    id: str
    at: Instant
    lat: float
    lon: float
    container: str | None = None
    accuracy_m: float | None = None
    speed_kmh: float | None = None
    heading_deg: float | None = None
    altitude_m: float | None = None
    battery_pct: float | None = None
    sensors: tuple[tuple[str, float], ...] = ()
    door: Literal["open", "closed"] | None = None


class Status(NamedTuple):
    """What a device says of itself; `at` is None where it did not say (a last will)."""

    device: str
    state: Literal["online", "offline"]
    at: Instant | None = None
    battery_pct: float | None = None
    firmware: str | None = None
    queued: int | None = None


class Announcement(NamedTuple):
    """The promise that a return will come. Sorts by (at, id, source)."""

    source: str
    id: str
    at: Instant
    item: str
    route: str
    due_at: Instant | None = None
    cancelled: bool = False
    origin_site: str | None = None
    rma: str | None = None
    description: str | None = None
    value: float | None = None
    hazard_class: str | None = None


class Origin(StrEnum):
    """How a sighting is known."""

    SCAN = "scan"
    CONTAINER = "container"
    FENCE = "fence"


class Severity(IntEnum):
    """Rising."""

    MINOR = 1
    WARNING = 2
    MAJOR = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Kind(StrEnum):
    """The kinds of deviation of tracking.md section 4."""

    NOT_COLLECTED = "not_collected"
    OVERDWELL = "overdwell"
    DELAYED = "delayed"
    OVERDUE = "overdue"
    MISSING = "missing"
    MISROUTED = "misrouted"
    BACKTRACKED = "backtracked"
    SKIPPED = "skipped"
    UNEXPECTED = "unexpected"
    SEEN_AFTER_END = "seen_after_end"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    COUNT_MISMATCH = "count_mismatch"
    EXCURSION = "excursion"
    DEVICE_SILENT = "device_silent"
    SITE_DARK = "site_dark"
    LOW_BATTERY = "low_battery"
    CLOCK_SKEW = "clock_skew"


SHARED_KINDS: Final = frozenset(
    {
        Kind.OVERDWELL,
        Kind.DELAYED,
        Kind.OVERDUE,
        Kind.MISSING,
        Kind.MISROUTED,
        Kind.BACKTRACKED,
        Kind.SKIPPED,
    }
)
"""The kinds K for which one cause makes one alert (a container speaks for its contents)."""
JOURNEY_KINDS: Final = SHARED_KINDS | {Kind.NOT_COLLECTED}
"""The deviations of a journey: those that its completion or cancellation ends."""


class JourneyStatus(StrEnum):
    ANNOUNCED = "announced"
    AT_STOP = "at_stop"
    IN_TRANSIT = "in_transit"
    OFF_PLAN = "off_plan"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNPLANNED = "unplanned"


class Verdict(StrEnum):
    """What the worker hears about a scan, from best to worst (tracking.md section 6)."""

    OK = "ok"
    REPEATED = "repeated"
    LATE = "late"
    UNEXPECTED = "unexpected"
    SKIPPED_STOP = "skipped_stop"
    BACKTRACKED = "backtracked"
    MISROUTED = "misrouted"
    ENDED = "ended"


VERDICT_RANK: Final = {verdict: rank for rank, verdict in enumerate(Verdict)}

SubjectKind = Literal["return", "container", "device", "site"]


class Subject(NamedTuple):
    """What an alert is about."""

    kind: SubjectKind
    id: str


_CONTAINER_KEYS: Final = ("https://id.gs1.org/00/", "https://id.gs1.org/8003/")


def is_container_key(id_: str) -> bool:
    """Whether the id by itself is a container's: an SSCC or a GRAI, as canonical Digital Link."""
    return id_.startswith(_CONTAINER_KEYS)
