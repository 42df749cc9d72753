"""The example network, whole: every key of the interface, and the plan that comes of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.network import Examined, NetworkFaults, examine, examine_file, load, parse
from gateway.network.loading import LARGEST
from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Duration
from gateway.tracking.plan import (
    Alerting,
    Calendar,
    Circle,
    Container,
    ContainerType,
    Defaults,
    Device,
    Dwell,
    Escalation,
    Heartbeat,
    Limits,
    Match,
    Network,
    Policy,
    Polygon,
    Route,
    Site,
    Stop,
    Transit,
)

EXAMPLE = """\
version: 1
defaults: {max_future: 6m, max_age: 80d, unpack_window: 90m, max_speed_kmh: 900, min_inside: 4m, opening_grace: 30m,
           announce_grace: 2h, forget_after: 20d, hold_off: 0s}
calendars:
  weekdays: {open: {mon-fri: ["08:00-18:00"], sat: ["09:00-13:00"]}, closed: [2026-12-25]}
sites:
  - {id: SHOP-1, name: Shop at the market, kind: collection_point, gln: "9512345000009",
     lat: 52.5, lon: 13.4, timezone: Europe/Berlin, calendar: weekdays, fence: {radius_m: 150}}
  - {id: SHOP-2, lat: 53.5, lon: 10.0}
  - {id: HUB-1, name: Hub, kind: hub, lat: 51.42, lon: 12.24, timezone: Europe/Berlin,
     fence: {polygon: [[51.43, 12.22], [51.43, 12.25], [51.41, 12.25], [51.41, 12.22]]}}
  - {id: PLANT-1, kind: refill_plant, lat: 48.1, lon: 11.5, timezone: Europe/Vienna}
routes:
  - id: refill
    purpose: refill
    collect_within: 3d
    due_within: 10d
    due_kind: legal
    missing_after: 3d
    stops:
      - {sites: [SHOP-1, SHOP-2], dwell: {max: 24h, hours: working}}
      - {sites: [HUB-1], optional: true, transit: {typical: 8h, max: 24h}, dwell: {max: 12h}, unpack: true}
      - {sites: [PLANT-1], transit: {max: PT48H}, steps: [receiving]}
  - {id: loop, stops: [{sites: [HUB-1], dwell: {max: 1d}}, {sites: [SHOP-2], transit: {max: 1d12h}, unpack: no}]}
container_types:
  - {id: drum, limits: {temperature_c: {min: -10, max: 40}, shock_g: {max: 8}}}
  - {id: tote}
containers:
  - {id: TOTE-17, type: tote, route: loop, tracker: trk-17}
  - {id: DRUM-3, type: drum}
devices:
  - {id: scan-1, kind: scanner, site: SHOP-1, sites: [SHOP-1, SHOP-2], silent_after: 3d}
  - {id: trk-17, kind: tracker, silent_after: 26h}
  - {id: trk-3, kind: tracker, container: DRUM-3}
sources: [{id: erp}, {id: rma}]
alerting:
  channels: {ops-chat: "slack://a/b/c", night-mail: env:NIGHT_MAIL}
  policies:
    - {match: {kind: low_battery}, notify: []}
    - {match: {severity: [critical, major], route: [refill], site: HUB-1, subject: return}, notify: ops-chat,
       escalate: [{after: 30m, notify: [night-mail]}]}
    - {notify: [night-mail]}
  heartbeat: {channel: env:HEARTBEAT_URL, every: 5m}
