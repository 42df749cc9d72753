"""EPCIS in HTTP's words: headers, links, media types, parameters of its REST bindings, and what OpenAPI says of them.

Nothing here reads or writes; problems have the standard's own types (EPCIS 2.0, section 12.8).
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request
from pydantic_core import to_json

from gateway.adapters.http.models.epcis import CONTEXT, DOCUMENT, EVENT
from gateway.adapters.http.problems import MEDIA_TYPE, Problem
from gateway.adapters.http.resources.asked import problems
from gateway.epcis import problems as standard
from gateway.epcis.documents import LARGEST_DOCUMENT, MOST_EVENTS
from gateway.epcis.names import EXTENSION, NAMESPACE
from gateway.epcis.problems import Class, Invalid
from gateway.epcis.querying import MOST_PER_PAGE, Query, query
from gateway.service.epcis.desk import Behaviour
from gateway.wire.topics import is_id

VERSIONS: Final = {
    "GS1-EPCIS-Version": "2.0",
    "GS1-CBV-Version": "2.0",
    "GS1-Extensions": f"{EXTENSION}={NAMESPACE}",
}
BEHAVIOUR: Final = "GS1-Capture-Error-Behaviour"
LIMITS: Final = {
    "GS1-EPCIS-Capture-Limit": str(MOST_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(LARGEST_DOCUMENT),
}
DISCOVERED: Final = {
    "GS1-EPCIS-Min": "2.0",
    "GS1-EPCIS-Max": "2.0",
    "GS1-CBV-Min": "2.0",
    "GS1-CBV-Max": "2.0",
    **VERSIONS,
}
_MEDIA_TYPES: Final = ("application/json", "application/ld+json")
_MOST_ERRORS: Final = 20
_LONGEST_TOKEN: Final = 500
_PAGING: Final = ("perPage", "nextPageToken")
_CAPTURE_ID: Final = re.compile(r"[0-9a-f]{24}", re.ASCII).fullmatch


class Unfit(Problem):
    """A problem in the standard's words."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(HTTPStatus(document["status"]), document["type"], document["detail"])
        self._document = document

    def body(self) -> bytes:
        return to_json(self._document)


def unfit(status: HTTPStatus, exception: str, detail: str) -> Unfit:
    """A problem that only HTTP has, and so the reading of documents does not know."""
    kind = f"epcisException:{exception}"
    return Unfit({"type": kind, "title": status.phrase, "status": status.value, "detail": detail})


def refused(invalid: Invalid) -> Unfit:
    """What was found wrong: the first of it in the problem itself, all of it in its `errors`."""
    documents = [each.document() for each in invalid.problems[:_MOST_ERRORS]]
    return Unfit({**documents[0], "errors": documents})


def no_such(detail: str) -> Unfit:
    """What was asked for is not there."""
    return unfit(HTTPStatus.NOT_FOUND, "NoSuchResourceException", detail)


def behaviour_of(request: Request) -> Behaviour:
    """What is to become of a document of which an event cannot be captured.

    Raises:
        Unfit: the header says neither.
    """
    said = request.headers.get(BEHAVIOUR, Behaviour.ROLLBACK.value)
    try:
        return Behaviour(said)
    except ValueError:
        detail = f"{BEHAVIOUR} must be rollback or proceed"
        raise refused(Invalid([standard.Problem(detail, BEHAVIOUR, said)])) from None


def check_media_type(request: Request) -> None:
    """See that the body is said to be JSON, before any of it is read.

    Raises:
        Unfit: it is said to be something else, or compressed.
    """
    said = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if said not in _MEDIA_TYPES or request.headers.get("Content-Encoding", "identity") != "identity":
        detail = f"send it as {' or '.join(_MEDIA_TYPES)}, not compressed; EPCIS in XML is not served"
        raise unfit(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaTypeException", detail)


def query_of(request: Request) -> Query:
    """The query that the parameters make.

    Raises:
        Unfit: one is unknown, or has no value that it may have.
    """
    return _query(request, _can_be_token)


def pages_of(request: Request) -> Query:
    """The same for a list of captures, of which only pages can be asked for.

    Raises:
        Unfit: likewise.
    """
    for name in request.query_params:
        if name not in _PAGING:
            raise refused(_wrong(name, f"it is no parameter of this list; use {' or '.join(_PAGING)}"))
    return _query(request, lambda token: _CAPTURE_ID(token) is not None)


def _query(request: Request, is_token: Callable[[str], bool]) -> Query:
    asked = request.query_params.multi_items()
    try:
        for name, value in asked:
            if "\0" in name + value:
                raise _wrong(name.replace("\0", ""), "it has a NUL character; leave it out")
            if name == "nextPageToken" and not is_token(value):
                raise _wrong(name, "it is none that was given; ask for the first page anew")
        return query(asked)
    except Invalid as invalid:
        raise refused(invalid) from None


def _can_be_token(text: str) -> bool:
    """Whether what is in a token is fit for a state store; numbers and texts that are not can be made up."""
    if len(text) > _LONGEST_TOKEN:
        return False
    try:
        parts = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return False
    if not isinstance(parts, list) or not parts or not isinstance(parts[0], list):
        return False
    return all(is_id(each) if isinstance(each, str) else _is_number(each) for each in (*parts[0], *parts[1:]))


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) < 2**62


