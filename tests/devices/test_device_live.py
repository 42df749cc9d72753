"""The SDK on a real broker: verdicts, outages of the broker and of the gateway, last words, and bounds."""

import gc
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devices.sdk import Broker, DiskSpool, MemorySpool, Options, Pace, Result, Scanner, Tracker
from devices.sdk.link import Link
from gateway.tracking.instants import SECOND
from tests.conftest import NewBroker
from tests.devices.stub import LiveStub
from tests.servers.certificates import Authority
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto, free_port
from tests.servers.waiting import eventually

QUICK = Options(first_retry_s=0.05, longest_retry_s=0.2, pace=Pace(first_wait=SECOND))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A device id of the test's own."""
    return f"dev-{abs(hash(request.node.name)) % 10**9}"


@pytest.fixture
def stub(broker: Mosquitto, name: str) -> Iterator[LiveStub]:
    with LiveStub(broker.port, name).listening() as listening:
        yield listening


def at(broker: Mosquitto) -> Broker:
    return Broker("127.0.0.1", broker.port)


def test_a_scan_has_its_verdict_within_a_blink(broker: Mosquitto, name: str, stub: LiveStub) -> None:
    with Scanner(name, at(broker), MemorySpool(), QUICK) as scanner:
        assert scanner.verdict(scanner.scan("arriving", ["A"], site="HUB"), 10)
        began = time.monotonic()
        event = scanner.scan("arriving", ["B"], site="HUB")
        result = scanner.verdict(event, 5)
        assert result is not None
        assert result.verdict == "ok"
        assert time.monotonic() - began < 1.0
        assert scanner.drained(5)
    assert stub.gateway.facts[event]["items"] == ["B"]


def test_results_are_told_as_they_come(broker: Mosquitto, name: str, stub: LiveStub) -> None:
    told: list[Result] = []
    with Scanner(name, at(broker), MemorySpool(), QUICK, on_result=told.append) as scanner:
        made = [scanner.scan("arriving", [str(i)]) for i in range(5)]
        assert scanner.drained(10)
    assert sorted(str(each.id) for each in told) == made
    assert stub.gateway.scans


@pytest.mark.usefixtures("stub")
def test_a_listener_that_fails_stops_nothing(broker: Mosquitto, name: str) -> None:
    def fail(result: Result) -> None:
        raise RuntimeError(f"no screen for {result.id}")

    with Scanner(name, at(broker), MemorySpool(), QUICK, on_result=fail) as scanner:
        for item in "AB":
            assert scanner.verdict(scanner.scan("arriving", [item]), 10) is not None
        assert scanner.drained(10)


def test_a_certificate_that_is_gone_for_a_moment_is_waited_for(name: str, tmp_path: Path) -> None:
    ca = Authority(tmp_path).cert
    with Scanner(name, Broker("127.0.0.1", free_port(), tls=True, ca=ca), MemorySpool(), QUICK) as scanner:
        ca.rename(tmp_path / "away")
        assert eventually(lambda: scanner.trouble or "", lambda why: "certificates" in why, 10)
        scanner.scan("arriving", ["A"])
        (tmp_path / "away").rename(ca)
        assert eventually(lambda: scanner.trouble or "", lambda why: "refused" in why.lower(), 10)
        assert scanner.waiting == 1


def test_a_tracker_reports_where_it_is(broker: Mosquitto, name: str, stub: LiveStub) -> None:
    with Tracker(name, at(broker), MemorySpool(), QUICK) as tracker:
        event = tracker.position(51.4, 12.2, battery_pct=71, temperature_c=4.5, door="closed")
        assert tracker.drained(10)
    fact = stub.gateway.facts[event]
    assert (fact["lat"], fact["battery_pct"], fact["temperature_c"], fact["door"]) == (
        51.4,
        71,
        4.5,
        "closed",
    )


