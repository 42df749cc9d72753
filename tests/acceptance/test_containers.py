"""Contents follow their container: packed, carried, unpacked, found short, spoken for."""

import pytest

from tests.acceptance.timeline import Timeline

NETWORK = """
version: 1
defaults: {unpack_window: 2h, announce_grace: 1h}
sites:
  - {id: SHOP, lat: 52.50, lon: 13.40, timezone: UTC, fence: {radius_m: 200}}
  - {id: HUB, lat: 52.60, lon: 13.50, timezone: UTC, fence: {radius_m: 200}}
  - {id: PLANT, lat: 52.70, lon: 13.60, timezone: UTC}
  - {id: WRONG, lat: 52.80, lon: 13.70, timezone: UTC}
routes:
  - id: R
    missing_after: 10d
    stops:
      - {sites: [SHOP], dwell: {max: 5d}}
      - {sites: [HUB], transit: {max: 2d}, dwell: {max: 5d}}
      - {sites: [PLANT], transit: {max: 2d}}
  - id: LOOP
    missing_after: 5d
    stops:
      - {sites: [SHOP], dwell: {max: 3d}}
      - {sites: [PLANT], transit: {max: 2d}, dwell: {max: 3d}}
      - {sites: [SHOP], transit: {max: 2d}}
container_types:
  - {id: drum, limits: {temperature_c: {max: 40}}}
containers:
  - {id: TOTE, type: drum, tracker: trk}
  - {id: CRATE, route: LOOP}
devices:
  - {id: scan-1, kind: scanner}
  - {id: trk, kind: tracker, container: TOTE}
sources: [{id: erp}]
"""


@pytest.fixture
def packed() -> Timeline:
    """A and B announced and packed into the tote at the shop on 1 March."""
    line = Timeline(NETWORK)
    for item in ("A", "B"):
        line.announce("1 08:00", item, "R")
    line.scan("1 08:30", "collecting", "SHOP", items=["A", "B"])
    line.scan("1 09:00", "packing", "SHOP", items=["A", "B"], container="TOTE")
    return line


def test_a_totes_arrival_is_its_contents_arrival(packed: Timeline) -> None:
    packed.scan("1 12:00", "departing", "SHOP", container="TOTE")
    assert packed.journey("A") == ("in_transit", 0)
    packed.scan("1 15:00", "arriving", "HUB", container="TOTE")
    assert (packed.journey("A"), packed.journey("B")) == (("at_stop", 1), ("at_stop", 1))


def test_a_packing_that_arrives_late_inherits_what_the_tote_has_done_since(packed: Timeline) -> None:
    packed.announce("1 09:00", "C", "R")
    packed.scan("1 12:00", "departing", "SHOP", container="TOTE")
    packed.scan("1 15:00", "arriving", "HUB", container="TOTE")
    packed.scan("1 16:00", "packing", "SHOP", at="1 09:30", item="C", container="TOTE")
    assert packed.journey("C") == ("at_stop", 1)


def test_two_fixes_in_a_fence_are_an_arrival_and_one_is_none(packed: Timeline) -> None:
    packed.fix("1 15:00", 52.60, 13.50)
    assert packed.journey("A") == ("at_stop", 0)
    packed.fix("1 15:06", 52.60, 13.50)
    assert packed.journey("A") == ("at_stop", 1)
    packed.fix("1 16:00", 52.65, 13.55)
    packed.fix("1 16:10", 52.66, 13.56)
    assert packed.journey("A") == ("in_transit", 1)


def test_unpacked_one_short_the_missing_one_is_named(packed: Timeline) -> None:
    packed.scan("2 08:00", "arriving", "PLANT", container="TOTE")
    assert packed.journey("A") == ("at_stop", 2), (
        "an inherited sighting does not complete where goods are unpacked"
    )
    packed.scan("2 09:00", "unpacking", "PLANT", items=["A"], container="TOTE")
    assert packed.journey("A") == ("completed", 2)
    packed.until("2 10:59")
    assert ("missing", None) not in packed.open("B")
    packed.until("2 11:00")
    assert packed.open("B")["missing", None] == "2 11:00"
    assert packed.open("TOTE") == {("count_mismatch", None): "2 11:00"}
    assert packed.journey("B")[0] == "at_stop"


def test_the_missing_one_found_later_takes_the_alert_back(packed: Timeline) -> None:
    packed.scan("2 09:00", "unpacking", "PLANT", items=["A"], container="TOTE")
    packed.until("2 12:00")
    packed.scan("2 13:00", "receiving", "PLANT", at="2 10:30", item="B")
    assert packed.journey("B") == ("completed", 2)
    assert ("missing", None, "retracted") in packed.resolved("B")
    assert packed.resolved("TOTE") == [("count_mismatch", None, "retracted")]


