"""EPC URNs and tag URIs → values by GS1 application identifier (EPC Tag Data Standard 1.13, sections 6 and 12).

`urn:epc:id:sgtin:0614141.107346.2017` and `urn:epc:tag:sgtin-96:3.0614141.107346.2017` name the same article as
its barcode. EPC schemes that are no GS1 keys (gid, usdod, adi, bic, imovn) have no Digital Link: None.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from gateway.identity.errors import BadId, NotAnInstance
from gateway.identity.keys import check_digit


class _Scheme(NamedTuple):
    """How the fields of a URN make a key."""

    ai: str
    fields: int
    digits: int = 0
    """So many digits have company prefix and reference together, the check digit left out; 0: no check digit."""
    moved: bool = False
    """The reference's first digit (indicator, extension digit) comes before the company prefix."""
    by: str | None = None
    """The AI of the last field; None: it belongs to the value."""


_SCHEMES: Final = {
    "sgtin": _Scheme("01", 3, 13, moved=True, by="21"),
    "upui": _Scheme("01", 3, 13, moved=True, by="235"),
    "itip": _Scheme("8006", 5, 13, moved=True, by="21"),
    "sscc": _Scheme("00", 2, 17, moved=True),
    "sgln": _Scheme("414", 3, 12, by="254"),
    "pgln": _Scheme("417", 2, 12),
    "grai": _Scheme("8003", 3, 12),
    "gdti": _Scheme("253", 3, 12),
    "sgcn": _Scheme("255", 3, 12),
    "gsrn": _Scheme("8018", 2, 17),
    "gsrnp": _Scheme("8017", 2, 17),
    "gsin": _Scheme("402", 2, 16),
    "giai": _Scheme("8004", 2),
    "ginc": _Scheme("401", 2),
    "cpi": _Scheme("8010", 3, by="8011"),
}
_URN = re.compile(
    r"urn:epc:(?:(id|tag):([a-z]+)(?:-(?:\d+|var))?|(class|idpat|pat):[a-z]+[^:]*):(.*)", re.I | re.A
)
_NO_EXTENSION: Final = "0"
"""What an SGLN has for a place without extension."""


def elements(urn: str) -> dict[str, str] | None:
    """The values by AI that the EPC names; None if it is of a scheme that GS1 keys do not cover.

    Raises:
        BadId: the parts do not make a key of its scheme.
        NotAnInstance: it names a class or a pattern.
    """
    match = _URN.fullmatch(urn)
    if match is None:
        return None
    form, name, kind, rest = match.groups()
    if kind is not None:
        raise NotAnInstance(
            f"{urn!r} names a kind of article, not one of them; send the urn:epc:id: of the tag that was read"
        )
    scheme = _SCHEMES.get(name.lower())
    if scheme is None:
        return None
    if form.lower() == "tag":
        rest = rest.partition(".")[2]
    fields = [unquote(field) for field in rest.split(".", scheme.fields - 1)]
    # A company prefix of all digits leaves none for the reference, which is then empty (EPC TDS, "SGLN", "GRAI", …).
    whole = scheme.digits > 0 and not scheme.moved
    if len(fields) != scheme.fields or not all(
        field or (whole and place == 1) for place, field in enumerate(fields)
    ):
        raise BadId(f"{urn!r} has not the {scheme.fields} parts of a {name.lower()}; correct it")
    return _elements(urn, scheme, fields)


def _elements(urn: str, scheme: _Scheme, fields: list[str]) -> dict[str, str]:
    company, reference, *more = fields
    value = company + reference
    if scheme.digits:
        if scheme.moved:
            value = reference[0] + company + reference[1:]
        if not (value.isascii() and value.isdigit() and len(value) == scheme.digits):
            raise BadId(
                f"{urn!r}: company prefix and reference must be {scheme.digits} digits together; correct the number"
            )
        value += check_digit(value)
    if scheme.ai == "8003":
        value = "0" + value
    if scheme.by is None:
        return {scheme.ai: value + "".join(more)}
    *middle, last = more
    found = {scheme.ai: value + "".join(middle)}
    if not (scheme.ai == "414" and last == _NO_EXTENSION):
        found[scheme.by] = last
    return found
