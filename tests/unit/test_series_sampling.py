"""What is sampled each minute: open alerts, journeys, stock, containers, devices, and the gateway itself."""

from typing import Any

import pytest

from gateway.network import parse
from gateway.points import SAMPLED, Point, fault
from gateway.ports.rows import AlertRow
from gateway.service.series import Vitals
from gateway.service.series.open_alerts import WORST, alert_samples
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Instant
from gateway.tracking.model import Kind, Severity, Subject
from tests.unit.cli_world import (
    NETWORK,
    WORKED_EXAMPLE,
    Happening,
    announcement,
    at,
    position,
    rfc,
    scan,
    settle,
)
from tests.unit.series_world import World, by

LIMITED = parse(
    NETWORK.replace(
        "  - {id: TOTE-1, tracker: trk-1}",
        "  - {id: TOTE-1, type: drum, route: R, tracker: trk-1}\n  - {id: TOTE-2}\ncontainer_types:\n"
        "  - {id: drum, limits: {temperature_c: {max: 40}}}",
    ).replace("{id: scan-1, kind: scanner}", "{id: scan-1, kind: scanner, site: HUB, silent_after: 24h}")
)


def sampled(now: str, *happenings: Happening) -> World:
    """A world in which no round went by before now."""
    world = World(LIMITED).happens(*happenings)
    settle(world.state, at(now), world.terrain)
    return world.rounds(now)


def the(world: World, name: str, **tags: str) -> Point:
    """The one point with these tags."""
    (point,) = (each for each in world.points(name) if tags.items() <= each.tags.items())
    return point


