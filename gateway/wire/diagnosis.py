"""What pydantic says of a payload → one fault with field, value and remedy, for people who never heard of pydantic."""

from typing import Any, Final

from pydantic import ValidationError

from gateway.wire.faults import Fault, malformed, shown
from gateway.wire.payloads import PATTERNS

_MUST_BE: Final = {
    "string_type": "a string",
    "float_type": "a number",
    "int_type": "a whole number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "an array",
    "greater_than_equal": "at least {ge:.12g}",
    "less_than_equal": "at most {le:.12g}",
    "literal_error": "{expected}",
    "string_too_long": "at most {max_length} characters long",
    "too_long": "an array of at most {max_length}",
}
_BOM: Final = b"\xef\xbb\xbf"


def fault(error: ValidationError, noun: str, raw: bytes) -> Fault:
    """The first thing that is wrong with the element; `noun` is what it should have been, such as `scan`."""
    first = error.errors(include_url=False)[0]
    kind, location, value = first["type"], first["loc"], first["input"]
    if kind == "json_invalid":
        return malformed(_no_json(raw, str(first.get("ctx", {}).get("error", ""))))
    if not location:
        return malformed(f"a {noun} is a JSON object, and this is {shown(value)}; send {{…}}")
    field = ".".join(map(str, location))
    if kind == "missing":
        return malformed(f"{field} is missing; every {noun} needs it", field)
    return malformed(f"{field} is {shown(value)}; it must be {_must_be(kind, first)}", field, value)


def _must_be(kind: str, error: Any) -> str:
    context = error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return PATTERNS[context["pattern"]]
    return _MUST_BE.get(kind, "what the interface says").format(**context)


def _no_json(raw: bytes, why: str) -> str:
    if not raw.strip():
        return "the payload is empty; send a JSON object"
    if raw.startswith(_BOM):
        return "the payload begins with a byte order mark; send plain UTF-8 without it"
    return f"the payload is no JSON ({why}); send valid JSON in UTF-8"
