"""The ground truth against the gateway: two implementations of the rules agree, for any seed."""

import pytest

from devices.fleet.faults import drawn
from devices.fleet.score import alerts, score
from devices.fleet.timeline import FOREVER
from gateway.network import load
from gateway.replay import replay
from gateway.tracking.instants import Instant
from tests.devices.virtual import NETWORK, START, honest, lived, network, told

SEEDS = [(1, 6, 0.3), (3, 8, 0.5), (4, 4, 0.9), (5, 4, 0.0)]


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "days", "trouble"), SEEDS)
def test_an_honest_timeline_raises_exactly_the_alerts_that_are_true(
    seed: int, days: int, trouble: float
) -> None:
    scenario = told(seed, days, trouble)
    lines = [each.line() for each in replay(load(NETWORK), honest(scenario.timeline), scenario.until)]
    raised = alerts(lines)
    standing = [alert for alert in raised if alert.reason != "retracted"]
    audible = [truth for truth in scenario.truths if truth.audible]
    assert {(alert.key, alert.since) for alert in standing} == {
        ((truth.subject, truth.kind, truth.mark), truth.since) for truth in audible
    }
    assert {alert.key for alert in raised if alert.resolved is None} == {
        (truth.subject, truth.kind, truth.mark) for truth in audible if truth.ends == FOREVER
    }
    on_time = {(alert.key, alert.opened) for alert in raised if alert.key[1] == "overdue"}
    assert {((t.subject, t.kind, t.mark), t.begins) for t in audible if t.kind == "overdue"} == on_time
    found = score(scenario, raised)
    assert found.good, [finding.line() for finding in (*found.missed, *found.wrong)]
    assert found.excused == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 6])
def test_a_gateway_whose_clock_is_ahead_is_held_to_what_is_open_at_the_end(seed: int) -> None:
    scenario = told(seed, 5)
    faults = drawn(network(), seed, START, scenario.until)
    simulation, gateway = lived(
        scenario, faults, lambda at: Instant(scenario.until - (scenario.until - at) // 240)
    )
    gateway.until(scenario.until)
    raised = alerts(gateway.lines)
    found = score(scenario, raised, simulation.late, simulation.tolerance)
    assert found.good, [finding.line() for finding in (*found.missed, *found.wrong)]
    assert found.taken_back > 0, "deadlines passed before what met them was reported"
    still_open = [alert for alert in raised if alert.resolved is None and alert.key[0][0] != "device"]
    assert len(still_open) > 5
    forgotten = [alert for alert in raised if alert is not still_open[0]]
    assert len(score(scenario, forgotten, simulation.late, simulation.tolerance).missed) == 1


@pytest.mark.slow
def test_without_trouble_nothing_is_lost_late_or_astray() -> None:
    scenario = told(5, 5, 0.0)
    assert {truth.kind for truth in scenario.truths if truth.subject[0] != "device"} <= {
        "overdwell",
        "delayed",
    }
    assert len({truth.subject for truth in scenario.truths}) < len(scenario.stories) / 50
