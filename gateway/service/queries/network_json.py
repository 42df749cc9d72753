"""Sites and routes as the network declares them, ready for JSON, and how it stands at the sites now."""

from itertools import groupby
from typing import Any, Final

from gateway.ports.desk import DeskUnit
from gateway.service.queries.goods_json import deviation_json
from gateway.tracking.calendars import closing, is_open, next_opening
from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant, rfc3339
from gateway.tracking.plan import Calendar, Circle, Network, Route, Site, Stop

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
    opens, closes = next_opening(site, now), closing(site, now)
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
        "closes_at": None if closes is None else rfc3339(closes),
        "hours": _hours(site.calendar) if site.calendar else [],
    }


def _hours(calendar: Calendar) -> list[dict[str, str]]:
    """Opening hours in the site's wall clock: runs of week days that have the same, each interval by itself."""
    found: list[dict[str, str]] = []
    for hours, run in groupby(range(len(_DAYS)), key=lambda day: calendar.week[day]):
        first, *rest = run
        days = f"{_DAYS[first]}-{_DAYS[rest[-1]]}" if rest else _DAYS[first]
        found += [{"days": days, "from": _clock(opens), "to": _clock(closes)} for opens, closes in hours]
    return found


def _clock(since_midnight: Duration) -> str:
    minutes = since_midnight // MINUTE
    return f"{minutes // 60:02}:{minutes % 60:02}"


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
