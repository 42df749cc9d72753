"""Who may do what at the broker, role by topic by action: the shipped files, tried on a real Mosquitto."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.deploy.shipped_broker import ROOT, ShippedBroker, add_login, login
from tests.servers.client import StockClient
from tests.servers.waiting import eventually

LOGINS: Final = ("scan-1", "scan-2", "erp", "ops")
TOPICS: Final = (
    "device/scan-1/scan", "device/scan-1/position", "device/scan-1/status", "device/scan-1/receipt",
    "device/scan-2/scan", "device/scan-2/position", "device/scan-2/status", "device/scan-2/receipt",
    "source/erp/announce", "source/erp/receipt", "source/rma/announce", "source/rma/receipt",
    "alert/a1", "alert-log", "gateway/g1/status",
    # Near misses: levels more or fewer, other words, and the devices and sources that others would be by their name.
    "device/scan-1/scan/more", "device/scan-1", "device/scan-1/firmware", "alert", "alert-log/more", "gateway",
    "device/ops/scan", "source/ops/announce", "device/ops/receipt", "device/erp/scan", "source/scan-1/announce",
    "device/health/scan", "other",
)  # fmt: skip
EVERYTHING: Final = frozenset(TOPICS)
DEVICES_AND_SOURCES: Final = frozenset(each for each in TOPICS if each.startswith(("device/", "source/")))

MAY_PUBLISH: Final = {
    "scan-1": {
        "device/scan-1/scan", "device/scan-1/position", "device/scan-1/status",
        # A login is a device's or a source's, which the broker cannot tell: the gateway does (`unknown_source`).
        "source/scan-1/announce",
    },
    "erp": {"source/erp/announce", "device/erp/scan"},
    "ops": set(),
    "health": set(),
    "gateway": EVERYTHING,
    "demo-fleet": DEVICES_AND_SOURCES,
}  # fmt: skip
MAY_READ: Final = {
    "scan-1": {"device/scan-1/receipt"},
    "erp": {"source/erp/receipt"},
    "ops": {"alert/a1", "alert-log", "gateway/g1/status", "alert", "gateway"},  # `alert/#` is `alert` too
    "health": set(),
    "gateway": EVERYTHING,
    "demo-fleet": {*DEVICES_AND_SOURCES, "alert-log"},
}
READS_BROKER_STATE: Final = {"ops", "gateway", "health"}
ROLES: Final = tuple(MAY_PUBLISH)
NOT_AUTHORIZED: Final = 135
NO_SUBSCRIBERS: Final = 16


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShippedBroker]:
    with ShippedBroker(tmp_path_factory.mktemp("shipped"), LOGINS) as running:
        yield running


def client(broker: ShippedBroker, role: str, *, name: str = "", inside: bool = False) -> StockClient:
    port = broker.inside if inside else broker.port
    return StockClient(port, name, username=role, password=broker.passwords_of[role])


def answers(broker: ShippedBroker, role: str, topics: tuple[str, ...]) -> dict[str, int]:
    """What the broker answers to a publication on each topic: a reason code of MQTT 5, which a 3.1.1 client lacks."""
    said: dict[int, int] = {}

    def on_publish(
        _client: Client, _data: object, mid: int, reason: ReasonCode, _more: Properties | None
    ) -> None:
        said[mid] = reason.value

    speaking = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    speaking.username_pw_set(role, broker.passwords_of[role])
    speaking.on_publish = on_publish
    speaking.connect("127.0.0.1", broker.inside)
    speaking.loop_start()
    try:
        sent = {topic: speaking.publish(topic, b"tried", qos=1).mid for topic in topics}
        eventually(lambda: len(said), lambda count: count == len(topics))
    finally:
        speaking.disconnect()
        speaking.loop_stop()
    return {topic: said[mid] for topic, mid in sent.items()}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_publish_this_and_nothing_else(broker: ShippedBroker, role: str) -> None:
    outside = ("elsewhere/device/scan-1/scan", "returns/v2/alert-log", "$SYS/broker/uptime")
    said = answers(broker, role, (*(f"{ROOT}/{topic}" for topic in TOPICS), *outside))
    assert set(said.values()) <= {0, NO_SUBSCRIBERS, NOT_AUTHORIZED}
    allowed = {topic for topic, code in said.items() if code != NOT_AUTHORIZED}
    assert allowed == {f"{ROOT}/{topic}" for topic in MAY_PUBLISH[role]}


@pytest.mark.parametrize(
    "filters",
    [
        tuple(f"{ROOT}/{topic}" for topic in TOPICS),
        ("#",),
        ("returns/#", "+/v1/#"),
        (f"{ROOT}/+/+/+", f"{ROOT}/+/+", f"{ROOT}/+", f"{ROOT}/+/+/+/+"),
        ("$share/mine/#",),
    ],
    ids=["each topic by itself", "all topics", "wildcards at the ends", "wildcards by level", "a shared one"],
)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_hears_this_and_nothing_else_whatever_it_subscribes_to(
    broker: ShippedBroker, role: str, filters: tuple[str, ...]
) -> None:
    with client(broker, "gateway", inside=True) as gateway, client(broker, role, inside=True) as listener:
        listener.subscribe(*filters)
        gateway.publish_all([(f"{ROOT}/{topic}", b"said") for topic in TOPICS])
        expected = {f"{ROOT}/{topic}" for topic in MAY_READ[role]}
        listener.wait_for(lambda: {m.topic for m in listener.received} >= expected)
        # What was published before has been handed out once the broker answers to something later.
        listener.subscribe(f"{ROOT}/mark")
        assert {m.topic for m in listener.received if not m.topic.startswith("$SYS")} == expected


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_how_the_broker_is(broker: ShippedBroker, role: str) -> None:
    with client(broker, role, inside=True) as listener:
        listener.subscribe("$SYS/#", "$SYS/broker/uptime")
        listener.wait_for(lambda: bool(listener.received), 5.0 if role in READS_BROKER_STATE else 0.5)
        assert bool(listener.received) == (role in READS_BROKER_STATE)
        if role == "health":
            assert {m.topic for m in listener.received} == {"$SYS/broker/uptime"}


def test_what_is_retained_is_heard_by_those_who_may_and_nobody_else(broker: ShippedBroker) -> None:
    with client(broker, "gateway", inside=True) as gateway:
        gateway.publish(f"{ROOT}/alert/kept", b"open", retain=True)
        gateway.publish(f"{ROOT}/device/scan-2/status", b"online", retain=True)
        heard = {}
        for role in ("scan-1", "erp", "ops"):
            with client(broker, role) as listener:
                listener.subscribe("#")
                # What is retained comes with the answer to the subscription, before the answer to the next.
                listener.subscribe(f"{ROOT}/mark")
                listener.wait_for(partial(bool, listener.received), 0.3)
                heard[role] = {m.topic for m in listener.received if not m.topic.startswith("$SYS")}
        assert heard == {"scan-1": set(), "erp": set(), "ops": {f"{ROOT}/alert/kept"}}
        gateway.publish(f"{ROOT}/alert/kept", b"", retain=True)
        gateway.publish(f"{ROOT}/device/scan-2/status", b"", retain=True)


@pytest.mark.parametrize("inside", [True, False], ids=["inside", "devices"])
@pytest.mark.parametrize(
    ("user", "password"),
    [("scan-1", "wrong"), ("scan-1", ""), ("nobody", "wrong"), ("scan-1", None), (None, None)],
    ids=["wrong password", "empty password", "unknown user", "no password", "anonymous"],
)
def test_who_may_not_even_log_in(
    broker: ShippedBroker, user: str | None, password: str | None, inside: bool
) -> None:
    stranger = StockClient(broker.inside if inside else broker.port, username=user, password=password)
    with pytest.raises(pytest.fail.Exception, match=r"Not authorized|Bad user name|no answer"), stranger:
        pass


def test_a_device_cannot_take_the_gateways_place_by_its_client_id(broker: ShippedBroker) -> None:
    with (
        client(broker, "gateway", name="returns-gateway", inside=True) as gateway,
        client(broker, "scan-1", name="returns-gateway") as thief,
    ):
        gateway.subscribe(f"{ROOT}/device/+/scan")
        thief.publish(f"{ROOT}/device/scan-1/scan", b"still heard")
        assert [m.payload for m in gateway.messages(1)] == [b"still heard"]


def test_a_login_that_was_added_removed_or_replaced_counts_from_the_next_hangup_on(tmp_path: Path) -> None:
    with ShippedBroker(tmp_path, ["old"]) as broker:
        broker.passwords_of["new"] = add_login(broker.secrets, "new")
        assert login(broker.secrets, "remove", "old").returncode == 0
        broker.hang_up()

        def let_in(role: str) -> bool:
            try:
                with client(broker, role):
                    return True
            except pytest.fail.Exception:
                return False

        eventually(lambda: (let_in("new"), let_in("old")), lambda seen: seen == (True, False))
