"""Bugs of ours, provoked: what trips over one is set aside with its traceback, and everything else goes on.

The writer runs in this process, on a real store and a line that a test fills by hand.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from structlog.testing import capture_logs

from gateway.adapters.state import SqlState
from gateway.network import parse
from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.service import answers, intake, reload, rows, settle, visits
from gateway.service.networks import Networks, Offered
from gateway.service.pump import Committed, Pump
from gateway.tracking import assessment
from gateway.tracking.assessment import Assessment
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Instant, instant, rfc3339
from gateway.tracking.plan import Network
from gateway.wire.decoding import decode as wire_decode

START: Final = instant("2026-05-04T08:00:00Z")
NETWORK: Final = """
version: 1
sites:
  - {id: A, lat: 50.0, lon: 8.0, timezone: UTC, fence: {radius_m: 100}}
  - {id: B, lat: 50.1, lon: 8.1, timezone: UTC}
routes:
  - id: r
    purpose: repair
    stops: [{sites: [A], dwell: {max: 1h}}, {sites: [B], transit: {max: 1h}}]
containers: [{id: BAD-BOX, tracker: t1}, {id: BOX, tracker: t2}]
devices:
  - {id: d, kind: scanner}
  - {id: t1, kind: tracker, container: BAD-BOX}
  - {id: t2, kind: tracker, container: BOX}
  - {id: quiet, kind: scanner, silent_after: 30m}
sources: [{id: erp}]
"""
BUG: Final = "a bug of ours"


class Delivery(NamedTuple):
    topic: str
    payload: bytes
    received_at: Instant
    retained: bool = False


class HandmadeLine:
    """What a test puts into `waiting` is taken; what comes back is kept."""

    def __init__(self) -> None:
        self.waiting: deque[Delivery] = deque()
        self.acknowledged: list[Delivery] = []
        self.results: list[dict[str, Any]] = []
        self.said: list[Mapping[str, object]] = []

    def take(self, max_items: int, max_wait_s: float) -> Sequence[Delivery]:
        del max_wait_s
        return [self.waiting.popleft() for _ in range(min(max_items, len(self.waiting)))]

    def wake(self) -> None:
        """Nobody waits."""

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        self.acknowledged += deliveries

    def answer(self, receipts: Sequence[tuple[str, bytes]]) -> None:
        self.results += [result for _, receipt in receipts for result in json.loads(receipt)["results"]]

    def say(self, detail: Mapping[str, object]) -> None:
        self.said.append(detail)


class World:
    """A writer at a time of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.time = START
        self.network: Network = parse(NETWORK)
        self.state = SqlState(f"sqlite:///{folder}/returns.sqlite")
        self.line = HandmadeLine()
        self.networks = Networks(self.state, self, self.network, lambda: Offered(self.network), lambda _: ())
        self.networks.start()
        self.heard: list[Committed] = []
        self.pump = Pump(self.state, self.line, "returns/v1", self.networks, self, self.hear)
        self.numbers = 0

    def hear(self, committed: Committed) -> None:
        self.heard.append(committed)

    def now(self) -> Instant:
        return self.time

    def seconds_until(self, at: Instant) -> float:
        return max(0.0, (at - self.time) / SECOND)

    def put(self, channel: str, **payload: Any) -> Delivery:
        """A message comes in; its event is of now, if nothing else is said."""
        self.numbers += 1
        body = {"id": f"e{self.numbers}", "at": rfc3339(self.time), **payload}
        message = Delivery(f"returns/v1/{channel}", json.dumps(body).encode(), self.time)
        self.line.waiting.append(message)
        return message

    def announce(self, *items: str) -> None:
        for item in items:
            self.put("source/erp/announce", item=item, route="r")

    def scan(self, item: str, site: str = "A", step: str = "arriving") -> Delivery:
        return self.put("device/d/scan", item=item, site=site, step=step)

    def run(self, rounds: int = 12) -> None:
        """Rounds enough for all that was put, and what falls due by now."""
        for _ in range(rounds):
            assert self.pump.step() == 0.0

    def later(self, duration: int) -> None:
        self.time = Instant(self.time + duration)
        self.run()

    def open_alerts(self) -> set[tuple[str, str]]:
        with self.state.reader() as reader:
            found = reader.list_alerts(resolved=False, after=None, limit=1_000)
        return {(alert.deviation.kind.value, alert.subject.id) for alert in found}

    def row(self, item: str) -> SubjectRow:
        with self.state.reader() as reader:
            return reader.subjects("goods", (item,))[item]

    def results(self) -> list[str]:
        return [result["result"] for result in self.line.results]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with capture_logs():
        world = World(tmp_path)
        world.run(4)
        yield world
        world.state.close()


