"""GS1's JSON schema over a document's envelope and each of its events, its findings in sentences that name the field.

Each event is held against the definition of its own type, so that a finding is about its field and not about all the
types that it might have been. The schema is in `schema/`, with its licence. Formats are checked here as the standard
means them: `uri` takes compact ones too (user extensions are named so), `date-time` needs an offset.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema_rs import Draft7Validator, ValidationError, ValidationErrorKind

from gateway.epcis.documents import Document, Placed
from gateway.epcis.names import is_uri
from gateway.epcis.problems import Problem
from gateway.epcis.words import EVENT_TYPES
from gateway.tracking.instants import instant
from gateway.wire.faults import shown

MOST_PROBLEMS: Final = 100
"""Told of one document."""
_ENVELOPES: Final = {"EPCISDocument": "epcisDocument", "EPCISQueryDocument": "epcisQueryDocument"}
_EXTENDED: Final = "Extended-Event"


def envelope_problems(document: Document) -> list[Problem]:
    """What is wrong around the events."""
    envelope = document.envelope
    if envelope is None:
        return []
    if str(envelope.get("id", "")).startswith("_:"):
        # A blank node of JSON-LD: the document says that it has no name, as drafts of GS1's examples do.
        envelope = {name: value for name, value in envelope.items() if name != "id"}
    found = _validator(_ENVELOPES[envelope["type"]]).iter_errors(envelope)
    return list(_problems(found, "", None))[:MOST_PROBLEMS]


def event_problems(placed: Placed, *, alone: bool) -> list[Problem]:
    """What is wrong with one event; `alone`: no document around it, so that it needs its own @context."""
    number, path, event = placed
    kind = event.get("type")
    if not isinstance(kind, str):
        field = _joined(path, "type")
        if "type" not in event:
            return [
                Problem(f"{field} is missing; an event is one of {_listed(EVENT_TYPES)}", field, event=number)
            ]
        return [Problem(f"{field} must be one of {_listed(EVENT_TYPES)}", field, kind, event=number)]
    if kind not in EVENT_TYPES and not is_uri(kind):
        field = _joined(path, "type")
        detail = f"{field} {shown(kind)} is no event type{_near(kind, EVENT_TYPES)}"
        return [Problem(detail, field, kind, event=number)]
    definition = kind if kind in EVENT_TYPES else _EXTENDED
    found = list(_problems(_validator(definition).iter_errors(dict(event)), path, number))
    if alone and "@context" not in event:
        field = _joined(path, "@context")
        detail = f"{field} is missing; an event without a document around it needs its own"
        found.insert(0, Problem(detail, field, event=number))
    return found[:MOST_PROBLEMS]


@cache
def _validator(definition: str) -> Draft7Validator:
    schema = _schema()
    judged: list[dict[str, Any]] = [{"$ref": f"#/definitions/{definition}"}]
    if definition == _EXTENDED:
        judged.append({"properties": _fields(schema["definitions"])})
    return Draft7Validator(
        {"$schema": schema["$schema"], "allOf": judged, "definitions": schema["definitions"]},
        validate_formats=True,
        formats={"uri": is_uri, "date-time": _is_time},
    )


def _fields(definitions: Any) -> dict[str, Any]:
    """The fields of all types: in an event of somebody's own type too, they are what they are elsewhere."""
    parts = (part for kind in EVENT_TYPES for part in definitions[kind]["allOf"] if "propertyNames" in part)
    return {name: judged for part in parts for name, judged in part["properties"].items() if name != "type"}


@cache
def _schema() -> Any:
    return json.loads(files("gateway.epcis").joinpath("schema", "epcis-2.0.json").read_text("utf-8"))


def _is_time(text: str) -> bool:
    try:
        instant(text)
    except ValueError:
        return False
    return True


