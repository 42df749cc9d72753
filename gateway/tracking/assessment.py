"""One return or container, assessed: its journey, its conditions, and when to look again.

The single entry for everything that needs a subject's view: intake, sweep, replay, trace, verdicts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.tracking import deviations
from gateway.tracking.containment import container_at
from gateway.tracking.deviations import Condition, Deviation
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Subject
from gateway.tracking.sightings import Seen, seen
from gateway.tracking.trips import Trip, trips_of_container, trips_of_return


@dataclass(frozen=True, slots=True)
class Assessment:
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
        if self.trip is None or self.status in _WITHOUT_STOP or self.trip.journey.stop < 0:
            return None
        return self.trip.journey.stop


_WITHOUT_STOP = frozenset({JourneyStatus.ANNOUNCED, JourneyStatus.CANCELLED, JourneyStatus.UNPLANNED, None})


def assess(subject: str, moment: Moment) -> Assessment:
    """The subject, a return or a container by what is known of its id, at a moment."""
    return (_container if moment.evidence.is_container(subject) else _return)(subject, moment)


def _return(item: str, moment: Moment) -> Assessment:
    known = seen(item, moment)
    scans = moment.evidence.scans(item)
    announcements = moment.evidence.announcements(item)
    trips = trips_of_return(announcements, known.sightings, moment.network)
    conditions = list(deviations.of_return(scans, announced=bool(announcements), network=moment.network))
    if trips:
        conditions.extend(deviations.of_trip(item, trips[-1], known, moment))
        status: JourneyStatus | None = _status(trips[-1])
    else:
        status = JourneyStatus.UNPLANNED if known.sightings else None
    return _assessment(Subject("return", item), status, trips, known, conditions, moment)


def _container(container: str, moment: Moment) -> Assessment:
    known = seen(container, moment)
    declared = moment.network.containers.get(container)
    route = moment.network.routes.get(declared.route) if declared and declared.route else None
    conditions = list(deviations.of_container(container, moment))
    trips: list[Trip] = []
    status: JourneyStatus | None = None
    if route is not None and known.sightings:
        trips = trips_of_container(route, known.sightings, moment.network)
        conditions.extend(deviations.of_trip(container, trips[-1], known, moment))
        status = _status(trips[-1])
    elif route is None:
        conditions.extend(deviations.short_container(known, moment.network))
    return _assessment(Subject("container", container), status, trips, known, conditions, moment)


def _assessment(
    subject: Subject,
    status: JourneyStatus | None,
    trips: Sequence[Trip],
    known: Seen,
    conditions: Sequence[Condition],
    moment: Moment,
) -> Assessment:
    now = moment.now
    return Assessment(
        subject=subject,
        status=status,
        trips=trips,
        seen=known,
        deviations=tuple(deviations.true_at(conditions, now)),
        parent=container_at(known.stays, now),
        look_again=min(_ahead(subject, known, conditions, moment), default=None),
    )


def _ahead(
    subject: Subject, known: Seen, conditions: Iterable[Condition], moment: Moment
) -> Iterable[Instant]:
    change = deviations.next_change(conditions, moment.now)
    if change is not None:
        yield change
    for stay in known.stays:
        for edge in (stay.stay.since[0], stay.until):
            if edge is not None and edge > moment.now:
                yield edge
    if subject.kind == "container":
        yield from deviations.unpackings_ahead(subject.id, moment)


def _status(trip: Trip) -> JourneyStatus:
    journey = trip.journey
    if trip.cancelled:
        return JourneyStatus.CANCELLED
    if journey.completed is not None:
        return JourneyStatus.COMPLETED
    if journey.first is None:
        return JourneyStatus.ANNOUNCED
    if journey.off_plan is not None:
        return JourneyStatus.OFF_PLAN
    return JourneyStatus.IN_TRANSIT if journey.stop in journey.departed else JourneyStatus.AT_STOP
