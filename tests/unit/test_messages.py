"""What an alert tells a person: sentences and details, from events as they come in."""

import json

import pytest

from gateway.memory import Memory
from gateway.ports.rows import AlertRow, SubjectRow
from gateway.replay import Line, Replay
from gateway.service.alert_json import alert_json
from gateway.service.messages import SHOWN, details_of, named, summary_of
from gateway.service.times import at_site
from gateway.tracking.deviations import Deviation
from gateway.tracking.evidence import OwnScan
from gateway.tracking.instants import DAY, HOUR, Duration, Instant, instant
from gateway.tracking.model import Kind, Severity, Subject
from gateway.tracking.plan import (
    Container,
    ContainerType,
    Device,
    Dwell,
    Limits,
    Network,
    Route,
    Site,
    Stop,
    Transit,
)

SITES = {
    "SHOP": Site("SHOP", 52.5, 13.4, timezone="Europe/Berlin"),
    "HUB": Site("HUB", 51.4, 12.2, timezone="Europe/Berlin", name="Leipzig hub"),
    "REFILL": Site("REFILL", 40.4, -3.7, timezone="Europe/London"),
    "ELSEWHERE": Site("ELSEWHERE", 48.0, 11.0),
}
ROUTE = Route(
    "refill",
    (
        Stop(("SHOP",), dwell=Dwell(Duration(24 * HOUR))),
        Stop(("HUB",), transit=Transit(Duration(8 * HOUR)), dwell=Dwell(Duration(12 * HOUR))),
        Stop(("REFILL",), transit=Transit(Duration(10 * HOUR)), unpack=True),
    ),
    collect_within=Duration(3 * DAY),
    missing_after=Duration(2 * DAY),
)
NETWORK = Network(
    sites=SITES,
    routes={"refill": ROUTE},
    container_types={
        "drum": ContainerType(
            "drum",
            {"temperature_c": Limits(-10, 40), "shock_g": Limits(max=8), "humidity_pct": Limits(min=5)},
        )
    },
    containers={"DRUM": Container("DRUM", type="drum")},
    devices={"s1": Device("s1", "scanner"), "trk": Device("trk", "tracker", silent_after=Duration(DAY))},
    sources=frozenset({"erp"}),
)


def announced(item: str, at: str) -> Line:
    payload = {"id": f"a-{item}", "at": f"2026-03-{at}Z", "item": item, "route": "refill"}
    return Line(instant(f"2026-03-{at}Z"), "source/erp/announce", json.dumps(payload).encode())


def scanned(step: str, site: str, at: str, **fields: object) -> Line:
    payload = {"id": f"{step}-{site}-{at}", "at": f"2026-03-{at}Z", "step": step, "site": site, **fields}
    return Line(instant(f"2026-03-{at}Z"), "device/s1/scan", json.dumps(payload).encode())


def alerts_of(*lines: Line, until: str) -> tuple[Memory, dict[tuple[str, str], AlertRow]]:
    """The alerts that are open then, by subject and kind."""
    memory = Memory()
    gateway = Replay(NETWORK, memory)
    for line in lines:
        list(gateway.feed(line))
    list(gateway.until(instant(f"2026-03-{until}Z")))
    with memory.reader() as reader:
        rows = reader.list_alerts(resolved=False, after=None, limit=100)
    return memory, {(row.subject.id, row.deviation.kind.value): row for row in rows}


JOURNEY = (
    announced("A", "01T00:00:00"),
    scanned("collecting", "SHOP", "01T08:00:00", items=["A"]),
    scanned("departing", "SHOP", "01T09:00:00", items=["A"], operator="u-7", note="label torn"),
)


