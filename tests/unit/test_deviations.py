"""Deviations as tables: what is true of a return or container, since when, by what is known (tracking.md section 4)."""

import pytest

from gateway.tracking.plan import Container, ContainerType, Limits, Site
from tests.unit.builders import Facts, daily, kinds, network, route, stop, t

ROUTE = route(
    "R",
    stop("CP", dwell="24h"),
    stop("HUB", transit="24h", dwell="12h", unpack=True),
    stop("PLANT", transit="48h"),
    collect_within="72h",
    due_within="10d",
    missing_after="72h",
)
LEGAL = route("LEGAL", stop("CP"), stop("PLANT", transit="9d"), due_kind="legal", due_within="5d")
WORKING = route("WORKING", stop("OFFICE", working="12h"), stop("PLANT", transit="1d"))
NETWORK = network(
    ROUTE,
    LEGAL,
    WORKING,
    containers=[Container("DRUM", "drum"), Container("CRATE", None, "R")],
    types=[ContainerType("drum", {"temperature_c": Limits(-10, 40), "shock_g": Limits(max=8)})],
    sites=[
        Site("OFFICE", 49.0, 9.0, calendar=daily("office", (8, 18))),
        Site("NEAR", 49.05, 9.0),
        Site("FAR", -33.0, 151.0),
    ],
)


@pytest.fixture
def facts() -> Facts:
    """A is announced on 1 March at midnight."""
    made = Facts(NETWORK)
    made.announce("1 Mar 00:00", "A", "R")
    return made


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("3 Mar 23:59", [], id="not before its deadline"),
        pytest.param("4 Mar 00:00", ["not_collected since 4 Mar 00:00"], id="at its own instant"),
    ],
)
def test_what_is_announced_is_to_be_collected(facts: Facts, now: str, expected: list[str]) -> None:
    assert kinds(facts.assess("A", now)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("3 Mar 07:59", [], id="within the dwell"),
        pytest.param("3 Mar 08:00", ["overdwell 0 since 3 Mar 08:00"], id="past it"),
        pytest.param(
            "4 Mar 08:00",
            ["delayed 1 since 4 Mar 08:00", "overdwell 0 since 3 Mar 08:00"],
            id="and past the latest arrival at the next stop",
        ),
        pytest.param(
            "5 Mar 08:00",
            ["delayed 1 since 4 Mar 08:00", "missing since 5 Mar 08:00", "overdwell 0 since 3 Mar 08:00"],
            id="and not heard of for long",
        ),
        pytest.param(
            "12 Mar 08:00",
            [
                "delayed 1 since 4 Mar 08:00",
                "missing since 5 Mar 08:00",
                "overdue since 12 Mar 08:00",
                "overdwell 0 since 3 Mar 08:00",
            ],
            id="and past its due",
        ),
    ],
)
def test_time_alone_makes_it_worse(facts: Facts, now: str, expected: list[str]) -> None:
    facts.scan("2 Mar 08:00", "collecting", "CP", "A")
    assert kinds(facts.assess("A", now)) == expected


def test_what_an_announcement_says_is_due_is_due_even_unseen(facts: Facts) -> None:
    facts.announce("2 Mar 00:00", "A", "R", due_at=t("2 Mar 12:00"))
    assert kinds(facts.assess("A", "3 Mar 00:00")) == ["overdue since 2 Mar 12:00"]


def test_a_legal_due_is_critical(facts: Facts) -> None:
    facts.announce("1 Mar 00:00", "B", "LEGAL")
    facts.scan("2 Mar 08:00", "collecting", "CP", "B")
    (overdue,) = facts.assess("B", "7 Mar 08:00").deviations
    assert overdue.severity.word == "critical"


def test_working_time_counts_only_opening_hours(facts: Facts) -> None:
    facts.announce("1 Mar 00:00", "B", "WORKING")
    facts.scan("2 Mar 16:00", "collecting", "OFFICE", "B")
    assert kinds(facts.assess("B", "3 Mar 17:59")) == []
    assert kinds(facts.assess("B", "3 Mar 18:00")) == ["overdwell 0 since 3 Mar 18:00"]


@pytest.mark.parametrize("end", ["receiving PLANT", "cancelled"])
def test_a_completed_or_cancelled_trip_has_no_deviations_of_a_journey(facts: Facts, end: str) -> None:
    facts.scan("2 Mar 08:00", "arriving", "HUB", "A")
    assert kinds(facts.assess("A", "2 Mar 09:00")) == ["skipped 0 since 2 Mar 08:00"]
    if end == "cancelled":
        facts.announce("3 Mar 08:00", "A", "R", cancelled=True)
    else:
        facts.scan("3 Mar 08:00", *end.split(), "A")
    assert kinds(facts.assess("A", "30 Mar 00:00")) == []


