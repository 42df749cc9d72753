"""What an alert tells a person: one sentence, and the details that it rests on.

What happened, since when, where the goods were last seen and by whom, where they were expected by when, what is
in them, what to do next. Text only: whoever shows it escapes it.
"""

from typing import Any

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.tracking.assessment import Assessment
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.model import Kind, Subject
from gateway.tracking.plan import Network

CONTENTS_SHOWN = 20
"""At most so many contents are named in an alert."""


def details_of(
    deviation: Deviation, row: SubjectRow, assessment: Assessment | None, unit: Unit
) -> dict[str, Any]:
    """The details of an alert, ready for JSON. Instants are RFC 3339 in UTC."""
    details: dict[str, Any] = {
        "expected_sites": list(deviation.expected),
        "by": rfc3339(deviation.by) if deviation.by is not None else None,
        "last_seen": _last_seen(assessment),
        "contents": [],
    }
    if row.kind == "container":
        members = unit.members((row.id,), shared=False)
        details["contents"] = sorted(member.id for member in members)[:CONTENTS_SHOWN]
        details["contents_count"] = len(members)
    if row.parent is not None:
        details["container"] = row.parent
    if deviation.items:
        details["items"] = list(deviation.items[:CONTENTS_SHOWN])
    return details


def _last_seen(assessment: Assessment | None) -> dict[str, str] | None:
    if assessment is None or not assessment.seen.sightings:
        return None
    newest = assessment.seen.sightings[-1]
    return {"site": newest.site, "at": rfc3339(newest.at), "step": newest.step, "device": newest.device}


def summary_of(
    subject: Subject, deviation: Deviation, assessment: Assessment | None, network: Network
) -> str:
    """One sentence for the alert."""
    said = _SAID[deviation.kind].format(
        id=subject.id,
        since=_when(deviation.since),
        by=_when(deviation.by if deviation.by is not None else deviation.since),
        site=deviation.site or "an unknown site",
        expected=" or ".join(deviation.expected) or "its next stop",
        items=", ".join(deviation.items[:CONTENTS_SHOWN]),
        sensor=deviation.sensor,
        limits=_limits(subject, deviation, network),
    )
    last = _last_seen(assessment)
    if last is None or deviation.kind not in _WITH_LAST_SEEN:
        return said
    return f"{said}; last seen {last['step']} {last['site']} at {_when(assessment.seen.sightings[-1].at)}"  # type: ignore[union-attr] # there is one: last is made of it


def _when(at: int) -> str:
    return rfc3339(Instant(at)).replace("T", " ")[:16] + " UTC"


def _limits(subject: Subject, deviation: Deviation, network: Network) -> str:
    limits = network.limits_of(subject.id).get(deviation.sensor or "")
    if limits is None:
        return "its limits"
    return f"{'…' if limits.min is None else limits.min:} to {'…' if limits.max is None else limits.max}"


_SAID = {
    Kind.NOT_COLLECTED: "{id} was announced but never handed in; expected at {expected} by {by}",
    Kind.OVERDWELL: "{id} should have left {site} by {by}",
    Kind.DELAYED: "{id} should have reached {expected} by {by}",
    Kind.OVERDUE: "{id} was due at {expected} by {by}",
    Kind.MISSING: "{id} is missing since {since}; expected at {expected}",
    Kind.MISROUTED: "{id} turned up at {site}, which is not on its route; it belongs at {expected}",
    Kind.BACKTRACKED: "{id} went back to {site}; it belongs at {expected}",
    Kind.SKIPPED: "{id} was never seen at {expected}, which it should have passed",
    Kind.UNEXPECTED: "{id} was scanned at {site} but never announced",
    Kind.SEEN_AFTER_END: "{id} was seen at {site} after it was destroyed or disposed of elsewhere",
    Kind.IMPOSSIBLE_TRAVEL: "{id} was scanned at {site} sooner than it can have travelled there",
    Kind.COUNT_MISMATCH: "{id} was unpacked at {site} with short or surplus items: {items}",
    Kind.EXCURSION: "{id}: {sensor} has been outside {limits}",
    Kind.DEVICE_SILENT: "{id} has not been heard of since its deadline at {since}",
    Kind.SITE_DARK: "no device at {id} has been heard of; dark since {since}",
    Kind.LOW_BATTERY: "the battery of {id} is low since {since}",
    Kind.CLOCK_SKEW: "the clock of {id} is wrong: its events are dated in the future or long ago",
}
_WITH_LAST_SEEN = frozenset(
    {Kind.OVERDWELL, Kind.DELAYED, Kind.OVERDUE, Kind.MISSING, Kind.SKIPPED, Kind.BACKTRACKED, Kind.MISROUTED}
)
