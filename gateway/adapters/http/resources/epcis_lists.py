"""EPCIS 2.0 over HTTP: what there is below its address, its lists of types, articles, steps and places, their events.

Members are URIs, so they are parts of an address of any length; where proxies mind slashes, query the events instead.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from gateway.adapters.http.desk import Desk
from gateway.adapters.http.models.epcis import ASKED, MEMBERS, NEGOTIATED, Collection, QueryDocument
from gateway.adapters.http.problems import unfit
from gateway.adapters.http.resources.epcis_words import (
    answers,
    discovered,
    listed,
    negotiated,
    next_page,
    pages_of,
    query_within,
    told,
)
from gateway.epcis.negotiation import DISCOVERED, EPC_FORMAT, VERSIONS
from gateway.epcis.problems import Class
from gateway.service.epcis import asking
from gateway.service.epcis.vocabularies import PARAMETERS, TOP, collection, has, members

_ROOT: Final = "/epcis/v2"
_LIST: Final = _ROOT + "/{resource}"
_MEMBER: Final = _LIST + "/{member:path}"
_EVENTS: Final = _MEMBER + "/events"
_TAGS: Final[list[Any]] = ["epcis"]

Which = Annotated[str, Path(json_schema_extra={"enum": [*PARAMETERS]})]
Member = Annotated[str, Path(description="A term of the standard, or a URI.")]


def add(router: APIRouter, desk: Desk) -> None:
    """The routes: the longer addresses first, for a member may be of any length."""
    _root(router)
    _events(router, desk)
    _members(router, desk)
    for path in (_ROOT, _LIST, _EVENTS, _MEMBER):
        _discovery(router, path)


def _root(router: APIRouter) -> None:
    @router.get(
        _ROOT,
        response_model=Collection,
        responses=answers(200, "What there is.", VERSIONS, 400, 406, model="Collection"),
        openapi_extra=NEGOTIATED,
        tags=_TAGS,
    )
    async def top(request: Request) -> Response:
        """List what there is of EPCIS."""
        return listed(request, collection(TOP))


def _members(router: APIRouter, desk: Desk) -> None:
    @router.get(
        _LIST,
        response_model=Collection,
        responses=answers(
            200, "A page of members.", ("Link", *VERSIONS), 400, 404, 406, 414, model="Collection"
        ),
        openapi_extra=MEMBERS,
        tags=_TAGS,
    )
    def page(request: Request, resource: Which) -> Response:
        """List what events can be asked for by: the standard's terms, the network's sites, the goods that are known."""
        _parameter(resource)
        asked = pages_of(request)
        with desk.reader() as reader:
            found = members(reader, desk.network, resource, asked.token, asked.per_page)
        return listed(request, collection(found.members), next_page(request, found.next))

    @router.get(
        _MEMBER,
        response_model=Collection,
        responses=answers(200, "It is known.", VERSIONS, 400, 404, 406, model="Collection"),
        openapi_extra=NEGOTIATED,
        tags=_TAGS,
    )
    def one(request: Request, resource: Which, member: Member) -> Response:
        """Tell what can be asked of a member: its events."""
        _parameter(resource)
        with desk.reader() as reader:
            known = "\0" not in member and has(reader, desk.network, resource, member)
        if not known:
            raise unfit(
                Class.NO_RESOURCE, f"nothing of {resource} is known by this name; list them to see which are"
            )
        return listed(request, collection(("events",)))


def _events(router: APIRouter, desk: Desk) -> None:
    @router.get(
        _EVENTS,
        response_model=QueryDocument,
        responses=answers(
            200,
            "A page of events.",
            ("Link", *VERSIONS, EPC_FORMAT),
            *(400, 404, 406, 413, 414),
            model="QueryDocument",
        ),
        openapi_extra=ASKED,
        tags=_TAGS,
    )
    def events(request: Request, resource: Which, member: Member) -> Response:
        """Query the events of a member, as a query with the parameter that asks for it does."""
        how, asked = negotiated(request), query_within(request, _parameter(resource), member)
        with desk.reader() as reader:
            found = asking.page(reader, desk.network, asked)
        return told(found.events, desk.now(), how, next_page(request, found.next))


def _discovery(router: APIRouter, path: str) -> None:
    said = answers(204, "See the headers.", DISCOVERED)

    @router.options(path, status_code=204, response_class=Response, responses=said, tags=_TAGS)
    async def of_list(_request: Request) -> Response:
        """Tell versions."""
        return discovered(Allow="GET, OPTIONS")


def _parameter(resource: str) -> str:
    """The parameter of a query that asks for members of a list.

    Raises:
        Unfit: there is no such list.
    """
    if resource == "queries":
        raise unfit(Class.NO_NAME, "there is no query of this name; none are kept, query the events instead")
    if resource not in PARAMETERS:
        raise unfit(Class.NO_RESOURCE, f"there is no such list; there are {', '.join(PARAMETERS)}")
    return PARAMETERS[resource]
