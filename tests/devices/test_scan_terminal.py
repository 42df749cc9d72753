"""A worker's day at a terminal: what is seen when, and what is left when the session ends, however it ends."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.sdk import DiskSpool
from tests.devices.stub import LiveStub
from tests.devices.terminal import Terminal
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto, free_port

WAITS = ("--wait", "10")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A device id of the test's own."""
    return f"tty-{abs(hash(request.node.name)) % 10**9}"


@pytest.fixture
def stub(broker: Mosquitto, name: str) -> Iterator[LiveStub]:
    with LiveStub(broker.port, name).listening() as listening:
        yield listening


def answer(client: StockClient, name: str, event: dict[str, object], **said: str) -> None:
    """The gateway's word on one event."""
    result = {"id": event["id"], "result": "accepted", **said}
    receipt = {"at": event["at"], "results": [result]}
    client.publish(f"returns/v1/device/{name}/receipt", json.dumps(receipt).encode())


def scans(client: StockClient) -> list[dict[str, object]]:
    """The scans that came, probes left out, each once."""
    said = [json.loads(message.payload) for message in client.received]
    each = {one["id"]: one for many in said for one in (many if isinstance(many, list) else [many])}
    return [one for one in each.values() if "step" in one]


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize("end", ["\n", "\r", "\t", "\r\n"], ids=repr)
def test_each_scan_is_answered_however_the_scanner_ends_it(
    end: str, broker: Mosquitto, name: str, tmp_path: Path
) -> None:
    with Terminal(tmp_path, "-d", name, "--broker", broker.url, *WAITS) as terminal:
        before = terminal.settings()
        terminal.shows("/help")
        for item in ("SN-1", "]C101040123456789012121AB\x1d10LOT"):
            terminal.said = b""
            terminal.keys(f"{item}{end}")
            assert "█" in terminal.shows("connected · 0 waiting")
        terminal.keys("\x04")
        assert terminal.ends() == 0
        assert terminal.shows("2 ok")
        assert [each for at, each in enumerate(terminal.settings()) if at < 6] == before[:6]
        assert terminal.settings() == before or end != "\t"


def test_the_screen_turns_from_saved_to_the_verdict_when_that_comes(
    broker: Mosquitto, name: str, tmp_path: Path, stub: LiveStub
) -> None:
    with StockClient(broker.port) as gateway:
        gateway.subscribe(f"returns/v1/device/{name}/scan")
        with Terminal(tmp_path, "-d", name, "--broker", broker.url, "--wait", "0.2") as terminal:
            terminal.keys("SN-0\n")
            terminal.shows("connected · 0 waiting")
            stub.mute = True
            terminal.keys("SN-1\n")
            terminal.shows("no answer yet · 1 event waiting")
            gateway.wait_for(lambda: len(scans(gateway)) == 2)
            event = next(each for each in scans(gateway) if each["items"] == ["SN-1"])
            answer(gateway, name, event, verdict="misrouted", message="SN-1 belongs at REFILL-1")
            said = terminal.shows("SN-1 belongs at REFILL-1")
            assert "came late" not in said
            terminal.shows("\a", times=2)


def test_a_gateway_that_does_not_answer_holds_up_one_scan_and_no_other(
    broker: Mosquitto, name: str, tmp_path: Path, stub: LiveStub
) -> None:
    with Terminal(tmp_path, "-d", name, "--broker", broker.url, "--wait", "3") as terminal:
        terminal.keys("SN-0\n")
        terminal.shows("connected · 0 waiting")
        stub.mute = True
        terminal.keys("".join(f"SN-{number}\n" for number in range(1, 21)))
        terminal.shows("20 events waiting", within_s=15)


def test_what_turns_out_wrong_later_is_not_taken_for_seen_by_the_next_scan(
    broker: Mosquitto, name: str, tmp_path: Path
) -> None:
    with StockClient(broker.port) as gateway:
        gateway.subscribe(f"returns/v1/device/{name}/scan")
        with Terminal(tmp_path, "-d", name, "--broker", broker.url, "--wait", "0.1") as terminal:
            for number in (1, 2, 3):
                terminal.shows("/help")
                terminal.keys(f"SN-{number}\r\n")
                terminal.shows(f"{number} event{'s' * (number > 1)} waiting")
            probe = json.loads(gateway.messages(1)[0].payload)
            answer(gateway, name, probe)
            gateway.wait_for(lambda: len(scans(gateway)) == 3)
            first = next(each for each in scans(gateway) if each["items"] == ["SN-1"])
            answer(gateway, name, first, verdict="misrouted", message="SN-1 belongs at REFILL-1")
            terminal.shows("1 came late (Enter: seen)")
            terminal.keys("SN-4\r\n")
            terminal.shows("1 came late (Enter: seen)", times=2)
            terminal.said = b""
            terminal.keys("\r")
            assert "came late" not in terminal.shows("3 waiting")


