"""The projection as a timeline: what happens becomes points, once, by whoever's turn it is, and again by a rebuild."""

from gateway.memory.series import MemorySeries
from gateway.ports.delivery import Turn
from gateway.ports.series import MAX_POINTS
from gateway.service.series.loop import POLL, SOON
from tests.unit.cli_world import WORKED_EXAMPLE, Happening, announcement, at, happen, position, rfc, scan
from tests.unit.series_world import World, by, made_of_facts, sums

END = "12T00:00"


def lived(*happenings: Happening) -> World:
    return World().lives(END, *(happenings or WORKED_EXAMPLE))


def test_the_worked_example_ends_as_legs_a_dwell_and_an_end() -> None:
    world = lived()
    assert sums(world.series, "leg", "from_site", "to_site") == {("CP2", "HUB"): 1, ("HUB", "REFILL"): 1}
    assert sums(world.series, "dwell", "site") == {("HUB",): 1}
    assert sums(world.series, "journey_end", "outcome") == {("completed",): 1}
    assert [point.tags["verdict"] for point in world.points("scan")] == ["ok", "ok", "ok", "misrouted", "ok"]
    assert world.waiting() == {"marks": 0, "untold": 0, "samples": 0}


def test_what_was_lost_and_found_is_taken_back_at_its_old_time() -> None:
    world = World().lives("9T15:00", *WORKED_EXAMPLE[:5])
    (lost,) = world.points("journey_end")
    assert lost.tags["outcome"] == "lost"
    assert lost.fields["n"] == 1
    assert lost.time // 1_000_000 == at("9T14:00") // 1000
    world.lives(END, WORKED_EXAMPLE[5])
    told = by(world.points("journey_end"), lambda point: point.tags["outcome"])
    assert told["lost"].time == lost.time
    assert told["lost"].fields == {**lost.fields, "n": 0}
    assert told["completed"].fields["n"] == 1


def test_a_leg_that_late_evidence_moves_is_told_twice_and_counts_once() -> None:
    world = lived(
        ("1T00:00", announcement("A", "1T00:00")),
        ("2T00:00", scan("A", "2T00:00", "departing", "CP1")),
        ("3T00:00", scan("A", "3T00:00", "arriving", "HUB")),
        ("4T00:00", scan("A", "2T18:00", "arriving", "HUB")),
    )
    moved, now = sorted(world.points("leg"), key=lambda point: point.fields["n"])
    assert (moved.fields["n"], moved.fields["transit_s"]) == (0, 24 * 3600.0)
    assert (now.fields["n"], now.fields["transit_s"]) == (1, 18 * 3600.0)
    assert now.time < moved.time


def test_a_voided_scan_takes_back_its_leg_and_stays_as_what_was_reported() -> None:
    arrival = scan("A", "3T00:00", "arriving", "HUB")
    void = ("device/scan-1/scan", {"id": "v1", "at": rfc("3T01:00"), "voids": [arrival[1]["id"]]})
    world = lived(
        ("1T00:00", announcement("A", "1T00:00")),
        ("2T00:00", scan("A", "2T00:00", "departing", "CP1")),
        ("3T00:00", arrival),
        ("3T01:00", void),
    )
    assert sums(world.series, "leg", "to_site") == {}
    assert [point.fields["n"] for point in world.points("leg")] == [0]
    assert len(world.points("scan")) == 2


def test_each_subject_in_a_tote_has_a_leg_of_its_own_time() -> None:
    items = [f"SN-{number}" for number in range(40)]
    tote = {"id": "t1", "at": rfc("2T00:00"), "step": "packing", "items": items, "container": "TOTE-1"}
    moved = {"id": "t2", "at": rfc("3T00:00"), "step": "arriving", "container": "TOTE-1", "site": "HUB"}
    world = World()
    for item in items:
        world.happens(("1T00:00", announcement(item, "1T00:00")))
    world.lives(
        END,
        ("2T00:00", ("device/scan-1/scan", {**tote, "site": "CP1"})),
        ("3T00:00", ("device/scan-1/scan", moved)),
    )
    legs = world.counted("leg")
    assert {leg.fields["item"] for leg in legs} == set(items)
    assert len({leg.time for leg in legs}) == len(items)
    assert len({point.time for point in world.points("scan")}) == len(items) + 1


def test_a_scan_keeps_the_route_that_was_announced_when_it_was_taken_in() -> None:
    world = World()
    world.happens(
        ("2T00:00", scan("A", "2T00:00", "collecting", "CP1")),
        ("2T00:30", announcement("A", "1T00:00")),
        ("3T00:00", scan("A", "3T00:00", "arriving", "HUB")),
    )
    world.rounds("3T00:00")
    assert [point.tags.get("route") for point in world.points("scan")] == [None, "R"]


def test_a_tracker_that_does_not_name_its_container_is_told_with_it() -> None:
    world = lived(("2T00:00", position("2T00:00", 51.4, 12.2, temperature_c=4.5)))
    (point,) = world.points("position")
    assert point.fields == {"container": "TOTE-1", "lat": 51.4, "lon": 12.2, "temperature_c": 4.5}


