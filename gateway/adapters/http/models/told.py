"""The parts that many answers share: times, zones, deviations, positions, problems."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from gateway.tracking.model import Kind, Severity

T = TypeVar("T")

Time = Annotated[str, Field(description="RFC 3339, UTC.", examples=["2026-11-22T08:14:03.120Z"])]
Zones = Annotated[
    dict[str, str],
    Field(
        description="The IANA time zone of each site that is named, to show its times by.",
        examples=[{"HUB-LEJ": "Europe/Berlin"}],
    ),
]
SeverityWord = Literal["minor", "warning", "major", "critical"]
GoodsKind = Literal["return", "container"]
SEVERITIES = tuple(each.word for each in Severity)


class Told(BaseModel):
    """Something that the gateway tells: all fields are there, and no others."""

    model_config = ConfigDict(extra="forbid")


class Page(Told, Generic[T]):
    """A page of a list. `next` is the cursor of the following page; a page may be short and still have one."""

    items: list[T]
    next: Annotated[str | None, Field(description="Give it as `cursor`; null on the last page.")]
    zones: Zones


class Counted(Page[T], Generic[T]):
    """A page that may tell how many there are in all."""

    total: Annotated[
        int | None,
        Field(description="How many match, on all pages; null where that would have to be counted."),
    ]


class Deviation(Told):
    kind: Kind
    since: Time
    severity: SeverityWord
    stop: int | None
    sensor: str | None
    site: str | None
    expected_sites: list[str]
    by: Time | None


class Spot(Told):
    at: Time
    lat: float
    lon: float


class Position(Told):
    """A position of a container; `counted`: it is evidence of visits, being accurate enough."""

    id: str
    device: str
    at: Time
    lat: float
    lon: float
    site: str | None
    counted: bool
    accuracy_m: float | None
    speed_kmh: float | None
    heading_deg: float | None
    altitude_m: float | None
    battery_pct: float | None
    door: Literal["open", "closed"] | None
    sensors: dict[str, float]


class Wrong(Told):
    """What is wrong with one field."""

    place: Annotated[Literal["query", "body", "header", "path"], Field(alias="in")]
    field: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457: what went wrong, which field, what to do."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:returns-gateway:problem:invalid",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "detail": "limit: Input should be less than or equal to 500",
                    "errors": [{"in": "query", "field": "limit", "message": "Input should be …"}],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []


Free = dict[str, Any]
"""An object whose fields depend on what it is about."""
