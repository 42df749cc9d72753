"""Answers as bytes: JSON, its entity tag, pages with their cursors and the zones of the sites that they name."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from fastapi import Request, Response
from pydantic_core import to_json

from gateway.service.queries.paging import cursor
from gateway.service.queries.zones import zones
from gateway.tracking.plan import Network

_PASSING: Final = frozenset({"at"})
"""What is left out of a tag: that time goes by changes nothing by itself."""


def json_bytes(value: Any) -> bytes:
    """The value as JSON."""
    return to_json(value)


def json_response(value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is not to be kept."""
    return Response(
        json_bytes(value), 200, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )


def answer(request: Request, value: Mapping[str, Any], tag: str | None = None) -> Response:
    """An answer with its entity tag, or that it is as the asker knows it (RFC 9110, 13.1.2)."""
    body = json_bytes(value)
    tag = tag or _tag(value, body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if _known(request.headers.get("If-None-Match"), tag):
        return Response(None, 304, headers)
    return Response(body, 200, headers, "application/json")


def page(
    items: Sequence[Mapping[str, Any]], after: Any | None, network: Network, **more: Any
) -> dict[str, Any]:
    """A page of a list: the items, the cursor of the next page or null, and the zones of the sites named."""
    return {"items": items, "next": cursor(after), "zones": zones(items, network), **more}


def _tag(value: Mapping[str, Any], body: bytes) -> str:
    passing = _PASSING & value.keys()
    told = (
        json_bytes({name: each for name, each in value.items() if name not in passing}) if passing else body
    )
    return f'W/"{blake2b(told, digest_size=12).hexdigest()}"'


def _known(said: str | None, tag: str) -> bool:
    if said is None:
        return False
    tags = {each.strip().removeprefix("W/") for each in said.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags
