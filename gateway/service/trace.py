"""Where a return or container was, is and should be: all that one person asks about one article.

Assessed anew at `now` from the facts, so that it holds also where nothing has settled since. Reading only.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json

from gateway.network.nearest import Names
from gateway.ports.rows import AlertRow, Identity, SubjectRow
from gateway.ports.state import Unit
from gateway.service.known import Known
from gateway.service.stops import Progress, StopView, Window, stop_views
from gateway.tracking.assessment import assess
from gateway.tracking.containment import Held, container_at, held
from gateway.tracking.deviations import Deviation
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import Instant
from gateway.tracking.journey import Placement, Rule
from gateway.tracking.model import JourneyStatus, Subject
from gateway.tracking.plan import Network
from gateway.tracking.receipts import NEVER
from gateway.tracking.sightings import Sighting
from gateway.tracking.trips import Trip

_ALIKE = 200
"""So many ids with the same beginning are looked at for the one that was meant."""
_OFF_ROUTE = (Rule.BACKTRACKED, Rule.MISROUTED)


class Ahead(NamedTuple):
    """Where it should be seen next: the latest arrival, and the usual one (None: cannot be told)."""

    sites: tuple[str, ...]
    by: Instant | None
    expected: Instant | None


class Place(NamedTuple):
    """A container's newest position that counts; `site` is the fence that it is in."""

    container: str
    at: Instant
    lat: float
    lon: float
    site: str | None


class Trace(NamedTuple):
    """The whole of it. `inside` are the containers it is in now, innermost first; `contents` what is in it."""

    subject: Subject
    now: Instant
    status: JourneyStatus | None
    trip: Trip | None
    due_at: Instant | None
    stops: tuple[StopView, ...]
    ahead: Ahead | None
    sightings: Sequence[Sighting]
    strays: Sequence[Placement]
    inside: tuple[str, ...]
    stays: Sequence[Held]
    contents: Sequence[SubjectRow]
    deviations: Sequence[Deviation]
    alerts: Sequence[AlertRow]
    earlier: Sequence[Trip]
    position: Place | None


def trace(unit: Unit, network: Network, id_: str, now: Instant) -> Trace | None:
    """The trace of a return or container by its canonical id; None if nothing is known of it."""
    row = unit.subjects("goods", (id_,)).get(id_)
    if row is None and id_ not in network.containers:
        return None
    known = Known(unit, network)
    known.name_rows([row] if row else [])
    moment = Moment(known, network, now)
    assessed = assess(id_, moment)
    trip = assessed.trip
    stops = stop_views(trip, network, now) if trip else ()
    inside = tuple(_around(assessed.parent, moment, now))
    return Trace(
        subject=assessed.subject,
        now=now,
        status=assessed.status,
        trip=trip,
        due_at=_due(trip),
        stops=stops,
        ahead=_ahead(trip, stops),
        sightings=assessed.seen.sightings,
        strays=_strays(trip),
        inside=inside,
        stays=assessed.seen.stays,
        contents=sorted(unit.members((id_,), shared=False), key=lambda member: member.id),
        deviations=(*assessed.deviations, *(row.taken if row else ())),
        alerts=_alerts(unit, assessed.subject, inside),
        earlier=assessed.trips[:-1],
        position=_position(unit, (id_, *inside)),
    )


def nearest(unit: Unit, wrong: str) -> str | None:
    """The known id of a return or container that is most like a wrong one, if any is."""
    for length in dict.fromkeys((len(wrong) - 1, len(wrong) * 2 // 3, len(wrong) // 3, 0)):
        beginning = wrong[: max(length, 0)]
        rows = unit.journeys(after=beginning or None, limit=_ALIKE)
        near = Names([row.id for row in rows if row.id.startswith(beginning)]).nearest(wrong)
        if near is not None:
            return near
    return None


def _around(parent: str | None, moment: Moment, now: Instant) -> Iterator[str]:
    seen: set[str] = set()
    while parent is not None and parent not in seen:
        seen.add(parent)
        yield parent
        parent = container_at(held(parent, moment), now)


def _due(trip: Trip | None) -> Instant | None:
    if trip is None or trip.due_at is not None:
        return trip.due_at if trip else None
    first, within = trip.journey.first, trip.journey.route.due_within
    return Instant(first.at + within) if first is not None and within is not None else None


def _ahead(trip: Trip | None, stops: Sequence[StopView]) -> Ahead | None:
    """The next stop that is not optional; the last, where only its completion is wanting."""
    if trip is None or not stops or trip.cancelled or trip.journey.completed is not None:
        return None
    view = next((each for each in stops if each.progress is Progress.NEXT), stops[-1])
    window = view.window if view.progress is Progress.NEXT else Window()
    return Ahead(view.stop.sites, window.latest, window.expected)


def _strays(trip: Trip | None) -> Sequence[Placement]:
    """The sightings off the route."""
    return [each for each in trip.journey.placements if each.rule in _OFF_ROUTE] if trip else ()


def _alerts(unit: Unit, subject: Subject, inside: Sequence[str]) -> list[AlertRow]:
    """The open alerts of the subject, and of the containers that may speak for it; worst first."""
    subjects = [subject, *(Subject("container", each) for each in inside)]
    found = unit.alerts(subjects)
    rows = [row for each in subjects for row in found.get(each, ()) if row.resolved_at is None]
    return sorted(rows, key=lambda row: (-row.deviation.severity, row.deviation.since, row.id))


def _position(unit: Unit, containers: Sequence[str]) -> Place | None:
    """The newest position that counts, of the innermost that has any."""
    for container in containers:
        for fix in unit.fixes_before(container, (NEVER, "", ""), 1):
            payload = unit.payload(Identity(f"device/{fix.device}", fix.id))
            said: Mapping[str, Any] = from_json(payload) if payload else {}
            if "lat" in said and "lon" in said:
                return Place(container, fix.at, said["lat"], said["lon"], fix.site)
    return None
