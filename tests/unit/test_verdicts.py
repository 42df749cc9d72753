"""What the worker hears about a scan, by what is known then (tracking.md section 6)."""

import pytest

from gateway.tracking.model import Verdict
from gateway.tracking.plan import Container
from gateway.tracking.verdicts import next_of, verdict, worst
from tests.unit.builders import Facts, network, route, stop, t, told

NETWORK = network(
    route(
        "R",
        stop("CP", dwell="24h"),
        stop("HUB", transit="24h", dwell="12h"),
        stop("SORT", optional=True, transit="6h"),
        stop("PLANT", transit="48h", steps="receiving"),
        due_within="20d",
    ),
    containers=[Container("CRATE", None, "R")],
)


def heard(facts: Facts, subject: str = "A") -> str:
    """The verdict on the newest scan, as it is taken in."""
    newest = facts.scans(subject)[-1]
    assessment = facts.assess(subject, told(max(newest.at, t("1 Mar 00:00"))))
    return verdict(newest, facts.scans(subject), assessment).value


@pytest.fixture
def facts() -> Facts:
    made = Facts(NETWORK)
    made.announce("1 Mar 00:00", "A", "R")
    made.scan("2 Mar 08:00", "collecting", "CP", "A")
    return made


@pytest.mark.parametrize(
    ("at", "step", "site", "expected"),
    [
        pytest.param("2 Mar 09:00", "storing", "CP", "ok", id="where it is"),
        pytest.param("2 Mar 09:00", "arriving", "HUB", "ok", id="at its next stop"),
        pytest.param(
            "2 Mar 09:00", "collecting", "CP", "repeated", id="the same step at the same site again"
        ),
        pytest.param("2 Mar 09:00", "collecting", "HUB", "ok", id="the same step elsewhere"),
        pytest.param("4 Mar 08:00", "arriving", "HUB", "ok", id="at the latest arrival"),
        pytest.param("4 Mar 08:01", "arriving", "HUB", "late", id="later than that"),
        pytest.param("22 Mar 08:00", "storing", "CP", "late", id="when overdue"),
        pytest.param("2 Mar 09:00", "receiving", "PLANT", "skipped_stop", id="past a stop"),
        pytest.param("2 Mar 09:00", "arriving", "SORT", "skipped_stop", id="past a stop, at an optional one"),
        pytest.param("2 Mar 09:00", "arriving", "ELSEWHERE", "misrouted", id="off its route"),
    ],
)
def test_a_scan_is_told_what_it_is(facts: Facts, at: str, step: str, site: str, expected: str) -> None:
    facts.scan(at, step, site, "A")
    assert heard(facts) == expected


def test_the_worst_of_a_scans_items_is_its_own() -> None:
    assert worst([Verdict.LATE, Verdict.MISROUTED, Verdict.OK]) is Verdict.MISROUTED
    assert worst([]) is Verdict.OK
    assert [each.value for each in Verdict] == (
        ["ok", "repeated", "late", "unexpected", "skipped_stop", "backtracked", "misrouted", "ended"]
    )


def test_going_back_is_told(facts: Facts) -> None:
    facts.scan("2 Mar 20:00", "arriving", "HUB", "A")
    facts.scan("3 Mar 08:00", "arriving", "CP", "A")
    assert heard(facts) == "backtracked"


def test_what_nobody_announced_is_unexpected(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "collecting", "CP", "Z")
    assert heard(facts, "Z") == "unexpected"


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        pytest.param("PLANT", "ok", id="where it ended it may lie"),
        pytest.param("HUB", "ended", id="elsewhere it should not be"),
    ],
)
def test_after_its_end_a_return_should_not_be_elsewhere(facts: Facts, site: str, expected: str) -> None:
    facts.scan("2 Mar 20:00", "arriving", "HUB", "A")
    facts.scan("3 Mar 20:00", "receiving", "PLANT", "A")
    assert heard(facts) == "ok"
    facts.scan("4 Mar 20:00", "storing", site, "A")
    assert heard(facts) == expected


def test_a_scan_that_comes_late_is_judged_by_its_place_before_the_end(facts: Facts) -> None:
    facts.scan("3 Mar 20:00", "receiving", "PLANT", "A")
    late = facts.scan("2 Mar 20:00", "arriving", "HUB", "A")
    own = next(each for each in facts.scans("A") if each.id == late.id)
    assert verdict(own, facts.scans("A"), facts.assess("A", "4 Mar 00:00")) is Verdict.OK


def test_a_cancelled_return_has_ended(facts: Facts) -> None:
    facts.announce("2 Mar 09:00", "A", "R", cancelled=True)
    facts.scan("2 Mar 20:00", "arriving", "HUB", "A")
    assert heard(facts) == "ended"


@pytest.mark.parametrize(
    ("site", "expected"),
    [pytest.param("CP", "ok", id="where it was destroyed"), pytest.param("HUB", "ended", id="elsewhere")],
)
def test_what_was_destroyed_has_ended(facts: Facts, site: str, expected: str) -> None:
    facts.scan("2 Mar 09:00", "destroying", "CP", "A")
    facts.scan("2 Mar 20:00", "arriving", site, "A")
    assert heard(facts) == expected


def test_a_container_has_the_verdict_of_its_own_journey(facts: Facts) -> None:
    facts.scan("2 Mar 08:00", "arriving", "CP", into="CRATE")
    assert heard(facts, "CRATE") == "ok"
    facts.scan("2 Mar 09:00", "arriving", "ELSEWHERE", into="CRATE")
    assert heard(facts, "CRATE") == "misrouted"
    facts.scan("2 Mar 09:00", "arriving", "ELSEWHERE", into="CAGE")
    assert heard(facts, "CAGE") == "ok"


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param([], (("CP",), None), id="before it was seen its first stop"),
        pytest.param(["2 Mar 08:00 departing CP"], (("HUB",), "3 Mar 08:00"), id="then the next, by when"),
        pytest.param(["2 Mar 08:00 departing HUB"], (("PLANT",), "4 Mar 14:00"), id="past an optional one"),
        pytest.param(["2 Mar 08:00 receiving PLANT"], None, id="none once it is completed"),
        pytest.param(["2 Mar 08:00 arriving PLANT"], None, id="nor at the last stop"),
    ],
)
def test_where_it_goes_next(scans: list[str], expected: tuple[tuple[str, ...], str | None] | None) -> None:
    facts = Facts(NETWORK)
    facts.announce("1 Mar 00:00", "A", "R")
    for text in scans:
        day, month, clock, step, site = text.split()
        facts.scan(f"{day} {month} {clock}", step, site, "A")
    ahead = next_of(facts.assess("A", "2 Mar 09:00"), NETWORK)
    assert (ahead and (ahead.sites, None if ahead.by is None else told(ahead.by))) == expected


def test_what_nobody_announced_goes_nowhere() -> None:
    facts = Facts(NETWORK)
    facts.scan("2 Mar 08:00", "collecting", "CP", "Z")
    assert next_of(facts.assess("Z", "2 Mar 09:00"), NETWORK) is None
