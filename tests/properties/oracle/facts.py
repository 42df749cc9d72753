"""All facts of a world, and how they are admitted line by line. Voided ones are left out for good."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.tracking.fences import FenceIndex, located
from gateway.tracking.instants import instant
from gateway.tracking.model import is_container_key
from gateway.tracking.plan import Network


class Seen(NamedTuple):
    """A scan that counts."""

    at: int
    id: str
    device: str
    site: str
    step: str
    items: tuple[str, ...]
    container: str | None
    disposition: str | None


class Fixed(NamedTuple):
    """A position that counts for something; `counted` for visits, `place` being the fence that it is in."""

    at: int
    id: str
    device: str
    container: str
    place: str | None
    counted: bool
    bad: tuple[str, ...]


class Said(NamedTuple):
    """An announcement."""

    at: int
    id: str
    source: str
    item: str
    route: str
    due_at: int | None
    cancelled: bool


@dataclass
class World:
    """The facts known, in the order of events."""

    network: Network
    scans: list[Seen] = field(default_factory=list)
    fixes: list[Fixed] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def upto(self, at: int) -> "World":
        """The facts up to an instant."""
        return World(self.network, *(_until(rows, at) for rows in (self.scans, self.fixes, self.said)))

    def is_container(self, id_: str) -> bool:
        return (
            id_ in self.network.containers
            or is_container_key(id_)
            or any(scan.container == id_ for scan in self.scans)
            or any(fix.container == id_ for fix in self.fixes)
        )

    def goods(self) -> set[str]:
        """Every id that any fact names."""
        ids = {item for scan in self.scans for item in scan.items} | {said.item for said in self.said}
        ids |= {scan.container for scan in self.scans if scan.container} | {
            fix.container for fix in self.fixes
        }
        return ids

    def own(self, subject: str) -> list[Seen]:
        """The scans that name a subject: as an item, or as the container (which makes it one)."""
        return [scan for scan in self.scans if subject in scan.items or subject == scan.container]


def _until(rows: list[Any], at: int) -> list[Any]:
    return rows[: bisect_right(rows, at, key=lambda row: row.at)]


class Heard(NamedTuple):
    """What a message said of its device: `live`, a clock out of bounds, an accepted scan or position."""

    at: int
    device: str
    live: bool
    skewed: bool
    accepted: bool


class Power(NamedTuple):
    at: int
    device: str
    pct: float
    id: str | None


class Clerk:
    """Admits messages one by one, as section 1 of the interface and of the rules say, and keeps the facts."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._fences = FenceIndex(network.sites.values())
        self._known: set[tuple[str, str]] = set()
        self._voided: set[tuple[str, str]] = set()
        self._facts: list[Seen | Fixed | Said] = []
        self._power: list[Power] = []
        self.heard: list[Heard] = []

    def world(self) -> World:
        """What is known now."""
        kept = [
            fact for fact in self._facts if isinstance(fact, Said) or not self._is_void(fact.device, fact.id)
        ]
        return World(
            self._network,
            sorted(fact for fact in kept if isinstance(fact, Seen)),
            sorted(fact for fact in kept if isinstance(fact, Fixed)),
            sorted(fact for fact in kept if isinstance(fact, Said)),
        )

    def power(self) -> Iterator[Power]:
        """The battery readings that count."""
        return (each for each in self._power if each.id is None or not self._is_void(each.device, each.id))

    def _is_void(self, device: str, id_: str | None) -> bool:
        return (device, id_) in self._voided

    def hear(self, received_at: int, topic: str, payload: Any) -> None:
        """Take in one message: its payload is one event or several."""
        kind, name, what = topic.split("/")
        if what == "status":
            self._status(received_at, name, payload)
            return
        for event in payload if isinstance(payload, list) else [payload]:
            skewed = accepted = False
            verdict = self._admit(received_at, name, what, event)
            skewed, accepted = verdict == "skewed", verdict == "accepted"
            if kind == "device" and name in self._network.devices:
                self.heard.append(Heard(received_at, name, True, skewed, accepted))

    def _status(self, received_at: int, device: str, status: Mapping[str, Any]) -> None:
        if device not in self._network.devices:
            return
        if status["state"] == "online":
            self.heard.append(Heard(received_at, device, True, False, False))
        if "battery_pct" in status:
            at = instant(status["at"]) if "at" in status else received_at
            limits = self._network.defaults
            if not received_at - limits.max_age <= at <= received_at + limits.max_future:
                at = received_at
            self._power.append(Power(at, device, status["battery_pct"], None))

    def _admit(self, received_at: int, name: str, what: str, event: Mapping[str, Any]) -> str:
        network = self._network
        if what == "announce":
            return self._announce(received_at, name, event)
        device = network.devices.get(name)
        if device is None:
            return "refused"
        if what == "scan" and event.get("step"):
            site = event.get("site") or device.site
            if device.kind == "tracker" or (
                device.sites is not None and site is not None and site not in device.sites
            ):
                return "refused"
        if (
            what == "position"
            and device.container
            and event.get("container", device.container) != device.container
        ):
            return "refused"
        if (f"device/{name}", event["id"]) in self._known:
            return "duplicate"
        at = instant(event["at"])
        limits = network.defaults
        if at > received_at + limits.max_future or at < received_at - limits.max_age:
            return "skewed"
        return self._scan(name, at, event) if what == "scan" else self._position(name, at, event)

    def _announce(self, received_at: int, source: str, event: Mapping[str, Any]) -> str:
        key = (f"source/{source}", event["id"])
        early = instant(event["at"]) > received_at + self._network.defaults.max_future
        known = source in self._network.sources and event["route"] in self._network.routes
        if not known or early or key in self._known:
            return "refused"
        self._known.add(key)
        due = instant(event["due_at"]) if event.get("due_at") else None
        self._facts.append(
            Said(
                instant(event["at"]),
                event["id"],
                source,
                event["item"],
                event["route"],
                due,
                bool(event.get("cancelled")),
            )
        )
        return "accepted"

    def _scan(self, device: str, at: int, event: Mapping[str, Any]) -> str:
        step = event.get("step")
        if step:
            site = str(event.get("site") or self._network.devices[device].site)
            if site not in self._network.sites:
                return "refused"
            items = tuple(dict.fromkeys([event["item"]] if "item" in event else event.get("items", [])))
            fact = Seen(
                at, event["id"], device, site, step, items, event.get("container"), event.get("disposition")
            )
            self._facts.append(fact)
        self._known.add((f"device/{device}", event["id"]))
        self._voided |= {(device, other) for other in event.get("voids", []) if other != event["id"]}
        return "accepted"

    def _position(self, device: str, at: int, event: Mapping[str, Any]) -> str:
        container = event.get("container") or self._network.devices[device].container
        if container is None:
            return "refused"
        self._known.add((f"device/{device}", event["id"]))
        place = located(self._fences, event["lat"], event["lon"], event.get("accuracy_m"))
        limits = self._network.limits_of(container)
        bad = tuple(name for name, limit in limits.items() if name in event and not limit.allow(event[name]))
        self._facts.append(Fixed(at, event["id"], device, container, place.site, place.counted, bad))
        if "battery_pct" in event:
            self._power.append(Power(at, device, event["battery_pct"], event["id"]))
        return "accepted"


def clerk_of(network: Network, lines: Iterable[tuple[int, str, bytes]]) -> Clerk:
    """A clerk who has heard these lines: (received_at, topic without root, payload)."""
    clerk = Clerk(network)
    for received_at, topic, payload in lines:
        clerk.hear(received_at, topic, json.loads(payload))
    return clerk