def _wrong(name: str, what: str) -> Invalid:
    return Invalid([standard.Problem(f"{name[:80]}: {what}", name[:80], kind=Class.PARAMETER)])


def next_page(request: Request, token: str | None) -> dict[str, str]:
    """The Link header of the next page (RFC 8288), if there may be one."""
    if token is None:
        return {}
    asked = [each for each in request.query_params.multi_items() if each[0] != "nextPageToken"]
    where = f"{request.url.path}?{urlencode([*asked, ('nextPageToken', token)])}"
    return {"Link": f'<{where}>; rel="next"'}


def address(event_id: str) -> str:
    """Where the event of this eventID is; the id is one part of the path, whatever it is made of."""
    return f"/epcis/v2/events/{quote(event_id, safe=':;=')}"


_PROBLEM: Final = {"schema": {"$ref": "#/components/schemas/EpcisProblemDocument"}}
_SAID: Final = {
    400: "The document, an event of it or a parameter is not valid; `field` says which.",
    415: "It is not sent as JSON.",
}


def answers(
    status: int, description: str, headers: Sequence[str], *wrong: int
) -> dict[int | str, dict[str, Any]]:
    """What a route may answer with, for OpenAPI: its success with its headers, and its problems."""
    told = {name: {"schema": {"type": "string"}} for name in headers}
    found: dict[int | str, dict[str, Any]] = problems(*(each for each in wrong if each not in _SAID))
    found.update({each: {"description": _SAID[each]} for each in wrong if each in _SAID})
    for each in found.values():
        each["content"] = {MEDIA_TYPE: _PROBLEM}
    return {status: {"description": description, "headers": told}, **found}


def _body(schema: Mapping[str, Any], examples: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: {"value": value} for name, value in examples.items()}
    content = {kind: {"schema": schema, "examples": shown} for kind in _MEDIA_TYPES}
    return {"requestBody": {"required": True, "content": content}}


def _asked(name: str, schema: Mapping[str, Any], description: str, place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": False, "description": description, "schema": dict(schema)}


_TEXT: Final = {"type": "string"}
_WHEN: Final = {"type": "string", "format": "date-time"}
_COUNT: Final = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
_PAGES: Final = [
    _asked(
        "perPage", _COUNT, f"At most so many, and never more than {MOST_PER_PAGE}; 30 if it is not given."
    ),
    _asked("nextPageToken", {**_TEXT, "maxLength": _LONGEST_TOKEN}, "As the Link of the page before has it."),
]
_EPC: Final = "The EPC, as a URN or as a GS1 Digital Link; several are separated by `|`."
_ANY: Final = "Any of these, separated by `|`."
LISTED: Final = {"parameters": _PAGES}
CAPTURED: Final = {
    "parameters": [
        _asked(
            BEHAVIOUR,
            {"enum": [each.value for each in Behaviour]},
            "Whether one event that cannot be captured keeps the others out (`rollback`, the default).",
            "header",
        )
    ],
    **_body(
        {"type": ["object", "array"], "description": "An EPCISDocument, an EPCISQueryDocument, or events."},
        {"document": DOCUMENT, "events": [{"@context": CONTEXT, **EVENT}]},
    ),
}
ONE_CAPTURED: Final = _body(
    {"type": "object", "description": "One event, with its @context."},
    {"event": {"@context": CONTEXT, **EVENT}},
)
ASKED: Final = {
    "parameters": [
        *(
            _asked(f"{least}_{what}", _WHEN, f"{what} {said} this time.")
            for what in ("eventTime", "recordTime")
            for least, said in (("GE", "at or after"), ("LT", "before"))
        ),
        *(_asked(f"MATCH_{what}", _TEXT, _EPC) for what in ("epc", "parentID", "anyEPC", "epcClass")),
        *(
            _asked(name, _TEXT, _ANY)
            for name in ("eventType", "EQ_action", "EQ_bizStep", "EQ_disposition", "EQ_readPoint")
        ),
        *(_asked(name, _TEXT, _ANY) for name in ("EQ_bizLocation", "WD_readPoint", "EQ_eventID")),
        _asked("EQ_bizTransaction_po", _TEXT, "Naming any of these purchase orders; other types likewise."),
        _asked("EXISTS_errorDeclaration", {"enum": ["true", "false"]}, "`true`: those declared errors only."),
        _asked("orderBy", {"enum": ["eventTime", "recordTime"]}, "What pages are ordered by."),
        _asked("orderDirection", {"enum": ["ASC", "DESC"]}, "`DESC` if it is not given."),
        _asked("eventCountLimit", _COUNT, "No more than so many over all pages; with `orderBy`."),
        _asked("maxEventCount", _COUNT, "Refuse the query with 413 if there are more."),
        *_PAGES,
    ]
}
