"""Random histories of a network: goods that travel, more or less as planned.

Told in event time, by a small model of who is where in what, spiced with everything that goes wrong. When and how
often a gateway hears of it is for `receiving`.
"""

from random import Random
from typing import Any, NamedTuple

from gateway.tracking.instants import HOUR, MINUTE, instant, rfc3339
from gateway.tracking.plan import Network
from tests.properties.networks import SSCC

START = instant("2026-03-26T06:00:00Z")
"""Three days before the clocks change in Europe."""
ANY_STEPS = (
    *(
        "arriving",
        "departing",
        "receiving",
        "inspecting",
        "storing",
        "loading",
        "shipping",
        "collecting",
        "holding",
    ),
    *("destroying", "transporting", "staging_outbound", "unpacking", "packing", "repairing"),
)
NOWHERE = "S-NOWHERE"
"""A site that no network has."""
TRAVEL = (
    "arriving",
    "receiving",
    "departing",
    "departing",
    "collecting",
    "shipping",
    "inspecting",
    "loading",
)


class Event(NamedTuple):
    """What happens at an instant, and the message that says so."""

    at: int
    topic: str
    payload: dict[str, Any]


class Teller:
    """Tells one history."""

    def __init__(self, rng: Random, network: Network, length: int) -> None:
        self.rng = rng
        self.network = network
        self.length = length
        # In a tight history few are at few places, mostly to pack and unpack, and much happens at the same hour.
        self.tight = rng.random() < 0.35
        self.sites = list(network.sites)[: 2 if self.tight else None]
        self.scanners = [each.id for each in network.devices.values() if each.kind == "scanner"]
        self.items = [f"SN-{index}" for index in range(rng.randint(2, 3 if self.tight else 9))]
        self.containers = [*network.containers, "CAGE-1", SSCC][: 3 if self.tight else None]
        self.place = {each: rng.choice(self.sites) for each in (*self.items, *self.containers)}
        self.routes = {item: rng.choice(list(network.routes)) for item in self.items}
        self.inside: dict[str, str] = {}
        self.lost: set[str] = set()
        self.now: int = START
        self.count = 0
        self.events: list[Event] = []

    def tell(self) -> list[Event]:
        for item in self.items:
            if self.rng.random() < 0.8:
                self._announce(item)
        acts = (
            (self._travel, 30),
            (self._carry, 12),
            (self._pack, 30 if self.tight else 10),
            (self._unpack, 25 if self.tight else 8),
            (self._deliver, 6),
            (self._stray, 8),
            (self._announce_some, 6),
            (self._track, 8),
            (self._void, 3),
            (self._status, 2),
            (self._handle, 4),
            (self._oddity, 2),
        )
        while len(self.events) < self.length:
            self._pass_time()
            self.rng.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()
        return self.events

    def _pass_time(self) -> None:
        chance = self.rng.random()
        if chance < 0.2:
            return
        if self.tight:
            self.now += self.rng.choice((10 * MINUTE, 1 * HOUR, 1 * HOUR, 2 * HOUR, 3 * HOUR))
            self.now -= self.now % HOUR if chance < 0.7 else 0
            return
        if chance < 0.6:
            self.now += self.rng.randint(1, 12) * 5 * MINUTE
        elif chance < 0.95:
            self.now += self.rng.randint(1, 4) * HOUR
        else:
            self.now += self.rng.randint(4, 16) * HOUR

    def _id(self) -> str:
        self.count += 1
        return f"{self.rng.randrange(10)}{self.count}"

    def _scan(
        self, step: str, site: str, items: list[str], container: str | None = None, **more: Any
    ) -> None:
        rng = self.rng
        device = rng.choice(self.scanners)
        payload: dict[str, Any] = {"id": self._id(), "at": rfc3339(self.now), "step": step, "site": site}
        if len(items) == 1 and rng.random() < 0.5:
            payload["item"] = items[0]
        elif items:
            payload["items"] = items
        if container:
            payload["container"] = container
        if rng.random() < 0.02:
            payload["site"] = NOWHERE
        if self.network.devices[device].site == site and rng.random() < 0.5:
            del payload["site"]
        self.events.append(Event(self.now, f"device/{device}/scan", {**payload, **more}))

    def _announce(self, item: str) -> None:
        rng = self.rng
        if rng.random() < 0.3:
            self.routes[item] = rng.choice(list(self.network.routes))
        payload: dict[str, Any] = {
            "id": self._id(),
            "at": rfc3339(self.now),
            "item": item,
            "route": self.routes[item],
        }
        if rng.random() < 0.2:
            payload["due_at"] = rfc3339(self.now + rng.randint(5, 80) * HOUR)
        if rng.random() < 0.1:
            payload["cancelled"] = True
        self.events.append(Event(self.now, f"source/{rng.choice(('erp', 'rma'))}/announce", payload))

    def _announce_some(self) -> None:
        self._announce(self.rng.choice(self.items))

    def _next(self, subject: str, route: str | None) -> str:
        """Where a subject goes next: along its route, mostly."""
        rng = self.rng
        stops = self.network.routes[route].stops if route else ()
        here = self.place[subject]
        at = next((index for index, stop in enumerate(stops) if here in stop.sites), -1)
        if not stops or rng.random() < 0.12:
            return rng.choice(self.sites)
        ahead = at + (2 if rng.random() < 0.12 else rng.choice((0, 1, 1)))
        site = rng.choice(stops[max(0, min(ahead, len(stops) - 1))].sites)
        return site if site in self.sites else rng.choice(self.sites)

    def _item(self) -> str:
        """Some return; one that is lost turns up but rarely."""
        item = self.rng.choice(self.items)
        if item in self.lost and self.rng.random() < 0.9:
            return self.rng.choice(self.items)
        return item

    def _travel(self) -> None:
        item = self._item()
        site = self.place[item] = self._next(item, self.routes[item])
        step = self.rng.choice(TRAVEL)
        if self.rng.random() < 0.25:
            last = self.network.routes[self.routes[item]].stops[-1]
            step = self.rng.choice(sorted(last.steps) or ["receiving"])
        more = {"disposition": self.rng.choice(("destroyed", "returned"))} if self.rng.random() < 0.05 else {}
        self._scan(step, site, [item], **more)

    def _carry(self) -> None:
        container = self.rng.choice(self.containers)
        declared = self.network.containers.get(container)
        site = self.place[container] = self._next(container, declared.route if declared else None)
        for item, outer in self.inside.items():
            if outer == container:
                self.place[item] = site
        step = self.rng.choice(
            ("arriving", "departing", "transporting", "receiving", "storing", "inspecting")
        )
        self._scan(step, site, [], container)

    def _pack(self) -> None:
        rng = self.rng
        container = rng.choice(self.containers)
        goods = self.items + (self.containers if rng.random() < 0.4 else [])
        named = rng.sample(goods, min(len(goods), rng.choice((1, 1, 2, 3, 4))))
        for each in named:
            self.inside[each] = container
        self._scan("packing", self.place[container], named, container)

    def _unpack(self) -> None:
        """An unpacking in one to three scans, some of them ending with an all out, some being nothing but one."""
        rng = self.rng
        container = rng.choice(sorted(set(self.inside.values())) or self.containers)
        site = self.place[container] if rng.random() < 0.8 else rng.choice(self.sites)
        packed = [item for item, outer in self.inside.items() if outer == container]
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            left = [item for item in packed if self.inside.get(item) == container]
            named = rng.sample(left, min(len(left), rng.choice((1, 1, 2))))
            if rng.random() < 0.15:
                named.append(rng.choice(self.items + self.containers))
            for item in named:
                self.inside.pop(item, None)
            if named:
                self._scan(
                    "unpacking", site, list(dict.fromkeys(named)), container if rng.random() < 0.7 else None
                )
            self.now += rng.choice((0, 10 * MINUTE, 40 * MINUTE, 2 * HOUR))
        if rng.random() < 0.4:
            for item in packed:
                self.inside.pop(item, None)
            self._scan("unpacking", site, [], container)

    def _deliver(self) -> None:
        """Goods packed, perhaps into a tote and that into a cage, driven to where they are due out, and one is lost."""
        rng = self.rng
        container = rng.choice(self.containers)
        named = rng.sample(self.items, min(len(self.items), rng.choice((2, 3, 4))))
        self.inside.update(dict.fromkeys(named, container))
        self._scan("packing", self.place[container], named, container)
        truck = container
        if rng.random() < 0.3:
            truck = rng.choice(self.containers)
            self._scan("packing", self.place[container], [container], truck)
        self._scan("departing", self.place[container], [], truck)
        self.now += rng.randint(1, 6) * HOUR
        route = self.network.routes[self.routes[named[0]]]
        site = rng.choice([site for stop in route.stops if stop.unpack for site in stop.sites] or self.sites)
        site = site if site in self.sites else rng.choice(self.sites)
        self.place[container] = self.place[truck] = site
        if rng.random() < 0.8:
            self._scan("arriving", site, [], truck)
        if truck != container and rng.random() < 0.7:
            self._scan("unpacking", site, [container] if rng.random() < 0.6 else [], truck)
        lost = {item for item in named if rng.random() < 0.3}
        self.lost |= lost
        for item in named:
            if item not in lost:
                self.now += rng.choice((0, 5, 30)) * MINUTE
                self._scan("unpacking", site, [item], container if rng.random() < 0.7 else None)
        if rng.random() < 0.4:
            self._scan("unpacking", site, [], container)

    def _stray(self) -> None:
        """Anything, anywhere."""
        rng = self.rng
        goods = [each for each in self.items if each not in self.lost] + self.containers
        named = rng.sample(goods, rng.choice((1, 1, 1, 2)))
        container = rng.choice(self.containers) if rng.random() < 0.3 else None
        self._scan(rng.choice(ANY_STEPS), rng.choice(self.sites), named, container)

    def _handle(self) -> None:
        """What is packed is handled, its container named or not."""
        item = self.rng.choice(sorted(self.inside) or self.items)
        container = self.inside.get(item) if self.rng.random() < 0.3 else None
        step = self.rng.choice(("receiving", "storing", "inspecting", "destroying", "holding"))
        self._scan(step, self.place[item], [item], container)

    def _oddity(self) -> None:
        """A return that serves as a container; a container known only by a scanner's GPS; a tracker that scans."""
        rng = self.rng
        if rng.random() < 0.2:
            payload = {
                "id": self._id(),
                "at": rfc3339(self.now),
                "step": "arriving",
                "item": rng.choice(self.items),
            }
            self.events.append(Event(self.now, "device/trk-0/scan", {**payload, "site": self.sites[0]}))
            return
        if rng.random() < 0.5:
            self._scan(
                rng.choice(ANY_STEPS),
                rng.choice(self.sites),
                [rng.choice(self.items)],
                rng.choice(self.items),
            )
        else:
            name = rng.choice((*self.items, "CAGE-2"))
            self._fix(rng.choice(self.scanners), self.place.get(name, self.sites[0]), 0, name)
            if name == "CAGE-2":
                self._scan(rng.choice(("packing", "unpacking", "storing")), self.sites[0], [name], "CAGE-1")

    def _fix(self, device: str, site: str, off: float, container: str | None = None) -> None:
        rng = self.rng
        where = self.network.sites[site]
        payload: dict[str, Any] = {
            "id": self._id(),
            "at": rfc3339(self.now),
            "lat": round(where.lat + off, 6),
            "lon": round(where.lon + rng.choice((0, 0.0003)), 6),
        }
        if container:
            payload["container"] = container
        if rng.random() < 0.15:
            payload["accuracy_m"] = rng.choice((50, 250, 3000))
        if rng.random() < 0.15:
            payload["temperature_c"] = rng.choice((21, 45, -20))
        if rng.random() < 0.2:
            payload["battery_pct"] = rng.choice((10, 19, 22, 25, 60))
        self.events.append(Event(self.now, f"device/{device}/position", payload))

    def _track(self) -> None:
        """A tracker's fixes: underway, in a fence, back out, with strays, and sometimes two at one instant."""
        rng = self.rng
        container = rng.choice([each for each in self.network.containers.values() if each.tracker])
        tracker = str(container.tracker)
        declared = self.network.containers[container.id]
        site = self._next(container.id, declared.route)
        began = self.now
        for _ in range(rng.randint(1, 5)):
            off = rng.choice((0, 0, 0, 0.0005, 0.002, 0.2))
            self._fix(tracker, site if rng.random() < 0.85 else rng.choice(self.sites), off)
            self.now += rng.choice((0, 1, 3, 5, 10, 30)) * MINUTE
        if rng.random() < 0.5:
            self.place[container.id] = site
        if rng.random() < 0.5:
            self.now = began

    def _void(self) -> None:
        """A mistake taken back, sometimes before it was made."""
        rng = self.rng
        mine = [event for event in self.events if event.topic.startswith("device/") and "id" in event.payload]
        device = rng.choice(self.scanners)
        recent = [event.payload["id"] for event in mine if event.topic.split("/")[1] == device][-12:]
        ids = rng.sample(recent, min(len(recent), rng.choice((1, 1, 2))))
        if rng.random() < 0.2:
            ids.append(f"{rng.randrange(10)}{self.count + rng.randint(2, 9)}")
        if not ids:
            return
        if rng.random() < 0.3:
            self._scan("arriving", rng.choice(self.sites), [rng.choice(self.items)], voids=ids)
        else:
            payload = {"id": self._id(), "at": rfc3339(self.now + 4 * MINUTE), "voids": ids}
            self.events.append(Event(self.now, f"device/{device}/scan", payload))

    def _status(self) -> None:
        rng = self.rng
        device = rng.choice(list(self.network.devices))
        payload: dict[str, Any] = {"state": rng.choice(("online", "offline"))}
        if rng.random() < 0.5:
            payload["at"] = rfc3339(self.now)
        if rng.random() < 0.5:
            payload["battery_pct"] = rng.choice((10, 19, 22, 25, 60))
        self.events.append(Event(self.now, f"device/{device}/status", payload))