def test_a_blind_all_out_delivers_everything_and_nothing_is_short(packed: Timeline) -> None:
    packed.scan("2 09:00", "unpacking", "PLANT", container="TOTE")
    assert (packed.journey("A"), packed.journey("B")) == (("completed", 2), ("completed", 2))
    packed.until("3 00:00")
    assert packed.open("TOTE") == {}


def test_an_all_out_ends_an_unpacking_at_once(packed: Timeline) -> None:
    packed.scan("2 09:00", "unpacking", "PLANT", items=["A"], container="TOTE")
    packed.scan("2 09:10", "unpacking", "PLANT", container="TOTE")
    assert packed.open("TOTE") == {("count_mismatch", None): "2 09:10"}
    assert packed.open("B")["missing", None] == "2 09:10"
    packed.scan("2 12:00", "packing", "PLANT", items=["X"], container="TOTE")
    assert packed.open("TOTE") == {}, "packed anew, the container's count is of the past"


def test_what_was_not_in_the_tote_is_over(packed: Timeline) -> None:
    packed.scan("2 09:00", "unpacking", "PLANT", items=["A", "B", "X"], container="TOTE")
    packed.until("2 11:00")
    assert packed.open("TOTE") == {("count_mismatch", None): "2 11:00"}


def test_an_item_unpacked_without_its_container_named_begins_the_unpacking(packed: Timeline) -> None:
    packed.scan("2 09:00", "unpacking", "PLANT", item="A")
    packed.until("2 11:00")
    assert ("missing", None) in packed.open("B")


def test_a_container_in_a_container_follows_it_and_its_contents_too(packed: Timeline) -> None:
    packed.scan("1 10:00", "packing", "SHOP", items=["TOTE"], container="CAGE")
    packed.scan("1 10:30", "packing", "SHOP", items=["CAGE"], container="TOTE")
    packed.scan("1 12:00", "departing", "SHOP", container="CAGE")
    packed.scan("1 15:00", "arriving", "HUB", container="CAGE")
    assert packed.journey("A") == ("at_stop", 1)
    packed.scan("1 18:00", "unpacking", "HUB", container="CAGE")
    packed.scan("1 20:00", "arriving", "WRONG", container="CAGE")
    assert packed.journey("A") == ("at_stop", 1)


def test_a_cage_gone_astray_is_one_alert(packed: Timeline) -> None:
    packed.scan("1 10:00", "packing", "SHOP", items=["TOTE"], container="CAGE")
    packed.scan("1 15:00", "arriving", "WRONG", container="CAGE")
    astray = {key: since for key, since in packed.open().items() if key[1] == "misrouted"}
    assert astray == {("TOTE", "misrouted", None): "1 15:00"}
    packed.scan("1 18:00", "arriving", "HUB", container="CAGE")
    assert packed.resolved("TOTE") == [("misrouted", None, "evidence")]


def test_an_inspection_ends_an_excursion(packed: Timeline) -> None:
    packed.fix("1 15:00", 52.65, 13.55, temperature_c=55)
    packed.fix("1 15:10", 52.65, 13.55, temperature_c=20)
    assert packed.open("TOTE") == {("excursion", "temperature_c"): "1 15:00"}
    packed.scan("1 16:00", "inspecting", "HUB", container="TOTE")
    assert packed.open("TOTE") == {}


def test_a_voided_scan_never_was(packed: Timeline) -> None:
    mistake = packed.scan("1 15:00", "arriving", "WRONG", item="A")
    assert packed.journey("A") == ("off_plan", 0)
    packed.void("1 16:00", mistake)
    assert packed.journey("A") == ("at_stop", 0)
    assert packed.resolved("A") == [("misrouted", None, "retracted")]


def test_a_container_travels_its_loop_again_and_again() -> None:
    line = Timeline(NETWORK)
    line.scan("1 08:00", "packing", "SHOP", items=["Z"], container="CRATE")
    line.scan("2 08:00", "arriving", "PLANT", container="CRATE")
    line.scan("3 08:00", "arriving", "SHOP", container="CRATE")
    assert line.journey("CRATE") == ("completed", 2)
    line.scan("4 08:00", "storing", "SHOP", container="CRATE")
    assert line.journey("CRATE") == ("completed", 2), "it has come home; nothing leaves yet"
    line.scan("5 08:00", "departing", "SHOP", container="CRATE")
    assert line.journey("CRATE") == ("in_transit", 0)
    line.until("8 09:00")
    assert line.open("CRATE") == {("delayed", 1): "7 08:00"}
