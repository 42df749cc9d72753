"""Our ids as URIs, and URIs as our ids: what EPCIS calls things by must be a URI.

GS1 keys have theirs. What has none (a serial number, our own site) gets one below `urn:returns-gateway:`, a private
name in the sense of CBV 2.0, section 8.2.2; reserved characters are percent-encoded, so that each id has one URI and
each such URI one id.
"""

import re
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from gateway.identity import canonical
from gateway.wire.topics import is_id

PREFIX: Final = "urn:returns-gateway:"
EXTENSION: Final = "returns"
"""The prefix of our own fields in an event."""
NAMESPACE: Final = f"{PREFIX}epcis:"
"""What that prefix stands for."""
_ITEM: Final = f"{PREFIX}id:"
_EVENT: Final = f"{PREFIX}event:"
_DEVICE: Final = f"{PREFIX}device:"
_SITE: Final = f"{PREFIX}site:"

_URI: Final = re.compile(r"(?:https?|urn):[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+").fullmatch
_HASHED: Final = re.compile(r"ni:///sha-256;([0-9a-f]{64})\?ver=CBV2\.[0-9.]+").fullmatch
_ANY_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f<>\"{}|\\^`]+").fullmatch


def is_uri(text: str) -> bool:
    """Whether the text is an absolute URI or IRI, or a compact one (RFC 3986; JSON-LD 1.1)."""
    return _ANY_URI(text) is not None


def item_uri(id_: str) -> str:
    """The URI of an item or container."""
    if _URI(id_) and not id_.startswith(PREFIX):
        return id_
    return _ITEM + quote(id_, safe="")


def item_id(uri: str) -> str:
    """The id of the item or container with this URI.

    Raises:
        BadId, NotAnInstance: it names none, see `gateway.identity.canonical`.
    """
    if uri.startswith(_ITEM):
        return canonical(unquote(uri[len(_ITEM) :], errors="strict"))
    return canonical(uri)


def site_uri(site: str) -> str:
    """The URI of a site of ours that has no GLN."""
    return _SITE + quote(site, safe="")


def site_id(uri: str) -> str | None:
    """The id in such a URI; None: it is none."""
    return unquote(uri[len(_SITE) :]) if uri.startswith(_SITE) else None


def device_uri(device: str) -> str:
    """The URI of a device."""
    return _DEVICE + quote(device, safe="")


class EventName(NamedTuple):
    """An event by the device that it is of, and that device's id for it."""

    device: str
    id: str


def event_uri(name: EventName) -> str:
    """The URI of an event that came without one."""
    return f"{_EVENT}{quote(name.device, safe='')}:{quote(name.id, safe='')}"


def our_event(uri: str) -> EventName | None:
    """The event that such a URI names; None: it is none."""
    device, colon, id_ = uri.removeprefix(_EVENT).partition(":")
    if not uri.startswith(_EVENT) or not colon:
        return None
    name = EventName(unquote(device), unquote(id_))
    return name if is_id(name.device) and is_id(name.id) else None


def event_id(uri: str) -> str:
    """The id, within its device, of an event that is known by a URI; the same URI always has the same.

    An event hash id is its digest; a URI that can be an id is one; of any other it is the SHA-256.
    """
    hashed = _HASHED(uri)
    if hashed is not None:
        return hashed[1]
    return uri if is_id(uri) else sha256(uri.encode()).hexdigest()


def declaration_id(id_: str) -> str:
    """The id of the scan that voids an event because somebody declared it an error."""
    named = f"void:{id_}"
    return named if is_id(named) else sha256(named.encode()).hexdigest()


def further_id(id_: str, part: str) -> str:
    """The id of a further scan that one EPCIS event makes."""
    named = f"{id_}:{part}"
    return named if is_id(named) else sha256(named.encode()).hexdigest()
