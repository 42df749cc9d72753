"""The gateway killed at random instants under load, again and again: nothing that a receipt named is lost or doubled.

Devices keep an event until a receipt names it and send it again meanwhile, as the interface asks of them.
"""

import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Event, Senders, from_now
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

KILLS: Final = 8
SITES: Final = ("A", "B", "C", "D")
DEVICES: Final = 12
NETWORK: Final = (
    """
version: 1
defaults: {hold_off: 0s, unpack_window: 1s}
sites:
  - {id: A, lat: 50.0, lon: 8.0, timezone: UTC}
  - {id: B, lat: 50.1, lon: 8.1, timezone: UTC}
  - {id: C, lat: 50.2, lon: 8.2, timezone: UTC}
  - {id: D, lat: 50.3, lon: 8.3, timezone: UTC}
routes:
  - id: run
    purpose: refill
    collect_within: 2s
    missing_after: 9s
    stops:
      - {sites: [A], dwell: {max: 1s}}
      - {sites: [B], transit: {max: 1s}, dwell: {max: 1s}}
      - {sites: [C], transit: {max: 1s}, steps: [receiving, unpacking]}
sources: [{id: erp}]
devices:
"""
    + "".join(f"  - {{id: d{n}, kind: scanner}}\n" for n in range(DEVICES))
    + "".join(f"  - {{id: w{n}, kind: scanner, silent_after: {n + 1}s}}\n" for n in range(3))
)


class Fleet:
    """Makes goods travel, a little late and a little wrong, and has everything of it sent until it is receipted."""

    def __init__(self, senders: Senders, rng: Random) -> None:
        self.sent: dict[tuple[str, str], Event] = {}
        self._senders = senders
        self._rng = rng
        self._places: dict[str, int] = {}
        self._waiting: dict[tuple[str, str], Event] = {}

    def run(self, over: threading.Event) -> None:
        """Sends some new events every 20 ms, and what has no receipt again twice a second, until told to stop."""
        for tick in range(100_000):
            if over.wait(0.02):
                return
            new = [self._event() for _ in range(self._rng.randint(1, 9))]
            self._waiting.update((event.name, event) for event in new)
            self.sent.update(self._waiting)
            self._send(self.unreceipted() if tick % 25 == 24 else new)

    def unreceipted(self) -> list[Event]:
        """What no receipt has named so far."""
        self._senders.read()
        for name in self._waiting.keys() & self._senders.answers.keys():
            del self._waiting[name]
        return list(self._waiting.values())

    def send_again(self) -> None:
        """Sends everything that was ever sent once more."""
        self._send(list(self.sent.values()))

    def _send(self, events: list[Event]) -> None:
        """One by one or in arrays, in any order."""
        self._rng.shuffle(events)
        by_channel: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_channel[event.channel].append(event)
        for channel, theirs in by_channel.items():
            if self._rng.random() < 0.5:
                self._senders.send_all((channel, event.payload) for event in theirs)
            else:
                chunks = [theirs[at : at + 100] for at in range(0, len(theirs), 100)]
                self._senders.send_all((channel, [event.payload for event in few]) for few in chunks)

    def _event(self) -> Event:
        rng = self._rng
        id_ = f"e{len(self.sent)}-{rng.randrange(10**9)}"
        chance = rng.random()
        if chance < 0.2 or not self._places:
            item = f"SN-{len(self._places)}"
            self._places[item] = 0
            return Event("source/erp/announce", {"id": id_, "at": from_now(), "item": item, "route": "run"})
        channel = f"device/d{rng.randrange(DEVICES)}/scan"
        body: dict[str, Any] = {"id": id_, "at": from_now(-rng.choice((0, 0, 0, 1.5)))}
        if chance < 0.23:
            return Event(channel, {**body, "step": "holding", "item": "X", "site": "NOWHERE"})
        if chance < 0.3:
            number = rng.randrange(len(self._places)) // 4
            items = [f"SN-{4 * number + n}" for n in range(rng.randint(1, 4))]
            step = rng.choice(("packing", "unpacking"))
            return Event(
                channel,
                {**body, "step": step, "site": rng.choice(SITES), "items": items, "container": f"T-{number}"},
            )
        item = rng.choice(list(self._places)[-40:])
        place = self._places[item] = min(self._places[item] + 1, 3)
        site = SITES[place - 1] if rng.random() < 0.95 else "D"
        return Event(
            channel, {**body, "step": "receiving" if place == 3 else "arriving", "item": item, "site": site}
        )


