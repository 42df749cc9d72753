"""Journeys, stock, containers and their limits, devices and the quarantine as they are at a minute."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.points import Point, made
from gateway.points.schema import CONTAINER_STATE, DEVICE, JOURNEYS, LIMIT, NONE, QUARANTINE, STOCK
from gateway.ports.projection import Said
from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.service.watch import state_of
from gateway.tracking.devices import DeviceState
from gateway.tracking.instants import SECOND, Instant
from gateway.tracking.model import Kind
from gateway.tracking.plan import Network

CALM: Final = "ok"
"""The severity of a container of which nothing is amiss."""
_PAGE: Final = 500


def journey_samples(unit: Unit, network: Network, minute: Instant) -> Iterator[Point]:
    """The points `journeys` and `stock`."""
    yield made(JOURNEYS, minute, 0, {"status": NONE}, {"count": 0, "samples": 1})
    for index, each in enumerate(unit.journey_counts()):
        route = network.routes.get(each.route or "")
        tags = {
            "route": each.route,
            "purpose": route.purpose if route else None,
            "status": each.status.value,
        }
        yield made(JOURNEYS, minute, index, tags, {"count": each.subjects})
    yield made(STOCK, minute, 0, {"route": NONE}, {"count": 0, "samples": 1, "oldest_s": 0.0, "over": 0})
    for index, there in enumerate(unit.stock_counts(minute)):
        oldest = max(0, minute - there.oldest) / SECOND
        fields = {"count": there.subjects, "oldest_s": oldest, "over": there.over}
        yield made(STOCK, minute, index, {"site": there.site, "route": there.route}, fields)


def container_samples(unit: Unit, network: Network, minute: Instant) -> Iterator[Point]:
    """The points `container_state` of all declared containers."""
    index = 0
    for page in _pages(sorted(network.containers)):
        rows = unit.subjects("goods", page)
        spots, standings = unit.spots(page), unit.standings(page)
        contents = unit.content_counts(page)
        for id_ in page:
            declared, spot, standing = network.containers[id_], spots.get(id_), standings.get(id_)
            yield made(
                CONTAINER_STATE,
                minute,
                index,
                {"type": declared.type, "route": declared.route},
                {
                    "container": id_,
                    "lat": spot.lat if spot else None,
                    "lon": spot.lon if spot else None,
                    "site": standing.site if standing else None,
                    "items": contents.get(id_, 0),
                    "severity": _severity(rows.get(id_)),
                    "turns": standing.turns if standing else 0,
                },
            )
            index += 1


def limit_samples(network: Network, minute: Instant) -> Iterator[Point]:
    """The points `limit`: what the sensors of each type of container may read."""
    for type_ in network.container_types.values():
        for sensor, limits in type_.limits.items():
            fields = {"least": _real(limits.min), "most": _real(limits.max)}
            if any(each is not None for each in fields.values()):
                yield made(LIMIT, minute, 0, {"type": type_.id, "sensor": sensor}, fields)


def quarantine_samples(unit: Unit, minute: Instant) -> Iterator[Point]:
    """The points `quarantine`."""
    for reason, held in unit.held_reasons().items():
        yield made(QUARANTINE, minute, 0, {"reason": reason}, {"count": held})


def device_samples(unit: Unit, network: Network, minute: Instant) -> Iterator[Point]:
    """The points `device` of all declared devices."""
    held = _held(unit)
    for page in _pages(sorted(network.devices)):
        rows, statuses = unit.subjects("device", page), unit.statuses(page)
        levels = unit.battery_levels(page)
        for id_ in page:
            device, row, said = network.devices[id_], rows.get(id_), statuses.get(id_)
            state = state_of(row, minute)
            age = None if state.heard_at is None else max(0, minute - state.heard_at) / SECOND
            status: dict[str, Any] = json.loads(said.payload) if said else {}
            yield made(
                DEVICE,
                minute,
                0,
                {"device": id_, "kind": device.kind, "site": device.site},
                {
                    "online": int(_is_online(row, state, said, status)),
                    "battery_pct": levels.get(id_),
                    "queued": status.get("queued"),
                    "heard_age_s": age,
                    "quarantined": held.get(id_, 0),
                },
            )


def _real(limit: float | None) -> float | None:
    """A limit as the one type that its field has; network.yaml may say it as a whole number."""
    return None if limit is None else float(limit)


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[begin : begin + _PAGE] for begin in range(0, len(ids), _PAGE))


def _severity(row: SubjectRow | None) -> str:
    held = row.own + row.taken if row is not None else ()
    return max(held, key=lambda each: each.severity).severity.word if held else CALM


def _held(unit: Unit) -> Mapping[str, int]:
    """Entries in quarantine by device."""
    counts: dict[str, int] = {}
    for topic, count in unit.held_counts().items():
        kind, _, rest = topic.partition("/")
        if kind == "device":
            device = rest.partition("/")[0]
            counts[device] = counts.get(device, 0) + count
    return counts


def _is_online(
    row: SubjectRow | None, state: DeviceState, said: Said | None, status: Mapping[str, Any]
) -> bool:
    """A device is not, that was never heard, that is silent, or that was not heard since it said (or its last will)."""
    if row is None or state.heard_at is None or any(each.kind is Kind.DEVICE_SILENT for each in row.own):
        return False
    return said is None or status.get("state") != "offline" or state.heard_at > said.received_at
