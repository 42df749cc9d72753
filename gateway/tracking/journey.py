"""A route against sightings: the fold of tracking.md section 3, and the trips that announcements and goods make.

The theory. Stops are numbered 0 … n-1 and a cursor c, at first -1, is the last stop known to be reached. Each
sighting is placed by the first rule that fits, and the placements are all that the rest needs:

    rule 1  its site is one of stop c's         still there; leaving steps mark the departure
    rule 2  its site is one of a later stop's   arrived there; what lies between was skipped
    rule 3  its site is one of an earlier one's backtracked; the cursor stays
    rule 4  its site is on no stop              misrouted; the cursor stays

A journey never remembers more than its sightings: fold them again and the same journey comes out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from gateway.tracking.calendars import next_opening, working_deadline
from gateway.tracking.instants import Instant
from gateway.tracking.model import LEAVING, PREPARING, Kind, Origin
from gateway.tracking.plan import Network, Route, Stop
from gateway.tracking.sightings import Sighting


class Rule(Enum):
    """Where the fold placed a sighting."""

    STILL = auto()
    ARRIVED = auto()
    BACKTRACKED = auto()
    MISROUTED = auto()


class Placement(NamedTuple):
    """One sighting as the fold took it. `stop` is the cursor after it; `late`: it came after the latest arrival."""

    sighting: Sighting
    rule: Rule
    stop: int
    skipped: tuple[int, ...] = ()
    late: bool = False


class OffPlan(NamedTuple):
    """An unbroken run of sightings off the route: its kind, its first instant and its latest site."""

    kind: Kind
    since: Instant
    site: str


class Expectation(NamedTuple):
    """Where a subject should be next, and the latest arrival there (None: its sites never open again)."""

    stop: int
    by: Instant | None


@dataclass(slots=True)
class Journey:
    """A trip of one subject, folded. Indices are stops; instants are microseconds UTC."""

    route: Route
    stop: int = -1
    arrived: dict[int, Sighting] = field(default_factory=dict)
    departed: dict[int, Instant] = field(default_factory=dict)
    skipped: dict[int, Instant] = field(default_factory=dict)
    latest_at_stop: Sighting | None = None
    off_plan: OffPlan | None = None
    completed: Sighting | None = None
    placements: list[Placement] = field(default_factory=list)
    expected: "tuple[Expectation | None] | None" = None
    """What `expectation` found, until the next sighting; it is asked for several times."""

    @property
    def first(self) -> Sighting | None:
        return self.placements[0].sighting if self.placements else None

    @property
    def newest(self) -> Sighting | None:
        """The newest sighting that the fold took, wherever it was."""
        return self.placements[-1].sighting if self.placements else None


def fold(route: Route, sightings: Sequence[Sighting], network: Network) -> tuple[Journey, Sequence[Sighting]]:
    """The journey that sightings, in the order of events, make of a route; and those after its completion."""
    journey = Journey(route)
    start, count = 0, len(sightings)
    while start < count and journey.completed is None:
        end = start + 1
        while end < count and sightings[end].at == sightings[start].at:
            end += 1
        instant = sightings[start:end]
        if end - start > 1:
            instant = in_order(route, journey.stop, instant)
        for place, sighting in enumerate(instant, 1):
            _take(journey, sighting, network)
            if journey.completed is not None:
                return journey, [*instant[place:], *sightings[end:]]
        start = end
    return journey, ()


def in_order(route: Route, cursor: int, instant: Iterable[Sighting]) -> list[Sighting]:
    """Sightings of one instant in the order of the route, the cursor being as it was before the instant."""

    def rank(sighting: Sighting) -> tuple[int, int, bool, str, str]:
        if _at(route, cursor, sighting.site):
            place = (0, 0)
        else:
            target = _target(route, cursor, sighting.site)
            place = (2, 0) if target is None else (1, target)
        return (*place, sighting.leaving, sighting.id, sighting.device)

    return sorted(instant, key=rank)


def _at(route: Route, cursor: int, site: str) -> bool:
    return cursor >= 0 and site in route.stops[cursor].sites


def _target(route: Route, cursor: int, site: str) -> int | None:
    """The first stop after the cursor that has the site."""
    for index in range(cursor + 1, len(route.stops)):
        if site in route.stops[index].sites:
            return index
    return None


def _take(journey: Journey, sighting: Sighting, network: Network) -> None:
    if _at(journey.route, journey.stop, sighting.site):
        journey.off_plan = None
        journey.latest_at_stop = sighting
        _mark_departure(journey, sighting)
        journey.placements.append(Placement(sighting, Rule.STILL, journey.stop))
    else:
        target = _target(journey.route, journey.stop, sighting.site)
        if target is None:
            _stray(journey, sighting)
            return
        _arrive(journey, sighting, target, network)
    journey.expected = None
    if journey.stop == len(journey.route.stops) - 1 and completes(journey.route, sighting):
        journey.completed = sighting


def _mark_departure(journey: Journey, sighting: Sighting) -> None:
    if sighting.leaving:
        journey.departed[journey.stop] = sighting.at
    elif sighting.step not in PREPARING:
        journey.departed.pop(journey.stop, None)


def _arrive(journey: Journey, sighting: Sighting, target: int, network: Network) -> None:
    expected = expectation(journey, network)
    late = (
        expected is not None
        and expected.stop == target
        and expected.by is not None
        and sighting.at > expected.by
    )
    passed: tuple[int, ...] = ()
    if target > journey.stop + 1:
        stops = journey.route.stops
        passed = tuple(index for index in range(journey.stop + 1, target) if not stops[index].optional)
        journey.skipped.update(dict.fromkeys(passed, sighting.at))
    journey.stop = target
    journey.arrived[target] = sighting
    journey.latest_at_stop = sighting
    journey.off_plan = None
    if sighting.leaving:
        journey.departed[target] = sighting.at
    journey.placements.append(Placement(sighting, Rule.ARRIVED, target, passed, late))


def _stray(journey: Journey, sighting: Sighting) -> None:
    earlier = any(sighting.site in stop.sites for stop in journey.route.stops[: max(journey.stop, 0)])
    kind = Kind.BACKTRACKED if earlier else Kind.MISROUTED
    run = journey.off_plan
    since = run.since if run is not None and run.kind is kind else sighting.at
    journey.off_plan = OffPlan(kind, since, sighting.site)
    rule = Rule.BACKTRACKED if earlier else Rule.MISROUTED
    journey.placements.append(Placement(sighting, rule, journey.stop))


def completes(route: Route, sighting: Sighting) -> bool:
    """Whether a sighting at the last stop ends the journey: its step, and where unpacked, its own evidence."""
    last = route.stops[-1]
    if sighting.blind:
        return True
    if last.steps and sighting.step not in last.steps:
        return False
    return not last.unpack or sighting.origin is not Origin.CONTAINER


def unmoved(route: Route, stop: int, site: str, steps: Iterable[str], network: Network) -> bool:
    """Whether a return that is at a stop, nothing being amiss, can be seen once more by its container unchanged.

    The sighting, later than all before, may only put deadlines off. Where the latest arrival follows the latest
    sighting and the next stop closes, it may also bring one forward: from an opening's grace into the opening.
    """
    here, steps = route.stops[stop], frozenset(steps)
    if site not in here.sites or steps & LEAVING:
        return False
    if stop == len(route.stops) - 1:
        return here.unpack or (bool(here.steps) and not steps & here.steps)
    ahead = next(each for each in route.stops[stop + 1 :] if not each.optional)
    return here.dwell is not None or any(network.sites[each].calendar is None for each in ahead.sites)


def expectation(journey: Journey, network: Network) -> Expectation | None:
    """The next non-optional stop and the latest arrival there; None before the first stop and at the last."""
    if not 0 <= journey.stop < len(journey.route.stops) - 1:
        return None
    if journey.expected is None:
        journey.expected = (_expectation(journey, network),)
    return journey.expected[0]


def _expectation(journey: Journey, network: Network) -> Expectation:
    stops = journey.route.stops
    at = _base(journey, network)
    ahead = journey.stop + 1
    while stops[ahead].optional:
        if at is not None:
            at = Instant(at + _leg(stops[ahead]) + _stay(stops[ahead]))
        ahead += 1
    if at is not None:
        at = _while_open(stops[ahead], Instant(at + _leg(stops[ahead])), network)
    return Expectation(ahead, at)


def _leg(stop: Stop) -> int:
    return 0 if stop.transit is None else stop.transit.max


def _stay(stop: Stop) -> int:
    return 0 if stop.dwell is None else stop.dwell.max


def _base(journey: Journey, network: Network) -> Instant | None:
    departed = journey.departed.get(journey.stop)
    if departed is not None:
        return departed
    if journey.route.stops[journey.stop].dwell is not None:
        return dwell_deadline(journey, network)
    return journey.latest_at_stop.at if journey.latest_at_stop else None


def dwell_deadline(journey: Journey, network: Network) -> Instant | None:
    """When the subject should have left its stop; None without a dwell, or where its working time never passes."""
    dwell = journey.route.stops[journey.stop].dwell
    if dwell is None:
        return None
    arrival = journey.arrived[journey.stop]
    if not dwell.working:
        return Instant(arrival.at + dwell.max)
    return working_deadline(network.sites[arrival.site], arrival.at, dwell.max)


def _while_open(stop: Stop, at: Instant, network: Network) -> Instant | None:
    """The instant, put off to where one of the stop's sites has opened for long enough; None if none ever does."""
    first: Instant | None = None
    for id_ in stop.sites:
        opening = next_opening(network.sites[id_], at)
        if opening == at:
            return at
        if opening is not None and (first is None or opening < first):
            first = opening
    return None if first is None else Instant(first + network.defaults.opening_grace)