@pytest.mark.parametrize("seed", [11])
def test_killed_again_and_again_it_loses_nothing_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    rng, over, instant = Random(seed), threading.Event(), threading.Event()
    (tmp_path / "broker").mkdir()
    with (
        Mosquitto(tmp_path / "broker") as broker,
        Senders(broker) as senders,
        GatewayProcess(tmp_path, broker, NETWORK) as gateway,
        ThreadPoolExecutor(1) as pool,
    ):
        fleet = Fleet(senders, Random(seed + 1))
        running = pool.submit(fleet.run, over)
        try:
            for number in range(KILLS):
                instant.wait(
                    rng.uniform(0, 1.2) if number % 3 else rng.uniform(0, 0.05)
                )  # any instant will do
                gateway.kill()
                check_durable(gateway, dict(senders.answers))
                if number % 4 == 3:
                    gateway.launch()  # killed again while it starts
                    instant.wait(rng.uniform(0, 2))
                    gateway.kill()
                    check_durable(gateway, dict(senders.answers))
                gateway.start()
        finally:
            over.set()
        running.result(30)
        check_the_end(gateway, senders, fleet)
        assert gateway.stop() == 0
        check_alerts_open_once(gateway)


def check_durable(gateway: GatewayProcess, answers: dict[tuple[str, str], list[dict[str, Any]]]) -> None:
    """What receipts have named so far is in the store of the gateway just killed."""
    known = set(gateway.store.rows("SELECT origin, id FROM events"))
    kept = {id_ for (id_,) in gateway.store.rows("SELECT event_id FROM quarantine")}
    for name, results in list(answers.items()):
        held = name[1] in kept if results[0]["result"] == "quarantined" else name in known
        assert held, f"{name} was named in a receipt and is lost"
    check_alerts_open_once(gateway)


def check_alerts_open_once(gateway: GatewayProcess) -> None:
    """By the store of a gateway that is down: what a running one writes between two looks would differ."""
    open_now: dict[tuple[Any, ...], str] = {}
    for line in gateway.store.transitions():
        key = (line["subject"]["kind"], line["subject"]["id"], line["kind"], line["stop"], line["sensor"])
        match line["transition"]:
            case "opened":
                assert key not in open_now, f"{key} was opened twice"
                open_now[key] = line["id"]
            case "resolved":
                assert open_now.pop(key) == line["id"]
            case _:
                assert open_now[key] == line["id"]
    assert set(open_now.values()) == {
        id_ for (id_,) in gateway.store.rows("SELECT id FROM alerts WHERE resolved_at IS NULL")
    }


def check_the_end(gateway: GatewayProcess, senders: Senders, fleet: Fleet) -> None:
    """All that was ever sent is receipted, is there once, and is answered as before; the broker knows all alerts."""
    fleet.send_again()
    senders.wait_for(lambda: not fleet.unreceipted(), "receipt for everything", 60)
    before = {name: len(results) for name, results in senders.answers.items()}
    fleet.send_again()
    senders.wait_for(
        lambda: all(len(results) > before[name] for name, results in senders.answers.items()),
        "answer to everything once more",
        60,
    )
    quarantined = {name for name in fleet.sent if fleet.sent[name].payload.get("site") == "NOWHERE"}
    for name, results in senders.answers.items():
        assert results[-1]["result"] == ("quarantined" if name in quarantined else "duplicate")
        assert len({result.get("verdict") for result in results}) == 1, (
            "a repeat is answered as the first time"
        )
        assert Counter(result["result"] for result in results)["accepted"] <= 1
    assert sorted(gateway.store.rows("SELECT origin, id FROM events")) == sorted(
        fleet.sent.keys() - quarantined
    )
    assert gateway.store.one("SELECT COUNT(*) FROM quarantine") == len(quarantined)
    named = Counter(
        subject for name in fleet.sent.keys() - quarantined for subject in subjects(fleet.sent[name])
    )
    assert dict(gateway.store.rows("SELECT subject, COUNT(*) FROM scans GROUP BY subject")) == named
    assert not [line for line in gateway.log() if line.get("level") == "error"]
    eventually(lambda: told(senders) == written(gateway), bool)
    eventually(lambda: still_open(senders) == set(gateway.store.open_alerts()), bool)


def subjects(event: Event) -> set[str]:
    payload = event.payload
    if "step" not in payload:
        return set()
    return {payload.get("item"), payload.get("container"), *payload.get("items", ())} - {None}


def told(senders: Senders) -> set[tuple[str, str, str]]:
    """The transitions that the alert log told; each may have come more than once."""
    senders.read()
    return {(line["id"], line["time"], line["transition"]) for line in senders.transitions}


def written(gateway: GatewayProcess) -> set[tuple[str, str, str]]:
    return {(line["id"], line["time"], line["transition"]) for line in gateway.store.transitions()}


def still_open(senders: Senders) -> set[tuple[str, str, str, str]]:
    """The alerts that the broker retains, by their keys."""
    senders.read()
    return {
        (
            alert["subject"]["kind"],
            alert["subject"]["id"],
            alert["kind"],
            "" if alert["stop"] is None else str(alert["stop"]),
        )
        for alert in senders.retained.values()
    }