def fail_for(monkeypatch: pytest.MonkeyPatch, item: str) -> None:
    """Assessing this item trips over a bug."""

    def assess(subject: str, moment: Moment) -> Assessment:
        if subject == item:
            raise ZeroDivisionError(BUG)
        return assessment.assess(subject, moment)

    monkeypatch.setattr("gateway.service.settle.assess", assess)


def test_a_message_that_trips_over_a_bug_is_quarantined_with_its_traceback_and_its_neighbours_proceed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(channel: Any, payload: bytes) -> Any:
        if b"cursed" in payload:
            raise ZeroDivisionError(BUG)
        return wire_decode(channel, payload)

    monkeypatch.setattr("gateway.service.intake.decode", decode)
    messages = [world.scan("cursed" if number == 7 else f"SN-{number}") for number in range(20)]
    world.run()
    assert world.line.acknowledged == messages
    assert world.results() == ["quarantined" if number == 7 else "accepted" for number in range(20)]
    assert world.line.results[7]["reason"] == "internal"
    assert world.line.results[7]["sha256"]
    with world.state.reader() as reader:
        (entry,) = reader.list_quarantine(status="held", after=None, limit=10)
    assert entry.payload == messages[7].payload
    assert f"ZeroDivisionError: {BUG}" in (entry.trace or "")
    assert (world.pump.counts.accepted, world.pump.counts.quarantined) == (19, 1)


def test_a_message_that_only_fails_within_its_unit_leaves_nothing_of_itself_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def result_of(fact: Any, *rest: Any) -> Any:
        if getattr(fact, "items", ()) == ("cursed",):
            raise KeyError(BUG)
        return answers.result_of(fact, *rest)

    monkeypatch.setattr("gateway.service.intake.result_of", result_of)
    for item in ("SN-1", "cursed", "SN-2"):
        world.scan(item)
    world.run()
    assert sorted(world.results()) == ["accepted", "accepted", "quarantined"]
    with world.state.reader() as reader:
        assert reader.scans(("SN-1", "SN-2", "cursed")).keys() == {"SN-1", "SN-2"}
        assert "cursed" not in reader.subjects("goods", ("cursed",))
    monkeypatch.undo()
    world.scan("cursed")
    world.run()
    assert world.results()[-1] == "accepted"


def test_a_journey_whose_evaluation_fails_is_set_aside_and_tried_again_with_its_next_evidence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.announce("SN-1", "BAD", "SN-2")
    world.run()
    fail_for(monkeypatch, "BAD")
    for item in ("SN-1", "BAD", "SN-2"):
        world.scan(item)
    world.run()
    assert world.results() == ["accepted"] * 6
    assert f"ZeroDivisionError: {BUG}" in (world.row("BAD").failed or "")
    world.later(90 * MINUTE)
    expected = {("overdwell", "SN-1"), ("overdwell", "SN-2"), ("device_silent", "quiet")}
    assert world.open_alerts() == expected
    assert world.pump.counts.failed_journeys == 1
    monkeypatch.undo()
    world.later(HOUR)
    assert ("overdwell", "BAD") not in world.open_alerts()
    world.scan("BAD", "B", "departing")
    world.run()
    assert world.row("BAD").failed is None
    assert world.row("BAD").stop == 1


def test_a_sweep_that_meets_a_bug_sets_aside_the_one_row_and_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [f"SN-{number}" for number in range(5)]
    world.announce(*items)
    for item in items:
        world.scan(item)
    world.run()
    original = settle.Settlement.goods

    def goods(self: settle.Settlement, dirty: Iterable[str], *rest: Any) -> Any:
        if "SN-3" in dirty:
            raise ZeroDivisionError(BUG)
        return original(self, dirty, *rest)

    monkeypatch.setattr(settle.Settlement, "goods", goods)
    world.later(90 * MINUTE)
    late = {("overdwell", item) for item in items if item != "SN-3"}
    assert world.open_alerts() == late | {("device_silent", "quiet")}
    assert BUG in (world.row("SN-3").failed or "")
    monkeypatch.undo()
    world.scan("SN-3")
    world.run()
    assert ("overdwell", "SN-3") in world.open_alerts()


def test_a_row_that_stays_due_for_ever_does_not_keep_the_writer_busy_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.announce("SN-1", "STUCK")
    world.run()
    for item in ("SN-1", "STUCK"):
        world.scan(item)
    world.run()

    def goods_row(*given: Any) -> SubjectRow:
        row = rows.goods_row(*given)
        return row._replace(look_again=START) if row.id == "STUCK" else row

    monkeypatch.setattr("gateway.service.settle.goods_row", goods_row)
    world.later(90 * MINUTE)
    assert "still" in (world.row("STUCK").failed or "")
    assert ("overdwell", "SN-1") in world.open_alerts()
    assert world.pump.counts.failed_journeys == 1


