"""How a subject stands by its assessment, for figures over all of them: where it is, since when, until when at most."""

from gateway.ports.projection import Standing
from gateway.tracking.assessment import Assessment
from gateway.tracking.journey import dwell_deadline
from gateway.tracking.model import JourneyStatus
from gateway.tracking.plan import Network

_UNDER_WAY = frozenset(
    {JourneyStatus.ANNOUNCED, JourneyStatus.AT_STOP, JourneyStatus.IN_TRANSIT, JourneyStatus.OFF_PLAN}
)


def standing_of(assessment: Assessment, network: Network) -> Standing | None:
    """The standing of a journey under way, or of a declared container; None for everything else.

    What is at a stop has been at its site since its arrival; what strayed, since it left its route. What was last
    seen leaving is nowhere.
    """
    subject, trip = assessment.subject, assessment.trip
    under_way = assessment.status in _UNDER_WAY and trip is not None
    if not under_way and subject.id not in network.containers:
        return None
    newest = assessment.seen.sightings[-1] if assessment.seen.sightings else None
    here = newest.site if newest is not None and not newest.leaving else None
    standing = Standing(subject.id, subject.kind, None, None, here)
    if trip is None or not under_way:
        return standing
    journey = trip.journey
    standing = standing._replace(route=journey.route.id, status=assessment.status)
    if assessment.status is JourneyStatus.AT_STOP:
        arrival = journey.arrived[journey.stop]
        return standing._replace(
            site=arrival.site, since=arrival.at, leave_by=dwell_deadline(journey, network)
        )
    if journey.off_plan is not None and here is not None:
        return standing._replace(since=journey.off_plan.since)
    return standing
