"""What a network without faults probably means otherwise: routes, calendars and policies.

Each doubt is one plain sentence about a value that works as written. Those about fences are in `ground`.
"""

from collections.abc import Iterator
from typing import Final

from gateway.network.faults import Finding
from gateway.network.webhooks import plainly_open
from gateway.tracking.model import Kind
from gateway.tracking.plan import Match, Network, Policy, Route, Webhook

_SUBJECTS: Final = frozenset({"return", "container"})
"""What journeys are of."""


def doubts(network: Network) -> Iterator[Finding]:
    """The doubts, the rarer and graver first, with locations in the file that the network was made from."""
    yield from _calendars(network)
    yield from _policies(network.alerting.policies)
    yield from _webhooks(network.alerting.webhooks)
    yield from _silent_routes(network)
    yield from _transits(network)
    yield from _dwells(network)


def _calendars(network: Network) -> Iterator[Finding]:
    used = {site.calendar.id: site.calendar for site in network.sites.values() if site.calendar is not None}
    for calendar in used.values():
        if not any(calendar.week):
            message = (
                "has no opening hours, so its sites never open; give it some, or leave the calendar out there"
            )
            yield Finding(("calendars", calendar.id), message)


def _transits(network: Network) -> Iterator[Finding]:
    for index, route in enumerate(network.routes.values()):
        for number, stop in enumerate(route.stops):
            leg = stop.transit
            if leg is not None and leg.typical is not None and leg.typical > leg.max:
                message = (
                    "is longer than the leg's max, so that a usual transit is late; swap them or raise max"
                )
                yield Finding(("routes", index, "stops", number, "transit", "typical"), message)


def _dwells(network: Network) -> Iterator[Finding]:
    message = (
        "has no dwell before a leg, so each sighting here puts off when the next stop is delayed; give it one"
    )
    for index, route in enumerate(network.routes.values()):
        for number, stop in enumerate(route.stops[:-1]):
            if stop.dwell is None:
                yield Finding(("routes", index, "stops", number), message)


def _silent_routes(network: Network) -> Iterator[Finding]:
    policies = network.alerting.policies
    notifying = any(map(_notifies, policies))
    heard: dict[tuple[frozenset[int], frozenset[tuple[str, str]]], bool] = {}
    for index, route in enumerate(network.routes.values()):
        if _no_deadline(route):
            message = "has no deadline of any kind, so it can never alert by time; give it a collect_within, due_within"
            yield Finding(("routes", index), f"{message} or missing_after")
        if notifying:
            mine = frozenset(
                i for i, p in enumerate(policies) if p.match.route is None or route.id in p.match.route
            )
            alerts = _alerts(route)
            if (mine, alerts) not in heard:
                heard[mine, alerts] = any(
                    _is_heard(alert, [policies[i] for i in sorted(mine)]) for alert in alerts
                )
            if not heard[mine, alerts]:
                message = "can never alert: no policy that notifies somebody matches it; add it to one"
                yield Finding(("routes", index), message)


def _no_deadline(route: Route) -> bool:
    allowances = (route.collect_within, route.due_within, route.missing_after)
    return len(route.stops) == 1 and route.stops[0].dwell is None and not any(allowances)


def _alerts(route: Route) -> frozenset[tuple[str, str]]:
    """The kinds and severities that journeys on the route can have (tracking.md section 4)."""
    found = {
        (Kind.MISROUTED, "major"),
        (Kind.MISSING, "critical"),
        (Kind.OVERDUE, "critical" if route.due_kind == "legal" else "major"),
    }
    if route.collect_within is not None:
        found.add((Kind.NOT_COLLECTED, "minor"))
    if any(stop.dwell for stop in route.stops):
        found.add((Kind.OVERDWELL, "warning"))
    if len(route.stops) > 1:
        found |= {(Kind.DELAYED, "major"), (Kind.BACKTRACKED, "minor"), (Kind.SKIPPED, "minor")}
    return frozenset((str(kind), severity) for kind, severity in found)


def _is_heard(alert: tuple[str, str], policies: list[Policy]) -> bool:
    """Whether an alert of a route may notify anybody, by the policies that admit the route."""
    kind, severity = alert
    for policy in policies:
        match = policy.match
        if match.kind is not None and kind not in match.kind:
            continue
        if match.severity is not None and severity not in match.severity:
            continue
        if match.subject is not None and not match.subject & _SUBJECTS:
            continue
        if _notifies(policy):
            return True
        # It silences the alert for sure only where neither the site nor the kind of subject decides.
        if match.site is None and (match.subject is None or match.subject >= _SUBJECTS):
            return False
    return False


def _notifies(policy: Policy) -> bool:
    return bool(policy.notify or policy.escalate)


def _policies(policies: tuple[Policy, ...]) -> Iterator[Finding]:
    for index, policy in enumerate(policies):
        taker = next((i for i in range(index) if _covers(policies[i].match, policy.match)), None)
        if taker is not None:
            message = f"can never match: alerting.policies[{taker}] takes all that it would; move it before that one"
            yield Finding(("alerting", "policies", index), message)


def _webhooks(webhooks: tuple[Webhook, ...]) -> Iterator[Finding]:
    for index, webhook in enumerate(webhooks):
        if plainly_open(webhook.url):
            message = "is unencrypted, so that what alerts say can be read on the way; write https://"
            yield Finding(("alerting", "webhooks", index, "url"), message)


def _covers(wide: Match, narrow: Match) -> bool:
    pairs = (
        (wide.kind, narrow.kind),
        (wide.severity, narrow.severity),
        (wide.route, narrow.route),
        (wide.site, narrow.site),
        (wide.subject, narrow.subject),
    )
    return all(w is None or (n is not None and n <= w) for w, n in pairs)
