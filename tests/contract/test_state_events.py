"""Events, what is known of them, and all that was heard in the order of its receipt."""

from collections.abc import Iterator

import pytest

from gateway.ports.rows import HeardRow, Identity, RepeatRow
from gateway.ports.state import State, Unit
from tests.contract.making import at, entry, event, identity


def test_known_events_give_back_their_results_and_payloads(state: State) -> None:
    with state.unit() as unit:
        unit.add_events([event(0, "s1"), event(0, "s1", "d2"), event(0, "s2")])
    with state.reader() as reader:
        asked = [identity("s1"), identity("s2"), identity("s2", "d2"), Identity("source/d1", "s1")]
        assert reader.results(asked) == {
            identity("s1"): event(0, "s1").result,
            identity("s2"): event(0, "s2").result,
        }
        assert reader.payload(identity("s2")) == event(0, "s2").payload
        assert reader.payload(identity("s3")) is None


def test_voided_events_are_remembered_before_and_after_they_come(state: State) -> None:
    with state.unit() as unit:
        unit.add_voids([identity("s1"), identity("s2")])
        assert unit.void([identity("s1"), identity("s2")]) == []
        unit.add_events([event(0, "s1")])
    with state.unit() as unit:
        unit.add_voids([identity("s2"), identity("s3")])
        asked = [identity("s1"), identity("s2"), identity("s3"), identity("s4"), identity("s1", "d2")]
        assert unit.voided(asked) == {identity("s1"), identity("s2"), identity("s3")}


def hear_things(unit: Unit) -> None:
    """Events, a refused payload and repeats, received at 1, 1, 2, 3, 3 and 5 hours."""
    unit.add_events([event(9, "s3", received=3), event(0, "s1", received=1)])
    unit.put_quarantine([entry("q1", received=1, payload=b"\xfe{")])
    unit.add_repeats([RepeatRow(identity("s1"), None, at(2)), RepeatRow(None, "q1", at(5))])
    unit.add_events([event(9, "s0", received=3)])


S1 = (at(1), "device/d1/scan", event(0, "s1").payload)
Q1 = (at(1), "device/d1/scan", b"\xfe{")
S1_AGAIN = (at(2), *S1[1:])
S3 = (at(3), "device/d1/scan", event(0, "s3").payload)
S0 = (at(3), "device/d1/scan", event(0, "s0").payload)
Q1_AGAIN = (at(5), *Q1[1:])
ALL = [S1, Q1, S1_AGAIN, S3, S0, Q1_AGAIN]


def said(rows: list[HeardRow]) -> list[tuple[int, str, str | bytes]]:
    return [(row.received_at, row.topic, row.payload) for row in rows]


@pytest.mark.parametrize(
    ("since", "before", "expected"),
    [
        (-9, 99, ALL),
        (1, 99, ALL),
        (1.1, 99, ALL[2:]),
        (2, 3, [S1_AGAIN]),
        (0, 5, ALL[:5]),
        (5, 5, []),
    ],
)
def test_what_was_heard_comes_in_the_order_of_receipt_and_then_of_arrival(
    state: State, since: float, before: float, expected: list[tuple[int, str, str | bytes]]
) -> None:
    with state.unit() as unit:
        hear_things(unit)
    with state.reader() as reader:
        assert said(list(reader.heard(at(since), at(before), 0, 99))) == expected


def pages(state: State, size: int) -> Iterator[HeardRow]:
    after = 0
    while True:
        with state.reader() as reader:
            page = reader.heard(at(0), at(9), after, size)
        yield from page
        if len(page) < size:
            return
        after = page[-1].seq


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
def test_what_was_heard_comes_page_by_page_without_gap_or_repetition(state: State, size: int) -> None:
    with state.unit() as unit:
        hear_things(unit)
    assert said(list(pages(state, size))) == ALL


def test_pages_go_on_where_they_were_though_more_is_heard_meanwhile(state: State) -> None:
    with state.unit() as unit:
        hear_things(unit)
    going = pages(state, 2)
    first = [next(going), next(going)]
    with state.unit() as unit:
        unit.add_events([event(0, "s7", received=6)])
        unit.add_repeats([RepeatRow(identity("s7"), None, at(7))])
    rest = said([*first, *going])
    assert rest[: len(ALL)] == ALL
    assert [received_at for received_at, _, _ in rest[len(ALL) :]] == [at(6), at(7)]
