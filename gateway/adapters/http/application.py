"""The API as one ASGI app: its resources, the gate before them, and its description as OpenAPI 3.1."""

import inspect
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Response
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp

from gateway import __version__
from gateway.adapters.http.answers import json_response
from gateway.adapters.http.board_routes import Board
from gateway.adapters.http.bulwark import Bulwark
from gateway.adapters.http.desk import KEY_HEADER, Desk
from gateway.adapters.http.gate import COOKIE, CSRF_HEADER, Gate, GuardedRoute
from gateway.adapters.http.metrics import Metrics
from gateway.adapters.http.models.alerts import AlertListed
from gateway.adapters.http.models.epcis import EpcisProblemDocument
from gateway.adapters.http.models.goods import ReturnSummary
from gateway.adapters.http.models.told import ProblemDocument, Wrong
from gateway.adapters.http.pace import Courtesy, Spent
from gateway.adapters.http.problems import handle_errors
from gateway.adapters.http.resources import (
    alerts,
    audit,
    epcis,
    events,
    goods,
    health,
    kpis,
    network,
    quarantine,
    session,
    stream,
)
from gateway.adapters.http.rights import PUBLIC, RIGHTS, ROUTES
from gateway.adapters.http.stream import Tail
from gateway.settings import Tiles

_REF: Final = "#/components/schemas/{model}"
DESCRIPTION: Final = "/api/openapi.json"
_ABOUT: Final = (
    "Announce returns, read where they are and should be, work on alerts. Times are RFC 3339 in UTC, with the zones of"
    " the sites beside them. Ids of items and containers are query parameters, in any spelling of their barcode."
    " Errors are problem documents (RFC 9457)."
)


class CountingRouter(APIRouter):
    """Routes behind the gate, whose use of the processor is counted where they run in threads of their own."""

    def __init__(self, spent: Spent) -> None:
        super().__init__(route_class=GuardedRoute)
        self._spent = spent

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not inspect.iscoroutinefunction(endpoint):
            endpoint = self._spent.counted(endpoint)
        super().add_api_route(path, endpoint, **options)


def api(desk: Desk, gate: Gate, tail: Tail) -> FastAPI:
    """The API by itself: what `application` surrounds."""
    app = FastAPI(
        title="Returns Gateway",
        version=__version__,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    metrics = Metrics(
        lambda: {**desk.counts(), "http_processor_seconds": desk.pace.used}, desk.open_alerts.count
    )
    app.state.gate, app.state.metrics = gate, metrics
    handle_errors(app)
    router = CountingRouter(desk.spent)
    health.add(router, desk, metrics)
    session.add(router, desk, gate)
    stream.add(router, desk, tail)
    for resource in (events, goods, alerts, network, kpis, quarantine, audit, epcis):
        resource.add(router, desk)
    _describe(app, router)
    app.include_router(router)
    return app


def application(desk: Desk, gate: Gate, tail: Tail, tiles: Tiles | None = None) -> ASGIApp:
    """The API as it is served."""
    board = Board(Courtesy(api(desk, gate, tail), desk.pace), desk.now, tiles=tiles)
    return Bulwark(board, tiles=tiles)


def _describe(app: FastAPI, router: APIRouter) -> None:
    @router.get(DESCRIPTION, include_in_schema=False)
    async def described() -> Response:
        """Describe the API."""
        return json_response(openapi(app))


def openapi(app: FastAPI) -> dict[str, Any]:
    """The description of an app, with who may do what."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = app.openapi()
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    _, problems = models_json_schema(
        [(each, "serialization") for each in (ProblemDocument, Wrong, EpcisProblemDocument)],
        ref_template=_REF,
    )
    schemas.update(problems["$defs"])
    for model in (ReturnSummary, AlertListed):  # FastAPI leaves out what is null, in examples too
        schemas[model.__name__] = model.model_json_schema(ref_template=_REF)
        schemas[model.__name__].pop("$defs", None)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _add_rights(operation, method.upper(), path)
    return document


def _add_rights(operation: dict[str, Any], method: str, path: str) -> None:
    action = ROUTES.get((method, path))
    if action in PUBLIC or action is None:
        return
    operation["security"] = [{"token": []}, {"session": []}]
    operation["x-roles"] = sorted(role.value for role in RIGHTS[action])
    if method == "POST":
        shown = operation.setdefault("parameters", [])
        shown.append(_header(KEY_HEADER, "The same key with the same request does it once.", 128))
        shown.append(_header(CSRF_HEADER, "In a session: what GET /api/v1/session says.", 128))


def _header(name: str, text: str, longest: int) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": "^[!-~]+$"}
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}
