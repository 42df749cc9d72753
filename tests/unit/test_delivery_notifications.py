"""When people are told of an alert, and when they are left alone, as timelines (tracking.md section 5)."""

import pytest

from gateway.service import operators
from gateway.service.notifications import What, event_of
from gateway.tracking.alerts import Reason
from gateway.tracking.instants import SECOND, Duration
from gateway.tracking.model import Severity
from gateway.tracking.plan import Match, Policy
from tests.unit.delivery_world import World, escalating, late, network_of, t


def test_an_opening_is_told_when_hold_off_has_passed() -> None:
    world = World()
    world.at("00:10").opens(late())
    world.until("00:10:59")
    assert world.told == []
    world.until("00:12")
    assert world.told == [("00:11:00", "chat", "Major: delayed, SN-1")]


def test_nothing_is_told_of_an_alert_that_opens_and_resolves_within_hold_off() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:10:40").resolves(alert.id)
    world.until("01:00")
    assert (world.told, world.waiting()) == ([], {})


def test_a_resolution_is_told_after_an_opening_that_was() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:30").resolves(alert.id)
    world.until("01:00")
    assert world.told == [
        ("00:11:00", "chat", "Major: delayed, SN-1"),
        ("00:31:00", "chat", "Resolved: delayed, SN-1"),
    ]
    assert world.alert(alert.id).notified_at is None


def test_a_rise_before_the_opening_is_told_is_told_with_it() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:10:30").changes(alert.id, Severity.CRITICAL)
    world.until("01:00")
    assert world.told == [("00:11:00", "chat", "Critical: delayed, SN-1")]


def test_a_later_rise_is_told_by_itself() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:20").changes(alert.id, Severity.CRITICAL)
    world.until("01:00")
    assert world.told[1:] == [("00:21:00", "chat", "Raised to critical: delayed, SN-1")]


def test_two_rises_within_hold_off_are_told_as_one() -> None:
    world = World()
    alert = world.at("00:10").opens(late(severity=Severity.WARNING))
    world.at("00:20").changes(alert.id, Severity.MAJOR)
    world.at("00:20:30").changes(alert.id, Severity.CRITICAL)
    world.until("01:00")
    assert world.told[1:] == [("00:21:00", "chat", "Raised to critical: delayed, SN-1")]


def test_two_rises_that_nobody_is_told_of_are_one_line_of_the_log() -> None:
    world = World(network_of((Policy(Match(), ()),)))
    alert = world.at("00:10").opens(late(severity=Severity.WARNING))
    world.at("00:20").changes(alert.id, Severity.MAJOR)
    world.changes(alert.id, Severity.CRITICAL)
    world.at("00:40").resolves(alert.id)
    world.until("01:00")
    assert [notice.title for notice, _ in world.log.lines] == [
        "Warning: delayed, SN-1",
        "Raised to critical: delayed, SN-1",
    ]


def test_a_fall_in_severity_is_told_to_nobody() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:20").changes(alert.id, Severity.WARNING)
    world.until("01:00")
    assert len(world.told) == 1


def test_a_rise_out_of_a_severity_that_nobody_wants_to_hear_of_is_told() -> None:
    policies = (Policy(Match(severity=frozenset({"critical"})), ("chat",)),)
    world = World(network_of(policies))
    alert = world.at("00:10").opens(late())
    world.at("00:20").changes(alert.id, Severity.CRITICAL)
    world.at("00:40").resolves(alert.id)
    world.until("01:00")
    assert [told.title for told in world.told] == [
        "Raised to critical: delayed, SN-1",
        "Resolved: delayed, SN-1",
    ]


def test_an_alert_that_is_superseded_and_back_within_hold_off_waits_anew_and_is_told_once() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:10:20").resolves(alert.id, Reason.SUPERSEDED)
    assert world.at("00:10:40").opens(late()).id == alert.id
    world.until("01:00")
    assert world.told == [("00:11:40", "chat", "Major: delayed, SN-1")]


def test_a_rise_from_before_it_came_back_waits_with_its_opening() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:10:10").changes(alert.id, Severity.CRITICAL)
    world.at("00:10:20").resolves(alert.id, Reason.SUPERSEDED)
    world.at("00:10:40").opens(late(severity=Severity.CRITICAL))
    world.until("01:00")
    assert world.told == [("00:11:40", "chat", "Critical: delayed, SN-1")]


