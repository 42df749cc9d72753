"""What is true now of each return and container, and the instants at which time alone may change it (section 4)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.tracking.fences import distance_m
from gateway.tracking.instants import HOUR
from tests.properties.oracle.containment import FOREVER, Yard
from tests.properties.oracle.facts import Seen, World
from tests.properties.oracle.journeys import (
    Eyes,
    Journey,
    Sight,
    dwell_end,
    latest_arrival,
    trips_of_container,
    trips_of_return,
)

Key = tuple[str, int | str | None]
"""The kind of a deviation, and the stop or sensor that it is about."""
MINOR, WARNING, MAJOR, CRITICAL = 1, 2, 3, 4


class Claim(NamedTuple):
    """A deviation that holds from `begins` to `ends`; `sites` are those of stop m, or that of an overdwell."""

    key: Key
    since: int
    severity: int
    begins: int
    ends: int = FOREVER
    sites: tuple[str, ...] = ()


@dataclass
class View:
    """One return or container now."""

    kind: str
    id: str
    status: str | None = None
    stop: int | None = None
    parent: str | None = None
    true: dict[Key, Claim] = field(default_factory=dict)
    ahead: list[int] = field(default_factory=list)


class Eyewitness:
    """All goods of a world at `now`."""

    def __init__(self, world: World, now: int) -> None:
        self._world = world
        self._now = now
        self._network = world.network
        self._yard = Yard(world, now)
        self._eyes = Eyes(world, self._yard)
        self.ahead = self._yard.ends_ahead()

    def views(self) -> dict[str, View]:
        return {id_: self.view(id_) for id_ in sorted(self._world.goods())}

    def view(self, id_: str) -> View:
        view = View(
            "container" if self._world.is_container(id_) else "return", id_, parent=self._yard.parent(id_)
        )
        for claim in self._container(view) if view.kind == "container" else self._return(view):
            view.ahead += [edge for edge in (claim.begins, claim.ends) if self._now < edge < FOREVER]
            if claim.begins <= self._now < claim.ends:
                known = view.true.get(claim.key)
                if known is None or claim.since < known.since:
                    view.true[claim.key] = claim
        for stay in self._yard.of(id_):
            view.ahead += [edge for edge in (stay.since, stay.until) if edge is not None and edge > self._now]
        return view

    def _return(self, view: View) -> Iterator[Claim]:
        own = [scan for scan in self._world.scans if view.id in scan.items]
        said = [said for said in self._world.said if said.item == view.id]
        sights = self._eyes.of(view.id)
        if said:
            yield from self._journey(view, trips_of_return(said, sights, self._network)[-1], sights)
        elif sights:
            view.status = "unplanned"
        if own and not said:
            defaults = self._network.defaults
            begins, ends = own[0].at + defaults.announce_grace, own[-1].at + defaults.forget_after
            yield Claim(("unexpected", None), own[0].at, WARNING, begins, ends)
        ghosts = [scan for index, scan in enumerate(own) if _ended_elsewhere(own[:index], scan.site)]
        if ghosts:
            yield _at_once(("seen_after_end", None), ghosts[0].at, MAJOR)
        if len(own) > 1 and self._too_fast(own[-2], own[-1]):
            yield _at_once(("impossible_travel", None), own[-1].at, WARNING)

    def _too_fast(self, one: Seen, two: Seen) -> bool:
        here, there = self._network.sites[one.site], self._network.sites[two.site]
        km = distance_m(here.lat, here.lon, there.lat, there.lon) / 1000
        hours = (two.at - one.at) / HOUR
        return km > 10 and (hours == 0 or km / hours > self._network.defaults.max_speed_kmh)

    def _container(self, view: View) -> Iterator[Claim]:
        declared = self._network.containers.get(view.id)
        sights = self._eyes.of(view.id)
        if declared is None or declared.route is None:
            for at in self._shorts(view.id, None):
                yield _from(("missing", None), at, CRITICAL)
        elif sights:
            trips = trips_of_container(self._network.routes[declared.route], sights)
            yield from self._journey(view, trips[-1], sights)
        yield from self._mismatch(view.id)
        checks = [scan.at for scan in self._world.own(view.id) if scan.step == "inspecting"]
        for sensor in self._network.limits_of(view.id):
            bad = [fix.at for fix in self._world.fixes if fix.container == view.id and sensor in fix.bad]
            bad = [at for at in bad if at > max(checks, default=-FOREVER)]
            if bad:
                yield _at_once(("excursion", sensor), bad[0], MAJOR)

    def _mismatch(self, container: str) -> Iterator[Claim]:
        ended = [each for each in self._yard.ended if each.container == container]
        if not ended:
            return
        latest = ended[-1]
        packed_since = any(
            scan.step == "packing" and scan.container == container and scan[:3] > latest.scans[-1][:3]
            for scan in self._world.scans
        )
        if (latest.short or latest.over) and not packed_since:
            yield _from(("count_mismatch", None), latest.ended_at or 0, MAJOR)

    def _shorts(self, id_: str, begin: int | None) -> list[int]:
        found = [stay.short for stay in self._yard.of(id_) if stay.short]
        return [each.ended_at or 0 for each in found if begin is None or each.begin.at >= begin]

    def _journey(self, view: View, trip: Journey, sights: list[Sight]) -> Iterator[Claim]:
        view.status = trip.status
        if trip.cancelled_at is not None:
            return
        view.stop = trip.c if trip.c >= 0 else None
        if trip.completed:
            return
        route = trip.route
        due = trip.due_at
        if due is None and trip.took and route.due_within is not None:
            due = trip.took[0].at + route.due_within
        if due is not None:
            yield _from(("overdue", None), due, CRITICAL if route.due_kind == "legal" else MAJOR)
        for at in self._shorts(view.id, trip.begin):
            yield _from(("missing", None), at, CRITICAL)
        if not trip.took:
            if trip.announced_at is not None and route.collect_within is not None:
                yield _from(("not_collected", None), trip.announced_at + route.collect_within, MINOR)
            return
        yield from self._late(view, trip, sights)
        if trip.off:
            kind, since, _ = trip.off
            yield _at_once((kind, None), since, MAJOR if kind == "misrouted" else MINOR)
        for stop, at in trip.skipped.items():
            yield _at_once(("skipped", stop), at, MINOR)

    def _late(self, view: View, trip: Journey, sights: list[Sight]) -> Iterator[Claim]:
        if trip.c >= 0 and trip.c not in trip.departed and not trip.off:
            leave = dwell_end(trip, self._network)
            if leave is not None:
                yield _from(("overdwell", trip.c), leave, WARNING, (trip.arrived[trip.c].site,))
        ahead = latest_arrival(trip, self._network)
        if ahead is not None:
            yield _from(("delayed", ahead[0]), ahead[1], MAJOR, trip.route.stops[ahead[0]].sites)
        if trip.route.missing_after is not None:
            heard = max(*(sight.at for sight in sights), self._eyes.last_fix(view.id))
            gone = heard + trip.route.missing_after
            yield _from(("missing", None), max(gone, ahead[1]) if ahead else gone, CRITICAL)


def _from(key: Key, since: int, severity: int, sites: tuple[str, ...] = ()) -> Claim:
    return Claim(key, since, severity, since, sites=sites)


def _at_once(key: Key, since: int, severity: int) -> Claim:
    """What the table gives no time for is true as soon as it is known."""
    return Claim(key, since, severity, -FOREVER)


def _ended_elsewhere(before: list[Seen], site: str) -> bool:
    return any(
        scan.site != site and (scan.step == "destroying" or scan.disposition in ("destroyed", "disposed"))
        for scan in before
    )
