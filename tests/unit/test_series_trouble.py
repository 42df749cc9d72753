"""The projection in trouble: no store, no process, refused points, bugs of ours. Nothing is lost or doubled."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Final

import pytest
from structlog.testing import capture_logs

from gateway.points import MEASUREMENTS, Point
from gateway.points.events import Heard, Received, scan_points
from gateway.ports.series import Unavailable
from gateway.ports.state import State, Unit
from gateway.service.series.loop import LONGEST_PAUSE
from gateway.tracking.assessment import Assessment, assess
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import SECOND, Instant
from gateway.tracking.model import Scan
from tests.unit.cli_world import WORKED_EXAMPLE, announcement, at, scan
from tests.unit.series_world import World, made_of_facts, sums

END: Final = "12T00:00"
FACTS: Final = ("scan", "position", "leg", "dwell", "journey_end", "trip", "alert")


def without_number(world: World, name: str) -> list[tuple[int, str]]:
    return [(point.time // 1_000_000, json.dumps([point.tags, point.fields])) for point in world.points(name)]


def test_nothing_is_lost_while_the_store_is_away_and_nothing_is_held_up() -> None:
    away, well = World(), World().lives(END, *WORKED_EXAMPLE)
    away.series.away = True
    away.lives("9T00:00", *WORKED_EXAMPLE[:5])
    assert away.deliveries.fault == "the time-series store cannot be reached"
    assert away.waiting()["marks"] == 0
    assert away.waiting()["samples"] > 0
    assert made_of_facts(away.series) == []
    away.series.away = False
    away.lives(END, WORKED_EXAMPLE[5])
    assert away.deliveries.fault == ""
    assert away.waiting() == {"marks": 0, "untold": 0, "samples": 0}
    for name in ("scan", "alert"):
        assert without_number(away, name) == without_number(well, name)
    for name in ("leg", "dwell", "journey_end", "trip"):
        assert sums(away.series, name, *MEASUREMENTS[name].tags) == sums(
            well.series, name, *MEASUREMENTS[name].tags
        )


def test_a_store_that_is_away_is_asked_less_and_less_often() -> None:
    world = World().happens(*WORKED_EXAMPLE)
    world.series.away = True
    now, asked = at(END), []
    for _ in range(200):
        before = world.deliveries.fault
        world.deliveries.fault = ""
        world.deliveries.run_once(now)
        if world.deliveries.fault:
            asked.append(now)
        else:
            world.deliveries.fault = before
        now = Instant(now + SECOND)
    gaps = [(later - earlier) // SECOND for earlier, later in pairwise(asked)]
    assert gaps == [1, 2, 4, 8, 16, 30, 30, 30, 30, 30]


def test_a_clock_that_was_set_back_does_not_prolong_a_pause() -> None:
    world = World().happens(*WORKED_EXAMPLE)
    world.series.away = True
    world.rounds(END)
    world.series.away = False
    earlier = Instant(at(END) - 2 * LONGEST_PAUSE)
    world.deliveries.run_once(earlier)
    assert world.deliveries.fault == ""
    assert world.points("scan") != []


@pytest.mark.parametrize("confirmed", range(1, 12))
def test_a_crash_before_a_write_is_confirmed_loses_nothing_and_doubles_nothing(confirmed: int) -> None:
    crashed, well = World(), World()
    for world in (crashed, well):
        world.happens(*WORKED_EXAMPLE)
    crashed.series.dies_after = confirmed
    for _ in range(30):
        crashed.deliveries.run_once(at(END))
    crashed.series.away = False
    crashed.restart()
    for world in (crashed, well):
        world.rounds(END)
    assert made_of_facts(crashed.series) == made_of_facts(well.series) != []


class StumblingState:
    """The state store, that fails on entering one of its next units and readers."""

    def __init__(self, state: State, fails_at: int) -> None:
        self._state = state
        self._left = fails_at

    def unit(self) -> AbstractContextManager[Unit]:
        self._stumble()
        return self._state.unit()

    def reader(self) -> AbstractContextManager[Unit]:
        self._stumble()
        return self._state.reader()

    def close(self) -> None:
        """It is another's to close."""

    def _stumble(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Unavailable("the state store cannot serve now")


@pytest.mark.parametrize("fails_at", range(1, 26, 3))
def test_a_state_store_that_fails_in_between_loses_nothing_and_doubles_nothing(fails_at: int) -> None:
    failing, well = World(), World()
    for world in (failing, well):
        world.happens(*WORKED_EXAMPLE)
    whole = failing.state
    failing.state = StumblingState(whole, fails_at)
    failing.restart()
    for _ in range(3):
        failing.deliveries.run_once(at(END))
    failing.state = whole
    failing.restart()
    for world in (failing, well):
        world.rounds(END)
    for name in FACTS:
        assert without_number(failing, name) == without_number(well, name)


# Points that cannot be stored, or not be made.


def test_refused_points_are_set_aside_with_the_reason_and_the_others_go_on() -> None:
    world = World()
    world.series.poison = {"s-A-5T20:00"}
    world.lives(END, *WORKED_EXAMPLE)
    assert [point.fields["event_id"] for point in world.points("scan")] == [
        "s-A-4T08:00",
        "s-A-6T07:00",
        "s-A-6T14:00",
        "s-A-8T10:00",
    ]
    with world.state.reader() as unit:
        (refused,) = unit.refused(0, 9)
    assert (refused.measurement, refused.reason) == ("scan", "it is poison")
    assert "s-A-5T20:00" in refused.point
    assert world.deliveries.fault == ""


def test_a_journey_that_ends_before_any_store_can_tell_is_refused_by_itself() -> None:
    old = {"id": "a1", "at": "1600-01-01T00:00:00Z", "item": "OLD", "route": "R", "cancelled": True}
    world = World().lives(END, ("1T00:00", ("source/erp/announce", old)), *WORKED_EXAMPLE)
    with world.state.reader() as unit:
        refused = unit.refused(0, 9)
    assert [each.measurement for each in refused] == ["journey_end", "trip"]
    assert all("outside the years" in each.reason for each in refused)
    assert sums(world.series, "journey_end", "outcome") == {("completed",): 1}
    assert world.waiting()["untold"] == 0


def test_an_event_of_which_no_point_can_be_made_does_not_stop_those_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(scan: Scan, received: Received, heard: Heard) -> Iterator[Point]:
        if scan.id == "s-A-5T20:00":
            raise ArithmeticError("a bug")
        return scan_points(scan, received, heard)

    monkeypatch.setattr("gateway.service.series.events.scan_points", stumble)
    with capture_logs():
        world = World().lives(END, *WORKED_EXAMPLE)
    assert len(world.points("scan")) == 4
    with world.state.reader() as unit:
        (refused,) = unit.refused(0, 9)
    assert refused.reason.strip().endswith("ArithmeticError: a bug")


def test_a_journey_that_trips_over_a_bug_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(subject: str, moment: Moment) -> Assessment:
        if subject == "A":
            raise ArithmeticError("a bug")
        return assess(subject, moment)

    monkeypatch.setattr("gateway.service.series.journeys.assess", stumble)
    other = [
        ("1T00:00", announcement("B", "1T00:00")),
        ("2T00:00", scan("B", "2T00:00", "receiving", "REFILL")),
    ]
    with capture_logs() as logged:
        world = World().lives(END, *other, *WORKED_EXAMPLE)
    assert {(each["event"], each.get("subject")) for each in logged} >= {("journey_not_told", "A")}
    assert {point.fields["item"] for point in world.points("journey_end")} == {"B"}
    assert world.waiting()["marks"] == 0
