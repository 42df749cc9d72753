"""Receipts: what became of each event, as the JSON that devices and sources get.

A result is rendered once, when its event is durable, so that a duplicate is answered with what was said then. A
receipt has at most 64 KiB; what is left comes in further ones. Who gets them, and when, is not known here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from pydantic_core import from_json, to_json

from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.model import Verdict
from gateway.tracking.verdicts import Next
from gateway.wire.faults import Reason, Rejection
from gateway.wire.topics import LARGEST

_MOST_SITES: Final = 100
"""Alternative sites that `next` names of one stop."""
_LONGEST_MESSAGE: Final = 2_000
"""Characters; a worker reads one line."""
_ENVELOPE: Final = b'{"at":"","results":[]}'
_LONGEST_TIME: Final = len("2026-11-22T09:14:03.120456Z")
_ROOM: Final = LARGEST - len(_ENVELOPE) - _LONGEST_TIME


class Result(NamedTuple):
    """What became of one event; `sha256` is of its bytes, where no id could be read.

    `items` has the verdicts that are not `ok`, `next` those items or a scan's single one.
    """

    id: str | None
    result: Literal["accepted", "duplicate", "quarantined"]
    verdict: Verdict | None = None
    items: Mapping[str, Verdict] | None = None
    message: str | None = None
    next: Mapping[str, Next] | None = None
    reason: Reason | None = None
    sha256: str | None = None


def quarantined(rejection: Rejection) -> Result:
    """The result that tells the sender of a rejection."""
    return Result(
        rejection.id,
        "quarantined",
        message=rejection.message,
        reason=rejection.reason,
        sha256=rejection.sha256 if rejection.id is None else None,
    )


def render(result: Result) -> bytes:
    """The result as JSON, what is None or empty left out but for a null `id`."""
    if result.id is not None and result[3:] == _NOTHING_MORE:
        verdict = "" if result.verdict is None else f'","verdict":"{result.verdict}'
        return f'{{"id":"{result.id}","result":"{result.result}{verdict}"}}'.encode()
    rendered: dict[str, Any] = {"id": result.id, "result": result.result}
    if result.verdict is not None:
        rendered["verdict"] = result.verdict
    if result.reason is not None:
        rendered["reason"] = result.reason
    if result.items:
        rendered["items"] = dict(result.items)
    if result.message:
        rendered["message"] = result.message[:_LONGEST_MESSAGE]
    if result.next:
        rendered["next"] = {item: _next(following) for item, following in result.next.items()}
    if result.sha256 is not None:
        rendered["sha256"] = result.sha256
    return to_json(rendered)


_NOTHING_MORE: Final = Result("", "accepted")[3:]


def as_duplicate(rendered: bytes) -> bytes:
    """What was rendered for an accepted event, for the event's repetition."""
    return rendered.replace(b'"result":"accepted"', b'"result":"duplicate"', 1)


def receipts(at: Instant, rendered: Iterable[bytes]) -> Iterator[bytes]:
    """The receipts that tell these results, in their order, as of the gateway's clock `at`; none for no results.

    A result too large for a receipt is told in several parts, each with its `id` and `result` and some of its
    `items` and `next`.
    """
    head = b'{"at":"' + rfc3339(at).encode() + b'","results":['
    batch: list[bytes] = []
    room = _ROOM
    for whole in rendered:
        for part in (whole,) if len(whole) <= _ROOM else _parts(whole):
            if len(part) > room:
                yield head + b",".join(batch) + b"]}"
                batch, room = [], _ROOM
            batch.append(part)
            room -= len(part) + 1
    if batch:
        yield head + b",".join(batch) + b"]}"


def _next(following: Next) -> dict[str, Any]:
    sites = list(following.sites[:_MOST_SITES])
    return {"sites": sites} if following.by is None else {"sites": sites, "by": rfc3339(following.by)}


def _parts(rendered: bytes) -> Iterator[bytes]:
    """The result in parts of at most `_ROOM` bytes, the message in the first."""
    result = from_json(rendered)
    details = {name: result.pop(name) for name in ("items", "next") if name in result}
    part, size = result, len(to_json(result)) + len(b',"items":{},"next":{}')
    for item in dict.fromkeys(item for detail in details.values() for item in detail):
        told = {name: {item: detail[item]} for name, detail in details.items() if item in detail}
        if size + len(to_json(told)) > _ROOM:
            yield to_json(part)
            part = {
                name: value for name, value in result.items() if name in {"id", "result", "verdict", "reason"}
            }
            size = len(to_json(part)) + len(b',"items":{},"next":{}')
        for name, entry in told.items():
            part.setdefault(name, {}).update(entry)
        size += len(to_json(told))
    yield to_json(part)
