"""How goods stand, as the projection keeps it: where they are, since when, and where they are expected next."""

from typing import Any

import pytest

from gateway.network import parse
from gateway.ports.projection import Standing
from gateway.service.series.journeys import BEGUN, STANDING_AGAIN
from gateway.service.series.standing import next_sites
from gateway.service.series.upkeep import EVERY
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus
from gateway.tracking.plan import Route, Stop
from tests.unit.cli_world import NETWORK, Happening, announcement, at, rfc, scan, settle
from tests.unit.series_world import World, by

A, HUB = ("1T00:00", announcement("A", "1T00:00")), ("2T06:00", scan("A", "2T06:00", "arriving", "HUB"))
COLLECTED = ("1T06:00", scan("A", "1T06:00", "collecting", "CP1"))
OFF = ("2T05:00", scan("A", "2T05:00", "departing", "CP1"))
ON = ("2T07:00", scan("A", "2T07:00", "departing", "HUB"))
CAGE = {"id": "c-1", "at": rfc("2T07:00"), "step": "arriving", "container": "CAGE-9", "site": "HUB"}
CAGED = ("2T07:00", ("device/scan-1/scan", CAGE))
"""Of a container that nobody declared."""


def stands(world: World, *ids: str) -> dict[str, Standing]:
    with world.state.reader() as unit:
        return dict(unit.standings(ids))


def expected(*happenings: Happening) -> tuple[str, ...] | None:
    found = stands(World().lives("2T10:00", *happenings), "A").get("A")
    return None if found is None else found.expected_sites


@pytest.mark.parametrize(
    ("happenings", "sites"),
    [
        ((A,), ()),
        ((A, COLLECTED), ("HUB",)),
        ((A, COLLECTED, OFF), ("HUB",)),
        ((A, COLLECTED, OFF, HUB), ("REFILL", "SORT")),
        ((A, COLLECTED, OFF, HUB, ON), ("REFILL", "SORT")),
        ((A, ON, ("2T08:00", scan("A", "2T08:00", "arriving", "SORT"))), ("REFILL",)),
        ((A, ON, ("2T08:00", scan("A", "2T08:00", "arriving", "REPAIR"))), ()),
        ((A, ON, ("2T08:00", scan("A", "2T08:00", "arriving", "REFILL"))), ()),
        ((A, ON, ("2T08:00", scan("A", "2T08:00", "receiving", "REFILL"))), None),
        ((A, ON, ("2T08:00", announcement("A", "2T08:00", cancelled=True))), None),
    ],
    ids=[
        "announced: nobody knows from where it sets out",
        "at its first stop: to go to the next",
        "on the way to the next",
        "at a stop before an optional one: there, or at the one after it",
        "on the way to an optional stop, or past it",
        "at an optional stop: at the one after it",
        "off its route: nobody knows whether it comes back",
        "at the last stop, not completed: nowhere",
        "completed: it stands nowhere any more",
        "cancelled: likewise",
    ],
)
def test_goods_are_expected_at_the_sites_of_their_next_stop(
    happenings: tuple[Happening, ...], sites: tuple[str, ...] | None
) -> None:
    assert expected(*happenings) == sites


@pytest.mark.parametrize(
    ("optional", "sites"),
    [
        ((False, False, False), ("B", "C")),
        ((False, True, False), ("B", "C", "D")),
        ((False, False, True), ("B", "C")),
    ],
)
def test_optional_stops_count_and_the_first_that_is_not(
    optional: tuple[bool, ...], sites: tuple[str, ...]
) -> None:
    of = (("A",), ("C", "B"), ("D", "B"))
    route = Route("R", tuple(Stop(each, skippable) for each, skippable in zip(of, optional, strict=True)))
    assert next_sites(route, 0) == sites
    assert next_sites(route, 2) == ()


def stranger(when: str, step: str, site: str, **fields: Any) -> Happening:
    return (when, scan("STRAY", when, step, site, **fields))


@pytest.mark.parametrize(
    ("happenings", "where"),
    [
        ((stranger("2T06:00", "inspecting", "HUB"),), ("HUB", at("2T06:00"))),
        (
            (stranger("2T05:00", "arriving", "HUB"), stranger("2T06:00", "inspecting", "HUB")),
            ("HUB", at("2T05:00")),
        ),
        (
            (
                stranger("2T04:00", "arriving", "HUB"),
                stranger("2T05:00", "departing", "HUB"),
                stranger("2T06:00", "arriving", "HUB"),
            ),
            ("HUB", at("2T06:00")),
        ),
        (
            (stranger("2T05:00", "arriving", "CP1"), stranger("2T06:00", "arriving", "HUB")),
            ("HUB", at("2T06:00")),
        ),
        ((stranger("2T05:00", "arriving", "CP1"), stranger("2T06:00", "departing", "CP1")), None),
        ((stranger("2T06:00", "destroying", "REFILL"),), None),
    ],
    ids=["seen once", "seen again", "came back", "went on", "left", "destroyed"],
)
def test_what_was_never_announced_is_where_it_was_last_seen(
    happenings: tuple[Happening, ...], where: tuple[str, Instant] | None
) -> None:
    found = stands(World().lives("2T10:00", *happenings), "STRAY").get("STRAY")
    assert (None if found is None else (found.site, found.since)) == where
    assert found is None or (found.kind, found.route, found.status) == ("return", None, None)


