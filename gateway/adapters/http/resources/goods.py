"""Returns and containers: lists, one whole, and where a container has been."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.adapters.http.answers import answer, page
from gateway.adapters.http.desk import Desk
from gateway.adapters.http.models.goods import ContainerSummary, ContainerWhole, ReturnSummary, ReturnWhole
from gateway.adapters.http.models.told import Counted, Page, Position
from gateway.adapters.http.resources.asked import (
    GoodsAsked,
    OneOfGoods,
    PositionsAsked,
    beginning,
    goods_id,
    unchanged,
)
from gateway.service.queries.goods import Wanted, goods
from gateway.service.queries.goods_json import container_summaries, position_json, summary
from gateway.service.queries.paging import as_key, as_text, key_of, whole_list
from gateway.service.queries.whole import whole
from gateway.service.queries.zones import zones
from gateway.tracking.model import SubjectKind


def add(router: APIRouter, desk: Desk) -> None:
    """The routes of returns and containers that only read."""
    _lists(router, desk)
    _ones(router, desk)


def _lists(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/api/v1/returns", response_model=Counted[ReturnSummary], responses=unchanged(), tags=["returns"]
    )
    def returns(request: Request, asked: Annotated[GoodsAsked, Query()]) -> Response:
        """List returns by id."""
        after, network = key_of(asked.cursor, as_text), desk.network
        with desk.reader() as unit:
            found = goods(unit, _wanted("return", asked), after, asked.limit)
        items = [summary(each, network) for each in found.items]
        return answer(request, page(items, found.after, network, total=whole_list(found, after)))

    @router.get(
        "/api/v1/containers",
        response_model=Counted[ContainerSummary],
        responses=unchanged(),
        tags=["containers"],
    )
    def containers(request: Request, asked: Annotated[GoodsAsked, Query()]) -> Response:
        """List the containers of which something is known, by id."""
        after, network = key_of(asked.cursor, as_text), desk.network
        with desk.reader() as unit:
            found = goods(unit, _wanted("container", asked), after, asked.limit)
            items = container_summaries(unit, found.items, network)
        return answer(request, page(items, found.after, network, total=whole_list(found, after)))


def _wanted(kind: SubjectKind, asked: GoodsAsked) -> Wanted:
    inside = None if asked.container is None else goods_id(asked.container, "container")
    return Wanted(
        kind,
        asked.status,
        asked.route,
        asked.site,
        asked.kind,
        inside,
        beginning(asked.q),
        asked.expected_at,
    )


def _ones(router: APIRouter, desk: Desk) -> None:
    @router.get("/api/v1/return", response_model=ReturnWhole, responses=unchanged(404), tags=["returns"])
    def one_return(request: Request, asked: Annotated[OneOfGoods, Query()]) -> Response:
        """Tell all about a return: its journey stop by stop, evidence, containment, alerts, where next."""
        return _whole(request, desk, asked.id, "return")

    @router.get(
        "/api/v1/container", response_model=ContainerWhole, responses=unchanged(404), tags=["containers"]
    )
    def one_container(request: Request, asked: Annotated[OneOfGoods, Query()]) -> Response:
        """Tell all about a container: the same, its contents, its newest position, its limits."""
        return _whole(request, desk, asked.id, "container")

    @router.get(
        "/api/v1/container/positions",
        response_model=Page[Position],
        responses=unchanged(),
        tags=["containers"],
    )
    def positions(request: Request, asked: Annotated[PositionsAsked, Query()]) -> Response:
        """List the positions of a container, the latest first."""
        before = key_of(asked.cursor, as_key)
        with desk.reader() as unit:
            found = unit.positions_newest(goods_id(asked.id), before, asked.limit + 1)
        rows = found[: asked.limit]
        last = rows[-1].position if len(found) > asked.limit else None
        key = None if last is None else (last.at, last.id, last.device)
        return answer(request, page([position_json(each) for each in rows], key, desk.network))


def _whole(request: Request, desk: Desk, read: str, kind: SubjectKind) -> Response:
    id_, now = goods_id(read), desk.now()
    network = desk.network
    with desk.reader() as unit:
        found = whole(unit, network, id_, now, kind)
    return answer(request, {**found, "zones": zones(found, network)})
