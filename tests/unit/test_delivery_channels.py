"""Channels that fail, hang, come back, or are there no more: nothing is lost, and nobody waits for another."""

from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from gateway.ports.delivery import SendOutcome, SendResult
from gateway.service.channels import LONGEST_SENDING
from gateway.service.pauses import Pause
from gateway.tracking.instants import MINUTE, SECOND, Instant
from gateway.tracking.plan import Match, Policy
from tests.unit.delivery_world import DELIVERED, MIDNIGHT, World, clock_of, late, network_of, t

BOTH = network_of((Policy(Match(), ("chat", "mail")),))


def test_a_channel_that_is_down_is_tried_again_ever_later_and_told_once_when_it_is_back() -> None:
    world = World()
    world.notifier.down = {"chat"}
    world.opens(late())
    world.until("00:01:40")
    assert [told.at[3:] for told in world.notifier.attempts] == [
        "01:00",
        "01:01",
        "01:03",
        "01:07",
        "01:15",
        "01:31",
    ]
    world.notifier.down = set()
    world.until("01:00")
    assert world.told == [("00:02:03", "chat", "Major: delayed, SN-1")]
    assert world.waiting() == {}


def test_the_others_are_told_at_once_of_what_one_channel_cannot_be_told() -> None:
    world = World(BOTH)
    world.notifier.down = {"chat"}
    world.opens(late())
    world.until("00:01")
    assert world.told == [("00:01:00", "mail", "Major: delayed, SN-1")]
    assert world.waiting() == {"channel:chat": 1}


def test_a_channel_that_is_down_for_a_day_is_told_everything_in_order() -> None:
    world = World()
    world.notifier.down = {"chat"}
    for number in range(4):
        alert = world.at(f"{number:02}:10").opens(late(site=f"S{number}"), f"SN-{number}")
        world.at(f"{number:02}:50").resolves(alert.id)
    world.until("1d 00:00")
    world.notifier.down = set()
    world.until("1d 00:06")
    assert sorted(told.title for told in world.told) == sorted(
        f"{what}: delayed, SN-{number}" for number in range(4) for what in ("Major", "Resolved")
    )
    position = {told.title: index for index, told in enumerate(world.told)}
    for number in range(4):
        assert position[f"Major: delayed, SN-{number}"] < position[f"Resolved: delayed, SN-{number}"]


def test_a_channel_that_hangs_holds_up_nobody_and_counts_as_failed_in_the_end() -> None:
    world = World(BOTH)
    world.notifier.hanging = {"chat"}
    world.opens(late())
    world.until("00:01")
    assert world.told == [("00:01:00", "mail", "Major: delayed, SN-1")]
    (hanging,) = world.notifier.sendings
    world.notifier.hanging = set()
    world.until(clock_of(Instant(t("00:01") + LONGEST_SENDING - SECOND)))
    assert (hanging.abandoned, len(world.told)) == (False, 1)
    world.until("00:10")
    assert hanging.abandoned
    assert world.told[1:] == [("00:02:31", "chat", "Major: delayed, SN-1")]


def test_a_sending_under_way_is_not_begun_again_and_the_next_follows_its_end() -> None:
    world = World()
    world.notifier.hanging = {"chat"}
    world.opens(late(), "SN-1")
    world.at("00:00:20").opens(late(site="REFILL"), "SN-2")
    world.until("00:01:40")
    assert len(world.notifier.attempts) == 1
    world.notifier.hanging = set()
    world.notifier.sendings[0].finish(DELIVERED)
    world.until("00:01:41")
    assert world.told == [("00:01:40", "chat", "Major: delayed, SN-2")]
    assert world.waiting() == {}


def test_a_notice_that_a_working_channel_does_not_take_is_set_aside() -> None:
    world = World()
    world.notifier.poison = {"Major: delayed, SN-1"}
    world.opens(late(), "SN-1")
    for number in range(2, 5):
        world.at(f"00:00:{number:02}").opens(late(site=f"S{number}"), f"SN-{number}")
    world.until("00:02")
    assert [told.title for told in world.told] == [f"Major: delayed, SN-{n}" for n in (2, 3, 4)]
    world.until("00:30")
    tries = [told.at for told in world.notifier.attempts if told.title in world.notifier.poison]
    assert all(t(later) - t(sooner) >= 5 * MINUTE for sooner, later in pairwise(tries[5:]))
    world.notifier.poison = set()
    world.until("00:40")
    assert world.told[-1].title == "Major: delayed, SN-1"
    assert world.waiting() == {}


def test_what_waits_for_a_channel_that_the_network_no_longer_has_is_dropped_loudly() -> None:
    world = World()
    world.notifier.down = {"chat"}
    alert = world.opens(late())
    world.until("00:01:30")
    world.network = network_of((), channels=("mail",))
    with capture_logs() as logs:
        world.until("00:02")
    dropped = [line for line in logs if line["event"] == "notification_dropped"]
    assert [(line["log_level"], line["channel"], line["title"]) for line in dropped] == [
        ("error", "chat", "Major: delayed, SN-1")
    ]
    assert (world.waiting(), alert.id) == ({}, world.alert(alert.id).id)


def test_what_was_left_for_a_channel_before_a_restart_without_it_is_dropped_too() -> None:
    before = World()
    before.notifier.down = {"chat"}
    before.opens(late())
    before.until("00:01:30")
    after = World(network_of((), channels=("mail",)), state=before.memory)
    with capture_logs() as logs:
        after.until("00:02")
    assert "notification_dropped" in [line["event"] for line in logs]
    assert before.waiting() == {}


def test_a_restart_goes_on_with_what_was_not_delivered_under_the_same_id() -> None:
    before = World()
    before.notifier.hanging = {"chat"}
    before.opens(late())
    before.until("00:01:30")
    with before.memory.reader() as reader:
        (row,) = reader.outbox("channel:chat", t("01:00"), 10)
    after = World(before.network, state=before.memory)
    after.until("00:02")
    assert [notice.id for notice in after.notifier.notices] == [row.key]
    assert before.waiting() == {}


def test_why_a_channel_failed_is_in_the_log() -> None:
    world = World()
    world.notifier.hanging = {"chat"}
    world.opens(late())
    world.until("00:01:30")
    with capture_logs() as logs:
        world.notifier.sendings[0].finish(SendResult(SendOutcome.FAILED, "404 not found"))
        world.until("00:01:30")
    failed = [line for line in logs if line["event"] == "notification_failed"]
    assert [(line["channel"], line["reason"]) for line in failed] == [("chat", "404 not found")]


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [(1, 0.0, 1), (2, 0.0, 2), (9, 0.0, 256), (10, 0.0, 300), (500, 0.0, 300), (3, 1.0, 2), (10, 0.5, 225)],
)
def test_a_pause_doubles_up_to_five_minutes_and_chance_shortens_it(
    failures: int, chance: float, seconds: int
) -> None:
    pause = Pause()
    for _ in range(failures):
        until = pause.failed(MIDNIGHT, chance)
    assert until - MIDNIGHT == seconds * SECOND
    pause.over()
    assert (pause.failures, pause.until) == (0, 0)