# Amounts.


def test_no_write_has_more_points_than_a_store_takes() -> None:
    items = [f"SN-{number}" for number in range(500)]
    world = World()
    for number in range(12):
        event = {"id": f"e{number}", "at": rfc("2T00:00"), "step": "storing", "items": items, "site": "HUB"}
        world.happens(("2T00:00", ("device/scan-1/scan", event)))
    world.rounds("2T00:00")
    assert len(world.points("scan")) == 6_000
    assert max(world.series.writes) <= MAX_POINTS


def test_while_there_is_more_the_next_round_is_soon() -> None:
    world = World().happens(*WORKED_EXAMPLE)
    assert world.deliveries.run_once(at(END)) == at(END) + SOON
    world.rounds(END)
    assert world.deliveries.run_once(at(END)) == at(END) + POLL


# Beginning late, doing it again.


def test_a_gateway_that_had_no_series_before_tells_what_is_known() -> None:
    world = World().happens(*WORKED_EXAMPLE)
    with world.state.unit() as unit:
        unit.unmark([mark.seq for mark in unit.marks(10**6)])
    world.rounds(END)
    assert sums(world.series, "journey_end", "outcome") == {("completed",): 1}
    assert len(world.points("scan")) == 5


def test_a_restart_tells_nothing_twice() -> None:
    world = lived()
    before = made_of_facts(world.series)
    world.series.writes.clear()
    world.restart()
    world.rounds(END)
    assert made_of_facts(world.series) == before
    assert world.series.writes == [1], "a sample of its own figures, and nothing else"


def test_a_store_that_was_emptied_is_rebuilt_point_for_point() -> None:
    world = lived(*WORKED_EXAMPLE, ("9T17:00", scan("B", "9T17:00", "arriving", "HUB", items=["C", "D"])))
    anew = MemorySeries()
    done = world.rebuilt(anew)
    assert made_of_facts(anew) == made_of_facts(world.series)
    assert done.events == len(world.points("scan", "position"))
    assert done.alerts == len(world.points("alert"))
    assert done.journeys == len(world.points("leg", "dwell", "journey_end", "trip"))
    assert (done.refused, done.waiting) == (0, 0)


def test_rebuilding_over_what_is_there_changes_nothing() -> None:
    world = lived()
    before = made_of_facts(world.series)
    world.rebuilt(world.series)
    assert made_of_facts(world.series) == before


def test_what_changes_during_a_rebuild_is_right_in_the_end() -> None:
    world = World().lives("9T15:00", *WORKED_EXAMPLE[:5])
    anew = world.series

    class Interrupted(MemorySeries):
        def write(self, points):  # type: ignore[no-untyped-def] # as the one it stands for
            if any(point.measurement == "journey_end" and point.fields["n"] for point in points):
                world.lives(END, WORKED_EXAMPLE[5])
            anew.write(points)

    world.rebuilt(Interrupted())
    assert sums(anew, "journey_end", "outcome") == {("completed",): 1}


def test_refused_points_are_counted_by_a_rebuild_and_not_set_aside_again() -> None:
    world = World()
    world.series.poison = {"s-A-5T20:00"}
    world.lives(END, *WORKED_EXAMPLE)
    assert world.rebuilt(world.series).refused == 1
    with world.state.reader() as unit:
        assert len(unit.refused(0, 9)) == 1


# Replicas.


class Taking:
    """Turns that somebody hands out."""

    def __init__(self) -> None:
        self.turn = Turn.ANOTHERS

    def take(self) -> Turn:
        return self.turn


def test_only_the_replica_whose_turn_it_is_projects() -> None:
    turns = Taking()
    world = World()
    world.turns = turns
    world.restart()
    world.happens(*WORKED_EXAMPLE).rounds(END)
    assert world.series.writes == []
    turns.turn = Turn.MINE
    world.rounds(END)
    assert len(world.points("scan")) == 5


def test_a_replica_that_had_lost_its_turn_looks_at_what_was_told_meanwhile() -> None:
    one, other = World(), World()
    other.state, other.series, turns = one.state, one.series, Taking()
    other.restart()
    one.turns = turns
    turns.turn = Turn.MINE
    one.restart()
    arrival = scan("A", "3T00:00", "arriving", "HUB")
    one.lives(
        "3T00:00",
        ("1T00:00", announcement("A", "1T00:00")),
        ("2T00:00", scan("A", "2T00:00", "departing", "CP1")),
        ("3T00:00", arrival),
    )
    turns.turn = Turn.ANOTHERS
    one.rounds("3T00:00")
    earlier = scan("A", "2T12:00", "arriving", "HUB")
    other.lives("4T00:00", ("4T00:00", earlier))
    turns.turn = Turn.MINE
    void = {"id": "v1", "at": rfc("5T00:00"), "voids": [earlier[1]["id"]]}
    happen(one.state, ("5T00:00", ("device/scan-1/scan", void)))
    one.rounds("5T00:00")
    assert sums(one.series, "leg", "to_site") == {("HUB",): 1}
