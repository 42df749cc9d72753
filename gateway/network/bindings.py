"""Which tracker is bound to which container. The file may say it at either end, or at both if they agree.

A container that only a tracker names is declared by that: it is in the plan, without a type and a route.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from gateway.network.checked import Checked
from gateway.network.faults import Finding, Location, shown
from gateway.network.nearest import Names


@dataclass(frozen=True, slots=True)
class Bindings:
    """The same pairs from both sides: `tracker[container]` and `container[tracker]`."""

    tracker: Mapping[str, str]
    container: Mapping[str, str]


def bind(checked: Checked) -> tuple[Bindings, list[Finding]]:
    """The bindings, and every statement that contradicts an earlier one or binds what cannot be."""
    tracker: dict[str, str] = {}
    container: dict[str, str] = {}
    findings: list[Finding] = list(_not_trackers(checked))
    for tote, device, location in _statements(checked):
        if tracker.get(tote, device) != device:
            message = (
                f"container {shown(tote)} has the tracker {shown(tracker[tote])} already; remove one of them"
            )
            findings.append(Finding(location, message))
        elif container.get(device, tote) != tote:
            message = f"tracker {shown(device)} is on {shown(container[device])} already; remove one of them"
            findings.append(Finding(location, message))
        else:
            tracker[tote] = device
            container[device] = tote
    return Bindings(tracker, container), findings


def _statements(checked: Checked) -> Iterator[tuple[str, str, Location]]:
    for index, entry in checked.containers.entries:
        if entry.tracker is not None:
            yield entry.id, entry.tracker, ("containers", index, "tracker")
    for index, device in checked.devices.entries:
        if device.container is not None and device.kind == "tracker":
            yield device.container, device.id, ("devices", index, "container")


def _not_trackers(checked: Checked) -> Iterator[Finding]:
    scanners = {device.id for _, device in checked.devices.entries if device.kind == "scanner"}
    names = checked.devices.names
    for index, entry in checked.containers.entries:
        location = ("containers", index, "tracker")
        if entry.tracker in scanners:
            yield Finding(location, f"{shown(entry.tracker)} is a scanner; name a device of kind tracker")
        elif entry.tracker is not None and names is not None and entry.tracker not in names:
            yield Finding(location, partial(_no_device, names, entry.tracker))
    for index, device in checked.devices.entries:
        if device.kind == "scanner" and device.container is not None:
            message = "a scanner is on no container; remove it, or make the device's kind tracker"
            yield Finding(("devices", index, "container"), message)


def _no_device(names: Names, device: str) -> str:
    return f"no device {shown(device)}; {names.hint(device, 'declare it under devices')}"