def test_an_alert_that_comes_back_after_its_end_was_told_is_news_again() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:20").resolves(alert.id, Reason.SUPERSEDED)
    world.at("00:30").opens(late())
    world.until("01:00")
    assert [told.at for told in world.told] == ["00:11:00", "00:21:00", "00:31:00"]


def test_an_alert_that_comes_back_before_its_end_was_told_is_no_news() -> None:
    world = World(network_of(escalating((30, "mail"))))
    alert = world.at("00:10").opens(late())
    world.at("00:20").resolves(alert.id, Reason.SUPERSEDED)
    world.at("00:20:30").opens(late())
    told = world.alert(alert.id)._replace(notified_at=t("00:11"))
    world.puts(told)
    world.until("02:00")
    assert world.told == [
        ("00:11:00", "chat", "Major: delayed, SN-1"),
        ("00:51:30", "mail", "Unacknowledged major: delayed, SN-1"),
    ]


@pytest.mark.parametrize(
    ("snoozed_at", "resolved_at", "told"),
    [
        ("00:10:30", None, [("03:00:00", "Major: delayed, SN-1")]),
        ("00:10:30", "01:00", []),
        ("00:20", "01:00", [("00:11:00", "Major: delayed, SN-1"), ("03:00:00", "Resolved: delayed, SN-1")]),
        ("00:20", None, [("00:11:00", "Major: delayed, SN-1")]),
    ],
    ids=["its opening waits", "an end that nobody waits for", "its end waits", "nothing is told twice"],
)
def test_a_snoozed_alert_notifies_nobody_until_its_snooze_ends(
    snoozed_at: str, resolved_at: str | None, told: list[tuple[str, str]]
) -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at(snoozed_at).unit(lambda unit: operators.snooze(unit, alert.id, t("03:00"), world.now, "u-7"))
    if resolved_at is not None:
        world.at(resolved_at).resolves(alert.id)
    world.until("04:00")
    assert [(at, title) for at, _, title in world.told] == told


def test_what_happened_to_an_alert_while_it_was_snoozed_is_told_in_the_order_in_which_it_happened() -> None:
    world = World()
    alert = world.at("00:10").opens(late())
    world.at("00:10:30").unit(lambda unit: operators.snooze(unit, alert.id, t("00:11:20"), world.now, "u"))
    world.at("00:10:40").changes(alert.id, Severity.CRITICAL)
    world.deliveries.connected(world.at("00:11:15").now)
    world.deliveries.saw(world.at("00:11:22").now, t("00:00"))
    world.deliveries.saw(world.at("00:11:31").now, t("00:00"))
    world.until("01:00")
    assert world.told == [("00:11:41", "chat", "Critical: delayed, SN-1")]


def test_what_an_operator_resolves_while_it_is_true_is_told_once_and_then_quiet() -> None:
    world = World(network_of(escalating((30, "mail"))))
    alert = world.at("00:10").opens(late())
    resolved = world.at("00:20").unit(lambda unit: operators.resolve(unit, alert.id, world.now, "u-7"))
    assert resolved.shelved
    world.until("02:00")
    assert world.told[1:] == [("00:20:00", "chat", "Resolved: delayed, SN-1")]


def test_an_event_whose_alert_is_gone_is_let_go() -> None:
    world = World()
    world.opens(late())
    rows = World()
    with world.memory.unit() as unit, rows.memory.unit() as other:
        other.put_outbox(unit.outbox("notify", t("1d 00:00"), 10))
    rows.until("01:00")
    assert (rows.told, rows.waiting()) == ([], {})


def test_a_row_that_cannot_be_read_is_dropped_and_holds_up_nobody() -> None:
    world = World()
    alert = world.opens(late())
    with world.memory.unit() as unit:
        row = unit.outbox("notify", t("1d 00:00"), 1)[0]
        unit.put_outbox([row._replace(body="{}"), row._replace(body="no JSON", key="A")])
    world.until("01:00")
    assert [told.title for told in world.told] == ["Major: delayed, SN-1"]
    assert (world.alert(alert.id).notified_at, world.waiting()) == (t("00:01"), {})


@pytest.mark.parametrize("what", list(What))
def test_an_event_comes_back_from_its_row_as_it_was(what: What) -> None:
    world = World()
    opened = world.opens(late())
    with world.memory.reader() as reader:
        (row,) = reader.outbox("notify", t("01:00"), 10)
    event = event_of(row, Duration(60 * SECOND))
    assert event[:4] == (What.OPENED, opened.id, 1, world.now)
    again = event._replace(what=what, step=3, severity=Severity.MAJOR)
    assert event_of(again.row(t("05:00")), Duration(1)) == again