"""

_DAYTIME = ((Duration(8 * HOUR), Duration(18 * HOUR)),)
_WEEKDAYS = Calendar(
    "weekdays",
    (_DAYTIME, _DAYTIME, _DAYTIME, _DAYTIME, _DAYTIME, ((Duration(9 * HOUR), Duration(13 * HOUR)),), ()),
    frozenset({date(2026, 12, 25)}),
)
_SITES = (
    Site(
        id="SHOP-1",
        lat=52.5,
        lon=13.4,
        timezone="Europe/Berlin",
        name="Shop at the market",
        kind="collection_point",
        gln="9512345000009",
        calendar=_WEEKDAYS,
        fence=Circle(150),
    ),
    Site("SHOP-2", 53.5, 10.0),
    Site(
        id="HUB-1",
        lat=51.42,
        lon=12.24,
        timezone="Europe/Berlin",
        name="Hub",
        kind="hub",
        fence=Polygon(((51.43, 12.22), (51.43, 12.25), (51.41, 12.25), (51.41, 12.22))),
    ),
    Site("PLANT-1", 48.1, 11.5, "Europe/Vienna", kind="refill_plant"),
)
_REFILL = Route(
    id="refill",
    stops=(
        Stop(("SHOP-1", "SHOP-2"), dwell=Dwell(DAY, working=True)),
        Stop(
            sites=("HUB-1",),
            optional=True,
            dwell=Dwell(Duration(12 * HOUR)),
            transit=Transit(DAY, Duration(8 * HOUR)),
            unpack=True,
        ),
        Stop(("PLANT-1",), transit=Transit(Duration(2 * DAY)), steps=frozenset({"receiving"}), unpack=True),
    ),
    purpose="refill",
    collect_within=Duration(3 * DAY),
    due_within=Duration(10 * DAY),
    due_kind="legal",
    missing_after=Duration(3 * DAY),
)
_LOOP = Route(
    id="loop",
    stops=(Stop(("HUB-1",), dwell=Dwell(DAY)), Stop(("SHOP-2",), transit=Transit(Duration(36 * HOUR)))),
)
_ALERTING = Alerting(
    channels={"ops-chat": "slack://a/b/c", "night-mail": "env:NIGHT_MAIL"},
    policies=(
        Policy(Match(kind=frozenset({"low_battery"})), ()),
        Policy(
            Match(
                severity=frozenset({"critical", "major"}),
                route=frozenset({"refill"}),
                site=frozenset({"HUB-1"}),
                subject=frozenset({"return"}),
            ),
            ("ops-chat",),
            (Escalation(Duration(30 * MINUTE), ("night-mail",)),),
        ),
        Policy(Match(), ("night-mail",)),
    ),
    heartbeat=Heartbeat("env:HEARTBEAT_URL", Duration(5 * MINUTE)),
)
_PLAN = Network(
    defaults=Defaults(
        max_future=Duration(6 * MINUTE),
        max_age=Duration(80 * DAY),
        unpack_window=Duration(90 * MINUTE),
        max_speed_kmh=900.0,
        min_inside=Duration(4 * MINUTE),
        opening_grace=Duration(30 * MINUTE),
        announce_grace=Duration(2 * HOUR),
        forget_after=Duration(20 * DAY),
        hold_off=Duration(0),
    ),
    sites={site.id: site for site in _SITES},
    routes={"refill": _REFILL, "loop": _LOOP},
    container_types={
        "drum": ContainerType("drum", {"temperature_c": Limits(-10, 40), "shock_g": Limits(max=8)}),
        "tote": ContainerType("tote"),
    },
    containers={
        "TOTE-17": Container("TOTE-17", "tote", "loop", "trk-17"),
        "DRUM-3": Container("DRUM-3", "drum", tracker="trk-3"),
    },
    devices={
        "scan-1": Device(
            id="scan-1",
            kind="scanner",
            site="SHOP-1",
            sites=frozenset({"SHOP-1", "SHOP-2"}),
            silent_after=Duration(3 * DAY),
        ),
        "trk-17": Device("trk-17", "tracker", container="TOTE-17", silent_after=Duration(26 * HOUR)),
        "trk-3": Device("trk-3", "tracker", container="DRUM-3"),
    },
    sources=frozenset({"erp", "rma"}),
    alerting=_ALERTING,
)


def test_the_example_becomes_the_plan() -> None:
    assert parse(EXAMPLE) == _PLAN


def test_the_example_leaves_no_doubts() -> None:
    assert examine(EXAMPLE, "network.yaml") == Examined(_PLAN)


def test_a_network_needs_its_version_only() -> None:
    network = parse("version: 1\n")
    assert network == Network()
    assert network.defaults.hold_off == 60 * SECOND


@pytest.mark.parametrize(
    "section", ["calendars", "sites", "routes", "containers", "devices", "sources", "alerting", "defaults"]
)
def test_a_section_whose_entries_are_commented_out_is_empty(section: str) -> None:
    assert parse(f"version: 1\n{section}:\n  # nothing yet\n") == Network()


def test_a_tracker_may_name_a_container_that_is_declared_nowhere_else() -> None:
    network = parse(EXAMPLE.replace("container: DRUM-3}", "container: DRUM-4}"))
    assert network.containers["DRUM-4"] == Container("DRUM-4", tracker="trk-3")
    assert network.devices["trk-3"].container == "DRUM-4"
    assert network.containers["DRUM-3"].tracker is None


def test_both_ends_of_a_binding_may_say_the_same() -> None:
    said_twice = EXAMPLE.replace("id: trk-17, kind: tracker", "id: trk-17, kind: tracker, container: TOTE-17")
    assert parse(said_twice) == _PLAN


def test_the_two_ends_of_a_binding_may_spell_the_container_differently() -> None:
    text = """\
