"""Sites, routes and devices: what the network declares, and how it stands there now."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.adapters.http.answers import answer, page
from gateway.adapters.http.desk import Desk
from gateway.adapters.http.models.network import DeviceView, Routes, Sites
from gateway.adapters.http.models.told import Page
from gateway.adapters.http.resources.asked import DevicesAsked, unchanged
from gateway.service.queries import network_json
from gateway.service.queries.devices import devices as devices_of
from gateway.service.queries.paging import as_text, key_of
from gateway.service.queries.zones import zones


def add(router: APIRouter, desk: Desk) -> None:
    """`sites`, `routes`, `devices`."""

    @router.get("/api/v1/sites", response_model=Sites, responses=unchanged(), tags=["network"])
    def sites(request: Request) -> Response:
        """List all sites: whether they are open, what is there, what is amiss."""
        with desk.reader() as unit:
            return answer(request, {"items": network_json.sites(unit, desk.network, desk.now())})

    @router.get("/api/v1/routes", response_model=Routes, responses=unchanged(), tags=["network"])
    def routes(request: Request) -> Response:
        """List all routes with their stops."""
        network = desk.network
        items = network_json.routes(network)
        return answer(request, {"items": items, "zones": zones(items, network)})

    @router.get("/api/v1/devices", response_model=Page[DeviceView], responses=unchanged(), tags=["devices"])
    def devices(request: Request, asked: Annotated[DevicesAsked, Query()]) -> Response:
        """List devices by id: when they were heard, their batteries, what waits on them."""
        after = key_of(asked.cursor, as_text)
        network = desk.network
        with desk.reader() as unit:
            found = devices_of(unit, network, desk.now(), after, asked.limit, asked.site)
        return answer(request, page(found.items, found.after, network))
