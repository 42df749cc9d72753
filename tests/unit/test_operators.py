"""What operators do to alerts, and what becomes of those (tracking.md section 5)."""

import json
from collections.abc import Callable

import pytest

from gateway.ports.rows import AlertRow, SubjectRow
from gateway.ports.state import Unit
from gateway.service import operators
from gateway.service.alert_json import AlertState, state_of
from gateway.service.operators import LONGEST_COMMENT, LONGEST_SNOOZE, MOST_COMMENTS, NoSuchAlert, NotOpen
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import Kind, Severity
from tests.unit.delivery_world import World, late, t

NOW = t("01:00")
Act = Callable[[Unit, str], AlertRow]


def acknowledge(unit: Unit, alert_id: str) -> AlertRow:
    return operators.acknowledge(unit, alert_id, NOW, "u-7")


def resolve(unit: Unit, alert_id: str) -> AlertRow:
    return operators.resolve(unit, alert_id, NOW, "u-7")


def snooze(unit: Unit, alert_id: str) -> AlertRow:
    return operators.snooze(unit, alert_id, t("03:00"), NOW, "u-7")


def comment(unit: Unit, alert_id: str) -> AlertRow:
    return operators.comment(unit, alert_id, "called the hub", NOW, "u-7")


@pytest.mark.parametrize(
    ("act", "state", "transition", "reason", "said"),
    [
        (acknowledge, AlertState.ACKNOWLEDGED, "changed", None, {"action": "acknowledged", "by": "u-7"}),
        (resolve, AlertState.RESOLVED, "resolved", "operator", {"action": "resolved", "by": "u-7"}),
        (
            snooze,
            AlertState.SNOOZED,
            "changed",
            None,
            {"action": "snoozed", "by": "u-7", "until": "2026-03-02T03:00:00Z"},
        ),
        (
            comment,
            AlertState.OPEN,
            "changed",
            None,
            {"action": "commented", "by": "u-7", "comment": "called the hub"},
        ),
    ],
)
def test_each_act_makes_the_next_version_and_a_line_of_the_log_that_says_who_did_what(
    act: Act, state: AlertState, transition: str, reason: str | None, said: dict[str, str]
) -> None:
    world = World()
    alert = world.opens(late())
    row = world.unit(lambda unit: act(unit, alert.id))
    assert (row.version, state_of(row, NOW)) == (2, state)
    assert world.alert(alert.id) == row
    with world.memory.reader() as reader:
        kept = reader.transitions(after=0, limit=10)[-1]
        sent = reader.outbox("alert-log", NOW, 10)[-1]
        assert [each.key for each in reader.outbox("alert", NOW, 10)] == [alert.id, alert.id]
    assert kept.body == sent.body
    line = json.loads(kept.body)
    assert (line["time"], line["transition"], line["reason"]) == (
        "2026-03-02T01:00:00Z",
        transition,
        reason,
    )
    assert line["details"] == json.loads(alert.details) | {"operator": said}


@pytest.mark.parametrize("act", [acknowledge, resolve, snooze, comment])
def test_an_alert_that_is_not_there_is_named_as_such(act: Act) -> None:
    world = World()
    with pytest.raises(NoSuchAlert, match="no alert 'X'"), world.memory.unit() as unit:
        act(unit, "X")


@pytest.mark.parametrize("act", [acknowledge, resolve, snooze])
def test_of_a_resolved_alert_nothing_is_left_to_do(act: Act) -> None:
    world = World()
    alert = world.resolves(world.opens(late()).id)
    with pytest.raises(NotOpen, match="was resolved at 2026-03-02T00:00:00Z"), world.memory.unit() as unit:
        act(unit, alert.id)
    assert world.alert(alert.id) == alert


def test_an_acknowledgement_stays_with_who_was_first() -> None:
    world = World()
    alert = world.opens(late())
    first = world.unit(lambda unit: acknowledge(unit, alert.id))
    again = world.unit(lambda unit: operators.acknowledge(unit, alert.id, t("02:00"), "u-8"))
    assert again == first
    assert (first.acknowledged_at, first.acknowledged_by) == (NOW, "u-7")


