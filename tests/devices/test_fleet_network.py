"""The fleet reads a network as the gateway does, makes scenarios of it that are the same each time, and enlarges it."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.fleet.enlarged import enlarged
from devices.fleet.geometry import between, distance_m
from devices.fleet.hours import next_open, working_end
from devices.fleet.network import BadNetwork, Site, parse, read
from devices.fleet.timeline import FOREVER
from gateway import network as gateway_network
from gateway.network import examine
from gateway.tracking import calendars
from gateway.tracking.fences import radius_of
from gateway.tracking.instants import DAY, HOUR, Duration, Instant, instant
from tests.devices.virtual import NETWORK, START, network, told

THEIRS = gateway_network.load(NETWORK)


def test_the_demos_network_passes_the_check_without_a_warning() -> None:
    examined = examine(NETWORK.read_text(encoding="utf-8"), "network.yaml")
    assert examined.network is not None
    assert examined.warnings == ()


def test_both_sides_read_the_same() -> None:
    mine = network()
    assert list(mine.sites) == list(THEIRS.sites)
    for id_, site in mine.sites.items():
        assert site.fence_m == pytest.approx(radius_of(THEIRS.sites[id_]))
    for id_, route in mine.routes.items():
        other = THEIRS.routes[id_]
        assert (route.collect_within, route.due_within, route.missing_after, route.legal) == (
            other.collect_within, other.due_within, other.missing_after, other.due_kind == "legal",
        )  # fmt: skip
        for stop, their in zip(route.stops, other.stops, strict=True):
            assert (stop.sites, stop.optional, stop.steps, stop.unpack) == (
                their.sites, their.optional, their.steps, their.unpack,
            )  # fmt: skip
            assert stop.dwell == (their.dwell and their.dwell.max)
            assert stop.working == bool(their.dwell and their.dwell.working)
            assert stop.transit == (their.transit and their.transit.max)
    for id_, container in mine.containers.items():
        assert (container.route, container.tracker) == (
            THEIRS.containers[id_].route, THEIRS.containers[id_].tracker,
        )  # fmt: skip
    assert {*mine.scanners, *mine.trackers} == set(THEIRS.devices)
    assert (
        vars(mine.defaults).items()
        <= {name: getattr(THEIRS.defaults, name) for name in THEIRS.defaults.__slots__}.items()
    )


# From the first Monday after the clocks are put forward to the last Friday before they are put back.
SUMMER = st.integers(instant("2026-03-30T00:00:00Z"), instant("2026-10-20T00:00:00Z"))


@settings(max_examples=200)
@given(site=st.sampled_from(sorted(network().sites)), at=SUMMER, needed=st.integers(1, 60 * HOUR))
def test_opening_hours_are_what_the_gateway_makes_of_them(site: str, at: int, needed: int) -> None:
    mine, theirs = network().sites[site], THEIRS.sites[site]
    assert next_open(mine, Instant(at)) == calendars.next_opening(theirs, Instant(at))
    assert working_end(mine, Instant(at), Duration(needed)) == calendars.working_deadline(
        theirs, Instant(at), Duration(needed)
    )


def test_a_site_that_never_opens_never_opens() -> None:
    closed = Site("S", 50, 10, hours=((),) * 7)
    assert next_open(closed, START) is None
    assert working_end(closed, START, Duration(1)) is None


@pytest.mark.parametrize("text", ["", "sites: 7", "sites: [{id: A}]", "{", "sites: []\nroutes: []"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(BadNetwork):
        parse(text)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadNetwork, match="nowhere"):
        read(Path("nowhere.yaml"))


def test_a_network_can_be_enlarged_and_still_passes_the_check() -> None:
    text = enlarged(NETWORK.read_text(encoding="utf-8"), 120)
    examined = examine(text, "network.yaml")
    assert examined.network is not None
    assert len(examined.network.devices) == 120
    kinds = Counter(device.kind for device in examined.network.devices.values())
    assert min(kinds.values()) > 50
    assert len(parse(text).trackers) == kinds["tracker"]


def test_a_network_that_is_large_enough_stays_as_it_is() -> None:
    text = NETWORK.read_text(encoding="utf-8")
    assert enlarged(text, 5) == text
    with pytest.raises(BadNetwork):
        enlarged("sites: []", 5)


def test_one_seed_makes_one_scenario_and_another_another() -> None:
    assert told(1, 3) == told(1, 3)
    assert told(1, 3).timeline != told(2, 3).timeline


def test_a_scenario_is_told_in_order_and_within_its_time() -> None:
    scenario = told(8, 6)
    times = [happening.at for happening in scenario.timeline]
    assert times == sorted(times)
    assert all(scenario.start <= at < scenario.until for at in times)
    assert all(at % 1000 == 0 for at in times)
    assert {happening.what for happening in scenario.timeline} == {"scan", "position", "status", "announce"}
    assert all(truth.begins < scenario.until for truth in scenario.truths)
    assert all(
        truth.ends == FOREVER or truth.begins < truth.ends < scenario.until for truth in scenario.truths
    )


def test_in_a_long_scenario_every_way_to_go_wrong_is_found_in_the_truth() -> None:
    scenario = told(9, 25, trouble=0.6)
    kinds = Counter(truth.kind for truth in scenario.truths if truth.audible)
    assert set(kinds) == {
        "not_collected", "overdwell", "delayed", "overdue", "missing", "misrouted", "backtracked", "skipped",
        "unexpected", "seen_after_end", "count_mismatch", "excursion", "low_battery", "device_silent",
    }  # fmt: skip
    lost = {id_ for id_, story in scenario.stories.items() if story == "lost on a leg"}
    gone = {truth.subject[1] for truth in scenario.truths if truth.kind == "missing"}
    last = {id_: h.at for h in scenario.timeline if h.what == "scan" for id_ in h.about}
    early = {id_ for id_, at in last.items() if at < scenario.start + 14 * DAY}
    assert lost & early <= gone
    assert len(lost & early) > 3


def test_what_went_well_has_no_truths_of_its_own() -> None:
    scenario = told(10, 12, trouble=0.3)
    fine = {id_ for id_, story in scenario.stories.items() if story == "fine"}
    blamed = {t.subject[1] for t in scenario.truths if t.subject[1] in fine and t.ends != FOREVER}
    assert len(fine) > 100
    assert len(blamed) <= len(fine) / 100


def test_halfway_is_halfway() -> None:
    leipzig, brno = (51.42, 12.24), (49.17, 16.63)
    middle = between(leipzig, brno, 0.5)
    assert distance_m(leipzig, middle) == pytest.approx(distance_m(middle, brno))
    assert distance_m(leipzig, brno) == pytest.approx(399_000, rel=0.02)
    assert between(leipzig, leipzig, 0.5) == leipzig
