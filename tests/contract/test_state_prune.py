"""Forgetting: what is old and needed no more goes, a bounded piece at a time; what is held or young stays."""

import pytest

from gateway.ports.rows import TransitionRow
from gateway.ports.state import State
from tests.contract.making import at, entry


def prune_all(state: State, before: float, limit: int) -> list[int]:
    """Prunes until nothing is left to prune; says how many went each time."""
    removed: list[int] = []
    while not removed or removed[-1]:
        with state.unit() as unit:
            removed.append(unit.prune(at(before), limit))
    return removed[:-1]


@pytest.fixture
def aged(state: State) -> State:
    with state.unit() as unit:
        unit.add_transitions([TransitionRow("A1", at(hours), "{}") for hours in (0, 1, 2, 3)])
        unit.put_quarantine([entry(f"q{hours}", received=hours) for hours in (0, 1, 2, 3)])
        unit.set_quarantine_status(["q0", "q3"], "discarded")
        unit.set_quarantine_status(["q1"], "accepted")
    return state


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_old_history_goes_and_quarantine_that_is_no_longer_held(aged: State, limit: int) -> None:
    removed = prune_all(aged, 2, limit)
    assert sum(removed) == 4
    assert max(removed) <= limit
    with aged.reader() as reader:
        assert [row.at for row in reader.transitions(after=0, limit=9)] == [at(2), at(3)]
        found = reader.list_quarantine(status=None, after=None, limit=9)
        assert [row.id for row in found] == ["q2", "q3"]


def test_nothing_goes_that_is_not_old(aged: State) -> None:
    assert prune_all(aged, 0, 100) == []