def test_sweeps_that_fail_altogether_do_not_keep_messages_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.announce("SN-1")
    world.scan("SN-1")
    world.run()

    def broken(*_: Any) -> None:
        raise ZeroDivisionError(BUG)

    for name in ("pass_deadlines", "look_again", "set_aside"):
        monkeypatch.setattr(f"gateway.service.pump.{name}", broken)
    world.time = Instant(world.time + 90 * MINUTE)
    message = world.scan("SN-2")
    world.run()
    assert world.line.acknowledged[-1] == message
    monkeypatch.undo()
    world.later(2 * SECOND)
    assert ("overdwell", "SN-1") in world.open_alerts()


def test_a_bug_after_the_commit_takes_nothing_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(_: Committed) -> None:
        raise ZeroDivisionError(BUG)

    monkeypatch.setattr(world.pump, "_on_committed", deaf)
    messages = [world.scan("SN-1"), world.scan("SN-2")]
    world.run()
    assert world.line.acknowledged == messages
    assert world.results() == ["accepted", "accepted"]


def test_answers_that_trip_over_a_bug_keep_no_message_from_being_acknowledged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mute(*_: Any) -> Iterator[bytes]:
        raise ZeroDivisionError(BUG)

    monkeypatch.setattr("gateway.service.pump.receipts", mute)
    message = world.scan("SN-1")
    world.run()
    assert world.line.acknowledged == [message]
    assert world.results() == []
    monkeypatch.undo()
    world.line.waiting.append(message)
    world.run()
    assert world.results() == ["duplicate"]


def test_a_network_is_taken_up_although_one_container_and_one_entry_trip_over_a_bug(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        world.time = Instant(world.time + 5 * MINUTE)
        for tracker in ("t1", "t2"):
            world.put(f"device/{tracker}/position", lat=50.003, lon=8.0)
    for number in range(3):
        world.scan(f"SN-{number}", "NEW")
    world.run()

    def relocate(unit: Unit, known: Any, terrain: Any, container: str) -> Any:
        if container == "BAD-BOX":
            raise ZeroDivisionError(BUG)
        return visits.relocate(unit, known, terrain, container)

    def take(unit: Unit, terrain: Any, messages: Any, now: Instant) -> Any:
        if b"SN-1" in messages[0].payload:
            raise ZeroDivisionError(BUG)
        return intake.take(unit, terrain, messages, now)

    monkeypatch.setattr("gateway.service.reload.relocate", relocate)
    monkeypatch.setattr("gateway.service.quarantine.take", take)
    wider = NETWORK.replace("radius_m: 100", "radius_m: 900")
    world.network = parse(wider.replace("routes:", "  - {id: NEW, lat: 51, lon: 9, timezone: UTC}\nroutes:"))
    world.networks.reload()
    world.run()
    with world.state.reader() as reader:
        assert reader.visits(("BOX", "BAD-BOX")).keys() == {"BOX"}
        assert reader.scans(("SN-0", "SN-1", "SN-2")).keys() == {"SN-0", "SN-2"}
        (entry,) = reader.list_quarantine(status="held", after=None, limit=10)
        assert reader.meta(reload.DIGEST) == reload.digest(world.network)
    assert b"SN-1" in entry.payload
    assert world.pump.counts.backoff_s == 0


def test_a_network_that_cannot_be_read_for_a_bug_is_refused(world: World) -> None:
    def unreadable() -> Offered:
        raise RecursionError(BUG)

    world.networks = Networks(world.state, world, world.network, unreadable, lambda _: ())
    world.networks.reload()
    assert "bug of ours" in world.networks.fault
    assert world.networks.terrain.network == world.network


def test_a_thousand_goods_are_renewed_together_with_what_containers_on_later_pages_do(world: World) -> None:
    items = [f"I-{number:04}" for number in range(1_100)]
    world.announce(*items)
    world.run()
    world.put("device/d/scan", items=items[:3], container="ZZ-BAG", site="A", step="packing")
    for item in items[3:]:
        world.scan(item)
    world.put("device/d/scan", items=[items[0]], container="ZZ-BAG", site="B", step="unpacking")
    world.run()
    world.later(30 * MINUTE)
    assert not {alert for alert in world.open_alerts() if alert[0] == "missing"}
    world.network = parse(NETWORK.replace("version: 1", "version: 1\ndefaults: {unpack_window: 10m}"))
    world.networks.reload()
    world.run(20)
    missing = {alert for alert in world.open_alerts() if alert[0] == "missing"}
    assert missing == {("missing", items[1]), ("missing", items[2])}
