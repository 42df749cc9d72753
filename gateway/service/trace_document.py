"""A trace as plain values for JSON: instants as RFC 3339 in UTC, durations in whole seconds, names as in the API."""

from typing import Any

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Records
from gateway.service.alert_json import alert_json
from gateway.service.stops import StopView
from gateway.service.trace import Ahead, Place, Trace
from gateway.tracking.containment import Held
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import SECOND, rfc3339
from gateway.tracking.journey import Journey, Rule
from gateway.tracking.sightings import Sighting
from gateway.tracking.trips import Trip


def document(trace: Trace, records: Records) -> dict[str, Any]:
    """The trace, ready for JSON."""
    return {
        "id": trace.subject.id,
        "kind": trace.subject.kind,
        "at": rfc3339(trace.now),
        "status": trace.status,
        "due_at": _time(trace.due_at),
        "trip": _trip(trace.trip) if trace.trip else None,
        "stops": [_stop(each) for each in trace.stops],
        "next": _ahead(trace.ahead) if trace.ahead else None,
        "inside": list(trace.inside),
        "containment": [_stay(each) for each in trace.stays],
        "contents": [_member(each) for each in trace.contents],
        "position": _position(trace.position) if trace.position else None,
        "deviations": [_deviation(each) for each in trace.deviations],
        "alerts": [alert_json(each, trace.now, records) for each in trace.alerts],
        "off_route": [
            {
                **_sighting(each.sighting),
                "rule": "backtracked" if each.rule is Rule.BACKTRACKED else "misrouted",
            }
            for each in trace.strays
        ],
        "sightings": [_sighting(each) for each in trace.sightings],
        "earlier_trips": [_trip(each) for each in trace.earlier],
    }


def outcome(trip: Trip) -> str:
    """How a trip ended, in a word; `open` where it has not."""
    if trip.cancelled:
        return "cancelled"
    return "open" if trip.journey.completed is None else "completed"


def ended_at(trip: Trip) -> int | None:
    """When a trip ended, if it has."""
    if trip.cancelled_at is not None:
        return trip.cancelled_at
    return trip.journey.completed.at if trip.journey.completed else None


def _time(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def _seconds(length: int | None) -> int | None:
    return None if length is None else length // SECOND


def _trip(trip: Trip) -> dict[str, Any]:
    journey: Journey = trip.journey
    return {
        "number": trip.number,
        "route": journey.route.id,
        "purpose": journey.route.purpose,
        "announced_at": _time(trip.announced_at),
        "first_seen_at": _time(journey.first.at if journey.first else None),
        "outcome": outcome(trip),
        "ended_at": _time(ended_at(trip)),
    }


def _stop(view: StopView) -> dict[str, Any]:
    return {
        "stop": view.number,
        "sites": list(view.stop.sites),
        "optional": view.stop.optional,
        "progress": view.progress,
        "expected": _time(view.window.expected),
        "latest": _time(view.window.latest),
        "arrived": _sighting(view.arrived) if view.arrived else None,
        "departed": _sighting(view.departed) if view.departed else None,
        "leave_by": _time(view.leave_by),
        "late_s": _seconds(view.late),
        "over_s": _seconds(view.over),
    }


def _sighting(seen: Sighting) -> dict[str, Any]:
    return {
        "at": rfc3339(seen.at),
        "site": seen.site,
        "step": seen.step,
        "source": seen.origin,
        "device": seen.device,
        "event": seen.id,
    }


def _ahead(ahead: Ahead) -> dict[str, Any]:
    return {"sites": list(ahead.sites), "by": _time(ahead.by), "expected": _time(ahead.expected)}


def _stay(held: Held) -> dict[str, Any]:
    return {
        "container": held.stay.container,
        "since": rfc3339(held.stay.since[0]),
        "until": _time(held.until),
        "short": held.short is not None,
    }


def _member(row: SubjectRow) -> dict[str, Any]:
    return {"id": row.id, "kind": row.kind, "status": row.status}


def _position(place: Place) -> dict[str, Any]:
    return {
        "container": place.container,
        "at": rfc3339(place.at),
        "lat": place.lat,
        "lon": place.lon,
        "site": place.site,
    }


def _deviation(deviation: Deviation) -> dict[str, Any]:
    return {
        "kind": deviation.kind,
        "since": rfc3339(deviation.since),
        "severity": deviation.severity.word,
        "stop": deviation.stop,
        "sensor": deviation.sensor,
        "site": deviation.site,
        "expected_sites": list(deviation.expected),
        "by": _time(deviation.by),
    }
