"""Sites and routes as the network declares them, ready for JSON, and how it stands at the sites now."""

from typing import Any

from gateway.ports.desk import DeskUnit
from gateway.service.queries.goods_json import deviation_json
from gateway.tracking.calendars import is_open, next_opening
from gateway.tracking.instants import SECOND, Duration, Instant, rfc3339
from gateway.tracking.plan import Circle, Network, Route, Site, Stop


def sites(unit: DeskUnit, network: Network, now: Instant) -> list[dict[str, Any]]:
    """All sites by id: what they are, whether they are open, what is there by route, what is amiss."""
    rows = unit.subjects("site", list(network.sites))
    stock: dict[str, list[dict[str, Any]]] = {}
    for each in unit.stock_counts(now):
        stock.setdefault(each.site, []).append(
            {
                "route": each.route,
                "subjects": each.subjects,
                "oldest_since": rfc3339(each.oldest),
                "over": each.over,
            }
        )
    return [
        {
            **_site(network.sites[id_], now),
            "stock": stock.get(id_, []),
            "deviations": [deviation_json(each) for each in rows[id_].own] if id_ in rows else [],
        }
        for id_ in sorted(network.sites)
    ]


def routes(network: Network) -> list[dict[str, Any]]:
    """All routes by id."""
    return [_route(network.routes[id_]) for id_ in sorted(network.routes)]


def _site(site: Site, now: Instant) -> dict[str, Any]:
    opens = next_opening(site, now)
    return {
        "id": site.id,
        "name": site.name,
        "kind": site.kind,
        "gln": site.gln,
        "lat": site.lat,
        "lon": site.lon,
        "timezone": site.timezone,
        "fence": _fence(site),
        "calendar": site.calendar.id if site.calendar else None,
        "open": is_open(site, now),
        "opens_at": None if opens is None or opens == now else rfc3339(opens),
    }


def _fence(site: Site) -> dict[str, Any] | None:
    if site.fence is None:
        return None
    if isinstance(site.fence, Circle):
        return {"radius_m": site.fence.radius_m, "polygon": None}
    return {"radius_m": None, "polygon": [list(corner) for corner in site.fence.corners]}


def _route(route: Route) -> dict[str, Any]:
    return {
        "id": route.id,
        "purpose": route.purpose,
        "collect_within_s": _seconds(route.collect_within),
        "due_within_s": _seconds(route.due_within),
        "due_kind": route.due_kind,
        "missing_after_s": _seconds(route.missing_after),
        "stops": [_stop(index, stop) for index, stop in enumerate(route.stops)],
    }


def _stop(index: int, stop: Stop) -> dict[str, Any]:
    return {
        "stop": index,
        "sites": list(stop.sites),
        "optional": stop.optional,
        "unpack": stop.unpack,
        "steps": sorted(stop.steps),
        "dwell_max_s": _seconds(stop.dwell.max if stop.dwell else None),
        "dwell_working": stop.dwell.working if stop.dwell else False,
        "transit_max_s": _seconds(stop.transit.max if stop.transit else None),
        "transit_typical_s": _seconds(stop.transit.typical if stop.transit else None),
    }


def _seconds(length: Duration | None) -> float | None:
    return None if length is None else length / SECOND