version: 1
containers: [{id: "urn:epc:id:grai:9521141.12345.400", tracker: trk-1}]
devices: [{id: trk-1, kind: tracker, container: "https://id.gs1.org/8003/09521141123454400"}]
"""
    network = parse(text)
    grai = "https://id.gs1.org/8003/09521141123454400"
    assert network.containers == {grai: Container(grai, tracker="trk-1")}
    assert network.devices["trk-1"].container == grai


def test_a_polygon_may_repeat_its_first_corner() -> None:
    closed = EXAMPLE.replace("[51.41, 12.22]]", "[51.41, 12.22], [51.43, 12.22]]")
    assert parse(closed).sites == _PLAN.sites


def test_explicit_null_is_no_value() -> None:
    without = parse(
        EXAMPLE.replace("missing_after: 3d", "missing_after: null").replace("m: 150", "m: 150, polygon: ~")
    )
    assert without.sites == _PLAN.sites
    assert without.routes["refill"] == replace(_REFILL, missing_after=None)


def test_load_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "network.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    assert load(file) == _PLAN


def test_load_raises_every_fault_at_once(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    wrong = EXAMPLE.replace("lat: 52.5", "lat: 152.5").replace("sites: [HUB-1], opt", "sites: [HUB-2], opt")
    file.write_text(wrong.replace("kind: hub", "kin: hub"), encoding="utf-8")
    with pytest.raises(NetworkFaults) as caught:
        load(file)
    assert [(fault.file, fault.line, fault.path) for fault in caught.value.faults] == [
        (str(file), 8, "sites[0].lat"),
        (str(file), 10, "sites[2].kin"),
        (str(file), 22, "routes[0].stops[1].sites[0]"),
    ]
    assert str(caught.value).count("\n") == 2


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = examine_file(tmp_path / "none.yaml").faults
    assert (
        str(fault)
        == f"{tmp_path / 'none.yaml'}:1:1: cannot be read: No such file or directory; name a file that can"
    )


def test_a_file_that_is_far_too_large_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as opened:
        opened.truncate(LARGEST + 1)
    (fault,) = examine_file(file).faults
    assert "is larger than" in fault.message


def test_a_byte_that_is_not_utf_8_is_a_fault_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("version: 1\nsites:\n- {name: Ä→".encode() + "ö".encode("latin-1"))
    (fault,) = examine_file(file).faults
    assert (fault.line, fault.column) == (3, 12)
    assert fault.message == "byte 0xf6 is not UTF-8; save the file as UTF-8"