@pytest.mark.parametrize(
    ("lines", "until", "kind", "summary"),
    [
        (
            JOURNEY[:1],
            "05T00:00:00",
            "not_collected",
            "A was announced but never handed in; expected at SHOP by 2026-03-04 01:00 CET",
        ),
        (
            JOURNEY[:2],
            "02T10:00:00",
            "overdwell",
            (
                "A should have left SHOP by 2026-03-02 09:00 CET;"
                " last seen collecting SHOP at 2026-03-01 09:00 CET"
            ),
        ),
        (
            JOURNEY,
            "01T18:00:00",
            "delayed",
            (
                "A should have reached HUB by 2026-03-01 18:00 CET;"
                " last seen departing SHOP at 2026-03-01 10:00 CET"
            ),
        ),
        (
            JOURNEY,
            "04T00:00:00",
            "missing",
            (
                "A is missing since 2026-03-03 10:00 CET; expected at HUB;"
                " last seen departing SHOP at 2026-03-01 10:00 CET"
            ),
        ),
        (
            (*JOURNEY, scanned("arriving", "ELSEWHERE", "01T12:00:00", items=["A"])),
            "01T12:00:00",
            "misrouted",
            (
                "A turned up at ELSEWHERE, which is not on its route; it belongs at HUB;"
                " last seen arriving ELSEWHERE at 2026-03-01 12:00 UTC"
            ),
        ),
        (
            (
                *JOURNEY[:1],
                scanned("packing", "SHOP", "01T08:00:00", items=["A"], container="DRUM"),
                scanned("arriving", "REFILL", "01T12:00:00", container="DRUM"),
            ),
            "01T12:00:00",
            "skipped",
            (
                "A was never seen at HUB, which it should have passed;"
                " last seen arriving REFILL at 2026-03-01 12:00 GMT"
            ),
        ),
        (
            (scanned("collecting", "SHOP", "01T08:00:00", items=["A"]),),
            "01T09:00:00",
            "unexpected",
            "A was scanned at SHOP but never announced",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value in set(Kind) else "",
)
def test_the_sentence_says_what_happened_by_the_clocks_of_the_sites(
    lines: tuple[Line, ...], until: str, kind: str, summary: str
) -> None:
    _, alerts = alerts_of(*lines, until=until)
    assert alerts["A", kind].summary == summary


def test_the_details_name_who_saw_the_goods_last_also_if_that_scan_opened_the_alert() -> None:
    astray = scanned(
        "arriving", "ELSEWHERE", "01T12:00:00", items=["A"], operator="u-9", note=" left \n outside "
    )
    memory, alerts = alerts_of(*JOURNEY, astray, until="01T12:00:00")
    with memory.reader() as reader:
        details = alert_json(alerts["A", "misrouted"], instant("2026-03-01T12:00:00Z"), reader)["details"]
    assert details["last_seen"] == {
        "site": "ELSEWHERE",
        "at": "2026-03-01T12:00:00Z",
        "step": "arriving",
        "device": "s1",
        "event": "arriving-ELSEWHERE-01T12:00:00",
        "operator": "u-9",
        "note": "left outside",
    }
    assert details["expected_sites"] == ["HUB"]
    assert details["advice"] == "have ELSEWHERE set it aside and send it to HUB"


def test_what_was_not_unpacked_is_missed_by_name_where_it_should_have_been() -> None:
    goods = [f"B{number:02}" for number in range(20)]
    _, alerts = alerts_of(
        *(announced(item, "01T00:00:00") for item in [*goods, "A"]),
        scanned("packing", "SHOP", "01T08:00:00", items=[*goods, "A"], container="DRUM"),
        scanned("arriving", "HUB", "01T10:00:00", container="DRUM"),
        scanned("arriving", "REFILL", "01T12:00:00", container="DRUM"),
        scanned("unpacking", "REFILL", "01T13:00:00", items=goods[:5], container="DRUM"),
        until="01T16:00:00",
    )
    missed = alerts["A", "missing"]
    assert missed.summary.startswith(
        "A was not in DRUM when that was unpacked at REFILL, by 2026-03-01 15:00 GMT; last seen arriving REFILL"
    )
    assert json.loads(missed.details)["advice"].startswith("have REFILL search DRUM")
    mismatch = alerts["DRUM", "count_mismatch"]
    assert mismatch.summary.endswith("and 4 more")
    details = json.loads(mismatch.details)
    assert (len(details["items"]), details["items_count"]) == (SHOWN, 16)


def test_a_container_that_speaks_for_its_contents_says_so_and_names_them() -> None:
    _, alerts = alerts_of(
        announced("A", "01T00:00:00"),
        announced("B", "01T00:00:01"),
        scanned("packing", "SHOP", "01T08:00:00", items=["A", "B"], container="DRUM"),
        scanned("departing", "SHOP", "01T09:00:00", container="DRUM"),
        until="01T18:00:00",
    )
    (alert,) = alerts.values()
    assert alert.summary.startswith("what is in DRUM should have reached HUB by 2026-03-01 18:00 CET")
    details = json.loads(alert.details)
    assert (details["contents"], details["contents_count"]) == (["A", "B"], 2)


def test_a_subject_that_was_not_assessed_just_now_was_last_seen_in_its_newest_own_scan() -> None:
    memory = Memory()
    with memory.unit() as unit:
        unit.add_scans(
            [("A", OwnScan(instant("2026-03-01T08:00:00Z"), "e", "s1", "HUB", "arriving", None, True, 1))]
        )
        deviation = Deviation(Kind.OVERDUE, Instant(0), Severity.MAJOR)
        details = details_of(deviation, SubjectRow("goods", "A", "return", parent="DRUM"), None, unit)
    assert details["last_seen"]["site"] == "HUB"
    assert details["container"] == "DRUM"
    assert details["advice"] == "find out from HUB where it is held up, and tell its owner a new date"


def test_a_device_was_last_heard() -> None:
    memory = Memory()
    heard = instant("2026-03-01T08:00:00Z")
    with memory.unit() as unit:
        row = SubjectRow("device", "trk", "device", memo=json.dumps([0, heard, None, None]))
        deviation = Deviation(Kind.DEVICE_SILENT, Instant(heard + DAY), Severity.WARNING, site="HUB")
        details = details_of(deviation, row, None, unit)
    assert (details["last_seen"], details["last_heard"]) == (None, "2026-03-01T08:00:00Z")
    assert details["advice"] == "check its power and its network at HUB"


@pytest.mark.parametrize(
    ("container", "sensor", "limits"),
    [
        ("DRUM", "temperature_c", "its limits of -10 to 40"),
        ("DRUM", "shock_g", "its limit of 8 at most"),
        ("DRUM", "humidity_pct", "its limit of 5 at least"),
        ("DRUM", "tilt_deg", "its limits"),
        ("TOTE", "shock_g", "its limits"),
    ],
)
def test_an_excursion_names_the_limits(container: str, sensor: str, limits: str) -> None:
    deviation = Deviation(Kind.EXCURSION, instant("2026-03-01T08:00:00Z"), Severity.MAJOR, sensor=sensor)
    said = summary_of(Subject("container", container), deviation, None, NETWORK)
    assert said == f"{container}: {sensor} was outside {limits} at 2026-03-01 08:00 UTC"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("subject", ["{id} %s {0.__class__}", "𝓍" * 128])
def test_every_kind_has_words_that_take_any_id(kind: Kind, subject: str) -> None:
    deviation = Deviation(kind, Instant(0), Severity.MAJOR, stop=1, expected=(subject,), items=(subject,))
    assert summary_of(Subject("return", subject), deviation, None, NETWORK).count(subject) >= 1
    with Memory().unit() as unit:
        assert details_of(deviation, SubjectRow("goods", subject, "return"), None, unit)["advice"]


@pytest.mark.parametrize(
    ("at", "site", "said"),
    [
        ("2026-07-01T10:00:59Z", "HUB", "2026-07-01 12:00 CEST"),
        ("2026-07-01T10:00:00Z", "NOWHERE", "2026-07-01 10:00 UTC"),
        ("2026-07-01T10:00:00Z", None, "2026-07-01 10:00 UTC"),
        ("9999-12-31T23:59:59Z", "HUB", "9999-12-30 01:00 CET"),
    ],
)
def test_times_are_those_of_the_wall_clock_at_the_site(at: str, site: str | None, said: str) -> None:
    assert at_site(instant(at), site, NETWORK) == said


@pytest.mark.parametrize(
    ("ids", "count", "said"),
    [
        (["A"], 1, "A"),
        (["A", "B"], 5, "A, B and 3 more"),
        ([str(n) for n in range(20)], 20, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more"),
    ],
)
def test_of_many_ids_the_first_are_named_and_the_rest_counted(ids: list[str], count: int, said: str) -> None:
    assert named(ids, count) == said