@pytest.mark.parametrize("when", ["2T06:30", "2T09:00", "8T09:00"])
def test_what_was_never_announced_goes_with_its_container(when: str) -> None:
    tote = {"id": "t-1", "at": rfc(when), "step": "arriving", "container": "TOTE-1", "site": "HUB"}
    packed = stranger("2T06:00", "packing", "CP1", container="TOTE-1")
    soon = parse(NETWORK.replace("version: 1", "version: 1\ndefaults: {forget_after: 5d}"))
    world = World(soon).lives(when, packed, (when, ("device/scan-1/scan", tote)))
    assert {id_: each.site for id_, each in stands(world, "STRAY", "TOTE-1").items()} == {
        "STRAY": "HUB",
        "TOTE-1": "HUB",
    }


def test_a_container_that_nobody_declared_is_where_it_was_last_seen() -> None:
    world = World().lives("2T10:00", CAGED)
    assert stands(world, "CAGE-9") == {
        "CAGE-9": Standing("CAGE-9", "container", None, None, "HUB", at("2T07:00"))
    }


def test_once_it_is_announced_it_stands_by_its_journey() -> None:
    world = World().lives("2T06:00", stranger("2T06:00", "inspecting", "HUB"))
    world.happens(("2T07:00", announcement("STRAY", "1T00:00"))).rounds("2T07:00")
    standing = stands(world, "STRAY")["STRAY"]
    assert (standing.status, standing.route) == (JourneyStatus.AT_STOP, "R")
    assert standing.expected_sites == ("REFILL", "SORT")


def test_what_was_voided_stands_nowhere() -> None:
    void = {"id": "v-1", "at": rfc("2T07:00"), "voids": ["s-STRAY-2T06:00"]}
    world = World().lives(
        "2T10:00", stranger("2T06:00", "inspecting", "HUB"), ("2T07:00", ("device/scan-1/scan", void))
    )
    assert stands(world, "STRAY") == {}


def test_what_was_never_announced_is_in_no_figure_of_journeys_or_stock() -> None:
    world = World().lives("2T10:00", stranger("2T06:00", "inspecting", "HUB"))
    assert set(by(world.points("journeys")[-1:], lambda each: each.tags["status"])) == {"none"}
    assert [each.tags for each in world.points("stock")[-1:]] == [{"route": "none"}]


def test_by_a_changed_route_goods_are_expected_elsewhere() -> None:
    world = World().lives("2T06:00", A, COLLECTED, OFF)
    changed = parse(NETWORK.replace("{sites: [HUB], transit", "{sites: [HUB, REPAIR], transit"))
    world.terrain = world.terrain._replace(network=changed)
    with world.state.unit() as unit:
        unit.mark_journeys(["A"], at("2T06:00"))
    world.rounds("2T06:01")
    assert stands(world, "A")["A"].expected_sites == ("HUB", "REPAIR")


def upgraded(world: World) -> World:
    """As an older gateway left it, with what the migration notes."""
    with world.state.unit() as unit:
        unit.put_standings([each._replace(expected_sites=()) for each in stands(world, "A").values()])
        unit.drop_standings(["STRAY", "CAGE-9"])
        unit.unmark([mark.seq for mark in unit.marks(1_000)])
        unit.put_meta(STANDING_AGAIN, '""')
    world.restart()
    return world


def test_after_an_upgrade_all_stand_as_they_should() -> None:
    happened = (A, COLLECTED, OFF, stranger("2T06:00", "inspecting", "HUB"))
    world = World().lives("2T10:00", *happened, CAGED)
    before = stands(world, "A", "STRAY", "CAGE-9")
    assert len(before) == 3
    again = upgraded(world).rounds("2T10:01")
    assert stands(again, "A", "STRAY", "CAGE-9") == before


def test_after_an_upgrade_only_they_are_looked_at_and_only_once() -> None:
    ended = ("2T08:00", scan("B", "2T08:00", "receiving", "REFILL"))
    world = World().lives("2T10:00", A, OFF, ("1T00:00", announcement("B", "1T00:00")), ended)
    upgraded(world)
    world.deliveries.run_once(at("2T10:01"))
    with world.state.reader() as unit:
        assert unit.meta(STANDING_AGAIN) == '"B"'
        assert unit.marks(10) == []
    world.rounds("2T10:02").restart()
    world.rounds("2T10:03")
    with world.state.reader() as unit:
        assert (unit.meta(STANDING_AGAIN), unit.meta(BEGUN)) == ("null", "null")
    assert stands(world, "A", "B").keys() == {"A"}


def test_what_is_forgotten_stands_nowhere() -> None:
    world = World().lives("2T10:00", A, COLLECTED, stranger("2T06:00", "inspecting", "HUB"))
    settle(world.state, at("9T00:00"), world.terrain)
    with world.state.unit() as unit:
        unit.put_standings([Standing("GONE", "return", None, None, "HUB", at("1T00:00"))])
    later = at("9T00:00")
    world.deliveries.run_once(later)
    world.deliveries.run_once(Instant(later + EVERY))
    assert stands(world, "A", "STRAY", "GONE").keys() == {"A", "STRAY"}
