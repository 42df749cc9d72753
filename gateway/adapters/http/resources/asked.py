"""The parameters that several resources ask for, and the problems that each may answer with."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.adapters.http.problems import MEDIA_TYPE, wrong_field
from gateway.identity import LONGEST_READ, canonical
from gateway.service.queries.paging import MOST
from gateway.tracking.model import JourneyStatus, Kind
from gateway.wire.faults import Reason

_ID: Final = r"^[A-Za-z0-9._:-]{1,64}$"
_TEXT: Final = r"^[^\x00-\x1c\x1e\x1f\x7f-\x9f]*$"
"""No control characters but the one that scanners send for FNC1, which is of a barcode."""

Limit = Annotated[int, Field(ge=1, le=MOST, description="At most so many.")]
Cursor = Annotated[str | None, Field(max_length=2_000, description="`next` of the page before.")]
Id = Annotated[str, Field(pattern=_ID)]
Read = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_READ,
        pattern=_TEXT,
        description="An id, or its barcode in any spelling.",
        examples=["SN-1002"],
    ),
]
Searched = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=LONGEST_READ,
        pattern=_TEXT,
        description="How an id begins, or a barcode as it is read.",
    ),
]


class Asked(BaseModel):
    """The query of a list; one that is misspelt is refused rather than passed over."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = 100
    cursor: Cursor = None


class OneOfGoods(BaseModel):
    """The query of one return or container."""

    model_config = ConfigDict(extra="forbid")

    id: Read


class PositionsAsked(Asked):
    id: Read


class GoodsAsked(Asked):
    """Several values of one filter are alternatives."""

    status: Annotated[list[JourneyStatus], Field(max_length=10, description="Any of these.")] = []
    route: Id | None = None
    site: Annotated[Id | None, Field(description="Where they are now.")] = None
    expected_at: Annotated[
        Id | None,
        Field(
            description="Their next stop has this site: they are on the way there, or are to go there from the stop"
            " where they are; `status` tells which. Optional stops ahead count, and the one after them."
        ),
    ] = None
    kind: Annotated[list[Kind], Field(max_length=20, description="With any of these deviations now.")] = []
    container: Annotated[Read | None, Field(description="What is in this container now.")] = None
    q: Searched = None


class DevicesAsked(Asked):
    site: Annotated[Id | None, Field(description="At home there.")] = None


class AlertsAsked(Asked):
    """Open alerts come worst first, resolved ones the latest resolved first."""

    state: Literal["open", "resolved"] = "open"
    kind: Annotated[list[Kind], Field(max_length=20)] = []
    severity: Annotated[list[Literal["minor", "warning", "major", "critical"]], Field(max_length=4)] = []
    site: Annotated[list[Id], Field(max_length=50)] = []
    route: Annotated[list[Id], Field(max_length=50)] = []
    subject: Annotated[Read | None, Field(description="About this return, container, device or site.")] = None
    container: Annotated[Read | None, Field(description="About what is in this container.")] = None
    q: Annotated[str | None, Field(min_length=1, max_length=128, pattern=_TEXT)] = None


class QuarantineAsked(Asked):
    status: Literal["held", "accepted", "discarded", "all"] = "held"
    reason: Annotated[list[Reason], Field(max_length=20)] = []


_PROBLEM: Final = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
_SAID: Final = {
    401: "No token, or none in force.",
    403: "The token's role may not.",
    404: "There is no such thing.",
    409: "It is not in a state for that.",
    412: "It has changed since.",
    413: "The body is too large.",
    422: "A field is wrong; `errors` says which.",
    429: "Too many failed attempts; wait.",
    503: "It cannot be answered now; try again.",
}
_ALWAYS: Final = (401, 403, 422, 429, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route for OpenAPI: those of every route, and these."""
    return {
        status: {"description": _SAID[status], "content": {MEDIA_TYPE: _PROBLEM}}
        for status in sorted({*_ALWAYS, *statuses})
    }


def unchanged(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same of a view with an entity tag."""
    return {304: {"description": "It is as you know it."}, **problems(*statuses)}


def goods_id(read: str, field: str = "id") -> str:
    """The canonical id of what was asked for.

    Raises:
        Problem: it is no id.
    """
    try:
        return canonical(read)
    except ValueError as wrong:
        raise wrong_field("query", field, str(wrong)) from None


def beginning(read: str | None) -> str | None:
    """What ids are to begin with: of a barcode its id, of anything else itself."""
    if read is None:
        return None
    try:
        return canonical(read)
    except ValueError:
        return read


def checked(field: str, place: str, read: Callable[[], Any]) -> Any:
    """What `read` gives.

    Raises:
        Problem: it raises ValueError, whose words say what is wrong with the field.
    """
    try:
        return read()
    except ValueError as wrong:
        raise wrong_field(place, field, str(wrong)) from None