def test_a_position_of_its_container_is_a_sign_of_life(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "packing", "CP", "A", into="DRUM")
    facts.fix("4 Mar 20:00", "DRUM", "ELSEWHERE")
    assert "missing since 5 Mar 08:00" not in kinds(facts.assess("A", "5 Mar 09:00"))
    assert "missing since 7 Mar 20:00" in kinds(facts.assess("A", "8 Mar 00:00"))


def test_nothing_is_heard_of_what_had_left_the_container(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "packing", "CP", "A", into="DRUM")
    facts.scan("2 Mar 09:00", "unpacking", "CP", "A")
    facts.fix("4 Mar 20:00", "DRUM", "ELSEWHERE")
    assert "missing since 5 Mar 09:00" in kinds(facts.assess("A", "5 Mar 10:00"))


def test_what_is_found_short_is_missing_since_the_end_of_the_unpacking(facts: Facts) -> None:
    facts.announce("1 Mar 00:00", "B", "R")
    facts.scan("2 Mar 08:00", "packing", "CP", "A", "B", into="DRUM")
    facts.scan("2 Mar 20:00", "arriving", "HUB", into="DRUM")
    facts.scan("2 Mar 21:00", "unpacking", "HUB", "B", into="DRUM")
    assert kinds(facts.assess("A", "2 Mar 22:59")) == []
    assert kinds(facts.assess("A", "2 Mar 23:00")) == ["missing since 2 Mar 23:00"]
    assert kinds(facts.assess("DRUM", "2 Mar 23:00")) == ["count_mismatch since 2 Mar 23:00"]
    facts.scan("3 Mar 07:00", "storing", "HUB", "A")
    assert kinds(facts.assess("A", "3 Mar 07:00")) == kinds(facts.assess("DRUM", "3 Mar 07:00")) == []


def test_short_on_an_earlier_trip_is_history(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "packing", "CP", "A", into="DRUM")
    facts.scan("2 Mar 21:00", "unpacking", "HUB", "X", into="DRUM")
    facts.announce("3 Mar 00:00", "A", "R", cancelled=True)
    facts.announce("4 Mar 00:00", "A", "R")
    assert kinds(facts.assess("A", "5 Mar 00:00")) == []


def test_a_container_without_a_journey_is_missing_only_if_found_short() -> None:
    facts = Facts(NETWORK)
    facts.scan("2 Mar 08:00", "packing", "CP", "DRUM", into="CAGE")
    facts.scan("2 Mar 21:00", "unpacking", "HUB", "X", into="CAGE")
    facts.scan("2 Mar 22:00", "unpacking", "HUB", into="CAGE")
    assert kinds(facts.assess("DRUM", "30 Mar 00:00")) == ["missing since 2 Mar 22:00"]
    assert kinds(facts.assess("CAGE", "30 Mar 00:00")) == ["count_mismatch since 2 Mar 22:00"]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param("packing DRUM", [], id="packed anew its count is of yesterday"),
        pytest.param("arriving DRUM", ["count_mismatch since 2 Mar 12:00"], id="anything else leaves it"),
    ],
)
def test_a_mismatch_lasts_until_the_container_is_packed_again(later: str, expected: list[str]) -> None:
    facts = Facts(NETWORK)
    facts.scan("2 Mar 10:00", "unpacking", "HUB", "X", into="DRUM")
    step, container = later.split()
    facts.scan("2 Mar 10:30", step, "HUB", "Y", into=container)
    assert kinds(facts.assess("DRUM", "2 Mar 13:00")) == expected


def test_only_the_latest_unpacking_counts() -> None:
    facts = Facts(NETWORK)
    facts.scan("2 Mar 08:00", "packing", "CP", "A", into="DRUM")
    facts.scan("2 Mar 10:00", "unpacking", "HUB", "X", into="DRUM")
    facts.scan("3 Mar 10:00", "unpacking", "PLANT", "A", into="DRUM")
    assert kinds(facts.assess("DRUM", "2 Mar 12:00")) == ["count_mismatch since 2 Mar 12:00"]
    assert kinds(facts.assess("DRUM", "3 Mar 11:59")) == ["count_mismatch since 2 Mar 12:00"]
    assert kinds(facts.assess("DRUM", "3 Mar 12:00")) == []


