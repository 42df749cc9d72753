"""One cause, one alert; and whether an alert that goes was right, or raised for want of data."""

import pytest

from tests.acceptance.timeline import Timeline, day

NETWORK = """
version: 1
defaults: {unpack_window: 2h, announce_grace: 1h}
sites:
  - {id: SHOP, lat: 52.50, lon: 13.40, timezone: UTC}
  - {id: HUB, lat: 52.51, lon: 13.41, timezone: UTC}
  - {id: PLANT, lat: 52.52, lon: 13.42, timezone: UTC}
  - {id: WRONG, lat: 52.53, lon: 13.43, timezone: UTC}
  - {id: DEPOT, lat: 52.54, lon: 13.44, timezone: UTC}
routes:
  - id: FAST
    missing_after: 10d
    stops:
      - {sites: [SHOP], dwell: {max: 1d}}
      - {sites: [HUB], transit: {max: 1d}, dwell: {max: 1d}}
      - {sites: [PLANT], transit: {max: 1d}}
  - id: SLOW
    missing_after: 10d
    stops:
      - {sites: [SHOP], dwell: {max: 1d}}
      - {sites: [HUB], transit: {max: 2d}, dwell: {max: 9d}}
      - {sites: [PLANT], transit: {max: 9d}}
  - id: LEGAL
    missing_after: 2d
    due_kind: legal
    due_within: 3d
    stops: [{sites: [SHOP], dwell: {max: 9d}}, {sites: [PLANT], transit: {max: 1d}}]
  - id: DOWN
    missing_after: 10d
    stops: [{sites: [DEPOT], dwell: {max: 1d}}, {sites: [PLANT], transit: {max: 9d}}]
devices:
  - {id: scan-1, kind: scanner, site: DEPOT, silent_after: 20h}
sources: [{id: erp}]
"""


@pytest.fixture
def line() -> Timeline:
    return Timeline(NETWORK)


def said(line: Timeline, since: int = 0) -> list[str]:
    """The transitions after the first so many, such as `3 08:00 opened A delayed`; devices and sites aside."""
    return [
        f"{day(each.at)} {each.what} {each.alert.subject.id} {each.alert.deviation.kind}"
        + (f" {each.reason}" if each.reason else "")
        for each in line.transitions[since:]
        if each.what != "changed" and each.alert.subject.kind in ("return", "container")
    ]


def pack(line: Timeline, **routes: str) -> None:
    """Articles, each announced on its route, collected and packed into the tote on 1 March, which leaves at noon."""
    for item, route in routes.items():
        line.announce("1 08:00", item, route)
    line.scan("1 09:00", "packing", "SHOP", items=sorted(routes), container="TOTE")
    line.scan("1 12:00", "departing", "SHOP", container="TOTE")


def test_of_two_late_articles_in_a_tote_the_tote_speaks(line: Timeline) -> None:
    pack(line, A="FAST", B="FAST")
    line.until("2 13:00")
    assert said(line) == ["2 12:00 opened TOTE delayed"]


def test_the_second_cause_makes_the_first_alert_the_totes_and_its_end_gives_it_back(line: Timeline) -> None:
    pack(line, A="FAST", B="SLOW")
    line.until("2 13:00")
    assert said(line) == ["2 12:00 opened A delayed"]
    line.until("3 13:00")
    assert sorted(said(line)[1:]) == ["3 12:00 opened TOTE delayed", "3 12:00 resolved A delayed superseded"]
    line.scan("3 14:00", "unpacking", "HUB", item="B")
    assert sorted(said(line)[3:]) == ["3 14:00 opened A delayed", "3 14:00 resolved TOTE delayed evidence"]
    assert line.open() == {("A", "delayed", 1): "2 12:00"}
    first, again = (
        each.alert for each in line.transitions if each.what == "opened" and each.alert.subject.id == "A"
    )
    assert (again.id, again.version > first.version) == (first.id, True), "it is the same alert"


def test_a_tote_in_a_cage_counts_there_with_what_it_says_for_its_contents(line: Timeline) -> None:
    pack(line, A="FAST", B="FAST")
    line.announce("1 13:00", "C", "FAST")
    line.scan("1 13:00", "packing", "HUB", items=["TOTE", "C"], container="CAGE")
    line.scan("1 14:00", "departing", "HUB", container="CAGE")
    line.until("2 15:00")
    assert said(line)[-1] == "2 14:00 opened CAGE delayed"
    assert [each for each in said(line) if "delayed" in each] == ["2 14:00 opened CAGE delayed"]


