"""What an alert tells a person: one sentence, and the details that it rests on.

What happened, since when, where the goods were last seen and by whom, where they were expected by when, what is
in them, what to do next. Text only: whoever shows it escapes it. Nothing here knows channels.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from gateway.ports.rows import AlertRow, SubjectRow
from gateway.ports.state import Unit
from gateway.service.times import at_site
from gateway.service.watch import state_of
from gateway.tracking.assessment import Assessment
from gateway.tracking.deviations import Deviation
from gateway.tracking.evidence import OwnScan
from gateway.tracking.instants import rfc3339
from gateway.tracking.model import SHARED_KINDS, Kind, Subject
from gateway.tracking.plan import Network
from gateway.tracking.sightings import Sighting

SHOWN: Final = 12
"""At most so many contents or items are named, each up to 128 characters: an alert must fit into one message."""


def details_of(
    deviation: Deviation, row: SubjectRow, assessment: Assessment | None, unit: Unit
) -> dict[str, Any]:
    """The details of an alert, ready for JSON. Instants are RFC 3339 in UTC.

    `last_seen` names the event, for who made it is not yet to be had where the alert opens with that very event.
    """
    last = _last_seen(row, assessment, unit)
    details: dict[str, Any] = {
        "expected_sites": list(deviation.expected),
        "by": rfc3339(deviation.by) if deviation.by is not None else None,
        "last_seen": None if last is None else _seen(last),
        "contents": [],
        "advice": _advice(row.id, deviation, None if last is None else last.site),
    }
    if row.kind == "container":
        members = unit.members((row.id,), shared=False)
        details["contents"] = sorted(member.id for member in members)[:SHOWN]
        details["contents_count"] = len(members)
    if row.parent is not None:
        details["container"] = row.parent
    if deviation.items:
        details["items"] = list(deviation.items[:SHOWN])
        details["items_count"] = len(deviation.items)
    if row.scope == "device":
        heard_at = state_of(row, deviation.since).heard_at
        details["last_heard"] = rfc3339(heard_at) if heard_at is not None else None
    return details


def seen_otherwise(alert: AlertRow, row: SubjectRow, assessment: Assessment, unit: Unit) -> bool:
    """Whether an alert that goes on tells another last sighting or container than is known now.

    Contents are not compared: counting hundreds for each of a container's positions would be dear.
    """
    told = json.loads(alert.details)
    last = _last_seen(row, assessment, unit)
    now = (None if last is None else _seen(last), row.parent)
    return (told.get("last_seen"), told.get("container")) != now


def _last_seen(row: SubjectRow, assessment: Assessment | None, unit: Unit) -> Sighting | OwnScan | None:
    """The newest sighting; where the subject was not assessed just now, its newest own scan."""
    if row.scope != "goods":
        return None
    seen: Sequence[Sighting | OwnScan] = (
        assessment.seen.sightings if assessment is not None else unit.scans((row.id,)).get(row.id, ())
    )
    return seen[-1] if seen else None


def _seen(last: Sighting | OwnScan) -> dict[str, str]:
    return {
        "site": last.site,
        "at": rfc3339(last.at),
        "step": last.step,
        "device": last.device,
        "event": last.id,
    }


def summary_of(
    subject: Subject, deviation: Deviation, assessment: Assessment | None, network: Network
) -> str:
    """One sentence for the alert. Times are those of the clock at the site that each is about."""
    there = deviation.expected[0] if deviation.expected else deviation.site
    words = _words(deviation)
    said = words.sentence.format(
        id=_who(subject, deviation, assessment),
        since=at_site(deviation.since, deviation.site or there, network),
        by=at_site(deviation.by if deviation.by is not None else deviation.since, there, network),
        site=deviation.site or "an unknown site",
        expected=" or ".join(deviation.expected) or "its next stop",
        items=named(deviation.items, len(deviation.items)),
        sensor=deviation.sensor,
        limits=_limits(subject, deviation, network),
    )
    if assessment is None or not assessment.seen.sightings or not words.seen:
        return said
    newest = assessment.seen.sightings[-1]
    return f"{said}; last seen {newest.step} {newest.site} at {at_site(newest.at, newest.site, network)}"


def named(ids: Sequence[str], count: int) -> str:
    """The first of `count` ids by name, and how many more there are."""
    shown = ids[:SHOWN]
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return ", ".join(shown) + more


def _who(subject: Subject, deviation: Deviation, assessment: Assessment | None) -> str:
    """The subject; where a container speaks for its contents, which is about no stop and no site, those."""
    speaks = subject.kind == "container" and deviation.kind in SHARED_KINDS
    if not speaks or deviation.stop is not None or deviation.site is not None:
        return subject.id
    own = assessment is not None and deviation in assessment.deviations
    return subject.id if own else f"what is in {subject.id}"


def _limits(subject: Subject, deviation: Deviation, network: Network) -> str:
    limits = network.limits_of(subject.id).get(deviation.sensor or "")
    if limits is None:
        return "its limits"
    if limits.min is None:
        return f"its limit of {limits.max:g} at most"
    if limits.max is None:
        return f"its limit of {limits.min:g} at least"
    return f"its limits of {limits.min:g} to {limits.max:g}"


def _advice(subject: str, deviation: Deviation, last_site: str | None) -> str:
    return _words(deviation).advice.format(
        id=subject,
        site=deviation.site or last_site or "the site",
        last=last_site or "the place where it was handed in",
        expected=" or ".join(deviation.expected) or "its next stop",
        items=named(deviation.items, len(deviation.items)),
    )


def _words(deviation: Deviation) -> "_Words":
    return _SHORT if deviation.kind is Kind.MISSING and deviation.items else _WORDS[deviation.kind]


class _Words(NamedTuple):
    """What happened; what to do next; whether where the goods were last seen belongs to the sentence."""

    sentence: str
    advice: str
    seen: bool = False


_WORDS: Final = {
    Kind.NOT_COLLECTED: _Words(
        "{id} was announced but never handed in; expected at {expected} by {by}",
        "ask the sender whether it was handed in at {expected}, or cancel its announcement",
    ),
    Kind.OVERDWELL: _Words(
        "{id} should have left {site} by {by}",
        "ask {site} what holds it there, and have it sent on",
        seen=True,
    ),
    Kind.DELAYED: _Words(
        "{id} should have reached {expected} by {by}",
        "ask {last} whether it really left, {expected} whether it came unscanned, then the carrier",
        seen=True,
    ),
    Kind.OVERDUE: _Words(
        "{id} was due at {expected} by {by}",
        "find out from {last} where it is held up, and tell its owner a new date",
        seen=True,
    ),
    Kind.MISSING: _Words(
        "{id} is missing since {since}; expected at {expected}",
        "have {last} search for it, then {expected}; then have the carrier trace it",
        seen=True,
    ),
    Kind.MISROUTED: _Words(
        "{id} turned up at {site}, which is not on its route; it belongs at {expected}",
        "have {site} set it aside and send it to {expected}",
        seen=True,
    ),
    Kind.BACKTRACKED: _Words(
        "{id} went back to {site}; it belongs at {expected}",
        "have {site} send it to {expected}",
        seen=True,
    ),
    Kind.SKIPPED: _Words(
        "{id} was never seen at {expected}, which it should have passed",
        "ask whether it passed {expected} unscanned; if not, decide whether it must go back there",
        seen=True,
    ),
    Kind.UNEXPECTED: _Words(
        "{id} was scanned at {site} but never announced",
        "have {site} set it aside, find out whose it is, and announce it",
    ),
    Kind.SEEN_AFTER_END: _Words(
        "{id} was seen at {site} after it was destroyed or disposed of elsewhere",
        "have {site} compare the article with its label: it was never destroyed, or its id is on two articles",
    ),
    Kind.IMPOSSIBLE_TRAVEL: _Words(
        "{id} was scanned at {site} sooner than it can have travelled there",
        "compare the articles with their labels: one id may be on two of them, or a scanner's clock is wrong",
    ),
    Kind.COUNT_MISMATCH: _Words(
        "{id} was unpacked at {site} with items short or over: {items}",
        "have {site} count again: look for what is short, scan what is over",
    ),
    Kind.EXCURSION: _Words(
        "{id}: {sensor} was outside {limits} at {since}",
        "have the goods in {id} inspected, and scan it with the step inspecting",
    ),
    Kind.DEVICE_SILENT: _Words(
        "nothing has been heard of {id}; it should have reported by {since}",
        "check its power and its network at {site}",
    ),
    Kind.SITE_DARK: _Words(
        "nothing has been heard of any device at {id}; the last should have reported by {since}",
        "check power and network at {id}; until it is back, nothing is said of goods that linger there",
    ),
    Kind.LOW_BATTERY: _Words(
        "the battery of {id} is low since {since}",
        "charge or change its battery",
    ),
    Kind.CLOCK_SKEW: _Words(
        "the clock of {id} is wrong: its events are dated in the future or long ago",
        "set its clock, then retry its events in quarantine with the right time",
    ),
}
_SHORT: Final = _Words(
    "{id} was not in {items} when that was unpacked at {site}, by {since}",
    "have {site} search {items} and where it was unpacked; ask who packed it",
    seen=True,
)
"""`missing` because its container was unpacked without it."""
