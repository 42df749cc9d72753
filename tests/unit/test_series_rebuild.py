"""A rebuild in parts: from an instant on, ended and gone on with, and how far it says it is."""

from collections.abc import Sequence

import pytest

from gateway.memory.series import MemorySeries
from gateway.points import Point
from gateway.ports.series import Unavailable
from gateway.service.series import Passed, Reached, Rebuilt, reached, rebuild
from gateway.service.series.extent import SOURCES, last_milestone, number_before
from gateway.tracking.instants import HOUR, MINUTE, Instant
from tests.unit.cli_world import WORKED_EXAMPLE, announcement, at, rfc, scan
from tests.unit.series_world import World, made_of_facts

END = "12T00:00"


class Ends(MemorySeries):
    """A store that goes away after so many writes."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.left = writes
        self.written = 0

    def write(self, points: Sequence[Point]) -> None:
        if self.left == 0:
            raise Unavailable("gone")
        self.left -= 1
        self.written += len(points)
        super().write(points)


def lived() -> World:
    return World().lives(END, *WORKED_EXAMPLE)


def remake(world: World, series: MemorySeries, begin: Reached = Reached()) -> tuple[Rebuilt, list[Passed]]:  # noqa: B008
    seen: list[Passed] = []
    return rebuild(world.state, series, world.terrain.network, seen.append, begin), seen


def stopped(world: World) -> Reached:
    with world.state.reader() as unit:
        there = reached(unit)
    assert there is not None
    return there


class TestResuming:
    @pytest.mark.parametrize("writes", range(3))
    def test_goes_on_where_it_was_ended(self, world: World, writes: int) -> None:
        series = Ends(writes)
        with pytest.raises(Unavailable):
            remake(world, series)
        before = series.written
        if writes:
            series.left = -1
            done, _ = remake(world, series, stopped(world))
            assert made_of_facts(series) == made_of_facts(world.series)
            assert series.written == len(made_of_facts(series)), "nothing was written twice"
            assert done.events + done.alerts + done.journeys == series.written > before > 0

    def test_there_is_nothing_to_go_on_with_after_the_end(self, world: World) -> None:
        remake(world, MemorySeries())
        with world.state.reader() as unit:
            assert reached(unit) is None

    def test_goes_on_with_the_instant_that_was_asked_for(self, world: World) -> None:
        since = at("6T00:00")
        series = Ends(1)
        with pytest.raises(Unavailable):
            remake(world, series, Reached(since))
        series.left = -1
        remake(world, series, stopped(world))
        assert made_of_facts(series) == from_then(world, since)

    @pytest.fixture
    def world(self) -> World:
        return lived()


def from_then(world: World, since: Instant) -> list[Point]:
    return [point for point in made_of_facts(world.series) if point.time >= since * 1000]


class TestSince:
    @pytest.mark.parametrize("when", ["1T00:00", "5T20:00", "6T07:00", "6T14:00", "8T10:00", "11T00:00"])
    def test_makes_the_points_from_then_on_and_no_others(self, when: str) -> None:
        world, series = lived(), MemorySeries()
        remake(world, series, Reached(at(when)))
        assert made_of_facts(series) == from_then(world, at(when))

    def test_passes_over_what_was_known_long_before_at_once(self) -> None:
        world = World()
        for day in range(1, 20):
            when = f"{day}T09:00"
            world.lives(
                when, (when, announcement(f"B{day}", when)), (when, scan(f"B{day}", when, "arriving", "HUB"))
            )
        series = Ends(-1)
        _, seen = remake(world, series, Reached(at("18T00:00")))
        assert made_of_facts(series) == from_then(world, at("18T00:00")) != []
        assert seen[-1].of < remake(world, MemorySeries())[1][-1].of

    def test_finds_what_a_device_said_ahead_of_its_time(self) -> None:
        early = ("9T10:00", scan("A", "9T10:04", "arriving", "HUB"))
        world, series = World().lives(END, early), MemorySeries()
        remake(world, series, Reached(Instant(at("9T10:04") - MINUTE)))
        assert [point.fields["item"] for point in series.points("scan")] == ["A"]


class TestExtent:
    @pytest.mark.parametrize("hour", range(0, 21, 3))
    def test_the_number_is_the_highest_of_which_all_before_are_long_known(self, hour: int) -> None:
        world = World()
        for each in range(20):
            when = f"9T{each:02}:00"
            world.happens(
                (
                    when,
                    (
                        "device/scan-1/scan",
                        {"id": f"s{each}", "at": rfc(when), "step": "arriving", "item": "A", "site": "HUB"},
                    ),
                )
            )
        source, look = SOURCES["events"]
        with world.state.unit() as unit:
            upto = source.newest(unit)
        with world.state.reader() as unit:
            since = Instant(at("9T00:00") + hour * HOUR)
            number = number_before(unit, look, upto, since)
            known = [each.event.received_at for each in unit.events_after(number, 99)]
            before = [each for each in unit.events_after(0, 99) if each.seq <= number]
        assert all(each.event.received_at < since - HOUR for each in before)
        assert len(before) == max(0, min(20, hour - 1))
        assert known == sorted(known)

    def test_an_empty_store_has_no_numbers(self) -> None:
        world = World()
        with world.state.reader() as unit:
            assert last_milestone(unit) == 0
            assert [number_before(unit, look, 0, at(END)) for _, look in SOURCES.values()] == [0, 0]

    def test_the_last_milestone_is_found(self) -> None:
        world = lived()
        with world.state.reader() as unit:
            assert last_milestone(unit) == max(row.seq for row in unit.milestones_after(0, 999)) > 2


class TestProgress:
    def test_grows_to_the_whole(self) -> None:
        _, seen = remake(lived(), MemorySeries())
        facts = [passed.facts for passed in seen]
        assert facts == sorted(facts)
        assert facts[-1] == seen[-1].of > 0
        assert {passed.of for passed in seen} == {seen[-1].of}
        assert seen[-1].done.events == 5
