"""One return or container, assessed: its journey, its deviations, and when to look again.

The single entry for everything that needs a subject's view: intake, sweep, replay, trace, verdicts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.tracking import deviations
from gateway.tracking.containment import container_at
from gateway.tracking.deviations import Deviation, Findings
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Subject
from gateway.tracking.sightings import Seen, seen
from gateway.tracking.trips import Trip, trips_of_container, trips_of_return


class Assessment(NamedTuple):
    """A subject at a moment. `status` is None where there is no journey and never was a sighting to speak of.

    `parent` is the container it is in; `look_again` is the first instant at which time alone can change any of
    it (None: never). Both are by the evidence of the moment.
    """

    subject: Subject
    status: JourneyStatus | None
    trips: Sequence[Trip]
    seen: Seen
    deviations: tuple[Deviation, ...]
    parent: str | None
    look_again: Instant | None

    @property
    def trip(self) -> Trip | None:
        """The current trip."""
        return self.trips[-1] if self.trips else None

    @property
    def stop(self) -> int | None:
        """The stop that the journey has reached; None where announced, cancelled, unplanned or without one."""
        if not self.trips or self.status in _WITHOUT_STOP:
            return None
        stop = self.trips[-1].journey.stop
        return stop if stop >= 0 else None


_WITHOUT_STOP = frozenset({JourneyStatus.ANNOUNCED, JourneyStatus.CANCELLED, JourneyStatus.UNPLANNED, None})


def assess(subject: str, moment: Moment) -> Assessment:
    """The subject, a return or a container by what is known of its id, at a moment."""
    return (_container if moment.evidence.is_container(subject) else _return)(subject, moment)


def _return(item: str, moment: Moment) -> Assessment:
    evidence, network = moment.evidence, moment.network
    known = seen(item, moment)
    announcements = evidence.announcements(item)
    trips = trips_of_return(announcements, known.sightings, network)
    found = Findings(moment.now)
    deviations.of_return(evidence.scans(item), network, found, announced=bool(announcements))
    status: JourneyStatus | None = None
    if trips:
        deviations.of_trip(item, trips[-1], known, moment, found)
        status = _status(trips[-1])
    elif known.sightings:
        status = JourneyStatus.UNPLANNED
    return _assessment(Subject("return", item), status, trips, known, found, moment)


def _container(container: str, moment: Moment) -> Assessment:
    known = seen(container, moment)
    declared = moment.network.containers.get(container)
    route = moment.network.routes.get(declared.route) if declared and declared.route else None
    found = Findings(moment.now)
    deviations.of_container(container, moment, found)
    trips: list[Trip] = []
    status: JourneyStatus | None = None
    if route is not None and known.sightings:
        trips = trips_of_container(route, known.sightings, moment.network)
        deviations.of_trip(container, trips[-1], known, moment, found)
        status = _status(trips[-1])
    elif route is None:
        deviations.short_container(known, moment.network, found)
    return _assessment(Subject("container", container), status, trips, known, found, moment)


def _assessment(
    subject: Subject,
    status: JourneyStatus | None,
    trips: Sequence[Trip],
    known: Seen,
    found: Findings,
    moment: Moment,
) -> Assessment:
    now = moment.now
    parent = None
    if known.stays:
        parent = container_at(known.stays, now)
        for stay in known.stays:
            for edge in (stay.stay.since[0], stay.until):
                if edge is not None:
                    found.due(edge)
    return Assessment(subject, status, trips, known, found.deviations, parent, found.ahead)


def _status(trip: Trip) -> JourneyStatus:
    journey = trip.journey
    if trip.cancelled_at is not None:
        return JourneyStatus.CANCELLED
    if journey.completed is not None:
        return JourneyStatus.COMPLETED
    if journey.first is None:
        return JourneyStatus.ANNOUNCED
    if journey.off_plan is not None:
        return JourneyStatus.OFF_PLAN
    return JourneyStatus.IN_TRANSIT if journey.stop in journey.departed else JourneyStatus.AT_STOP
