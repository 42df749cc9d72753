"""The worked example of tracking.md section 7, line by line."""

from tests.acceptance.timeline import Timeline

NETWORK = """
version: 1
sites:
  - {id: CP1, lat: 52.50, lon: 13.40, timezone: UTC}
  - {id: CP2, lat: 52.51, lon: 13.41, timezone: UTC}
  - {id: HUB, lat: 52.52, lon: 13.42, timezone: UTC}
  - {id: SORT, lat: 52.53, lon: 13.43, timezone: UTC}
  - {id: REFILL, lat: 52.54, lon: 13.44, timezone: UTC}
  - {id: REPAIR, lat: 52.55, lon: 13.45, timezone: UTC}
routes:
  - id: R
    collect_within: 72h
    missing_after: 72h
    stops:
      - {sites: [CP1, CP2], dwell: {max: 24h}}
      - {sites: [HUB], transit: {max: 24h}, dwell: {max: 12h}}
      - {sites: [SORT], optional: true, transit: {max: 6h}, dwell: {max: 4h}}
      - {sites: [REFILL], transit: {max: 48h}, steps: [receiving]}
devices: [{id: scan-1, kind: scanner}]
sources: [{id: erp}]
"""


def test_the_worked_example_holds_line_by_line() -> None:
    line = Timeline(NETWORK)
    line.announce("1 00:00", "A", "R")
    line.until("3 23:00")
    assert (line.journey("A"), line.open("A")) == (("announced", None), {})
    line.until("4 01:00")
    assert line.open("A") == {("not_collected", None): "4 00:00"}
    line.scan("4 08:00", "collecting", "CP2", item="A")
    assert (line.journey("A"), line.open("A")) == (("at_stop", 0), {})
    assert line.resolved("A") == [("not_collected", None, "evidence")]
    line.until("5 09:00")
    assert line.open("A") == {("overdwell", 0): "5 08:00"}
    line.until("6 09:00")
    assert line.open("A") == {("overdwell", 0): "5 08:00", ("delayed", 1): "6 08:00"}
    line.scan("6 10:00", "arriving", "HUB", at="5 20:00", item="A")
    assert (line.journey("A"), line.open("A")) == (("at_stop", 1), {("overdwell", 1): "6 08:00"})
    assert set(line.resolved("A")[1:]) == {("overdwell", 0, "evidence"), ("delayed", 1, "retracted")}
    line.scan("6 12:00", "departing", "HUB", at="6 07:00", item="A")
    assert (line.journey("A"), line.open("A")) == (("in_transit", 1), {})
    assert line.resolved("A")[-1] == ("overdwell", 1, "retracted")
    line.scan("6 15:00", "arriving", "REPAIR", at="6 14:00", item="A")
    assert (line.journey("A"), line.open("A")) == (("off_plan", 1), {("misrouted", None): "6 14:00"})
    line.until("9 15:00")
    assert line.open("A") == {("misrouted", None): "6 14:00", ("missing", None): "9 14:00"}
    line.scan("9 16:00", "receiving", "REFILL", at="8 10:00", item="A")
    assert (line.journey("A"), line.open("A")) == (("completed", 3), {})
    assert set(line.resolved("A")[-2:]) == {("missing", None, "retracted"), ("misrouted", None, "completed")}
    assert ("delayed", 3, "superseded") in line.resolved("A"), (
        "missing silences delayed from 8 March 17:00 on"
    )
