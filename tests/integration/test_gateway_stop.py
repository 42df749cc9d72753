"""The gateway is told to stop, and comes back: what it took is finished, what it did not is kept, nothing is missed."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

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
  - {id: INN, lat: 45.0, lon: 7.0, timezone: Europe/Rome}
  - {id: MID, lat: 45.2, lon: 7.2, timezone: Europe/Rome}
  - {id: END, lat: 45.4, lon: 7.4, timezone: Europe/Rome}
routes:
  - id: brisk
    purpose: repair
    collect_within: 2d
    stops:
      - {sites: [INN], dwell: {max: 2s}}
      - {sites: [MID], transit: {max: 1s}, dwell: {max: 1d}}
      - {sites: [END], transit: {max: 1d}}
  - id: calm
    purpose: recycle
    stops: [{sites: [INN], dwell: {max: 9d}}, {sites: [END], transit: {max: 9d}}]
devices:
  - {id: gun, kind: scanner, site: INN}
  - {id: mid, kind: scanner, site: MID}
  - {id: heard, kind: scanner, silent_after: 2s}
sources: [{id: erp}]
"""
NUMBERS: Final = count(1)


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


def scan(item: str, **fields: Any) -> Event:
    body = {"id": f"s{next(NUMBERS)}", "at": from_now(), "step": "arriving", "item": item}
    return Event("device/gun/scan", {**body, **fields})


def load(senders: Senders, number: int) -> list[Event]:
    """Sends so many scans as fast as the broker takes them."""
    events = [scan(f"I-{n % 500}") for n in range(number)]
    for at in range(0, number, 250):
        senders.send_all([(event.channel, event.payload) for event in events[at : at + 250]])
    return events


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_under_load_it_finishes_what_it_took_and_the_next_start_takes_the_rest(
    world: World, how: signal.Signals
) -> None:
    gateway, senders, tap = world.gateway, world.senders, world.tap
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, senders, 6_000)
        eventually(lambda: gateway.store.one("SELECT COUNT(*) FROM events"), lambda rows: rows >= 300)
        began = time.monotonic()
        assert gateway.stop(how) == 0
        took = time.monotonic() - began
        events = loading.result(30)
    assert took < 8
    kept = set(gateway.store.rows("SELECT origin, id FROM events"))
    assert 300 <= len(kept) < 6_000, "it was stopped too late to tell anything"
    assert tap.sent[PUBACK] == len(kept)
    senders.wait_for(lambda: senders.answers.keys() >= kept, "a receipt for all that was kept")
    assert senders.answers.keys() == kept
    assert senders.states[-1]["state"] == "offline"
    assert gateway.logged("gateway_stopped")
    gateway.start()
    senders.wait_answers(events, 60)
    assert {tuple(each["result"] for each in results) for results in senders.answers.values()} == {
        ("accepted",)
    }
    assert gateway.store.one("SELECT COUNT(*) FROM events") == 6_000


def test_told_to_stop_while_the_store_is_locked_it_gives_up_what_it_cannot_keep(world: World) -> None:
    gateway, senders = world.gateway, world.senders
    with gateway.store.locked():
        events = load(senders, 50)
        gateway.wait_logged("state_unavailable")
        assert gateway.stop() == 0
        assert gateway.logged("stopped_with_messages_waiting")
    assert world.tap.sent[PUBACK] == 0
    gateway.start()
    senders.wait_answers(events)
    assert {results[0]["result"] for results in senders.answers.values()} == {"accepted"}


def test_signals_by_the_hundred_amid_load_neither_block_nor_end_it(world: World) -> None:
    gateway, senders, over = world.gateway, world.senders, threading.Event()

    def storm() -> int:
        for number in range(10_000):
            if over.wait(0.001):
                return number
            gateway.tell(signal.SIGHUP)
        return 10_000

    with ThreadPoolExecutor(1) as pool:
        storming = pool.submit(storm)
        events = load(senders, 3_000)
        over.set()
        assert storming.result() > 100
    senders.wait_answers(events)
    gateway.wait_logged("network_taken_up")
    assert gateway.stop() == 0


def test_what_fell_due_during_a_standstill_opens_once_with_its_own_instant(world: World) -> None:
    gateway, senders = world.gateway, world.senders
    announced = {"id": "a1", "at": from_now(-60), "item": "STOOD", "route": "brisk"}
    assert senders.ask("source/erp/announce", announced)["result"] == "accepted"
    here = scan("STOOD", step="collecting")
    assert senders.ask(here.channel, here.payload)["verdict"] == "ok"
    hello = {"state": "online", "at": from_now()}
    senders.send("device/heard/status", hello)
    gateway.store.eventually("SELECT 1 FROM events WHERE origin = 'device/heard'", bool)
    assert gateway.stop() == 0
    days_ago = {"id": "old", "at": from_now(-5 * 86_400), "item": "NEVER", "route": "brisk"}
    senders.send("source/erp/announce", days_ago)
    collected = datetime.fromisoformat(here.payload["at"])
    due = collected + timedelta(seconds=4)
    eventually(lambda: datetime.now(due.tzinfo), lambda now: now > due)
    gateway.start()

    def opened() -> dict[tuple[str, str, str], datetime]:
        """Since when what has been said after the standstill is true."""
        lines = [line for line in gateway.store.transitions() if datetime.fromisoformat(line["time"]) > due]
        assert len({line["id"] for line in lines}) == len(lines), "an alert was told of twice"
        return {
            (line["transition"], line["kind"], line["subject"]["id"]): datetime.fromisoformat(line["since"])
            for line in lines
        }

    eventually(opened, lambda found: len(found) >= 4)
    gateway.kill()
    gateway.start()
    gateway.store.wait_for_deadlines()
    found = opened()
    assert found.pop(("opened", "device_silent", "heard")) < due
    assert found == {
        ("opened", "overdwell", "STOOD"): collected + timedelta(seconds=2),
        ("opened", "delayed", "STOOD"): collected + timedelta(seconds=3),
        ("opened", "not_collected", "NEVER"): datetime.fromisoformat(days_ago["at"]) + timedelta(days=2),
    }


def test_a_start_with_a_network_that_lacks_what_goods_need_is_refused_before_anything_is_touched(
    world: World,
) -> None:
    gateway, senders = world.gateway, world.senders
    announced = {"id": "a1", "at": from_now(), "item": "GONE", "route": "calm"}
    assert senders.ask("source/erp/announce", announced)["result"] == "accepted"
    assert gateway.stop() == 0
    waiting = scan("GONE")
    senders.send(waiting.channel, waiting.payload)
    gateway.write_network(NETWORK.replace("id: calm", "id: other"))
    gateway.launch()
    assert gateway.ended() == 2
    assert gateway.log()[-1]["raw"] == "error: route calm is gone, but GONE is travelling on it"
    gateway.write_network(NETWORK)
    gateway.start()
    senders.wait_answers([waiting])
    assert senders.answers[waiting.name][0]["verdict"] == "ok"


def test_a_backlog_of_the_broker_is_taken_in_whole_by_a_gateway_that_was_away(world: World) -> None:
    gateway, senders = world.gateway, world.senders
    assert gateway.stop() == 0
    events = load(senders, 9_000)
    gateway.start()
    senders.wait_answers(events, 60)
    assert {tuple(each["result"] for each in results) for results in senders.answers.values()} == {
        ("accepted",)
    }
    assert len(gateway.logged("mqtt_connected")) == 1
    assert world.tap.wait_for(lambda: world.tap.sent[PUBACK] >= 9_000)
