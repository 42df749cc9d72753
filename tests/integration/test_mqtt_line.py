"""The line on a real Mosquitto: what is acknowledged, what comes again, what is held, what is published.

Each test has a topic root and a client id of its own on the shared broker.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from gateway.adapters.mqtt import Backoff, Delivery, Line, LineState, MqttOptions
from gateway.ports.delivery import Publication, Published
from gateway.tracking.instants import Instant
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto
from tests.servers.tap import DISCONNECT, PINGREQ, PUBACK, Tap
from tests.servers.waiting import eventually

NUMBERS = itertools.count()
AT = Instant(1_795_335_243_120_000)
SOON = Backoff(first_s=0.05, refused_s=0.1, longest_s=0.2)


class NewLine(Protocol):
    def __call__(self, url: str, **options: object) -> Line: ...


@pytest.fixture
def name() -> str:
    return f"test{next(NUMBERS)}"


@pytest.fixture
def new_line(name: str) -> Iterator[NewLine]:
    """Makes lines that stop with the test; all are the same gateway to the broker."""
    with ExitStack() as running:

        def make(url: str, **options: object) -> Line:
            chosen = MqttOptions(url=url, root=name, client_id=name, **options)  # type: ignore[arg-type]
            line = Line(chosen, clock=lambda: AT, version="1.2.3", backoff=SOON)
            running.callback(line.stop)
            line.start()
            assert line.wait_online(5) is LineState.ONLINE
            return line

        yield make


@pytest.fixture
def device(broker: Mosquitto) -> Iterator[StockClient]:
    with StockClient(broker.port) as client:
        yield client


def take(line: Line, count: int, timeout_s: float = 10.0) -> list[Delivery]:
    """Exactly so many messages, unless time is up."""
    taken: list[Delivery] = []
    until = time.monotonic() + timeout_s
    while len(taken) < count and time.monotonic() < until:
        taken += line.take(count - len(taken), 0.2)
    return taken


def payloads(deliveries: list[Delivery]) -> list[bytes]:
    return [delivery.payload for delivery in deliveries]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_takes_what_devices_and_sources_publish(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str, protocol: str
) -> None:
    device.publish(f"{name}/device/d1/status", b"retained", retain=True)
    line = new_line(broker.url, protocol=protocol)
    (status,) = take(line, 1)
    device.publish(f"{name}/device/d1/scan", b"{}")
    device.publish(f"{name}/device/d2/position", b"")
    device.publish(f"{name}/source/erp/announce", "€".encode() * 20_000)
    device.publish(f"{name}/device/d1/receipt", b"not for us")
    device.publish(f"{name}/device/d1/status", b"live", retain=True)
    scan, position, announcement, live = take(line, 4)
    assert (status.topic, status.payload, status.retained) == (f"{name}/device/d1/status", b"retained", True)
    assert (scan.topic, scan.payload, scan.received_at) == (f"{name}/device/d1/scan", b"{}", AT)
    assert (position.topic, position.payload) == (f"{name}/device/d2/position", b"")
    assert announcement.payload == "€".encode() * 20_000
    assert (live.payload, live.retained) == (b"live", False)
    assert line.take(10, 0.1) == []


def test_nothing_is_acknowledged_before_ack_says_so(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    with Tap(broker.port) as tap:
        line = new_line(tap.url, keepalive_s=1)
        device.publish_all([(f"{name}/device/d1/scan", b"%d" % n) for n in range(50)])
        taken = take(line, 50)
        pings = tap.sent[PINGREQ]
        assert tap.wait_for(lambda: tap.sent[PINGREQ] >= pings + 2), "the line was idle and alive meanwhile"
        assert tap.sent[PUBACK] == 0
        line.ack(taken[:20])
        assert tap.wait_for(lambda: tap.sent[PUBACK] == 20)
        line.ack(taken[20:])
        assert tap.wait_for(lambda: tap.sent[PUBACK] == 50)


def test_what_was_not_acknowledged_comes_again_and_what_was_does_not(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    first = new_line(broker.url)
    device.publish_all([(f"{name}/device/d1/scan", b"%d" % n) for n in range(6)])
    taken = take(first, 6)
    first.ack([taken[1], taken[2], taken[5]])
    first.stop()
    second = new_line(broker.url)
    assert payloads(take(second, 3)) == [b"0", b"3", b"4"]
    assert second.take(10, 0.1) == []


def test_an_ack_for_an_ended_connection_acknowledges_nothing_on_the_next(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    with Tap(broker.port) as tap:
        line = new_line(tap.url)
        device.publish_all([(f"{name}/device/d1/scan", b"%d" % n) for n in range(3)])
        old = take(line, 3)
        line.drop_connection("the commit failed")
        again = take(line, 3)
        assert payloads(again) == payloads(old)
        assert {d.mid for d in again} & {d.mid for d in old}, (
            "the numbers are the same: only the tie tells them apart"
        )
        line.ack(old)
        line.ack(again[:1])
        line.stop()
        assert tap.wait_for(lambda: tap.sent[DISCONNECT] == 2)
        assert tap.sent[PUBACK] == 1
    assert again[0].connection == old[0].connection + 1
    assert payloads(take(new_line(broker.url), 2)) == [b"1", b"2"]


def test_a_cut_network_is_followed_by_a_new_connection_and_redelivery(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    with Tap(broker.port) as tap:
        line = new_line(tap.url)
        device.publish(f"{name}/device/d1/scan", b"before")
        assert payloads(take(line, 1)) == [b"before"]
        tap.cut()
        device.publish(f"{name}/device/d1/scan", b"meanwhile")
        assert payloads(take(line, 2)) == [b"before", b"meanwhile"]
        assert tap.connections == 2


def test_a_stalled_writer_bounds_what_is_held_and_the_line_stays_up(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    with Tap(broker.port) as tap:
        line = new_line(tap.url, inbox_messages=500, keepalive_s=1)
        sent = [b"%05d %s" % (n, b"x" * 1000) for n in range(20_000)]
        device.publish_all([(f"{name}/device/d1/scan", payload) for payload in sent])
        pings = tap.sent[PINGREQ]
        assert tap.wait_for(lambda: tap.sent[PINGREQ] >= pings + 4), (
            "it pings, for longer than the keep-alive"
        )
        assert line.health().held == 500
        assert line.health().state is LineState.ONLINE
        taken: list[Delivery] = []
        while len(taken) < len(sent):
            batch = line.take(400, 5.0)
            assert batch, f"nothing more after {len(taken)}"
            assert line.health().held <= 500
            line.ack(batch)
            taken += batch
        assert payloads(taken) == sent
        assert tap.connections == 1


def test_a_line_that_is_full_stops_in_good_order_and_loses_nothing(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    device.subscribe(f"{name}/gateway/+/status")
    with Tap(broker.port) as tap:
        line = new_line(tap.url, inbox_messages=10)
        sent = [b"%d" % n for n in range(2_000)]
        device.publish_all([(f"{name}/device/d1/scan", payload) for payload in sent])
        eventually(line.health, lambda health: health.held == 10)
        line.stop()
        assert tap.wait_for(lambda: tap.sent[DISCONNECT] == 1)
        assert tap.sent[PUBACK] == 0
    assert json.loads(device.messages(2)[1].payload)["state"] == "offline"
    assert payloads(take(new_line(broker.url), 2_000)) == sent


def test_a_backlog_is_acknowledged_from_its_first_message_on_however_long_it_is(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    new_line(broker.url).stop()
    device.publish_all([(f"{name}/device/d1/scan", b"x" * 1000) for _ in range(5_000)])
    with Tap(broker.port) as tap:
        # The answer to the new subscription lies behind the backlog, which a writer may need minutes for.
        line = new_line(tap.url, inbox_messages=50)
        line.ack(take(line, 30))
        assert tap.wait_for(lambda: tap.sent[PUBACK] == 30)
        assert (line.health().state, line.health().connections) == (LineState.ONLINE, 1)


def test_pausing_stops_the_intake_and_resuming_takes_it_up(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    line = new_line(broker.url)
    line.pause()
    device.publish(f"{name}/device/d1/scan", b"later")
    assert line.take(10, 0.2) == []
    line.resume()
    assert payloads(take(line, 1)) == [b"later"]


def test_publications_are_confirmed_in_any_number(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    line = new_line(broker.url, protocol="5")  # with which the broker allows 20 unanswered ones at a time
    device.subscribe(f"{name}/device/+/receipt", f"{name}/alert/+")
    messages = [Publication(f"{name}/device/d{n % 7}/receipt", b"%d" % n) for n in range(3_000)]
    outcomes = line.publish([*messages, Publication(f"{name}/alert/a1", b"open", retain=True)])
    assert set(outcomes) == {Published.CONFIRMED}
    assert [m.payload for m in device.messages(3_001)] == [b"%d" % n for n in range(3_000)] + [b"open"]
    with StockClient(broker.port) as late:
        assert late.subscribe(f"{name}/alert/+").messages(1)[0].retained


def test_receipts_are_sent_without_waiting_and_those_that_find_no_room_are_counted(
    broker: Mosquitto, device: StockClient, new_line: NewLine, name: str
) -> None:
    line = new_line(broker.url, outbox_messages=20)
    device.subscribe(f"{name}/device/d1/receipt")
    receipts = [(f"{name}/device/d1/receipt", b"%d" % n) for n in range(200)]
    line.answer(receipts)
    dropped = line.health().dropped
    assert dropped in {180, 181}  # the status that is being published takes a place
    assert [m.payload for m in device.messages(200 - dropped)] == [p for _, p in receipts[: 200 - dropped]]
    line.stop()
    line.answer(receipts)
    assert line.health().dropped == dropped + 200


def test_nothing_is_kept_for_a_connection_that_is_not_there(broker: Mosquitto, name: str) -> None:
    line = Line(MqttOptions(url=broker.url, root=name), clock=lambda: AT, version="1")
    assert line.publish([Publication(f"{name}/device/d1/receipt", b"{}")]) == [Published.UNCONFIRMED]
    line.stop()


@pytest.mark.parametrize("topic", ["", "a/+/b", "a/#", "a\0b", "x" * 70_000])
def test_a_topic_that_would_end_the_connection_is_refused(
    broker: Mosquitto, new_line: NewLine, name: str, topic: str
) -> None:
    line = new_line(broker.url)
    with pytest.raises(ValueError, match="is no topic to publish on"):
        line.publish([Publication(f"{name}/fine", b""), Publication(topic, b"")])
    assert line.publish([Publication(f"{name}/fine", b"")]) == [Published.CONFIRMED]


@pytest.mark.parametrize(
    ("end", "state"),
    [(Line.stop, "offline"), (lambda line: line.say({"state_store": "down"}), "online")],
    ids=["stop", "say"],
)
def test_the_status_is_retained_and_follows_the_line(
    broker: Mosquitto,
    device: StockClient,
    new_line: NewLine,
    name: str,
    end: Callable[[Line], None],
    state: str,
) -> None:
    line = new_line(broker.url)
    topic = f"{name}/gateway/{name}/status"
    device.subscribe(topic)
    (online,) = device.messages(1)
    assert json.loads(online.payload) == {
        "state": "online",
        "at": "2026-11-22T08:14:03.120Z",
        "version": "1.2.3",
    }
    end(line)
    said = json.loads(device.messages(2)[1].payload)
    assert said["state"] == state
    assert said.get("detail", {}) == ({"state_store": "down"} if state == "online" else {})
    with StockClient(broker.port) as late:
        assert json.loads(late.subscribe(topic).messages(1)[0].payload) == said


def test_the_last_will_says_offline_when_the_line_is_cut_for_good(
    broker: Mosquitto, device: StockClient, name: str
) -> None:
    device.subscribe(f"{name}/gateway/{name}/status")
    with Tap(broker.port) as tap:
        line = Line(
            MqttOptions(url=tap.url, root=name, client_id=name),
            clock=lambda: AT,
            version="1",
            backoff=Backoff(first_s=60),
        )
        line.start()
        assert line.wait_online(5) is LineState.ONLINE
        device.messages(1)
        tap.cut()
        assert json.loads(device.messages(2)[1].payload)["state"] == "offline"
        line.stop()


def test_a_wake_ends_a_wait_for_messages_at_once(broker: Mosquitto, new_line: NewLine) -> None:
    line = new_line(broker.url)
    line.wake()
    began = time.monotonic()
    assert line.take(10, 30.0) == []
    assert time.monotonic() - began < 5
