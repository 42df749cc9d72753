"""The payloads of events as they stand on the wire: fields, types and limits.

Types are strict (no "12" for a number, no true for 1), numbers finite, optional fields may be null. Fields that are
not listed are let through, for devices can be newer than the gateway, and are kept with the event. What fields
mean together, times and ids of articles are judged by `gateway.wire.decoding`; the network is not known here.
"""

from typing import Annotated, Final, Literal, Required

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from gateway.identity import LONGEST_READ
from gateway.wire.topics import ID_PATTERN, ID_SAYS

MOST_ELEMENTS: Final = 500
"""Elements of an array, items of a scan."""
MOST_VOIDS: Final = 50

_ID: Final = f"^{ID_PATTERN}$"
_WORD: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
_TEXT: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
PATTERNS: Final = {
    _ID: ID_SAYS,
    _WORD: "text without control characters",
    _TEXT: "text without control characters other than line breaks and tabs",
}
"""What a pattern asks for, in words."""

Id = Annotated[str, Field(pattern=_ID)]
Time = Annotated[str, Field(max_length=64)]
Read = Annotated[str, Field(max_length=LONGEST_READ)]
Word = Annotated[str, Field(max_length=64, pattern=_WORD)]
Text = Annotated[str, Field(max_length=1000, pattern=_TEXT)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Percentage = Annotated[float, Field(ge=0, le=100)]
NotNegative = Annotated[float, Field(ge=0)]

_CONFIG: Final = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


@with_config(_CONFIG)
class ScanPayload(TypedDict, total=False):
    id: Required[Id]
    at: Required[Time]
    step: Word | None
    item: Read | None
    items: Annotated[list[Read], Field(max_length=MOST_ELEMENTS)] | None
    container: Read | None
    site: Id | None
    disposition: Word | None
    voids: Annotated[list[Id], Field(max_length=MOST_VOIDS)] | None
    lat: Latitude | None
    lon: Longitude | None
    operator: Word | None
    note: Text | None


@with_config(_CONFIG)
class PositionPayload(TypedDict, total=False):
    id: Required[Id]
    at: Required[Time]
    lat: Required[Latitude]
    lon: Required[Longitude]
    container: Read | None
    accuracy_m: NotNegative | None
    speed_kmh: NotNegative | None
    heading_deg: Annotated[float, Field(ge=0, le=360)] | None
    altitude_m: float | None
    battery_pct: Percentage | None
    temperature_c: float | None
    humidity_pct: float | None
    shock_g: float | None
    tilt_deg: float | None
    light_lux: float | None
    door: Literal["open", "closed"] | None


@with_config(_CONFIG)
class StatusPayload(TypedDict, total=False):
    state: Required[Literal["online", "offline"]]
    at: Time | None
    battery_pct: Percentage | None
    firmware: Word | None
    queued: Annotated[int, Field(ge=0, le=10**9)] | None


@with_config(_CONFIG)
class AnnouncementPayload(TypedDict, total=False):
    id: Required[Id]
    at: Required[Time]
    item: Required[Read]
    route: Required[Id]
    due_at: Time | None
    origin_site: Id | None
    rma: Word | None
    description: Text | None
    value: float | None
    hazard_class: Word | None
    cancelled: bool | None
