"""What a query can ask of one event: predicates over its JSON, its CBV terms bare. Nothing here knows parameters."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from gateway.epcis.classes import canonical_uri
from gateway.epcis.mentions import class_name
from gateway.epcis.names import item_id
from gateway.epcis.places import location
from gateway.epcis.words import DISPOSITION
from gateway.identity import BadId, NotAnInstance
from gateway.tracking.instants import Instant, instant

_FIXED: Final = re.compile(r".*/(?:8003/\d{14}|253/\d{13})").fullmatch
Predicate = Callable[[Mapping[str, Any]], bool]

EPCS: Final[Mapping[str, tuple[str, ...]]] = {
    "MATCH_epc": ("epcList", "childEPCs"),
    "MATCH_parentID": ("parentID",),
    "MATCH_inputEPC": ("inputEPCList",),
    "MATCH_outputEPC": ("outputEPCList",),
    "MATCH_anyEPC": ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList"),
}
"""The parameters that match EPCs, and the fields that they look at."""
CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "MATCH_epcClass": ("quantityList", "childQuantityList"),
    "MATCH_inputEPCClass": ("inputQuantityList",),
    "MATCH_outputEPCClass": ("outputQuantityList",),
    "MATCH_anyEPCClass": (
        "quantityList",
        "childQuantityList",
        "inputQuantityList",
        "outputQuantityList",
    ),
}
"""Likewise of kinds of article."""


def of_type(types: Iterable[str]) -> Predicate:
    """It is of one of these types."""
    wanted = frozenset(types)
    return lambda event: event.get("type") in wanted


def equal(path: tuple[str, ...], values: Iterable[str]) -> Predicate:
    """The field at this path is one of these, or has one of them in its list."""
    wanted = frozenset(values)

    def true(event: Mapping[str, Any]) -> bool:
        found: Any = event
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return any(each in wanted for each in (found if isinstance(found, list) else [found]))

    return true


def lasting(which: str, dispositions: Iterable[str]) -> Predicate:
    """It sets, or unsets, one of these persistent dispositions."""
    return equal(("persistentDisposition", which), [DISPOSITION.bare(each) for each in dispositions])


def at_place(field: str, places: Iterable[str]) -> Predicate:
    """Its read point or business location is one of these, however they are spelt."""
    wanted = frozenset(canonical_uri(place) for place in places)
    return lambda event: canonical_uri(location(event, field) or "") in wanted


def within_place(field: str, places: Iterable[str]) -> Predicate:
    """Likewise, or it is a part of one: a GLN with an extension is a part of the GLN."""
    wanted = [canonical_uri(place) for place in places]

    def true(event: Mapping[str, Any]) -> bool:
        found = canonical_uri(location(event, field) or "")
        return any(found == place or found.startswith(f"{place}/254/") for place in wanted)

    return true


def named(fields: tuple[str, ...], ids: Iterable[str], kinds: Iterable[str] = ()) -> Predicate:
    """One of these articles, or one of these kinds whatever its serial number, stands in one of these fields."""
    wanted, begins = frozenset(ids), tuple(kinds)

    def true(event: Mapping[str, Any]) -> bool:
        found = (_id(uri) for uri in _uris(event, fields))
        return any(id_ in wanted or _is_of(id_, begins) for id_ in found if id_ is not None)

    return true


def _is_of(id_: str, kinds: tuple[str, ...]) -> bool:
    """Whether an article is of one of these kinds: after a key of fixed length its serial number follows at once."""
    return any(id_.startswith(kind if _FIXED(kind) else f"{kind}/") for kind in kinds)


def of_classes(fields: tuple[str, ...], classes: Iterable[str]) -> Predicate:
    """One of these kinds of article does."""
    wanted = frozenset(classes)

    def true(event: Mapping[str, Any]) -> bool:
        elements = (each for field in fields for each in event.get(field, ()))
        return any(class_name(each["epcClass"]) in wanted for each in elements)

    return true


def typed(field: str, key: str, kind: str, values: Iterable[str]) -> Predicate:
    """A list of transactions, sources or destinations has one of these, of this type."""
    wanted = frozenset(canonical_uri(value) for value in values)

    def true(event: Mapping[str, Any]) -> bool:
        found = (each for each in event.get(field, ()) if each.get("type") == kind)
        return any(canonical_uri(each[key]) in wanted for each in found)

    return true


def declared(least: Instant, before: Instant) -> Predicate:
    """It was declared an error in this time, `before` excluded."""

    def true(event: Mapping[str, Any]) -> bool:
        declaration = event.get("errorDeclaration")
        return declaration is not None and least <= instant(declaration["declarationTime"]) < before

    return true


def _uris(event: Mapping[str, Any], fields: tuple[str, ...]) -> Iterator[str]:
    for field in fields:
        found = event.get(field, ())
        yield from (found,) if isinstance(found, str) else found


def _id(uri: str) -> str | None:
    try:
        return item_id(uri)
    except (BadId, NotAnInstance, UnicodeDecodeError):
        return None
