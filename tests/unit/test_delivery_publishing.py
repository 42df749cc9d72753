"""What the broker is told: the newest state of each alert, retained, and the log of transitions, in order."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports.delivery import Published
from gateway.service import operators, publishing
from gateway.service.publishing import SET_ASIDE, refresh
from gateway.tracking.instants import Instant
from gateway.tracking.model import Severity
from gateway.wire.topics import LARGEST
from tests.unit.delivery_world import MIDNIGHT, ROOT, World, late, t

TOPIC = f"{ROOT}/alert/"


def logged(world: World) -> list[str]:
    """The transitions on the topic of the log."""
    return [
        json.loads(message.payload)["transition"]
        for message in world.publisher.confirmed
        if message.topic == f"{ROOT}/alert-log"
    ]


def test_an_open_alert_is_retained_at_once_whatever_hold_off_says() -> None:
    world = World()
    alert = world.opens(late("00:00"), route="refill")
    world.until("00:00")
    assert world.retained(alert.id) == {
        "id": alert.id,
        "version": 1,
        "kind": "delayed",
        "subject": {"kind": "return", "id": "SN-1"},
        "stop": 1,
        "sensor": None,
        "site": "HUB",
        "route": "refill",
        "since": "2026-03-02T00:00:00Z",
        "opened_at": "2026-03-02T00:00:00Z",
        "severity": "major",
        "state": "open",
        "acknowledged_by": None,
        "snoozed_until": None,
        "summary": "SN-1 should have reached REFILL by 2026-03-02 00:00 UTC",
        "details": json.loads(alert.details),
    }
    assert logged(world) == ["opened"]
    assert set(world.waiting()) == {"notify"}


def test_a_resolved_alert_is_cleared() -> None:
    world = World()
    alert = world.opens(late())
    world.at("00:10").resolves(alert.id)
    world.until("00:10")
    assert world.publisher.retained == {}
    assert world.publisher.confirmed[-2].payload == b""
    assert logged(world) == ["opened", "resolved"]


def test_a_shelved_alert_is_cleared() -> None:
    world = World()
    alert = world.opens(late())
    world.unit(lambda unit: operators.resolve(unit, alert.id, MIDNIGHT, "u-7"))
    world.until("00:00")
    assert world.publisher.retained == {}


def test_several_changes_of_one_alert_are_one_publication_of_the_newest_state() -> None:
    world = World()
    alert = world.opens(late())
    world.changes(alert.id, Severity.CRITICAL)
    world.changes(alert.id, Severity.MINOR)
    world.until("00:00")
    states = [message for message in world.publisher.confirmed if message.retain]
    assert [json.loads(message.payload)["version"] for message in states] == [3]
    assert logged(world) == ["opened", "changed", "changed"]


def test_a_snoozed_alert_is_published_as_open_again_when_its_snooze_ends() -> None:
    world = World()
    alert = world.opens(late())
    world.unit(lambda unit: operators.snooze(unit, alert.id, t("02:00"), MIDNIGHT, "u-7"))
    states = []
    for clock in ("00:00", "01:59", "02:00"):
        world.until(clock)
        states.append(world.retained(alert.id)["state"])  # type: ignore[index] # it is retained
    assert states == ["snoozed", "snoozed", "open"]


@pytest.mark.parametrize("outcome", [Published.UNCONFIRMED, Published.REFUSED])
def test_what_the_broker_does_not_confirm_waits_and_is_published_when_it_does(outcome: Published) -> None:
    world = World()
    world.publisher.outcome = outcome
    alert = world.opens(late())
    world.until("00:30")
    assert world.waiting() == {"alert": 1, "alert-log": 1}
    assert world.publisher.calls < 100
    world.publisher.outcome = Published.CONFIRMED
    world.until("00:36")
    assert world.retained(alert.id) is not None
    assert logged(world) == ["opened"]
    assert world.waiting() == {}


def test_a_new_connection_ends_the_wait() -> None:
    world = World()
    world.publisher.outcome = Published.UNCONFIRMED
    alert = world.opens(late())
    world.until("00:20")
    world.publisher.outcome = Published.CONFIRMED
    world.deliveries.connected(world.now)
    world.until("00:20")
    assert world.retained(alert.id) is not None


def test_after_a_confirmation_a_new_wait_begins_short() -> None:
    world = World()
    world.publisher.outcome = Published.UNCONFIRMED
    world.opens(late(), "SN-1")
    world.until("00:20")
    world.publisher.outcome = Published.CONFIRMED
    world.until("00:25")
    world.publisher.outcome = Published.UNCONFIRMED
    world.opens(late(), "SN-2")
    before = world.publisher.calls
    world.until("00:25:04")
    assert world.publisher.calls - before == 3


def test_an_alert_that_the_broker_refuses_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MAX_MESSAGES", 1)
    world = World()
    refused = world.opens(late(), "SN-1")
    world.publisher.outcomes[TOPIC + refused.id] = Published.REFUSED
    world.until("00:01")
    other = world.opens(late(), "SN-2")
    world.until("00:02")
    assert world.retained(other.id) is not None
    world.publisher.outcomes.clear()
    world.until("00:06")
    assert world.retained(refused.id) is not None


def test_an_alert_that_trips_over_a_bug_holds_up_no_other() -> None:
    world = World()
    broken = world.opens(late(), "SN-1")
    world.puts(broken._replace(details="no JSON"))
    other = world.opens(late(), "SN-2")
    world.until("00:00")
    assert world.retained(other.id) is not None
    world.puts(broken)
    world.now = Instant(world.now + SET_ASIDE)
    world.deliveries.run_once(world.now)
    assert world.retained(broken.id) is not None


def test_after_a_line_of_the_log_that_was_not_confirmed_all_come_again_in_order() -> None:
    world = World()
    alert = world.opens(late())
    world.changes(alert.id, Severity.CRITICAL)
    world.resolves(alert.id)
    world.publisher.once = [Published.CONFIRMED, Published.UNCONFIRMED, Published.CONFIRMED]
    world.until("00:00")
    assert logged(world) == ["opened", "resolved"]
    world.until("00:00:05")
    assert logged(world) == ["opened", "resolved", "changed", "resolved"]


@given(st.lists(st.sampled_from(["open", "end", "raise", "round", "lose"]), max_size=25))
def test_the_broker_ends_up_with_the_open_alerts_and_nothing_else(acts: list[str]) -> None:
    world = World()
    alert_id = None
    for number, act in enumerate(acts):
        world.now = Instant(world.now + 1_000_000)
        if act == "round":
            world.deliveries.run_once(world.now)
        elif act == "lose":
            world.publisher.outcome = (
                Published.UNCONFIRMED
                if world.publisher.outcome is Published.CONFIRMED
                else Published.CONFIRMED
            )
        elif act == "open" and alert_id is None:
            alert_id = world.opens(late(), f"SN-{number}").id
        elif act == "end" and alert_id is not None:
            world.resolves(alert_id)
            alert_id = None
        elif act == "raise" and alert_id is not None:
            world.changes(alert_id, Severity.CRITICAL)
    world.publisher.outcome = Published.CONFIRMED
    world.until("00:30")
    assert {topic.removeprefix(TOPIC) for topic in world.publisher.retained} == {alert_id} - {None}
    if alert_id is not None:
        assert world.retained(alert_id)["version"] == world.alert(alert_id).version  # type: ignore[index] # as above


def test_a_start_clears_what_is_no_longer_open_and_publishes_what_differs() -> None:
    world = World()
    same, changed, missing, ended = (world.opens(late(), f"SN-{n}") for n in range(4))
    world.until("00:00")
    world.changes(changed.id, Severity.CRITICAL)
    world.resolves(ended.id)
    with world.memory.unit() as unit:
        unit.delivered([row.seq for row in unit.outbox("alert", MIDNIGHT, 10)])
        seen = {same.id: 1, changed.id: 1, ended.id: 1, "UNKNOWN": None, "no/level": None}
        assert refresh(unit, seen, MIDNIGHT) == 4
        assert {row.key for row in unit.outbox("alert", MIDNIGHT, 10)} == {
            changed.id,
            missing.id,
            ended.id,
            "UNKNOWN",
        }
    world.publisher.retained[TOPIC + "UNKNOWN"] = b"{}"
    world.until("00:00")
    assert {topic.removeprefix(TOPIC) for topic in world.publisher.retained} == {
        same.id,
        changed.id,
        missing.id,
    }


def test_an_alert_full_of_the_longest_ids_fits_into_a_message() -> None:
    world = World()
    items = tuple("𝓍" * 127 + str(n) for n in range(40))
    kept = world.opens(late(items=items, expected=("S" * 64,) * 10), "𝓍" * 128, parent="𝓍" * 128)
    world.until("00:00")
    assert world.publisher.retained[TOPIC + kept.id].count("𝓍".encode()) > 1000
    assert all(len(message.payload) < LARGEST for message in world.publisher.confirmed)
