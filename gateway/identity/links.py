"""GS1 Digital Link URIs → the canonical URI, whoever's domain they are on.

Uncompressed ones, with numeric AIs or the short names of the standard's first versions, behind any path prefix.
Query, fragment, port and user are no part of the identity. On id.gs1.org, or where the barcode says so, a path
without valid key is a fault; elsewhere it is an address like any other, for /2026/01/123 need not be a GTIN.
"""

import re
from typing import Final
from urllib.parse import unquote

from gateway.identity.errors import BadId
from gateway.identity.keys import KEYS, KINDS, completed, instance

_URI = re.compile(r"https?://(?:[^/?#]*@)?([^/?#@:]*)(?::\d*)?(/[^?#]*)?(?:[?#].*)?", re.IGNORECASE)
_GS1: Final = "id.gs1.org"
_SHORT_NAMES: Final = {
    "sscc": "00",
    "gtin": "01",
    "lot": "10",
    "ser": "21",
    "cpv": "22",
    "tpx": "235",
    "gdti": "253",
    "glnx": "254",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "party": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "cpsn": "8011",
    "gmn": "8013",
    "gsrnp": "8017",
    "gsrn": "8018",
    "srin": "8019",
}
_ONLY_MARKED: Final = frozenset({"401", *KINDS})
"""What the path of any shop's address could have: few digits, and no check digit to tell by."""
_SHORTEST_ELSEWHERE: Final = 12
"""A shorter GTIN than this (UPC-A's) is completed with zeros only where it is marked as one."""


def uri(link: str, *, marked: bool = False) -> str | None:
    """The canonical URI of what the link names; None: it is no Digital Link. `marked`: the barcode said it is.

    Raises:
        BadId: it is unmistakably meant as a Digital Link and is not a valid one.
        NotAnInstance: it names a kind of article.
    """
    match = _URI.fullmatch(link)
    if match is None:
        return None
    marked = marked or match[1].lower() == _GS1
    segments = (match[2] or "").removesuffix("/").split("/")[1:]
    fault: BadId | None = None
    for start, segment in enumerate(segments):
        ai = _ai(segment)
        if (ai in KEYS or ai in KINDS) and (marked or ai not in _ONLY_MARKED):
            try:
                return instance(_elements(ai, segments[start:], marked=marked))
            except BadId as e:
                fault = fault or e
    if not marked:
        return None
    raise fault or BadId(
        f"{link!r} has no GS1 key in its path, or is compressed; send it as https://{_GS1}/01/<GTIN>/21/<serial>"
    )


def _elements(ai: str, segments: list[str], *, marked: bool) -> dict[str, str]:
    """The key and what follows it; raises BadId where that is not a key and its qualifiers, in pairs."""
    if len(segments) % 2:
        raise BadId(f"the Digital Link path {'/'.join(segments)!r} must be pairs of AI and value; correct it")
    value = unquote(segments[1])
    if marked or len(value) >= _SHORTEST_ELSEWHERE:
        value = completed(ai, value)
    found = {ai: value}
    if ai in KINDS:
        return found
    key = KEYS[ai]
    for name, qualifier in zip(segments[2::2], segments[3::2], strict=True):
        if _ai(name) not in key.by + key.extended_by + key.ignored:
            raise BadId(
                f"{name!r} cannot follow {key.name} ({ai}) in the path of a Digital Link; leave it out"
            )
        found[_ai(name)] = unquote(qualifier)
    return found


def _ai(segment: str) -> str:
    return _SHORT_NAMES.get(segment, segment)
