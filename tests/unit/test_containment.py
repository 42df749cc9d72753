"""Containment by timelines: who is in what and until when (tracking.md section 2), and what unpacking says of it."""

import pytest

from gateway.tracking.containment import container_at, held
from tests.unit.builders import Facts, network, route, stop, t, told

NETWORK = network(
    route("R", stop("CP"), stop("HUB", transit="24h", unpack=True), stop("PLANT", transit="24h"))
)


def timeline(text: str) -> Facts:
    """Lines such as `08:00 packing HUB A,B > TOTE`: time of 2 March, step, site, items or `-`, and the container."""
    facts = Facts(NETWORK)
    for line in text.strip().splitlines():
        clock, step, site, items, *container = line.replace(">", "").split()
        named = () if items == "-" else items.split(",")
        facts.scan(f"2 Mar {clock}", step, site, *named, into=container[0] if container else None)
    return facts


def stays(facts: Facts, item: str, now: str = "3 Mar 12:00") -> list[str]:
    """`TOTE 08:00-10:00`, or `TOTE 08:00- short` where an unpacking found it gone; open ends have no time."""
    found = []
    for each in held(item, facts.at(now)):
        until = "" if each.until is None else told(each.until).split()[-1]
        since = told(each.stay.since[0]).split()[-1]
        found.append(f"{each.stay.container} {since}-{until}{' short' if each.short else ''}")
    return found


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param("08:00 packing CP A > TOTE", ["TOTE 08:00-"], id="packed is in"),
        pytest.param("08:00 packing CP A", [], id="packed into nothing is not"),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 packing CP A > BOX",
            ["TOTE 08:00-10:00", "BOX 10:00-"],
            id="packed elsewhere it leaves",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 unpacking HUB A",
            ["TOTE 08:00-10:00"],
            id="unpacked it leaves, whoever names the container",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 receiving HUB A",
            ["TOTE 08:00-10:00"],
            id="handled by itself it must have left",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 receiving HUB A > TOTE",
            ["TOTE 08:00-"],
            id="handled with its container it is still in",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 receiving HUB A > BOX",
            ["TOTE 08:00-10:00"],
            id="handled with another container it has left",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 arriving HUB A",
            ["TOTE 08:00-"],
            id="a step that does not handle the article says nothing",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 unpacking HUB - > TOTE",
            ["TOTE 08:00-10:00"],
            id="an all out empties it",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n10:00 unpacking HUB - > BOX",
            ["TOTE 08:00-"],
            id="an all out of another does not",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n08:00 unpacking HUB A > TOTE",
            ["TOTE 08:00-08:00"],
            id="in and out at one instant is in for none",
        ),
        pytest.param(
            "08:00 packing CP A > TOTE\n09:00 packing CP A > TOTE\n10:00 unpacking HUB A",
            ["TOTE 08:00-10:00"],
            id="packed again where it is, it stays",
        ),
    ],
)
def test_an_item_is_in_a_container_from_packing_to_leaving(scans: str, expected: list[str]) -> None:
    assert stays(timeline(scans), "A") == expected


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param("08:00 packing CP TOTE > TOTE", [], id="into itself"),
        pytest.param("08:00 packing CP BOX > TOTE\n09:00 packing CP TOTE > BOX", [], id="into what is in it"),
        pytest.param(
            "08:00 packing CP BOX > TOTE\n08:30 packing CP CRATE > BOX\n09:00 packing CP TOTE > CRATE",
            [],
            id="into what is in what is in it",
        ),
        pytest.param(
            "08:00 packing CP BOX > TOTE\n08:30 unpacking CP BOX\n09:00 packing CP TOTE > BOX",
            ["BOX 09:00-"],
            id="but into what was in it before",
        ),
    ],
)
def test_no_container_is_put_into_itself(scans: str, expected: list[str]) -> None:
    assert stays(timeline(scans), "TOTE") == expected


