"""From what is to be told to the messages that tell it: what belongs together in one, and in plain words.

Ids, notes and names come from anywhere: they stand here as they are, and whoever sends them makes them harmless.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from gateway.ports.delivery import Notice
from gateway.ports.rows import AlertRow
from gateway.ports.state import Records
from gateway.service.alert_json import details_known
from gateway.service.messages import named
from gateway.service.notifications import What
from gateway.service.times import at_site
from gateway.tracking.instants import Instant, instant
from gateway.tracking.plan import Network

SHOWN: Final = 10
"""A notice tells so many alerts in full, the worst first."""
_LONGEST_TITLE: Final = 140


class Saying(NamedTuple):
    """One thing to tell of one alert."""

    what: What
    alert: AlertRow


class Scene(NamedTuple):
    """What notices are worded by: the network of now, the facts, and when they are written."""

    network: Network
    records: Records
    now: Instant


_Key = tuple[object, ...]


def grouped(sayings: Iterable[Saying]) -> list[list[Saying]]:
    """The sayings that go into one message: of one kind and one container, or one kind, route and site."""
    leads: dict[_Key, _Key] = {}

    def lead(key: _Key) -> _Key:
        while (above := leads.setdefault(key, key)) != key:
            leads[key] = leads.setdefault(above, above)
            key = above
        return key

    sayings = list(sayings)
    for saying in sayings:
        first, *others = _keys(saying.alert)
        for other in others:
            leads[lead(other)] = lead(first)
    groups: dict[_Key, list[Saying]] = {}
    for saying in sayings:
        groups.setdefault(lead(_keys(saying.alert)[0]), []).append(saying)
    return list(groups.values())


def _keys(alert: AlertRow) -> list[_Key]:
    kind = alert.deviation.kind
    keys: list[_Key] = [(kind, alert.route, alert.deviation.site)]
    if alert.container is not None:
        keys.append((kind, "in", alert.container, "container"))
    return keys


def notice_of(group: Sequence[Saying], channels: Collection[str], scene: Scene) -> Notice:
    """One message that tells all of a group, whose id is the same however often it is made of the same."""
    ranked = sorted(group, key=lambda each: (_RANK[each.what], -each.alert.deviation.severity, each.alert.id))
    id_ = _id(ranked, channels, scene.now)
    paragraphs = [_paragraph(saying, scene) for saying in ranked[:SHOWN]]
    if len(ranked) > SHOWN:
        paragraphs.append(f"… and {len(ranked) - SHOWN} more: see the ops board, or the alerts of the API.")
    paragraphs.append(f"As of {at_site(scene.now, None, scene.network)}, message {id_}")
    still = [saying.alert.deviation.severity for saying in group if saying.what is not What.RESOLVED]
    severity = max(still).word if still else "resolved"
    return Notice(id_, _title(ranked), "\n\n".join(paragraphs), severity)


def _id(sayings: Iterable[Saying], channels: Iterable[str], now: Instant) -> str:
    told = [f"{each.what}/{each.alert.id}/{each.alert.version}/{each.alert.escalated}" for each in sayings]
    return sha256("\0".join([str(now), *sorted(channels), *told]).encode()).hexdigest()[:16]


def _title(ranked: Sequence[Saying]) -> str:
    alert = ranked[0].alert
    kind = alert.deviation.kind.value.replace("_", " ")
    if len(ranked) == 1:
        title = f"{_lead(ranked[0])}: {kind}, {alert.subject.id}"
    else:
        what = list(dict.fromkeys(_lead(each) for each in ranked))
        title = f"{' / '.join(what)}: {len(ranked)} × {kind}{_shared(ranked)}"
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"


def _shared(sayings: Sequence[Saying]) -> str:
    """What all of them have in common."""
    first = sayings[0].alert
    found = (
        (" in ", first.container, {each.alert.container for each in sayings}),
        (" on ", first.route, {each.alert.route for each in sayings}),
        (" at ", first.deviation.site, {each.alert.deviation.site for each in sayings}),
    )
    return "".join(word + value for word, value, values in found if value is not None and len(values) == 1)


def _lead(saying: Saying) -> str:
    return _LEADS[saying.what].format(severity=saying.alert.deviation.severity.word).capitalize()


def _paragraph(saying: Saying, scene: Scene) -> str:
    alert = saying.alert
    lines = [f"{_lead(saying)}: {alert.summary}"]
    if saying.what is What.RESOLVED:
        lines.append(f"why: {_REASONS.get(alert.reason or '', alert.reason or 'unknown')}")
    else:
        lines += _facts(alert, details_known(alert, scene.records), scene.network)
    lines.append(f"alert {alert.id}")
    return "\n  ".join(lines)


def _facts(alert: AlertRow, details: Mapping[str, Any], network: Network) -> Iterable[str]:
    since = at_site(alert.deviation.since, alert.deviation.site, network)
    yield f"since {since}" + (f", route {alert.route}" if alert.route else "")
    last = details.get("last_seen")
    if last:
        yield _last_seen(last, network)
    elif details.get("last_heard"):
        yield f"last heard at {at_site(instant(details['last_heard']), alert.deviation.site, network)}"
    if details["expected_sites"]:
        there = " or ".join(_place(site, network) for site in details["expected_sites"])
        by = details["by"]
        when = "" if by is None else f" by {at_site(instant(by), details['expected_sites'][0], network)}"
        yield f"expected at {there}{when}"
    if "container" in details:
        yield f"in container {details['container']}"
    if details.get("contents_count"):
        yield f"holds {named(details['contents'], details['contents_count'])}"
    if details.get("advice"):
        yield f"next: {details['advice']}"


def _last_seen(last: Mapping[str, str], network: Network) -> str:
    when = at_site(instant(last["at"]), last["site"], network)
    said = f"last seen {last['step']} {_place(last['site'], network)} at {when} by {last['device']}"
    if "operator" in last:
        said += f", operator {last['operator']}"
    if "note" in last:
        said += f", who noted “{last['note']}”"
    return said


def _place(site: str, network: Network) -> str:
    known = network.sites.get(site)
    return f"{site} ({known.name})" if known is not None and known.name else site


_RANK: Final = {What.ESCALATED: 0, What.RAISED: 1, What.OPENED: 2, What.RESOLVED: 3}
_LEADS: Final = {
    What.ESCALATED: "unacknowledged {severity}",
    What.RAISED: "raised to {severity}",
    What.OPENED: "{severity}",
    What.RESOLVED: "resolved",
}
_REASONS: Final = {
    "cancelled": "its announcement was cancelled",
    "superseded": "it is still so, but the alert of its container or its site speaks for it",
    "retracted": "by what is known now it never was so",
    "completed": "its journey is completed",
    "evidence": "it is so no more",
    "operator": "an operator resolved it",
}
