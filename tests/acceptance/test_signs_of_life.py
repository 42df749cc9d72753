"""Positions that say no more than that a container is alive: they put off `missing`, and nothing else is looked at."""

import json
from collections.abc import Collection

import pytest

from gateway.memory import Memory
from gateway.network import parse
from gateway.service.admission import Terrain
from gateway.service.deadlines import pass_deadlines
from gateway.service.intake import Message, take
from gateway.tracking.instants import rfc3339
from tests.acceptance.timeline import Timeline, moment

NETWORK = """
version: 1
sites:
  - {id: SHOP, lat: 52.50, lon: 13.40, timezone: UTC, fence: {radius_m: 200}}
  - {id: PLANT, lat: 52.70, lon: 13.60, timezone: UTC}
routes:
  - id: LOOP
    missing_after: 2d
    stops: [{sites: [SHOP]}, {sites: [PLANT], transit: {max: 1d}, steps: [receiving]}]
container_types: [{id: drum, limits: {temperature_c: {max: 40}}}]
containers: [{id: TOTE, type: drum, route: LOOP, tracker: trk}]
devices: [{id: scan-1, kind: scanner}, {id: trk, kind: tracker, container: TOTE}]
"""
ROAD = (52.60, 13.50)
SHOP = (52.50, 13.40)


class Gateway:
    """One in memory, of which a test sees what each event makes it look at."""

    def __init__(self) -> None:
        self._terrain = Terrain.of(parse(NETWORK))
        self._state = Memory()
        self._ids = 0

    def hear(self, received: str, topic: str, at: str | None = None, **payload: object) -> Collection[str]:
        """Whom an event makes the gateway assess."""
        self._ids += 1
        event = {"id": f"e{self._ids}", "at": rfc3339(moment(at or received)), **payload}
        message = Message(f"device/{topic}", json.dumps(event).encode(), moment(received))
        with self._state.unit() as unit:
            taken = take(unit, self._terrain, [message], moment(received))
        assert (taken.accepted, taken.quarantined) == (1, 0)
        return taken.settled.assessments.keys()

    def fix(self, received: str, place: tuple[float, float], **more: object) -> Collection[str]:
        return self.hear(received, "trk/position", lat=place[0], lon=place[1], **more)  # type: ignore[arg-type]

    def sweep(self, now: str) -> Collection[str]:
        with self._state.unit() as unit:
            settled = pass_deadlines(unit, self._terrain.network, moment(now))
        return settled.assessments.keys() if settled else ()


@pytest.fixture
def gateway() -> Gateway:
    """The tote has left the shop on the 1st, and its tracker was heard on the road."""
    made = Gateway()
    assert made.hear("1 08:00", "scan-1/scan", step="departing", site="SHOP", container="TOTE") == {"TOTE"}
    assert not made.fix("1 09:00", ROAD)
    return made


def test_of_a_calm_container_nothing_is_looked_at(gateway: Gateway) -> None:
    assert not gateway.fix("1 10:00", ROAD, temperature_c=20, battery_pct=80)
    assert not gateway.fix("1 11:00", ROAD, at="1 08:30")


def test_what_changes_its_visits_is(gateway: Gateway) -> None:
    assert not gateway.fix("1 10:00", SHOP)
    assert gateway.fix("1 10:10", SHOP) == {"TOTE"}
    assert not gateway.fix("1 10:20", SHOP)


def test_a_reading_outside_its_limits_is_and_so_is_all_that_follows(gateway: Gateway) -> None:
    assert gateway.fix("1 10:00", ROAD, temperature_c=41) == {"TOTE"}
    assert gateway.fix("1 10:10", ROAD, temperature_c=20) == {"TOTE"}


def test_one_that_is_due_is(gateway: Gateway) -> None:
    assert gateway.fix("3 10:00", ROAD) == {"TOTE"}


def test_a_deadline_that_was_put_off_passes_once_without_anything_said(gateway: Gateway) -> None:
    gateway.sweep("2 08:00")
    gateway.fix("3 08:00", ROAD)
    gateway.sweep("3 08:00")
    assert not gateway.sweep("4 12:00")


def test_it_is_missing_so_long_after_its_newest_position_and_no_more_with_the_next() -> None:
    line = Timeline(NETWORK)
    line.scan("1 08:00", "departing", "SHOP", container="TOTE")
    line.scan("1 20:00", "arriving", "PLANT", container="TOTE")
    for received in ("1 21:00", "2 09:00", "3 10:00"):
        line.fix(received, *ROAD)
    line.until("5 09:59")
    assert line.open("TOTE") == {}
    line.until("5 10:00")
    assert line.open("TOTE") == {("missing", None): "5 10:00"}
    line.fix("5 11:00", *ROAD)
    assert line.open("TOTE") == {}
