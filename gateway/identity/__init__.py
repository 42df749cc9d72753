"""Barcodes, links, EPCs and plain ids → the one canonical id of an item or container.

`canonical` is all that others need. It must know nothing of events, networks or messages.
"""

import re
from functools import lru_cache
from typing import Final

from gateway.identity.barcodes import GS, uri
from gateway.identity.errors import BadId, NotAnInstance

__all__ = ["LONGEST", "LONGEST_READ", "BadId", "NotAnInstance", "canonical"]

LONGEST: Final = 128
"""Characters of a canonical id."""
LONGEST_READ: Final = 512
"""Characters of what is read: a barcode or link with many attributes may be longer than the id in it."""

_ORDINARY = re.compile(
    r"(?:[A-GI-TV-Za-gi-tv-z1-79]|0(?![01]\d{14})|8(?!0\d{15})|[Hh](?![Tt]{2}[Pp])|[Uu](?![Rr][Nn]:))[ -~]{0,127}(?<! )"
).fullmatch
"""Ids of which the beginning shows that they stand as they are: most are, and one match (0.2 µs) decides it."""


def canonical(raw: str) -> str:
    """The id of the article or container that was read as `raw`: 1 to 128 printable characters.

    A GS1 key that names one thing becomes its uncompressed Digital Link URI, in whatever spelling it was read
    (`gateway.identity.barcodes` says which count); anything else stands as it is. `canonical` of an id is the id.

    Raises:
        BadId: it is empty, too long, not printable (control and format characters, spaces other than U+0020), has
            space around it, or is unmistakably a GS1 key and not a valid one.
        NotAnInstance: it names a kind of article and not one of them.
    """
    if _ORDINARY(raw) is not None:
        return raw
    return _read(raw)


@lru_cache(maxsize=4096)
def _read(raw: str) -> str:
    if not raw:
        raise BadId("an id must not be empty; leave the field out instead")
    if len(raw) > LONGEST_READ:
        raise BadId(f"an id of {len(raw)} characters is too long; {LONGEST} are allowed")
    _check_characters(raw)
    found = uri(raw)
    if found is not None:
        return found
    if len(raw) > LONGEST:
        raise BadId(f"an id of {len(raw)} characters is too long; {LONGEST} are allowed")
    return raw


def _check_characters(raw: str) -> None:
    text = raw.replace(GS, "")
    if not text.isprintable():
        position, character = next((i, c) for i, c in enumerate(raw) if c != GS and not c.isprintable())
        raise BadId(
            f"{raw!r} has the unprintable character U+{ord(character):04X} at position {position + 1}; take it out"
        )
    if raw.startswith(" ") or raw.endswith(" "):
        raise BadId(f"{raw!r} has space around it; take it away")
