"""Who is told when nobody answers, as timelines (tracking.md section 5)."""

from gateway.service import operators
from gateway.tracking.alerts import Reason
from gateway.tracking.model import Severity
from tests.unit.delivery_world import World, escalating, late, network_of, t

LADDER = network_of(escalating((30, "mail"), (120, "boss")), channels=("chat", "mail", "boss"))
FIRST = ("00:11:00", "chat", "Major: delayed, SN-1")


def ladder() -> tuple[World, str]:
    world = World(LADDER)
    return world, world.at("00:10").opens(late()).id


def test_each_step_is_taken_so_long_after_the_opening_was_told() -> None:
    world, alert_id = ladder()
    world.until("1d 00:00")
    assert world.told == [
        FIRST,
        ("00:41:00", "mail", "Unacknowledged major: delayed, SN-1"),
        ("02:11:00", "boss", "Unacknowledged major: delayed, SN-1"),
    ]
    assert world.alert(alert_id).escalated == 2
    assert world.waiting() == {}


def test_an_acknowledged_alert_stops_escalating() -> None:
    world, alert_id = ladder()
    world.at("01:00").unit(lambda unit: operators.acknowledge(unit, alert_id, world.now, "u-7"))
    world.until("1d 00:00")
    assert [told.channel for told in world.told] == ["chat", "mail"]


def test_a_resolved_alert_stops_escalating_and_all_who_were_told_hear_of_it() -> None:
    world, alert_id = ladder()
    world.at("01:00").resolves(alert_id)
    world.until("1d 00:00")
    assert [(told.at, told.channel) for told in world.told[2:]] == [
        ("01:01:00", "chat"),
        ("01:01:00", "mail"),
    ]
    assert world.alert(alert_id).escalated == 0


def test_a_rise_in_severity_takes_the_acknowledgement_away_and_begins_anew() -> None:
    world, alert_id = ladder()
    world.at("00:20").unit(lambda unit: operators.acknowledge(unit, alert_id, world.now, "u-7"))
    world.at("05:00").changes(alert_id, Severity.CRITICAL)
    world.until("1d 00:00")
    assert [(told.at, told.channel) for told in world.told[1:]] == [
        ("05:01:00", "chat"),
        ("05:31:00", "mail"),
        ("07:01:00", "boss"),
    ]


def test_a_rise_in_the_midst_of_escalating_begins_anew() -> None:
    world, alert_id = ladder()
    world.at("01:00").changes(alert_id, Severity.CRITICAL)
    world.until("1d 00:00")
    assert [(told.at, told.channel) for told in world.told[2:]] == [
        ("01:01:00", "chat"),
        ("01:31:00", "mail"),
        ("03:01:00", "boss"),
    ]


def test_a_severity_that_rises_and_falls_again_does_not_escalate_twice() -> None:
    world, alert_id = ladder()
    world.at("00:20").changes(alert_id, Severity.CRITICAL)
    world.at("00:22").changes(alert_id, Severity.MAJOR)
    world.until("1d 00:00")
    assert [(told.at, told.channel) for told in world.told[1:]] == [
        ("00:21:00", "chat"),
        ("00:41:00", "mail"),
        ("02:11:00", "boss"),
    ]


def test_a_step_and_a_rise_in_one_round_are_one_message() -> None:
    world = World(network_of(escalating((30, "chat"))))
    alert = world.at("00:10").opens(late())
    world.at("00:40").changes(alert.id, Severity.CRITICAL)
    world.until("00:50")
    assert world.told[1:] == [("00:41:00", "chat", "Raised to critical: delayed, SN-1")]


def test_after_a_snooze_the_next_step_follows_and_those_after_it_keep_their_distance() -> None:
    world, alert_id = ladder()
    world.at("00:20").unit(lambda unit: operators.snooze(unit, alert_id, t("08:00"), world.now, "u-7"))
    world.until("1d 00:00")
    assert [(told.at, told.channel) for told in world.told[1:]] == [
        ("08:00:00", "mail"),
        ("09:30:00", "boss"),
    ]


def test_who_is_only_told_when_others_do_not_answer_is_told_of_the_end_too() -> None:
    world = World(network_of(escalating((30, "mail"), notify=())))
    alert = world.at("00:10").opens(late())
    world.at("01:00").resolves(alert.id)
    world.until("02:00")
    assert world.told == [
        ("00:41:00", "mail", "Unacknowledged major: delayed, SN-1"),
        ("01:01:00", "mail", "Resolved: delayed, SN-1"),
    ]


def test_steps_are_taken_the_soonest_first_however_they_are_written() -> None:
    world = World(network_of(escalating((60, "boss"), (10, "mail")), channels=("chat", "mail", "boss")))
    world.opens(late())
    world.until("02:00")
    assert [(told.at, told.channel) for told in world.told[1:]] == [
        ("00:11:00", "mail"),
        ("01:01:00", "boss"),
    ]


def test_a_step_that_a_changed_network_no_longer_has_is_not_taken() -> None:
    world, alert_id = ladder()
    world.until("00:20")
    world.network = network_of(channels=("chat", "mail", "boss"))
    world.until("1d 00:00")
    assert world.told == [FIRST]
    assert (world.alert(alert_id).escalated, world.waiting()) == (0, {})


def test_an_alert_that_opens_again_after_its_end_was_told_begins_at_the_first_step() -> None:
    world, alert_id = ladder()
    world.at("01:00").resolves(alert_id, Reason.SUPERSEDED)
    world.at("02:00").opens(late())
    world.until("1d 00:00")
    assert [(told.at, told.channel) for told in world.told[4:]] == [
        ("02:01:00", "chat"),
        ("02:31:00", "mail"),
        ("04:01:00", "boss"),
    ]
