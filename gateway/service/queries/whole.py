"""One return or container with all that is known of it: its trace, what was announced, its alerts past and present."""

from typing import Any, Final

from gateway.ports.desk import DeskUnit
from gateway.service.alert_json import alert_json
from gateway.service.trace import Trace, nearest, trace
from gateway.service.trace_document import document
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.model import Announcement, Subject, SubjectKind
from gateway.tracking.plan import Network

_PAST: Final = 50
"""Alerts that have ended, the newest."""
_ANNOUNCEMENTS: Final = 20


class Unknown(LookupError):
    """Nothing is known of the id; says which was perhaps meant."""


def whole(unit: DeskUnit, network: Network, id_: str, now: Instant, kind: SubjectKind) -> dict[str, Any]:
    """The return or container, ready for JSON.

    Raises:
        Unknown: there is none of this id and kind.
    """
    found = trace(unit, network, id_, now)
    if found is None:
        raise Unknown(_unknown(unit, network, id_))
    if found.subject.kind != kind:
        raise Unknown(f"{id_} is a {found.subject.kind}; ask for /api/v1/{found.subject.kind}?id= instead")
    return {
        **document(found, unit),
        "announcements": [_announced(each) for each in _newest(unit, id_)],
        "past_alerts": _past(unit, found, now),
        **(_declared(network, id_) if kind == "container" else {}),
    }


def _unknown(unit: DeskUnit, network: Network, id_: str) -> str:
    if id_ in network.devices or id_ in network.sites:
        return (
            f"{id_} is a {'device' if id_ in network.devices else 'site'}, neither a return nor a container"
        )
    near = nearest(unit, id_)
    return f"nothing is known of {id_}; " + (
        f"did you mean {near}?" if near else "it was never announced or scanned"
    )


def _newest(unit: DeskUnit, id_: str) -> list[Announcement]:
    return list(reversed(unit.announcements((id_,)).get(id_, ())))[:_ANNOUNCEMENTS]


def _past(unit: DeskUnit, found: Trace, now: Instant) -> list[dict[str, Any]]:
    rows = unit.alerts_of(Subject(found.subject.kind, found.subject.id), _PAST)
    return [alert_json(row, now, unit) for row in rows if row.resolved_at is not None]


def _announced(announcement: Announcement) -> dict[str, Any]:
    return {
        "id": announcement.id,
        "source": announcement.source,
        "at": rfc3339(announcement.at),
        "route": announcement.route,
        "due_at": None if announcement.due_at is None else rfc3339(announcement.due_at),
        "cancelled": announcement.cancelled,
        "origin_site": announcement.origin_site,
        "rma": announcement.rma,
        "description": announcement.description,
        "value": announcement.value,
        "hazard_class": announcement.hazard_class,
    }


def _declared(network: Network, id_: str) -> dict[str, Any]:
    container = network.containers.get(id_)
    limits = network.limits_of(id_)
    return {
        "declared": container is not None,
        "type": container.type if container else None,
        "tracker": container.tracker if container else None,
        "limits": {name: {"min": each.min, "max": each.max} for name, each in limits.items()},
    }
