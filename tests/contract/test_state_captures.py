"""Captures, and events in the orders that EPCIS queries ask for, as every store keeps them."""

from collections.abc import Sequence
from typing import cast

import pytest

from gateway.ports.captures import CaptureRow, CaptureState, Mention, Place, Span
from gateway.ports.rows import Identity
from gateway.ports.state import State
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key
from tests.contract.making import add_positions, add_scans, at, event, identity, packing, position, scan

EVER = Span(Instant(0), Instant(2**61))
WAITING = CaptureRow("c1", "erp", False, "rollback", at(0), None, b'{"type"', 3)


@pytest.fixture
def ledger(state: State) -> CaptureState:
    """The store, for all that it can do."""
    return cast(CaptureState, state)


def test_a_capture_is_found_as_it_was_put_and_replaced_by_its_id(ledger: CaptureState) -> None:
    done = WAITING._replace(
        finished_at=at(1), document=None, done=3, errors='[{"status":400}]', notes='["ä"]'
    )
    with ledger.unit() as unit:
        unit.put_capture(WAITING)
    with ledger.reader() as reader:
        assert reader.capture("c1") == WAITING
        assert reader.unfinished_captures() == ["c1"]
    with ledger.unit() as unit:
        unit.put_capture(done)
    with ledger.reader() as reader:
        assert (reader.capture("c1"), reader.capture("c2")) == (done, None)
        assert reader.unfinished_captures() == []


def test_captures_page_from_the_newest_without_their_documents(ledger: CaptureState) -> None:
    with ledger.unit() as unit:
        for number in (2, 1, 3):
            unit.put_capture(WAITING._replace(id=f"c{number}", device="erp" if number < 3 else "shop"))
    with ledger.reader() as reader:
        assert [row.id for row in reader.captures(None, None, 2)] == ["c3", "c2"]
        assert [row.id for row in reader.captures(None, "c2", 2)] == ["c1"]
        assert [row.id for row in reader.captures("erp", None, 9)] == ["c2", "c1"]
        assert reader.captures("erp", None, 1)[0].document is None


def test_events_are_found_by_identity_with_their_place(ledger: CaptureState) -> None:
    with ledger.unit() as unit:
        unit.add_events([event(1, "a", received=3), event(2, "b", "d2", received=4)])
    with ledger.reader() as reader:
        found = reader.events_by([identity("a"), identity("b", "d2"), identity("c")])
    assert {name: placed.event.at for name, placed in found.items()} == {
        identity("a"): at(1),
        identity("b", "d2"): at(2),
    }
    assert found[identity("a")].place < found[identity("b", "d2")].place


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_was_received_pages_in_order_whatever_the_page(
    ledger: CaptureState, size: int, newest: bool
) -> None:
    with ledger.unit() as unit:
        unit.add_events([event(9 - hour, f"e{hour}", received=hour // 2) for hour in range(6)])
    seen: list[str] = []
    after: Place | None = None
    with ledger.reader() as reader:
        while rows := reader.received(Span(at(0), at(3)), after, size, newest=newest):
            seen += [row.event.identity.id for row in rows]
            after = rows[-1].place
        assert reader.received(Span(at(1), at(2)), None, 9, newest=newest)[0].event.received_at == at(1)
    assert seen == (["e5", "e4", "e3", "e2", "e1", "e0"] if newest else ["e0", "e1", "e2", "e3", "e4", "e5"])


def fill(ledger: CaptureState) -> None:
    with ledger.unit() as unit:
        add_scans(unit, *packing(1, "p", "TOTE-1", "SN-1", "SN-2", "SN-3"), ("SN-1", scan(2, "s2")))
        add_scans(unit, ("SN-1", scan(2, "s1")), ("SN-4", scan(4, "s4", "d2")))
        add_positions(unit, position(3, "f1"), position(2, "f2", "TOTE-2"))
        unit.add_mentions([Mention("", (at(5), "m", "erp")), Mention("class X", (at(5), "m", "erp"))])
        unit.add_mentions([Mention("class X", (at(5), "m", "erp")), Mention("class X", (at(2), "s1", "d1"))])


ALL: list[Key] = [
    (at(1), "p", "d1"),
    (at(2), "f2", "t1"),
    (at(2), "s1", "d1"),
    (at(2), "s2", "d1"),
    (at(3), "f1", "t1"),
    (at(4), "s4", "d2"),
    (at(5), "m", "erp"),
]


def walked(ledger: CaptureState, size: int, *, newest: bool, names: Sequence[str] | None = None) -> list[Key]:
    seen: list[Key] = []
    after: Key | None = None
    with ledger.reader() as reader:
        while True:
            if names is None:
                keys = reader.happened(EVER, after, size, newest=newest)
            else:
                keys = reader.naming(names, EVER, after, size, newest=newest)
            if not keys:
                return seen
            assert len(keys) <= size
            seen += keys
            after = keys[-1]


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_what_happened_pages_by_event_time_each_event_once(
    ledger: CaptureState, size: int, newest: bool
) -> None:
    fill(ledger)
    assert walked(ledger, size, newest=newest) == (ALL[::-1] if newest else ALL)


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("size", [1, 2, 50])
def test_events_are_found_by_what_they_name(ledger: CaptureState, size: int, newest: bool) -> None:
    fill(ledger)
    found = walked(ledger, size, newest=newest, names=["SN-1", "TOTE-2", "class X"])
    expected = [ALL[0], ALL[1], ALL[2], ALL[3], ALL[6]]
    assert found == (expected[::-1] if newest else expected)
    assert walked(ledger, size, newest=newest, names=["SN-2"]) == [ALL[0]]


def test_a_span_bounds_what_happened_and_what_is_named(ledger: CaptureState) -> None:
    fill(ledger)
    span = Span(at(2), at(4))
    with ledger.reader() as reader:
        assert reader.happened(span, None, 9, newest=False) == ALL[1:5]
        assert reader.naming(["SN-1", "SN-4"], span, None, 9, newest=False) == ALL[2:4]


def test_what_was_voided_still_happened_and_is_found_whatever_it_named(ledger: CaptureState) -> None:
    fill(ledger)
    with ledger.unit() as unit:
        unit.add_voids([identity("s1"), identity("never")])
        unit.void([identity("s1"), identity("never")])
    assert walked(ledger, 2, newest=False) == ALL
    assert walked(ledger, 2, newest=False, names=["SN-2"]) == [ALL[0], ALL[2]]


def test_events_that_void_others_are_found_by_their_device(ledger: CaptureState) -> None:
    voiding = event(2, "v", received=1)._replace(payload='{"id":"v","voids":["s1"]}')
    other = event(1, "w", "d2")._replace(payload='{"id":"w","voids":["s1"]}')
    with ledger.unit() as unit:
        unit.add_events([voiding, other, event(3, "x")])
    with ledger.reader() as reader:
        assert reader.voiding(["device/d1"]) == [voiding]
        assert reader.voiding(["device/d1", "device/d2", "device/d3"]) == [other, voiding]
        assert Identity("device/d1", "x") not in {row.identity for row in reader.voiding(["device/d1"])}
