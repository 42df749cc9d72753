"""The stand-in for Grafana does as Grafana does: examples from its sources and documentation."""

from typing import Any

import pytest

from tests.dashboards.answers import frames, transformed
from tests.dashboards.filling import DAY, HOUR, MINUTE, SECOND, View, filled, formatted, interval, written

BOARD: dict[str, Any] = {
    "templating": {
        "list": [
            {"name": "route", "allValue": ".*", "current": {"value": ["$__all"]}},
            {"name": "item", "current": {"value": ""}},
        ]
    }
}
DAY_LONG = View(0, DAY)


@pytest.mark.parametrize(
    ("value", "regex"),
    [
        ("test.", r"test\."),
        (["test."], r"test\."),
        (["test.", "test2"], r"(test\.|test2)"),
        ("a/b", r"a\/b"),
        ("-x", "-x"),
    ],
)
def test_values_as_regular_expressions(value: str | list[str], regex: str) -> None:
    assert formatted(value, "regex") == regex


@pytest.mark.parametrize(
    ("chosen", "query"),
    [
        ({}, "/^.*$/ time >= 0ms and time <= 86400000ms time(2m) 120000"),
        ({"route": ["a", "b"]}, "/^(a|b)$/ time >= 0ms and time <= 86400000ms time(2m) 120000"),
    ],
)
def test_a_query_is_filled(chosen: dict[str, Any], query: str) -> None:
    text = "/^${route:regex}$/ $timeFilter time($__interval) $__interval_ms"
    assert filled(BOARD, text, View(0, DAY, chosen)) == query


def test_a_variable_that_is_not_there_is_noticed() -> None:
    with pytest.raises(AssertionError, match="no variable 'site'"):
        filled(BOARD, "${site:regex}", DAY_LONG)


@pytest.mark.parametrize(
    ("lasts", "least", "found"),
    [
        (HOUR, "1s", 5 * SECOND),
        (HOUR, "1m", MINUTE),
        (DAY, "1m", 2 * MINUTE),
        (7 * DAY, "1m", 10 * MINUTE),
        (90 * DAY, "1d", DAY),
    ],
)
def test_stretches_of_time_are_about_a_pixel_and_at_least_so_long(lasts: int, least: str, found: int) -> None:
    assert interval(View(0, lasts), least) == found


@pytest.mark.parametrize(("length", "text"), [(1, "1ms"), (90_000, "90s"), (MINUTE, "1m"), (7 * DAY, "7d")])
def test_lengths_are_written_as_grafana_does(length: int, text: str) -> None:
    assert written(length) == text


SERIES = [
    {
        "name": "leg",
        "tags": {"route": "r"},
        "columns": ["time", "n", "m"],
        "values": [[1, 2, 3], [2, 4, None]],
    }
]


def test_a_table_has_the_time_then_tags_then_columns() -> None:
    (frame,) = frames(SERIES, {"resultFormat": "table"})
    assert frame.columns == {"Time": [1, 2], "route": ["r", "r"], "n": [2, 4], "m": [3, None]}
    assert frames([], {"resultFormat": "table"}) == []


@pytest.mark.parametrize(
    ("alias", "names"),
    [
        ("", ["leg.n { route: r }", "leg.m { route: r }"]),
        ("$tag_route: $col of $m", ["r: n of leg", "r: m of leg"]),
    ],
)
def test_series_are_named_by_their_alias(alias: str, names: list[str]) -> None:
    found = frames(SERIES, {"resultFormat": "time_series", "alias": alias})
    assert [frame.name for frame in found] == names
    assert found[1].columns == {"Time": [1, 2], "Value": [3, None]}


def test_tables_are_merged_where_they_agree() -> None:
    def table(**columns: list[Any]) -> Any:
        names = list(columns)
        values = [list(row) for row in zip(*columns.values(), strict=True)]
        return frames(
            [{"name": "t", "columns": ["time", *names[1:]], "values": values}], {"resultFormat": "table"}
        )

    found = [*table(time=[1, 2], k=["a", "b"], x=[1, 2]), *table(time=[1, 1], k=["a", "c"], y=[5, 6])]
    (merged,) = transformed(found, {"transformations": [{"id": "merge", "options": {}}]})
    assert merged.columns == {
        "Time": [1, 2, 1],
        "k": ["a", "b", "c"],
        "x": [1, 2, None],
        "y": [5, None, 6],
    }
