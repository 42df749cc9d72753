"""Sightings, trips and the fold along a route (sections 2 and 3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from gateway.tracking.calendars import is_open, next_opening, working_deadline
from gateway.tracking.fences import Fix, visits
from gateway.tracking.model import LEAVING
from gateway.tracking.plan import Network, Route, Stop
from tests.properties.oracle.containment import FOREVER, Stay, Yard
from tests.properties.oracle.facts import Said, World


class Sight(NamedTuple):
    """A sighting; `merely` inherited, or by a `blind` all out."""

    at: int
    id: str
    device: str
    site: str
    step: str
    merely: bool
    blind: bool = False


class Eyes:
    """Who was seen where."""

    def __init__(self, world: World, yard: Yard) -> None:
        self._world = world
        self._yard = yard
        self._visits: dict[str, list[Sight]] = {}

    def of(self, subject: str) -> list[Sight]:
        """All sightings of a subject in order, one per event, an own one before an inherited."""
        found: dict[tuple[str, str], Sight] = {}
        for sight in [*self._own(subject), *self._passed_on(subject, -FOREVER, FOREVER)]:
            found.setdefault((sight.id, sight.device), sight)
        return sorted(found.values())

    def last_fix(self, subject: str) -> int:
        """The newest position of a subject, or of what it was packed in while it was."""
        own = [fix.at for fix in self._world.fixes if fix.container == subject]
        return max([*own, *self._fixes_around(subject, -FOREVER, FOREVER)], default=-FOREVER)

    def _own(self, subject: str) -> Iterator[Sight]:
        for scan in self._world.own(subject):
            yield Sight(*scan[:5], False)
        if self._world.is_container(subject):
            if subject not in self._visits:
                self._visits[subject] = list(self._visited(subject))
            yield from self._visits[subject]

    def _visited(self, container: str) -> Iterator[Sight]:
        fixes = [
            Fix(fix.at, fix.id, fix.device, fix.place)  # type: ignore[arg-type]
            for fix in self._world.fixes
            if fix.container == container and fix.counted
        ]
        for mark in visits(fixes, self._world.network.defaults.min_inside)[1]:
            yield Sight(
                mark.at, f"{mark.fix_id}/{mark.site}/{mark.step}", mark.device, mark.site, mark.step, False
            )

    def _passed_on(self, subject: str, since: int, until: int) -> Iterator[Sight]:
        """What a subject inherits from `since` (included) to `until` (excluded)."""
        for stay in self._yard.of(subject):
            begin, end = _both(stay, since, until)
            if begin < end:
                around = [*self._own(stay.container), *self._passed_on(stay.container, begin, end)]
                for sight in around:
                    if begin <= sight.at < end:
                        yield sight._replace(merely=True, blind=False)
            if stay.blind is not None and since <= stay.blind.at < until:
                yield Sight(*stay.blind[:5], False, True)

    def _fixes_around(self, subject: str, since: int, until: int) -> Iterator[int]:
        for stay in self._yard.of(subject):
            begin, end = _both(stay, since, until)
            if begin < end:
                for fix in self._world.fixes:
                    if fix.container == stay.container and begin <= fix.at < end:
                        yield fix.at
                yield from self._fixes_around(stay.container, begin, end)


def _both(stay: Stay, since: int, until: int) -> tuple[int, int]:
    return max(since, stay.since), until if stay.until is None else min(until, stay.until)


@dataclass
class Journey:
    """One trip folded. `took` are the sightings that it took, `rest` those after its completion."""

    route: Route
    begin: int | None = None
    announced_at: int | None = None
    due_at: int | None = None
    cancelled_at: int | None = None
    c: int = -1
    arrived: dict[int, Sight] = field(default_factory=dict)
    departed: dict[int, int] = field(default_factory=dict)
    skipped: dict[int, int] = field(default_factory=dict)
    latest_here: int = 0
    off: tuple[str, int, str] | None = None
    completed: Sight | None = None
    took: list[Sight] = field(default_factory=list)
    rest: list[Sight] = field(default_factory=list)

    @property
    def status(self) -> str:
        if self.cancelled_at is not None:
            return "cancelled"
        if self.completed:
            return "completed"
        if not self.took:
            return "announced"
        if self.off:
            return "off_plan"
        return "in_transit" if self.c in self.departed else "at_stop"


def _rule(route: Route, c: int, site: str) -> tuple[int, int]:
    """The rule of a sighting with the cursor at c, and the stop of rules 1 and 2."""
    if c >= 0 and site in route.stops[c].sites:
        return 1, c
    for j in range(c + 1, len(route.stops)):
        if site in route.stops[j].sites:
            return 2, j
    if any(site in stop.sites for stop in route.stops[: max(c, 0)]):
        return 3, 0
    return 4, 0


def fold(journey: Journey, sights: Sequence[Sight]) -> Journey:
    """Fold sightings in the order of events into a journey."""
    for _, together in groupby(sights, key=lambda sight: sight.at):
        before = journey.c

        def rank(sight: Sight, before: int = before) -> tuple[int, int, bool, str, str]:
            rule, stop = _rule(journey.route, before, sight.site)
            return min(rule, 3), stop, sight.step in LEAVING, sight.id, sight.device

        for sight in sorted(together, key=rank):
            if journey.completed:
                journey.rest.append(sight)
            else:
                _step(journey, sight)
    return journey


def _step(journey: Journey, sight: Sight) -> None:
    stops = journey.route.stops
    journey.took.append(sight)
    rule, j = _rule(journey.route, journey.c, sight.site)
    leaving = sight.step in LEAVING
    if rule == 1:
        if leaving:
            journey.departed[j] = sight.at
        elif sight.step not in ("loading", "staging_outbound"):
            journey.departed.pop(j, None)
    elif rule == 2:
        for between in range(journey.c + 1, j):
            if not stops[between].optional:
                journey.skipped[between] = sight.at
        journey.c = j
        journey.arrived[j] = sight
        if leaving:
            journey.departed[j] = sight.at
    else:
        kind = "backtracked" if rule == 3 else "misrouted"
        since = journey.off[1] if journey.off and journey.off[0] == kind else sight.at
        journey.off = (kind, since, sight.site)
        return
    journey.off = None
    journey.latest_here = sight.at
    last = stops[-1]
    if j == len(stops) - 1:
        right_step = not last.steps or sight.step in last.steps or sight.blind
        if right_step and not (last.unpack and sight.merely):
            journey.completed = sight


def trips_of_return(said: Sequence[Said], sights: Sequence[Sight], network: Network) -> list[Journey]:
    """All trips that announcements make, the current one last."""
    groups: list[list[Said]] = []
    trips: list[Journey] = []
    for one in said:
        if not groups:
            groups.append([one])
        else:
            now = trips[-1]
            ended = now.cancelled_at is not None or (now.completed is not None and now.completed.at < one.at)
            if ended and one.cancelled:
                continue
            if ended:
                groups.append([one])
            else:
                groups[-1].append(one)
                trips.pop()
        trips.append(_trip(groups[-1], trips[-1] if trips else None, sights, network))
    return trips


def _trip(
    group: Sequence[Said], previous: Journey | None, sights: Sequence[Sight], network: Network
) -> Journey:
    route = network.routes[group[-1].route]
    cancelled_at = group[-1].at if group[-1].cancelled else None
    journey = Journey(route, None, group[0].at, group[-1].due_at, cancelled_at)
    counted = list(sights)
    if previous is not None:
        if previous.completed is not None and previous.cancelled_at is None:
            counted = previous.rest
            later = counted
        else:
            later = [sight for sight in sights if sight.at > (previous.cancelled_at or 0)]
        journey.begin = group[0].at
        for sight in later:
            old = previous.route.stops[-1].sites
            if sight.at < journey.begin and sight.site in route.stops[0].sites and sight.site not in old:
                journey.begin = sight.at
        counted = [sight for sight in counted if sight.at >= journey.begin]
    return fold(journey, counted)


def trips_of_container(route: Route, sights: Sequence[Sight]) -> list[Journey]:
    """A container's trips along its route, the current one last."""
    trips = [fold(Journey(route), sights)]
    first, last = route.stops[0].sites, route.stops[-1].sites
    while trips[-1].completed:
        for index, sight in enumerate(rest := trips[-1].rest):
            fresh = sight.site not in last or sight.step == "packing" or sight.step in LEAVING
            if sight.site in first and fresh:
                trips.append(fold(Journey(route, sight.at), rest[index:]))
                break
        else:
            break
    return trips


