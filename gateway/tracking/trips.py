"""The trips of a return and of a container: which sightings count for the journey of today (tracking.md section 3)."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from gateway.tracking.instants import Instant
from gateway.tracking.journey import Journey, fold, in_order
from gateway.tracking.model import Announcement
from gateway.tracking.plan import Network, Route
from gateway.tracking.sightings import Sighting


class Trip(NamedTuple):
    """One way through the network. `begin` is None for trip one, which has no beginning.

    For a return, `announced_at` and `due_at` are what its announcements, as amended, say; `cancelled_at` is when
    the last of them called it off. `rest` are the sightings after the journey's completion, or none.
    """

    number: int
    journey: Journey
    rest: Sequence[Sighting] = ()
    begin: Instant | None = None
    announced_at: Instant | None = None
    due_at: Instant | None = None
    cancelled_at: Instant | None = None

    @property
    def cancelled(self) -> bool:
        return self.cancelled_at is not None


def trips_of_return(
    announcements: Sequence[Announcement], sightings: Sequence[Sighting], network: Network
) -> list[Trip]:
    """All trips of a return, the current one last; none where it was never announced."""
    trips: list[Trip] = []
    for said in announcements:
        if not trips:
            trips.append(_trip(said, said.at, None, sightings, network))
        elif not _ended_before(trips[-1], said):
            began = trips.pop().announced_at
            previous = trips[-1] if trips else None
            trips.append(_trip(said, said.at if began is None else began, previous, sightings, network))
        elif not said.cancelled:
            trips.append(_trip(said, said.at, trips[-1], sightings, network))
    return trips


def _ended_before(trip: Trip, said: Announcement) -> bool:
    """A trip whose route the network no longer has is history: whatever comes later is another."""
    completed = trip.journey.completed
    retired = not trip.journey.route.stops
    return retired or trip.cancelled or (completed is not None and completed.at < said.at)


def _trip(
    said: Announcement,
    announced_at: Instant,
    previous: Trip | None,
    sightings: Sequence[Sighting],
    network: Network,
) -> Trip:
    """The trip that an announcement begins or amends, its sightings folded along the route it says."""
    route = network.routes.get(said.route) or Route(said.route, ())
    begin = None
    counted = sightings
    if previous is not None:
        after = _after(previous, sightings)
        begin = _begin(route, announced_at, previous, after)
        known = sightings if previous.cancelled else previous.rest
        counted = [sighting for sighting in known if sighting.at >= begin]
    journey, rest = fold(route, counted, network)
    return Trip(
        number=1 if previous is None else previous.number + 1,
        journey=journey,
        rest=rest,
        begin=begin,
        announced_at=announced_at,
        due_at=said.due_at,
        cancelled_at=said.at if said.cancelled else None,
    )


def _after(previous: Trip, sightings: Sequence[Sighting]) -> Sequence[Sighting]:
    if previous.cancelled_at is None:
        return previous.rest
    return [sighting for sighting in sightings if sighting.at > previous.cancelled_at]


def _begin(route: Route, announced_at: Instant, previous: Trip, after: Sequence[Sighting]) -> Instant:
    """A later trip begins with its announcement, or with goods handed in before it, where that cannot be a leftover."""
    for sighting in after:
        if sighting.at >= announced_at:
            break
        if _at_start(route, sighting.site) and not _at_end(previous.journey.route, sighting.site):
            return sighting.at
    return announced_at


def _at_start(route: Route, site: str) -> bool:
    return bool(route.stops) and site in route.stops[0].sites


def _at_end(route: Route, site: str) -> bool:
    return bool(route.stops) and site in route.stops[-1].sites


def trips_of_container(route: Route, sightings: Sequence[Sighting], network: Network) -> list[Trip]:
    """All trips of a container along its route, the current one last; one without sightings if it was never seen."""
    last = len(route.stops) - 1
    ordered: list[Sighting] = []
    for _, together in groupby(sightings, key=lambda sighting: sighting.at):
        instant = list(together)
        # Of one instant after a completion the first that begins a trip is that in the order of the route, too.
        ordered.extend(in_order(route, last, instant) if len(instant) > 1 else instant)
    journey, rest = fold(route, ordered, network)
    trips = [Trip(1, journey, rest)]
    while journey.completed is not None:
        start = next((index for index, sighting in enumerate(rest) if _starts(route, sighting)), None)
        if start is None:
            break
        begin = rest[start].at
        journey, rest = fold(route, rest[start:], network)
        trips.append(Trip(len(trips) + 1, journey, rest, begin))
    return trips


def _starts(route: Route, sighting: Sighting) -> bool:
    """Whether a sighting after completion begins a container's next trip."""
    if not _at_start(route, sighting.site):
        return False
    return not _at_end(route, sighting.site) or sighting.leaving or sighting.step == "packing"
