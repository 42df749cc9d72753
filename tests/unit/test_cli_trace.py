"""Traces: the worked example of tracking.md as an operator sees it, stop by stop, at each of its moments."""

from typing import Any

import pytest

from gateway.memory import Memory
from gateway.service.stops import Progress, StopView
from gateway.service.trace import Trace, nearest, trace
from gateway.service.trace_document import document
from gateway.tracking.instants import HOUR
from gateway.tracking.model import JourneyStatus
from tests.unit.cli_world import (
    TERRAIN,
    WORKED_EXAMPLE,
    Happening,
    announcement,
    at,
    happen,
    position,
    rfc,
    scan,
    settle,
)


def traced(item: str, now: str, *happenings: Happening) -> Trace:
    state = Memory()
    happen(state, *happenings)
    settle(state, at(now))
    with state.reader() as unit:
        found = trace(unit, TERRAIN.network, item, at(now))
    assert found is not None
    return found


def example(now: str) -> Trace:
    """The worked example as far as it was known."""
    return traced("A", now, *(each for each in WORKED_EXAMPLE if at(each[0]) <= at(now)))


def told(view: StopView) -> str:
    """`here 4T08:00 -6T08:00 over 1h`: progress, arrival, departure, lateness and overstay in hours."""
    words = [view.progress.value]
    words += [f"arrived {day(view.arrived.at)}"] if view.arrived else []
    words += [f"departed {day(view.departed.at)}"] if view.departed else []
    words += [f"late {view.late // HOUR}h"] if view.late is not None else []
    words += [f"over {view.over // HOUR}h"] if view.over is not None else []
    return " ".join(words)


def day(instant: int) -> str:
    hours = (instant - at("1T00:00")) // HOUR
    return f"{hours // 24 + 1}T{hours % 24:02}"


@pytest.mark.parametrize(
    ("now", "stops"),
    [
        ("3T23:00", ["next", "ahead", "ahead", "ahead"]),
        ("4T01:00", ["next late 1h", "ahead", "ahead", "ahead"]),
        ("4T09:00", ["here arrived 4T08 late 8h", "next", "ahead", "ahead"]),
        ("5T09:00", ["here arrived 4T08 late 8h over 1h", "next", "ahead", "ahead"]),
        ("6T09:00", ["here arrived 4T08 late 8h over 25h", "next late 1h", "ahead", "ahead"]),
        ("6T10:00", ["passed arrived 4T08 late 8h", "here arrived 5T20 over 2h", "ahead", "next"]),
        ("6T12:00", ["passed arrived 4T08 late 8h", "passed arrived 5T20 departed 6T07", "ahead", "next"]),
        (
            "9T16:00",
            [
                "passed arrived 4T08 late 8h",
                "passed arrived 5T20 departed 6T07",
                "passed",
                "passed arrived 8T10",
            ],
        ),
    ],
)
def test_the_stops_of_the_worked_example(now: str, stops: list[str]) -> None:
    assert [told(view) for view in example(now).stops] == stops


@pytest.mark.parametrize(
    ("now", "sites", "by", "expected"),
    [
        pytest.param("3T23:00", ["CP1", "CP2"], "4T00:00", None, id="announced: to be handed in"),
        pytest.param(
            "4T09:00", ["HUB"], "6T08:00", "4T16:00", id="at a stop with a dwell: that and the transit"
        ),
        pytest.param("6T12:00", ["REFILL"], "8T17:00", "7T05:00", id="past an optional stop"),
        pytest.param("6T15:00", ["REFILL"], "8T17:00", "7T05:00", id="off plan: where it was due before"),
    ],
)
def test_where_it_should_be_next_and_by_when(
    now: str, sites: list[str], by: str, expected: str | None
) -> None:
    assert document_of(example(now))["next"] == {
        "sites": sites,
        "by": rfc(by),
        "expected": rfc(expected) if expected else None,
    }


def test_nothing_comes_next_once_completed() -> None:
    found = example("9T16:00")
    assert (found.status, found.ahead) == (JourneyStatus.COMPLETED, None)


def test_windows_ahead_count_each_leg_from_the_latest_arrival_before_it() -> None:
    latest = [view.window.latest for view in example("4T09:00").stops]
    # HUB by 6T08, + 12 h dwell, + 6 h to SORT; REFILL: + 4 h dwell there, + 48 h.
    assert latest == [at("4T00:00"), at("6T08:00"), at("7T02:00"), at("9T06:00")]


def test_an_arrival_is_measured_by_what_was_known_before_it() -> None:
    late = traced("A", "7T00:00", *WORKED_EXAMPLE[:2], ("7T00:00", scan("A", "6T11:00", "arriving", "HUB")))
    assert told(late.stops[1]) == "here arrived 6T11 late 3h over 1h"


def test_a_stop_passed_over_is_skipped_and_an_optional_one_is_not() -> None:
    found = traced(
        "A", "5T00:00", *WORKED_EXAMPLE[:2], ("5T00:00", scan("A", "5T00:00", "arriving", "REFILL"))
    )
    progress = [view.progress for view in found.stops]
    assert progress == [Progress.PASSED, Progress.SKIPPED, Progress.PASSED, Progress.HERE]
    assert found.ahead is not None
    assert found.ahead.sites == ("REFILL",)


