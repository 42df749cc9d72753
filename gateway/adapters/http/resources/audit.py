"""The trail of what people and systems did here."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import from_json

from gateway.adapters.http.answers import answer
from gateway.adapters.http.desk import Desk
from gateway.adapters.http.models.events import Trail
from gateway.adapters.http.resources.asked import Asked, unchanged
from gateway.service.queries.paging import as_number, cursor, key_of
from gateway.tracking.instants import rfc3339


def add(router: APIRouter, desk: Desk) -> None:
    """`audit`."""

    @router.get("/api/v1/audit", response_model=Trail, responses=unchanged(), tags=["gateway"])
    def trail(request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """List actions, the latest first: who, when, what, to what, why."""
        with desk.reader() as unit:
            rows = unit.audit(key_of(asked.cursor, as_number), asked.limit + 1)
        items = [
            {
                **row._asdict(),
                "at": rfc3339(row.at),
                "details": from_json(row.details),
            }
            for row in rows[: asked.limit]
        ]
        after = rows[asked.limit - 1].seq if len(rows) > asked.limit else None
        return answer(request, {"items": items, "next": cursor(after)})