def test_what_is_due_by_law_is_said_even_of_what_is_missing(line: Timeline) -> None:
    line.announce("1 08:00", "A", "LEGAL")
    line.scan("1 09:00", "departing", "SHOP", item="A")
    line.until("4 10:00")
    assert line.open("A") == {("missing", None): "3 09:00", ("overdue", None): "4 09:00"}
    assert said(line)[:3] == [
        "2 09:00 opened A delayed",
        "3 09:00 resolved A delayed superseded",
        "3 09:00 opened A missing",
    ]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        pytest.param("2 11:00", "retracted", id="a scan from before it opened takes it back"),
        pytest.param("2 15:00", "evidence", id="a scan from after it opened ends it"),
    ],
)
def test_an_alert_raised_for_want_of_data_is_taken_back(line: Timeline, at: str, reason: str) -> None:
    pack(line, A="FAST")
    line.until("2 13:00")
    assert line.open("A") == {("delayed", 1): "2 12:00"}
    line.scan("2 16:00", "arriving", "HUB", at=at, item="A")
    assert line.resolved("A") == [("delayed", 1, reason)]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        pytest.param("1 08:30", "retracted", id="it had been announced in time"),
        pytest.param("1 12:00", "evidence", id="it was announced later"),
    ],
)
def test_what_is_announced_is_unexpected_no_longer(line: Timeline, at: str, reason: str) -> None:
    line.scan("1 09:00", "collecting", "SHOP", item="A")
    line.until("1 11:00")
    line.announce("1 13:00", "A", "SLOW", at=at)
    assert line.resolved("A") == [("unexpected", None, reason)]


def test_a_mistake_voided_was_never_an_alert_and_one_voided_before_it_came_makes_none(line: Timeline) -> None:
    line.announce("1 08:00", "A", "SLOW")
    mistake = line.scan("1 09:00", "arriving", "WRONG", item="A")
    line.void("1 10:00", mistake)
    assert line.resolved("A") == [("misrouted", None, "retracted")]
    line.void("1 11:00", "e-to-come")
    line.scan("1 12:00", "arriving", "WRONG", item="A", id="e-to-come")
    assert (line.open("A"), line.journey("A")) == ({}, ("announced", None))


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        pytest.param("1 09:30", "retracted", id="it had been one before"),
        pytest.param("1 12:00", "evidence", id="it became one later"),
    ],
)
def test_an_article_that_turns_out_a_container_is_no_return_any_more(
    line: Timeline, at: str, reason: str
) -> None:
    line.scan("1 09:00", "collecting", "SHOP", item="CAGE")
    line.until("1 11:00")
    assert line.open("CAGE") == {("unexpected", None): "1 09:00"}
    line.scan("1 12:00", "packing", "SHOP", items=["A"], container="CAGE", at=at)
    assert line.resolved("CAGE") == [("unexpected", None, reason)]


def test_a_scan_that_ends_a_dark_sites_silence_is_weighed_with_what_it_says(line: Timeline) -> None:
    line.announce("1 08:00", "A", "DOWN")
    line.scan("1 09:00", "arriving", "DEPOT", item="A")
    line.until("2 15:00")
    assert line.open() == {("DEPOT", "site_dark", None): "2 05:00"}, "which explains that it should have left"
    line.scan("2 20:00", "departing", "DEPOT", item="A")
    assert said(line) == [], "it has left, so nothing opens for a moment only because the site is back"


def test_one_short_is_named_once_and_found_again(line: Timeline) -> None:
    pack(line, A="FAST", B="FAST")
    line.scan("2 08:00", "arriving", "PLANT", container="TOTE")
    line.scan("2 09:00", "unpacking", "PLANT", items=["A"], container="TOTE")
    line.until("2 12:00")
    assert line.open("B")["missing", None] == "2 11:00"
    assert line.open("TOTE")["count_mismatch", None] == "2 11:00"
    line.scan("2 15:00", "storing", "PLANT", item="B")
    assert ("missing", None, "completed") in line.resolved("B")
    assert ("count_mismatch", None, "evidence") in line.resolved("TOTE")
