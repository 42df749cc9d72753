"""Recorded messages as lines of text: what `export events` writes and `replay` reads (interfaces.md section 3).

    {"received_at": T, "topic": "returns/v1/…", "payload": {…}}

The payload stands there as it was sent, character by character, so that what was refused is refused again for the
same reason. A payload that cannot stand in a line of JSON (it is malformed, or broken over lines) is written as
`payload_base64` instead. Nothing here knows files or stores.
"""

import json
import re
from base64 import b64decode, b64encode
from typing import Any, Final, NamedTuple

from gateway.tracking.instants import Instant, instant, rfc3339
from gateway.wire.faults import shown


class Recorded(NamedTuple):
    """One message as it was received; `topic` is without the root."""

    received_at: Instant
    topic: str
    payload: bytes


class Unreadable(ValueError):
    """A line is no recorded message; says why and what it should be."""


_FORM: Final = '{"received_at": T, "topic": "…", "payload": {…}}'


def read(line: bytes, root: str) -> Recorded:
    """The message of a line; fields besides are passed over.

    Raises:
        Unreadable: with field, value and remedy.
    """
    fields = _fields(line)
    for name in ("received_at", "topic"):
        if name not in fields:
            raise Unreadable(f"{name} is missing; a line is {_FORM}")
    received_at, topic = fields["received_at"][0], fields["topic"][0]
    if not isinstance(received_at, str) or not isinstance(topic, str):
        raise Unreadable(f"received_at and topic must be strings; a line is {_FORM}")
    try:
        at = instant(received_at)
    except ValueError as error:
        raise Unreadable(f"received_at is {shown(received_at)}: {error}") from error
    if not topic.startswith(f"{root}/"):
        raise Unreadable(
            f"topic {shown(topic)} is not below {root}; set mqtt.root to what it was recorded with"
        )
    return Recorded(at, topic[len(root) + 1 :], _payload(fields))


def write(recorded: Recorded, root: str) -> bytes:
    """The line of a message, without its end."""
    head = f'{{"received_at": "{rfc3339(recorded.received_at)}", "topic": {json.dumps(f"{root}/{recorded.topic}")}, '
    if stands(recorded.payload):
        return head.encode() + b'"payload": ' + recorded.payload + b"}"
    return head.encode() + b'"payload_base64": "' + b64encode(recorded.payload) + b'"}'


def stands(payload: bytes) -> bool:
    """Whether a payload can stand in a line as it is: JSON on one line, and nothing more."""
    if b"\n" in payload or b"\r" in payload:
        return False
    try:
        return _value(payload.decode(), _STRICT)
    except UnicodeDecodeError:
        return False


def _payload(fields: dict[str, tuple[Any, str]]) -> bytes:
    if "payload" in fields:
        return fields["payload"][1].encode()
    encoded, _ = fields.get("payload_base64", (None, ""))
    if not isinstance(encoded, str):
        raise Unreadable(f"payload is missing; a line is {_FORM}")
    try:
        return b64decode(encoded, validate=True)
    except ValueError as error:
        raise Unreadable(f"payload_base64 is {shown(encoded)}, which is no base64: {error}") from error


def _fields(line: bytes) -> dict[str, tuple[Any, str]]:
    """The members of the object in a line: their values, and how they are spelt."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"is no UTF-8 (byte {error.start + 1}); record it anew") from error
    usual = _USUAL(text)
    if usual is not None and _value(usual[3]):
        return {"received_at": (usual[1], ""), "topic": (usual[2], ""), "payload": (None, usual[3])}
    found: dict[str, tuple[Any, str]] = {}
    try:
        at = _after(text, "{", 0)
        at = _after(text, "}", at) if text[at : at + 1] == "}" else _members(text, at, found)
    except json.JSONDecodeError as error:
        said = f"{error.msg} at character {error.pos + 1}"
        raise Unreadable(f"is no JSON object: {said}; a line is {_FORM}") from error
    except RecursionError as error:
        raise Unreadable(f"is nested too deeply; a line is {_FORM}") from error
    if at < len(text):
        raise Unreadable(f"has something after the object, at character {at + 1}; write one object a line")
    return found


def _value(text: str, decoder: json.JSONDecoder | None = None) -> bool:
    """Whether the text is one JSON value, nothing before it and nothing after."""
    try:
        _, end = (decoder or _PLAIN).raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return end == len(text)


def _members(text: str, at: int, found: dict[str, tuple[Any, str]]) -> int:
    while True:
        name, end = _PLAIN.raw_decode(text, at)
        begin = _after(text, ":", _blank(text, end))
        value, end = _PLAIN.raw_decode(text, begin)
        found[str(name)] = (value, text[begin:end])
        at = _blank(text, end)
        if text[at : at + 1] != ",":
            return _after(text, "}", at)
        at = _after(text, ",", at)


def _after(text: str, mark: str, at: int) -> int:
    """Past a mark and the blanks behind it."""
    at = _blank(text, at)
    if text[at : at + 1] != mark:
        raise json.JSONDecodeError(f"expected {mark!r}", text, at)
    return _blank(text, at + 1)


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_USUAL: Final = re.compile(
    r'\{"received_at": ?"([^"\\]*)", ?"topic": ?"([^"\\]*)", ?"payload": ?(.*)\}\s*', re.DOTALL
).fullmatch
"""A line as it is written here: one scan of the payload is enough, and a third of the time."""

# Numbers are only passed over here, so they stay text: quicker, and no limit on their digits.
_PLAIN: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_STRICT: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
