"""The GS1 keys: what names one thing, what only a kind of thing, and the URI of the one.

The formats of the keys are those of the GS1 General Specifications, section 3. The URI is the canonical one of
the GS1 Digital Link standard (URI Syntax): on id.gs1.org, numeric application identifiers (AIs), the reserved
characters of a value percent-encoded; it has at most 128 characters, whatever the key. Attributes that do not
tell which one it is (batch, expiry, product variant, …) are left out, so that one article has one id. How keys
are spelt in barcodes, links and tags is not known here.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from gateway.identity.errors import BadId, NotAnInstance

ROOT: Final = "https://id.gs1.org/"
GS1_TEXT: Final = r"""[!%-?A-Z_a-z"]"""
"""One character of GS1's character set 82, as a regular expression."""


class Key(NamedTuple):
    """One primary key. With neither `serial` nor `by` its value alone names one thing."""

    name: str
    shape: re.Pattern[str]
    says: str
    checked: int = 0
    """The first so many characters end in a check digit; 0: the key has none."""
    serial: bool = False
    """What follows the check digit is the serial number, without which it names a kind."""
    by: tuple[str, ...] = ()
    """Without one of these AIs it names a kind; the first that is there tells which one."""
    extended_by: tuple[str, ...] = ()
    """Likewise, but without them too it names one thing."""
    ignored: tuple[str, ...] = ()
    """Further AIs that a Digital Link may have in its path."""


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


ARTICLES: Final = {
    "00": Key("SSCC", _shape(r"\d{18}"), "18 digits", checked=18),
    "8003": Key(
        "GRAI",
        _shape(rf"0\d{{13}}{GS1_TEXT}{{0,16}}"),
        "0, 13 digits and up to 16 of serial number",
        checked=14,
        serial=True,
    ),
    "8004": Key(
        "GIAI",
        _shape(rf"\d{{4}}{GS1_TEXT}{{1,26}}"),
        "a company prefix and up to 30 characters in all",
        ignored=("7040",),
    ),
    "8006": Key("ITIP", _shape(r"\d{18}"), "18 digits", checked=14, by=("21",), ignored=("22", "10")),
    "01": Key("GTIN", _shape(r"\d{14}"), "14 digits", checked=14, by=("21", "235"), ignored=("22", "10")),
    "8010": Key(
        "CPID",
        _shape(r"\d{4}[A-Z0-9/#-]{1,26}"),
        "a company prefix and up to 30 of A-Z 0-9 / # - in all",
        by=("8011",),
    ),
}
"""The keys of goods and what carries them. Where a barcode has several, the first that names one thing counts."""

_DOCUMENT: Final = rf"\d{{13}}{GS1_TEXT}{{0,17}}"
OTHERS: Final = {
    "253": Key("GDTI", _shape(_DOCUMENT), "13 digits and up to 17 of serial", checked=13, serial=True),
    "255": Key("GCN", _shape(r"\d{13,25}"), "13 digits and up to 12 of serial", checked=13, serial=True),
    "8018": Key("GSRN", _shape(r"\d{18}"), "18 digits", checked=18, ignored=("8019",)),
    "8017": Key("GSRN", _shape(r"\d{18}"), "18 digits", checked=18, ignored=("8019",)),
    "402": Key("GSIN", _shape(r"\d{17}"), "17 digits", checked=17),
    "401": Key("GINC", _shape(rf"\d{{4}}{GS1_TEXT}{{1,26}}"), "a company prefix and up to 30 in all"),
    "414": Key("GLN", _shape(r"\d{13}"), "13 digits", checked=13, extended_by=("254",), ignored=("7040",)),
    "417": Key("party GLN", _shape(r"\d{13}"), "13 digits", checked=13, ignored=("7040",)),
}
"""The keys of documents, services, shipments and places: an id only where there is no key of an article."""

KEYS: Final[Mapping[str, Key]] = ARTICLES | OTHERS

KINDS: Final = {"02": "contents", "03": "a made-to-order GTIN", "8013": "a model number"}
"""Further AIs that name kinds of article and never one."""

_QUALIFIERS: Final = {
    "21": ("serial number", _shape(rf"{GS1_TEXT}{{1,20}}"), "1 to 20 characters of GS1's set"),
    "235": ("serialised extension", _shape(rf"{GS1_TEXT}{{1,28}}"), "1 to 28 characters of GS1's set"),
    "254": ("GLN extension", _shape(rf"{GS1_TEXT}{{1,20}}"), "1 to 20 characters of GS1's set"),
    "8011": ("CPID serial number", _shape(r"\d{1,12}"), "1 to 12 digits"),
}


def check_digit(digits: str) -> str:
    """The digit that completes these by GS1's modulo 10 (General Specifications, section 7.9.1)."""
    backwards = digits.encode()[::-1]
    total = 3 * sum(backwards[::2]) + sum(backwards[1::2])
    zeros = ord("0") * (3 * ((len(digits) + 1) // 2) + len(digits) // 2)
    return str((zeros - total) % 10)


def completed(ai: str, value: str) -> str:
    """The value with the leading zeros that some scanners and spreadsheets drop from GTIN, SSCC and GRAI.

    Only for spellings that say where a value ends. The check digit is the same with and without them.
    """
    if ai == "01" and 8 <= len(value) < 14:
        return value.zfill(14)
    if ai == "00" and 16 <= len(value) < 18:
        return value.zfill(18)
    if ai == "8003" and not value.startswith("0"):
        return "0" + value
    return value


def verified(ai: str, value: str) -> Key:
    """The key of this AI, its value having the right shape and check digit.

    Raises:
        BadId: it has not.
    """
    key = KEYS[ai]
    if key.shape.fullmatch(value) is None:
        raise BadId(f"{key.name} ({ai}) {value!r} is not {key.says}; scan the label again or check its print")
    if key.checked:
        digit = check_digit(value[: key.checked - 1])
        if value[key.checked - 1] != digit:
            raise BadId(
                f"{key.name} ({ai}) {value!r} has the check digit {value[key.checked - 1]}, which should be {digit};"
                " scan the label again or correct the number"
            )
    return key


def instance(elements: Mapping[str, str]) -> str:
    """The canonical URI of the one thing that these values by AI name.

    Of several keys those of articles come first, and of those one that names a single thing.

    Raises:
        BadId: there is no key, or it is not valid.
        NotAnInstance: they name only a kind.
    """
    present = [ai for ai in ARTICLES if ai in elements] or [ai for ai in OTHERS if ai in elements][:1]
    for ai in present:
        uri = _uri(ai, elements)
        if uri is not None:
            return uri
    if present:
        key = KEYS[present[0]]
        raise NotAnInstance(
            f"{key.name} ({present[0]}) {elements[present[0]]!r} names a kind of article, not one of them;"
            f" scan the label that has {_missing(key)} too"
        )
    for ai, what in KINDS.items():
        if ai in elements:
            raise NotAnInstance(
                f"({ai}) {elements[ai]!r} is {what}, which names a kind of article and not one of them;"
                " scan the label with the serial number"
            )
    raise BadId(
        "the barcode has no GS1 key, such as GTIN and serial, SSCC, GRAI or GIAI; scan the label that has"
    )


def _uri(ai: str, elements: Mapping[str, str]) -> str | None:
    """None: it names a kind."""
    value = elements[ai]
    key = verified(ai, value)
    if key.serial and len(value) == key.checked:
        return None
    uri = f"{ROOT}{ai}/{quote(value, safe='')}"
    for qualifier in key.by + key.extended_by:
        if qualifier in elements:
            return f"{uri}/{qualifier}/{quote(_qualified(qualifier, elements[qualifier]), safe='')}"
    return None if key.by else uri


def _qualified(ai: str, value: str) -> str:
    name, shape, says = _QUALIFIERS[ai]
    if shape.fullmatch(value) is None:
        raise BadId(f"{name} ({ai}) {value!r} is not {says}; scan the label again or check its print")
    return value


def _missing(key: Key) -> str:
    return f"the serial number ({key.by[0]})" if key.by else "the serial number"
