"""Trips: which sightings count for the journey of today, of a return and of a container (tracking.md section 3)."""

import pytest

from gateway.tracking.plan import Container
from gateway.tracking.trips import Trip
from tests.unit.builders import Facts, network, route, stop, t, told

THERE = route(
    "THERE", stop("CP", dwell="9d"), stop("HUB", transit="9d", dwell="9d"), stop("PLANT", transit="9d")
)
BACK = route("BACK", stop("PLANT", dwell="9d"), stop("CP", transit="9d"))
LOOP = route(
    "LOOP", stop("CP", dwell="9d"), stop("PLANT", transit="9d", dwell="9d"), stop("CP", transit="9d")
)
NETWORK = network(
    THERE, BACK, LOOP, containers=[Container("CRATE", None, "LOOP"), Container("BOX", None, "THERE")]
)


def trips(facts: Facts, subject: str = "A") -> list[Trip]:
    return list(facts.assess(subject, "30 Mar 00:00").trips)


def status(facts: Facts, subject: str = "A") -> str | None:
    return facts.assess(subject, "30 Mar 00:00").status


@pytest.fixture
def facts() -> Facts:
    """A is announced on 1 March to go THERE."""
    made = Facts(NETWORK)
    made.announce("1 Mar 08:00", "A", "THERE")
    return made


def test_the_first_trip_counts_whatever_was_seen_before_it_was_announced(facts: Facts) -> None:
    facts.scan("1 Feb 08:00", "collecting", "CP", "A")
    assert [each.begin for each in trips(facts)] == [None]
    assert told(trips(facts)[0].journey.arrived[0].at) == "1 Feb 08:00"


def test_a_further_announcement_replaces_what_was_said_also_by_its_absence(facts: Facts) -> None:
    facts.events.clear()
    facts.announce("1 Mar 08:00", "A", "THERE", due_at=t("9 Mar 08:00"))
    facts.scan("2 Mar 08:00", "collecting", "CP", "A")
    facts.announce("3 Mar 08:00", "A", "BACK")
    (trip,) = trips(facts)
    assert (trip.journey.route.id, trip.due_at, trip.announced_at) == ("BACK", None, t("1 Mar 08:00"))


def test_what_is_cancelled_can_be_taken_up_only_by_another_trip(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "collecting", "CP", "A")
    facts.announce("3 Mar 08:00", "A", "THERE", cancelled=True)
    assert status(facts) == "cancelled"
    facts.announce("4 Mar 08:00", "A", "THERE", cancelled=True)
    assert len(trips(facts)) == 1, "a cancelled one begins nothing"
    facts.announce("5 Mar 08:00", "A", "THERE")
    assert [each.begin for each in trips(facts)] == [None, t("5 Mar 08:00")]
    assert status(facts) == "announced", "what was seen before counts for the trip before"


def test_a_completed_trip_is_not_amended_but_followed(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "receiving", "PLANT", "A")
    facts.announce("2 Mar 08:00", "A", "BACK")
    assert len(trips(facts)) == 1, "the completing sighting was not earlier than the announcement"
    facts.announce("5 Mar 08:00", "A", "THERE")
    assert [each.number for each in trips(facts)] == [1]
    facts.scan("2 Mar 09:00", "receiving", "CP", "A")
    assert [each.number for each in trips(facts)] == [1, 2], "by the route as amended it had ended by then"


def test_a_cancellation_after_the_completion_says_nothing(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "receiving", "PLANT", "A")
    facts.announce("5 Mar 08:00", "A", "THERE", cancelled=True)
    assert status(facts) == "completed"


@pytest.mark.parametrize(
    ("site", "begins"),
    [
        pytest.param("CP", "4 Mar 08:00", id="goods handed in before their announcement begin the trip"),
        pytest.param("PLANT", "5 Mar 08:00", id="a leftover at the last stop does not"),
        pytest.param("HUB", "5 Mar 08:00", id="nor does another stop"),
    ],
)
def test_a_later_trip_begins_with_its_announcement_or_goods_handed_in_before(
    facts: Facts, site: str, begins: str
) -> None:
    facts.scan("2 Mar 08:00", "receiving", "PLANT", "A")
    facts.scan("4 Mar 08:00", "storing", site, "A")
    facts.announce("5 Mar 08:00", "A", "THERE")
    begin = trips(facts)[-1].begin
    assert begin is not None
    assert told(begin) == begins


def test_where_a_trip_starts_at_the_end_of_the_one_before_what_is_seen_there_is_a_leftover(
    facts: Facts,
) -> None:
    facts.scan("2 Mar 08:00", "receiving", "PLANT", "A")
    facts.scan("4 Mar 08:00", "storing", "PLANT", "A")
    facts.announce("5 Mar 08:00", "A", "BACK")
    assert (status(facts), trips(facts)[-1].begin) == ("announced", t("5 Mar 08:00"))


def test_at_the_instant_of_a_cancellation_and_the_next_announcement_a_sighting_counts(facts: Facts) -> None:
    facts.announce("3 Mar 08:00", "A", "THERE", cancelled=True)
    facts.announce("3 Mar 08:00", "A", "THERE")
    facts.scan("3 Mar 08:00", "collecting", "CP", "A")
    assert status(facts) == "at_stop"


def test_a_trip_on_a_route_that_is_no_more_is_history(facts: Facts) -> None:
    facts.announce("2 Mar 08:00", "A", "GONE")
    facts.announce("3 Mar 08:00", "A", "THERE")
    assert [each.number for each in trips(facts)] == [1, 2]
    assert (status(facts), facts.assess("A", "30 Mar 00:00").deviations) == ("announced", ())


@pytest.mark.parametrize(
    ("later", "stops"),
    [
        pytest.param("storing CP", 2, id="where it came home it rests"),
        pytest.param("departing CP", 0, id="until it leaves"),
        pytest.param("packing CP", 0, id="or is packed again"),
        pytest.param("arriving PLANT", 2, id="elsewhere begins nothing"),
    ],
)
def test_a_containers_next_trip_begins_where_its_loop_begins(later: str, stops: int) -> None:
    facts = Facts(NETWORK)
    for day, site in ((1, "CP"), (2, "PLANT"), (3, "CP")):
        facts.scan(f"{day} Mar 08:00", "arriving", site, into="CRATE")
    step, site = later.split()
    facts.scan("4 Mar 08:00", step, site, into="CRATE")
    assert facts.assess("CRATE", "5 Mar 00:00").stop == stops


def test_where_the_ends_of_a_route_differ_any_sighting_at_its_start_begins_the_next_trip() -> None:
    facts = Facts(NETWORK)
    for day, site in ((1, "CP"), (2, "PLANT"), (3, "HUB"), (4, "CP")):
        facts.scan(f"{day} Mar 08:00", "storing", site, into="BOX")
    assert [(each.number, each.journey.stop, each.begin) for each in trips(facts, "BOX")] == [
        (1, 2, None),
        (2, 0, t("4 Mar 08:00")),
    ]


def test_a_container_that_was_never_seen_has_no_journey() -> None:
    assessment = Facts(NETWORK).assess("CRATE", "1 Mar 00:00")
    assert (assessment.status, assessment.stop, assessment.trip) == (None, None, None)
