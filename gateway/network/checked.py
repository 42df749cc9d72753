"""The entries of a document that have the right shape, each with its index, and the findings about the others.

The schema is applied once where all is well. Where it is not, it is applied again without the wrong entries, so
that the rules between entries can be checked on the rest; the names of the wrong ones still count as known, for
a reference to one of them is not a second mistake. Knows no rule between entries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from pydantic import ValidationError

from gateway.network.faults import Finding, Location
from gateway.network.nearest import Names
from gateway.network.schema import (
    AlertingEntry,
    CalendarEntry,
    ContainerEntry,
    ContainerTypeEntry,
    DefaultsEntry,
    DeviceEntry,
    Document,
    PolicyEntry,
    RouteEntry,
    SiteEntry,
    SourceEntry,
    WebhookEntry,
)
from gateway.network.values import Nothing, Plain
from gateway.network.wording import worded


class _Named(Protocol):
    @property
    def id(self) -> str: ...


EntryT = TypeVar("EntryT")
NamedT = TypeVar("NamedT", bound=_Named)

_LISTS: Final = ("sites", "routes", "container_types", "containers", "devices", "sources")
# How much of a location leaves with a mistake in it: a whole entry, so that what stays has the right shape.
_DEPTH: Final[Mapping[Location, int]] = {
    ("alerting", "channels"): 3,
    ("alerting", "policies"): 3,
    ("alerting", "webhooks"): 3,
}
_USUAL_DEPTH: Final = 2


@dataclass(frozen=True, slots=True)
class Section(Generic[EntryT]):
    """A list of the file: its well-formed entries by index, and the ids of all of them.

    `names` is None where the list itself is no list, so that no reference into it can be judged.
    """

    entries: tuple[tuple[int, EntryT], ...]
    names: Names | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the schema let through."""

    defaults: DefaultsEntry
    calendars: Mapping[str, CalendarEntry]
    calendar_names: Names | None
    sites: Section[SiteEntry]
    routes: Section[RouteEntry]
    container_types: Section[ContainerTypeEntry]
    containers: Section[ContainerEntry]
    devices: Section[DeviceEntry]
    sources: Section[SourceEntry]
    alerting: AlertingEntry
    policies: tuple[tuple[int, PolicyEntry], ...]
    webhooks: tuple[tuple[int, WebhookEntry], ...]
    channel_names: Names | None


def check(values: Plain) -> tuple[Checked | None, list[Finding]]:
    """The well-formed entries and what is wrong with the others; None if it is not a mapping at all."""
    if not isinstance(values, dict):
        return None, [Finding((), "is no network; write a mapping that begins with version: 1")]
    # A section whose entries are all commented out is an empty one.
    given = {
        key: value for key, value in values.items() if value is not None and value is not Nothing.WRITTEN
    }
    try:
        return _sorted(Document.model_validate(given), given, frozenset()), []
    except ValidationError as wrong:
        findings = [worded(error) for error in wrong.errors(include_url=False)]
    gone = frozenset(f.location[: _DEPTH.get(f.location[:2], _USUAL_DEPTH)] for f in findings)
    rest = _without(given, gone)
    rest["version"] = "1"
    return _sorted(Document.model_validate(rest), given, gone), findings


def _without(value: Any, gone: frozenset[Location]) -> Any:
    """The value without what is gone, copied only where something is."""
    touched = {location[:length] for location in gone for length in range(len(location))}

    def rest(value: Any, location: Location) -> Any:
        if location not in touched:
            return value
        if isinstance(value, dict):
            kept = ((key, (*location, key)) for key in value)
            return {key: rest(value[key], inner) for key, inner in kept if inner not in gone}
        return [item for index, item in enumerate(value) if (*location, index) not in gone]

    return rest(value, ())


def _sorted(document: Document, given: Mapping[str, Any], gone: frozenset[Location]) -> Checked:
    sections = {name: _section(name, getattr(document, name), given, gone) for name in _LISTS}
    alerting = given.get("alerting", {})
    policies = alerting.get("policies", []) if isinstance(alerting, dict) else []
    webhooks = alerting.get("webhooks", []) if isinstance(alerting, dict) else []
    channels = alerting.get("channels", {}) if isinstance(alerting, dict) else None
    return Checked(
        defaults=document.defaults,
        calendars=document.calendars,
        calendar_names=_keys(given.get("calendars", {})),
        alerting=document.alerting,
        policies=_indexed(document.alerting.policies, policies, ("alerting", "policies"), gone),
        webhooks=_indexed(document.alerting.webhooks, webhooks, ("alerting", "webhooks"), gone),
        channel_names=_keys(channels),
        **sections,
    )


def _section(
    name: str, entries: list[NamedT], given: Mapping[str, Any], gone: frozenset[Location]
) -> Section[NamedT]:
    raw = given.get(name, [])
    if not isinstance(raw, list):
        return Section((), None)
    known = {entry.id for entry in entries}
    if gone:
        ids = (item.get("id") for item in raw if isinstance(item, dict))
        known |= {id_ for id_ in ids if isinstance(id_, str)}
    return Section(_indexed(entries, raw, (name,), gone), Names(known))


def _indexed(
    entries: list[EntryT], raw: object, location: Location, gone: frozenset[Location]
) -> tuple[tuple[int, EntryT], ...]:
    """The entries with their index in the file, from which some are gone."""
    if not gone or not isinstance(raw, list):
        return tuple(enumerate(entries))
    indexes: Iterable[int] = (i for i in range(len(raw)) if (*location, i) not in gone)
    return tuple(zip(indexes, entries, strict=False))


def _keys(mapping: object) -> Names | None:
    return Names(mapping) if isinstance(mapping, dict) else None
