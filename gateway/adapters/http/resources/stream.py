"""The event stream: alerts, journeys and positions as they change."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.adapters.http.desk import Desk
from gateway.adapters.http.gate import Gate
from gateway.adapters.http.problems import unavailable, wrong_field
from gateway.adapters.http.resources.asked import problems
from gateway.adapters.http.stream import Listening, Tail
from gateway.service.queries.changes import What, place_of


class StreamAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    only: Annotated[list[What], Field(max_length=3, description="Hear of these only.")] = []


_PATH: Final = "/api/v1/stream"
_EVENTS = {
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
    "description": "Events `alert` (a line of the alert log), `journeys` and `positions` ({items: […]}), `hello` and"
    " `reset` (load anew). Come back with the last `id` as Last-Event-ID, and nothing is missed.",
}


def add(router: APIRouter, _desk: Desk, tail: Tail) -> None:
    """`stream`."""

    @router.get(
        _PATH,
        response_class=Response,
        responses={200: _EVENTS, **problems()},
        tags=["stream"],
    )
    async def stream(
        request: Request,
        asked: Annotated[StreamAsked, Query()],
        last_event_id: Annotated[str | None, Header(max_length=100)] = None,
    ) -> Response:
        """Follow what changes, as server-sent events."""
        since = place_of(last_event_id) if last_event_id else None
        if last_event_id and since is None:
            raise wrong_field("header", "Last-Event-ID", "is no id of this stream; leave it out to begin now")
        if tail.full():
            raise unavailable("there are as many listeners as there may be; come again", after_s=30)
        gate: Gate = request.app.state.gate
        return Listening(
            tail, since, frozenset(asked.only or What), lambda: gate.admits_still(request, _PATH)
        )