def test_each_minute_is_sampled_once_at_its_own_instant() -> None:
    world = World().happens(*WORKED_EXAMPLE[:2])
    begun = at("4T09:00")
    for second in range(0, 200, 7):
        world.deliveries.run_once(Instant(begun + second * SECOND))
    times = [point.time // 1000 for point in world.points("gateway")]
    assert times == [begun, begun + MINUTE, begun + 2 * MINUTE, begun + 3 * MINUTE]
    assert {point.time // 1000 for point in world.points("journeys")} == set(times)


def test_all_samples_can_be_stored() -> None:
    bad = ("6T14:30", ("device/scan-1/scan", {"id": "x1"}))
    world = sampled("6T15:00", *WORKED_EXAMPLE[:5], bad, ("6T15:00", position("6T14:00", 51.4, 12.2)))
    points = world.points(*(each.name for each in SAMPLED))
    assert {point.measurement for point in points} == {each.name for each in SAMPLED}
    assert [fault(point) for point in points] == [None] * len(points)


def test_an_open_alert_says_what_an_operator_wants_to_know() -> None:
    valued = ("1T00:00", announcement("A", "1T00:00", value=12.5))
    world = sampled("6T15:30", valued, *WORKED_EXAMPLE[1:5])
    point = the(world, "open_alert")
    (alert_id,) = (each.fields["alert_id"] for each in world.points("alert") if _is(each, "misrouted"))
    assert point.tags == {"kind": "misrouted", "severity": "major", "site": "REPAIR", "route": "R"}
    assert point.fields == {
        "alert_id": alert_id,
        "subject": "A",
        "since": at("6T14:00") // 1000,
        "open_s": 1800.0,
        "acknowledged": 0,
        "last_site": "REPAIR",
        "expected_sites": "REFILL",
        "value": 12.5,
    }


def _is(point: Point, kind: str) -> bool:
    return point.tags["kind"] == kind and point.tags["transition"] == "opened"


def alert(number: int, severity: Severity, hours: float) -> AlertRow:
    since = Instant(at("2T00:00") + round(hours * HOUR))
    deviation = Deviation(Kind.DELAYED, since, severity, stop=1, site="HUB")
    subject = Subject("return", f"SN-{number}")
    return AlertRow(f"{number:04}", subject, deviation, since, 1, "R", None, "late", "{}")


def test_of_many_alerts_the_worst_are_told_one_by_one_and_all_are_counted() -> None:
    world = World()
    rows = [alert(number, Severity.MINOR, 3) for number in range(WORST - 2)]
    rows += [alert(5000 + number, Severity.MAJOR, 2 + number) for number in range(3)]
    rows.append(alert(9000, Severity.MINOR, 1)._replace(acknowledged_at=at("2T06:00")))
    with world.state.unit() as unit:
        unit.put_alerts(rows)
        points = list(alert_samples(unit, at("2T12:00")))
    single = [each for each in points if each.measurement == "open_alert"]
    assert len(single) == WORST
    assert [each.fields["subject"] for each in single[:5]] == [
        "SN-5000",
        "SN-5001",
        "SN-5002",
        "SN-9000",
        "SN-0",
    ]
    assert [each.fields["acknowledged"] for each in single[:5]] == [0, 0, 0, 1, 0]
    assert len({each.time for each in single}) == WORST
    counts = by(
        [each for each in points if each.measurement == "open_alerts"], lambda each: each.tags["severity"]
    )
    assert counts["major"].fields == {"count": 3, "oldest_s": 10 * 3600.0}
    assert counts["minor"].fields == {"count": WORST - 1, "oldest_s": 11 * 3600.0}


def test_journeys_and_stock_are_those_under_way() -> None:
    world = sampled(
        "3T00:00",
        *(("1T00:00", announcement(item, "1T00:00")) for item in "ABCDE"),
        ("1T06:00", scan("A", "1T06:00", "collecting", "CP1")),
        ("2T06:00", scan("B", "2T06:00", "collecting", "CP1")),
        ("2T07:00", scan("C", "2T07:00", "arriving", "REPAIR")),
        ("2T08:00", scan("D", "2T08:00", "receiving", "REFILL")),
        ("2T09:00", scan("F", "2T09:00", "arriving", "HUB")),
    )
    statuses = {point.tags["status"]: point for point in world.points("journeys")}
    assert {status: point.fields["count"] for status, point in statuses.items()} == {
        "none": 0,
        "announced": 1,
        "at_stop": 2,
        "off_plan": 1,
    }
    assert statuses["at_stop"].tags == {"route": "R", "purpose": "refill", "status": "at_stop"}
    stock = by(world.points("stock"), lambda point: point.tags.get("site"))
    assert stock["CP1"].fields == {"count": 2, "oldest_s": 42 * 3600.0, "over": 1}
    assert stock["REPAIR"].fields == {"count": 1, "oldest_s": 17 * 3600.0, "over": 0}
    assert stock["CP1"].tags == {"site": "CP1", "route": "R"}
    assert set(stock) == {"CP1", "REPAIR", None}


def test_where_nothing_is_open_or_under_way_a_sample_says_so() -> None:
    world = World().rounds("2T00:00")
    none = [
        (point.measurement, point.tags, point.fields["count"])
        for point in world.points("open_alerts", "journeys", "stock")
    ]
    assert none == [
        ("open_alerts", {"kind": "none", "severity": "none"}, 0),
        ("journeys", {"status": "none"}, 0),
        ("stock", {"route": "none"}, 0),
    ]


def test_what_left_is_no_stock() -> None:
    left = ("2T08:00", scan("A", "2T08:00", "departing", "CP1"))
    world = sampled("2T09:00", ("1T00:00", announcement("A", "1T00:00")), left)
    assert [point.tags for point in world.points("stock")] == [{"route": "none"}]
    assert the(world, "journeys", route="R").tags["status"] == "in_transit"


def tote(when: str, step: str, site: str, **fields: Any) -> Happening:
    event = {"id": f"t-{when}", "at": rfc(when), "step": step, "container": "TOTE-1", "site": site}
    return (when, ("device/scan-1/scan", event | fields))


def test_a_container_says_where_it_is_what_is_in_it_and_how_often_it_went_round() -> None:
    world = sampled(
        "5T00:00",
        tote("1T00:00", "departing", "CP1"),
        tote("1T10:00", "receiving", "REFILL"),
        tote("4T00:00", "packing", "CP2", items=["A", "B"]),
        ("4T20:00", position("4T20:00", 52.6, 13.5, temperature_c=50)),
    )
    point = by(world.points("container_state"), lambda each: each.fields["container"])["TOTE-1"]
    assert point.tags == {"type": "drum", "route": "R"}
    assert point.fields == {
        "container": "TOTE-1",
        "lat": 52.6,
        "lon": 13.5,
        "site": "CP2",
        "items": 2,
        "severity": "major",
        "turns": 1,
    }


def test_a_container_of_which_nothing_is_known_is_empty_and_all_is_well() -> None:
    world = sampled("2T00:00", *WORKED_EXAMPLE[:1])
    points = world.points("container_state")
    assert {point.fields["container"]: point.fields for point in points} == {
        id_: {"container": id_, "items": 0, "severity": "ok", "turns": 0} for id_ in ("TOTE-1", "TOTE-2")
    }
    assert len({point.time for point in points}) == 2


def test_the_limits_of_each_type_of_container_are_told() -> None:
    limit = the(sampled("2T00:00", *WORKED_EXAMPLE[:1]), "limit")
    assert limit.tags == {"type": "drum", "sensor": "temperature_c"}
    assert limit.fields == {"most": 40.0}


def test_the_quarantine_is_told_by_reason() -> None:
    bad = [(f"2T00:0{n}", ("device/scan-1/scan", {"id": f"x{n}"})) for n in range(3)]
    late = ("2T00:09", scan("A", "3T00:09", "arriving", "HUB"))
    points = by(sampled("2T01:00", *bad, late).points("quarantine"), lambda point: point.tags["reason"])
    assert {reason: point.fields for reason, point in points.items()} == {
        "malformed": {"count": 3},
        "future_time": {"count": 1},
    }


def said(when: str, state: str, **fields: Any) -> Happening:
    return (when, ("device/scan-1/status", {"state": state, **fields}))


SCANNED = ("2T00:00", scan("A", "2T00:00", "arriving", "HUB"))


@pytest.mark.parametrize(
    ("happenings", "now", "online"),
    [
        ((), "2T00:00", 0),
        ((SCANNED,), "2T01:00", 1),
        ((SCANNED,), "3T01:00", 0),
        ((SCANNED, said("2T00:30", "offline")), "2T01:00", 0),
        ((said("1T12:00", "offline"), SCANNED), "2T01:00", 1),
        ((said("1T12:00", "offline"), said("2T00:00", "online")), "2T01:00", 1),
    ],
    ids=[
        "never heard",
        "heard an hour ago",
        "silent for too long",
        "its last will after that",
        "heard after its last will",
        "back online",
    ],
)
def test_whether_a_device_is_online(happenings: tuple[Happening, ...], now: str, online: int) -> None:
    world = sampled(now, ("1T00:00", announcement("A", "1T00:00")), *happenings)
    assert the(world, "device", device="scan-1").fields["online"] == online


def test_a_device_tells_its_battery_its_queue_and_what_it_has_in_quarantine() -> None:
    bad = ("2T00:10", ("device/scan-1/scan", {"id": "x1"}))
    world = sampled(
        "2T01:00", SCANNED, bad, said("2T00:20", "online", battery_pct=61.5, queued=3, at=rfc("2T00:20"))
    )
    point = the(world, "device", device="scan-1")
    assert point.tags == {"device": "scan-1", "kind": "scanner", "site": "HUB"}
    assert point.fields == {
        "online": 1,
        "battery_pct": 61.5,
        "queued": 3,
        "heard_age_s": 2400.0,
        "quarantined": 1,
    }
    assert the(world, "device", device="trk-1").fields == {"online": 0, "quarantined": 0}
    assert the(world, "gateway").fields["quarantine"] == 1


def test_the_gateway_tells_how_it_does() -> None:
    world = World()
    world.vitals = Vitals(100)
    world.rounds("2T00:00")
    world.vitals = Vitals(1_300, lag_s=0.25, commit_ms=3.5, failed_journeys=2)
    world.rounds("2T00:02")
    first, second = world.points("gateway")
    assert first.tags == {"instance": "gw-1"}
    assert first.fields == {"outbox": 0, "quarantine": 0, "series_behind_s": 0.0, "failed_journeys": 0}
    assert second.fields == {
        "events_per_s": 10.0,
        "lag_s": 0.25,
        "commit_ms": 3.5,
        "outbox": 0,
        "quarantine": 0,
        "series_behind_s": 0.0,
        "failed_journeys": 2,
    }


def test_the_gateway_tells_what_it_answers_and_what_serves_it_where_that_is_known() -> None:
    world = World()
    world.vitals = Vitals(0, receipts=0, broker=True, database=True)
    world.rounds("2T00:00")
    world.vitals = Vitals(0, receipts=180, broker=False, database=True)
    world.rounds("2T00:01")
    first, second = world.points("gateway")
    assert (first.fields["broker"], first.fields["database"]) == (1, 1)
    assert "receipts_per_s" not in first.fields
    assert (second.fields["broker"], second.fields["receipts_per_s"]) == (0, 3.0)


def test_samples_wait_for_the_store_and_keep_their_time() -> None:
    world = World().happens(*WORKED_EXAMPLE[:2])
    world.series.away = True
    for minute in range(5):
        world.rounds(f"4T09:{minute:02}")
    assert world.waiting()["samples"] == 5
    world.series.away = False
    world.rounds("4T09:05")
    assert world.waiting()["samples"] == 0
    points = world.points("gateway")
    assert [point.time // 1000 for point in points] == [at(f"4T09:{minute:02}") for minute in range(6)]
    first = at("1T00:00") * 1000
    assert [point.fields["series_behind_s"] for point in points] == [
        (point.time - first) / 1e9 for point in points
    ]
    world.rounds("4T09:06")
    assert world.points("gateway")[-1].fields["series_behind_s"] == 0.0


@pytest.mark.parametrize("restarted", [True, False])
def test_a_minute_is_not_sampled_again(restarted: bool) -> None:
    world = World().happens(*WORKED_EXAMPLE[:2]).rounds("4T09:00")
    before = world.points("journeys", "device", "open_alerts", "container_state")
    world.happens(*WORKED_EXAMPLE[2:3])
    if restarted:
        world.restart()
    world.rounds("4T09:00")
    assert world.points("journeys", "device", "open_alerts", "container_state") == before


def test_the_store_is_told_what_it_may_forget() -> None:
    world = World().rounds("2T00:00")
    horizon = Instant(at("2T00:00") - world.keep)
    assert set(world.series.forgotten.values()) == {horizon}
    assert {"scan", "gateway"} < set(world.series.forgotten)
