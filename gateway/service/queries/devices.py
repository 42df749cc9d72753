"""Devices as operators see them: when they were heard, their batteries, what waits on them, what is amiss."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from pydantic_core import from_json

from gateway.ports.desk import DeskUnit
from gateway.ports.projection import Said
from gateway.ports.rows import SubjectRow
from gateway.service.queries.goods_json import deviation_json, time_or_none
from gateway.service.queries.paging import Page
from gateway.service.watch import state_of
from gateway.tracking.devices import DeviceState, silent_from
from gateway.tracking.instants import SECOND, Instant
from gateway.tracking.model import Kind
from gateway.tracking.plan import Device, Network


def devices(
    unit: DeskUnit, network: Network, now: Instant, after: str | None, limit: int, site: str | None = None
) -> Page[dict[str, Any]]:
    """A page of the declared devices by id; those at home at a site, if one is named."""
    mine = (
        id_
        for id_ in sorted(network.devices)
        if id_ > (after or "") and (site is None or network.devices[id_].site == site)
    )
    ids = list(islice(mine, limit + 1))
    page = ids[:limit]
    return Page(_described(unit, network, page, now), page[-1] if len(ids) > limit else None)


def _described(unit: DeskUnit, network: Network, ids: Sequence[str], now: Instant) -> list[dict[str, Any]]:
    rows, said, levels = unit.subjects("device", ids), unit.statuses(ids), unit.battery_levels(ids)
    return [_device(network.devices[id_], rows.get(id_), said.get(id_), levels, now) for id_ in ids]


def _device(
    device: Device, row: SubjectRow | None, said: Said | None, levels: Mapping[str, float], now: Instant
) -> dict[str, Any]:
    state = state_of(row, now)
    status: Mapping[str, Any] = from_json(said.payload) if said else {}
    heard = state.heard_at
    return {
        "id": device.id,
        "kind": device.kind,
        "site": device.site,
        "granted_sites": None if device.sites is None else sorted(device.sites),
        "container": device.container,
        "online": _is_online(row, state, said, status),
        "heard_at": time_or_none(heard),
        "heard_age_s": None if heard is None else max(0, now - heard) // SECOND,
        "silent_from": time_or_none(silent_from(device, state)),
        "battery_pct": levels.get(device.id),
        "firmware": status.get("firmware"),
        "queued": status.get("queued"),
        "status_at": time_or_none(said.received_at if said else None),
        "deviations": [deviation_json(each) for each in row.own] if row else [],
    }


def _is_online(
    row: SubjectRow | None, state: DeviceState, said: Said | None, status: Mapping[str, Any]
) -> bool:
    """Not one that was never heard, that is silent, or that was not heard since it, or its last will, said offline."""
    if row is None or state.heard_at is None or any(each.kind is Kind.DEVICE_SILENT for each in row.own):
        return False
    return said is None or status.get("state") != "offline" or state.heard_at > said.received_at