def test_what_becomes_of_the_scans_of_an_earlier_session_is_told(
    broker: Mosquitto, name: str, tmp_path: Path
) -> None:
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    with Terminal(tmp_path, "-d", name, "--broker", nowhere, "--drain", "0") as terminal:
        terminal.keys("SN-1\n/quit\n")
        assert terminal.ends() == 0
    with StockClient(broker.port) as gateway:
        gateway.subscribe(f"returns/v1/device/{name}/scan")
        with Terminal(tmp_path, "-d", name, "--broker", broker.url) as terminal:
            answer(gateway, name, json.loads(gateway.messages(1)[0].payload))
            gateway.wait_for(lambda: bool(scans(gateway)))
            answer(
                gateway,
                name,
                scans(gateway)[0],
                result="quarantined",
                reason="no_site",
                message="give a site",
            )
            assert "SN-1 · give a site" in terminal.shows("REJECTED")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_told_to_end_it_says_goodbye_and_leaves_nothing_but_its_spool(
    ending: signal.Signals, broker: Mosquitto, name: str, tmp_path: Path, stub: LiveStub
) -> None:
    with StockClient(broker.port) as watcher:
        watcher.subscribe(f"returns/v1/device/{name}/status")
        with Terminal(tmp_path, "-d", name, "--broker", broker.url, *WAITS) as terminal:
            terminal.keys("SN-1\n")
            terminal.shows("connected · 0 waiting")
            terminal.process.send_signal(ending)
            assert terminal.ends() == 0
        last = json.loads(watcher.messages(2)[-1].payload)
    assert last["state"] == "offline"
    assert "at" in last, "it said so itself"
    assert len(stub.gateway.scans) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.spool"]


def test_a_second_interrupt_ends_the_waiting_for_what_cannot_be_sent(name: str, tmp_path: Path) -> None:
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    with Terminal(tmp_path, "-d", name, "--broker", nowhere, "--drain", "60") as terminal:
        terminal.keys("SN-1\n")
        terminal.shows("1 event waiting")
        terminal.keys("\x03")
        terminal.shows("Ctrl-C ends at once")
        terminal.keys("\x03")
        assert terminal.ends() == 0
        terminal.shows("they are sent when this device is run again")
    spool = DiskSpool(tmp_path / f"{name}.spool")
    assert len(spool) == 1
    spool.close()


@pytest.mark.usefixtures("stub")
def test_a_terminal_that_is_resized_shows_the_sign_in_its_new_size(
    broker: Mosquitto, name: str, tmp_path: Path
) -> None:
    with Terminal(tmp_path, "-d", name, "--broker", broker.url, *WAITS) as terminal:
        terminal.keys("SN-1\n")
        terminal.shows("connected · 0 waiting")
        terminal.resize(40, 15)
        said = terminal.shows("connected · 0 waiting", times=2)
        assert max(map(len, said.rpartition("\x1b[H")[2].splitlines())) == 40 + len("\x1b[30;42m\x1b[0m")


def test_the_screen_says_when_the_connection_is_back(name: str, tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    broker = Mosquitto(tmp_path / "broker")
    with Terminal(tmp_path, "-d", name, "--broker", broker.url) as terminal:
        terminal.keys("SN-1\n")
        terminal.shows("offline · 1 waiting")
        with broker:
            terminal.shows("connected · 1 waiting", within_s=30)


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}], ids=["dumb", "no colour"])
def test_where_there_are_no_colours_the_word_and_the_bell_say_it(
    env: dict[str, str], broker: Mosquitto, name: str, tmp_path: Path
) -> None:
    with Terminal(tmp_path, "-d", name, "--broker", broker.url, *WAITS, env=env) as terminal:
        terminal.keys("SN-1\n")
        said = terminal.shows("connected · 0 waiting")
        assert "█" in said
        assert "[42m" not in said
        terminal.keys("/nonsense\n")
        terminal.shows("\a")
