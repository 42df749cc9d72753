"""The broker configuration that we ship, on a real Mosquitto: who may publish and read what, and that nothing drops."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.adapters.mqtt import Delivery, Line, LineState, MqttOptions
from gateway.tracking.instants import Instant
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto

SHIPPED: Final = Path(__file__).parents[2] / "deploy" / "mosquitto"
OWN: Final = {
    "listener",
    "password_file",
    "acl_file",
    "persistence",
    "persistence_location",
    "log_dest",
    "log_type",
}
"""Settings that say where things are: the test's broker has its own."""
USERS: Final = ("gateway", "ops", "d1", "d2", "erp")
PASSWORD: Final = "the same for all"
ROOT: Final = "returns/v1"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    lines = (SHIPPED / "mosquitto.conf").read_text().splitlines()
    settings = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    kept = {name: value for name, value in settings.items() if name not in OWN}
    folder = tmp_path_factory.mktemp("shipped")
    (folder / "acl").write_bytes((SHIPPED / "acl").read_bytes())
    broker = Mosquitto(folder, {**kept, "password_file": "passwords", "acl_file": "acl"})
    broker.passwords(**dict.fromkeys(USERS, PASSWORD))
    with broker:
        yield broker


def login(broker: Mosquitto, user: str) -> StockClient:
    return StockClient(broker.port, username=user, password=PASSWORD)


@pytest.mark.parametrize(
    ("user", "topic", "allowed"),
    [
        ("d1", "device/d1/scan", True),
        ("d1", "device/d1/position", True),
        ("d1", "device/d1/status", True),
        ("d1", "device/d2/scan", False),
        ("d1", "device/d1/receipt", False),
        ("d1", "device/d1/scan/more", False),
        ("d1", "source/erp/announce", False),
        ("d1", "alert/a1", False),
        ("d1", "alert-log", False),
        ("d1", "gateway/g1/status", False),
        ("erp", "source/erp/announce", True),
        ("erp", "source/rma/announce", False),
        ("erp", "source/erp/receipt", False),
        ("erp", "device/d1/scan", False),
        ("ops", "alert/a1", False),
        ("ops", "alert-log", False),
        ("ops", "gateway/g1/status", False),
        ("ops", "device/d1/receipt", False),
        ("gateway", "device/d1/receipt", True),
        ("gateway", "source/erp/receipt", True),
        ("gateway", "alert/a1", True),
        ("gateway", "alert-log", True),
        ("gateway", "gateway/g1/status", True),
    ],
)
def test_who_may_publish_what(shipped: Mosquitto, user: str, topic: str, allowed: bool) -> None:
    with login(shipped, "gateway") as gateway, login(shipped, user) as client:
        gateway.subscribe(f"{ROOT}/#")
        client.publish(f"{ROOT}/{topic}", b"tried")
        gateway.publish(f"{ROOT}/mark", b"mark")
        assert gateway.wait_for(lambda: bool(gateway.received) and gateway.received[-1].payload == b"mark")
        assert [m.payload for m in gateway.received] == [b"tried", b"mark"][not allowed :]


@pytest.mark.parametrize(
    ("user", "topics", "mark"),
    [
        ("d1", ["device/d1/receipt"], "device/d1/receipt"),
        ("erp", ["source/erp/receipt"], "source/erp/receipt"),
        ("ops", ["alert/a1", "alert-log", "gateway/g1/status"], "alert-log"),
    ],
)
def test_who_may_read_what(shipped: Mosquitto, user: str, topics: list[str], mark: str) -> None:
    everything = [
        "device/d1/scan", "device/d1/receipt", "device/d2/receipt", "source/erp/announce", "source/erp/receipt",
        "source/rma/receipt", "alert/a1", "alert-log", "gateway/g1/status",
    ]  # fmt: skip
    with login(shipped, "gateway") as gateway, login(shipped, user) as client:
        client.subscribe(f"{ROOT}/#")
        gateway.publish_all([(f"{ROOT}/{topic}", b"said") for topic in everything])
        gateway.publish(f"{ROOT}/{mark}", b"mark")
        assert client.wait_for(lambda: bool(client.received) and client.received[-1].payload == b"mark")
        assert {m.topic.removeprefix(f"{ROOT}/") for m in client.received[:-1]} == set(topics)


@pytest.mark.parametrize(("user", "password"), [("d1", "wrong"), ("nobody", PASSWORD), (None, None)])
def test_who_may_not_log_in(shipped: Mosquitto, user: str | None, password: str | None) -> None:
    client = StockClient(shipped.port, username=user, password=password)
    with pytest.raises(pytest.fail.Exception, match="Not authorized"), client:
        pass


def gateway_line(broker: Mosquitto) -> Line:
    options = MqttOptions(url=broker.url, username="gateway", password=PASSWORD)
    line = Line(options, clock=lambda: Instant(0), version="1")
    line.start()
    assert line.wait_online(5) is LineState.ONLINE
    return line


def test_a_backlog_far_beyond_the_brokers_default_waits_for_a_gateway_that_is_away(
    shipped: Mosquitto,
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


def test_all_open_alerts_reach_a_tool_that_subscribes_late(shipped: Mosquitto) -> None:
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
    shipped: Mosquitto, size: int, arrives: bool
) -> None:
    with login(shipped, "gateway") as gateway, login(shipped, "d1") as device:
        gateway.subscribe(f"{ROOT}/device/d1/scan", f"{ROOT}/mark")
        device.publish(f"{ROOT}/device/d1/scan", b"x" * size)
        gateway.publish(f"{ROOT}/mark")
        assert gateway.wait_for(
            lambda: bool(gateway.received) and gateway.received[-1].topic == f"{ROOT}/mark"
        )
        assert [len(m.payload) for m in gateway.received] == [size, 0][not arrives :]
