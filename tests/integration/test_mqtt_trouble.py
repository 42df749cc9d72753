"""The line when the broker restarts, forgets, refuses, misbehaves, or wants TLS."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from structlog.testing import capture_logs

from gateway.adapters.mqtt import Backoff, Line, LineState, MqttOptions
from gateway.ports.delivery import Publication, Published
from gateway.tracking.instants import Instant
from tests.conftest import NewBroker
from tests.servers.certificates import Authority
from tests.servers.client import StockClient
from tests.servers.mosquitto import free_port
from tests.servers.scripted import CONNACK, ScriptedBroker
from tests.servers.waiting import eventually

OPTIONS = MqttOptions(client_id="gw")
SOON = Backoff(first_s=0.05, refused_s=0.1, longest_s=0.2)
SCAN = "returns/v1/device/d1/scan"

NewLine = Callable[[MqttOptions], Line]


@pytest.fixture
def new_line() -> Iterator[NewLine]:
    """Makes and starts lines that stop with the test."""
    with ExitStack() as running:

        def make(options: MqttOptions) -> Line:
            line = Line(options, clock=lambda: Instant(0), version="1", backoff=SOON)
            running.callback(line.stop)
            line.start()
            return line

        yield make


def wait_until(line: Line, state: LineState) -> str:
    """The reason that the line gives once it is in this state."""
    return eventually(line.health, lambda health: health.state is state).reason


def test_a_broker_that_restarts_with_persistence_redelivers_and_goes_on(
    new_broker: NewBroker, new_line: NewLine
) -> None:
    broker = new_broker()
    line = new_line(replace(OPTIONS, url=broker.url))
    assert line.wait_online(5) is LineState.ONLINE
    with StockClient(broker.port) as device:
        device.publish_all([(SCAN, b"done"), (SCAN, b"not done")])
    taken = line.take(2, 5.0)
    assert len(taken) == 2
    line.ack(taken[:1])
    assert line.publish([Publication("after/the/ack", b"")]) == [Published.CONFIRMED]
    broker.stop()
    wait_until(line, LineState.OFFLINE)
    assert line.publish([Publication("receipt", b"")]) == [Published.UNCONFIRMED]
    line.ack(taken[1:])
    broker.start()
    assert [d.payload for d in line.take(1, 10.0)] == [b"not done"]
    with StockClient(broker.port) as device:
        device.publish(SCAN, b"new")
    assert [d.payload for d in line.take(1, 10.0)] == [b"new"]


def test_whoever_wants_to_know_is_told_each_time_that_the_line_is_online(new_broker: NewBroker) -> None:
    broker = new_broker()
    told = threading.Semaphore(0)
    options = replace(OPTIONS, url=broker.url)
    line = Line(options, clock=lambda: Instant(0), version="1", backoff=SOON, on_online=told.release)
    line.start()
    assert told.acquire(timeout=5)
    broker.stop()
    broker.start()
    assert told.acquire(timeout=5)
    line.stop()
    assert not told.acquire(blocking=False)


def test_a_broker_that_forgot_the_session_is_subscribed_to_again_and_that_is_said(
    new_broker: NewBroker, new_line: NewLine
) -> None:
    broker = new_broker()
    line = new_line(replace(OPTIONS, url=broker.url))
    assert line.wait_online(5) is LineState.ONLINE
    with capture_logs() as logged:
        broker.kill()
        wait_until(line, LineState.OFFLINE)
        broker.start()
        wait_until(line, LineState.ONLINE)
        with StockClient(broker.port) as device:
            device.publish(SCAN, b"new")
        assert [d.payload for d in line.take(1, 10.0)] == [b"new"]
    assert "mqtt_session_lost" in [entry["event"] for entry in logged]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_refused_login_is_said_clearly_and_tried_again(
    new_broker: NewBroker, new_line: NewLine, protocol: Literal["3.1.1", "5"]
) -> None:
    settings = {"allow_anonymous": "false", "password_file": "passwords"}
    broker = new_broker(settings, gateway="the old one")
    options = replace(OPTIONS, url=broker.url, username="gateway", password="the new one")
    with capture_logs() as logged:
        line = new_line(replace(options, protocol=protocol))
        assert line.wait_online(5) is LineState.REFUSED
        reason = line.health().reason
        broker.stop()
        broker.passwords(gateway="the new one")
        broker.start()
        wait_until(line, LineState.ONLINE)
    assert "refused client 'gw' of user 'gateway'" in reason
    assert "check mqtt.username, mqtt.password" in reason
    assert "the new one" not in str(logged)
    assert {entry["log_level"] for entry in logged if entry.get("reason") == reason} == {"error"}


def test_nobody_there_is_tried_again_until_somebody_is(new_line: NewLine) -> None:
    port = free_port()
    line = new_line(replace(OPTIONS, url=f"mqtt://127.0.0.1:{port}"))
    assert "refused" in wait_until(line, LineState.OFFLINE)
    line.stop()
    assert line.health().state is LineState.STOPPED


def test_a_refused_subscription_is_named(new_line: NewLine) -> None:
    suback = bytes([0x90, 6, 0, 1, 1, 1, 0x80, 1])
    with ScriptedBroker(CONNACK + suback) as broker, capture_logs() as logged:
        line = new_line(replace(OPTIONS, url=broker.url))
        health = eventually(line.health, lambda health: bool(health.refused_topics))
    assert health.refused_topics == ("returns/v1/device/+/status",)
    assert ("returns/v1/device/+/status",) in [entry.get("topics") for entry in logged]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (bytes([0x10, 0]), "an unexpected packet of type 1"),
        (bytes([0x30, 1, 0]), "a message that ends before its payload"),
        (bytes([0x30, 0xFF, 0xFF, 0xFF, 0xFF]), "a length of more than four bytes"),
        (bytes([0xE0, 1, 0x8E]), "the broker ended the connection: Session taken over"),
    ],
)
def test_a_broker_that_talks_nonsense_or_says_goodbye_is_left_with_the_reason(
    new_line: NewLine, said: bytes, reason: str
) -> None:
    with ScriptedBroker(CONNACK + said) as broker, capture_logs() as logged:
        line = new_line(replace(OPTIONS, url=broker.url))
        wait_until(line, LineState.OFFLINE)
    assert reason in next(entry["reason"] for entry in logged if entry["event"] == "mqtt_offline")


def test_a_broker_that_falls_silent_is_given_up(new_line: NewLine) -> None:
    with ScriptedBroker(CONNACK) as broker:
        line = new_line(replace(OPTIONS, url=broker.url, keepalive_s=1))
        assert "nothing heard from the broker" in wait_until(line, LineState.OFFLINE)


def test_tls_with_a_certificate_of_our_own_and_of_the_broker(
    new_broker: NewBroker, new_line: NewLine, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    server, client = authority.sign("server"), authority.sign("client")
    broker = new_broker(
        {
            "cafile": str(authority.cert),
            "certfile": str(server.cert),
            "keyfile": str(server.key),
            "require_certificate": "true",
        }
    )
    tls = replace(OPTIONS, url=f"mqtts://127.0.0.1:{broker.port}", ca=authority.cert)
    line = new_line(replace(tls, cert=client.cert, key=client.key))
    assert line.wait_online(5) is LineState.ONLINE
    payloads = [json.dumps({"n": n, "note": "x" * 10_000}).encode() for n in range(300)]
    outcomes = line.publish([Publication(SCAN, payload) for payload in payloads])
    assert set(outcomes) == {Published.CONFIRMED}
    taken = []
    while batch := line.take(100, 0.5):
        line.ack(batch)
        taken += batch
    assert [d.payload for d in taken] == payloads


# paho leaves the socket of a failed TLS handshake for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_that_another_authority_vouches_for_is_refused(
    new_broker: NewBroker, new_line: NewLine, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    server = Authority(theirs).sign("server")
    broker = new_broker({"certfile": str(server.cert), "keyfile": str(server.key)})
    line = new_line(replace(OPTIONS, url=f"mqtts://127.0.0.1:{broker.port}", ca=Authority(ours).cert))
    assert line.wait_online(5) is LineState.REFUSED
    assert "certificate is not to be trusted" in line.health().reason