@pytest.mark.parametrize(
    ("row", "shelved"),
    [
        (SubjectRow("goods", "SN-1", "return", own=(late(),)), True),
        (SubjectRow("goods", "SN-1", "return", taken=(late(),)), True),
        (SubjectRow("goods", "SN-1", "return", own=(late(stop=2),)), False),
        (SubjectRow("goods", "SN-1", "return", own=(late()._replace(kind=Kind.OVERDWELL),)), False),
        (SubjectRow("goods", "SN-1", "container", own=(late(),)), False),
        (SubjectRow("device", "SN-1", "device", own=(late(),)), True),
        (SubjectRow("goods", "SN-1", "return"), False),
    ],
    ids=[
        "its own deviation",
        "one of its contents",
        "another stop",
        "another kind",
        "turned into a container",
        "a device of the same id",
        "no longer true",
    ],
)
def test_what_is_resolved_while_it_is_true_is_shelved(row: SubjectRow, shelved: bool) -> None:
    world = World()
    alert = world.opens(late())
    with world.memory.unit() as unit:
        unit.put_subjects([row])
        resolved = resolve(unit, alert.id)
    assert (resolved.shelved, resolved.resolved_at, resolved.reason) == (shelved, NOW, "operator")


@pytest.mark.parametrize(
    ("kind", "scope", "subject"),
    [(Kind.LOW_BATTERY, "device", "trk-1"), (Kind.SITE_DARK, "site", "HUB")],
)
def test_alerts_of_devices_and_sites_are_shelved_by_their_own_rows(
    kind: Kind, scope: str, subject: str
) -> None:
    world = World()
    deviation = Deviation(kind, t("00:00"), Severity.WARNING)
    alert = world.opens(deviation, subject, kind=scope)
    with world.memory.unit() as unit:
        unit.put_subjects([SubjectRow(scope, subject, scope, own=(deviation,))])  # type: ignore[arg-type] # as above
        assert resolve(unit, alert.id).shelved


@pytest.mark.parametrize("until", [NOW, Instant(NOW - 1), Instant(NOW + LONGEST_SNOOZE + 1)])
def test_a_snooze_ends_ahead_and_within_a_year(until: Instant) -> None:
    world = World()
    alert = world.opens(late())
    with pytest.raises(ValueError, match="name a time"), world.memory.unit() as unit:
        operators.snooze(unit, alert.id, until, NOW, "u-7")


def test_a_new_snooze_replaces_the_one_before() -> None:
    world = World()
    alert = world.opens(late())
    world.unit(lambda unit: snooze(unit, alert.id))
    shorter = world.unit(lambda unit: operators.snooze(unit, alert.id, t("02:00"), NOW, "u-8"))
    assert (state_of(shorter, t("01:59")), state_of(shorter, t("02:00"))) == ("snoozed", "open")


def test_an_alert_that_is_acknowledged_and_snoozed_is_acknowledged_when_its_snooze_ends() -> None:
    world = World()
    alert = world.opens(late())
    world.unit(lambda unit: acknowledge(unit, alert.id))
    row = world.unit(lambda unit: snooze(unit, alert.id))
    assert (state_of(row, NOW), state_of(row, t("03:00"))) == ("snoozed", "acknowledged")


def test_comments_add_up_also_on_a_resolved_alert() -> None:
    world = World()
    alert = world.resolves(world.opens(late()).id)
    world.unit(lambda unit: comment(unit, alert.id))
    row = world.unit(lambda unit: operators.comment(unit, alert.id, " found\r\nit ", t("02:00"), "u-8"))
    assert json.loads(row.comments) == [
        {"at": "2026-03-02T01:00:00Z", "by": "u-7", "text": "called the hub"},
        {"at": "2026-03-02T02:00:00Z", "by": "u-8", "text": "found\nit"},
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("  \n", "0 characters"),
        ("x" * (LONGEST_COMMENT + 1), "2001 characters"),
        ("a\x00b", "control characters"),
        ("a\ud800b", "halves of characters"),
    ],
)
def test_a_comment_has_some_words_and_not_too_many(text: str, why: str) -> None:
    world = World()
    alert = world.opens(late())
    with pytest.raises(ValueError, match=why), world.memory.unit() as unit:
        operators.comment(unit, alert.id, text, NOW, "u-7")


def test_an_alert_has_room_for_so_many_comments() -> None:
    world = World()
    alert = world.opens(late())
    with world.memory.unit() as unit:
        unit.put_alerts([alert._replace(comments=json.dumps([{}] * MOST_COMMENTS))])
    with pytest.raises(ValueError, match="200 comments already"), world.memory.unit() as unit:
        comment(unit, alert.id)
