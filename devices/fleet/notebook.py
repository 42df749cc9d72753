"""What is written down while a scenario is told: who scanned what where, and what that is evidence of.

One notebook per scenario. All instants are whole milliseconds, as devices send them, and none is beyond the end: what
would happen later is not told. Chance is the notebook's own, so that a seed gives one scenario.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from devices.fleet.hours import next_open
from devices.fleet.hush import Stay
from devices.fleet.network import Network, Route
from devices.fleet.timeline import FOREVER, Happening, Sight, Truth
from gateway.tracking.instants import MINUTE, SECOND, Instant, rfc3339


@dataclass
class Told:
    """What is said of a return: its route and its announcements' sum; `route` None: never announced."""

    route: Route | None = None
    announced_at: Instant | None = None
    due_at: Instant | None = None
    cancelled_at: Instant = FOREVER


@dataclass
class Packed:
    """An item in a container: `left` as it truly was, `known` until when the gateway must take it for inside."""

    item: str
    container: str
    since: Instant
    left: Instant = FOREVER
    known: Instant = FOREVER

    def stay(self) -> Stay:
        return Stay(self.item, self.container, self.since, self.known)


@dataclass
class Notebook:
    """The scenario so far. `own` are sightings by own scans, with the number of their event."""

    network: Network
    chance: random.Random
    start: Instant
    until: Instant
    timeline: list[Happening] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)
    own: dict[str, list[tuple[Sight, int]]] = field(default_factory=lambda: defaultdict(list))
    packed: list[Packed] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    stories: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def name(self, prefix: str) -> str:
        """A new id for a return."""
        self._made += 1
        return f"{prefix}-{self._made:05d}"

    def draw(self, least: float, most: float) -> Instant:
        """A duration between two, in whole milliseconds."""
        return whole(self.chance.uniform(least, most))

    def at_work(self, site: str, at: Instant) -> Instant:
        """The instant, or if the site is closed then, shortly after it next opens."""
        opens = next_open(self.network.sites[site], at)
        if opens is None or opens == at:
            return at
        return Instant(opens + self.draw(2 * MINUTE, 25 * MINUTE))

    def announce(self, item: str, route: Route, at: Instant, due_at: Instant | None = None) -> None:
        """The ERP promises a return."""
        if at < self.until:
            told = self.told.setdefault(item, Told())
            told.route, told.announced_at, told.due_at = route, at, due_at
            self._say_announcement(item, route, at, due_at)

    def cancel(self, item: str, at: Instant) -> None:
        """The ERP calls the return off."""
        told = self.told[item]
        if at < self.until and told.route is not None:
            told.cancelled_at = at
            self._say_announcement(item, told.route, at, told.due_at, cancelled=True)

    def scan(self, sight: Sight, items: Sequence[str], container: str | None = None, **more: str) -> None:
        """A scanner at the sighting's site reports the items, the container, or both."""
        if sight.at >= self.until:
            return
        device = self.chance.choice(self.network.scanners_at(sight.site))
        body: dict[str, Any] = {"step": sight.step, "site": sight.site, **more}
        if items:
            body["items"] = list(items)
        if container is not None:
            body["container"] = container
        about = tuple(items) if container is None else (*items, container)
        self.timeline.append(Happening(sight.at, f"device/{device}", "scan", body, about))
        for each in about:
            self.own[each].append((sight, len(self.timeline)))

    def report(self, tracker: str, container: str, at: Instant, body: dict[str, Any]) -> None:
        """A tracker reports where it is."""
        if at < self.until:
            self.timeline.append(Happening(at, f"device/{tracker}", "position", body, (container,)))

    def status(self, device: str, at: Instant, battery_pct: float) -> None:
        """A device says that it lives."""
        body = {"state": "online", "battery_pct": battery_pct}
        self.timeline.append(Happening(at, f"device/{device}", "status", body))

    def sights(self, subject: str) -> Iterable[Sight]:
        """The subject's own sightings, in order."""
        return [sight for sight, _ in sorted(self.own[subject])]

    def _say_announcement(
        self, item: str, route: Route, at: Instant, due_at: Instant | None, *, cancelled: bool = False
    ) -> None:
        body: dict[str, Any] = {"item": item, "route": route.id}
        if due_at is not None:
            body["due_at"] = rfc3339(due_at)
        if cancelled:
            body["cancelled"] = True
        self.timeline.append(Happening(at, f"source/{self.network.source}", "announce", body, (item,)))


def whole(at: float) -> Instant:
    """Whole milliseconds."""
    return Instant(int(at) // (SECOND // 1000) * (SECOND // 1000))
