"""Returns: their trips, their dues, what is known of them without a route, and dark sites."""

import pytest

from tests.acceptance.timeline import Timeline

NETWORK = """
version: 1
defaults: {announce_grace: 1h, forget_after: 3d}
calendars:
  day: {open: {mon-fri: ["08:00-18:00"]}}
sites:
  - {id: SHOP, lat: 52.50, lon: 13.40, timezone: Europe/Berlin}
  - {id: OFFICE, lat: 52.50, lon: 13.41, timezone: Europe/Berlin, calendar: day}
  - {id: PLANT, lat: 52.51, lon: 13.42, timezone: Europe/Berlin}
  - {id: FAR, lat: 41.00, lon: 2.00, timezone: Europe/Madrid}
routes:
  - id: R
    collect_within: 2d
    due_within: 5d
    due_kind: legal
    missing_after: 20d
    stops: [{sites: [SHOP], dwell: {max: 4d}}, {sites: [PLANT], transit: {max: 4d}}]
  - id: OTHER
    missing_after: 20d
    stops: [{sites: [PLANT], dwell: {max: 4d}}, {sites: [SHOP], transit: {max: 4d}}]
  - id: WORK
    missing_after: 20d
    stops: [{sites: [OFFICE], dwell: {max: 12h, hours: working}}, {sites: [OFFICE], transit: {max: 1d}}]
  - id: SHUT
    missing_after: 20d
    stops: [{sites: [SHOP]}, {sites: [OFFICE], transit: {max: 1d}}]
devices:
  - {id: scan-1, kind: scanner, site: SHOP, silent_after: 12h}
  - {id: trk, kind: tracker, container: BOX}
  - {id: quiet, kind: scanner, site: SHOP, silent_after: 20h}
sources: [{id: erp}]
"""


@pytest.fixture
def line() -> Timeline:
    return Timeline(NETWORK)


def test_an_article_makes_one_trip_after_another(line: Timeline) -> None:
    line.announce("1 08:00", "A", "R")
    line.scan("1 09:00", "collecting", "SHOP", item="A")
    line.scan("2 09:00", "receiving", "PLANT", item="A")
    assert line.journey("A") == ("completed", 1)
    line.announce("3 08:00", "A", "R")
    assert line.journey("A") == ("announced", None), "what completed before counts for the trip before"
    line.scan("3 09:00", "collecting", "SHOP", item="A")
    assert line.journey("A") == ("at_stop", 0)


def test_goods_handed_in_before_their_announcement_count_for_it(line: Timeline) -> None:
    line.announce("1 08:00", "A", "R")
    line.scan("1 09:00", "collecting", "SHOP", item="A")
    line.scan("2 09:00", "receiving", "PLANT", item="A")
    line.scan("3 08:00", "collecting", "SHOP", item="A")
    line.announce("3 10:00", "A", "R")
    assert line.journey("A") == ("at_stop", 0)


def test_a_further_announcement_amends_the_trip_by_another_route(line: Timeline) -> None:
    line.announce("1 08:00", "A", "R")
    line.scan("1 09:00", "collecting", "SHOP", item="A")
    assert line.journey("A") == ("at_stop", 0)
    line.announce("1 10:00", "A", "OTHER")
    assert line.journey("A") == ("completed", 1), "the shop is where the other route ends"


def test_a_cancelled_trip_has_no_deviations_and_the_next_begins_anew(line: Timeline) -> None:
    line.announce("1 08:00", "A", "R")
    line.until("3 09:00")
    assert line.open("A") == {("not_collected", None): "3 08:00"}
    line.announce("3 10:00", "A", "R", cancelled=True)
    assert line.resolved("A") == [("not_collected", None, "cancelled")]
    line.announce("4 10:00", "A", "R")
    assert line.journey("A") == ("announced", None)


def test_a_legal_due_date_is_critical(line: Timeline) -> None:
    line.announce("1 08:00", "A", "R")
    line.scan("1 09:00", "collecting", "SHOP", item="A")
    line.until("6 10:00")
    assert line.open("A")["overdue", None] == "6 09:00"
    severity = next(
        each.alert.deviation.severity for each in line.transitions if each.alert.deviation.kind == "overdue"
    )
    assert severity.word == "critical"


def test_working_time_counts_only_opening_hours_across_summer_time(line: Timeline) -> None:
    line.announce("27 08:00", "A", "WORK")
    line.scan("27 15:00", "collecting", "OFFICE", item="A")
    line.until("31 00:00")
    assert line.open("A")["overdwell", 0] == "30 16:00", "2 h on Friday (CET), 10 h on Monday (CEST)"


def test_a_latest_arrival_at_a_closed_site_waits_for_its_opening(line: Timeline) -> None:
    line.announce("5 08:00", "A", "SHUT")
    line.scan("6 19:00", "collecting", "SHOP", item="A")
    line.until("10 00:00")
    assert line.open("A") == {("delayed", 1): "9 08:00"}, (
        "Saturday evening is closed: Monday 08:00 CET and an hour"
    )


def test_what_nobody_announced_is_unexpected_for_a_while(line: Timeline) -> None:
    line.scan("1 08:00", "collecting", "SHOP", item="X")
    assert line.journey("X") == ("unplanned", None)
    line.until("1 09:00")
    assert line.open("X") == {("unexpected", None): "1 08:00"}
    line.until("4 08:00")
    assert line.resolved("X") == [("unexpected", None, "evidence")]


def test_what_was_destroyed_is_not_seen_again_elsewhere_unnoticed(line: Timeline) -> None:
    line.announce("1 07:00", "A", "R")
    line.scan("1 08:00", "destroying", "PLANT", item="A")
    line.scan("1 12:00", "arriving", "SHOP", item="A")
    assert line.open("A")["seen_after_end", None] == "1 12:00"


def test_nothing_travels_faster_than_it_can(line: Timeline) -> None:
    line.announce("1 07:00", "A", "R")
    line.scan("1 08:00", "collecting", "SHOP", item="A")
    line.scan("1 08:30", "arriving", "FAR", item="A")
    assert line.open("A")["impossible_travel", None] == "1 08:30"


def test_a_hub_whose_network_is_down_is_one_alert(line: Timeline) -> None:
    line.announce("1 07:00", "A", "R")
    line.scan("1 08:00", "collecting", "SHOP", item="A")
    line.until("2 06:00")
    assert line.open() == {("SHOP", "site_dark", None): "2 03:00"}
    assert ("device_silent", None, "superseded") in line.resolved("scan-1")
    line.until("5 10:00")
    assert line.open("A") == {}, "the overdwell at a dark site is muted"
    line.scan("5 12:00", "inspecting", "SHOP", item="A")
    assert line.open("SHOP") == {}
    assert line.open("A") == {("overdwell", 0): "5 08:00"}
    assert line.open("quiet") == {("device_silent", None): "2 03:00"}
