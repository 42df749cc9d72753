"""What a wrong clock does to events: it moves them to the right time before they count, or nothing."""

import json

import pytest

from devices.sdk.spool import MemorySpool
from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Instant, instant
from tests.devices.desk import START, Desk, StubGateway, events

WRONG = [-2 * DAY, -3 * HOUR, -40 * SECOND, 40 * SECOND, 3 * HOUR, 400 * DAY]


@pytest.mark.parametrize("error", WRONG)
def test_scans_made_before_the_first_receipt_get_the_right_time(error: int) -> None:
    desk = Desk(clock_error=error)
    made = {desk.scan(): desk.passed}
    desk.wait(20 * MINUTE)  # offline
    made[desk.scan()] = desk.passed
    desk.settle()
    made[desk.scan()] = desk.passed
    desk.settle()
    assert set(desk.gateway.scans) == set(made)
    for id_, passed in made.items():
        assert instant(desk.gateway.facts[id_]["at"]) == pytest.approx(START + passed, abs=SECOND)
    assert len(desk.spool) == 0


def test_only_a_probe_goes_out_until_the_time_is_known() -> None:
    desk = Desk(clock_error=HOUR)
    desk.scan()
    (probe,) = desk.sent()
    assert "voids" in json.loads(probe.payload)
    assert desk.sent() == []
    assert desk.deliver([probe]) == []
    assert len(desk.sent()) == 1


def test_a_probe_that_nobody_answers_is_sent_again_and_no_scan_goes_out_with_a_time_that_may_be_wrong() -> (
    None
):
    desk = Desk(clock_error=-3 * HOUR)
    made = [desk.scan() for _ in range(5)]
    probes = []
    for _ in range(120):
        probes += desk.sent()
        desk.wait(MINUTE)
    assert 25 < len(probes) < 40
    assert all("voids" in json.loads(probe.payload) for probe in probes)
    desk.deliver(probes[-1:])
    desk.settle()
    assert set(desk.gateway.scans) == set(made)
    for id_ in made:
        assert instant(desk.gateway.facts[id_]["at"]) == pytest.approx(START, abs=SECOND)


@pytest.mark.parametrize("error", WRONG)
def test_an_answer_that_was_long_under_way_does_not_set_the_clock_but_is_asked_for_anew(error: int) -> None:
    """The broker kept the probe while the gateway was away: when it was answered, nobody can tell."""
    desk = Desk(clock_error=error)
    event = desk.scan()
    (probe,) = desk.sent()
    desk.wait(50 * SECOND)
    desk.deliver([probe])
    (fresh,) = desk.sent()
    assert "voids" in json.loads(fresh.payload)
    desk.deliver([fresh])
    desk.settle()
    assert instant(desk.gateway.facts[event]["at"]) == pytest.approx(START, abs=SECOND)


def test_where_every_answer_is_slow_the_second_sets_the_clock() -> None:
    desk = Desk(clock_error=3 * HOUR)
    event = desk.scan()
    for _ in range(2):
        desk.deliver(desk.sent(), round_trip=20 * SECOND)
    desk.settle()
    assert instant(desk.gateway.facts[event]["at"]) == pytest.approx(START, abs=10 * SECOND)


def test_what_was_refused_for_its_time_is_sent_again_with_the_right_one_under_the_same_id() -> None:
    desk = Desk(clock_error=3 * HOUR, probes=False)
    event = desk.uploads.put("position", {"lat": 51.0, "lon": 12.0})
    (scout,) = desk.sent()
    assert desk.deliver([scout]) == []
    assert [each["id"] for each in desk.gateway.quarantine] == [event]
    desk.settle()
    assert instant(desk.gateway.facts[event]["at"]) == pytest.approx(START, abs=SECOND)


def test_one_whose_time_cannot_be_better_known_is_let_go() -> None:
    desk = Desk()
    desk.confirm_clock()
    desk.uploads.put("scan", {"step": "arriving", "items": ["A"]}, at=Instant(START - 100 * DAY))
    (result,) = desk.deliver(desk.sent())
    assert (result.result, result.reason) == ("quarantined", "too_old")
    assert len(desk.spool) == 0


