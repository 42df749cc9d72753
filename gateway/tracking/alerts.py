"""From deviations to alerts: one cause one alert, and what opens, changes and resolves (tracking.md 4, 5).

Level-triggered: the deviations that hold now are compared with the alerts that are open. Nothing here
remembers; a decision returns its reason.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import JOURNEY_KINDS, SHARED_KINDS, JourneyStatus, Kind, Severity, Subject

DeviationKey = tuple[Kind, int | str | None]


class Reason(StrEnum):
    """Why an alert resolved; the first that applies."""

    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"
    COMPLETED = "completed"
    EVIDENCE = "evidence"
    OPERATOR = "operator"


class Open(NamedTuple):
    """An alert that is open, or resolved by an operator and `shelved` while its deviation lasts."""

    id: str
    key: DeviationKey
    since: Instant
    severity: Severity
    opened_at: Instant
    shelved: bool
    deviation: Deviation


class Opens(NamedTuple):
    deviation: Deviation


class Changes(NamedTuple):
    """Still true, but in another severity, since or detail."""

    alert: Open
    deviation: Deviation


class Resolves(NamedTuple):
    alert: Open
    reason: Reason


class Unshelves(NamedTuple):
    """The deviation of a shelved alert has ended: the next one may open again."""

    alert: Open


Decision = Opens | Changes | Resolves | Unshelves


class Above(NamedTuple):
    """What is true of the containers that a subject is in, directly or not."""

    kinds: frozenset[Kind] = frozenset()

    def within(self, deviations: Iterable[Deviation]) -> "Above":
        """The same for what is inside a container of which these are true."""
        return Above(self.kinds | {each.kind for each in deviations if each.kind in SHARED_KINDS})


def is_muted(deviation: Deviation, dark: frozenset[str]) -> bool:
    """Whether a dark site explains the deviation of a journey."""
    if deviation.kind is Kind.OVERDWELL:
        return deviation.site in dark
    if deviation.kind is Kind.DELAYED:
        return bool(deviation.expected) and dark.issuperset(deviation.expected)
    return deviation.kind is Kind.DEVICE_SILENT and deviation.site in dark


def taken_on(
    own: Sequence[Deviation], members: Iterable[Sequence[Deviation]], dark: frozenset[str]
) -> tuple[Deviation, ...]:
    """What a container says for its contents: each shared kind that two or more of its members have, unmuted."""
    counted: dict[Kind, list[Deviation]] = {}
    for member in members:
        for kind in {each.kind for each in member}:
            said = [each for each in member if each.kind is kind and not is_muted(each, dark)]
            if kind in SHARED_KINDS and said:
                counted.setdefault(kind, []).append(_summary(kind, said))
    spoken = {each.kind for each in own}
    return tuple(
        _summary(kind, said)
        for kind, said in sorted(counted.items())
        if len(said) >= 2 and kind not in spoken
    )


def _summary(kind: Kind, said: Sequence[Deviation]) -> Deviation:
    expected = {site for each in said for site in each.expected}
    return Deviation(
        kind,
        min(each.since for each in said),
        max(each.severity for each in said),
        expected=tuple(sorted(expected)),
        by=min((each.by for each in said if each.by is not None), default=None),
    )


def audible(
    deviations: Sequence[Deviation], above: Above, dark: frozenset[str]
) -> dict[DeviationKey, Deviation]:
    """Of a subject's own and taken-on deviations, those that are neither muted nor silenced."""
    missing = any(each.kind is Kind.MISSING for each in deviations)
    return {
        each.key: each
        for each in deviations
        if not is_muted(each, dark) and not _is_silenced(each, above, missing=missing)
    }


def _is_silenced(deviation: Deviation, above: Above, *, missing: bool) -> bool:
    kind = deviation.kind
    if kind not in SHARED_KINDS:
        return False
    if kind in above.kinds:
        return True
    if kind in (Kind.DELAYED, Kind.OVERDWELL):
        return missing or Kind.MISSING in above.kinds
    return missing and kind is Kind.OVERDUE and deviation.severity < Severity.CRITICAL


class Ledger(NamedTuple):
    """A subject's alerts beside its deviations: all that hold (`held`), and those of them that may be heard."""

    subject: Subject
    status: JourneyStatus | None
    held: frozenset[DeviationKey]
    audible: Mapping[DeviationKey, Deviation]
    alerts: Sequence[Open]


def reconcile(ledger: Ledger, was_true: Callable[[Open], bool]) -> list[Decision]:
    """What to do so that the open alerts are the audible deviations.

    `was_true` answers whether, by what is known now, an alert's deviation was true when it opened; it is asked
    only of alerts of returns and containers, and only where the reason depends on it.
    """
    decisions: list[Decision] = []
    for alert in ledger.alerts:
        if alert.shelved:
            if alert.key not in ledger.held:
                decisions.append(Unshelves(alert))
        elif alert.key not in ledger.audible:
            decisions.append(Resolves(alert, _reason(alert, ledger, was_true)))
        elif alert.deviation != ledger.audible[alert.key]:
            decisions.append(Changes(alert, ledger.audible[alert.key]))
    kept = {alert.key for alert in ledger.alerts if not alert.shelved or alert.key in ledger.held}
    decisions.extend(Opens(each) for key, each in ledger.audible.items() if key not in kept)
    return decisions


def _reason(alert: Open, ledger: Ledger, was_true: Callable[[Open], bool]) -> Reason:
    of_journey = alert.key[0] in JOURNEY_KINDS
    if of_journey and ledger.status is JourneyStatus.CANCELLED and ledger.subject.kind == "return":
        return Reason.CANCELLED
    if alert.key in ledger.held:
        return Reason.SUPERSEDED
    if ledger.subject.kind in ("return", "container") and not was_true(alert):
        return Reason.RETRACTED
    if of_journey and ledger.status is JourneyStatus.COMPLETED:
        return Reason.COMPLETED
    return Reason.EVIDENCE