def dwell_end(journey: Journey, network: Network) -> int | None:
    """When the subject should have left stop c: None without a dwell, FOREVER if its working time never passes."""
    dwell = journey.route.stops[journey.c].dwell
    if dwell is None:
        return None
    arrival = journey.arrived[journey.c]
    if not dwell.working:
        return arrival.at + dwell.max
    end = working_deadline(network.sites[arrival.site], arrival.at, dwell.max)  # type: ignore[arg-type]
    return FOREVER if end is None else end


def latest_arrival(journey: Journey, network: Network) -> tuple[int, int] | None:
    """The next non-optional stop m and the latest arrival there; None before the first stop and at the last."""
    stops, c = journey.route.stops, journey.c
    if c < 0 or c == len(stops) - 1:
        return None
    m = next(index for index in range(c + 1, len(stops)) if not stops[index].optional)
    leave = dwell_end(journey, network)
    at = journey.departed.get(c, journey.latest_here if leave is None else leave)
    if at >= FOREVER:
        return m, FOREVER
    for index in range(c + 1, m + 1):
        leg = stops[index].transit
        at += leg.max if leg else 0
    at += sum(stop.dwell.max for stop in stops[c + 1 : m] if stop.dwell)
    return m, _when_open(stops[m], at, network)


def _when_open(stop: Stop, at: int, network: Network) -> int:
    sites = [network.sites[site] for site in stop.sites]
    if any(is_open(site, at) for site in sites):  # type: ignore[arg-type]
        return at
    openings = [opening for site in sites if (opening := next_opening(site, at)) is not None]  # type: ignore[arg-type]
    return min(openings) + network.defaults.opening_grace if openings else FOREVER