def test_without_a_broker_scanning_goes_on_and_everything_follows(
    new_broker: NewBroker, name: str, tmp_path: Path
) -> None:
    broker = new_broker()
    with Scanner(name, at(broker), DiskSpool(tmp_path / "spool"), QUICK) as scanner:
        eventually(lambda: scanner.connected, bool)
        broker.stop()
        made = [scanner.scan("arriving", [str(i)]) for i in range(700)]
        assert scanner.verdict(made[-1], 0.05) is None
        assert scanner.waiting == 700
        broker.start()
        with LiveStub(broker.port, name).listening() as stub:
            assert scanner.drained(20)
            assert sorted(stub.gateway.scans) == made


def test_without_a_gateway_scanning_goes_on_and_everything_follows(broker: Mosquitto, name: str) -> None:
    with Scanner(name, at(broker), MemorySpool(), QUICK) as scanner:
        eventually(lambda: scanner.connected, bool)
        made = [scanner.scan("arriving", [str(i)]) for i in range(300)]
        assert not scanner.drained(1.5)
        with LiveStub(broker.port, name).listening() as stub:
            assert scanner.drained(30)
            assert sorted(stub.gateway.scans) == made


def test_lost_receipts_cost_time_and_nothing_else(broker: Mosquitto, name: str, stub: LiveStub) -> None:
    with Scanner(name, at(broker), MemorySpool(), QUICK) as scanner:
        assert scanner.verdict(scanner.scan("arriving", ["first"]), 10)
        stub.mute = True
        made = scanner.scan("arriving", ["A"])
        eventually(lambda: made in stub.gateway.facts, bool)
        assert scanner.waiting == 1
        stub.mute = False
        result = scanner.verdict(made, 10)
    assert result is not None
    assert result.result == "duplicate"


def test_receipts_that_came_while_the_device_was_away_are_there_when_it_is_back(
    broker: Mosquitto, name: str
) -> None:
    spool = MemorySpool()
    slow = Options(first_retry_s=0.05)
    with StockClient(broker.port) as other:
        with Scanner(name, at(broker), spool, slow) as scanner:
            other.subscribe(f"returns/v1/device/{name}/scan")
            event = scanner.scan("arriving", ["A"])
            other.messages(1)
        receipt = {"at": "2026-01-01T00:00:00Z", "results": [{"id": event, "result": "accepted"}]}
        other.publish(f"returns/v1/device/{name}/receipt", json.dumps(receipt).encode())
    with Scanner(name, at(broker), spool, slow) as scanner:
        assert scanner.drained(10)


def test_the_broker_tells_of_a_device_that_vanished_and_the_device_of_one_that_left(
    broker: Mosquitto, name: str
) -> None:
    topic = f"returns/v1/device/{name}/status"
    with StockClient(broker.port) as watcher:
        watcher.subscribe(topic)
        spool = MemorySpool()
        with Scanner(name, at(broker), spool, QUICK) as scanner:
            scanner.battery_pct = 55.0
            assert json.loads(watcher.messages(1)[0].payload)["state"] == "online"
            scanner.scan("arriving", ["A"])
        left = json.loads(watcher.messages(2)[-1].payload)
        assert (left["state"], left["queued"], left["battery_pct"]) == ("offline", 1, 55.0)
        with Scanner(name, at(broker), spool, QUICK) as scanner:
            watcher.messages(3)
            StockClient(broker.port, name).__enter__().__exit__(None, None, None)  # thrown out by a namesake
            payloads = [json.loads(each.payload) for each in watcher.messages(5)]
        assert {"state": "offline"} in payloads
        assert payloads[-1]["state"] == "online"