def test_sightings_off_the_route_are_told_apart() -> None:
    off = document_of(example("6T15:00"))["off_route"]
    assert [(each["site"], each["rule"], each["device"]) for each in off] == [
        ("REPAIR", "misrouted", "scan-1")
    ]


def test_a_return_is_late_when_its_due_is_past() -> None:
    found = traced("A", "20T00:00", *WORKED_EXAMPLE[:2])
    assert found.due_at == at("14T08:00")
    assert "overdue" in {each.kind for each in found.deviations}


PACKED: tuple[Happening, ...] = (
    ("4T08:00", announcement("A", "4T00:00")),
    ("4T09:00", scan("A", "4T08:00", "packing", "CP1", container="TOTE-1")),
    ("4T10:00", scan("TOTE-1", "4T09:30", "packing", "CP1", container="CAGE-1")),
    ("4T20:00", position("4T20:00", 51.4, 12.2)),
    ("4T21:00", position("4T20:30", 51.4, 12.2)),
)


def test_contents_and_what_is_around() -> None:
    inner, outer = traced("A", "5T00:00", *PACKED), traced("CAGE-1", "5T00:00", *PACKED)
    assert inner.inside == ("TOTE-1", "CAGE-1")
    assert [row.id for row in outer.contents] == ["TOTE-1"]
    assert (inner.subject.kind, outer.subject.kind) == ("return", "container")


def test_the_position_is_that_of_the_innermost_container_that_has_one() -> None:
    place = document_of(traced("A", "5T00:00", *PACKED))["position"]
    assert place == {"container": "TOTE-1", "at": rfc("4T20:30"), "lat": 51.4, "lon": 12.2, "site": "HUB"}


def test_a_fence_visit_is_a_sighting_of_what_is_inside() -> None:
    found = traced("A", "5T00:00", *PACKED)
    assert found.stops[1].arrived is not None
    assert (found.stops[1].arrived.site, found.stops[1].arrived.device) == ("HUB", "trk-1")


def test_a_stay_that_ended_is_history() -> None:
    found = traced("A", "6T00:00", *PACKED, ("5T10:00", scan("A", "5T10:00", "unpacking", "HUB")))
    assert found.inside == ()
    assert document_of(found)["containment"] == [
        {"container": "TOTE-1", "since": rfc("4T08:00"), "until": rfc("5T10:00"), "short": False}
    ]


def test_the_alert_of_a_container_is_shown_with_what_it_speaks_for() -> None:
    pair = (*PACKED[:1], ("4T08:00", announcement("B", "4T00:00")), *PACKED[1:3])
    both = (*pair, ("4T09:00", scan("B", "4T08:30", "packing", "CP1", container="TOTE-1")))
    found = traced("A", "6T00:00", *sorted(both, key=lambda each: at(each[0])))
    assert {(alert.subject.id, alert.deviation.kind.value) for alert in found.alerts} == {
        ("TOTE-1", "overdwell")
    }
    assert document_of(found)["alerts"][0]["kind"] == "overdwell"


def test_earlier_trips_are_told_in_short() -> None:
    again = ("12T00:00", announcement("A", "12T00:00"))
    found = traced("A", "12T01:00", *WORKED_EXAMPLE, again)
    assert found.trip is not None
    assert (found.trip.number, found.status) == (2, JourneyStatus.ANNOUNCED)
    assert document_of(found)["earlier_trips"] == [
        {
            "number": 1,
            "route": "R",
            "purpose": "refill",
            "announced_at": rfc("1T00:00"),
            "first_seen_at": rfc("4T08:00"),
            "outcome": "completed",
            "ended_at": rfc("8T10:00"),
        }
    ]


def test_a_cancelled_trip_has_no_next() -> None:
    found = traced(
        "A", "3T00:00", WORKED_EXAMPLE[0], ("2T00:00", announcement("A", "2T00:00", cancelled=True))
    )
    assert (found.status, found.ahead) == (JourneyStatus.CANCELLED, None)
    assert {view.late for view in found.stops} == {None}


def test_a_return_that_was_never_announced_has_sightings_and_no_stops() -> None:
    found = traced("X", "5T00:00", ("4T09:00", scan("X", "4T08:00", "arriving", "HUB")))
    assert (found.status, found.stops, len(found.sightings)) == (JourneyStatus.UNPLANNED, (), 1)


def test_a_declared_container_is_known_before_it_was_ever_seen() -> None:
    found = traced("TOTE-1", "5T00:00")
    assert (found.subject.kind, found.status, tuple(found.sightings), found.position) == (
        "container",
        None,
        (),
        None,
    )


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("SN-1O01", "SN-1001"),
        ("sn-1001", "SN-1001"),
        ("Q", None),
        ("XSN-1002", "SN-1002"),
    ],
)
def test_the_nearest_known_id_is_found(wrong: str, meant: str | None) -> None:
    state = Memory()
    happen(state, *(("4T09:00", announcement(item, "4T08:00")) for item in ("SN-1001", "SN-1002", "TOTE-17")))
    with state.reader() as unit:
        assert nearest(unit, wrong) == meant
        assert trace(unit, TERRAIN.network, wrong, at("5T00:00")) is None


def document_of(found: Trace) -> dict[str, Any]:
    state = Memory()
    with state.reader() as unit:
        return document(found, unit)
