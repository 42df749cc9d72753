"""EPCIS over HTTP as OpenAPI tells of it: capture jobs, what answers a query, problems. Events are the standard's."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.adapters.http.models.told import Free, Time, Told

EVENT: Final[dict[str, Any]] = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-22T09:14:03.120+01:00",
    "eventTimeZoneOffset": "+01:00",
    "action": "OBSERVE",
    "bizStep": "collecting",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
}
CONTEXT: Final = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
DOCUMENT: Final[dict[str, Any]] = {
    "@context": CONTEXT,
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-11-22T09:20:00+01:00",
    "epcisBody": {"eventList": [EVENT]},
}
_REFUSED: Final[dict[str, Any]] = {
    "type": "epcisException:ValidationException",
    "title": "The document or one of its events is not valid",
    "status": 400,
    "detail": "epcisBody.eventList.1.action is LOOK; it must be one of OBSERVE, ADD or DELETE",
    "field": "epcisBody.eventList.1.action",
    "value": "LOOK",
    "event": 1,
}
_JOB: Final[dict[str, Any]] = {
    "captureID": "0006446f5c2d7e9037ae5e1c",
    "createdAt": "2026-11-22T08:20:00.512Z",
    "finishedAt": "2026-11-22T08:20:00.981Z",
    "running": False,
    "success": True,
    "captureErrorBehaviour": "rollback",
    "errors": [],
    "notes": [{"event": 3, "detail": "it names kinds of article, not articles"}],
    "events": 12,
}


class Noted(Told):
    """An event that was captured and moves no journey, and why."""

    event: Annotated[int, Field(description="Which of the document, from 0.")]
    detail: str


class CaptureJob(Told):
    """A document that was handed in. Without `finishedAt` it is still worked on, and `success` says how it looks."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_JOB]})

    captureID: str  # noqa: N815 # the standard's own name, as those below
    createdAt: Time  # noqa: N815
    finishedAt: Time | None = None  # noqa: N815
    running: bool
    success: bool
    captureErrorBehaviour: Literal["rollback", "proceed"]  # noqa: N815
    errors: Annotated[list[Free], Field(description="As problem documents; `event` says which, from 0.")]
    notes: list[Noted]
    events: int


class QueryDocument(Told):
    """An EPCISQueryDocument, its events in `epcisBody.queryResults.resultsBody.eventList`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    **DOCUMENT,
                    "type": "EPCISQueryDocument",
                    "creationDate": "2026-11-22T08:20:00Z",
                    "epcisBody": {
                        "queryResults": {
                            "queryName": "SimpleEventQuery",
                            "resultsBody": {"eventList": [{**EVENT, "eventID": "urn:uuid:5c1f7b3e"}]},
                        }
                    },
                }
            ]
        },
    )

    context: Annotated[list[Any], Field(alias="@context")]
    type: Literal["EPCISQueryDocument"]
    schemaVersion: Literal["2.0"]  # noqa: N815 # the standard's own name, as those below
    creationDate: Time  # noqa: N815
    epcisBody: Free  # noqa: N815


class NamedQuery(Told):
    """A query that is kept under a name."""

    name: str
    query: Free


class EpcisProblemDocument(BaseModel):
    """RFC 9457, `type` one of the standard's exceptions (EPCIS 2.0, section 12.8), or the gateway's own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{**_REFUSED, "errors": [_REFUSED]}]}
    )

    type: str
    title: str
    status: int
    detail: str
    field: Annotated[str, Field(description="A dotted path, indices from 0, or a parameter.")] = ""
    value: Any = None
    event: Annotated[int, Field(description="Which event of the document, from 0.")] = 0
    errors: Annotated[list[Free], Field(description="All that is wrong, the first of it too.")] = []
