"""What the worker hears, scan by scan (tracking.md section 6)."""

import json
from itertools import count
from typing import Any

import pytest

from gateway.memory import Memory
from gateway.network import parse
from gateway.service.admission import Terrain
from gateway.service.intake import Message, take
from gateway.tracking.instants import rfc3339
from tests.acceptance.timeline import moment

NETWORK = """
version: 1
sites:
  - {id: SHOP, lat: 52.50, lon: 13.40, timezone: UTC}
  - {id: HUB, lat: 52.51, lon: 13.41, timezone: UTC}
  - {id: PLANT, lat: 52.52, lon: 13.42, timezone: UTC}
  - {id: WRONG, lat: 52.53, lon: 13.43, timezone: UTC}
routes:
  - id: R
    due_within: 3d
    stops:
      - {sites: [SHOP], dwell: {max: 1d}}
      - {sites: [HUB], transit: {max: 1d}, dwell: {max: 1d}}
      - {sites: [PLANT], transit: {max: 1d}, steps: [receiving]}
containers: [{id: CRATE, route: R}]
devices: [{id: scan-1, kind: scanner}]
sources: [{id: erp}]
"""


class Counter:
    """Scans taken in one after the other; each is answered."""

    def __init__(self) -> None:
        self._terrain = Terrain.of(parse(NETWORK))
        self._state = Memory()
        self._ids = (f"e{number}" for number in count())

    def announce(self, at: str, item: str, **more: Any) -> None:
        self._take("source/erp/announce", {"item": item, "route": "R", **more}, at)

    def scan(self, at: str, step: str, site: str, **named: Any) -> dict[str, Any]:
        return self._take("device/scan-1/scan", {"step": step, "site": site, **named}, at)

    def _take(self, topic: str, payload: dict[str, Any], at: str) -> dict[str, Any]:
        event = {"id": next(self._ids), "at": rfc3339(moment(at)), **payload}
        with self._state.unit() as unit:
            message = Message(topic, json.dumps(event).encode(), moment(at))
            answer = take(unit, self._terrain, [message], moment(at)).answers[0]
        told: dict[str, Any] = json.loads(answer.results[0])
        return told


@pytest.fixture
def counter() -> Counter:
    counter = Counter()
    counter.announce("1 07:00", "A")
    counter.scan("1 08:00", "collecting", "SHOP", item="A")
    return counter


@pytest.mark.parametrize(
    ("at", "step", "site", "verdict"),
    [
        ("1 12:00", "arriving", "HUB", "ok"),
        ("1 09:00", "collecting", "SHOP", "repeated"),
        ("3 12:00", "arriving", "HUB", "late"),
        ("1 12:00", "receiving", "PLANT", "skipped_stop"),
        ("1 12:00", "arriving", "WRONG", "misrouted"),
        ("4 09:00", "inspecting", "SHOP", "late"),
    ],
    ids=["on its way", "said twice", "after the latest arrival", "past the hub", "astray", "overdue"],
)
def test_a_scan_is_told_what_it_is(counter: Counter, at: str, step: str, site: str, verdict: str) -> None:
    assert counter.scan(at, step, site, item="A")["verdict"] == verdict


def test_going_back_is_told_and_where_to_go_instead(counter: Counter) -> None:
    counter.scan("1 12:00", "arriving", "HUB", item="A")
    told = counter.scan("1 15:00", "arriving", "SHOP", item="A")
    assert (told["verdict"], told["message"]) == ("backtracked", "A belongs at PLANT, not back at SHOP")
    assert told["next"] == {"A": {"sites": ["PLANT"], "by": "2026-03-03T12:00:00Z"}}


def test_what_nobody_announced_is_unexpected(counter: Counter) -> None:
    assert counter.scan("1 12:00", "arriving", "HUB", item="X")["verdict"] == "unexpected"


def test_the_scans_own_verdict_is_the_worst_and_names_only_those_that_are_not_ok(counter: Counter) -> None:
    told = counter.scan("1 12:00", "arriving", "HUB", items=["A", "X"])
    assert (told["verdict"], told["items"]) == ("unexpected", {"X": "unexpected"})


def test_after_its_end_an_article_is_out_of_place_but_where_it_ended(counter: Counter) -> None:
    counter.scan("1 12:00", "arriving", "HUB", item="A")
    counter.scan("1 15:00", "receiving", "PLANT", item="A")
    assert counter.scan("1 16:00", "storing", "PLANT", item="A")["verdict"] == "ok"
    assert counter.scan("1 18:00", "arriving", "HUB", item="A")["verdict"] == "ended"


def test_a_cancelled_return_has_ended(counter: Counter) -> None:
    counter.announce("1 09:00", "A", cancelled=True)
    assert counter.scan("1 12:00", "arriving", "HUB", item="A")["verdict"] == "ended"


def test_what_was_destroyed_elsewhere_has_ended(counter: Counter) -> None:
    counter.scan("1 12:00", "destroying", "HUB", item="A")
    assert counter.scan("1 15:00", "arriving", "PLANT", item="A")["verdict"] == "ended"


def test_a_container_without_items_has_the_verdict_of_its_own_journey(counter: Counter) -> None:
    counter.scan("1 12:00", "arriving", "SHOP", container="CRATE")
    assert counter.scan("1 15:00", "arriving", "WRONG", container="CRATE")["verdict"] == "misrouted"
    assert counter.scan("1 15:00", "arriving", "WRONG", container="TOTE")["verdict"] == "ok"
