"""Queries are made of declared names only, and read as InfluxQL does."""

import pytest

from dashboards.influxql import (
    Select,
    UnknownName,
    among,
    both,
    call,
    chosen,
    either,
    equals,
    name,
    or_none,
    text,
)
from dashboards.narrowing import Narrowing, condition
from gateway.points.schema import DWELL, LEG, OPEN_ALERTS, POSITION, SCAN


def test_a_query_has_its_parts_in_order() -> None:
    query = Select(
        LEG, {"p90": call("percentile", "transit_s", 90)}, (equals("n", 1),), by=("route",), every="1h"
    )
    assert str(query) == (
        'SELECT percentile("transit_s", 90) AS "p90" FROM "leg" WHERE "n" = 1 AND $timeFilter '
        'GROUP BY time(1h), "route" fill(none)'
    )


def test_a_query_of_a_query_asks_for_what_the_inner_one_gives() -> None:
    inner = Select(OPEN_ALERTS, {"now": call("sum", "count")}, by=("site",), every="1m")
    assert str(Select(inner, {"now": call("last", "now")}, by=("site",))) == (
        f'SELECT last("now") AS "now" FROM ({inner}) WHERE $timeFilter GROUP BY "site"'  # noqa: S608 # it is compared
    )
    assert Select(inner, {"now": call("last", "now")}).measurement is OPEN_ALERTS


@pytest.mark.parametrize(
    ("columns", "where", "by"),
    [
        ({"x": call("sum", "transit")}, (), ()),
        ({"x": call("sum", "n")}, (equals("sites", "HUB"),), ()),
        ({"x": call("sum", "n")}, (), ("site",)),
        ({"x": f"{name('transit_s')} / {name('max')}"}, (), ()),
    ],
    ids=["a field", "a condition", "a group", "arithmetic"],
)
def test_a_name_that_is_not_declared_is_refused(
    columns: dict[str, str], where: tuple[str, ...], by: tuple[str, ...]
) -> None:
    with pytest.raises(UnknownName, match="leg has"):
        Select(LEG, columns, where, by=by)


def test_a_column_of_the_inner_query_only_is_known_outside() -> None:
    inner = Select(LEG, {"used": call("max", "transit_s")})
    with pytest.raises(UnknownName, match="transit_s"):
        Select(inner, {"v": call("max", "transit_s")})


@pytest.mark.parametrize(
    ("value", "written"), [("HUB", "'HUB'"), ("it's", r"'it\'s'"), ("a\\", r"'a\\'"), ('"n"', "'\"n\"'")]
)
def test_text_is_written_so_that_it_ends_where_it_ends(value: str, written: str) -> None:
    assert text(value) == written


def test_what_is_in_texts_is_no_name() -> None:
    Select(SCAN, {"n": call("count", "event_id")}, (equals("verdict", 'the "worst"'),))


def test_conditions_are_joined() -> None:
    assert or_none("kind", among("kind", ("a", "b"))) == '(("kind" =~ /^(a|b)$/) OR "kind" = \'none\')'
    assert both(equals("n", 1), equals("n", 2)) == '("n" = 1 AND "n" = 2)'


def test_each_variable_narrows_by_what_the_points_have() -> None:
    assert condition(DWELL, "site") == chosen("site", "site") == '"site" =~ /^${site:regex}$/'
    assert condition(LEG, "site") == either(chosen("from_site", "site"), chosen("to_site", "site"))
    assert condition(POSITION, "route") is None
    assert condition(POSITION, "container") == chosen("container", "container")
    assert Narrowing("route", "severity")(DWELL, equals("n", 1)) == (equals("n", 1), chosen("route", "route"))
