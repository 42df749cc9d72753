"""What pydantic found, in this project's words: what is wrong, the value, and what to do.

Knows the schema only as models with fields, so as to name the nearest known key.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gateway.network.faults import Finding, Location, shown
from gateway.network.fields import ID_PATTERN, TEXT_PATTERN, UNKNOWN_STEP, UNKNOWN_TIMEZONE, timezones
from gateway.network.nearest import Names
from gateway.network.schema import Document
from gateway.network.values import Nothing
from gateway.tracking.cbv import BUSINESS_STEPS

_Context = Mapping[str, Any]

_KEY: Final = "[key]"
"""How pydantic marks a location that means the key itself."""
_OPTIONS = re.compile(r"'([^']*)'")
_PATTERNS: Final = {
    ID_PATTERN: "is no id; use 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
    TEXT_PATTERN: "is not fit to print; use up to 200 characters without control characters",
}
_BOUNDS: Final = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_A_NUMBER: Final = "is no number; write one such as 52.5"
_A_LIST: Final = "is no list; write one, such as [a, b]"
_A_MAPPING: Final = "is no mapping; write keys with values, such as {a: 1, b: 2}"
_FIXED: Final[Mapping[str, str]] = {
    "float_type": _A_NUMBER,
    "float_parsing": _A_NUMBER,
    "finite_number": _A_NUMBER,
    "int_type": _A_NUMBER,
    "int_parsing": _A_NUMBER,
    "int_parsing_size": _A_NUMBER,
    "string_unicode": "is not Unicode; remove the half of a surrogate pair",
    "int_from_float": "is no whole number; write one such as 1",
    "bool_type": "is neither true nor false; write one of them",
    "bool_parsing": "is neither true nor false; write one of them",
    "string_type": "is not a single text; write one value here",
    "list_type": _A_LIST,
    "tuple_type": "is no pair; write [latitude, longitude]",
    "dict_type": _A_MAPPING,
    "model_type": _A_MAPPING,
}


def worded(error: ErrorDetails) -> Finding:
    """The finding that one of pydantic's errors is."""
    location: Location = error["loc"]
    kind = error["type"]
    at_key = kind == "extra_forbidden" or location[-1:] == (_KEY,)
    if location[-1:] == (_KEY,):
        location = location[:-1]
    if kind == "missing":
        return Finding(location, _missing(location))
    if error["input"] in (None, Nothing.WRITTEN) and not at_key:
        return Finding(location, "has no value; write one, or leave it out")
    if _is_stray_channel(error["input"], location) and kind != "extra_forbidden":
        return Finding(
            location, "no URL belongs here; declare it by a name under channels, and write the name", at_key
        )
    if kind == "value_error":
        # Not kept for later: its traceback leads to frames that hold the whole file, in a circle.
        return Finding(location, str(error["ctx"]["error"]), at_key)
    return Finding(location, lambda: _message(error, location), at_key)


def _missing(location: Location) -> str:
    if isinstance(location[-1], int):
        return "is one number; write [latitude, longitude]"
    remedy = "write version: 1" if location == ("version",) else "add the key with its value"
    return f"is missing; {remedy}"


def _message(error: ErrorDetails, location: Location) -> str:
    kind, value = error["type"], shown(error["input"])
    if kind == "extra_forbidden":
        return _unknown_key(location)
    if kind in _FIXED:
        return f"{value} {_FIXED[kind]}"
    special = _SPECIAL.get(kind)
    return f"{value}: {error['msg']}" if special is None else special(error, error.get("ctx", {}))


def _is_stray_channel(given: object, location: Location) -> bool:
    """Whether it is a channel's URL in a wrong place of its section: it may hold a password, so is not repeated."""
    if location[:1] != ("alerting",) or not isinstance(given, str) or "://" not in given:
        return False
    if location[:2] == ("alerting", "webhooks") and location[-1] == "url":
        return False
    return location[:2] != ("alerting", "channels") or len(location) == len(("alerting", "channels"))


def _unknown_key(location: Location) -> str:
    known = _keys(tuple(part if isinstance(part, str) else 0 for part in location[:-1]))
    remedy = Names(known).hint(str(location[-1]), f"known are {', '.join(known)}")
    return f"is an unknown key; {remedy}"


def _choice(error: ErrorDetails, context: _Context) -> str:
    options = _OPTIONS.findall(context["expected"])
    given = error["input"]
    otherwise = f"it can be {', '.join(options)}"
    remedy = Names(options).hint(given, otherwise) if isinstance(given, str) else otherwise
    return f"{shown(given)} is not possible here; {remedy}"


def _bound(error: ErrorDetails, context: _Context) -> str:
    name, words = _BOUNDS[error["type"]]
    if error["loc"] == ("version",):
        return f"version {shown(error['input'])} is not known; this gateway reads version 1"
    return f"{shown(error['input'])} is out of range; it must be {words} {context[name]:,.10g}"


def _too_few(_error: ErrorDetails, _context: _Context) -> str:
    return "is empty; write at least one value"


def _too_many(_error: ErrorDetails, context: _Context) -> str:
    return f"has {context['actual_length']} entries; write at most {context['max_length']}"


def _pattern(error: ErrorDetails, context: _Context) -> str:
    return f"{shown(error['input'])} {_PATTERNS[context['pattern']]}"


def _timezone(error: ErrorDetails, _context: _Context) -> str:
    remedy = _timezones().hint(error["input"], "write one of the IANA time zones, such as Europe/Berlin")
    return f"no time zone {shown(error['input'])}; {remedy}"


@cache
def _timezones() -> Names:
    return Names(timezones())


def _step(error: ErrorDetails, _context: _Context) -> str:
    remedy = Names(BUSINESS_STEPS).hint(error["input"], "write one of CBV 2.0, such as receiving")
    return f"no business step {shown(error['input'])}; {remedy}"


_SPECIAL: Final[Mapping[str, Callable[[ErrorDetails, _Context], str]]] = {
    **dict.fromkeys(_BOUNDS, _bound),
    "literal_error": _choice,
    "enum": _choice,
    "too_short": _too_few,
    "too_long": _too_many,
    "string_pattern_mismatch": _pattern,
    UNKNOWN_TIMEZONE: _timezone,
    UNKNOWN_STEP: _step,
}


@lru_cache(maxsize=1_000)
def _keys(location: Location) -> tuple[str, ...]:
    """The keys that the mapping at the location may have."""
    model: type[BaseModel] = Document
    names = iter(location)
    for part in names:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            if get_origin(annotation) is dict:
                next(names)
            model = _model(annotation) or model
    return tuple(model.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for arg in get_args(annotation) if (model := _model(arg)) is not None), None)
