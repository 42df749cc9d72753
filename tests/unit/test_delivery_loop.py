"""The rounds of delivery: bounded, woken, never spinning, and each part failing by itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from gateway.memory import Memory
from gateway.ports.captures import CaptureUnit
from gateway.ports.delivery import Health, Turn
from gateway.ports.state import Unavailable
from gateway.service import planning, publishing
from gateway.service.delivery import LONGEST_SLEEP_S
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Duration, Instant
from gateway.tracking.plan import Heartbeat, Match, Policy
from tests.unit.delivery_world import DELIVERED, MIDNIGHT, World, late, network_of


class Failing(Memory):
    """A state store that can be away, for writers only or for all."""

    writers_only = False
    away = False

    @contextmanager
    def unit(self) -> Iterator[CaptureUnit]:
        if self.away:
            raise Unavailable("the disk is full")
        with super().unit() as unit:
            yield unit

    @contextmanager
    def reader(self) -> Iterator[CaptureUnit]:
        if self.away and not self.writers_only:
            raise Unavailable("it is away")
        with super().reader() as unit:
            yield unit


def world_on(state: Failing) -> World:
    world = World(state=state)
    world.memory = state
    return world


@pytest.mark.parametrize("writers_only", [True, False])
def test_a_state_store_that_is_away_is_waited_for_without_spinning(writers_only: bool) -> None:
    state = Failing()
    world = world_on(state)
    alert = world.opens(late())
    state.away, state.writers_only = True, writers_only
    world.until("00:10")
    assert world.publisher.calls < 40
    assert world.told == []
    state.away = False
    world.until("00:11")
    assert [told.title for told in world.told] == ["Major: delayed, SN-1"]
    assert world.retained(alert.id) is not None
    assert world.waiting() == {}


def test_what_was_delivered_while_the_state_store_was_away_is_not_sent_again() -> None:
    state = Failing()
    world = world_on(state)
    world.notifier.hanging = {"chat"}
    world.opens(late())
    world.until("00:01")
    state.away = True
    world.notifier.sendings[0].finish(DELIVERED)
    world.until("00:01:10")
    state.away = False
    world.until("00:05")
    assert len(world.notifier.attempts) == 1
    assert world.waiting() == {}


def test_a_storm_is_delivered_in_rounds_of_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MAX_MESSAGES", 10)
    monkeypatch.setattr(planning, "MAX_EVENTS", 10)
    world = World()
    for number in range(35):
        world.opens(late(), f"SN-{number}", route="refill")
    world.deliveries.run_once(world.now)
    assert len(world.publisher.retained) == 10
    world.until("00:05")
    assert len(world.publisher.retained) == 35
    assert [told.title.split(" × ")[0] for told in world.told] == [
        "Major: 10",
        "Major: 10",
        "Major: 10",
        "Major: 5",
    ]


def test_an_alert_that_trips_over_a_bug_is_set_aside_and_the_others_are_told() -> None:
    world = World()
    broken = world.opens(late(), "SN-1")
    world.puts(broken._replace(details="no JSON"))
    world.opens(late(), "SN-2")
    with capture_logs() as logs:
        world.until("00:02")
    assert [told.title for told in world.told] == ["Major: delayed, SN-2"]
    assert "notification_set_aside" in [line["event"] for line in logs]
    world.puts(broken)
    world.until("00:20")
    assert [told.title for told in world.told[1:]] == ["Major: delayed, SN-1"]


@pytest.mark.parametrize("broken", ["chat", "(heartbeat)"])
def test_a_part_that_trips_over_a_bug_does_not_stop_the_others(broken: str) -> None:
    world = World(
        network_of((Policy(Match(), ("chat", "mail")),), heartbeat=Heartbeat("json://beat", Duration(HOUR)))
    )
    world.notifier.broken = {broken}
    alert = world.opens(late())
    with capture_logs() as logs:
        world.until("00:05")
    assert world.retained(alert.id) is not None
    assert {told.channel for told in world.told} == {"chat", "mail", "(heartbeat)"} - {broken}
    assert {line["event"] for line in logs if line["log_level"] == "error"} <= {
        "delivery_failed",
        "notification_failed",
    }
    assert len(world.notifier.attempts) < 20
    world.notifier.broken = set()
    world.until("00:15")
    assert {told.channel for told in world.told} == {"chat", "mail", "(heartbeat)"}


def test_with_nothing_to_deliver_nothing_is_due() -> None:
    assert World().deliveries.run_once(MIDNIGHT) is None


class Taking:
    """Turns that somebody else has until they are given."""

    mine = False
    away = False

    def take(self) -> Turn:
        if self.away:
            raise Unavailable("nobody can tell whose turn it is")
        return Turn.MINE if self.mine else Turn.ANOTHERS


def test_a_replica_delivers_only_when_it_is_its_turn() -> None:
    turns = Taking()
    world = World(turns=turns)
    alert = world.opens(late())
    world.until("00:05")
    turns.away = True
    world.until("00:06")
    assert (world.publisher.calls, world.told) == (0, [])
    turns.mine, turns.away = True, False
    world.until("00:07")
    assert world.retained(alert.id) is not None
    assert len(world.told) == 1


def beating(channel: str = "json://beat") -> World:
    return World(network_of(heartbeat=Heartbeat(channel, Duration(5 * MINUTE))))


def test_the_heartbeat_beats_at_the_start_and_every_so_often() -> None:
    world = beating()
    world.until("00:12")
    assert [(told.at, told.channel) for told in world.told] == [
        ("00:00:00", "(heartbeat)"),
        ("00:05:00", "(heartbeat)"),
        ("00:10:00", "(heartbeat)"),
    ]


def test_the_heartbeat_goes_to_the_channel_that_it_names() -> None:
    world = beating("mail")
    world.until("00:00")
    assert [told.channel for told in world.told] == ["mail"]


def test_the_heartbeat_pauses_while_the_gateway_is_unwell() -> None:
    world = beating()
    world.until("00:01")
    world.health = Health.UNWELL
    world.until("00:07")
    world.health = Health.WELL
    world.until("00:08")
    assert [told.at for told in world.told] == ["00:00:00", "00:07:10"]


def test_a_beat_that_fails_is_tried_again_soon_and_one_that_hangs_is_given_up() -> None:
    world = beating()
    world.notifier.down = {"(heartbeat)"}
    world.until("00:00:25")
    assert [told.at for told in world.notifier.attempts] == ["00:00:00", "00:00:10", "00:00:20"]
    world.notifier.down, world.notifier.hanging = set(), {"(heartbeat)"}
    world.until("00:01")
    world.notifier.hanging = set()
    world.until("00:03")
    assert world.notifier.sendings[0].abandoned
    assert [told.at for told in world.told] == ["00:01:40"]


class Standing:
    """A clock that stands still."""

    def __init__(self, at: Instant) -> None:
        self._at = at

    def now(self) -> Instant:
        return self._at

    def seconds_until(self, at: Instant) -> float:
        return max(0.0, (at - self._at) / SECOND)


@contextmanager
def running(world: World) -> Iterator[threading.Semaphore]:
    """The thread of delivery, at the world's instant; what it yields is released after each round."""
    rounds = threading.Semaphore(0)
    run_once = world.deliveries.run_once

    def counted(now: Instant) -> Instant | None:
        due = run_once(now)
        rounds.release()
        return due

    world.deliveries.run_once = counted  # type: ignore[method-assign] # to see the rounds
    thread = threading.Thread(target=world.deliveries.run, args=(Standing(world.now),))
    thread.start()
    try:
        yield rounds
    finally:
        world.deliveries.stop()
        thread.join(5)
    assert not thread.is_alive()


