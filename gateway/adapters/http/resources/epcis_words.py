"""EPCIS in HTTP's words: headers, links, media types, parameters, and what OpenAPI says of answers.

Nothing here reads or writes; problems have the standard's own types (EPCIS 2.0, section 12.8).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request, Response

from gateway.adapters.http.answers import json_response
from gateway.adapters.http.models.epcis import BEHAVIOUR
from gateway.adapters.http.problems import MEDIA_TYPE, unfit
from gateway.adapters.http.resources.asked import problems
from gateway.epcis import problems as standard
from gateway.epcis.linking import linked
from gateway.epcis.negotiation import (
    DISCOVERED,
    LINKED,
    MEDIA_TYPES,
    VERSIONS,
    Agreed,
    acceptable,
    agreed,
    check_versions,
)
from gateway.epcis.problems import Class, Invalid
from gateway.epcis.querying import Query, query
from gateway.service.epcis.asking import query_document
from gateway.service.epcis.desk import Behaviour
from gateway.tracking.instants import Instant

_LONGEST_QUERY: Final = 16_384
"""Characters; the server itself refuses what is four times as long, in words of its own."""
_PAGING: Final = ("perPage", "nextPageToken")
_CAPTURE_ID: Final = re.compile(r"[0-9a-f]{24}", re.ASCII).fullmatch


def negotiated(request: Request) -> Agreed:
    """How to answer with events.

    Raises:
        Invalid: in no way that is asked for.
    """
    return agreed(_headers(request))


def listed(request: Request, found: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that has no events, in the media type that is liked best.

    Raises:
        Invalid: none is, or another version is asked for.
    """
    headers_sent = _headers(request)
    check_versions(headers_sent)
    media_type = acceptable(headers_sent)
    return json_response(found, {**VERSIONS, "Content-Type": media_type, **(headers or {})})


def behaviour_of(request: Request) -> Behaviour:
    """What is to become of a document of which an event cannot be captured.

    Raises:
        Invalid: the header says neither.
    """
    said = request.headers.get(BEHAVIOUR, Behaviour.ROLLBACK.value)
    try:
        return Behaviour(said)
    except ValueError:
        detail = f"{BEHAVIOUR} must be rollback or proceed"
        raise Invalid([standard.Problem(detail, BEHAVIOUR, said)]) from None


def check_sent(request: Request) -> None:
    """See that the body is said to be JSON of a version that is served, before any of it is read.

    Raises:
        Unfit: it is said to be something else, or compressed.
        Invalid: it is of another version.
    """
    said = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if said not in MEDIA_TYPES or request.headers.get("Content-Encoding", "identity") != "identity":
        detail = f"send it as {' or '.join(MEDIA_TYPES)}, not compressed; EPCIS in XML is not served"
        raise unfit(Class.MEDIA_TYPE, detail)
    check_versions(_headers(request))


def _headers(request: Request) -> dict[str, str]:
    """Headers by their names in lower case; one that came several times is one list (RFC 9110, 5.3)."""
    return {name: ", ".join(request.headers.getlist(name)) for name in request.headers}


def query_of(request: Request) -> Query:
    """The query that the parameters make.

    Raises:
        Invalid: one is unknown, or has no value that it may have.
        Unfit: there are too many.
    """
    return _query(request, lambda _: True)


def query_within(request: Request, name: str, value: str) -> Query:
    """The same of the events of one member of a list, which the parameter `name` would ask for.

    Raises:
        Invalid: likewise, or that parameter is given too.
    """
    if name in request.query_params:
        raise _wrong(name, "the address says it already; leave it out, or query the events")
    return _query(request, lambda _: True, (name, value))


def captures_of(request: Request) -> Query:
    """The page that is asked for of a list of captures.

    Raises:
        Invalid: another parameter is given, or no page.
    """
    return pages_of(request, lambda token: _CAPTURE_ID(token) is not None)


def pages_of(request: Request, is_token: Callable[[str], bool] = lambda _: True) -> Query:
    """The same for a list of which only pages can be asked for.

    Raises:
        Invalid: likewise.
    """
    for name in request.query_params:
        if name not in _PAGING:
            raise _wrong(name, f"it is no parameter of this list; use {' or '.join(_PAGING)}")
    return _query(request, is_token)


def _query(request: Request, is_token: Callable[[str], bool], *more: tuple[str, str]) -> Query:
    if len(request.url.query) > _LONGEST_QUERY:
        detail = f"the query has more than {_LONGEST_QUERY} characters; ask several times"
        raise unfit(Class.URI_TOO_LONG, detail)
    asked = [*request.query_params.multi_items(), *more]
    for name, value in asked:
        if "\0" in name + value:
            raise _wrong(name.replace("\0", ""), "it has a NUL character; leave it out")
        if name == "nextPageToken" and not is_token(value):
            raise _wrong(name, "it is none that was given; ask for the first page anew")
    return query(asked)


def _wrong(name: str, what: str) -> Invalid:
    return Invalid([standard.Problem(f"{name[:80]}: {what}", name[:80], kind=Class.PARAMETER)])


def told(
    events: Sequence[dict[str, Any]], now: Instant, how: Agreed, headers: Mapping[str, str] | None = None
) -> Response:
    """Events as a client wants them."""
    found = [linked(each) for each in events] if how.linked else events
    return json_response(query_document(found, now), {**how.headers(), **(headers or {})})


def next_page(request: Request, token: str | None) -> dict[str, str]:
    """The Link header of the next page (RFC 8288), if there may be one."""
    if token is None:
        return {}
    asked = [each for each in request.query_params.multi_items() if each[0] != "nextPageToken"]
    where = f"{request.scope['raw_path'].decode()}?{urlencode([*asked, ('nextPageToken', token)])}"
    return {"Link": f'<{where}>; rel="next"'}


def discovered(**more: str) -> Response:
    """The answer to OPTIONS: versions, and what else there is to tell."""
    return Response(None, HTTPStatus.NO_CONTENT, {**DISCOVERED, **more, "Cache-Control": "no-store"})


def address(event_id: str) -> str:
    """Where the event of this eventID is; the id is one part of the path, whatever it is made of."""
    return f"/epcis/v2/events/{quote(event_id, safe=':;=')}"


_PROBLEM: Final = {"schema": {"$ref": "#/components/schemas/EpcisProblemDocument"}}
_SAID: Final = {
    400: "The document, an event of it, a header or a parameter is not valid; `field` says which.",
    406: "It cannot be answered as the headers ask.",
    414: "The query is too long.",
    415: "It is not sent as JSON.",
}


def answers(
    status: int, description: str, headers: Iterable[str], *wrong: int, model: str | None = None
) -> dict[int | str, dict[str, Any]]:
    """What a route may answer with, for OpenAPI: its success with its headers, and its problems.

    `model` names the schema of what is told, an array of it where that ends in `[]`.
    """
    success: dict[str, Any] = {
        "description": description,
        "headers": {name: {"schema": {"type": "string"}} for name in headers},
    }
    if model is not None:
        one: dict[str, Any] = {"$ref": f"#/components/schemas/{model.removesuffix('[]')}"}
        schema = {"type": "array", "items": one} if model.endswith("[]") else one
        success["content"] = {LINKED: {"schema": schema}}
    found: dict[int | str, dict[str, Any]] = problems(*(each for each in wrong if each not in _SAID))
    found.update({each: {"description": _SAID[each]} for each in wrong if each in _SAID})
    for each in found.values():
        each["content"] = {MEDIA_TYPE: _PROBLEM}
    return {status: success, **found}
