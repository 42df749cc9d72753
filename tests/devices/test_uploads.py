"""What a device sends, when, and what it takes for settled; in virtual time, without a broker."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from devices.sdk.disk import DiskSpool
from devices.sdk.slots import Pace
from devices.sdk.spool import SpoolBroken, SpoolFull
from gateway.tracking.instants import HOUR, MINUTE, SECOND, rfc3339
from gateway.wire.payloads import MOST_ELEMENTS
from gateway.wire.topics import LARGEST
from tests.devices.desk import Desk, events


@pytest.fixture
def desk() -> Desk:
    """A device at work, its clock confirmed."""
    ready = Desk()
    ready.confirm_clock()
    return ready


def test_a_scan_goes_out_at_once_and_leaves_the_spool_when_a_receipt_names_it(desk: Desk) -> None:
    event = desk.scan()
    (message,) = desk.sent()
    assert json.loads(message.payload) == {
        "id": event, "at": rfc3339(desk.true()), "step": "arriving", "items": ["SN-1"],
    }  # fmt: skip
    assert len(desk.spool) == 1
    (result,) = desk.deliver([message])
    assert (result.id, result.result, result.verdict) == (event, "accepted", "ok")
    assert len(desk.spool) == 0


def test_the_brokers_acknowledgement_means_nothing(desk: Desk) -> None:
    desk.scan()
    (message,) = desk.sent()
    desk.uploads.arrived(message.token)
    assert len(desk.spool) == 1


def test_without_a_receipt_it_is_sent_again_after_60_s_then_twice_that_up_to_an_hour(desk: Desk) -> None:
    event = desk.scan()
    waits = []
    (message,) = desk.sent()
    for _ in range(9):
        desk.uploads.arrived(message.token)
        before, due = desk.passed, desk.uploads.next_due()
        assert due is not None
        desk.passed = due - 1
        assert desk.sent() == []
        desk.passed = due
        waits.append((due - before) // SECOND)
        (message,) = desk.sent()
        assert events(message) == [event]
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@pytest.mark.parametrize("result", ["accepted", "duplicate", "quarantined"])
def test_each_kind_of_result_settles_an_event(result: str, desk: Desk) -> None:
    event = desk.scan()
    desk.sent()
    receipt = {"at": rfc3339(desk.true()), "results": [{"id": event, "result": result}]}
    assert [each.result for each in desk.hear(json.dumps(receipt).encode())] == [result]
    assert len(desk.spool) == 0


def test_a_nameless_receipt_settles_the_payload_that_it_names_by_its_hash(desk: Desk) -> None:
    first, second = desk.scan(), desk.scan()
    (message,) = desk.sent()
    results = desk.hear(desk.gateway.refuse(message.payload))
    assert {(each.id, each.result, each.reason) for each in results} == {
        (first, "quarantined", "malformed"), (second, "quarantined", "malformed"),
    }  # fmt: skip
    assert len(desk.spool) == 0
    assert desk.hear(desk.gateway.refuse(b"another's")) == []


@pytest.mark.parametrize(
    "noise",
    [b"", b"{", b"[]", b'{"at":"yesterday","results":[]}', b'{"at":"2026-11-22T09:00:00Z","results":7}',
     b'{"at":"2026-11-22T09:00:00Z","results":[7,{"id":5,"result":"accepted"},{"id":"x","result":"eaten"}]}',
     b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_receipt_settles_nothing(noise: bytes, desk: Desk) -> None:
    desk.scan()
    desk.sent()
    assert desk.hear(noise) == []
    assert len(desk.spool) == 1


def test_of_an_array_only_what_was_not_named_is_sent_again(desk: Desk) -> None:
    made = [desk.scan() for _ in range(4)]
    (message,) = desk.sent()
    assert events(message) == made
    named = [{"id": id_, "result": "accepted"} for id_ in made[1:3]]
    desk.hear(json.dumps({"at": rfc3339(desk.true()), "results": named}).encode())
    desk.wait(MINUTE)
    (again,) = desk.sent()
    assert events(again) == [made[0], made[3]]


def test_a_backlog_goes_oldest_first_in_arrays_within_both_bounds() -> None:
    desk = Desk(trusted=True)
    made = [desk.scan("SN-" + "x" * (i % 300)) for i in range(5000)]
    desk.wait(HOUR)
    order = []
    while messages := desk.sent():
        assert all(len(message.payload) <= LARGEST for message in messages)
        assert all(len(events(message)) <= MOST_ELEMENTS for message in messages)
        order += [id_ for message in messages for id_ in events(message)]
        desk.deliver(messages)
    assert order == made


def test_an_array_is_filled_to_the_last_byte(desk: Desk) -> None:
    desk.wait(HOUR)
    size = len(json.dumps({"id": desk.scan(), "at": rfc3339(desk.true())})) + 40
    desk.settle()
    pace = Pace(bytes=size * 3)
    small = Desk(trusted=True, pace=pace)
    for _ in range(50):
        small.scan()
    small.wait(HOUR)
    sizes = [len(message.payload) for message in small.sent()]
    element = len(json.dumps({"x": 1}))
    assert max(sizes) <= size * 3
    assert min(sizes) > size * 3 - size - element


def test_a_new_scan_does_not_wait_behind_a_backlog_of_hours() -> None:
    desk = Desk(trusted=True)
    for _ in range(10_000):
        desk.scan()
    desk.wait(8 * HOUR)
    under_way = desk.sent()
    event = desk.scan()
    (message,) = desk.sent()
    assert events(message) == [event]
    assert len(under_way) == Pace().backlog_messages


def test_of_several_that_somebody_waits_for_the_newest_goes_first() -> None:
    desk = Desk(trusted=True, pace=Pace(live_messages=1, live_elements=2, backlog_messages=0))
    made = [desk.scan() for _ in range(6)]
    (first,) = desk.sent()
    assert events(first) == made[4:]
    desk.deliver([first])
    assert [events(message) for message in desk.sent()] == [made[2:4]]


def test_what_is_under_way_is_bounded_however_much_waits() -> None:
    desk = Desk(trusted=True)
    for _ in range(3000):
        desk.scan()
    messages = desk.sent()
    assert len(messages) == Pace().live_messages + Pace().backlog_messages
    desk.wait(30 * SECOND)
    assert desk.sent() == []


def test_a_message_that_is_never_answered_holds_up_nobody() -> None:
    desk = Desk(trusted=True, pace=Pace(elements=10, live_messages=0, backlog_messages=1))
    stuck = [desk.scan() for _ in range(10)]
    others = [desk.scan() for _ in range(40)]
    desk.wait(HOUR)
    desk.sent()  # lost on its way, and the next ones are answered
    for _ in range(12):
        desk.wait(2 * MINUTE)
        desk.deliver([message for message in desk.sent() if events(message)[0] not in stuck])
    assert set(others) <= set(desk.gateway.facts) | {e.id for e in desk.spool.oldest("scan", 0, 99)}
    assert not desk.gateway.facts.keys() & set(stuck)


def test_a_reconnection_repeats_what_the_broker_had_not_got(desk: Desk) -> None:
    first = desk.scan()
    (message,) = desk.sent()
    desk.uploads.arrived(message.token)
    desk.wait(2 * MINUTE)
    desk.deliver(desk.sent())
    assert first in desk.gateway.facts
    second = desk.scan()
    desk.sent()
    desk.uploads.cut()
    assert [events(message) for message in desk.sent()] == [[second]]


def test_a_connection_that_swallows_everything_is_noticed(desk: Desk) -> None:
    desk.scan()
    (message,) = desk.sent()
    desk.wait(4 * MINUTE)
    assert not desk.uploads.stalled(desk.passed)
    desk.wait(2 * MINUTE)
    assert desk.uploads.stalled(desk.passed)
    desk.uploads.arrived(message.token)
    assert not desk.uploads.stalled(desk.passed)


def test_when_the_gateway_is_back_nobody_waits_for_the_rest_of_an_hour(desk: Desk) -> None:
    lost = desk.scan()
    for _ in range(8):
        due = desk.uploads.next_due()
        desk.sent()
        desk.wait(HOUR)
    assert due is not None
    desk.deliver([message for message in desk.sent() if lost in events(message)][:0])
    fresh = desk.scan()
    desk.deliver([message for message in desk.sent() if fresh in events(message)])
    due = desk.uploads.next_due()
    assert due is not None
    assert due <= desk.passed + MINUTE


def test_after_a_restart_everything_is_sent_again_and_counts_once() -> None:
    desk = Desk(trusted=True)
    made = [desk.scan() for _ in range(30)]
    for message in desk.sent():
        desk.gateway.take(message.payload)
    desk.boot(trusted=True)
    desk.settle()
    assert sorted(desk.gateway.scans) == made
    assert len(desk.spool) == 0


def test_ids_never_repeat_across_restarts() -> None:
    desk = Desk(trusted=True)
    made = []
    for _ in range(50):
        made += [desk.scan() for _ in range(3)]
        desk.boot(trusted=True)
    assert len(set(made)) == 150
    desk.spool.remove(made)
    desk.boot(trusted=True)
    assert desk.scan() not in made


def test_a_receipt_from_before_the_restart_still_settles(desk: Desk) -> None:
    desk.scan()
    answers = [desk.gateway.take(message.payload) for message in desk.sent()]
    desk.boot(trusted=True)
    for answer in answers:
        desk.hear(answer)
    assert len(desk.spool) == 0
    assert desk.sent() == []


def test_an_event_that_cannot_go_on_the_wire_is_refused_before_it_is_promised(desk: Desk) -> None:
    with pytest.raises(ValueError, match="split"):
        desk.uploads.put("scan", {"step": "arriving", "items": ["x" * 500] * 200})
    with pytest.raises(ValueError, match="JSON"):
        desk.uploads.put("position", {"lat": float("nan"), "lon": 1.0})
    with pytest.raises(ValueError, match="nothing"):
        desk.uploads.put("scan", {})
    assert len(desk.spool) == 0


def test_a_full_disk_refuses_the_new_keeps_the_old_and_recovers_by_itself(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "small", most_bytes=128 * 1024)) as spool:
        desk = Desk(spool, trusted=True)
        made: list[str] = []
        with pytest.raises(SpoolFull):
            made.extend(iter(desk.scan, None))
        desk.settle()
        assert set(desk.gateway.scans) == set(made)
        assert len(spool) == 0
        made.append(desk.scan())
        desk.settle()
        assert desk.gateway.scans[-1] == made[-1]


def test_what_cannot_be_removed_for_want_of_room_is_not_sent_again_and_goes_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = desk.scan()
    with monkeypatch.context() as full:
        full.setattr(desk.spool, "remove", _no_room)
        desk.deliver(desk.sent())
        assert len(desk.spool) == 1
        desk.wait(10 * MINUTE)
        assert desk.sent() == []
    desk.wait(5 * SECOND)
    assert desk.sent() == []
    assert len(desk.spool) == 0
    assert desk.gateway.heard.count(event) == 1


def _no_room(_ids: object) -> None:
    raise SpoolFull("not now")


def test_what_a_receipt_says_is_told_though_the_disk_fails_at_that_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(trusted=True)
    event = desk.scan()
    messages = desk.sent()
    with monkeypatch.context() as failing:

        def fail(_ids: object) -> None:
            raise SpoolBroken("the disk fails")

        failing.setattr(desk.spool, "remove", fail)
        assert [result.id for result in desk.deliver(messages)] == [event]
        assert desk.sent() == []
    desk.wait(10 * SECOND)
    assert desk.sent() == []
    assert len(desk.spool) == 0
