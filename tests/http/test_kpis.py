"""The figures of a period, by hand; percentiles by their definition; and pages of any list, whatever changes."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.service.queries.kpis import percentile, share
from gateway.service.queries.paging import MOST, BadCursor, Page, as_text, collected, cursor, key_of
from gateway.service.queries.zones import zones
from tests.http.world import World
from tests.unit.cli_world import TERRAIN, WORKED_EXAMPLE, announcement, scan

MARCH: dict[str, Any] = {"since": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}


def figures(world: World, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.get("/api/v1/kpis", **MARCH, **query)["groups"]
    return found


def test_a_return_that_came_back_late_for_nothing_counts_as_recovered_and_on_time(
    make_world: Callable[..., World],
) -> None:
    world = make_world(
        *WORKED_EXAMPLE,
        ("9T16:30", announcement("C", "9T16:30")),
        ("9T16:40", announcement("C", "9T16:40", cancelled=True)),
    )
    (whole,) = figures(world)
    assert (whole["completed"], whole["lost"], whole["cancelled"]) == (1, 0, 1)
    assert (whole["recovery_rate"], whole["on_time_share"]) == (1.0, 1.0)
    assert whole["cycle_p50_s"] == (4 * 24 + 2) * 3600
    stays = {each["site"]: each for each in whole["dwell"]}
    assert (stays["HUB"]["p50_s"], stays["HUB"]["over_share"]) == (11 * 3600, 0.0)


def test_what_is_missing_is_lost_until_it_is_found(seen: World) -> None:
    (route,) = figures(seen, by="route")
    assert (route["group"], route["completed"], route["lost"], route["recovery_rate"]) == ("R", 0, 1, 0.0)
    assert figures(seen, by="purpose")[0]["group"] == "refill"
    assert figures(seen, route="Q") == []


@pytest.mark.parametrize(("by", "group"), [("day", "2026-03-08"), ("week", "2026-W10"), ("month", "2026-03")])
def test_figures_are_told_apart_by_period(make_world: Callable[..., World], by: str, group: str) -> None:
    world = make_world(
        ("1T00:00", announcement("D", "1T00:00")),
        ("8T10:00", scan("D", "8T10:00", "receiving", "REFILL")),
    )
    assert [each["group"] for each in figures(world, by=by)] == [group]


def test_shares_of_nothing_are_nothing() -> None:
    assert (share(0, 0), share(1, 3), percentile([], 50)) == (None, 0.3333, None)


@given(st.lists(st.floats(0, 1e9), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_so_many_percent_are_not_greater_than(
    values: list[float], rank: int
) -> None:
    found = percentile(values, rank)
    assert found in values
    assert found is not None
    assert sum(each <= found for each in values) * 100 >= rank * len(values)
    assert sum(each < found for each in values) * 100 < rank * len(values)


@given(st.sets(st.integers(0, 200)), st.integers(1, 20), st.integers(2, 5))
def test_pages_together_are_all_that_matches_once(there: set[int], limit: int, every: int) -> None:
    rows = sorted(there)

    def read(after: int | None, count: int) -> list[int]:
        return [each for each in rows if after is None or each > after][:count]

    found: list[int] = []
    page: Page[int] = collected(read, int, lambda each: each % every == 0, None, limit)
    while True:
        assert len(page.items) <= limit
        found += page.items
        if page.after is None:
            break
        page = collected(read, int, lambda each: each % every == 0, page.after, limit)
    assert found == [each for each in rows if each % every == 0]


def test_a_page_looks_at_a_bounded_number_of_rows() -> None:
    looked: list[int] = []

    def read(after: int | None, count: int) -> list[int]:
        begin = 0 if after is None else after + 1
        looked.extend(range(begin, begin + count))
        return list(range(begin, begin + count))

    page = collected(read, int, lambda _: False, None, 100)
    assert (page.items, page.after) == ([], looked[-1])
    assert len(looked) <= 2_000 + MOST


def test_pages_stay_where_they_are_while_things_come_and_go(world: World) -> None:
    first = world.get("/api/v1/returns", limit=2)
    assert [each["id"] for each in first["items"]] == ["A", "B-1"]
    for item in ("A0", "B-1A", "Z"):
        world.client.post("/api/v1/returns", json={"id": item, "item": item, "route": "R"})
    rest = world.get("/api/v1/returns", limit=10, cursor=first["next"])
    assert [each["id"] for each in rest["items"]] == ["B-1A", "B-2", "STRAY", "Z"]


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_a_cursor_is_read_as_it_was_written_and_nothing_else_is_one(key: Any) -> None:
    text = cursor(key)
    if text is None:
        return
    assert key_of(text, lambda each: each) == key
    if not isinstance(key, str):
        with pytest.raises(BadCursor):
            key_of(text, as_text)


@given(st.text(max_size=50))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with suppress(BadCursor):
        assert isinstance(key_of(text, as_text), str)


def test_the_zones_are_those_of_the_sites_that_are_named() -> None:
    value = [
        {"site": "HUB", "note": "CP1"},
        {"stops": [{"sites": ["CP2", "NOWHERE"]}], "expected_sites": ("SORT",)},
    ]
    assert zones(value, TERRAIN.network) == dict.fromkeys(("CP2", "HUB", "SORT"), "UTC")
