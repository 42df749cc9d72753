"""What people notice of the running gateway: the answer to a scan, an alert at its instant, its being taken back."""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import pytest

from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Senders, from_now
from tests.servers.mosquitto import Mosquitto

NETWORK: Final = """
version: 1
defaults: {hold_off: 1s, unpack_window: 2s}
sites:
  - {id: SHOP, lat: 48.137, lon: 11.575, timezone: Europe/Berlin}
  - {id: DEPOT, lat: 48.30, lon: 11.60, timezone: Europe/Berlin}
  - {id: MILL, lat: 48.60, lon: 11.80, timezone: Europe/Berlin}
  - {id: ELSEWHERE, lat: 48.90, lon: 12.10, timezone: Europe/Berlin}
routes:
  - id: refill
    purpose: refill
    collect_within: 1d
    stops:
      - {sites: [SHOP], dwell: {max: 1s}}
      - {sites: [DEPOT], transit: {max: 1s}, dwell: {max: 1d}}
      - {sites: [MILL], transit: {max: 2d}, steps: [receiving, unpacking]}
  - id: slow
    purpose: recycle
    stops:
      - {sites: [SHOP], dwell: {max: 2d}}
      - {sites: [MILL], transit: {max: 2d}, steps: [unpacking]}
devices:
  - {id: at-shop, kind: scanner, site: SHOP}
  - {id: at-depot, kind: scanner, site: DEPOT}
  - {id: at-mill, kind: scanner, site: MILL}
  - {id: on-van, kind: scanner}
sources: [{id: erp}]
"""
NUMBERS: Final = count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GatewayProcess, Senders]]:
    """One gateway for all tests here; each has items of its own."""
    with (
        Mosquitto(tmp_path_factory.mktemp("broker"), {"set_tcp_nodelay": "true"}) as broker,
        GatewayProcess(tmp_path_factory.mktemp("gateway"), broker, NETWORK) as gateway,
        Senders(broker) as senders,
    ):
        yield gateway, senders


@pytest.fixture
def senders(world: tuple[GatewayProcess, Senders]) -> Senders:
    return world[1]


def announce(senders: Senders, item: str, route: str = "refill") -> None:
    event = {"id": f"a{next(NUMBERS)}", "at": from_now(-60), "item": item, "route": route}
    assert senders.ask("source/erp/announce", event)["result"] == "accepted"


def scan(senders: Senders, device: str, ago_s: float, step: str, **fields: Any) -> dict[str, Any]:
    event = {"id": f"s{next(NUMBERS)}", "at": from_now(-ago_s), "step": step, **fields}
    answer = senders.ask(f"device/{device}/scan", event)
    assert answer["result"] == "accepted"
    return answer


def lateness_s(line: dict[str, Any]) -> float:
    """How long after its own instant an alert opened."""
    return (datetime.fromisoformat(line["time"]) - datetime.fromisoformat(line["since"])).total_seconds()


def test_a_scan_is_answered_within_a_blink(senders: Senders) -> None:
    took: list[float] = []
    for number in range(30):
        announce(senders, f"BLINK-{number}", "slow")
        began = time.monotonic()
        answer = scan(senders, "at-shop", 0, "collecting", item=f"BLINK-{number}")
        took.append(time.monotonic() - began)
        assert answer["verdict"] == "ok"
        assert answer["next"][f"BLINK-{number}"]["sites"] == ["MILL"]
    median = sorted(took)[len(took) // 2]
    logging.info("a scan is answered in %.1f ms (median), %.1f ms at most", median * 1000, max(took) * 1000)
    assert median < 1.0


@pytest.mark.parametrize(
    ("route", "site", "verdict"),
    [("refill", "ELSEWHERE", "misrouted"), ("refill", "MILL", "skipped_stop"), (None, "SHOP", "unexpected")],
)
def test_a_scan_at_a_wrong_place_is_answered_so(
    senders: Senders, route: str | None, site: str, verdict: str
) -> None:
    item = f"WRONG-{verdict}"
    if route:
        announce(senders, item, route)
        scan(senders, "at-shop", 5, "collecting", item=item)
    answer = scan(senders, "on-van", 0, "arriving", item=item, site=site)
    assert (answer["verdict"], answer["items"]) == (verdict, {item: verdict})


def test_a_missed_deadline_opens_its_alert_within_two_seconds_and_a_late_upload_takes_it_back(
    senders: Senders,
) -> None:
    announce(senders, "LATE-1")
    scan(senders, "at-shop", 0, "collecting", item="LATE-1")
    overdwell = senders.wait_transition("opened", subject="LATE-1", kind="overdwell")
    delayed = senders.wait_transition("opened", subject="LATE-1", kind="delayed")
    assert 0 <= lateness_s(overdwell) <= 2
    assert 0 <= lateness_s(delayed) <= 2
    heard = (datetime.now(UTC) - datetime.fromisoformat(delayed["since"])).total_seconds()
    assert heard <= 3
    assert {delayed["id"], overdwell["id"]} <= senders.retained.keys()
    scan(senders, "at-depot", heard + 0.5, "arriving", item="LATE-1")
    gone = senders.wait_transition("resolved", id=delayed["id"])
    assert gone["reason"] == "retracted"
    senders.wait_transition("resolved", id=overdwell["id"])
    senders.wait_for(lambda: not {delayed["id"], overdwell["id"]} & senders.retained.keys(), "clearing")


def test_a_tote_unpacked_one_short_names_the_missing_one(senders: Senders) -> None:
    items = [f"SHORT-{number}" for number in range(6)]
    for item in items:
        announce(senders, item, "slow")
    scan(senders, "at-shop", 50, "packing", items=items, container="TOTE-S")
    scan(senders, "at-mill", 3, "arriving", container="TOTE-S")
    scan(senders, "at-mill", 1, "unpacking", items=items[:4], container="TOTE-S")
    scan(senders, "at-mill", 0, "unpacking", items=items[5:])
    missing = senders.wait_transition("opened", kind="missing", subject="SHORT-4")
    mismatch = senders.wait_transition("opened", kind="count_mismatch", subject="TOTE-S")
    assert missing["severity"] == "critical"
    assert mismatch["details"]["items"] == ["SHORT-4"]
    missed = {line["subject"]["id"] for line in senders.transitions if line["kind"] == "missing"}
    assert missed & set(items) == {"SHORT-4"}


def test_a_whole_roll_cage_gone_astray_is_one_alert(senders: Senders) -> None:
    totes = {f"TOTE-{tote}": [f"ASTRAY-{tote}-{number}" for number in range(20)] for tote in range(3)}
    items = [item for packed in totes.values() for item in packed]
    for item in items:
        announce(senders, item)
    for tote, packed in totes.items():
        scan(senders, "at-shop", 0.4, "packing", items=packed, container=tote)
    scan(senders, "at-shop", 0.3, "packing", items=list(totes), container="CAGE-A")
    scan(senders, "at-shop", 0.2, "departing", container="CAGE-A")
    alert = senders.wait_transition("opened", kind="delayed", subject="CAGE-A")
    about = {"CAGE-A", *totes, *items}

    def told() -> set[tuple[str, str]]:
        return {
            (line["kind"], line["subject"]["id"])
            for line in senders.transitions
            if line["subject"]["id"] in about
        }

    assert told() == {("delayed", "CAGE-A")}
    scan(senders, "at-depot", 0, "arriving", container="CAGE-A")
    assert senders.wait_transition("resolved", id=alert["id"])["reason"] == "evidence"
    assert told() == {("delayed", "CAGE-A")}
