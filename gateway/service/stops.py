"""A journey stop by stop, for people: when it was or is expected at each, what happened there, and how late.

All of it is read off the fold of the journey, or off a fold of what was known before a sighting. Durations and
instants are microseconds.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from gateway.tracking.instants import Duration, Instant
from gateway.tracking.journey import Journey, Placement, Rule, dwell_deadline, expectation, fold
from gateway.tracking.model import Origin
from gateway.tracking.plan import Network, Route, Stop
from gateway.tracking.sightings import Sighting
from gateway.tracking.trips import Trip


class Progress(StrEnum):
    """How far a journey is with a stop."""

    PASSED = "passed"
    HERE = "here"
    SKIPPED = "skipped"
    NEXT = "next"
    AHEAD = "ahead"


class Window(NamedTuple):
    """When an arrival is due. `expected`: by the typical transits since it was last at its stop; `latest`: at most."""

    expected: Instant | None = None
    latest: Instant | None = None


class StopView(NamedTuple):
    """One stop. `late` is how much later than the latest arrival it came, or has not come yet; `over` how much
    longer than its dwell allows it stayed, or has stayed so far.
    """

    number: int
    stop: Stop
    progress: Progress
    window: Window
    arrived: Sighting | None = None
    departed: Sighting | None = None
    leave_by: Instant | None = None
    late: Duration | None = None
    over: Duration | None = None


def stop_views(trip: Trip, network: Network, now: Instant) -> tuple[StopView, ...]:
    """All stops of a trip's route, in order."""
    journey = trip.journey
    ahead = {} if _ended(trip) else windows(journey, network)
    views = []
    for index, stop in enumerate(journey.route.stops):
        if index in journey.arrived:
            views.append(_reached(trip, index, network, now))
            continue
        window = ahead.get(index, Window())
        if index == 0 and journey.first is None:
            window = _collection(trip)
        late = _past(now, window.latest) if not _ended(trip) else None
        views.append(StopView(index, stop, _progress(trip, index), window, late=late))
    return tuple(views)


def windows(journey: Journey, network: Network) -> dict[int, Window]:
    """The windows of the stops that are ahead, as far as transits say; each leg's latest counts from the one before."""
    latest = dict(_latest(journey, network))
    expected = dict(_typical(journey))
    return {
        index: Window(expected.get(index), latest.get(index)) for index in latest.keys() | expected.keys()
    }


def _reached(trip: Trip, index: int, network: Network, now: Instant) -> StopView:
    journey = trip.journey
    arrival = journey.arrived[index]
    window = _window_then(trip, index, network)
    departure = _departure(journey, index)
    leave_by = dwell_deadline(Journey(journey.route, stop=index, arrived={index: arrival}), network)
    here = index == journey.stop and not _ended(trip)
    left = departure.at if departure else now if here and journey.off_plan is None else None
    return StopView(
        index,
        journey.route.stops[index],
        Progress.HERE if here and departure is None else Progress.PASSED,
        window,
        arrival,
        departure,
        leave_by,
        _past(arrival.at, window.latest),
        _past(left, leave_by),
    )


def _window_then(trip: Trip, index: int, network: Network) -> Window:
    """The window of a stop by what was known before the arrival there."""
    journey = trip.journey
    place = next(
        number
        for number, each in enumerate(journey.placements)
        if each.rule is Rule.ARRIVED and each.stop == index
    )
    if place == 0:
        return _collection(trip) if index == 0 else Window()
    before, _ = fold(journey.route, [each.sighting for each in journey.placements[:place]], network)
    return windows(before, network).get(index, Window())


def _collection(trip: Trip) -> Window:
    within = trip.journey.route.collect_within
    if trip.announced_at is None or within is None:
        return Window()
    return Window(latest=Instant(trip.announced_at + within))


def _departure(journey: Journey, index: int) -> Sighting | None:
    at = journey.departed.get(index)
    if at is None:
        return None
    leaving = (each for each in journey.placements if _leaves(each, index, at))
    return next((each.sighting for each in leaving), None)


def _leaves(placement: Placement, index: int, at: Instant) -> bool:
    on_route = placement.rule in (Rule.STILL, Rule.ARRIVED)
    return on_route and placement.stop == index and placement.sighting.leaving and placement.sighting.at == at


def _progress(trip: Trip, index: int) -> Progress:
    journey = trip.journey
    if index in journey.skipped:
        return Progress.SKIPPED
    if index < journey.stop:
        return Progress.PASSED
    stops = journey.route.stops
    following = next((i for i in range(journey.stop + 1, len(stops)) if not stops[i].optional), None)
    return Progress.NEXT if index == following and not _ended(trip) else Progress.AHEAD


def _latest(journey: Journey, network: Network) -> Iterator[tuple[int, Instant]]:
    while (ahead := expectation(journey, network)) is not None and ahead.by is not None:
        yield from _optional(journey, ahead.stop, network)
        yield ahead.stop, ahead.by
        journey = _supposed(journey.route, ahead.stop, ahead.by)


def _optional(journey: Journey, following: int, network: Network) -> Iterator[tuple[int, Instant]]:
    """The latest arrivals at the optional stops before the following one."""
    at = journey.departed.get(journey.stop) or dwell_deadline(journey, network)
    if at is None and journey.latest_at_stop is not None:
        at = journey.latest_at_stop.at
    for index in range(journey.stop + 1, following):
        stop = journey.route.stops[index]
        if at is None or stop.transit is None:
            return
        at = Instant(at + stop.transit.max)
        yield index, at
        if stop.dwell is not None:
            at = Instant(at + stop.dwell.max)


def _supposed(route: Route, index: int, at: Instant) -> Journey:
    """A journey that has just arrived at a stop."""
    arrival = Sighting(at, "", "", route.stops[index].sites[0], "arriving", Origin.SCAN)
    return Journey(route, stop=index, arrived={index: arrival}, latest_at_stop=arrival)


def _typical(journey: Journey) -> Iterator[tuple[int, Instant]]:
    """Typical transits added up; how long it stays in between nobody can tell."""
    if journey.latest_at_stop is None:
        return
    at = journey.departed.get(journey.stop, journey.latest_at_stop.at)
    for index in range(journey.stop + 1, len(journey.route.stops)):
        transit = journey.route.stops[index].transit
        if transit is None or transit.typical is None:
            return
        at = Instant(at + transit.typical)
        yield index, at


def _ended(trip: Trip) -> bool:
    return trip.cancelled or trip.journey.completed is not None


def _past(at: Instant | None, deadline: Instant | None) -> Duration | None:
    return Duration(at - deadline) if at is not None and deadline is not None and at > deadline else None
