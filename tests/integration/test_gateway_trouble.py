"""The state store or the broker fails: nothing is acknowledged that is not kept, it is said, and it mends by itself."""

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Event, Senders, from_now
from tests.servers.mosquitto import Mosquitto
from tests.servers.tap import PUBACK, Tap
from tests.servers.waiting import eventually

NETWORK: Final = """
version: 1
defaults: {hold_off: 1s}
sites:
  - {id: DOCK, lat: 47.0, lon: 9.0, timezone: Europe/Zurich}
  - {id: PLANT, lat: 47.3, lon: 9.4, timezone: Europe/Zurich}
routes:
  - id: back
    purpose: return_to_owner
    stops: [{sites: [DOCK], dwell: {max: 2s}}, {sites: [PLANT], transit: {max: 2s}}]
devices:
  - {id: gun, kind: scanner, site: DOCK}
  - {id: watched, kind: scanner, silent_after: 3s}
sources: [{id: erp}]
"""
NUMBERS: Final = count(1)
MIB: Final = 1024 * 1024


class World:
    """A broker, a gateway behind a tap, and who sends to it."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        (folder / "broker").mkdir()
        self.broker = running.enter_context(Mosquitto(folder / "broker"))
        self.tap = running.enter_context(Tap(self.broker.port))
        self.gateway = running.enter_context(
            GatewayProcess(folder, self.broker, NETWORK, settings={"MQTT__URL": self.tap.url})
        )
        self.senders = running.enter_context(Senders(self.broker))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as running:
        yield World(tmp_path, running)


def scans(number: int, size: int = 0) -> list[Event]:
    """So many scans, each of an item of its own and at least so many bytes long."""
    body = {"at": from_now(-30), "step": "collecting", "pad": "p" * size}
    numbers = [next(NUMBERS) for _ in range(number)]
    return [Event("device/gun/scan", {"id": f"s{n}", "item": f"I-{n}", **body}) for n in numbers]


def send(senders: Senders, events: list[Event]) -> None:
    senders.send_all([(event.channel, event.payload) for event in events])


def test_while_the_store_is_locked_nothing_is_acknowledged_and_it_says_so_and_then_all_is_answered(
    world: World,
) -> None:
    gateway, senders, tap = world.gateway, world.senders, world.tap
    before = scans(20)
    send(senders, before)
    announced = {"id": "a1", "at": from_now(-60), "item": "LATE", "route": "back"}
    assert senders.ask("source/erp/announce", announced)["result"] == "accepted"
    scan = {"id": "l1", "at": from_now(), "step": "collecting", "item": "LATE"}
    assert senders.ask("device/gun/scan", scan)["verdict"] == "ok"
    senders.wait_answers(before)
    assert tap.wait_for(lambda: tap.sent[PUBACK] == 22)
    gateway.wait_logged("http_serving", 1)  # which takes memory of its own, some time after the start
    with gateway.store.locked():
        memory, waiting = gateway.memory(), scans(3_500, 16_000)
        send(senders, waiting)
        senders.wait_for(lambda: "detail" in senders.states[-1], "word of the trouble", 20)
        assert "locked" in senders.states[-1]["detail"]["state_store"]
        assert senders.states[-1]["state"] == "online"
        (first, *_) = gateway.wait_logged("state_unavailable", 2)
        assert (first["level"], "another process" in first["reason"]) == ("error", True)
        logging.info("it holds %d MiB more", (gateway.memory() - memory) // MIB)
        assert gateway.memory() - memory < 48 * MIB
        assert tap.sent[PUBACK] == 22
        assert len(senders.answers) == 22
    senders.wait_answers(waiting, 60)
    gateway.wait_logged("state_available")
    senders.wait_for(lambda: "detail" not in senders.states[-1], "word that the trouble is over")
    assert {len(results) for results in senders.answers.values()} == {1}
    assert {results[0]["result"] for results in senders.answers.values()} == {"accepted"}
    assert tap.wait_for(lambda: tap.sent[PUBACK] >= 3_522)
    assert gateway.store.one("SELECT COUNT(*) FROM events") == 3_522
    late = [senders.wait_transition("opened", kind=kind, subject="LATE") for kind in ("overdwell", "delayed")]
    assert all(line["since"] > scan["at"][:26] for line in late)
    assert len(gateway.logged("mqtt_connected")) == 1
    assert gateway.stop() == 0


def test_on_a_full_disk_nothing_is_acknowledged_and_with_room_again_all_is_answered(world: World) -> None:
    gateway, senders, tap = world.gateway, world.senders, world.tap
    first = scans(1)
    send(senders, first)
    senders.wait_answers(first)
    files = [path for path in gateway.folder.glob("returns.sqlite*") if path.name != "returns.sqlite-shm"]
    gateway.limit_files(max(path.stat().st_size for path in files) + 200_000)
    waiting = scans(300, 2_000)
    send(senders, waiting)
    gateway.wait_logged("state_unavailable", 3)
    senders.wait_for(lambda: "detail" in senders.states[-1], "word of the trouble")
    named, acknowledged = len(senders.answers), tap.sent[PUBACK]
    assert acknowledged <= named < 301
    assert gateway.store.one("SELECT COUNT(*) FROM events") == named
    assert gateway.running
    gateway.limit_files()
    senders.wait_answers(waiting, 30)
    senders.wait_for(lambda: "detail" not in senders.states[-1], "word that the trouble is over")
    assert gateway.store.one("SELECT COUNT(*) FROM events") == 301
    assert gateway.store.rows("PRAGMA integrity_check") == [("ok",)]
    assert gateway.stop() == 0


def test_a_broker_that_restarts_finds_the_gateway_again_with_all_that_it_kept_for_it(world: World) -> None:
    gateway, broker = world.gateway, world.broker
    before = scans(5)
    send(world.senders, before)
    world.senders.wait_answers(before)
    broker.stop()
    (gone,) = gateway.wait_logged("mqtt_offline")
    assert (gone["level"], gone["next_attempt_s"] <= 2) == ("warning", True)
    gateway.wait_logged("mqtt_offline", 2)
    assert gateway.running
    broker.start()
    with Senders(broker) as senders:
        after = scans(200)
        send(senders, after)
        senders.wait_answers([*after], 30)
        assert all(results[0]["result"] == "accepted" for results in senders.answers.values())
    (_, again) = gateway.wait_logged("mqtt_connected", 2)
    assert again["session_present"]
    assert gateway.store.one("SELECT COUNT(*) FROM events") == 205


def test_a_broker_that_forgot_everything_is_subscribed_to_anew_and_told_of_open_alerts(
    tmp_path: Path,
) -> None:
    (tmp_path / "broker").mkdir()
    with (
        Mosquitto(tmp_path / "broker") as broker,
        GatewayProcess(tmp_path, broker, NETWORK) as gateway,
    ):
        gateway.store.eventually("SELECT id FROM alerts WHERE resolved_at IS NULL", bool)
        broker.kill()
        for kept in (tmp_path / "broker").glob("mosquitto.db*"):
            kept.unlink()
        gateway.wait_logged("mqtt_offline")
        broker.start()
        (*_, again) = gateway.wait_logged("mqtt_connected", 2)
        assert not again["session_present"]
        gateway.wait_logged("mqtt_session_lost")
        with Senders(broker) as senders:
            senders.wait_for(lambda: any(state["state"] == "online" for state in senders.states), "status")
            scan = {"id": "new", "at": from_now(), "step": "collecting", "item": "N-1"}
            assert senders.ask("device/gun/scan", scan)["result"] == "accepted"
            senders.wait_for(
                lambda: {alert["kind"] for alert in senders.retained.values()} >= {"device_silent"},
                "the open alert, retained again",
                30,
            )


def test_a_gateway_that_finds_no_broker_goes_on_trying(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    broker = Mosquitto(tmp_path / "broker")
    gateway = GatewayProcess(tmp_path, broker, NETWORK)
    with ExitStack() as running:
        running.callback(gateway.__exit__, None, None, None)
        gateway.launch()
        (first, second) = gateway.wait_logged("mqtt_offline", 2)
        assert "refused" in first["reason"]
        assert second["next_attempt_s"] >= 1
        with broker:
            gateway.wait_logged("mqtt_connected")
            eventually(lambda: json.dumps(gateway.log()), lambda log: "mqtt_connected" in log)
            assert gateway.stop() == 0
