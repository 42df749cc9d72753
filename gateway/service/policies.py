"""Who is told of an alert: the first policy that matches holds (tracking.md section 5). Pure.

- No policy matches: nobody is told. So a policy without a `match`, put last, is for all the rest.
- A network that declares channels and no policies at all wants to be told: every alert goes to every channel.
- Of the end of an alert those are told who were told of it: the policy's channels and those of the steps of
  escalation that were taken.
"""

from collections.abc import Iterable

from gateway.ports.rows import AlertRow
from gateway.tracking.plan import Alerting, Escalation, Match, Policy

NOBODY = Policy(Match(), ())


def policy_for(alert: AlertRow, alerting: Alerting) -> Policy:
    """The policy that holds for the alert as it is now, its severity included; `NOBODY` if none does."""
    if not alerting.policies:
        return Policy(Match(), tuple(alerting.channels))
    return next((policy for policy in alerting.policies if matches(policy.match, alert)), NOBODY)


def matches(match: Match, alert: AlertRow) -> bool:
    """Whether a match admits the alert as it is."""
    deviation = alert.deviation
    return (
        _admits(match.kind, deviation.kind.value)
        and _admits(match.severity, deviation.severity.word)
        and _admits(match.route, alert.route)
        and _admits(match.site, deviation.site)
        and _admits(match.subject, alert.subject.kind)
    )


def _admits(wanted: frozenset[str] | None, value: str | None) -> bool:
    return wanted is None or value in wanted


def steps_of(policy: Policy) -> tuple[Escalation, ...]:
    """The policy's steps of escalation, the soonest first."""
    return tuple(sorted(policy.escalate, key=lambda step: step.after))


def told_of(policy: Policy, escalated: int) -> tuple[str, ...]:
    """The channels that have been told of an alert after so many steps of escalation, each once."""
    return _each_once(policy.notify, *(step.notify for step in steps_of(policy)[:escalated]))


def _each_once(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(channel for group in groups for channel in group))
