"""Devices and sites as rows: when they were heard, how they are, and when silence becomes a deviation."""

import json
from collections.abc import Collection, Mapping

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.tracking.deviations import Findings
from gateway.tracking.devices import DeviceState, of_device, of_site, silent_from, watched_at
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Device, Network


def state_of(row: SubjectRow | None, known_since: Instant) -> DeviceState:
    """The state that a device's row keeps; that of one just met where there is none."""
    if row is None or row.memo is None:
        return DeviceState(known_since)
    return DeviceState(*json.loads(row.memo))


def derive_devices(
    unit: Unit,
    network: Network,
    now: Instant,
    states: Mapping[str, DeviceState | None],
    sites: Collection[str] = (),
) -> list[SubjectRow]:
    """Write the rows of these devices (state None: as it was), of the sites they are at home at, and of these sites.

    A device that the network does not declare gets no row; one that it declares no more keeps its state, unwatched.
    """
    if not states and not sites:
        return []
    declared = {id_: network.devices[id_] for id_ in states if id_ in network.devices}
    old = unit.subjects("device", list(states))
    rows = [
        _device_row(device, states[id_] or state_of(old.get(id_), now), now)
        for id_, device in declared.items()
    ]
    rows += [
        row._replace(own=(), shared=False, look_again=None) for id_, row in old.items() if id_ not in declared
    ]
    unit.put_subjects(rows)
    homes = {device.site for device in declared.values() if device.site and device.silent_after is not None}
    homes.update(sites)
    found = [row for site in sorted(homes) if (row := _site_row(unit, network, site, now)) is not None]
    unit.put_subjects(found)
    return [*found, *rows]


def _device_row(device: Device, state: DeviceState, now: Instant) -> SubjectRow:
    found = Findings(now)
    of_device(device, state, found)
    own = found.deviations
    return SubjectRow(
        scope="device",
        id=device.id,
        kind="device",
        look_again=found.ahead,
        own=own,
        shared=bool(own),
        memo=json.dumps(state),
    )


def _site_row(unit: Unit, network: Network, site: str, now: Instant) -> SubjectRow | None:
    watched = watched_at(site, network.devices.values())
    rows = unit.subjects("device", [device.id for device in watched])
    silent = [silent_from(device, state_of(rows.get(device.id), now)) for device in watched]
    found = Findings(now)
    of_site(site, [at for at in silent if at is not None], found)
    own = found.deviations
    before = unit.subjects("site", (site,)).get(site)
    row = SubjectRow(scope="site", id=site, kind="site", own=own, shared=bool(own))
    return row if before is None or before.own != own or own else None
