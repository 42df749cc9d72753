"""What journeys tell: legs, dwells and ends, by the network of the worked example in tracking.md."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.memory import Memory
from gateway.points import Milestone, Told, told
from gateway.service.known import Known
from gateway.tracking.assessment import assess
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import HOUR
from gateway.tracking.plan import Container, Network
from tests.unit.cli_world import TERRAIN, WORKED_EXAMPLE, Happening, announcement, at, happen, scan, settle

LOOP = replace(TERRAIN.network, containers={"TOTE-1": Container("TOTE-1", None, "R")})
"""The same network with a tote that travels its route."""


def said(now: str, *happenings: Happening, of: str = "A", network: Network = TERRAIN.network) -> Told:
    state = Memory()
    terrain = TERRAIN._replace(network=network)
    happen(state, *happenings, terrain=terrain)
    settle(state, at(now), terrain)
    with state.reader() as unit:
        known = Known(unit, network)
        assessment = assess(of, Moment(known, network, at(now)))
        return told(assessment, known.announcements(of), network)


def shown(milestone: Milestone) -> str:
    """`leg CP2 HUB 5T20 transit 36 late 0 typical 8 max 24`: what, where, when, and hours."""
    tags, fields = milestone.tags, milestone.fields
    where = [tags[name] for name in ("from_site", "to_site", "site", "outcome") if name in tags]
    hours = (milestone.at - at("1T00:00")) // HOUR
    lengths = [
        f"{name.removesuffix('_s')} {value / 3600:g}"
        for name, value in fields.items()
        if name.endswith("_s") and isinstance(value, float)
    ]
    others = [f"{name} {fields[name]:g}" for name in ("on_time", "back", "value") if name in fields]
    return " ".join([milestone.measurement, *where, f"{hours // 24 + 1}T{hours % 24:02}", *lengths, *others])


def journal(now: str, *happenings: Happening, of: str = "A", network: Network = TERRAIN.network) -> list[str]:
    """Legs, dwells and ends; trips have tests of their own."""
    milestones = said(now, *happenings, of=of, network=network).milestones
    return [shown(each) for each in milestones if each.measurement != "trip"]


def trips(now: str, *happenings: Happening) -> list[str]:
    """`trip open 1T00 back 0 value 12.5`: how each trip stands."""
    return [shown(each) for each in said(now, *happenings).milestones if each.measurement == "trip"]


LEG = "leg CP2 HUB 5T20 transit 36 late 0 typical 8 max 24"
HUB = "dwell HUB 6T07 dwell 11 over 0 max 12"


@pytest.mark.parametrize(
    ("now", "milestones"),
    [
        ("4T01:00", []),
        ("6T09:00", []),
        ("6T10:00", [LEG]),
        ("6T12:00", [LEG, HUB]),
        ("6T15:00", [LEG, HUB]),
        ("9T13:00", [LEG, HUB]),
        ("9T15:00", [LEG, HUB, "journey_end lost 9T14 cycle 126 on_time 0"]),
        (
            "9T16:00",
            [
                LEG,
                "leg HUB REFILL 8T10 transit 51 late 0 typical 22 max 58",
                HUB,
                "journey_end completed 8T10 cycle 98 late 0 on_time 1",
            ],
        ),
    ],
)
def test_the_worked_example_as_far_as_it_is_known(now: str, milestones: list[str]) -> None:
    known = [each for each in WORKED_EXAMPLE if at(each[0]) <= at(now)]
    assert journal(now, *known) == milestones


def test_a_milestone_names_its_item_its_route_and_what_the_route_is_for() -> None:
    leg, _ = said("6T10:00", *WORKED_EXAMPLE[:3]).milestones
    assert leg.tags == {"route": "R", "purpose": "refill", "from_site": "CP2", "to_site": "HUB"}
    assert leg.fields["item"] == "A"
    assert leg.begin == at("1T00:00")


ANNOUNCED = ("1T00:00", announcement("A", "1T00:00", value=12.5))
COLLECTED = ("2T00:00", scan("A", "2T00:00", "collecting", "CP1"))
LEFT = ("2T04:00", scan("A", "2T04:00", "departing", "CP1"))


@pytest.mark.parametrize(
    ("then", "milestones"),
    [
        (
            ("3T10:00", scan("A", "3T10:00", "arriving", "HUB")),
            ["leg CP1 HUB 3T10 transit 30 late 6 typical 8 max 24", "dwell CP1 2T04 dwell 4 over 0 max 24"],
        ),
        (
            ("3T10:00", scan("A", "3T10:00", "arriving", "SORT")),
            ["leg CP1 SORT 3T10 transit 30 typical 10 max 42", "dwell CP1 2T04 dwell 4 over 0 max 24"],
        ),
        (
            ("3T10:00", scan("A", "3T10:00", "receiving", "REFILL")),
            [
                "leg CP1 REFILL 3T10 transit 30 typical 30 max 94",
                "dwell CP1 2T04 dwell 4 over 0 max 24",
                "journey_end completed 3T10 cycle 34 late 0 on_time 1 value 12.5",
            ],
        ),
        (
            ("3T10:00", scan("A", "3T08:00", "storing", "CP1")),
            [],
        ),
        (
            ("3T10:00", scan("A", "3T08:00", "departing", "CP1")),
            ["dwell CP1 3T08 dwell 32 over 8 max 24"],
        ),
    ],
    ids=["late", "past a stop, to an optional one", "past all stops", "back at the stop", "left late"],
)
def test_after_a_departure(then: Happening, milestones: list[str]) -> None:
    assert journal("3T10:00", ANNOUNCED, COLLECTED, LEFT, then) == milestones


def test_an_optional_stop_has_a_leg_but_no_lateness_and_its_dwell_counts_in_the_next() -> None:
    assert journal(
        "6T00:00",
        ANNOUNCED,
        COLLECTED,
        ("3T00:00", scan("A", "3T00:00", "departing", "HUB")),
        ("3T09:00", scan("A", "3T09:00", "arriving", "SORT")),
        ("5T12:00", scan("A", "5T12:00", "arriving", "REFILL")),
    ) == [
        "leg CP1 HUB 3T00 transit 24 late 0 typical 8 max 24",
        "leg HUB SORT 3T09 transit 9 typical 2 max 6",
        "leg SORT REFILL 5T12 transit 51 late 0 typical 20 max 48",
    ]


@pytest.mark.parametrize(
    ("due", "lateness"),
    [("8T09:00", "late 1 on_time 0"), ("8T10:00", "late 0 on_time 0"), ("8T10:01", "late 0 on_time 1")],
)
def test_on_time_is_before_it_is_due(due: str, lateness: str) -> None:
    (end,) = journal(
        "9T00:00",
        ("1T00:00", announcement("A", "1T00:00", due_at=f"2026-03-0{due}:00Z")),
        ("8T10:00", scan("A", "8T10:00", "receiving", "REFILL")),
    )
    assert end == f"journey_end completed 8T10 cycle 0 {lateness}"


def test_a_cancelled_trip_ends_when_it_was_called_off() -> None:
    cancelled = ("3T00:00", announcement("A", "3T00:00", cancelled=True))
    assert journal("9T00:00", ANNOUNCED, cancelled) == ["journey_end cancelled 3T00 value 12.5"]
    assert journal("9T00:00", ANNOUNCED, COLLECTED, cancelled)[-1] == (
        "journey_end cancelled 3T00 cycle 24 value 12.5"
    )


def test_the_latest_value_that_a_trips_announcements_name_counts() -> None:
    amended = ("1T06:00", announcement("A", "1T06:00", value=20.0))
    silent = ("1T09:00", announcement("A", "1T09:00"))
    done = ("2T10:00", scan("A", "2T10:00", "receiving", "REFILL"))
    again = ("5T00:00", announcement("A", "5T00:00", value=99.0))
    ends = journal("6T00:00", ANNOUNCED, amended, silent, done, again)
    assert ends == ["journey_end completed 2T10 cycle 0 late 0 on_time 1 value 20"]


def test_earlier_trips_go_on_telling() -> None:
    first = ("2T10:00", scan("A", "2T10:00", "receiving", "REFILL"))
    again = ("5T00:00", announcement("A", "5T00:00"))
    second = ("6T00:00", scan("A", "6T00:00", "receiving", "REFILL"))
    found = said("7T00:00", ANNOUNCED, COLLECTED, first, again, second)
    assert [shown(each) for each in found.milestones] == [
        "leg CP1 REFILL 2T10 transit 10 typical 30 max 94",
        "journey_end completed 2T10 cycle 10 late 0 on_time 1 value 12.5",
        "trip completed 1T00 back 1 value 12.5",
        "journey_end completed 6T00 cycle 0 late 0 on_time 1",
        "trip completed 5T00 back 1",
    ]
    assert [each.begin for each in found.milestones] == [at("1T00:00")] * 3 + [at("5T00:00")] * 2
    assert found.begins == {at("1T00:00"), at("5T00:00")}


@pytest.mark.parametrize(
    ("now", "happenings", "expected"),
    [
        ("1T06:00", (), "trip open 1T00 back 0 value 12.5"),
        ("2T06:00", (COLLECTED,), "trip open 1T00 back 0 value 12.5"),
        ("9T00:00", (COLLECTED, LEFT), "trip lost 1T00 back 0 value 12.5"),
        (
            "9T00:00",
            (COLLECTED, LEFT, ("3T10:00", scan("A", "3T10:00", "receiving", "REFILL"))),
            "trip completed 1T00 back 1 value 12.5",
        ),
        (
            "9T00:00",
            (("3T00:00", announcement("A", "3T00:00", cancelled=True)),),
            "trip cancelled 1T00 back 0 value 12.5",
        ),
    ],
)
def test_a_promised_trip_says_what_came_of_it(
    now: str, happenings: tuple[Happening, ...], expected: str
) -> None:
    assert trips(now, ANNOUNCED, *happenings) == [expected]


@pytest.mark.parametrize(("due_kind", "legal"), [("agreed", 0), ("legal", 1)])
def test_an_end_and_a_trip_say_whether_the_law_wants_them_in_time(due_kind: Any, legal: int) -> None:
    route = replace(TERRAIN.network.routes["R"], due_kind=due_kind)
    network = replace(TERRAIN.network, routes={"R": route})
    done = ("2T10:00", scan("A", "2T10:00", "receiving", "REFILL"))
    end, trip = said("3T00:00", ANNOUNCED, done, network=network).milestones
    assert (end.fields["legal"], trip.fields["legal"]) == (legal, legal)
    assert end.fields["kind"] == "return"


@pytest.mark.parametrize(("left", "over", "over_s"), [("3T00:00", 0, 0.0), ("3T01:00", 1, 3600.0)])
def test_a_dwell_says_how_long_it_might_have_been_and_whether_it_was_longer(
    left: str, over: int, over_s: float
) -> None:
    departure = (left, scan("A", left, "departing", "CP1"))
    dwell, _ = said(left, ANNOUNCED, COLLECTED, departure).milestones
    said_of_it = {name: dwell.fields[name] for name in ("over", "over_s", "max_s")}
    assert said_of_it == {"over": over, "over_s": over_s, "max_s": 24 * 3600.0}


def test_a_leg_says_whether_it_was_late_where_that_can_be_known() -> None:
    late = ("3T10:00", scan("A", "3T10:00", "arriving", "HUB"))
    skipping = ("3T10:00", scan("A", "3T10:00", "arriving", "SORT"))
    found = [
        said("3T10:00", ANNOUNCED, COLLECTED, LEFT, each).milestones[0].fields for each in (late, skipping)
    ]
    assert found[0]["late"] == 1
    assert "late" not in found[1]


def carried(when: str, step: str, site: str) -> Happening:
    event: Mapping[str, str] = {
        "id": f"t-{when}",
        "at": f"2026-03-0{when}:00Z",
        "step": step,
        "container": "TOTE-1",
        "site": site,
    }
    return (when, ("device/scan-1/scan", event))


def test_a_container_tells_of_every_turn() -> None:
    trips = [
        carried("1T00:00", "departing", "CP1"),
        carried("1T10:00", "receiving", "REFILL"),
        carried("3T00:00", "departing", "CP2"),
        carried("4T00:00", "arriving", "HUB"),
    ]
    assert journal("4T00:00", *trips, of="TOTE-1", network=LOOP) == [
        "leg CP1 REFILL 1T10 transit 10 typical 30 max 94",
        "journey_end completed 1T10 cycle 10 late 0 on_time 1",
        "leg CP2 HUB 4T00 transit 24 late 0 typical 8 max 24",
    ]


def test_nothing_is_told_of_what_was_never_announced() -> None:
    assert said("9T00:00", COLLECTED, LEFT) == Told((), frozenset(), frozenset())


def test_a_trip_whose_route_is_gone_is_closed() -> None:
    without = replace(TERRAIN.network, routes={})
    state = Memory()
    happen(state, ANNOUNCED, COLLECTED, LEFT)
    with state.reader() as unit:
        known = Known(unit, without)
        found = told(assess("A", Moment(known, without, at("3T00:00"))), known.announcements("A"), without)
    assert found == Told((), frozenset(), frozenset({at("1T00:00")}))
