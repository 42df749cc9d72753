"""Whatever goes wrong on the way: once everything has arrived the same alerts stand, nothing is lost, nothing twice."""

import pytest

from devices.fleet.faults import NONE, Faults, Rates, Trouble, Window, drawn, handed_over
from devices.fleet.score import alerts, score
from gateway.tracking.instants import DAY, HOUR, Duration, Instant
from tests.devices.virtual import START, VirtualGateway, lived, network, told

ROUGH = Rates(outages=0.5, outage=(HOUR, 30 * HOUR), site_outages=0.15, lost=0.1, duplicated=0.1)


def standing(gateway: VirtualGateway, end: Instant) -> set[object]:
    """The alerts of returns and containers that are open."""
    gateway.until(end)
    return {
        a.key for a in alerts(gateway.lines) if a.resolved is None and a.key[0][0] in ("return", "container")
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3])
def test_faults_change_what_is_known_when_and_nothing_that_stands(seed: int) -> None:
    scenario = told(seed, 5)
    faults = drawn(network(), seed, START, scenario.until, ROUGH)
    smooth, through = lived(scenario)
    rough, despite = lived(scenario, faults)
    end = Instant(scenario.until + 6 * HOUR)
    assert standing(despite, end) == standing(through, end)
    events = sum(happening.what != "status" for happening in scenario.timeline)
    assert smooth.settled == rough.settled == events
    assert rough.waiting == 0
    probes = despite.accepted - events
    assert 0 <= probes <= len(network().scanners) * 4
    found = score(scenario, alerts(despite.lines), rough.late, rough.tolerance)
    assert found.good, [finding.line() for finding in (*found.missed, *found.wrong)]
    assert found.taken_back > 0
    assert score(scenario, alerts(through.lines)).good


@pytest.mark.slow
@pytest.mark.parametrize(
    "rates",
    [
        Rates(0, wrong_clocks=1.0, site_outages=0, deaths=0, lost=0, duplicated=0, delayed=0),
        Rates(0, site_outages=0, deaths=2.0, wrong_clocks=0.5, lost=0, duplicated=0, delayed=0),
        Rates(0, site_outages=0, deaths=0, wrong_clocks=0, lost=0.4, duplicated=0.4, delayed=0.5),
    ],
    ids=["wrong clocks", "dead batteries", "lost, doubled and late messages"],
)
def test_each_fault_by_itself_changes_nothing_either(rates: Rates) -> None:
    scenario = told(7, 4)
    simulation, gateway = lived(scenario, drawn(network(), 7, START, scenario.until, rates))
    found = score(scenario, alerts(gateway.lines), simulation.late, simulation.tolerance)
    assert found.good, [finding.line() for finding in (*found.missed, *found.wrong)]
    assert simulation.settled == sum(happening.what != "status" for happening in scenario.timeline)


def test_one_seed_draws_the_same_faults_and_another_others() -> None:
    until = Instant(START + 10 * DAY)
    assert drawn(network(), 1, START, until) == drawn(network(), 1, START, until)
    assert drawn(network(), 1, START, until) != drawn(network(), 2, START, until)


def test_all_faults_are_over_in_time() -> None:
    until = Instant(START + 10 * DAY)
    faults = drawn(network(), 3, START, until, ROUGH)
    windows = [w for trouble in faults.devices.values() for w in (*trouble.outages, *trouble.deaths)]
    assert len(windows) > 50
    assert all(START <= window.begins < window.ends < until for window in windows)


def test_the_scans_of_a_dead_scanner_are_made_by_another_at_its_site() -> None:
    scenario = told(1, 3)
    dead = Window(Instant(START + DAY), Instant(START + 2 * DAY))
    faults = Faults(NONE, {"scan-lej-1": Trouble(deaths=[dead])})
    given = handed_over(scenario.timeline, faults, network())
    assert not [h for h in given if h.sender == "device/scan-lej-1" and dead.begins <= h.at < dead.ends]
    scans = [h for h in scenario.timeline if h.what == "scan"]
    assert [h.body for h in given if h.what == "scan"] == [h.body for h in scans]


@pytest.mark.parametrize(
    ("at", "offline", "starts", "error", "edge"),
    [
        (0, False, 0, 5, 10),
        (10, True, 0, 5, 20),
        (20, False, 0, 5, 30),
        (35, True, 0, 5, 40),
        (40, False, 1, 7, None),
    ],
)
def test_a_devices_trouble_in_time(at: int, offline: bool, starts: int, error: int, edge: int | None) -> None:
    trouble = Trouble(
        [Window(Instant(10), Instant(20))], [Window(Instant(30), Instant(40))], [Duration(5), Duration(7)]
    )
    now = Instant(at)
    assert (trouble.offline(now), trouble.starts(now), trouble.clock_error(now)) == (offline, starts, error)
    assert trouble.next_edge(now) == edge
