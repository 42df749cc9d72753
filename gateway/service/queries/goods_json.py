"""Returns and containers as lists show them, ready for JSON: instants as RFC 3339 in UTC."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.ports.desk import DeskUnit, Reported
from gateway.ports.projection import Spot
from gateway.service.queries.goods import Listed, worst
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import rfc3339
from gateway.tracking.plan import Network


def time_or_none(at: int | None) -> str | None:
    """The instant, where there is one."""
    return None if at is None else rfc3339(at)


def summary(listed: Listed, network: Network) -> dict[str, Any]:
    """What a list says of a return or container: how it stands, and what is amiss with it."""
    row, standing = listed
    route = network.routes.get(row.route or "")
    return {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "route": row.route,
        "purpose": route.purpose if route else None,
        "stop": row.stop,
        "site": standing.site if standing else None,
        "since": time_or_none(standing.since if standing else None),
        "leave_by": time_or_none(standing.leave_by if standing else None),
        "container": row.parent,
        "severity": worst(row),
        "deviations": [deviation_json(each) for each in row.own + row.taken],
    }


def container_summaries(unit: DeskUnit, listed: Sequence[Listed], network: Network) -> list[dict[str, Any]]:
    """What a list says of containers: the same, what they are, where they are, how much is in them."""
    ids = [each.row.id for each in listed]
    spots, contents = unit.spots(ids), unit.content_counts(ids)
    return [_container(each, network, spots, contents) for each in listed]


def _container(
    listed: Listed, network: Network, spots: Mapping[str, Spot], contents: Mapping[str, int]
) -> dict[str, Any]:
    id_ = listed.row.id
    declared, spot = network.containers.get(id_), spots.get(id_)
    return {
        **summary(listed, network),
        "declared": declared is not None,
        "type": declared.type if declared else None,
        "tracker": declared.tracker if declared else None,
        "items": contents.get(id_, 0),
        "turns": listed.standing.turns if listed.standing else 0,
        "position": {"at": rfc3339(spot.at), "lat": spot.lat, "lon": spot.lon} if spot else None,
    }


def deviation_json(deviation: Deviation) -> dict[str, Any]:
    """A deviation, in the API's words."""
    return {
        "kind": deviation.kind,
        "since": rfc3339(deviation.since),
        "severity": deviation.severity.word,
        "stop": deviation.stop,
        "sensor": deviation.sensor,
        "site": deviation.site,
        "expected_sites": list(deviation.expected),
        "by": time_or_none(deviation.by),
    }


def position_json(reported: Reported) -> dict[str, Any]:
    """A position of a container with all that its tracker said; `counted`: as evidence of visits."""
    position = reported.position
    return {
        "id": position.id,
        "device": position.device,
        "at": rfc3339(position.at),
        "lat": position.lat,
        "lon": position.lon,
        "site": reported.site,
        "counted": reported.counted,
        "accuracy_m": position.accuracy_m,
        "speed_kmh": position.speed_kmh,
        "heading_deg": position.heading_deg,
        "altitude_m": position.altitude_m,
        "battery_pct": position.battery_pct,
        "door": position.door,
        "sensors": dict(position.sensors),
    }
