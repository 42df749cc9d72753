"""The rules between entries: ids differ, and what is named exists.

Whether each entry by itself is right, the schema has said. What binds containers and trackers is in `bindings`.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from gateway.network.checked import Checked, NamedT, Section
from gateway.network.faults import Finding, Location, shown
from gateway.network.fields import CHANNEL_PATTERN
from gateway.network.nearest import Names
from gateway.network.schema import HeartbeatEntry, MatchEntry, PolicyEntry
from gateway.network.webhooks import plainly_open


def check(checked: Checked) -> Iterator[Finding]:
    """Every reference to what does not exist, and every id that is there twice."""
    yield from _twice("sites", checked.sites)
    yield from _twice("routes", checked.routes)
    yield from _twice("container_types", checked.container_types)
    yield from _twice("containers", checked.containers)
    yield from _twice("devices", checked.devices)
    yield from _twice("sources", checked.sources)
    yield from _sites(checked)
    yield from _routes(checked)
    yield from _containers(checked)
    yield from _devices(checked)
    yield from _alerting(checked)


def _twice(name: str, section: Section[NamedT]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, entry in section.entries:
        before = first.setdefault(entry.id, index)
        if before != index:
            message = f"{shown(entry.id)} is the id of {name}[{before}] too; rename or remove one of them"
            yield Finding((name, index, "id"), message)


def _sites(checked: Checked) -> Iterator[Finding]:
    for index, site in checked.sites.entries:
        if site.calendar is not None:
            location = ("sites", index, "calendar")
            yield from _unknown(checked.calendar_names, "calendar", site.calendar, location)


def _routes(checked: Checked) -> Iterator[Finding]:
    sites = checked.sites.names
    for index, route in checked.routes.entries:
        for number, stop in enumerate(route.stops):
            for place, site in enumerate(stop.sites):
                # Written out, for there are a hundred thousand of them.
                if sites is not None and site not in sites:
                    location = ("routes", index, "stops", number, "sites", place)
                    yield from _unknown(sites, "site", site, location)
                if place and site in stop.sites[:place]:
                    location = ("routes", index, "stops", number, "sites", place)
                    yield Finding(location, f"{shown(site)} is there twice; remove one of them")


def _containers(checked: Checked) -> Iterator[Finding]:
    for index, entry in checked.containers.entries:
        location = ("containers", index)
        if entry.type is not None:
            names = checked.container_types.names
            yield from _unknown(names, "container type", entry.type, (*location, "type"))
        if entry.route is not None:
            yield from _unknown(checked.routes.names, "route", entry.route, (*location, "route"))


def _devices(checked: Checked) -> Iterator[Finding]:
    names = checked.sites.names
    for index, device in checked.devices.entries:
        location = ("devices", index)
        if device.site is not None:
            yield from _unknown(names, "site", device.site, (*location, "site"))
        yield from _all_known(names, "site", device.sites, (*location, "sites"))
        if device.site is not None and device.sites is not None and device.site not in device.sites:
            message = f"its home {shown(device.site)} is not one of its sites; add it to them, or correct it"
            yield Finding((*location, "site"), message)


def _alerting(checked: Checked) -> Iterator[Finding]:
    for index, policy in checked.policies:
        yield from _policy(checked, policy, ("alerting", "policies", index))
    if checked.alerting.heartbeat is not None:
        yield from _heartbeat(checked.channel_names, checked.alerting.heartbeat)
    yield from _webhooks(checked)


def _policy(checked: Checked, policy: PolicyEntry, location: Location) -> Iterator[Finding]:
    channels = checked.channel_names
    yield from _match(checked, policy.match, (*location, "match"))
    yield from _all_known(channels, "channel", policy.notify, (*location, "notify"))
    for number, step in enumerate(policy.escalate):
        yield from _all_known(channels, "channel", step.notify, (*location, "escalate", number, "notify"))


def _match(checked: Checked, match: MatchEntry, location: Location) -> Iterator[Finding]:
    yield from _all_known(checked.routes.names, "route", match.route, (*location, "route"))
    yield from _all_known(checked.sites.names, "site", match.site, (*location, "site"))


def _webhooks(checked: Checked) -> Iterator[Finding]:
    """Messages here do not repeat an address: it may be a secret itself."""
    first: dict[str, int] = {}
    for index, entry in checked.webhooks:
        location = ("alerting", "webhooks", index)
        yield from _match(checked, entry.match, (*location, "match"))
        before = first.setdefault(entry.url, index)
        if before != index:
            message = f"is the address of webhooks[{before}] too; make them one"
            yield Finding((*location, "url"), message)
        if plainly_open(entry.url) and not entry.allow_http:
            message = "would leave this machine unencrypted; write https://, or allow_http: true beside it"
            yield Finding((*location, "url"), message)


def _heartbeat(channels: Names | None, heartbeat: HeartbeatEntry) -> Iterator[Finding]:
    """A heartbeat may name a channel or be one, as it mostly goes where nothing else does."""
    name = heartbeat.channel
    if channels is None or name in channels or CHANNEL_PATTERN.fullmatch(name) is not None:
        return
    # What is meant to be a URL may hold a password, so the message does not repeat it.
    otherwise = "declare it under channels, or write an Apprise URL or env:NAME"
    yield Finding(
        ("alerting", "heartbeat", "channel"), lambda: f"is no channel; {channels.hint(name, otherwise)}"
    )


def _all_known(
    names: Names | None, what: str, given: Iterable[str] | None, location: Location
) -> Iterator[Finding]:
    return chain.from_iterable(
        _unknown(names, what, name, (*location, index)) for index, name in enumerate(given or ())
    )


def _unknown(names: Names | None, what: str, name: str, location: Location) -> Iterator[Finding]:
    if names is not None and name not in names:
        yield Finding(
            location, lambda: f"no {what} {shown(name)}; {names.hint(name, 'declare it, or correct it')}"
        )
