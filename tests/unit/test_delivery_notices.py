"""What goes into one message, and how it reads."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports.delivery import Notice
from gateway.ports.rows import AlertRow, EventRow, Identity
from gateway.service.notices import SHOWN, Saying, Scene, grouped, notice_of
from gateway.service.notifications import What
from gateway.tracking.alerts import Reason
from gateway.tracking.deviations import Deviation
from gateway.tracking.model import Kind, Severity
from gateway.tracking.plan import Match, Policy
from tests.unit.delivery_world import World, late, network_of, t

Place = tuple[str, str | None, str | None, str | None]
"""(kind, container, route, site)."""


def alerts_at(places: Sequence[Place]) -> list[AlertRow]:
    """An alert for each place, of SN-0, SN-1 and so on."""
    world = World()
    return [
        world.opens(
            Deviation(Kind(kind), t("00:00"), Severity.MAJOR, stop=1, site=site),
            f"SN-{number}",
            parent=container,
            route=route,
        )
        for number, (kind, container, route, site) in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("places", "groups"),
    [
        ([("delayed", None, "r", "HUB"), ("delayed", None, "r", "HUB")], ["01"]),
        ([("delayed", None, "r", "HUB"), ("overdwell", None, "r", "HUB")], ["0", "1"]),
        ([("delayed", None, "r", "HUB"), ("delayed", None, "r", "REFILL")], ["0", "1"]),
        ([("delayed", None, "r", "HUB"), ("delayed", None, "q", "HUB")], ["0", "1"]),
        ([("delayed", "T", "r", "HUB"), ("delayed", "T", "q", "REFILL")], ["01"]),
        ([("delayed", "T", "r", "HUB"), ("missing", "T", "r", "HUB")], ["0", "1"]),
        ([("delayed", "T", "r", "HUB"), ("delayed", "U", "r", "HUB")], ["01"]),
        ([("delayed", "T", "r", "HUB"), ("delayed", "T", "q", "X"), ("delayed", None, "q", "X")], ["012"]),
        ([("low_battery", None, None, None), ("low_battery", None, None, None)], ["01"]),
        ([("delayed", None, "in", "T"), ("delayed", "T", "r", "HUB")], ["0", "1"]),
    ],
    ids=[
        "one kind, route and site",
        "two kinds",
        "two sites",
        "two routes",
        "one container on two routes",
        "one container, two kinds",
        "two containers, one route and site",
        "a chain of both",
        "neither route nor site",
        "a route named as containers are",
    ],
)
def test_alerts_of_one_kind_and_one_container_or_one_route_and_site_go_into_one_message(
    places: list[Place], groups: list[str]
) -> None:
    sayings = [Saying(What.OPENED, alert) for alert in alerts_at(places)]
    found = [
        "".join(each.alert.subject.id.removeprefix("SN-") for each in group) for group in grouped(sayings)
    ]
    assert found == groups


@given(
    st.lists(
        st.tuples(
            st.just("delayed"),
            st.sampled_from([None, "T", "U", "V"]),
            st.sampled_from("pqr"),
            st.sampled_from("XYZ"),
        ),
        max_size=12,
    )
)
def test_every_saying_is_in_one_group_and_nothing_is_shared_between_groups(places: list[Place]) -> None:
    sayings = [Saying(What.OPENED, alert) for alert in alerts_at(places)]
    groups = grouped(sayings)
    assert sorted(each for group in groups for each in group) == sorted(sayings)
    keys = [
        {("c", each.alert.container) for each in group if each.alert.container}
        | {("rs", each.alert.route, each.alert.deviation.site) for each in group}
        for group in groups
    ]
    assert len(set().union(*keys)) == sum(map(len, keys))


def notice(world: World, *sayings: Saying) -> Notice:
    with world.memory.reader() as reader:
        return notice_of(sayings, ("chat",), Scene(world.network, reader, world.now))


def test_a_message_says_what_since_when_last_seen_by_whom_expected_where_and_what_to_do() -> None:
    world = World()
    alert = world.opens(late("00:00"), "TOTE-1", kind="container", route="refill", parent="CAGE-1")
    last = {"site": "HUB", "at": "2026-03-01T21:10:00Z", "step": "departing", "device": "s1", "event": "e1"}
    details = json.loads(alert.details) | {"last_seen": last, "contents": ["A", "B"], "contents_count": 2}
    payload = json.dumps({"operator": "u-7", "note": "label\ntorn\u0007"})
    with world.memory.unit() as unit:
        event = EventRow(Identity("device/s1", "e1"), "scan", t("00:00"), t("00:00"), payload, b"")
        unit.add_events([event])
    told = notice(world, Saying(What.OPENED, alert._replace(details=json.dumps(details))))
    assert (told.title, told.severity) == ("Major: delayed, TOTE-1", "major")
    *lines, footer = told.text.splitlines()
    assert lines == [
        "Major: TOTE-1 should have reached REFILL by 2026-03-02 00:00 UTC",
        "  since 2026-03-02 01:00 CET, route refill",
        (
            "  last seen departing HUB (Leipzig hub) at 2026-03-01 22:10 CET by s1, operator u-7,"
            " who noted “label torn”"
        ),
        "  expected at REFILL by 2026-03-02 00:00 UTC",
        "  in container CAGE-1",
        "  holds A, B",
        (
            "  next: ask the place where it was handed in whether it really left, REFILL whether it came unscanned,"
            " then the carrier"
        ),
        f"  alert {alert.id}",
        "",
    ]
    assert footer == f"As of 2026-03-02 00:00 UTC, message {told.id}"


def test_a_message_about_a_device_says_when_it_was_last_heard() -> None:
    world = World()
    alert = world.opens(Deviation(Kind.DEVICE_SILENT, t("00:00"), Severity.WARNING, site="HUB"), "trk-1")
    details = json.loads(alert.details) | {"last_heard": "2026-03-01T20:00:00Z"}
    told = notice(world, Saying(What.OPENED, alert._replace(details=json.dumps(details))))
    assert "\n  last heard at 2026-03-01 21:00 CET\n" in told.text


@pytest.mark.parametrize("reason", list(Reason))
def test_the_end_of_an_alert_is_told_with_its_reason_in_words(reason: Reason) -> None:
    world = World()
    alert = world.resolves(world.opens(late()).id, reason)
    told = notice(world, Saying(What.RESOLVED, alert))
    assert (told.title, told.severity) == ("Resolved: delayed, SN-1", "resolved")
    assert "why: " in told.text
    assert f"why: {reason.value}" not in told.text


def test_a_message_about_many_names_the_worst_and_counts_the_rest() -> None:
    world = World()
    sayings = [
        Saying(What.OPENED, world.opens(late(), f"SN-{n:02}", route="refill")) for n in range(SHOWN + 5)
    ]
    worst = Saying(
        What.OPENED, world.opens(late(severity=Severity.CRITICAL), "SN-99", route="refill", parent="T")
    )
    told = notice(world, *sayings, worst)
    assert told.title == "Critical / Major: 16 × delayed on refill at HUB"
    assert told.severity == "critical"
    assert told.text.startswith("Critical: SN-99 ")
    assert told.text.count("\n  alert ") == SHOWN
    assert f"… and {16 - SHOWN} more" in told.text


def test_a_title_is_one_line_that_is_not_too_long() -> None:
    world = World()
    told = notice(world, Saying(What.OPENED, world.opens(late(), "X" * 128)))
    assert told.title == "Major: delayed, " + "X" * 123 + "…"


def test_alerts_of_one_round_are_one_message_for_each_channel_and_one_line_of_the_log() -> None:
    policies = (
        Policy(Match(severity=frozenset({"critical"})), ("chat", "mail")),
        Policy(Match(severity=frozenset({"major"})), ("chat",)),
    )
    world = World(network_of(policies))
    world.opens(late(severity=Severity.CRITICAL), "SN-1", parent="TOTE")
    world.opens(late(severity=Severity.MAJOR), "SN-2", parent="TOTE")
    world.opens(late(severity=Severity.MINOR), "SN-3", parent="TOTE")
    world.until("00:05")
    assert sorted(world.told) == [
        ("00:01:00", "chat", "Critical / Major: 2 × delayed in TOTE at HUB"),
        ("00:01:00", "mail", "Critical: delayed, SN-1"),
    ]
    assert sorted((each.title, tuple(channels)) for each, channels in world.log.lines) == [
        ("Critical / Major: 2 × delayed in TOTE at HUB", ("chat",)),
        ("Critical: delayed, SN-1", ("mail",)),
        ("Minor: delayed, SN-3", ()),
    ]


def test_the_same_message_to_two_channels_has_one_id() -> None:
    world = World(network_of((Policy(Match(), ("chat", "mail")),)))
    world.opens(late())
    world.until("00:05")
    first, second = world.notifier.notices
    assert first == second
