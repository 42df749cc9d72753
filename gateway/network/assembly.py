"""From checked entries to the plan: `gateway.tracking.plan.Network`. Nothing is judged here; that was done before."""

from collections.abc import Mapping

from gateway.network.bindings import Bindings
from gateway.network.checked import Checked
from gateway.network.hours import Week
from gateway.network.schema import (
    AlertingEntry,
    ContainerTypeEntry,
    DefaultsEntry,
    DeviceEntry,
    FenceEntry,
    MatchEntry,
    PolicyEntry,
    RouteEntry,
    SiteEntry,
    StopEntry,
    WebhookEntry,
)
from gateway.tracking.plan import (
    Alerting,
    Calendar,
    Circle,
    Container,
    ContainerType,
    Defaults,
    Device,
    Dwell,
    Escalation,
    Heartbeat,
    Limits,
    Match,
    Network,
    Policy,
    Polygon,
    Route,
    Site,
    Stop,
    Transit,
    Webhook,
)


def assemble(checked: Checked, weeks: Mapping[str, Week], bindings: Bindings) -> Network:
    """The network of entries without faults; `weeks` has the hours of each calendar."""
    calendars = {
        id_: Calendar(id_, weeks[id_], frozenset(entry.closed)) for id_, entry in checked.calendars.items()
    }
    return Network(
        defaults=_defaults(checked.defaults),
        sites={entry.id: _site(entry, calendars) for _, entry in checked.sites.entries},
        routes={entry.id: _route(entry) for _, entry in checked.routes.entries},
        container_types={entry.id: _container_type(entry) for _, entry in checked.container_types.entries},
        containers=_containers(checked, bindings),
        devices={entry.id: _device(entry, bindings) for _, entry in checked.devices.entries},
        sources=frozenset(entry.id for _, entry in checked.sources.entries),
        alerting=_alerting(checked.alerting),
    )


def _defaults(entry: DefaultsEntry) -> Defaults:
    return Defaults(**entry.model_dump(exclude_none=True))


def _site(entry: SiteEntry, calendars: Mapping[str, Calendar]) -> Site:
    return Site(
        id=entry.id,
        lat=entry.lat,
        lon=entry.lon,
        timezone=entry.timezone,
        name=entry.name,
        kind=entry.kind,
        gln=entry.gln,
        calendar=None if entry.calendar is None else calendars[entry.calendar],
        fence=None if entry.fence is None else _fence(entry.fence),
    )


def _fence(entry: FenceEntry) -> Circle | Polygon | None:
    if entry.radius_m is not None:
        return Circle(entry.radius_m)
    return None if entry.polygon is None else Polygon(tuple(entry.polygon))


def _route(entry: RouteEntry) -> Route:
    last = len(entry.stops) - 1
    return Route(
        id=entry.id,
        stops=tuple(_stop(stop, last=number == last) for number, stop in enumerate(entry.stops)),
        purpose=entry.purpose or "",
        collect_within=entry.collect_within,
        due_within=entry.due_within,
        due_kind=entry.due_kind,
        missing_after=entry.missing_after,
    )


def _stop(entry: StopEntry, *, last: bool) -> Stop:
    dwell, transit = entry.dwell, entry.transit
    return Stop(
        sites=tuple(entry.sites),
        optional=entry.optional,
        dwell=None if dwell is None else Dwell(dwell.max, dwell.hours == "working"),
        transit=None if transit is None else Transit(transit.max, transit.typical),
        steps=frozenset(entry.steps),
        unpack=last if entry.unpack is None else entry.unpack,
    )


def _container_type(entry: ContainerTypeEntry) -> ContainerType:
    return ContainerType(
        entry.id, {str(sensor): Limits(limits.min, limits.max) for sensor, limits in entry.limits.items()}
    )


def _containers(checked: Checked, bindings: Bindings) -> dict[str, Container]:
    declared = {
        entry.id: Container(entry.id, entry.type, entry.route, bindings.tracker.get(entry.id))
        for _, entry in checked.containers.entries
    }
    bound = {id_: Container(id_, tracker=tracker) for id_, tracker in bindings.tracker.items()}
    return declared | {id_: container for id_, container in bound.items() if id_ not in declared}


def _device(entry: DeviceEntry, bindings: Bindings) -> Device:
    return Device(
        id=entry.id,
        kind=entry.kind,
        site=entry.site,
        sites=None if entry.sites is None else frozenset(entry.sites),
        container=bindings.container.get(entry.id),
        silent_after=entry.silent_after,
    )


def _alerting(entry: AlertingEntry) -> Alerting:
    return Alerting(
        channels=dict(entry.channels),
        policies=tuple(_policy(policy) for policy in entry.policies),
        heartbeat=None
        if entry.heartbeat is None
        else Heartbeat(entry.heartbeat.channel, entry.heartbeat.every),
        webhooks=tuple(_webhook(webhook) for webhook in entry.webhooks),
    )


def _webhook(entry: WebhookEntry) -> Webhook:
    return Webhook(entry.url, entry.secret, _match(entry.match), entry.allow_http)


def _policy(entry: PolicyEntry) -> Policy:
    return Policy(
        match=_match(entry.match),
        notify=tuple(entry.notify),
        escalate=tuple(Escalation(step.after, tuple(step.notify)) for step in entry.escalate),
    )


def _match(entry: MatchEntry) -> Match:
    return Match(
        kind=None if entry.kind is None else frozenset(str(kind) for kind in entry.kind),
        severity=None if entry.severity is None else frozenset(entry.severity),
        route=None if entry.route is None else frozenset(entry.route),
        site=None if entry.site is None else frozenset(entry.site),
        subject=None if entry.subject is None else frozenset(entry.subject),
    )