def test_the_thread_sleeps_until_it_is_woken_and_ends_when_it_is_stopped() -> None:
    world = World()
    with running(world) as rounds:
        assert rounds.acquire(timeout=5)
        alert = world.opens(late())
        assert not rounds.acquire(timeout=0.1)
        world.deliveries.wake()
        assert rounds.acquire(timeout=LONGEST_SLEEP_S / 2)
        assert world.retained(alert.id) is not None


def test_a_channel_that_answers_wakes_the_thread() -> None:
    world = World()
    world.notifier.hanging = {"chat"}
    world.opens(late())
    world.until("00:01")
    with running(world) as rounds:
        assert rounds.acquire(timeout=5)
        world.notifier.sendings[0].finish(DELIVERED)
        assert rounds.acquire(timeout=LONGEST_SLEEP_S / 2)
        assert world.waiting() == {}


def test_what_does_not_arrive_is_told_with_its_reason_until_it_does() -> None:
    world = World()
    assert world.deliveries.faults() == {"notifications": "", "webhooks": ""}
    world.notifier.down = {"chat"}
    world.opens(late())
    world.until("00:01:02")
    assert world.deliveries.faults()["notifications"] == ""
    world.until("00:05")
    said = "chat has taken nothing since 2026-03-02T00:01:00Z: it is down"
    assert world.deliveries.faults() == {"notifications": said, "webhooks": ""}
    world.notifier.down = set()
    world.until("00:15")
    assert world.deliveries.faults()["notifications"] == ""


def test_a_part_that_gets_nowhere_is_told_as_such() -> None:
    state = Failing()
    world = world_on(state)
    world.opens(late())
    state.away = True
    world.until("00:10")
    assert world.deliveries.faults()["webhooks"].startswith("webhooks failed ")
    assert world.deliveries.faults()["notifications"].startswith("planning failed ")
    state.away = False
    world.until("00:11")
    assert set(world.deliveries.faults().values()) == {""}
