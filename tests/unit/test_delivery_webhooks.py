"""Webhooks in virtual time: each transition to those it is for, in order for each alert, until it is taken."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pytest
from structlog.testing import capture_logs

from gateway.ports.delivery import Parcel, SendOutcome, SendResult
from gateway.service import operators
from gateway.service.delivery import Deliveries, Outside
from gateway.service.webhooks import GIVEN_UP, LONGEST_POST, LONGEST_WAIT, WIDTH, lane_of, name_of
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Duration, Instant
from gateway.tracking.model import Severity
from gateway.tracking.plan import Alerting, Match, Network, Webhook
from tests.unit.delivery_world import (
    MIDNIGHT,
    ROOT,
    FakeLog,
    FakeNotifier,
    FakePublisher,
    Sent,
    World,
    clock_of,
    late,
    t,
)

ERP: Final = "https://erp.example/hooks/s3cret-path"
DESK: Final = "env:DESK_URL"


@dataclass
class FakePoster:
    """Takes all at once, but for webhooks that are `hanging`, and `answers` by webhook or by alert's subject.

    What it does not take it asks to be sent after `wait`, if that is not 0. `times` are those of the attempts.
    """

    answers: dict[str, SendOutcome] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    wait: Duration = Duration(0)
    times: list[str] = field(default_factory=list)
    attempts: list[tuple[str, str, str, str]] = field(default_factory=list)
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    hung: list[Sent] = field(default_factory=list)

    def post(self, url: str, parcel: Parcel, done: Callable[[], None]) -> Sent:
        line = json.loads(parcel.body)
        subject, what = line["subject"]["id"], line["transition"]
        self.attempts.append((url, subject, what, parcel.id))
        self.times.append(clock_of(parcel.at))
        if url in self.hanging:
            self.hung.append(Sent(None, done))
            return self.hung[-1]
        outcome = self.answers.get(url, self.answers.get(subject, SendOutcome.DELIVERED))
        if outcome is SendOutcome.DELIVERED:
            self.taken.append((url, subject, what))
            return Sent(SendResult(outcome), done)
        return Sent(SendResult(outcome, "it says so", self.wait), done)


class Hooked(World):
    """A world with webhooks instead of channels."""

    def __init__(self, *webhooks: Webhook) -> None:
        super().__init__(Network(alerting=Alerting(webhooks=webhooks)))
        self.poster = FakePoster()
        outside = Outside(
            self.memory,
            self.publisher,
            self.notifier,
            self.log,
            lambda: self.health,
            poster=self.poster,
        )
        start = Instant(MIDNIGHT - HOUR)
        self.deliveries = Deliveries(outside, lambda: self.network, ROOT, start, chance=lambda: 0.0)

    def waits(self, url: str) -> int:
        return self.waiting().get(lane_of(url), 0)


def hook(url: str = ERP, match: Match | None = None) -> Webhook:
    return Webhook(url, "env:KEY", match or Match())


def test_each_transition_is_posted_as_the_alert_log_has_it_what_operators_do_too() -> None:
    world = Hooked(hook())
    alert = world.opens(late())
    world.changes(alert.id, Severity.CRITICAL)
    world.unit(lambda unit: operators.acknowledge(unit, alert.id, world.now, "anna"))
    world.resolves(alert.id)
    world.until("00:01")
    assert [what for _, _, what in world.poster.taken] == ["opened", "changed", "changed", "resolved"]
    assert world.waits(ERP) == 0


def test_a_webhook_gets_only_what_its_match_admits() -> None:
    critical = hook(DESK, Match(severity=frozenset({"critical"})))
    world = Hooked(hook(), critical)
    world.opens(late(severity=Severity.CRITICAL), "SN-1")
    world.opens(late(), "SN-2")
    world.until("00:01")
    assert sorted(world.poster.taken) == [
        (DESK, "SN-1", "opened"),
        (ERP, "SN-1", "opened"),
        (ERP, "SN-2", "opened"),
    ]


def test_without_webhooks_nothing_waits_for_one() -> None:
    world = Hooked()
    alert = world.opens(late())
    world.unit(lambda unit: operators.acknowledge(unit, alert.id, world.now, "anna"))
    world.until("00:01")
    assert not [lane for lane in world.waiting() if lane.startswith("webhook")]


def test_one_that_is_down_is_tried_ever_later_with_the_same_delivery_and_then_gets_all_in_order() -> None:
    world = Hooked(hook())
    world.poster.answers = {ERP: SendOutcome.FAILED}
    alert = world.opens(late())
    world.until("00:00:20")
    world.resolves(alert.id)
    world.until("00:10")
    assert len(world.poster.attempts) == 10  # after 1, 2, 4, … 256 and 300 s
    assert len({delivery for *_, delivery in world.poster.attempts}) == 1
    world.poster.answers = {}
    world.until("00:20")
    assert [what for _, _, what in world.poster.taken] == ["opened", "resolved"]


@pytest.mark.parametrize(
    ("wait", "times"),
    [
        (0, ["00:00:00", "00:00:01", "00:00:03", "00:00:07"]),
        (1, ["00:00:00", "00:00:01", "00:00:03", "00:00:07"]),
        (30, ["00:00:00", "00:00:30", "00:01:00", "00:01:30"]),
        (10**9, ["00:00:00", "01:00:00", "02:00:00", "03:00:00"]),
    ],
)
def test_one_that_asks_to_be_left_alone_is_so_long_but_no_longer_than_an_hour(
    wait: int, times: list[str]
) -> None:
    world = Hooked(hook())
    world.poster.answers, world.poster.wait = {ERP: SendOutcome.FAILED}, Duration(wait * SECOND)
    world.opens(late())
    world.until("03:10")
    assert world.poster.times[:4] == times
    assert LONGEST_WAIT == HOUR


def test_one_that_asks_to_be_left_alone_is_so_even_if_it_takes_what_was_under_way() -> None:
    world = Hooked(hook())
    world.poster.hanging = {ERP}
    for number in range(3):
        world.opens(late(), f"SN-{number}")
    world.until("00:00:01")
    asked, taken, _ = world.poster.hung
    asked.finish(SendResult(SendOutcome.FAILED, "it answers 429", MINUTE))
    world.until("00:00:02")
    taken.finish(SendResult(SendOutcome.DELIVERED))
    world.until("00:00:59")
    assert len(world.poster.attempts) == 3
    world.poster.hanging = set()
    world.until("00:02")
    assert world.poster.times[3:] == ["00:01:01", "00:01:01"]
    assert world.waits(ERP) == 0


def test_what_is_turned_away_waits_for_somebody_to_put_it_right_and_comes_then_in_order() -> None:
    world = Hooked(hook())
    world.poster.answers = {ERP: SendOutcome.TURNED_AWAY}
    alert = world.opens(late())
    world.until("01:00")
    world.resolves(alert.id)
    with capture_logs() as logs:
        world.until("1d 20:00")
    (level,) = {line["log_level"] for line in logs if line["event"] == "webhook_failed"}
    assert level == "error"
    assert world.deliveries.webhooks_refused == 0
    world.poster.answers = {}
    world.until("1d 20:06")
    assert [what for _, _, what in world.poster.taken] == ["opened", "resolved"]


def test_what_is_turned_away_for_days_is_given_up_aloud_and_what_is_younger_is_not() -> None:
    world = Hooked(hook())
    world.poster.answers = {ERP: SendOutcome.TURNED_AWAY}
    world.opens(late(), "SN-1")
    world.until("1d 00:00")
    world.opens(late(), "SN-2")
    with capture_logs() as logs:
        world.until("3d 00:10")
    (said,) = [line for line in logs if line["event"] == "webhook_refused"]
    assert json.loads(said["line"])["subject"]["id"] == "SN-1"
    assert (world.deliveries.webhooks_refused, world.waits(ERP)) == (1, 1)
    assert len(world.poster.attempts) < 2 * GIVEN_UP // (4 * MINUTE)


def test_a_clock_that_is_set_back_holds_nothing_up_for_longer_than_a_pause() -> None:
    world = Hooked(hook())
    world.poster.answers, world.poster.wait = {ERP: SendOutcome.FAILED}, Duration(10**9 * SECOND)
    world.until("1d 00:00")
    world.opens(late())
    world.until("1d 00:10")
    world.poster.answers = {}
    world.now = t("00:10")
    world.until("01:11")
    assert [what for _, _, what in world.poster.taken] == ["opened"]


@pytest.mark.parametrize("down", [ERP, DESK])
def test_one_that_is_down_holds_up_neither_the_other_nor_the_broker(down: str) -> None:
    world = Hooked(hook(ERP), hook(DESK))
    world.poster.answers = {down: SendOutcome.FAILED}
    world.opens(late())
    world.until("00:00:01")
    assert [url for url, _, _ in world.poster.taken] == [DESK if down == ERP else ERP]
    assert len(world.publisher.confirmed) == 2
    assert world.waits(down) == 1


def test_one_that_hangs_is_given_up_in_the_end_and_holds_up_nobody_meanwhile() -> None:
    world = Hooked(hook(ERP), hook(DESK))
    world.poster.hanging = {ERP}
    for number in range(WIDTH + 3):
        world.opens(late(), f"SN-{number}")
    world.until("00:00:01")
    assert len(world.poster.taken) == WIDTH + 3
    assert len(world.poster.hung) == WIDTH
    world.poster.hanging = set()
    world.until("00:01")
    assert all(sent.abandoned for sent in world.poster.hung)
    assert len([url for url, _, _ in world.poster.taken if url == ERP]) == WIDTH + 3
    assert world.due is None or world.due > t("00:00:20")
    assert LONGEST_POST == 20 * SECOND


def test_a_post_of_one_alert_that_is_not_taken_does_not_hold_up_those_of_others() -> None:
    world = Hooked(hook())
    world.poster.answers = {"SN-1": SendOutcome.FAILED}
    world.opens(late(), "SN-1")
    for number in range(2, 40):
        world.opens(late(), f"SN-{number}")
    world.until("00:01")
    assert len(world.poster.taken) == 38
    assert world.waits(ERP) == 1


def test_what_will_never_be_taken_is_set_aside_logged_and_counted_and_the_next_follows() -> None:
    world = Hooked(hook())
    world.poster.answers = {"SN-1": SendOutcome.REFUSED}
    alert = world.opens(late(), "SN-1")
    world.opens(late(), "SN-2")
    with capture_logs() as logs:
        world.until("00:01")
    (said,) = [line for line in logs if line["event"] == "webhook_refused"]
    assert (said["log_level"], said["alert"], said["webhook"]) == (
        "error",
        alert.id,
        "https://erp.example/…",
    )
    assert world.deliveries.webhooks_refused == 1
    assert world.poster.taken == [(ERP, "SN-2", "opened")]
    assert world.waits(ERP) == 0


@pytest.mark.parametrize("outcome", [SendOutcome.FAILED, SendOutcome.REFUSED])
def test_a_webhook_that_takes_nothing_is_told_with_its_reason_until_it_takes_something(
    outcome: SendOutcome,
) -> None:
    world = Hooked(hook(ERP), hook(DESK))
    world.poster.answers = {ERP: outcome}
    for number in range(3):
        world.opens(late(), f"SN-{number}")
    world.until("00:01")
    assert world.deliveries.faults()["webhooks"] == (
        "https://erp.example/… has taken nothing since 2026-03-02T00:00:00Z: it says so"
    )
    world.poster.answers = {}
    world.opens(late(), "SN-9")
    world.until("00:10")
    assert world.deliveries.faults()["webhooks"] == ""


def test_what_waits_for_an_address_that_is_gone_is_dropped_aloud() -> None:
    world = Hooked(hook())
    world.poster.answers = {ERP: SendOutcome.FAILED}
    world.opens(late())
    world.until("00:00:05")
    world.network = Network()
    with capture_logs() as logs:
        world.until("00:01")
    assert [line["count"] for line in logs if line["event"] == "webhook_rows_dropped"] == [1]
    assert world.waits(ERP) == 0


def test_nothing_of_a_unit_that_fails_is_posted() -> None:
    world = Hooked(hook())
    alert = world.opens(late())
    world.until("00:01")

    class Crash(Exception):
        pass

    def crashes() -> None:
        with world.memory.unit() as unit:
            operators.acknowledge(unit, alert.id, world.now, "anna")
            raise Crash

    with pytest.raises(Crash):
        crashes()
    world.until("00:02")
    assert [what for _, _, what in world.poster.taken] == ["opened"]


def test_a_gateway_that_starts_again_posts_what_was_not_taken_before() -> None:
    world = Hooked(hook())
    world.poster.hanging = {ERP}
    world.opens(late())
    world.deliveries.run_once(world.now)
    world.deliveries.run_once(world.now)
    before = world.poster.attempts
    world.poster = FakePoster()
    outside = Outside(
        world.memory, FakePublisher(), FakeNotifier(), FakeLog(), lambda: world.health, poster=world.poster
    )
    world.deliveries = Deliveries(outside, lambda: world.network, ROOT, world.now, chance=lambda: 0.0)
    world.until("00:01")
    assert world.poster.attempts == before
    assert world.waits(ERP) == 0


NAMES: Final[Mapping[str, str]] = {
    DESK: DESK,
    ERP: "https://erp.example/…",
    "http://127.0.0.1:9000/in?key=1": "http://127.0.0.1/…",
}


@pytest.mark.parametrize("url", NAMES)
def test_a_webhook_is_named_without_what_may_be_secret(url: str) -> None:
    assert name_of(url) == NAMES[url]
