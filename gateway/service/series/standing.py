"""How a subject stands by its assessment, for figures and lists: where it is, since when, where it is expected next."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from gateway.ports.projection import Standing
from gateway.tracking.assessment import Assessment
from gateway.tracking.journey import dwell_deadline
from gateway.tracking.model import JourneyStatus, Subject
from gateway.tracking.plan import Network, Route
from gateway.tracking.sightings import Sighting

_UNDER_WAY: Final = frozenset(
    {JourneyStatus.ANNOUNCED, JourneyStatus.AT_STOP, JourneyStatus.IN_TRANSIT, JourneyStatus.OFF_PLAN}
)
_DESTROYED: Final = "destroying"


def standing_of(assessment: Assessment, network: Network) -> Standing | None:
    """The standing of a journey under way, of what was seen and has no journey, and of a declared container.

    None for everything else. What is at a stop has been at its site since its arrival; what strayed, since it left
    its route; what has no journey, since the first of its latest sightings, all there. What was last seen leaving is
    nowhere, as is what has no journey and was destroyed.
    """
    subject, trip = assessment.subject, assessment.trip
    if trip is None or assessment.status not in _UNDER_WAY:
        standing = _without_journey(subject, assessment.seen.sightings)
        is_told = subject.id in network.containers or (trip is None and standing.site is not None)
        return standing if is_told else None
    journey = trip.journey
    newest = assessment.seen.sightings[-1] if assessment.seen.sightings else None
    here = newest.site if newest is not None and not newest.leaving else None
    standing = Standing(subject.id, subject.kind, journey.route.id, assessment.status, here)
    if assessment.status is JourneyStatus.IN_TRANSIT:
        return standing._replace(expected_sites=next_sites(journey.route, journey.stop))
    if assessment.status is JourneyStatus.AT_STOP:
        arrival = journey.arrived[journey.stop]
        return standing._replace(
            site=arrival.site,
            since=arrival.at,
            leave_by=dwell_deadline(journey, network),
            expected_sites=next_sites(journey.route, journey.stop),
        )
    if journey.off_plan is not None and here is not None:
        return standing._replace(since=journey.off_plan.since)
    return standing


def next_sites(route: Route, stop: int) -> tuple[str, ...]:
    """The sites, by id, of what comes after a stop: optional stops, and the first that is not; none after the last."""
    found: set[str] = set()
    for ahead in route.stops[stop + 1 :]:
        found.update(ahead.sites)
        if not ahead.optional:
            break
    return tuple(sorted(found))


def _without_journey(subject: Subject, sightings: Sequence[Sighting]) -> Standing:
    """Where the newest of its sightings says that it is; since the first of those that say so without a break."""
    standing = Standing(subject.id, subject.kind, None, None)
    if not sightings or sightings[-1].leaving or sightings[-1].step == _DESTROYED:
        return standing
    site = sightings[-1].site
    there = takewhile(lambda each: each.site == site and not each.leaving, reversed(sightings))
    *_, first = there
    return standing._replace(site=site, since=first.at)
