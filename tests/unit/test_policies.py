"""Which policy holds for an alert, and whom it tells."""

import pytest

from gateway.service.policies import NOBODY, policy_for, steps_of, told_of
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import MINUTE, Duration, Instant
from gateway.tracking.model import Kind, Severity
from gateway.tracking.plan import Alerting, Escalation, Match, Policy
from tests.unit.delivery_world import World, late


def only(**match: str) -> Match:
    return Match(**{field: frozenset({value}) for field, value in match.items()})


@pytest.mark.parametrize(
    ("match", "matches"),
    [
        (Match(), True),
        (only(kind="delayed"), True),
        (only(kind="missing"), False),
        (only(severity="major"), True),
        (only(severity="critical"), False),
        (only(route="refill"), True),
        (only(route="repair"), False),
        (only(site="HUB"), True),
        (only(site="REFILL"), False),
        (only(subject="return"), True),
        (only(subject="container"), False),
        (only(kind="delayed", severity="major", route="refill", site="HUB", subject="return"), True),
        (only(kind="delayed", severity="major", route="refill", site="HUB", subject="device"), False),
        (Match(kind=frozenset({"missing", "delayed"})), True),
    ],
)
def test_a_policy_matches_an_alert_that_has_every_value_it_names(match: Match, matches: bool) -> None:
    alert = World().opens(late(), route="refill")
    policy = Policy(match, ("chat",))
    assert policy_for(alert, Alerting(policies=(policy,))) == (policy if matches else NOBODY)


def test_a_policy_by_route_is_not_for_alerts_without_one() -> None:
    battery = Deviation(Kind.LOW_BATTERY, Instant(0), Severity.WARNING)
    policies = (Policy(only(route="refill"), ("chat",)),)
    assert policy_for(World().opens(battery, "trk-1", kind="device"), Alerting(policies=policies)) == NOBODY


def test_the_first_policy_that_matches_holds_even_if_it_tells_nobody() -> None:
    policies = (Policy(only(kind="delayed"), ()), Policy(Match(), ("chat",)))
    assert policy_for(World().opens(late()), Alerting(policies=policies)) == policies[0]


def test_a_network_with_channels_and_no_policies_tells_all_of_them_everything() -> None:
    alerting = Alerting(channels={"chat": "json://a", "mail": "json://b"})
    assert policy_for(World().opens(late()), alerting).notify == ("chat", "mail")


def test_a_network_with_policies_of_which_none_matches_tells_nobody() -> None:
    alerting = Alerting({"chat": "json://a"}, (Policy(only(kind="missing"), ("chat",)),))
    assert policy_for(World().opens(late()), alerting) == NOBODY


@pytest.mark.parametrize(
    ("escalated", "told"),
    [(0, ("chat", "mail")), (1, ("chat", "mail", "boss")), (2, ("chat", "mail", "boss", "owner"))],
)
def test_of_the_end_those_are_told_whom_the_steps_taken_have_reached(
    escalated: int, told: tuple[str, ...]
) -> None:
    late_step = Escalation(Duration(60 * MINUTE), ("owner", "chat"))
    soon_step = Escalation(Duration(30 * MINUTE), ("boss",))
    policy = Policy(Match(), ("chat", "mail"), (late_step, soon_step))
    assert steps_of(policy) == (soon_step, late_step)
    assert told_of(policy, escalated) == told