PACKED = "08:00 packing CP A,B,C > TOTE\n10:00 unpacking HUB A > TOTE\n"
"""A is unpacked where all are due out; the window passes at 12:00."""


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param("", ["TOTE 08:00-10:00 short"], id="never seen since, it is short"),
        pytest.param(
            "11:00 unpacking HUB B > TOTE",
            ["TOTE 08:00-11:00"],
            id="unpacked within the window it is not",
        ),
        pytest.param(
            "15:00 unpacking HUB B", ["TOTE 08:00-15:00"], id="unpacked later it was still in until then"
        ),
        pytest.param(
            "15:00 arriving PLANT B", ["TOTE 08:00-10:00"], id="seen otherwise it had left as unpacking began"
        ),
        pytest.param(
            "11:00 receiving HUB B", ["TOTE 08:00-11:00"], id="handled within the window it leaves then"
        ),
        pytest.param(
            "13:00 packing HUB B > TOTE",
            ["TOTE 08:00-10:00", "TOTE 13:00-"],
            id="packed again after the end it is in again",
        ),
        pytest.param(
            "11:00 unpacking HUB - > TOTE", ["TOTE 08:00-10:00 short"], id="an all out ends it at once"
        ),
        pytest.param(
            "11:00 unpacking HUB - > TOTE\n15:00 unpacking HUB B",
            ["TOTE 08:00-11:00"],
            id="unpacked after the all out it left with the all out",
        ),
    ],
)
def test_what_an_unpacking_leaves_is_judged_by_what_is_known_of_it_since(
    later: str, expected: list[str]
) -> None:
    facts = timeline(PACKED + later)
    for item in ("A", "B", "C"):
        facts.announce("1 Mar 08:00", item, "R")
    assert stays(facts, "B") == expected


def test_nothing_is_judged_before_the_end_and_everything_at_it() -> None:
    facts = timeline(PACKED)
    facts.announce("1 Mar 08:00", "B", "R")
    assert stays(facts, "B", "2 Mar 11:59") == ["TOTE 08:00-"]
    assert stays(facts, "B", "2 Mar 12:00") == ["TOTE 08:00-10:00 short"]


def test_only_what_is_due_out_at_the_site_is_missed() -> None:
    facts = timeline(PACKED)
    facts.announce("1 Mar 08:00", "A", "R")
    assert stays(facts, "B") == ["TOTE 08:00-"], "nobody announced it, so nobody knows where it is due"


def test_each_further_scan_extends_the_unpacking() -> None:
    facts = timeline(PACKED + "11:30 unpacking HUB C > TOTE")
    facts.announce("1 Mar 08:00", "B", "R")
    assert stays(facts, "B", "2 Mar 13:29") == ["TOTE 08:00-"]
    assert stays(facts, "B", "2 Mar 13:30") == ["TOTE 08:00-10:00 short"]


def test_a_scan_at_the_end_begins_another_unpacking() -> None:
    facts = timeline(PACKED + "12:00 unpacking HUB C > TOTE")
    begins = [told(each.begin[0]) for each in facts.unpackings("TOTE")]
    assert begins == ["2 Mar 10:00", "2 Mar 12:00"]


def test_a_scan_without_container_unpacks_each_container_that_its_items_are_in() -> None:
    facts = timeline("08:00 packing CP A > TOTE\n08:00 packing CP B > BOX\n10:00 unpacking HUB A,B,C")
    assert [each.container for each in facts.course()[1]] == ["BOX", "TOTE"]


