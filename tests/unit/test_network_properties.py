"""Whatever the text, the check ends with a network or with faults that have a place in it."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from yaml import safe_load

from gateway.network import Examined, examine
from gateway.network.source import LINE_BREAK
from gateway.tracking.cbv import BUSINESS_STEPS, DISPOSITIONS
from gateway.tracking.model import ENDING_DISPOSITIONS, HANDLING, LEAVING, PREPARING
from tests.unit.test_network import EXAMPLE

_PLAIN: dict[str, Any] = safe_load(EXAMPLE.replace("2026-12-25", "'2026-12-25'"))

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_ANYTHING = st.recursive(
    _SCALARS | st.sampled_from(["1d", "SHOP-1", "refill", "a b", "08:00-18:00", "trk-17", "env:A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _locations(value: object, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The location of every value in the example."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(inner for key, item in items for inner in _locations(item, (*here, key)))]


def _with(location: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """The example with one value changed."""
    copy: Any = json.loads(json.dumps({"": _PLAIN}))
    parent, key = copy, ""
    for part in location:
        parent, key = parent[key], part
    parent[key] = change(parent[key])
    return copy[""]


def _assert_told(text: str, examined: Examined) -> None:
    assert (examined.network is None) == bool(examined.faults)
    lines = LINE_BREAK.split(text)
    for fault in (*examined.faults, *examined.warnings):
        assert fault.message
        assert 1 <= fault.line <= len(lines) + 1
        assert 1 <= fault.column <= max(map(len, lines)) + 1


@given(st.sampled_from(_locations(_PLAIN)[1:]), _ANYTHING)
def test_any_value_in_any_place_is_taken_or_told_of(location: tuple[Any, ...], value: Any) -> None:
    text = json.dumps(_with(location, lambda _: value), indent=1)
    _assert_told(text, examine(text, "n"))


@given(st.sampled_from(_locations(_PLAIN)[1:]), _ANYTHING)
def test_anything_more_in_any_place_is_taken_or_told_of(location: tuple[Any, ...], value: Any) -> None:
    def more(old: Any) -> Any:
        return (
            {**old, "x": value}
            if isinstance(old, dict)
            else [*old, value]
            if isinstance(old, list)
            else [old]
        )

    text = json.dumps(_with(location, more), indent=1)
    _assert_told(text, examine(text, "n"))


@given(
    st.integers(0, len(EXAMPLE)),
    st.integers(0, 3),
    st.text("\t\n :-[]{}&*!|>'\"%@#?,\x00\ufeffaä1", max_size=4),
)
def test_any_slip_of_the_keyboard_is_taken_or_told_of(at: int, lost: int, typed: str) -> None:
    text = EXAMPLE[:at] + typed + EXAMPLE[at + lost :]
    _assert_told(text, examine(text, "n"))


@given(st.text())
def test_any_text_is_taken_or_told_of(text: str) -> None:
    _assert_told(text, examine(text, "n"))


def test_the_vocabulary_is_whole_and_has_the_words_that_the_rules_use() -> None:
    assert (len(BUSINESS_STEPS), len(DISPOSITIONS)) == (41, 33)
    assert LEAVING | PREPARING | HANDLING | {"packing", "unpacking", "collecting"} <= BUSINESS_STEPS
    assert ENDING_DISPOSITIONS | {"returned", "in_progress", "needs_replacement"} <= DISPOSITIONS
