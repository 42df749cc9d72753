"""Bytes from the wire → readings and rejections, in the order of the payload: one validated pass, no exceptions.

The usual message is right and is read in one go. Where it is not, its elements are taken apart and each is judged
by itself, so that a bad one goes to quarantine alone. Whether the network allows an event is not known here.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, from_json, to_json

from gateway.tracking.model import Announcement, Position, Scan, Status
from gateway.wire import diagnosis, facts
from gateway.wire.facts import Refused
from gateway.wire.faults import Fault, Reason, Rejection, malformed
from gateway.wire.payloads import (
    MOST_ELEMENTS,
    AnnouncementPayload,
    PositionPayload,
    ScanPayload,
    StatusPayload,
)
from gateway.wire.topics import LARGEST, Channel, What, is_id

_BLANKS: Final = " \t\n\r"

Fact = Scan | Position | Status | Announcement


class Reading(NamedTuple):
    """An event that is right by itself, and its JSON with all its fields, on one line."""

    fact: Fact
    text: str


Decoded = list[Reading | Rejection]
"""One for each element of the payload, in its order; a payload that is beyond that is one rejection."""


class _Form(NamedTuple):
    """How one kind of payload is read; `many` is None where it cannot come in an array."""

    noun: str
    one: SchemaValidator
    many: SchemaValidator | None
    known: frozenset[str]
    fact: Callable[[str, Any], Fact]


def _form(noun: str, payload: Any, fact: Callable[[str, Any], Fact], *, arrays: bool = True) -> _Form:
    one = cast(SchemaValidator, TypeAdapter(payload).validator)
    many = cast(SchemaValidator, TypeAdapter(list[payload]).validator) if arrays else None
    return _Form(noun, one, many, frozenset(payload.__annotations__), fact)


_FORMS: Final[dict[What, _Form]] = {
    "scan": _form("scan", ScanPayload, facts.scan),
    "position": _form("position", PositionPayload, facts.position),
    "status": _form("status", StatusPayload, facts.status, arrays=False),
    "announce": _form("announcement", AnnouncementPayload, facts.announcement),
}


def decode(channel: Channel, payload: bytes) -> Decoded:
    """What a message on this channel says. Never raises, whatever the bytes."""
    form = _FORMS[channel.what]
    if len(payload) > LARGEST:
        return [_too_large(f"the message has {len(payload)} bytes", f"{LARGEST} bytes").on(None, payload)]
    try:
        if payload.startswith(b"{"):
            return [_reading(form, channel.id, form.one.validate_json(payload), payload)]
        if form.many is not None:
            elements = form.many.validate_json(payload)
            if 0 < len(elements) <= MOST_ELEMENTS:
                return [_reading(form, channel.id, element, to_json(element)) for element in elements]
    except (ValidationError, Refused):
        pass  # which element it was, and why, is found out below
    return _one_by_one(form, channel.id, payload)


def _reading(form: _Form, sender: str, payload: dict[str, Any], raw: bytes) -> Reading:
    if not payload.keys() <= form.known:
        _check_unknown(payload, form.known)
    text = raw.decode()
    if "\n" in text or "\r" in text:
        text = to_json(payload).decode()
    return Reading(form.fact(sender, payload), text)


def _one_by_one(form: _Form, sender: str, payload: bytes) -> Decoded:
    if form.many is None or not payload.lstrip(_BLANKS.encode()).startswith(b"["):
        return [_judged(form, sender, payload)]
    try:
        elements = list(_elements(payload.decode()))
    except (ValueError, RecursionError):
        return [_judged(form, sender, payload)]
    if not elements:
        return [malformed(f"the array is empty; send at least one {form.noun}").on(None, payload)]
    if len(elements) > MOST_ELEMENTS:
        fault = _too_large(f"the array has {len(elements)} elements", f"{MOST_ELEMENTS} elements")
        return [fault.on(None, payload)]
    return [_judged(form, sender, element.encode(), i) for i, element in enumerate(elements)]


def _judged(form: _Form, sender: str, raw: bytes, index: int | None = None) -> Reading | Rejection:
    try:
        return _reading(form, sender, form.one.validate_json(raw), raw)
    except ValidationError as e:
        fault = diagnosis.fault(e, form.noun, raw)
    except Refused as e:
        fault = e.fault
    id_ = _readable_id(raw) if "id" in form.known else None
    if id_ is None and index is not None:
        fault = fault._replace(message=f"element {index}: {fault.message}")
    return fault.on(id_, raw)


def _elements(text: str) -> Iterator[str]:
    """The elements of a JSON array as they are spelt; raises ValueError or RecursionError where it is none."""
    decoder = json.JSONDecoder()
    at = _after_blanks(text, _after_blanks(text, 0) + 1)
    if text[at:].rstrip(_BLANKS) == "]":
        return
    while True:
        _, end = decoder.raw_decode(text, at)
        yield text[at:end]
        at = _after_blanks(text, end)
        if text[at : at + 1] != ",":
            break
        at = _after_blanks(text, at + 1)
    if text[at:].rstrip(_BLANKS) != "]":
        raise ValueError("the array does not end as one")


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _check_unknown(payload: dict[str, Any], known: frozenset[str]) -> None:
    """Unknown fields are kept, so they must be fit to keep: JSON has no NaN, databases take no NUL."""
    for field, value in payload.items():
        if field not in known and ("\0" in field or not _storable(value)):
            raise Refused(
                malformed(
                    f"field {field!r:.80} has a NUL character or a number that is not finite; leave it out"
                )
            )


def _storable(value: Any) -> bool:
    """Recursion ends with the nesting, which the JSON parser has bounded."""
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(map(_storable, value))
    if isinstance(value, dict):
        return all("\0" not in key and _storable(element) for key, element in value.items())
    return True


def _readable_id(raw: bytes) -> str | None:
    try:
        element = from_json(raw)
    except ValueError:
        return None
    id_ = element.get("id") if isinstance(element, dict) else None
    return id_ if isinstance(id_, str) and is_id(id_) else None


def _too_large(what: str, limit: str) -> Fault:
    return Fault(Reason.TOO_LARGE, f"{what}, and {limit} are allowed; send it in several messages")