def test_an_excursion_undoes_itself_only_by_inspection() -> None:
    facts = Facts(NETWORK)
    facts.fix("2 Mar 08:00", "DRUM", "CP", sensors=(("temperature_c", 45.0), ("shock_g", 3.0)))
    facts.fix("2 Mar 09:00", "DRUM", "CP", sensors=(("temperature_c", 20.0), ("shock_g", 9.0)))
    assert kinds(facts.assess("DRUM", "2 Mar 10:00")) == [
        "excursion shock_g since 2 Mar 09:00",
        "excursion temperature_c since 2 Mar 08:00",
    ]
    facts.scan("2 Mar 08:30", "inspecting", "CP", into="DRUM")
    assert kinds(facts.assess("DRUM", "2 Mar 10:00")) == ["excursion shock_g since 2 Mar 09:00"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2 Mar 08:59", [], id="within the grace somebody may still announce it"),
        pytest.param("2 Mar 09:00", ["unexpected since 2 Mar 08:00"], id="then it is unexpected"),
        pytest.param("5 Apr 09:59", ["unexpected since 2 Mar 08:00"], id="for as long as it turns up"),
        pytest.param("5 Apr 10:00", [], id="and forgotten some time after"),
    ],
)
def test_what_nobody_announced_is_unexpected(now: str, expected: list[str]) -> None:
    facts = Facts(NETWORK)
    facts.scan("2 Mar 08:00", "storing", "CP", "Z")
    facts.scan("6 Mar 10:00", "storing", "CP", "Z")
    assert kinds(facts.assess("Z", now)) == expected


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param(["destroying PLANT", "storing PLANT"], [], id="where it ended it may lie"),
        pytest.param(
            ["destroying PLANT", "storing CP"],
            ["seen_after_end since 2 Mar 09:00"],
            id="elsewhere is a ghost",
        ),
        pytest.param(
            ["storing PLANT destroyed", "storing CP"], ["seen_after_end since 2 Mar 09:00"], id="destroyed"
        ),
        pytest.param(
            ["storing PLANT disposed", "storing CP"], ["seen_after_end since 2 Mar 09:00"], id="disposed of"
        ),
        pytest.param(
            ["destroying PLANT", "storing PLANT", "storing CP", "storing HUB"],
            ["seen_after_end since 2 Mar 10:00"],
            id="since the first such scan",
        ),
        pytest.param(["storing PLANT damaged", "storing CP"], [], id="damaged goods travel"),
    ],
)
def test_what_was_destroyed_is_not_seen_elsewhere(
    facts: Facts, scans: list[str], expected: list[str]
) -> None:
    for hour, text in enumerate(scans, 8):
        step, site, *disposition = text.split()
        facts.scan(
            f"2 Mar {hour:02d}:00", step, site, "A", disposition=disposition[0] if disposition else None
        )
    ghosts = [each for each in kinds(facts.assess("A", "2 Mar 20:00")) if "seen_after_end" in each]
    assert ghosts == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param("08:00 CP", "08:00 HUB", True, id="no time at all is too fast"),
        pytest.param("08:00 OFFICE", "08:00 NEAR", False, id="unless they are within ten kilometres"),
        pytest.param("08:00 CP", "08:06 HUB", True, id="a hundred kilometres in six minutes"),
        pytest.param("08:00 CP", "08:10 HUB", False, id="in ten they may fly"),
        pytest.param("08:00 CP", "20:00 FAR", True, id="to the antipodes in half a day"),
    ],
)
def test_nothing_travels_faster_than_it_can(facts: Facts, first: str, second: str, expected: bool) -> None:
    for text in (first, second):
        clock, site = text.split()
        facts.scan(f"2 Mar {clock}", "storing", site, "A")
    fast = [each for each in kinds(facts.assess("A", "2 Mar 20:00")) if "impossible_travel" in each]
    assert bool(fast) is expected


def test_a_container_with_a_route_has_a_journey_once_it_is_seen() -> None:
    facts = Facts(NETWORK)
    assert kinds(facts.assess("CRATE", "30 Mar 00:00")) == []
    facts.scan("2 Mar 08:00", "storing", "CP", into="CRATE")
    assert kinds(facts.assess("CRATE", "3 Mar 08:00")) == ["overdwell 0 since 3 Mar 08:00"]
    facts.fix("10 Mar 08:00", "CRATE", "ELSEWHERE")
    assert "missing since 13 Mar 08:00" in kinds(facts.assess("CRATE", "14 Mar 08:00"))


def test_the_next_look_is_at_the_next_deadline(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "collecting", "CP", "A")
    looks = [facts.assess("A", now).look_again for now in ("2 Mar 09:00", "3 Mar 08:00", "30 Mar 00:00")]
    assert looks == [t("3 Mar 08:00"), t("4 Mar 08:00"), None]
