"""EPCIS 2.0 over HTTP: capture and its jobs, events by query and by id (EPCIS 2.0, section 12).

All else is behind it: what a document says, what becomes of its events, and the work on them.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.adapters.http.desk import Act, Desk
from gateway.adapters.http.gate import Caller, caller_of
from gateway.adapters.http.models.epcis import (
    ASKED,
    BEHAVIOUR,
    CAPTURED,
    LISTED,
    NEGOTIATED,
    ONE_CAPTURED,
    ONE_TOLD,
    CaptureJob,
    NamedQuery,
    QueryDocument,
)
from gateway.adapters.http.problems import unavailable, unfit
from gateway.adapters.http.resources import epcis_lists
from gateway.adapters.http.resources.epcis_words import (
    address,
    answers,
    behaviour_of,
    captures_of,
    check_sent,
    discovered,
    listed,
    negotiated,
    next_page,
    query_of,
    told,
)
from gateway.adapters.http.rights import Role
from gateway.epcis.negotiation import DISCOVERED, EPC_FORMAT, LIMITS, VERSIONS
from gateway.epcis.problems import Class
from gateway.epcis.reading import Sender
from gateway.ports.captures import CaptureRow
from gateway.ports.desk import DeskUnit
from gateway.service.epcis import asking
from gateway.service.epcis.desk import Behaviour, job, jobs

_CAPTURE: Final = "/epcis/v2/capture"
_EVENTS: Final = "/epcis/v2/events"
_MOST_WAITING: Final = 100
"""Documents that are not worked on yet: each may have megabytes, and whoever sends faster than that is to wait."""
_TAGS: Final[list[Any]] = ["epcis"]
_TOLD: Final = (*VERSIONS, EPC_FORMAT)
_BOTH: Final = "all"
"""What GS1-Capture-Error-Behaviour says where a client may ask for either."""
_RESTORER: Final = "epcis"
"""The device that captured what an administrator sends and whose ids name no device: nobody else's events."""


def add(router: APIRouter, desk: Desk) -> None:
    """The routes of EPCIS; those that name a list stand last, for theirs are the addresses that are left."""
    _capture(router, desk)
    _jobs(router, desk)
    _one_event(router, desk)
    _queries(router, desk)
    _discovery(router)
    epcis_lists.add(router, desk)


def _capture(router: APIRouter, desk: Desk) -> None:
    said = answers(
        202, "Accepted; the job is at Location.", ("Location", *VERSIONS, *LIMITS), 400, 406, 413, 415
    )

    @router.post(
        _CAPTURE, status_code=202, response_class=Response, responses=said, openapi_extra=CAPTURED, tags=_TAGS
    )
    async def capture(request: Request) -> Response:
        """Capture an EPCIS document, a list of events, or one event.

        An integrator's events are the scans of the device that has its source's id. An administrator's restore what
        was exported: each event is whose it was. Sending again is harmless: events are known by their ids.
        """
        sender, behaviour = _admitted(request, desk), behaviour_of(request)
        body = await request.body()
        accept = desk.spent.counted(_accept)
        row = await run_in_threadpool(accept, desk, caller_of(request), (body, sender, behaviour))
        desk.capturing.wake()
        where = {"Location": f"{_CAPTURE}/{row.id}", BEHAVIOUR: row.behaviour, "Cache-Control": "no-store"}
        return Response(None, HTTPStatus.ACCEPTED, {**where, **LIMITS, **VERSIONS})


def _jobs(router: APIRouter, desk: Desk) -> None:
    @router.get(
        _CAPTURE,
        response_model=list[CaptureJob],
        responses=answers(200, "Capture jobs.", ("Link", *VERSIONS), 400, 406, 414, model="CaptureJob[]"),
        openapi_extra=LISTED,
        tags=_TAGS,
    )
    def captures(request: Request) -> Response:
        """List capture jobs, the latest first; an integrator's own."""
        asked = captures_of(request)
        with desk.reader() as reader:
            found, after = jobs(reader, caller_of(request).source, asked.token, asked.per_page)
        return listed(request, found, next_page(request, after))

    @router.get(
        _CAPTURE + "/{capture_id}",
        response_model=CaptureJob,
        responses=answers(200, "The job.", VERSIONS, 400, 404, 406, model="CaptureJob"),
        openapi_extra=NEGOTIATED,
        tags=_TAGS,
    )
    def one(request: Request, capture_id: str) -> Response:
        """Tell how a capture job is: whether it still runs, and what of the document could not be captured."""
        with desk.reader() as reader:
            found = job(reader, capture_id, caller_of(request).source) if capture_id.isalnum() else None
        if found is None:
            detail = "there is no capture of this id; list the captures to see their ids"
            raise unfit(Class.NO_RESOURCE, detail)
        return listed(request, found)


