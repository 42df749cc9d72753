"""An EPCIS event → what it says to the gateway: payloads of the interface's topics, or why it moves no journey.

The event is valid and its CBV terms are bare. What becomes of each type:

- ObjectEvent: a scan of its EPCs; with coordinates, one container, and no step or `sensor_reporting`, a position.
- AggregationEvent: ADD is `packing`, DELETE `unpacking` (without children an all out), whatever its business step; a
  step that says something else as well is a second scan. OBSERVE is a scan of the children in their parent.
- TransactionEvent: a scan of its EPCs, its parent named as their container.
- TransformationEvent: a scan of what went in and what came out. AssociationEvent: a scan of parent and children.
- With an errorDeclaration, of any type: a scan that voids the event of this id.

What sensors said of a container (an SSCC, a GRAI) at a site is a further position, so that its limits are watched.
Quantities name kinds of article, not articles, so they are kept with the event and move nothing. An event that names
no article, no place of ours, or was too long ago for the rules (the caller knows) is kept whole and moves nothing.
The network is known by its places only; whether the device may say so is for admission.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from gateway.epcis.documents import Event
from gateway.epcis.extensions import AS_CONTAINER, DEVICE, of_position, of_scan
from gateway.epcis.mentions import EPC_LISTS, mentions
from gateway.epcis.names import EventName, declaration_id, event_id, further_id, item_id, our_event
from gateway.epcis.places import Places, Spot, location, spot
from gateway.epcis.problems import Class, Invalid, Problem
from gateway.epcis.sensors import readings
from gateway.epcis.words import EVENT_TYPES, OTHER, STEPS
from gateway.identity import BadId, NotAnInstance
from gateway.tracking.cbv import DISPOSITIONS
from gateway.tracking.instants import Instant, instant, rfc3339
from gateway.tracking.model import is_container_key
from gateway.wire.payloads import MOST_ELEMENTS
from gateway.wire.topics import Channel, is_id

_DEFAULT_STEPS: Final = {
    ("ObjectEvent", "ADD"): "commissioning",
    ("ObjectEvent", "DELETE"): "decommissioning",
    ("AssociationEvent", "ADD"): "installing",
    ("AssociationEvent", "DELETE"): "removing",
    ("TransformationEvent", None): "commissioning",
}
"""What an event without business step is taken to be, where its action says it."""
_CONTAINMENT: Final = {"ADD": "packing", "DELETE": "unpacking"}

STEP: Final = "step"
SENSORS: Final = "sensors"
"""What further messages of one event are of: its step, where it packs as well; what sensors said."""
_LONGEST_TIME: Final = 64
_VAGUE_M: Final = 100_000.0
"""An accuracy beyond that of any fence, metres: a site's coordinates are no fix."""


class Sender(NamedTuple):
    """Whom events are taken from. `restoring`: whose event one is, and which, is as an export of ours says."""

    device: str
    restoring: bool = False


class Said(NamedTuple):
    """One message of a device: its channel, and the payload of one event."""

    channel: Channel
    payload: dict[str, Any]


class Entry(NamedTuple):
    """An event as the gateway keeps it. `messages` is empty where it moves no journey; `why` then says why.

    `mentions`: the canonical names that it is to be found by, besides those of scans.
    """

    uri: str
    name: EventName
    at: Instant
    messages: tuple[Said, ...]
    mentions: tuple[str, ...]
    why: str | None = None


def entry(event: Event, uri: str, sender: Sender, places: Places, path: str = "") -> Entry:
    """What the event, known by `uri`, says.

    Raises:
        Invalid: an EPC in it is none, or names a kind of article.
    """
    return _Reader(event, uri, sender, places, path).read()


