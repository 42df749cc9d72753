"""The broker configuration that we ship, on a real Mosquitto: nothing drops, whoever is away and however much waits.

Who may publish and read what is in `tests/deploy`.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from gateway.adapters.mqtt import Delivery, Line, LineState, MqttOptions
from gateway.tracking.instants import Instant
from tests.deploy.shipped_broker import ROOT, ShippedBroker
from tests.servers.client import StockClient

LOGINS: Final = ("ops", "d1")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShippedBroker]:
    with ShippedBroker(tmp_path_factory.mktemp("shipped"), LOGINS) as broker:
        yield broker


def login(broker: ShippedBroker, user: str) -> StockClient:
    return StockClient(broker.port, username=user, password=broker.passwords_of[user])


def gateway_line(broker: ShippedBroker) -> Line:
    url, password = f"mqtt://127.0.0.1:{broker.inside}", broker.passwords_of["gateway"]
    options = MqttOptions(url=url, username="gateway", password=password)
    line = Line(options, clock=lambda: Instant(0), version="1")
    line.start()
    assert line.wait_online(5) is LineState.ONLINE
    return line


def test_a_backlog_far_beyond_the_brokers_default_waits_for_a_gateway_that_is_away(
    shipped: ShippedBroker,
) -> None:
    gateway_line(shipped).stop()
    sent = [b"%d" % n for n in range(5_000)]
    with login(shipped, "d1") as device:
        device.publish_all([(f"{ROOT}/device/d1/scan", payload) for payload in sent])
    line = gateway_line(shipped)
    taken: list[Delivery] = []
    while len(taken) < len(sent) and (batch := line.take(500, 5.0)):
        line.ack(batch)
        taken += batch
    line.stop()
    assert [d.payload for d in taken] == sent


def test_all_open_alerts_reach_a_tool_that_subscribes_late(shipped: ShippedBroker) -> None:
    topics = [f"{ROOT}/alert/{n}" for n in range(3_000)]
    with login(shipped, "gateway") as gateway, login(shipped, "ops") as late:
        gateway.publish_all([(topic, b"open") for topic in topics], retain=True)
        late.subscribe(f"{ROOT}/alert/+")
        assert {m.topic for m in late.messages(3_000)} == set(topics)
        gateway.publish_all([(topic, b"") for topic in topics], retain=True)


@pytest.mark.parametrize(
    ("size", "arrives"), [(64 * 1024, True), (64 * 1024 + 1, True), (128 * 1024 + 1, False)]
)
def test_a_little_more_than_a_device_may_send_still_arrives_to_be_answered(
    shipped: ShippedBroker, size: int, arrives: bool
) -> None:
    with login(shipped, "gateway") as gateway, login(shipped, "d1") as device:
        gateway.subscribe(f"{ROOT}/device/d1/scan", f"{ROOT}/mark")
        device.publish(f"{ROOT}/device/d1/scan", b"x" * size)
        gateway.publish(f"{ROOT}/mark")
        assert gateway.wait_for(
            lambda: bool(gateway.received) and gateway.received[-1].topic == f"{ROOT}/mark"
        )
        assert [len(m.payload) for m in gateway.received] == [size, 0][not arrives :]


def test_what_waits_for_the_gateway_survives_a_restart_of_the_broker(shipped: ShippedBroker) -> None:
    gateway_line(shipped).stop()
    with login(shipped, "d1") as device:
        device.publish(f"{ROOT}/device/d1/scan", b"before")
    shipped.stop()
    shipped.start()
    line = gateway_line(shipped)
    batch = line.take(10, 5.0)
    line.ack(batch)
    line.stop()
    assert batch[-1].payload == b"before"
