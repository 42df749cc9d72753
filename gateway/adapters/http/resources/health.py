"""Is it alive, can it serve, how does it do: for load balancers, watchdogs and Prometheus."""

from fastapi import APIRouter, Request, Response

from gateway import __version__
from gateway.adapters.http.answers import json_bytes, json_response
from gateway.adapters.http.desk import Desk
from gateway.adapters.http.metrics import CONTENT_TYPE, Metrics
from gateway.adapters.http.models.events import Alive, Readiness
from gateway.adapters.http.resources.asked import problems


def add(router: APIRouter, desk: Desk, metrics: Metrics) -> None:
    """`/healthz`, `/readyz`, `/metrics`."""

    @router.get("/healthz", response_model=Alive, tags=["gateway"])
    async def healthz() -> Response:
        """Say that the process answers."""
        return json_response({"alive": True, "version": __version__})

    @router.get(
        "/readyz",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "It cannot serve now."}},
        tags=["gateway"],
    )
    async def readyz() -> Response:
        """Say whether it can serve, and which part is not as it should be."""
        parts = desk.parts()
        ready = all(part.ready for part in parts.values())
        told = {name: {"ready": part.ready, "reason": part.reason} for name, part in parts.items()}
        body = json_bytes({"ready": ready, "parts": told})
        return Response(body, 200 if ready else 503, {"Cache-Control": "no-store"}, "application/json")

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}}, **problems()},
        tags=["gateway"],
    )
    def measured(_request: Request) -> Response:
        """Tell figures in the words of Prometheus."""
        with desk.reader() as unit:
            return Response(metrics.rendered(unit), 200, media_type=CONTENT_TYPE)
