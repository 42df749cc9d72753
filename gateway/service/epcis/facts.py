"""What was taken in, as EPCIS events: scans, positions, and what moves no journey, those taken back marked as errors.

A scan that only takes others back is no event of its own: it is told with what it took back, unless that is unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json

from gateway.epcis.extensions import DEVICE
from gateway.epcis.names import EventName, further_id
from gateway.epcis.places import Places
from gateway.epcis.reading import SENSORS, STEP
from gateway.epcis.telling import (
    KEPT,
    Retraction,
    as_it_came,
    position_event,
    recorded,
    retracted,
    scan_event,
)
from gateway.ports.captures import CaptureUnit, Place, Placed
from gateway.ports.rows import Identity
from gateway.service.epcis.taking import OF, UNMOVED
from gateway.tracking.model import Key, Position, Scan
from gateway.tracking.plan import Device, Network
from gateway.wire.decoding import Reading, decode
from gateway.wire.topics import parse_channel

_STRANGER = Device("", "scanner")
"""Stands in for a device that the network has no more."""


class Told(NamedTuple):
    """An EPCIS event, where it comes in the order of receipt, and what it is known by."""

    place: Place
    key: Key
    event: dict[str, Any]


class _Fact(NamedTuple):
    placed: Placed
    payload: Mapping[str, Any]
    fact: Scan | Position | None
    """None: it moves no journey."""

    @property
    def name(self) -> EventName:
        return _name(self.placed.event.identity)


class Facts:
    """Tells rows of one network as events, so that a capture of them gives the same facts again."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._places = Places(network.sites)

    def told(self, unit: CaptureUnit, rows: Sequence[Placed]) -> list[Told]:
        """The events of these rows, in their order; announcements, statuses and the like are none."""
        facts = _resolved(unit, [fact for row in rows if (fact := _read(row)) is not None], self._network)
        identities = [fact.placed.event.identity for fact in facts]
        gone = unit.voided(identities) if identities else set()
        retractions = _retractions(unit, gone)
        known = _targets(unit, facts)
        found = []
        for fact in facts:
            event = self._event(fact, known)
            if event is None:
                continue
            row = fact.placed.event
            retraction = retractions.get(row.identity)
            if retraction is not None:
                event = retracted(event, retraction)
            key = (row.at, fact.name.id, fact.name.device)
            found.append(Told(fact.placed.place, key, recorded(event, row.received_at)))
        return found

    def _event(self, fact: _Fact, known: Mapping[Identity, Placed]) -> dict[str, Any] | None:
        kept = fact.payload.get(KEPT)
        if isinstance(kept, dict) and OF in kept and fact.name.id in _further(str(kept[OF])):
            return None
        said = fact.fact
        if isinstance(said, Scan) and said.step is None and _voids(said, fact.name) & known.keys():
            return None
        came = as_it_came(fact.payload, fact.name)
        if came is not None:
            event = {**came.event, DEVICE: fact.name.device}
            return event if came.context is None else {"@context": came.context, **event}
        if isinstance(said, Scan):
            site = self._network.sites.get(said.site or "")
            return scan_event(said, self._places, site.timezone if site is not None else "UTC")
        return position_event(said) if said is not None else None


def _read(placed: Placed) -> _Fact | None:
    row = placed.event
    if row.what == UNMOVED:
        return _Fact(placed, from_json(row.payload), None)
    channel = parse_channel(f"{row.identity.origin}/{row.what}")
    if channel is None or row.what not in {"scan", "position"}:
        return None
    (found,) = decode(channel, row.payload.encode())
    if not isinstance(found, Reading) or not isinstance(found.fact, Scan | Position):
        return None
    payload = from_json(row.payload) if f'"{KEPT}"' in row.payload else {}
    return _Fact(placed, payload, found.fact)


def _resolved(unit: CaptureUnit, facts: Sequence[_Fact], network: Network) -> list[_Fact]:
    """What payloads leave to the network, as it was when they were taken in, as far as that is known still."""
    scans = [each.fact for each in facts if isinstance(each.fact, Scan) and each.fact.site is None]
    bound = [each.fact for each in facts if isinstance(each.fact, Position) and each.fact.container is None]
    named = [(subject, _key(scan)) for scan in scans for subject in _subjects(scan)[:1]]
    sites = unit.sites_of(named) if named else {}
    containers = unit.containers_of([_key(fact) for fact in bound]) if bound else {}
    found = []
    for each in facts:
        fact = each.fact
        device = network.devices.get(each.name.device, _STRANGER)
        if isinstance(fact, Scan) and fact.site is None and fact.step is not None:
            at = [
                sites[subject, _key(fact)]
                for subject in _subjects(fact)[:1]
                if (subject, _key(fact)) in sites
            ]
            fact = fact._replace(site=at[0] if at else device.site)
        elif isinstance(fact, Position) and fact.container is None:
            fact = fact._replace(container=containers.get(_key(fact)) or device.container)
        found.append(each._replace(fact=fact))
    return found


def _retractions(unit: CaptureUnit, gone: Iterable[Identity]) -> dict[Identity, Retraction]:
    """Who took each of these back; the first of several."""
    wanted = set(gone)
    found: dict[Identity, Retraction] = {}
    for row in unit.voiding({identity.origin for identity in wanted}) if wanted else ():
        payload = from_json(row.payload)
        kept = payload.get(KEPT)
        came = kept.get("event") if isinstance(kept, dict) else None
        declaration = came.get("errorDeclaration") if isinstance(came, dict) else None
        by = _name(row.identity)
        if not isinstance(declaration, dict) or as_it_came(payload, by) is None:
            declaration = None
        retraction = Retraction(row.at, by, payload.get("step") is not None, declaration)
        for id_ in payload.get("voids") or ():
            identity = Identity(row.identity.origin, str(id_))
            if identity in wanted:
                found.setdefault(identity, retraction)
    return found


def _targets(unit: CaptureUnit, facts: Sequence[_Fact]) -> Mapping[Identity, Placed]:
    """What of that is known that these take back."""
    only = [each for each in facts if isinstance(each.fact, Scan) and each.fact.step is None]
    asked = {
        identity for each in only if isinstance(each.fact, Scan) for identity in _voids(each.fact, each.name)
    }
    return unit.events_by(asked) if asked else {}


def _voids(scan: Scan, name: EventName) -> set[Identity]:
    return {Identity(f"device/{name.device}", id_) for id_ in scan.voids}


def _further(id_: str) -> set[str]:
    return {further_id(id_, part) for part in (STEP, SENSORS)}


def _subjects(scan: Scan) -> tuple[str, ...]:
    return scan.items or ((scan.container,) if scan.container else ())


def _key(fact: Scan | Position) -> Key:
    return (fact.at, fact.id, fact.device)


def _name(identity: Identity) -> EventName:
    return EventName(identity.origin.partition("/")[2], identity.id)