@pytest.mark.parametrize(
    ("scans", "over"),
    [
        pytest.param("10:00 unpacking HUB A,X > TOTE", ["X"], id="what was not in is over"),
        pytest.param("10:00 unpacking HUB A,A > TOTE", [], id="what was in is not"),
        pytest.param(
            "10:00 unpacking HUB A > TOTE\n10:30 unpacking HUB A > TOTE",
            [],
            id="nor what was taken out already",
        ),
        pytest.param(
            "10:00 unpacking HUB B > TOTE\n10:10 packing HUB X > TOTE\n10:30 unpacking HUB X > TOTE",
            [],
            id="nor what was put in meanwhile",
        ),
        pytest.param(
            "10:00 unpacking HUB B > TOTE\n10:10 packing HUB X > TOTE\n10:30 unpacking HUB X\n"
            "10:40 unpacking HUB X > TOTE",
            [],
            id="and taken out again by a scan that did not name the container",
        ),
        pytest.param("10:00 unpacking HUB A,X", [], id="no container named, nothing is over"),
    ],
)
def test_over_is_what_a_scan_takes_out_of_a_container_that_it_was_not_in(scans: str, over: list[str]) -> None:
    facts = timeline("08:00 packing CP A,B > TOTE\n" + scans)
    assert [each.item for unpacking in facts.unpackings("TOTE") for each in unpacking.over] == over


def test_of_two_unpackings_the_one_that_ends_first_judges_first() -> None:
    # The all out at PLANT comes while the window at HUB is still open, but HUB's began earlier.
    facts = timeline(
        "08:00 packing CP A,B > TOTE\n10:00 unpacking HUB A > TOTE\n10:30 unpacking PLANT X > TOTE\n"
        "11:00 unpacking PLANT - > TOTE"
    )
    facts.announce("1 Mar 08:00", "B", "R")
    assert stays(facts, "B") == ["TOTE 08:00-10:30 short"]


def test_a_container_in_a_container_is_missed_only_at_an_all_out() -> None:
    facts = timeline("08:00 packing CP BOX > CAGE\n08:00 packing CP A > BOX\n10:00 unpacking HUB X > CAGE")
    assert stays(facts, "BOX") == ["CAGE 08:00-"]
    facts.scan("2 Mar 11:00", "unpacking", "HUB", into="CAGE")
    assert stays(facts, "BOX") == ["CAGE 08:00-10:00 short"]


def test_a_position_of_a_container_says_that_it_was_not_lost() -> None:
    facts = timeline(
        "08:00 packing CP BOX > CAGE\n10:00 unpacking HUB X > CAGE\n11:00 unpacking HUB - > CAGE"
    )
    facts.fix("2 Mar 10:20", "BOX", "ELSEWHERE")
    assert stays(facts, "BOX") == ["CAGE 08:00-10:00"]
    facts.scan("2 Mar 10:10", "unpacking", "HUB", "BOX")
    assert stays(facts, "BOX") == ["CAGE 08:00-10:10"], "the scan was before the position"


def test_where_something_is_is_asked_at_an_instant() -> None:
    facts = timeline("08:00 packing CP A > TOTE\n10:00 unpacking HUB A")
    known = held("A", facts.at("3 Mar 00:00"))
    at = {clock: container_at(known, t(f"2 Mar {clock}")) for clock in ("07:59", "08:00", "09:59", "10:00")}
    assert at == {"07:59": None, "08:00": "TOTE", "09:59": "TOTE", "10:00": None}


def test_an_earlier_moment_judges_by_what_was_said_by_then() -> None:
    facts = timeline(PACKED + "13:00 packing HUB B > TOTE\n15:00 unpacking PLANT B")
    facts.announce("1 Mar 08:00", "B", "R")
    other = route("AROUND", stop("CP"), stop("PLANT", transit="24h"))
    facts.network = network(*NETWORK.routes.values(), other)
    facts.announce("2 Mar 20:00", "B", "AROUND")
    assert stays(facts, "B") == ["TOTE 08:00-15:00"], "by its new route it was not due out at the hub"
    then = facts.at("3 Mar 00:00").as_of(t("2 Mar 19:00"))
    known = [(told(each.stay.since[0]), each.until and told(each.until)) for each in held("B", then)]
    assert known == [("2 Mar 08:00", "2 Mar 10:00"), ("2 Mar 13:00", "2 Mar 15:00")]