def _problems(found: Iterable[ValidationError], path: str, number: int | None) -> Iterator[Problem]:
    """Findings in sentences; one about the event as a whole only where there is none about a field of it."""
    whole: list[Problem] = []
    seen: set[str | None] = set()
    for error in found:
        problem = _problem(error, path, number)
        if not error.instance_path and isinstance(error.kind, ValidationErrorKind.AnyOf):
            whole.append(problem)
        elif problem.field not in seen:
            seen.add(problem.field)
            yield problem
    if not seen:
        yield from whole[:1]


def _problem(error: ValidationError, path: str, number: int | None) -> Problem:
    kind, value = error.kind, error.instance
    field = _joined(path, *error.instance_path)
    if isinstance(kind, ValidationErrorKind.Required):
        missing = _joined(field, kind.property)
        return Problem(f"{missing} is missing; send it", missing, event=number)
    if isinstance(kind, ValidationErrorKind.PropertyNames):
        return _unknown_field(kind.error, field, number)
    if isinstance(kind, ValidationErrorKind.AdditionalProperties):
        unknown = str(kind.unexpected[0])
        detail = f"{_joined(field, unknown)} is none of EPCIS's fields there; leave it out"
        return Problem(detail, _joined(field, unknown), event=number)
    if isinstance(kind, ValidationErrorKind.AnyOf):
        if not error.instance_path:
            return Problem(_incomplete(field), field or None, event=number)
        detail = f"{field} is {shown(value)}, which is no term of the CBV{_near(value, _options(kind))}"
        return Problem(f"{detail}; a term of your own is a URI", field, value, event=number)
    return Problem(f"{field} is {shown(value)}; {_must(kind)}", field or None, value, event=number)


def _unknown_field(error: ValidationError, where: str, number: int | None) -> Problem:
    name = str(error.instance)
    field = _joined(where, name)
    near = _near(name, _options(error.kind))
    detail = f"{shown(name)} is none of EPCIS's fields{near}; a field of your own has a prefix, example:{name[:40]}"
    return Problem(detail, field[:200], event=number)


def _incomplete(where: str) -> str:
    return (
        f"{where or 'the event'} names nothing, or what its type and action do not allow: an event needs a list of EPCs"
        " or quantities (a DELETE of an aggregation a parentID), and ilmd goes with ADD only"
    )


def _options(kind: Any) -> list[str]:
    """The words that would have been right, of all the alternatives."""
    if isinstance(kind, ValidationErrorKind.Enum):
        return [each for each in kind.options if isinstance(each, str)]
    if isinstance(kind, ValidationErrorKind.AnyOf):
        return [word for branch in kind.context for error in branch for word in _options(error.kind)]
    return []


def _must(kind: Any) -> str:
    if isinstance(kind, ValidationErrorKind.Enum):
        return f"it must be one of {_listed([str(each) for each in kind.options])}"
    if isinstance(kind, ValidationErrorKind.Type):
        return f"it must be {' or '.join(_TYPES.get(each, each) for each in kind.types)}"
    if isinstance(kind, ValidationErrorKind.Format):
        return _FORMATS.get(kind.format, f"it must be a {kind.format}")
    if isinstance(kind, ValidationErrorKind.Pattern):
        return f"it must match {kind.pattern}"
    if isinstance(kind, ValidationErrorKind.MinItems):
        return "it must have at least one element; leave it out instead"
    if isinstance(kind, ValidationErrorKind.UniqueItems):
        return "it must have each element once"
    return "it is not what the schema of EPCIS 2.0 says"


_TYPES: Final = {"string": "a string", "object": "an object", "array": "an array", "number": "a number"}
_FORMATS: Final = {
    "uri": "it must be a URI",
    "date-time": "it must be a time with an offset, such as 2026-11-22T09:14:03+01:00",
}


def _near(word: object, words: Sequence[str]) -> str:
    found = get_close_matches(str(word), words, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _joined(*parts: object) -> str:
    return ".".join(str(part) for part in parts if part != "")
