"""The outbox: in order, by lane, when due, until delivered; quarantine and notes."""

import pytest

from gateway.ports.rows import OutboxRow, QuarantineRow
from gateway.ports.state import State
from tests.contract.making import at, entry, waiting


def bodies(rows: object) -> list[str]:
    assert isinstance(rows, list)
    return [row.body for row in rows if isinstance(row, OutboxRow)]


@pytest.fixture
def waited(state: State) -> State:
    with state.unit() as unit:
        unit.put_outbox([waiting("one", 2), waiting("two", 1)])
    with state.unit() as unit:
        unit.put_outbox([waiting("other", 0, lane="mqtt"), waiting("three", 3)])
    return state


@pytest.mark.parametrize(
    ("now", "limit", "expected"),
    [
        (0.9, 9, []),
        (1, 9, ["two"]),
        (2, 9, ["one", "two"]),
        (9, 9, ["one", "two", "three"]),
        (9, 2, ["one", "two"]),
    ],
)
def test_what_is_due_of_a_lane_comes_in_the_order_it_was_put(
    waited: State, now: float, limit: int, expected: list[str]
) -> None:
    with waited.reader() as reader:
        assert bodies(reader.outbox("series", at(now), limit)) == expected


def test_a_waiting_row_comes_back_whole(waited: State) -> None:
    with waited.reader() as reader:
        (row,) = reader.outbox("mqtt", at(0), 9)
    assert row._replace(seq=0) == waiting("other", 0, lane="mqtt")
    assert row.seq > 0


def test_what_is_delivered_is_gone_and_nothing_else(waited: State) -> None:
    with waited.unit() as unit:
        done = [row.seq for row in unit.outbox("series", at(2), 9)]
        unit.delivered(done)
        unit.delivered(done)
    with waited.reader() as reader:
        assert bodies(reader.outbox("series", at(9), 9)) == ["three"]
        assert reader.outbox_size() == {"series": 1, "mqtt": 1}


def test_what_is_postponed_waits_and_keeps_its_place(waited: State) -> None:
    with waited.unit() as unit:
        first = [row.seq for row in unit.outbox("series", at(9), 1)]
        unit.postpone(first, at(5))
        assert bodies(unit.outbox("series", at(4), 9)) == ["two", "three"]
        assert bodies(unit.outbox("series", at(5), 9)) == ["one", "two", "three"]


def test_each_lane_knows_when_it_has_next_something_to_do(waited: State) -> None:
    with waited.unit() as unit:
        assert unit.next_outbox("series") == at(1)
        assert unit.next_outbox("mqtt") == at(0)
        assert unit.next_outbox("notify") is None
        unit.delivered([row.seq for row in unit.outbox("mqtt", at(9), 9)])
        assert unit.next_outbox("mqtt") is None
        assert unit.outbox_size() == {"series": 3}


def test_a_number_is_not_used_again_after_all_is_delivered(state: State) -> None:
    seen: list[int] = []
    for body in ("one", "two", "three"):
        with state.unit() as unit:
            unit.put_outbox([waiting(body)])
            (row,) = unit.outbox("series", at(0), 9)
            unit.delivered([row.seq])
            seen.append(row.seq)
    assert seen == sorted(set(seen))


WHOLE = QuarantineRow(
    id="q1",
    topic="device/d1/scan",
    payload=b"\x00\xff{",
    received_at=at(1),
    reason="unknown_site",
    message="no site HUB-XXX; did you mean HUB-LEJ?",
    event_id="s1",
    field="site",
    value="HUB-XXX",
    trace="Traceback …",
    status="held",
    seen=1,
)


def test_an_entry_comes_back_whole(state: State) -> None:
    with state.unit() as unit:
        unit.put_quarantine([WHOLE])
    with state.reader() as reader:
        assert reader.quarantine_entries(["q1", "q2"]) == {"q1": WHOLE}


def test_an_entry_that_is_known_stays_and_counts_so_many_times_more(state: State) -> None:
    again = WHOLE._replace(received_at=at(5), payload=b"other", message="other", seen=2)
    with state.unit() as unit:
        unit.put_quarantine([WHOLE])
    for _ in range(2):
        with state.unit() as unit:
            unit.put_quarantine([again])
    with state.reader() as reader:
        assert reader.quarantine_entries(["q1"]) == {"q1": WHOLE._replace(seen=5)}


def test_entries_page_by_id_with_one_status_or_any(state: State) -> None:
    rows = [entry(f"q{n}") for n in range(5)]
    with state.unit() as unit:
        unit.put_quarantine(rows[::-1])
        unit.set_quarantine_status(["q1", "q3", "q9"], "discarded")
    with state.reader() as reader:
        found = reader.list_quarantine(status="held", after=None, limit=2)
        assert [row.id for row in found] == ["q0", "q2"]
        found = reader.list_quarantine(status="held", after="q2", limit=2)
        assert [row.id for row in found] == ["q4"]
        found = reader.list_quarantine(status="discarded", after=None, limit=9)
        assert [(row.id, row.status) for row in found] == [("q1", "discarded"), ("q3", "discarded")]
        found = reader.list_quarantine(status=None, after="q0", limit=9)
        assert [row.id for row in found] == ["q1", "q2", "q3", "q4"]


def test_a_note_is_the_last_that_was_put_under_its_key(state: State) -> None:
    with state.unit() as unit:
        unit.put_meta("network", "one")
        unit.put_meta("token", "x")
    with state.unit() as unit:
        unit.put_meta("network", "two")
    with state.reader() as reader:
        assert (reader.meta("network"), reader.meta("token"), reader.meta("other")) == ("two", "x", None)
