"""The lives of containers: trip after trip along their route, with returns packed in them or on their own.

A life ends where the container is lost for good, or with the scenario. Where its tracker was when is written down for
`positions`; what the trips are evidence of for their contents is worked out once everything is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from devices.fleet.course import CRITICAL, MAJOR, Course, truths
from devices.fleet.hours import working_end
from devices.fleet.network import Container, Route
from devices.fleet.notebook import Notebook, Packed
from devices.fleet.timeline import FOREVER, Sight, Truth
from devices.fleet.walks import Mishap, possible, walk
from gateway.tracking.instants import DAY, HOUR, MINUTE, Instant

_MISHAPS: Final = {
    Mishap.LATE: 5, Mishap.STUCK: 2, Mishap.LOST: 1, Mishap.ASTRAY: 2, Mishap.ASTRAY_FOR_GOOD: 1,
}  # fmt: skip
_SHORT: Final = 0.35
"""Of the loads that go wrong, those from which something is taken on the way."""
_AT_ONCE: Final = 8
"""Items in one unpacking scan."""


@dataclass
class Life:
    """Where a container was: its scans at sites. `over`: it was lost, or stays where it does not belong.

    `heated`: from when to when its load was beyond the limits of its type; `inspected` ends what that made known.
    """

    container: Container
    sights: list[Sight] = field(default_factory=list)
    over: bool = False
    heated: list[tuple[Instant, Instant]] = field(default_factory=list)
    inspected: list[Instant] = field(default_factory=list)


def carried_by(notebook: Notebook, container: Route) -> list[Route]:
    """The routes whose returns can travel in containers of this route, and be unpacked where it ends."""
    sites = [stop.sites[0] for stop in container.stops]
    found = []
    for route in notebook.network.routes.values():
        if route is container or not route.stops[-1].unpack or sites[-1] not in route.stops[-1].sites:
            continue
        if not set(container.stops[0].sites) <= set(route.stops[0].sites):
            continue
        way = [Sight(Instant(number * HOUR), site, "arriving") for number, site in enumerate(sites)]
        wrong = truths(Course(("return", ""), route, way, Instant(0)), notebook.network)
        if not any(truth.kind in ("misrouted", "backtracked", "skipped") for truth in wrong):
            found.append(route)
    return found


def live(
    notebook: Notebook, container: Container, route: Route, carries: Sequence[Route], *, trouble: float
) -> Life:
    """The whole life of a container on its route, carrying returns if there are routes for them."""
    life = Life(container)
    at = Instant(notebook.start + notebook.draw(HOUR, DAY))
    while at < notebook.until and not life.over:
        trip = _Trip(notebook, life, route)
        mishap = Mishap.NONE
        if notebook.chance.random() < trouble:
            mishap = notebook.chance.choices(list(_MISHAPS), list(_MISHAPS.values()))[0]
            mishap = possible(route, notebook.chance.choice, mishap)
        at = trip.made(
            at, mishap, notebook.chance.choice(list(carries)) if carries else None, trouble=trouble
        )
    return life


class _Trip:
    """One trip of a container: filled at its first stop, emptied at its last, and brought back."""

    def __init__(self, notebook: Notebook, life: Life, route: Route) -> None:
        self._notebook = notebook
        self._life = life
        self._id = life.container.id
        self._route = route

    def made(self, at: Instant, mishap: Mishap, load: Route | None, *, trouble: float) -> Instant:
        """Make the trip from `at`; when the next can begin."""
        notebook = self._notebook
        way = walk(notebook, self._route, at, mishap, "arriving")
        leaves = next(sight.at for sight in way if sight.step == "departing")
        heated = bool(self._life.container.limits) and load is None and notebook.chance.random() < trouble
        stolen = mishap is Mishap.NONE and load is not None and notebook.chance.random() < trouble * _SHORT
        for sight in way:
            self._scan(sight, [])
        packed = [] if load is None else self._filled(load, way[0], leaves, mishap)
        arrived = way[-1]
        if arrived.site not in self._route.stops[-1].sites:
            self._life.over = True
            return notebook.until
        if heated:
            begins = Instant(leaves + notebook.draw(30 * MINUTE, HOUR))
            self._life.heated.append((begins, arrived.at))
        free = self._emptied(packed, arrived, stolen=stolen) if packed else arrived.at
        if heated:
            free = self._inspected(arrived.site, free)
        return self._brought_back(arrived.site, free)

    def _scan(self, sight: Sight, items: Sequence[str]) -> None:
        self._life.sights.append(sight)
        self._notebook.scan(sight, items, self._id)

    def _filled(self, load: Route, at: Sight, leaves: Instant, mishap: Mishap) -> list[Packed]:
        """Returns handed in while the container stands there are packed into it, in opening hours."""
        notebook = self._notebook
        packed = []
        for _ in range(notebook.chance.randint(3, 9)):
            handed_in = notebook.at_work(
                at.site, Instant(at.at + notebook.draw(5 * MINUTE, max((leaves - at.at) * 0.8, 10 * MINUTE)))
            )
            into = Instant(handed_in + notebook.draw(2 * MINUTE, 15 * MINUTE))
            if into >= leaves - MINUTE:
                continue
            item = notebook.name("CART")
            notebook.stories[item] = f"in {self._id}, {mishap.value}"
            promised = max(Instant(handed_in - notebook.draw(4 * HOUR, 40 * HOUR)), notebook.start)
            notebook.announce(item, load, promised)
            notebook.scan(Sight(handed_in, at.site, "collecting"), [item])
            self._scan(Sight(into, at.site, "packing"), [item])
            if into < notebook.until:
                packed.append(Packed(item, self._id, into))
        notebook.packed += packed
        return packed

    def _emptied(self, packed: Sequence[Packed], arrived: Sight, *, stolen: bool) -> Instant:
        """Unpacked some hours after the arrival, each item then received; what was stolen on the way is short."""
        notebook, site = self._notebook, arrived.site
        present = list(packed)
        gone = [present.pop(notebook.chance.randrange(len(present)))] if stolen and len(present) > 1 else []
        begin = at = notebook.at_work(site, Instant(arrived.at + notebook.draw(20 * MINUTE, 3 * HOUR)))
        for first in range(0, len(present), _AT_ONCE):
            at = Instant(at + notebook.draw(2 * MINUTE, 6 * MINUTE)) if first else at
            some = present[first : first + _AT_ONCE]
            self._scan(Sight(at, site, "unpacking"), [each.item for each in some])
            for each in some:
                each.left = each.known = at
        if notebook.chance.random() < 0.4:
            at = end = Instant(at + notebook.draw(MINUTE, 10 * MINUTE))
            self._scan(Sight(at, site, "unpacking"), [])
        else:
            window = notebook.network.defaults.unpack_window
            end = working_end(notebook.network.sites[site], at, window) or FOREVER
        for each in gone:
            each.left, each.known = begin, end
            notebook.stories[each.item] = f"stolen out of {self._id}"
            notebook.truths.append(Truth(("return", each.item), "missing", None, end, end, FOREVER, CRITICAL))
        for each in present:
            received = notebook.at_work(site, Instant(at + notebook.draw(5 * MINUTE, 90 * MINUTE)))
            notebook.scan(Sight(received, site, "receiving"), [each.item])
        if gone:
            notebook.truths.append(
                Truth(("container", self._id), "count_mismatch", None, end, end, FOREVER, MAJOR)
            )
        return max(end, Instant(at + 2 * HOUR))

    def _inspected(self, site: str, at: Instant) -> Instant:
        at = self._notebook.at_work(site, Instant(at + self._notebook.draw(HOUR, 8 * HOUR)))
        self._scan(Sight(at, site, "inspecting"), [])
        self._life.inspected.append(at)
        return at

    def _brought_back(self, site: str, at: Instant) -> Instant:
        """Off again after some hours; the next trip begins with the arrival at its first stop."""
        notebook = self._notebook
        leaves = notebook.at_work(site, Instant(at + notebook.draw(HOUR, 12 * HOUR)))
        self._scan(Sight(leaves, site, "departing"), [])
        return Instant(leaves + notebook.draw(6 * HOUR, 11 * HOUR))
