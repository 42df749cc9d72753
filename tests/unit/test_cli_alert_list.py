"""Lists of alerts: where following begins, and how much of an id tells it apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.alert_list import newest_transition, telling
from gateway.memory import Memory
from gateway.ports.rows import RepeatRow, TransitionRow
from gateway.tracking.instants import Instant

REPEAT = RepeatRow(None, "entry", Instant(0))


@given(gaps=st.lists(st.integers(0, 40), max_size=12))
def test_following_begins_after_the_newest_transition_whatever_numbers_are_missing(gaps: list[int]) -> None:
    state = Memory()
    with state.unit() as unit:
        for number, gap in enumerate(gaps):
            unit.add_repeats([REPEAT] * gap)  # they take numbers too
            unit.add_transitions([TransitionRow(f"a{number}", Instant(0), "{}")])
    with state.reader() as unit:
        known = [row.seq for row in unit.transitions(after=0, limit=100)]
        assert newest_transition(unit) == max(known, default=0)


@pytest.mark.parametrize(
    ("ids", "length"),
    [
        ([], 0),
        (["01JD8Z5K2MAAAAAA"], 10),
        (["01JD8Z5K2MAAAAAA", "01JD8Z5K2NAAAAAA"], 10),
        (["01JD8Z5K2MAAAAAA", "01JD8Z5K2MABAAAA"], 12),
        (["01JD8Z5K2MAAAAAA", "01JD8Z5K2MAAAAAB"], 16),
    ],
)
def test_ids_are_cut_to_what_tells_them_apart(ids: list[str], length: int) -> None:
    assert telling(ids) == length
