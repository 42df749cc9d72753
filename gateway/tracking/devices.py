"""The deviations of devices and sites, which go by the gateway's own clock (tracking.md section 4).

device_silent, low_battery, clock_skew of a device; site_dark of a site.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.tracking.deviations import Deviation, Findings
from gateway.tracking.instants import Instant
from gateway.tracking.model import Kind, Severity
from gateway.tracking.plan import Device

LOW_BATTERY_PCT = 20
"""Below this a battery is low …"""
FULL_BATTERY_PCT = 25
"""… until it is at least this."""


class DeviceState(NamedTuple):
    """What the gateway knows of a device. Instants are the gateway's, but `low_since` is event time."""

    known_since: Instant
    heard_at: Instant | None = None
    skew_since: Instant | None = None
    low_since: Instant | None = None

    def heard(self, at: Instant) -> "DeviceState":
        return self._replace(heard_at=at if self.heard_at is None else max(at, self.heard_at))


def silent_from(device: Device, state: DeviceState) -> Instant | None:
    """When the device's silence becomes a deviation, unless it is heard before; None if it may be silent."""
    if device.silent_after is None:
        return None
    return Instant((state.known_since if state.heard_at is None else state.heard_at) + device.silent_after)


def of_device(device: Device, state: DeviceState, found: Findings) -> None:
    """The deviations of a device."""
    silent = silent_from(device, state)
    if silent is not None and found.due(silent):
        found.add(Deviation(Kind.DEVICE_SILENT, silent, Severity.WARNING, site=device.site))
    for kind, since in ((Kind.CLOCK_SKEW, state.skew_since), (Kind.LOW_BATTERY, state.low_since)):
        if since is not None:
            found.add(Deviation(kind, since, Severity.WARNING, site=device.site))


def of_site(site: str, watched: Sequence[Instant], found: Findings) -> None:
    """The deviation of a site, by the instants at which each of its watched devices falls silent."""
    if watched and found.due(dark := max(watched)):
        found.add(Deviation(Kind.SITE_DARK, dark, Severity.MAJOR, site=site))


def watched_at(site: str, devices: Iterable[Device]) -> list[Device]:
    """The devices whose silence makes a site dark: those at home there with a `silent_after`."""
    return [device for device in devices if device.site == site and device.silent_after is not None]