def test_a_broker_that_refuses_is_asked_again_with_patience_and_scans_are_safe(
    new_broker: NewBroker, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    broker = new_broker({"allow_anonymous": "false", "password_file": "passwords"}, somebody="else")
    with caplog.at_level(logging.WARNING), Scanner(name, at(broker), MemorySpool(), QUICK) as scanner:
        scanner.scan("arriving", ["A"])
        eventually(lambda: caplog.text.count("refuses"), lambda count: count >= 3)
        assert scanner.waiting == 1
        assert not scanner.connected


def test_a_scanner_that_finds_nobody_starts_and_ends_at_once(name: str) -> None:
    began = time.monotonic()
    with Scanner(name, Broker("127.0.0.1", free_port()), MemorySpool()) as scanner:
        assert scanner.verdict(scanner.scan("arriving", ["A"]), 0.1) is None
    assert time.monotonic() - began < 2


def test_a_scanner_whose_broker_does_not_even_refuse_ends_at_once_and_its_thread_later(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trying, answered = threading.Event(), threading.Event()

    def open_(_link: Link, _keepalive_s: int) -> None:
        trying.set()
        answered.wait(20)
        raise TimeoutError("timed out")

    monkeypatch.setattr(Link, "open", open_)
    spool = DiskSpool(tmp_path / "spool")
    scanner = Scanner(name, Broker("192.0.2.1"), spool, QUICK).start()
    assert trying.wait(10)
    scanner.scan("arriving", ["A"])
    began = time.monotonic()
    scanner.stop()
    spool.close()
    assert time.monotonic() - began < 5
    answered.set()
    eventually(
        lambda: [each.name for each in threading.enumerate()], lambda names: f"device {name}" not in names
    )


def test_many_threads_may_scan_at_once(broker: Mosquitto, name: str, stub: LiveStub, tmp_path: Path) -> None:
    made: list[str] = []
    with Scanner(name, at(broker), DiskSpool(tmp_path / "spool"), QUICK) as scanner:
        threads = [
            threading.Thread(target=lambda: made.extend(scanner.scan("arriving", ["A"]) for _ in range(50)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert scanner.drained(20)
    assert sorted(stub.gateway.scans) == sorted(made)
    assert len(set(made)) == 200


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Scanner("a/b", Broker("h"), MemorySpool()), "device id"),
        (lambda: Broker.at("http://h"), "mqtt://host:port"),
        (lambda: Broker.at("mqtt://u:secret@h/x"), "no more"),
        (lambda: Broker.at("mqtt://h:port"), "mqtt://host:port"),
        (lambda: Scanner("a", Broker("h"), MemorySpool()).scan("walking", ["A"]), "walking"),
        (lambda: Scanner("a", Broker("h"), MemorySpool()).scan("arriving"), "names nothing"),
        (lambda: Scanner("a", Broker("h"), MemorySpool()).void([]), "50"),
        (lambda: Tracker("a", Broker("h"), MemorySpool()).position(120.0, 5.0), "latitude first"),
        (lambda: Scanner("a", Broker("h", tls=True, ca=Path("/nowhere")), MemorySpool()), "certificates"),
    ],
)
def test_what_cannot_work_is_said_at_once(call: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        call()  # type: ignore[operator]
    assert "secret" not in str(raised.value)


def test_a_broker_url_holds_login_port_and_tls() -> None:
    broker = Broker.at("mqtts://scan-1:p%40ss@broker.example")
    assert broker == Broker("broker.example", 8883, "scan-1", "p@ss", tls=True)
    assert "p@ss" not in repr(broker)


def test_however_often_the_connection_ends_nothing_of_it_is_kept(name: str) -> None:
    """A broker that hangs up at once: each connection gives its sockets back, and not with some later collection."""

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def hang_up() -> None:
        with suppress(OSError):
            while True:
                server.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        listening = threading.Thread(target=hang_up)
        listening.start()
        hurried = Options(first_retry_s=0.001, longest_retry_s=0.002)
        gc.disable()
        try:
            with Scanner(
                name, Broker("127.0.0.1", server.getsockname()[1]), MemorySpool(), hurried
            ) as scanner:
                before = open_files()
                eventually(lambda: scanner._retries, lambda count: count > 40, 20)  # noqa: SLF001 # how often
                assert open_files() < before + 20
        finally:
            gc.enable()
            server.shutdown(socket.SHUT_RDWR)
            listening.join()
