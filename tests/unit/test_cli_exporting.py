"""Export: what was received comes out as the messages it came in, and replayed gives the alerts again."""

import json
from typing import Any

import pytest

from gateway.memory import Memory
from gateway.replay import Line, replay
from gateway.service.exporting import exported
from gateway.service.intake import Message, take
from gateway.service.recordings import Recorded, read, write
from gateway.tracking.instants import Instant
from gateway.wire.topics import LARGEST
from tests.unit.cli_world import TERRAIN, WORKED_EXAMPLE, Happening, announcement, at, happen, rfc, scan

ALWAYS = (Instant(0), at("31T00:00"))


def out(state: Memory) -> list[Recorded]:
    return list(exported(state, *ALWAYS))


def arrivals(*ids: str) -> list[dict[str, Any]]:
    return [{**scan("A", "4T08:00", "arriving", "HUB")[1], "id": id_} for id_ in ids]


def sent(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


@pytest.mark.parametrize(
    ("topic", "payloads"),
    [
        pytest.param("device/scan-1/scan", [arrivals("a")[0]], id="one event"),
        pytest.param("device/scan-1/scan", [arrivals("a", "b", "c")], id="an array, its elements together"),
        pytest.param("device/scan-1/scan", [arrivals("a"), arrivals("b")], id="two messages, each by itself"),
        pytest.param("device/scan-1/scan", [arrivals("a")[0], arrivals("a")[0]], id="one that was repeated"),
        pytest.param("device/ghost/scan", [arrivals("a")[0]], id="one that was refused"),
        pytest.param("device/ghost/scan", [arrivals("a", "b")], id="an array that was refused"),
        pytest.param("device/scan-1/scan", [b"{broken"], id="what is no JSON"),
        pytest.param("device/scan-1/scan", [b"\xff\x00"], id="what is no text"),
        pytest.param("device/scan-1/scan", [b'{"id":\n"a"'], id="what breaks lines"),
        pytest.param("device/scan-1/scan", [[]], id="an empty array"),
        pytest.param("device/scan-1/scan", [arrivals(*map(str, range(501)))], id="an array too long"),
        pytest.param("device/scan-1/status", [{"state": "online"}, {"state": "offline"}], id="statuses"),
        pytest.param("nobody/publishes/here", [{"id": "a"}], id="a topic that is none"),
    ],
)
def test_what_came_in_comes_out(topic: str, payloads: list[object]) -> None:
    state = Memory()
    happenings = [(f"4T09:{minute:02}", (topic, sent(each))) for minute, each in enumerate(payloads)]
    happen(state, *happenings)
    single = [each[0] if isinstance(each, list) and len(each) == 1 else each for each in payloads]
    assert [(each.received_at, each.topic, _plain(each.payload)) for each in out(state)] == [
        (at(when), topic, _plain(sent(each))) for (when, _), each in zip(happenings, single, strict=True)
    ]


def _plain(payload: bytes) -> object:
    """JSON by what it says, anything else as it is."""
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def test_a_message_that_was_accepted_in_part_comes_out_whole() -> None:
    state = Memory()
    good, late = arrivals("a", "b")
    late["at"] = "2027-01-01T00:00:00Z"
    happen(state, ("4T09:00", ("device/scan-1/scan", sent([late, good]))))
    [message] = out(state)
    assert sorted(each["id"] for each in json.loads(message.payload)) == ["a", "b"]


def test_messages_of_one_instant_are_never_too_large_for_one() -> None:
    state = Memory()
    events = [{**each, "note": "x" * 900} for each in arrivals(*map(str, range(600)))]
    messages = [Message("device/scan-1/scan", sent(each), at("4T09:00")) for each in events]
    with state.unit() as unit:
        take(unit, TERRAIN, messages, at("4T09:00"))
    found = out(state)
    assert max(len(each.payload) for each in found) <= LARGEST
    assert sum(len(json.loads(each.payload)) for each in found) == 600


@pytest.mark.parametrize(
    ("since", "before", "ids"),
    [
        ("1T00:00", "31T00:00", ["a", "b", "c"]),
        ("4T10:00", "31T00:00", ["b", "c"]),
        ("4T10:01", "31T00:00", ["c"]),
        ("1T00:00", "4T10:00", ["a"]),
        ("4T10:00", "4T10:00", []),
    ],
)
def test_a_span_includes_its_first_instant_and_not_its_last(since: str, before: str, ids: list[str]) -> None:
    state = Memory()
    happen(
        state,
        *(
            (f"4T{hour}:00", ("device/scan-1/scan", event))
            for hour, event in zip(("09", "10", "11"), arrivals("a", "b", "c"), strict=True)
        ),
    )
    assert [json.loads(each.payload)["id"] for each in exported(state, at(since), at(before))] == ids


def test_more_than_a_page_comes_out_in_order_and_once() -> None:
    state = Memory()
    happen(state, ("4T09:00", ("device/scan-1/scan", sent(arrivals(*map(str, range(500)))))))
    happen(state, ("4T09:01", ("device/scan-1/scan", sent(arrivals(*map(str, range(500, 900)))))))
    happen(state, ("4T09:02", ("device/scan-1/scan", sent(arrivals(*map(str, range(900, 1300)))))))
    ids = [each["id"] for message in out(state) for each in json.loads(message.payload)]
    assert ids == [str(number) for number in range(1300)]


def test_a_day_exported_and_replayed_gives_its_alerts_again() -> None:
    happenings: list[Happening] = [
        *WORKED_EXAMPLE,
        ("9T16:01", ("device/ghost/scan", sent(arrivals("g")[0]))),
        ("9T16:02", ("device/scan-1/scan", b"{broken")),
        ("9T16:03", announcement("B", "9T16:00", due_at=rfc("12T00:00"))),
        ("9T16:04", scan("C", "9T16:00", "arriving", "SORT")),
        ("9T16:05", scan("C", "9T16:00", "arriving", "SORT")),
    ]
    direct = [Line(at(when), topic, sent(payload)) for when, (topic, payload) in happenings]
    state = Memory()
    happen(state, *happenings)
    recorded = [Line(*read(write(each, "r"), "r")) for each in out(state)]
    end = at("20T00:00")
    first = [transition.line() for transition in replay(TERRAIN.network, direct, end)]
    assert first
    assert [transition.line() for transition in replay(TERRAIN.network, recorded, end)] == first
