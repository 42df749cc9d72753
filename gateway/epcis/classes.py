"""Keys as canonical Digital Link URIs, those of kinds of article too, as hashes and queries compare them.

`gateway.identity` knows the keys that name one thing, and refuses the others, for a journey is of one thing. Here a
GTIN with or without a batch, a pattern, or a GRAI without serial is a name like any other (GS1 Digital Link: URI
Syntax 1.2, section 4.11; EPC Tag Data Standard 1.13, sections 6 and 8).
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

from gateway.identity import LONGEST_READ, BadId, NotAnInstance, canonical
from gateway.identity.epc import elements
from gateway.identity.keys import ROOT, completed

_CLASS_LINK: Final = re.compile(
    r"https?://[^/?#]+(?:/[^?#]*)?/(?:(?:01|gtin)/(?P<gtin>\d{8,14})|(?:8006|itip)/(?P<itip>\d{18})"
    r"|(?:8003|grai)/(?P<grai>\d{14}))(?:/(?:22|cpv)/[^/?#]+)?(?:/(?:10|lot)/(?P<lot>[^/?#]+))?(?:[?#].*)?",
    re.I,
)
_LOT_URN: Final = re.compile(r"urn:epc:class:lgtin:(\d+\.\d+)\.(.+)").fullmatch
_PATTERN_URN: Final = re.compile(r"urn:epc:idpat:(sgtin|grai|upui|itip|cpi|gdti):([^*]+?)(?:\.\*)+").fullmatch
_SERIAL: Final = "1"
"""Stands in for the serial number of a pattern, whatever it is, while its key is made."""


def canonical_uri(text: str) -> str:
    """The canonical URI of the key, or kind of key, that this URI names; anything else as it is."""
    if text[:4].lower() not in {"http", "urn:"} or len(text) > LONGEST_READ:
        return text
    return _canonical(text)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    try:
        return canonical(text).replace("%27", "'")
    except NotAnInstance:
        return _kind(text) or text
    except BadId:
        return text


def _kind(text: str) -> str | None:
    lot = _LOT_URN(text)
    if lot is not None:
        gtin = _of_pattern("sgtin", lot[1])
        return None if gtin is None else f"{gtin}/10/{_quoted(lot[2])}"
    pattern = _PATTERN_URN(text)
    if pattern is not None:
        return _of_pattern(pattern[1], pattern[2])
    link = _CLASS_LINK.fullmatch(text)
    if link is None:
        return None
    if link["grai"]:
        return f"{ROOT}8003/{link['grai']}"
    key = f"8006/{link['itip']}" if link["itip"] else f"01/{completed('01', link['gtin'])}"
    return f"{ROOT}{key}/10/{_quoted(link['lot'])}" if link["lot"] else ROOT + key


def _of_pattern(scheme: str, body: str) -> str | None:
    """What is common to all that a pattern matches: the key without its serial number."""
    parts = {"itip": 4}.get(scheme, 2)
    if len(body.split(".")) != parts:
        return None
    try:
        found = elements(f"urn:epc:id:{scheme}:{body}.{_SERIAL}")
    except BadId:
        return None
    if found is None:
        return None
    ai, value = next(iter(found.items()))
    return f"{ROOT}{ai}/{value.removesuffix(_SERIAL) if scheme in {'grai', 'gdti'} else value}"


def _quoted(value: str) -> str:
    return quote(unquote(value), safe="'")
