"""Whether the network takes an event in: the reasons of interfaces.md section 1 that need more than its bytes."""

from typing import NamedTuple

from gateway.network.nearest import Names
from gateway.tracking.fences import FenceIndex
from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Position, Scan, Status
from gateway.tracking.plan import Device, Network
from gateway.wire import faults
from gateway.wire.faults import Fault
from gateway.wire.topics import Channel

Fact = Scan | Position | Announcement
"""What is known by an identity."""


class Terrain(NamedTuple):
    """A network and what is made of it once: the index of its fences, and its names for the remedy of a wrong one."""

    network: Network
    fences: FenceIndex
    sites: Names
    routes: Names

    @classmethod
    def of(cls, network: Network) -> "Terrain":
        return cls(network, FenceIndex(network.sites.values()), Names(network.sites), Names(network.routes))


def stranger(channel: Channel, network: Network) -> Fault | None:
    """The fault of a device or source that the network does not know."""
    if channel.kind == "device":
        return None if channel.id in network.devices else faults.unknown_device(channel.id)
    return None if channel.id in network.sources else faults.unknown_source(channel.id)


def not_allowed(fact: Fact | Status, network: Network) -> Fault | None:
    """The fault of a known device that says what it may not say."""
    if isinstance(fact, Scan):
        return _scan_not_allowed(fact, network.devices[fact.device])
    if isinstance(fact, Position):
        device = network.devices[fact.device]
        if device.container is not None and fact.container not in (None, device.container):
            return faults.other_container(fact.device, str(fact.container), device.container)
    return None


def _scan_not_allowed(scan: Scan, device: Device) -> Fault | None:
    if device.kind == "tracker":
        return faults.scanning_tracker(scan.device)
    site = scan.site or device.site
    if device.sites is not None and scan.step is not None and site is not None and site not in device.sites:
        return faults.site_not_granted(scan.device, site, device.sites)
    return None


def untimely(fact: Fact, received_at: Instant, network: Network) -> Fault | None:
    """The fault of an event time that the gateway's clock contradicts."""
    defaults = network.defaults
    if fact.at > received_at + defaults.max_future:
        return faults.future_time(fact.at, received_at, defaults.max_future)
    if fact.at < received_at - defaults.max_age and not isinstance(fact, Announcement):
        return faults.too_old(fact.at, received_at, defaults.max_age)
    return None


def resolved(fact: Fact, terrain: Terrain) -> Fact | Fault:
    """The event with its site or container filled in from the network, or what is missing or unknown of it."""
    network = terrain.network
    if isinstance(fact, Scan):
        if fact.step is None:
            return fact
        site = fact.site or network.devices[fact.device].site
        if site is None:
            return faults.no_site(fact.device)
        if site not in network.sites:
            return faults.unknown_site(site, terrain.sites.nearest(site))
        return fact if fact.site else fact._replace(site=site)
    if isinstance(fact, Position):
        container = fact.container or network.devices[fact.device].container
        if container is None:
            return faults.no_container(fact.device)
        return fact if fact.container else fact._replace(container=container)
    if fact.route not in network.routes:
        return faults.unknown_route(fact.route, terrain.routes.nearest(fact.route))
    return fact