class _Reader:
    def __init__(self, event: Event, uri: str, sender: Sender, places: Places, path: str) -> None:
        self._event = event
        self._uri = uri
        self._places = places
        self._path = path
        self._name = _name(event, uri, sender)
        self._at = _spelt(event["eventTime"])

    def read(self) -> Entry:
        if "errorDeclaration" in self._event:
            return self._declaration()
        messages, why = self._messages()
        found = mentions(self._event, all_epcs=not messages)
        return Entry(self._uri, self._name, instant(self._at), messages, found, why)

    def _declaration(self) -> Entry:
        at = _spelt(self._event["errorDeclaration"]["declarationTime"])
        name = EventName(self._name.device, declaration_id(self._name.id))
        payload = {"id": name.id, "at": at, "voids": [self._name.id]}
        said = Said(Channel("device", name.device, "scan"), payload)
        return Entry(self._uri, name, instant(at), (said,), mentions(self._event, all_epcs=True))

    def _messages(self) -> tuple[tuple[Said, ...], str | None]:
        event, kind = self._event, self._event["type"]
        if kind not in EVENT_TYPES:
            return (), f"{kind} is a type of somebody's own"
        named = self._named()
        if not any(named):
            return (), "it names kinds of article or none, and no single one"
        where = spot(event)
        fix = self._position(where) if where is not None else None
        if fix is not None:
            return (fix,), None
        site = self._site()
        if site is None:
            return (), "it names no read point or business location that is a site of the network"
        return (*self._scans(named, site, where), *self._sensed(named, site)), None

    def _site(self) -> str | None:
        for field in ("readPoint", "bizLocation"):
            uri = location(self._event, field)
            site = self._places.site(uri) if uri is not None else None
            if site is not None:
                return site
        return None

    def _named(self) -> tuple[list[str], str | None]:
        """Items, and their container."""
        event = self._event
        items = [id_ for field in EPC_LISTS for id_ in self._ids(field)]
        parent = self._id("parentID", event["parentID"]) if "parentID" in event else None
        if event["type"] == "AssociationEvent":
            # What is fitted to something is not packed in it; the parent may even be a place.
            parent, items = None, items + ([] if parent is None or _is_place(parent) else [parent])
        if event.get(AS_CONTAINER) is True and len(items) == 1 and parent is None:
            parent, items = items[0], []
        items = list(dict.fromkeys(items))
        if len(items) > MOST_ELEMENTS:
            detail = (
                f"the event names {len(items)} articles, and {MOST_ELEMENTS} are allowed; send several events"
            )
            raise Invalid([Problem(detail, self._path or None, kind=Class.LIMIT)])
        return items, parent

    def _ids(self, field: str) -> Iterator[str]:
        for number, uri in enumerate(self._event.get(field, ())):
            yield self._id(f"{field}.{number}", uri)

    def _id(self, field: str, uri: str) -> str:
        try:
            return item_id(uri)
        except (BadId, NotAnInstance, UnicodeDecodeError) as error:
            where = f"{self._path}.{field}" if self._path else field
            raise Invalid([Problem(f"{where}: {error}", where, uri)]) from error

    def _scans(self, named: tuple[list[str], str | None], site: str, where: Spot | None) -> Iterator[Said]:
        """The scan of the event; of an aggregation first what it says of the contents, then of the step."""
        event, (items, container) = self._event, named
        step, moving = self._step(), None
        if event["type"] == "AggregationEvent" and container is not None:
            moving = _CONTAINMENT.get(event["action"])
        first = moving or step or self._default()
        if first == "unpacking" and not items and not self._empties():
            first = OTHER
        common = {"items": items, "container": container, "site": site, **self._details(where)}
        yield self._scan(self._name.id, {"step": first, **common})
        if moving is not None and step not in {None, moving, OTHER}:
            yield self._scan(further_id(self._name.id, STEP), {"step": step, **common})

    def _empties(self) -> bool:
        """Whether it says that the parent is empty now: all children are taken out where none is named."""
        event = self._event
        deletes = event["type"] == "AggregationEvent" and event["action"] == "DELETE"
        return deletes and not event.get("childEPCs") and not event.get("childQuantityList")

    def _scan(self, id_: str, fields: Mapping[str, Any]) -> Said:
        channel = Channel("device", self._name.device, "scan")
        payload = {"id": id_, "at": self._at, **fields}
        return Said(channel, {name: value for name, value in payload.items() if value not in (None, [])})

    def _step(self) -> str | None:
        step = self._event.get("bizStep")
        if step is None:
            return None
        return step if step in STEPS.terms else OTHER

    def _default(self) -> str:
        event = self._event
        return _DEFAULT_STEPS.get((event["type"], event.get("action")), OTHER)

    def _details(self, where: Spot | None) -> dict[str, Any]:
        event, found = self._event, {}
        if event.get("disposition") in DISPOSITIONS:
            found["disposition"] = event["disposition"]
        if where is not None:
            found.update(lat=where.lat, lon=where.lon)
        found.update(of_scan(event))
        return found

    def _position(self, where: Spot) -> Said | None:
        """A position, where the event is about where one container is, and about nothing else."""
        event = self._event
        epcs = event.get("epcList", ())
        if event["type"] != "ObjectEvent" or len(epcs) != 1 or event["action"] != "OBSERVE":
            return None
        container = self._id("epcList.0", epcs[0])
        if event.get("bizStep", "sensor_reporting") != "sensor_reporting" or not self._contains(container):
            return None
        measured = {**readings(event), **of_position(event)}
        return self._fix(self._name.id, container, where, measured)

    def _sensed(self, named: tuple[list[str], str | None], site: str) -> Iterator[Said]:
        """What sensors said of a container that was scanned, as a position too vague to be in or out of any fence."""
        items, container = named
        sensed = container if container is not None else items[0]
        found = readings(self._event)
        if found and (container is not None or len(items) == 1) and self._contains(sensed):
            where = self._places.spot(site)._replace(accuracy_m=_VAGUE_M)
            yield self._fix(further_id(self._name.id, SENSORS), sensed, where, found)

    def _contains(self, id_: str) -> bool:
        """Whether it is a container anyhow: a position makes one of whatever it names."""
        return is_container_key(id_) or self._event.get(AS_CONTAINER) is True

    def _fix(self, id_: str, container: str, where: Spot, more: Mapping[str, Any]) -> Said:
        payload = {"id": id_, "at": self._at, "container": container, **where._asdict(), **more}
        channel = Channel("device", self._name.device, "position")
        return Said(channel, {name: value for name, value in payload.items() if value is not None})


def _name(event: Event, uri: str, sender: Sender) -> EventName:
    """By which device, and that device's id, an event is known."""
    if sender.restoring:
        ours = our_event(uri)
        if ours is not None:
            return ours
        if is_id(str(event.get(DEVICE, ""))):
            return EventName(event[DEVICE], event_id(uri))
    return EventName(sender.device, event_id(uri))


def _spelt(time: str) -> str:
    """A time as it came, unless it has more digits than a payload may."""
    return time if len(time) <= _LONGEST_TIME else rfc3339(instant(time))


def _is_place(id_: str) -> bool:
    return id_.startswith("https://id.gs1.org/414/")