def test_what_was_too_early_and_is_so_no_longer_when_the_answer_comes_is_sent_again() -> None:
    desk = Desk(clock_error=11 * MINUTE, trusted=True)
    event = desk.scan()
    (message,) = desk.sent()
    refused = desk.gateway.take(message.payload)
    desk.wait(30 * MINUTE)
    desk.uploads.arrived(message.token)
    assert desk.hear(refused) == []
    assert [each["id"] for each in desk.gateway.quarantine] == [event]
    desk.wait(2 * MINUTE)
    (again,) = desk.deliver(desk.sent())
    assert (again.id, again.result) == (event, "accepted")
    assert len(desk.spool) == 0


def test_but_not_for_ever_where_the_gateway_never_agrees() -> None:
    desk = Desk()
    desk.confirm_clock()
    desk.gateway = StubGateway(lambda: Instant(desk.true() - 20 * DAY))
    event = desk.uploads.put("scan", {"step": "arriving", "items": ["A"]}, at=START)
    results = []
    for _ in range(20):
        desk.wait(HOUR)
        results += desk.deliver(desk.sent())
    assert [(each.id, each.reason) for each in results] == [(event, "future_time")]
    assert len(desk.spool) == 0


@pytest.mark.parametrize("error", WRONG)
def test_a_device_that_may_not_scan_sends_one_event_ahead(error: int) -> None:
    desk = Desk(clock_error=error, probes=False)
    made = [desk.uploads.put("position", {"lat": 51.0, "lon": 12.0 + i / 100}) for i in range(5)]
    (scout,) = desk.sent()
    assert events(scout) == [made[-1]]
    desk.deliver([scout])
    desk.settle()
    assert set(desk.gateway.facts) == set(made)
    for id_ in made[:-1]:
        assert instant(desk.gateway.facts[id_]["at"]) == pytest.approx(START, abs=SECOND)


def test_times_that_were_given_are_never_moved() -> None:
    desk = Desk(clock_error=DAY, probes=False)
    fixed = Instant(START - HOUR)
    event = desk.uploads.put("position", {"lat": 51.0, "lon": 12.0}, at=fixed)
    desk.uploads.put("position", {"lat": 51.0, "lon": 12.1})
    desk.settle()
    assert instant(desk.gateway.facts[event]["at"]) == fixed


def test_a_receipt_that_the_broker_kept_since_yesterday_does_not_turn_the_clock_back() -> None:
    desk = Desk()
    desk.confirm_clock()
    desk.scan()
    (message,) = desk.sent()
    kept = desk.gateway.take(message.payload)
    desk.wait(DAY)
    desk.boot()
    messages = desk.sent()
    desk.hear(kept)
    desk.deliver(messages)
    made, event = desk.true(), desk.scan()
    desk.settle()
    assert instant(desk.gateway.facts[event]["at"]) == pytest.approx(made, abs=SECOND)


def test_scans_from_before_a_power_cut_move_with_the_clock_that_made_them() -> None:
    spool = MemorySpool()
    desk = Desk(spool, clock_error=-5 * HOUR)
    before = desk.scan()
    desk.wait(HOUR)
    desk.boot()
    desk.wait(HOUR)
    desk.settle()
    assert instant(desk.gateway.facts[before]["at"]) == pytest.approx(START, abs=SECOND)


def test_but_stay_where_the_clock_was_reset_by_the_power_cut() -> None:
    desk = Desk(clock_error=-MINUTE)
    before = desk.scan()
    desk.wait(HOUR)
    desk.clock_error = -10 * DAY
    desk.boot()
    desk.settle()
    assert instant(desk.gateway.facts[before]["at"]) == START - MINUTE


def test_what_was_learnt_holds_in_the_next_run_from_the_first_scan_on() -> None:
    desk = Desk(clock_error=-5 * HOUR)
    desk.confirm_clock()
    desk.wait(HOUR)
    desk.boot()
    event = desk.scan()
    (waiting,) = desk.spool.read([event])
    assert waiting.at == pytest.approx(START + HOUR, abs=SECOND)


def test_waiting_events_of_an_earlier_run_need_not_wait_for_the_time() -> None:
    desk = Desk()
    desk.confirm_clock()
    made = [desk.scan() for _ in range(3)]
    desk.wait(HOUR)
    desk.boot()
    desk.scan()
    probe, backlog = desk.sent()
    assert "voids" in json.loads(probe.payload)
    assert events(backlog) == made
