"""What a scanner prints → the canonical URI, where it is GS1's.

What says that data is GS1's: a symbology identifier of ISO/IEC 15424 (`]C1 ]d2 ]Q3 ]e0 ]J1`, and those of EAN/UPC
and ITF-14 for a GTIN alone), a raw FNC1 (GS, 0x1D), or AIs in brackets as printed under the bars. Then a fault in
it is a fault. Without any of these a string is taken for GS1's only if it is unmistakable: it begins with an AI
of two digits and a key with the right check digit (00, 01), or of four (8003, 8006, 8017, 8018), and the whole of
it parses as an element string. A GIAI has no check digit, a bare GTIN or SSCC no AI: those stand as they are.
"""

import re
from typing import Final

from gateway.identity import epc, links
from gateway.identity.errors import BadId, NotAnInstance
from gateway.identity.keys import GS1_TEXT, KEYS, KINDS, completed, instance, verified

GS: Final = "\x1d"
"""FNC1 as scanners print it."""

_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_SYMBOLOGIES: Final = frozenset({"]C1", "]d2", "]Q3", "]e0", "]J1"})
_GTIN_SYMBOLOGY = re.compile(r"\](?:E[034]|I1)(\d+)", re.ASCII)
_BRACKETED = re.compile(r"\(\d{2,4}\).*", re.ASCII)
_BRACKETED_KEY = re.compile(rf"\((?:{'|'.join([*KEYS, *KINDS])})\) *\d", re.ASCII)
_BRACKETED_AI = re.compile(r"(?<!\\)\((\d{2,4})\)", re.ASCII)
_BARE = re.compile(r"(00|01|8003(?=0)|8006|8017|8018)\d{13}.*", re.ASCII)
_ONE_KEY = re.compile(
    rf"00(?P<sscc>\d{{18}})|01(?P<gtin>\d{{14}})21(?P<serial>{GS1_TEXT}{{1,20}})|8003(?P<grai>0\d{{13}}{GS1_TEXT}{{1,16}})",
    re.ASCII,
)


def uri(raw: str) -> str | None:
    """The canonical URI of what was read; None: it is nothing of GS1's and stands as it is.

    Raises:
        BadId: it is unmistakably GS1's and not valid.
        NotAnInstance: it names a kind of article.
    """
    if raw.startswith("]"):
        return _after_symbology(raw)
    if GS in raw:
        return instance(_element_string(raw))
    return _by_its_looks(raw)


def _after_symbology(raw: str) -> str | None:
    data = raw[3:]
    if raw[:3] in _GS1_SYMBOLOGIES:
        if data[:4].lower() == "http":
            return links.uri(data, marked=True)
        return instance(_element_string(data))
    gtin = _GTIN_SYMBOLOGY.fullmatch(raw)
    if gtin is not None:
        raise NotAnInstance(
            f"{raw!r} is a GTIN without serial, a kind of article and not one of them; scan the label with the serial"
        )
    if GS in raw:
        return instance(_element_string(data))
    return _by_its_looks(data) if _SYMBOLOGY.match(raw) else None


def _by_its_looks(data: str) -> str | None:
    start = data[:4].lower()
    if start == "http":
        return links.uri(data)
    if start == "urn:":
        found = epc.elements(data)
        return None if found is None else instance(found)
    if _BRACKETED.fullmatch(data) and _BRACKETED_KEY.search(data):
        return instance(_bracketed(data))
    return _bare(data)


def _bare(data: str) -> str | None:
    match = _BARE.fullmatch(data)
    if match is None:
        return None
    try:
        found = _element_string(data)
        verified(match[1], found[match[1]])
        return instance(found)
    except BadId:
        return None


def _element_string(data: str) -> dict[str, str]:
    """The values by AI of an element string, its FNC1s as GS."""
    if not data.isascii():
        raise BadId(
            f"the GS1 barcode {data!r} has characters that GS1 does not allow; check the scanner's encoding"
        )
    one = _ONE_KEY.fullmatch(data)
    if one is not None:
        sscc, gtin, serial, grai = one.groups()
        return {"01": gtin, "21": serial} if gtin else {"00": sscc} if sscc else {"8003": grai}
    found: dict[str, str] = {}
    for ai, value in _parsed(data):
        _add(found, ai, value)
    return found


def _parsed(data: str) -> list[tuple[str, str]]:
    from biip import ParseConfig, ParseError  # noqa: PLC0415  (0.1 s to import, and plain ids never need it)
    from biip.gs1_messages import GS1Message  # noqa: PLC0415

    try:
        message = GS1Message.parse(data, config=ParseConfig(gs1_element_strings_verify_date=False))
    except ParseError as e:
        raise BadId(
            f"the barcode {data!r} is no GS1 element string: {e} Scan it again, and see that the scanner"
            " sends FNC1 as GS"
        ) from e
    return [(element.ai.ai, element.value) for element in message.element_strings]


def _add(found: dict[str, str], ai: str, value: str) -> None:
    if found.setdefault(ai, value) != value:
        raise BadId(f"the barcode says ({ai}) twice, {found[ai]!r} and {value!r}; scan one label at a time")


def _bracketed(data: str) -> dict[str, str]:
    """The values by AI of `(01)…(21)…`; spaces are the printer's, and `\\(` is a bracket within a value."""
    _, *parts = _BRACKETED_AI.split(data.replace(" ", ""))
    found: dict[str, str] = {}
    for ai, value in zip(parts[::2], parts[1::2], strict=True):
        _add(found, ai, completed(ai, value.replace("\\(", "(")))
    return found
