"""Bytes → the events of an EPCIS document in JSON, before anything in them is judged.

The bytes are anybody's: how many they are, how deeply they nest and how much they open is bounded first; then
numbers that are not finite, NUL and lone surrogates are refused. Of a name that an object has twice the last counts, as
nearly every reader has it (one of GS1's own examples has such an object); what is kept has it once.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from gateway.epcis.problems import Class, Invalid, Problem

LARGEST_DOCUMENT: Final = 4 * 1024 * 1024
"""Bytes."""
MOST_EVENTS: Final = 2_000
"""Events of one document: so many are taken in within about a second, all at once if they must be."""
DEEPEST: Final = 32
MOST_OPENED: Final = 200_000
"""Objects and arrays; a document of small ones would take fifty times its size in memory."""
_LARGEST_NUMBER: Final = 1e300

Event = Mapping[str, Any]


class Placed(NamedTuple):
    """An event and where it stands in its document: its number, and the path to it."""

    number: int
    path: str
    event: Event


class Document(NamedTuple):
    """A document taken apart. `envelope` is all of it but its events; None where there was none around them."""

    events: tuple[Placed, ...]
    context: Any
    envelope: Event | None


def read(body: bytes) -> Document:
    """The document in these bytes.

    Raises:
        Invalid: they are no JSON, none of the forms of a document, or beyond a limit.
    """
    return _document(_parsed(body))


def _document(whole: Any) -> Document:
    if isinstance(whole, list):
        return Document(_events(whole, ""), None, None)
    if not isinstance(whole, dict):
        raise _invalid("the document is neither an object nor an array; send an EPCISDocument, or events")
    kind = whole.get("type")
    path: tuple[str, ...]
    if kind == "EPCISDocument":
        path = ("epcisBody", "eventList")
    elif kind == "EPCISQueryDocument":
        path = ("epcisBody", "queryResults", "resultsBody", "eventList")
    else:
        return Document((Placed(0, "", whole),), whole.get("@context"), None)
    found: Any = whole
    for done, name in enumerate(path):
        found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            field = ".".join(path[: done + 1])
            raise _invalid(f"{field} is missing; every {kind} needs it", field)
    if not isinstance(found, list):
        raise _invalid(f"{'.'.join(path)} must be an array of events", ".".join(path), found)
    envelope = _without(whole, path)
    return Document(_events(found, ".".join(path)), whole.get("@context"), envelope)


def _events(found: list[Any], path: str) -> tuple[Placed, ...]:
    if len(found) > MOST_EVENTS:
        detail = (
            f"the document has {len(found)} events, and {MOST_EVENTS} are allowed; send several documents"
        )
        raise Invalid([Problem(detail, path or None, kind=Class.LIMIT)])
    placed = []
    for number, event in enumerate(found):
        where = f"{path}.{number}" if path else str(number)
        if not isinstance(event, dict):
            raise _invalid(f"{where} is no object; an event is one", where, event)
        placed.append(Placed(number, where, event))
    return tuple(placed)


def _without(whole: Event, path: tuple[str, ...]) -> dict[str, Any]:
    """The document without its events, which are judged one by one."""
    name, *rest = path
    return {**whole, name: _without(whole[name], tuple(rest)) if rest else []}


def _parsed(body: bytes) -> Any:
    if len(body) > LARGEST_DOCUMENT:
        detail = f"the document has {len(body)} bytes, and {LARGEST_DOCUMENT} are allowed; send several"
        raise Invalid([Problem(detail, kind=Class.LIMIT)])
    if body.count(b"{") + body.count(b"[") > MOST_OPENED:
        detail = f"the document opens more than {MOST_OPENED} objects and arrays; send several"
        raise Invalid([Problem(detail, kind=Class.LIMIT)])
    try:
        found = json.loads(body.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise _invalid(f"the document is no UTF-8 (byte {error.start + 1}); send JSON in UTF-8") from error
    except json.JSONDecodeError as error:
        detail = f"the document is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise _invalid(detail) from error
    except RecursionError as error:
        raise _too_deep() from error
    except Invalid:
        raise
    except ValueError as error:
        raise _invalid("the document has a number of thousands of digits; round it") from error
    _check(found)
    return found


def _no_constant(name: str) -> None:
    raise _invalid(f"{name} is no number in JSON; leave the field out")


def _check(found: Any) -> None:
    """See that nothing in it is too deep, or not fit to keep."""
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        if not level:
            return
        level = [inner for each in level for inner in _inside(each)]
    if level:
        raise _too_deep()


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in value:
            _check_text(name)
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float | int) and not abs(value) < _LARGEST_NUMBER:
        raise _invalid("the document has a number that is too large to be kept; round it")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _invalid("the document has a NUL character; leave it out")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise _invalid("the document has half a surrogate pair; send whole characters") from error


def _too_deep() -> Invalid:
    return _invalid(f"the document nests more than {DEEPEST} levels; flatten it")


def _invalid(detail: str, field: str | None = None, value: object = ...) -> Invalid:
    return Invalid([Problem(detail, field, value)])
