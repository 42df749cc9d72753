"""EPCIS over HTTP as OpenAPI tells of it: parameters, capture jobs, what answers a query, problems.

Events are the standard's, and so are names. What becomes of a request is not known here.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.adapters.http.models.told import Free, Time, Told
from gateway.epcis.matching import CLASSES, EPCS
from gateway.epcis.measures import COMPARISONS, TIMES, WORDS
from gateway.epcis.negotiation import CBV_FORMAT, EPC_FORMAT, MEDIA_TYPES, CbvFormat, EpcFormat
from gateway.epcis.querying import MOST_PER_PAGE
from gateway.service.epcis.asking import LONGEST_TOKEN
from gateway.service.epcis.desk import Behaviour
from gateway.service.epcis.vocabularies import LONGEST_TOKEN as MEMBER_TOKEN

BEHAVIOUR: Final = "GS1-Capture-Error-Behaviour"
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
_STEPS: Final[dict[str, Any]] = {
    "@context": CONTEXT,
    "type": "Collection",
    "member": ["collecting", "receiving"],
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


class Collection(Told):
    """Names of resources: members of a list, or what can be asked of one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_STEPS]})

    context: Annotated[list[Any], Field(alias="@context")]
    type: Literal["Collection"]
    member: list[str]


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


def _body(schema: Mapping[str, Any], examples: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: {"value": value} for name, value in examples.items()}
    content = {kind: {"schema": schema, "examples": shown} for kind in MEDIA_TYPES}
    return {"requestBody": {"required": True, "content": content}}


def _asked(name: str, schema: Mapping[str, Any], description: str, place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": False, "description": description, "schema": dict(schema)}


def _headers(described: Mapping[str, str]) -> list[dict[str, Any]]:
    version = {"type": "string", "pattern": r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$"}
    return [_asked(name, version, text, "header") for name, text in described.items()]


def _enumerated(words: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


_TEXT: Final = {"type": "string"}
_WHEN: Final = {"type": "string", "format": "date-time"}
_NUMBER: Final = {"type": "number"}
_COUNT: Final = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
_WHETHER: Final = _enumerated(("true", "false"))
_PAGES: Final = [
    _asked(
        "perPage", _COUNT, f"At most so many, and never more than {MOST_PER_PAGE}; 30 if it is not given."
    ),
    _asked("nextPageToken", {**_TEXT, "maxLength": LONGEST_TOKEN}, "As the Link of the page before has it."),
]
_OF_WHAT_IS_SENT: Final = _headers(
    {
        "GS1-EPCIS-Version": "What the document is of; 2.0 is served.",
        "GS1-CBV-Version": "What its terms are of; 2.0 is served.",
    }
)
_RELEASES: Final = _headers(
    {
        f"GS1-{what}-{bound}": f"The {said} version that is understood; 2.0 is served."
        for what in ("EPCIS", "CBV")
        for bound, said in (("Min", "lowest"), ("Max", "highest"))
    }
)
_SPELT: Final = [
    _asked(
        EPC_FORMAT,
        _enumerated([each.value for each in EpcFormat]),
        "EPCs as they came, if it is not given, or as GS1 Digital Links; never as URNs.",
        "header",
    ),
    _asked(
        CBV_FORMAT, _enumerated([each.value for each in CbvFormat]), "There is no XML to spell.", "header"
    ),
]
_EPC: Final = (
    "The EPC, as a URN or as a GS1 Digital Link, or a pattern that leaves its serial number open; several are"
    " separated by `|`."
)
_ANY: Final = "Any of these, separated by `|`."
LISTED: Final = {"parameters": [*_PAGES, *_RELEASES]}
MEMBERS: Final = {
    "parameters": [
        _PAGES[0],
        _asked(
            "nextPageToken", {**_TEXT, "maxLength": MEMBER_TOKEN}, "As the Link of the page before has it."
        ),
        *_RELEASES,
    ]
}
ONE_TOLD: Final = {"parameters": [*_RELEASES, *_SPELT]}
NEGOTIATED: Final = {"parameters": _RELEASES}
CAPTURED: Final = {
    "parameters": [
        _asked(
            BEHAVIOUR,
            _enumerated([each.value for each in Behaviour]),
            "Whether one event that cannot be captured keeps the others out (`rollback`, the default).",
            "header",
        ),
        *_OF_WHAT_IS_SENT,
    ],
    **_body(
        {"type": ["object", "array"], "description": "An EPCISDocument, an EPCISQueryDocument, or events."},
        {"document": DOCUMENT, "events": [{"@context": CONTEXT, **EVENT}]},
    ),
}
ONE_CAPTURED: Final = {
    "parameters": _OF_WHAT_IS_SENT,
    **_body(
        {"type": "object", "description": "One event, with its @context."},
        {"event": {"@context": CONTEXT, **EVENT}},
    ),
}
_SPANS: Final = ("eventTime", "recordTime", "errorDeclarationTime", *TIMES)
_LISTS: Final = (
    *("eventType", "EQ_action", "EQ_bizStep", "EQ_disposition", "EQ_readPoint", "WD_readPoint"),
    *("EQ_bizLocation", "WD_bizLocation", "EQ_eventID", "EQ_transformationID", "EQ_errorReason"),
    *("EQ_persistentDisposition_set", "EQ_persistentDisposition_unset", "EQ_correctiveEventID"),
    *(f"EQ_{each}" for each in WORDS),
)
_OTHER_TYPES: Final = "Naming any of these; other types likewise."
ASKED: Final = {
    "parameters": [
        *(
            _asked(f"{bound}_{what}", _WHEN, f"{what} {said} this time.")
            for what in _SPANS
            for bound, said in (("GE", "at or after"), ("LT", "before"))
        ),
        *(_asked(name, _TEXT, _EPC) for name in (*EPCS, *CLASSES)),
        *(_asked(name, _TEXT, _ANY) for name in _LISTS),
        *(
            _asked(f"{how}_{what}", _NUMBER, f"A {said} that compares so.")
            for what, said in (("quantity", "quantity, whatever its unit,"), ("percRank", "percentile rank"))
            for how in COMPARISONS
        ),
        _asked("EQ_booleanValue", _WHETHER, "A sensor says so."),
        _asked("EQ_bizTransaction_po", _TEXT, _OTHER_TYPES),
        _asked("EQ_source_owning_party", _TEXT, _OTHER_TYPES),
        _asked("EQ_destination_owning_party", _TEXT, _OTHER_TYPES),
        _asked("EXISTS_errorDeclaration", _WHETHER, "`true`: those declared errors only."),
        _asked("EXISTS_sensorElementList", _WHETHER, "`true`: those with what sensors said only."),
        _asked("orderBy", _enumerated(("eventTime", "recordTime")), "What pages are ordered by."),
        _asked("orderDirection", _enumerated(("ASC", "DESC")), "`DESC` if it is not given."),
        _asked("eventCountLimit", _COUNT, "No more than so many over all pages; with `orderBy`."),
        _asked("maxEventCount", _COUNT, "Refuse the query with 413 if there are more."),
        *_PAGES,
        *_RELEASES,
        *_SPELT,
    ]
}
