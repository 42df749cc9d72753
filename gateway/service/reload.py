"""A changed network, taken up while running or at a start: whether it may be, and which journeys it changes.

It may not where it lacks what open journeys, devices in use or contents need. Rows that the change may touch are
made due, a page at a time, and deadlines do the rest.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.service.admission import Terrain
from gateway.service.contents import rederive
from gateway.service.known import Known
from gateway.service.visits import relocate
from gateway.service.watch import state_of
from gateway.tracking.instants import DAY, Duration, Instant
from gateway.tracking.model import JourneyStatus
from gateway.tracking.plan import Network

IN_USE: Duration = Duration(1 * DAY)
"""A device heard this recently is in use."""
PAGE = 500
_MOST_OBSTACLES = 20
_OPEN = frozenset(
    {JourneyStatus.ANNOUNCED, JourneyStatus.AT_STOP, JourneyStatus.IN_TRANSIT, JourneyStatus.OFF_PLAN}
)
DIGEST = "network"
"""The meta key under which the digest of the network last derived by is kept."""
_NAMES = "network_names"
"""The meta key under which what the network last in force declared is kept."""


class Declared(NamedTuple):
    """The ids that a network declares, as far as others may need them."""

    sites: frozenset[str]
    devices: frozenset[str]
    routes: frozenset[str]
    containers: frozenset[str]


def declared(network: Network) -> Declared:
    """What a network declares."""
    parts = (network.sites, network.devices, network.routes, network.containers)
    return Declared(*map(frozenset, parts))


def remember(unit: Unit, network: Network) -> None:
    """Keep what a network declares, for a start with another one."""
    unit.put_meta(_NAMES, json.dumps([sorted(names) for names in declared(network)]))


def remembered(unit: Unit) -> Declared | None:
    """What the network last in force declared, but for its devices: one may be taken away while nobody listens."""
    text = unit.meta(_NAMES)
    return None if text is None else Declared(*map(frozenset, json.loads(text)))._replace(devices=frozenset())


def digest(network: Network) -> str:
    """Names what of a network journeys are derived from: all but the alerting."""
    parts = {each.name: getattr(network, each.name) for each in fields(network) if each.name != "alerting"}
    return sha256(json.dumps(parts, default=_plain, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return dict(value) if hasattr(value, "items") else str(value)


def obstacles(unit: Unit, old: Declared, new: Network, now: Instant) -> list[str]:
    """Why the new network cannot be taken up in place of an old one, at most twenty reasons; none if it can."""
    found = []
    for reason in _obstacles(unit, old, new, now):
        found.append(reason)
        if len(found) >= _MOST_OBSTACLES:
            break
    return found


def _obstacles(unit: Unit, old: Declared, new: Network, now: Instant) -> Iterator[str]:
    sites = unit.sites_named(sorted(old.sites - new.sites.keys()))
    for site in sorted(sites):
        yield f"site {site} is gone, but kept scans were made there; keep it declared until they are pruned"
    devices = unit.subjects("device", sorted(old.devices - new.devices.keys()))
    for device, row in sorted(devices.items()):
        heard_at = state_of(row, now).heard_at
        if heard_at is not None and heard_at > now - IN_USE:
            yield f"device {device} is gone, but was heard within a day; switch it off first"
    routes = old.routes - new.routes.keys()
    containers = old.containers - new.containers.keys()
    if routes or containers:
        for row in _goods(unit):
            if row.status in _OPEN and row.route in routes:
                yield f"route {row.route} is gone, but {row.id} is travelling on it"
            if row.parent in containers:
                yield f"container {row.parent} is gone, but {row.id} is in it"


def _goods(unit: Unit) -> Iterator[SubjectRow]:
    after: str | None = None
    while page := unit.journeys(after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def derive_again(unit: Unit, terrain: Terrain, rows: Sequence[SubjectRow]) -> None:
    """What of these goods is derived from events alone, by a changed network: visits, unpackings, excursions.

    That concerns other goods too, whatever their ids; so do it for all containers before anything is made due.
    """
    known = Known(unit, terrain.network)
    known.name_rows(rows)
    containers = [row for row in rows if row.kind == "container"]
    unit.put_subjects([row._replace(memo=_renew_container(unit, known, terrain, row)) for row in containers])


def make_due(unit: Unit, rows: Sequence[SubjectRow], now: Instant) -> None:
    """Let these goods be looked at again."""
    unit.put_subjects([row._replace(look_again=now) for row in rows])


def _renew_container(unit: Unit, known: Known, terrain: Terrain, row: SubjectRow) -> str | None:
    """Fences, limits and unpacking windows may have changed: see the container's fixes and unpackings anew."""
    begins = [each.begin[0] for each in known.unpackings(row.id)]
    if begins:
        rederive(unit, known, terrain.network, [{row.id: min(begins)}])
    if row.memo is None:
        return None
    return relocate(unit, known, terrain, row.id).dumps()
