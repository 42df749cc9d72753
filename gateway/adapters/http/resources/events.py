"""What systems send in: events as over MQTT, and announcements. Answered with receipts, once they are durable.

All of it goes through the one writer, as what comes over the line does. Sending again is harmless: an event is known
by its id.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json, to_json

from gateway.adapters.http.answers import json_response
from gateway.adapters.http.desk import Desk, idempotency_key
from gateway.adapters.http.gate import Caller, caller_of
from gateway.adapters.http.models.events import Announcements, Events, Receipt, Receipts
from gateway.adapters.http.posts import Taken
from gateway.adapters.http.problems import Problem, Wrong, unavailable, wrong_field
from gateway.adapters.http.resources.asked import Id, problems
from gateway.adapters.http.rights import Role
from gateway.ports.posted import Posted
from gateway.tracking.instants import Instant, rfc3339
from gateway.wire.decoding import decode
from gateway.wire.faults import Rejection
from gateway.wire.payloads import MOST_ELEMENTS
from gateway.wire.topics import Channel, is_id, parse_channel

_PATIENCE_S: Final = 10.0
"""How long the writer may take; usually it takes some milliseconds."""


class SourceAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: Id | None = None


class _Message(NamedTuple):
    channel: Channel
    payload: bytes


def add(router: APIRouter, desk: Desk) -> None:
    """The routes that take events in."""

    @router.post("/api/v1/events", response_model=Receipts, responses=problems(413), tags=["events"])
    async def events(request: Request, events: Events) -> Response:
        """Take in messages as over MQTT, and answer with their receipts."""
        caller = caller_of(request)
        messages = [
            _Message(_channel(event.topic, index, caller), _bytes(event.payload, f"{index}.payload"))
            for index, event in enumerate(events)
        ]
        return json_response({"receipts": await _receipts(desk, messages)})

    @router.post("/api/v1/returns", response_model=Receipt, responses=problems(413), tags=["returns"])
    async def announce(
        request: Request, announced: Announcements, asked: Annotated[SourceAsked, Query()]
    ) -> Response:
        """Announce returns, or amend or cancel what was announced, and answer with the receipt."""
        source = _source(caller_of(request), asked.source, desk)
        channel = Channel("source", source, "announce")
        payload = _bytes(_completed(announced, request, desk.now()), "body")
        _check(channel, payload)
        (receipt,) = await _receipts(desk, [_Message(channel, payload)])
        return json_response(receipt)


def _channel(topic: str, index: int, caller: Caller) -> Channel:
    """The channel of a topic, if the caller may speak there.

    Raises:
        Problem: it is no topic (which the model has seen to), or not theirs.
    """
    channel = parse_channel(topic)
    if channel is None:
        raise wrong_field("body", f"{index}.topic", "is no topic; write device/<id>/scan or the like")
    if caller.role is not Role.ADMIN and (channel.kind, channel.id) != ("source", caller.source):
        detail = f"{caller.name} speaks for source/{caller.source}/announce only, not {topic}"
        wrong = Wrong("body", f"{index}.topic", detail)
        raise Problem(HTTPStatus.FORBIDDEN, "not-yours", detail, [wrong])
    return channel


def _source(caller: Caller, asked: str | None, desk: Desk) -> str:
    """The source that announces: the caller's own, or for who has none, the one named or the only one."""
    if caller.source is not None:
        if asked not in (None, caller.source):
            detail = f"{caller.name} announces for source {caller.source} only; leave source out"
            raise Problem(HTTPStatus.FORBIDDEN, "not-yours", detail, [Wrong("query", "source", detail)])
        return caller.source
    known = sorted(desk.network.sources)
    if asked is None and len(known) == 1:
        return known[0]
    if asked is None or asked not in known:
        names = ", ".join(known[:10]) or "none is declared"
        raise wrong_field("query", "source", f"is to be one of the network's sources: {names}")
    return asked


def _completed(announced: dict[str, Any] | list[dict[str, Any]], request: Request, now: Instant) -> Any:
    """A single announcement with an id of its idempotency key, and the time of now, where it has none."""
    if isinstance(announced, list):
        if not 0 < len(announced) <= MOST_ELEMENTS:
            raise wrong_field("body", "body", f"is to be 1 to {MOST_ELEMENTS} announcements")
        return announced
    key = idempotency_key(request)
    if "id" not in announced and key is not None:
        named = key if is_id(key) else sha256(key.encode()).hexdigest()[:40]
        announced = {"id": named, **announced}
    return announced if "at" in announced else {**announced, "at": rfc3339(now)}


def _bytes(payload: Any, field: str) -> bytes:
    """The payload as JSON bytes, as a device would send them."""
    try:
        return to_json(payload)
    except ValueError:
        raise wrong_field("body", field, "has halves of characters; send whole text") from None


def _check(channel: Channel, payload: bytes) -> None:
    """See that the announcements are well formed: who asks over HTTP is told at once, and nothing is kept.

    Raises:
        Problem: with each field that is wrong.
    """
    wrongs = [
        Wrong("body", each.field or "body", each.message)
        for each in decode(channel, payload)
        if isinstance(each, Rejection)
    ]
    if wrongs:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", wrongs[0].message, wrongs)


async def _receipts(desk: Desk, messages: Sequence[_Message]) -> list[Mapping[str, Any]]:
    """The receipts of messages, once the writer has committed them.

    Raises:
        Problem: it could not take them, or not in time.
    """
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[Sequence[bytes]]] = [loop.create_future() for _ in messages]
    now = desk.now()
    posts = [
        Posted(f"{channel.kind}/{channel.id}/{channel.what}", payload, now, _teller(loop, answer))
        for (channel, payload), answer in zip(messages, answers, strict=True)
    ]
    taken = desk.line.put(posts)
    if taken is not Taken.WAITING:
        why = "stopping" if taken is Taken.CLOSED else "full"
        raise unavailable(f"the gateway is {why}; send again, which is harmless", after_s=5)
    _, late = await asyncio.wait(answers, timeout=_PATIENCE_S)
    if late:
        raise unavailable(
            f"{len(late)} of {len(messages)} messages are not yet durable; send all again, which is harmless"
        )
    return [
        {
            "topic": f"{channel.kind}/{channel.id}/receipt",
            "at": rfc3339(now),
            "results": [from_json(result) for result in answer.result()],
        }
        for (channel, _), answer in zip(messages, answers, strict=True)
    ]


def _teller(loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[Sequence[bytes]]") -> Any:
    """What the writer calls with the results, from its own thread."""

    def take(results: Sequence[bytes]) -> None:
        if not answer.done():
            answer.set_result(results)

    def tell(results: Sequence[bytes]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(take, results)

    return tell