def _one_event(router: APIRouter, desk: Desk) -> None:
    said = answers(
        201, "Captured; the event is at Location.", ("Location", *VERSIONS), 400, 406, 409, 413, 415
    )

    @router.post(
        _EVENTS,
        status_code=201,
        response_class=Response,
        responses=said,
        openapi_extra=ONE_CAPTURED,
        tags=_TAGS,
    )
    async def capture_one(request: Request) -> Response:
        """Capture one event at once: it is durable, and has moved its journey, when this is answered."""
        sender = _admitted(request, desk)
        body = await request.body()
        uri = await run_in_threadpool(desk.spent.counted(_take), desk, caller_of(request), body, sender)
        where = {"Location": address(uri), "Cache-Control": "no-store"}
        return Response(None, HTTPStatus.CREATED, {**where, **VERSIONS})

    @router.get(
        _EVENTS + "/{event_id:path}",
        response_model=QueryDocument,
        responses=answers(200, "The event.", _TOLD, 400, 404, 406, model="QueryDocument"),
        openapi_extra=ONE_TOLD,
        tags=_TAGS,
    )
    def event(request: Request, event_id: str) -> Response:
        """Tell the event of this eventID, in a query document. Where proxies mind slashes, ask with EQ_eventID."""
        how = negotiated(request)
        with desk.reader() as reader:
            found = asking.event(reader, desk.network, event_id) if "\0" not in event_id else None
        if found is None:
            detail = "there is no event of this eventID; query the events to see their ids"
            raise unfit(Class.NO_RESOURCE, detail)
        return told([found], desk.now(), how)


def _queries(router: APIRouter, desk: Desk) -> None:
    @router.get(
        _EVENTS,
        response_model=QueryDocument,
        responses=answers(
            200, "A page of events.", ("Link", *_TOLD), 400, 406, 413, 414, model="QueryDocument"
        ),
        openapi_extra=ASKED,
        tags=_TAGS,
    )
    def events(request: Request) -> Response:
        """Query events with the standard's parameters; all that are given hold together.

        A page may be short, even empty, and still have a Link to the next one.
        """
        how, asked = negotiated(request), query_of(request)
        with desk.reader() as reader:
            found = asking.page(reader, desk.network, asked)
        return told(found.events, desk.now(), how, next_page(request, found.next))

    @router.get(
        "/epcis/v2/queries",
        response_model=list[NamedQuery],
        responses=answers(200, "No queries.", VERSIONS, 400, 406, model="NamedQuery[]"),
        openapi_extra=NEGOTIATED,
        tags=_TAGS,
    )
    async def named(request: Request) -> Response:
        """List named queries: there are none, and none can be made; query the events instead."""
        return listed(request, [])


def _discovery(router: APIRouter) -> None:
    said = answers(204, "See the headers.", (*DISCOVERED, *LIMITS, BEHAVIOUR))

    @router.options(_CAPTURE, status_code=204, response_class=Response, responses=said, tags=_TAGS)
    async def of_capture(_request: Request) -> Response:
        """Tell versions and limits of capture."""
        return discovered(**{**LIMITS, BEHAVIOUR: _BOTH, "Allow": "GET, OPTIONS, POST"})

    said_of_events = answers(204, "See the headers.", DISCOVERED)

    @router.options(_EVENTS, status_code=204, response_class=Response, responses=said_of_events, tags=_TAGS)
    async def of_events(_request: Request) -> Response:
        """Tell versions of events."""
        return discovered(Allow="GET, OPTIONS, POST")


def _accept(desk: Desk, caller: Caller, asked: tuple[bytes, Sender, Behaviour]) -> CaptureRow:
    with desk.reader() as reader:
        waiting = len(reader.unfinished_captures())
    if waiting >= _MOST_WAITING:
        raise unavailable(
            f"{waiting} captures wait to be worked on; send again, which is harmless", after_s=10
        )
    return desk.capturing.captures.accept(*asked, _trail(desk, caller))


def _take(desk: Desk, caller: Caller, body: bytes, sender: Sender) -> str:
    return desk.capturing.captures.capture_one(body, sender, _trail(desk, caller))


def _trail(desk: Desk, caller: Caller) -> Callable[[DeskUnit, str], None]:
    """What an administrator captures may be in anybody's name: the trail says who it was, or it is not captured."""

    def record(unit: DeskUnit, target: str) -> None:
        if caller.role is Role.ADMIN:
            desk.record(unit, caller, Act("epcis_capture", target), desk.now())

    return record


def _admitted(request: Request, desk: Desk) -> Sender:
    """Whom the events are taken from, of a request whose body is worth reading.

    Raises:
        Problem: it is no JSON, or the network does not know the source's device.
        Invalid: it is of another version.
    """
    check_sent(request)
    caller = caller_of(request)
    if caller.role is Role.ADMIN:
        return Sender(_RESTORER, restoring=True)
    device = caller.source or _RESTORER
    if device not in desk.network.devices:
        detail = (
            f"what {caller.name} captures is taken as the scans of the device {device}, which is not declared; add"
            f" {{id: {device}, kind: scanner}} to devices in network.yaml"
        )
        raise unfit(Class.SECURITY, detail)
    return Sender(device)
