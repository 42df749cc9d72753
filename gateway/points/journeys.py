"""What journeys tell: each leg travelled, each stay that ended, each end; from an assessment, and so from all facts.

Where interfaces.md leaves it open:

- A leg is from one reached stop to the next reached one. It began with the departure, or, where none was scanned,
  with the latest sighting at the stop. `late_s` is how much later than the latest arrival it ended, 0 if it was not;
  there is none for an optional stop, nor beyond a skipped one. `typical_s` and `max_s` are what the plan gives the
  leg, with the dwells of the stops passed over in `max_s`.
- A dwell has ended when a departure is known. Where that is also the arrival, nobody saw it stay: there is none.
- `late` and `over` are 1 where there is any lateness or excess, else 0; `max_s` of a dwell is how long it might have
  lasted, from the arrival on.
- A trip ends completed, cancelled, or lost: while it is `missing`, from that deviation's `since` on. `cycle_s` is
  since its first sighting. `on_time` is 1 if it was completed before it was due, else 0, also for what is lost;
  where nothing was due, there is none. `legal` is 1 where it is the law that wants the route's goods in time.
- A return's trip is told as `trip` when it was announced, with the outcome that it has by now; `open` while it has
  none; `back` is 1 once it is completed. It changes as the trip ends, so that of what was announced in a week it can
  be said what came of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from gateway.points.schema import DWELL, JOURNEY_END, LEG, TRIP, Value
from gateway.tracking.assessment import Assessment
from gateway.tracking.instants import SECOND, Duration, Instant
from gateway.tracking.journey import Journey, Placement, Rule, dwell_deadline, expectation
from gateway.tracking.model import Announcement, Kind, Subject
from gateway.tracking.plan import Network, Stop
from gateway.tracking.sightings import Sighting
from gateway.tracking.trips import Trip

OPEN: Final = "open"
"""The outcome of a trip that has none yet."""
COMPLETED: Final = "completed"


class Milestone(NamedTuple):
    """One thing told, at its instant; `begin` is that of its trip. `fields` are without `n`, which is for later."""

    measurement: str
    begin: Instant
    at: Instant
    tags: Mapping[str, str]
    fields: Mapping[str, Value]


class Told(NamedTuple):
    """All that the trips of a subject tell. Of the trips that began at `closed` nothing can be told any more."""

    milestones: tuple[Milestone, ...]
    begins: frozenset[Instant]
    closed: frozenset[Instant]


def told(assessment: Assessment, announcements: Sequence[Announcement], network: Network) -> Told:
    """What the trips of a subject tell, those before the current one too; `announcements` are all of it."""
    found: list[Milestone] = []
    begins: set[Instant] = set()
    closed: set[Instant] = set()
    for index, trip in enumerate(assessment.trips):
        begin = _begin(trip)
        if not trip.journey.route.stops:
            closed.add(begin)
            continue
        begins.add(begin)
        following = assessment.trips[index + 1] if index + 1 < len(assessment.trips) else None
        teller = _Teller(assessment.subject, trip, begin, network)
        value = _value(trip, following, announcements)
        ends = list(teller.end(None if following else _lost(assessment), value))
        found += [*teller.legs(), *teller.dwells(), *ends, *teller.announced(ends, value)]
    return Told(tuple(found), frozenset(begins), frozenset(closed))


def _begin(trip: Trip) -> Instant:
    """The first evidence of a trip."""
    first = trip.journey.first
    known = [at for at in (trip.announced_at, first.at if first else None) if at is not None]
    return min(known, default=Instant(0))


def _lost(assessment: Assessment) -> Instant | None:
    missing = (each.since for each in assessment.deviations if each.kind is Kind.MISSING)
    return min(missing, default=None)


def _value(trip: Trip, following: Trip | None, announcements: Sequence[Announcement]) -> float | None:
    """The value that the latest of the trip's announcements to name one says."""
    first, end = trip.announced_at, following.announced_at if following else None
    if first is None:
        return None
    mine = [each for each in announcements if first <= each.at and (end is None or each.at < end)]
    return next((each.value for each in reversed(mine) if each.value is not None), None)


