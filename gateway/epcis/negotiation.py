"""What whoever asks may ask of an answer: its media type, its versions, how EPCs are spelt (EPCIS 2.0, section 12.3).

What cannot be had is refused in the standard's words, never passed over. Header values come as text, and are told as
text; which request they are of, and what is answered, is not known here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from operator import eq, ge, le
from typing import Final, NamedTuple

from gateway.epcis.documents import LARGEST_DOCUMENT, MOST_EVENTS
from gateway.epcis.names import EXTENSION, NAMESPACE
from gateway.epcis.problems import Class, Invalid, Problem

JSON: Final = "application/json"
LINKED: Final = "application/ld+json"
MEDIA_TYPES: Final = (JSON, LINKED)

EPC_FORMAT: Final = "GS1-EPC-Format"
CBV_FORMAT: Final = "GS1-CBV-XML-Format"
VERSIONS: Final[Mapping[str, str]] = {
    "GS1-EPCIS-Version": "2.0",
    "GS1-CBV-Version": "2.0",
    "GS1-Extensions": f"{EXTENSION}={NAMESPACE}",
}
"""What every success tells."""
LIMITS: Final[Mapping[str, str]] = {
    "GS1-EPCIS-Capture-Limit": str(MOST_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(LARGEST_DOCUMENT),
}
"""What capture tells, and whoever exceeds them."""


class EpcFormat(StrEnum):
    """How EPCs are to be spelt: GS1-EPC-Format."""

    NEVER_TRANSLATES = "Never_Translates"
    NO_PREFERENCE = "No_Preference"
    LINKS = "Always_GS1_Digital_Link"
    URNS = "Always_EPC_URN"


class CbvFormat(StrEnum):
    """How the CBV's terms are to be spelt: GS1-CBV-XML-Format. In JSON they are bare, and by its context web URIs."""

    NEVER_TRANSLATES = "Never_Translates"
    NO_PREFERENCE = "No_Preference"
    WEB_URIS = "Always_Web_URI"
    URNS = "Always_URN"


DISCOVERED: Final[Mapping[str, str]] = {
    "GS1-EPCIS-Min": "2.0",
    "GS1-EPCIS-Max": "2.0",
    "GS1-CBV-Min": "2.0",
    "GS1-CBV-Max": "2.0",
    **VERSIONS,
    EPC_FORMAT: EpcFormat.NEVER_TRANSLATES.value,
    CBV_FORMAT: CbvFormat.NEVER_TRANSLATES.value,
}
"""What OPTIONS tells: events are told as they came, if nothing else is asked for."""

_SERVED: Final = (2, 0)
_FITS: Final[Mapping[str, Callable[[tuple[int, int], tuple[int, int]], bool]]] = {
    "Version": eq,
    "Min": le,
    "Max": ge,
}
_VERSION: Final = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}", re.ASCII).fullmatch
_RANGE: Final = re.compile(r"\s*([^\s;,/]+/[^\s;,]+)\s*((?:;[^,]*)?)").fullmatch
_QUALITY: Final = re.compile(
    r";\s*q\s*=\s*(?:(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)|[^;]*)\s*(?=;|$)", re.I | re.ASCII
)
_LONGEST: Final = 2_000


class Agreed(NamedTuple):
    """How to answer. `linked`: EPCs as GS1 Digital Links, whatever they came as."""

    media_type: str
    linked: bool

    def headers(self) -> dict[str, str]:
        """What an answer with events tells of itself."""
        told = EpcFormat.LINKS if self.linked else EpcFormat.NEVER_TRANSLATES
        return {**VERSIONS, "Content-Type": self.media_type, EPC_FORMAT: told.value}


def agreed(headers: Mapping[str, str]) -> Agreed:
    """How to answer a query with these headers, their names in lower case.

    Raises:
        Invalid: something is asked for that cannot be had, or a header is not what it may be.
    """
    check_versions(headers)
    media_type = acceptable(headers)
    wanted = _word(headers, EPC_FORMAT, EpcFormat)
    if wanted is EpcFormat.URNS:
        detail = (
            f"{EPC_FORMAT}: not every EPC has a URN that can be told from it; ask for {EpcFormat.NEVER_TRANSLATES} or"
            f" {EpcFormat.LINKS}"
        )
        raise _conflict(detail, EPC_FORMAT, wanted)
    spelt = _word(headers, CBV_FORMAT, CbvFormat)
    if spelt is CbvFormat.URNS:
        raise _conflict(f"{CBV_FORMAT} is for XML, which is not served; leave it out", CBV_FORMAT, spelt)
    return Agreed(media_type, wanted is EpcFormat.LINKS)


def acceptable(headers: Mapping[str, str]) -> str:
    """The media type to answer with: of those that are served the one that Accept likes best (RFC 9110, 12.5.1).

    Raises:
        Invalid: it likes neither.
    """
    said = _said(headers, "Accept")
    if not said:
        return JSON
    ranges = list(_ranges(said[:_LONGEST]))
    liked = {each: _quality(each, ranges) for each in MEDIA_TYPES}
    best = max(MEDIA_TYPES, key=lambda each: liked[each])
    if liked[best] <= 0:
        detail = f"Accept: events are told as {JSON} or {LINKED}, and not in XML; accept one of these"
        raise _conflict(detail, "Accept", said)
    return best


def check_versions(headers: Mapping[str, str]) -> None:
    """See that what is sent, or wanted, is of versions that are served.

    Raises:
        Invalid: it is not, or a header is no version.
    """
    for what in ("EPCIS", "CBV"):
        for bound, fits in _FITS.items():
            name = f"GS1-{what}-{bound}"
            said = _said(headers, name)
            if said and not fits(_release(name, said), _SERVED):
                detail = f"{name}: {what} 2.0 is served, and no other version; ask for that"
                raise _conflict(detail, name, said)


def _release(name: str, said: str) -> tuple[int, int]:
    """The first two numbers of a version; what comes after them mends misprints."""
    if not _VERSION(said):
        raise Invalid([Problem(f"{name} must be a version, such as 2.0", name, said)])
    first, *more = (int(each) for each in said.split("."))
    return first, more[0] if more else 0


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """The media ranges of an Accept header and how much each is liked; what is none is passed over."""
    for part in accept.split(","):
        match = _RANGE(part)
        if match is not None:
            quality = _QUALITY.search(match[2])
            yield match[1].lower(), float(quality[1] or 1) if quality else 1.0


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """How much a media type is liked: what names it most exactly says so."""
    for name in (media_type, "application/*", "*/*"):
        found = [quality for each, quality in ranges if each == name]
        if found:
            return max(found)
    return 0.0


def _word(headers: Mapping[str, str], name: str, words: type[StrEnum]) -> StrEnum | None:
    said = _said(headers, name)
    if not said:
        return None
    try:
        return words(said)
    except ValueError:
        raise Invalid([Problem(f"{name} must be one of {', '.join(words)}", name, said)]) from None


def _said(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name.lower(), "").strip()


def _conflict(detail: str, name: str, said: str) -> Invalid:
    return Invalid([Problem(detail, name, said, Class.NOT_ACCEPTABLE)])