class _Teller:
    """Tells one trip."""

    def __init__(self, subject: Subject, trip: Trip, begin: Instant, network: Network) -> None:
        self._subject = subject
        self._trip = trip
        self._journey = trip.journey
        self._begin = begin
        self._network = network
        route = trip.journey.route
        self._legal = int(route.due_kind == "legal")
        self._tags = {"route": route.id, **({"purpose": route.purpose} if route.purpose else {})}

    def legs(self) -> Iterator[Milestone]:
        journey = self._journey
        reached = sorted(journey.arrived)
        for i, j in pairwise(reached):
            newest = _newest_at(journey.placements, i)
            arrival = journey.arrived[j]
            left = journey.departed.get(i, newest.at)
            sites = {"from_site": journey.arrived[i].site, "to_site": arrival.site}
            between = journey.route.stops[i + 1 : j + 1]
            late = self._late(i, j, newest)
            fields = {
                "transit_s": _seconds(arrival.at - left),
                "late": None if late is None else int(late > 0),
                "late_s": None if late is None else _seconds(late),
                "typical_s": _typical(between),
                "max_s": _longest(between),
            }
            yield self._milestone(LEG.name, arrival.at, sites, fields)

    def dwells(self) -> Iterator[Milestone]:
        journey = self._journey
        for index, departed in sorted(journey.departed.items()):
            arrival = journey.arrived[index]
            if departed == arrival.at and arrival.leaving:
                continue
            leave_by = dwell_deadline(
                Journey(journey.route, stop=index, arrived={index: arrival}), self._network
            )
            limited = {} if leave_by is None else _against(arrival.at, departed, leave_by)
            fields = {"dwell_s": _seconds(departed - arrival.at), **limited}
            yield self._milestone(DWELL.name, departed, {"site": arrival.site}, fields)

    def end(self, lost: Instant | None, value: float | None) -> Iterator[Milestone]:
        trip, completed = self._trip, self._journey.completed
        if trip.cancelled_at is not None:
            yield self._end("cancelled", trip.cancelled_at, {"value": value})
        elif completed is not None:
            due = self._due()
            on_time = {} if due is None else {"on_time": int(completed.at < due)}
            late = {} if due is None else {"late_s": _seconds(max(0, completed.at - due))}
            yield self._end(COMPLETED, completed.at, {**late, **on_time, "value": value})
        elif lost is not None:
            on_time = {} if self._due() is None else {"on_time": 0}
            yield self._end("lost", lost, {**on_time, "value": value})

    def announced(self, ends: Sequence[Milestone], value: float | None) -> Iterator[Milestone]:
        """The trip as a whole, if it was promised; `ends` is how it ended, or nothing."""
        if self._trip.announced_at is None:
            return
        outcome = ends[0].tags["outcome"] if ends else OPEN
        fields = {"back": int(outcome == COMPLETED), "legal": self._legal, "value": value}
        yield self._milestone(TRIP.name, self._trip.announced_at, {"outcome": outcome}, fields)

    def _end(self, outcome: str, at: Instant, fields: Mapping[str, Value | None]) -> Milestone:
        first = self._journey.first
        cycle = _seconds(at - first.at) if first is not None and first.at <= at else None
        common = {"kind": self._subject.kind, "legal": self._legal, "cycle_s": cycle}
        return self._milestone(JOURNEY_END.name, at, {"outcome": outcome}, {**common, **fields})

    def _milestone(
        self, measurement: str, at: Instant, tags: Mapping[str, str], fields: Mapping[str, Value | None]
    ) -> Milestone:
        known = {name: value for name, value in fields.items() if value is not None}
        return Milestone(
            measurement, self._begin, at, {**self._tags, **tags}, {"item": self._subject.id, **known}
        )

    def _late(self, i: int, j: int, newest: Sighting) -> Duration | None:
        """How late the arrival at j was, by what was known when it left i."""
        journey = self._journey
        departed = {i: journey.departed[i]} if i in journey.departed else {}
        before = Journey(
            journey.route, stop=i, arrived={i: journey.arrived[i]}, departed=departed, latest_at_stop=newest
        )
        ahead = expectation(before, self._network)
        if ahead is None or ahead.stop != j or ahead.by is None:
            return None
        return Duration(max(0, journey.arrived[j].at - ahead.by))

    def _due(self) -> Instant | None:
        first, within = self._journey.first, self._journey.route.due_within
        if self._trip.due_at is not None:
            return self._trip.due_at
        return Instant(first.at + within) if first is not None and within is not None else None


def _against(arrived: Instant, departed: Instant, leave_by: Instant) -> Mapping[str, Value]:
    """A dwell against its limit."""
    return {
        "over": int(departed > leave_by),
        "over_s": _seconds(max(0, departed - leave_by)),
        "max_s": _seconds(leave_by - arrived),
    }


def _newest_at(placements: Sequence[Placement], stop: int) -> Sighting:
    """The latest sighting at a stop that was reached."""
    here = (
        each.sighting
        for each in reversed(placements)
        if each.stop == stop and each.rule in (Rule.STILL, Rule.ARRIVED)
    )
    return next(here)


def _typical(stops: Sequence[Stop]) -> float | None:
    """The typical transits to these stops, one after the other."""
    typical = [stop.transit.typical if stop.transit else None for stop in stops]
    known = [each for each in typical if each is not None]
    return _seconds(sum(known)) if len(known) == len(stops) else None


def _longest(stops: Sequence[Stop]) -> float | None:
    """The most that transits to these stops may take, with the dwells of all but the last."""
    if any(stop.transit is None for stop in stops):
        return None
    transits = sum(stop.transit.max for stop in stops if stop.transit)
    dwells = sum(stop.dwell.max for stop in stops[:-1] if stop.dwell)
    return _seconds(transits + dwells)


def _seconds(length: int) -> float:
    return length / SECOND
