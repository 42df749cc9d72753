"""Queries: what is understood, and what is refused with a word on what to write instead."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.series.influxql import Comparison, Either, Every, Item, Select, Show, parse
from gateway.adapters.series.translation import translate
from gateway.points import MEASUREMENTS
from gateway.ports.series import BadQuery
from gateway.tracking.instants import instant

NOW = instant("2026-11-22T08:00:00Z")
NS = NOW * 1000
HOUR_NS = 3_600_000_000_000
EVERYTHING = "SELECT * FROM scan"

ALL = Item(None, "*")
A, B, C = (Comparison(name, "=", place + 1) for place, name in enumerate("abc"))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SELECT * FROM scan", Select((ALL,), "scan")),
        ("select * from scan;", Select((ALL,), "scan")),
        (
            'SELECT "item", lag_s AS lag FROM "scan"',
            Select((Item(None, "item"), Item(None, "lag_s", "lag")), "scan"),
        ),
        ("SELECT MEAN(lag_s) FROM scan", Select((Item("mean", "lag_s"),), "scan")),
        ("SELECT count(*) FROM scan", Select((Item("count", "*"),), "scan")),
        ("SELECT * FROM scan LIMIT 5", Select((ALL,), "scan", limit=5)),
        ("SELECT * FROM scan ORDER BY time DESC", Select((ALL,), "scan", descending=True)),
        ("SELECT * FROM scan ORDER BY time", Select((ALL,), "scan")),
        (
            "SELECT sum(n) FROM leg GROUP BY time(1h30m), route, *",
            Select((Item("sum", "n"),), "leg", interval=HOUR_NS * 3 // 2, by=("route", "*")),
        ),
        ("SHOW MEASUREMENTS", Show("measurements")),
        ("SHOW TAG KEYS FROM leg", Show("tag keys", "leg")),
        ("SHOW FIELD KEYS", Show("field keys")),
    ],
)
def test_what_is_asked(text: str, asked: Select | Show) -> None:
    assert parse(text, NOW) == asked


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("site = 'HUB'", Comparison("site", "=", "HUB")),
        ("site <> 'HUB'", Comparison("site", "!=", "HUB")),
        (r"site = 'it\'s'", Comparison("site", "=", "it's")),
        ("n >= 1", Comparison("n", ">=", 1)),
        ("lag_s < -1.5", Comparison("lag_s", "<", -1.5)),
        ("a = 1 AND b = 2 AND c = 3", Every((A, B, C))),
        ("a = 1 OR b = 2 AND c = 3", Either((A, Every((B, C))))),
        ("(a = 1 OR b = 2) AND c = 3", Every((Either((A, B)), C))),
        ("((a = 1))", A),
        ("time > '2026-11-22T08:00:00Z'", Comparison("time", ">", NS)),
        ("time > '2026-11-22T09:00:00+01:00'", Comparison("time", ">", NS)),
        ("time > '2026-11-22'", Comparison("time", ">", NS - 8 * HOUR_NS)),
        ("time > '2026-11-22 08:00:00'", Comparison("time", ">", NS)),
        ("TIME <= 1795334400000000000", Comparison("time", "<=", 1795334400000000000)),
        ("time >= now()", Comparison("time", ">=", NS)),
        ("time >= now() - 1d", Comparison("time", ">=", NS - 24 * HOUR_NS)),
        ("time >= now() - 1h + 30m", Comparison("time", ">=", NS - HOUR_NS // 2)),
        ("time >= '2026-11-22' + 8h", Comparison("time", ">=", NS)),
        ("time >= 5s", Comparison("time", ">=", 5_000_000_000)),
    ],
)
def test_what_a_condition_means(condition: str, meant: object) -> None:
    asked = parse(f"{EVERYTHING} WHERE {condition}", NOW)
    assert isinstance(asked, Select)
    assert asked.where == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the query ends where SELECT should be"),
        ("DROP SERIES", "there is 'DROP' where SELECT should be"),
        ("SELECT", "the query ends where a field, a tag, a function or * should be"),
        ("SELECT * scan", "there is 'scan' where FROM should be"),
        ("SELECT * FROM", "where a measurement should be"),
        ("SELECT * FROM scan WHERE", "where a tag, a field or time should be"),
        ("SELECT * FROM scan WHERE site", "where = != < <= > or >= should be"),
        ("SELECT * FROM scan WHERE site = HUB", "text in single quotes should be"),
        ("SELECT * FROM scan WHERE site =~ 'H'", "regular expressions are not answered here"),
        ("SELECT * FROM scan WHERE (site = 'H'", "where ) should be"),
        ("SELECT * FROM scan WHERE time > 'noon'", "'noon' is no time; write '2026-11-22T08:00:00Z'"),
        ("SELECT * FROM scan WHERE time > now", "the query ends where ( should be"),
        ("SELECT * FROM scan WHERE time > now() - 5", "a duration such as 90s, 15m, 1h or 7d should be"),
        ("SELECT median(lag_s) FROM scan", "median is no function here; use mean, sum, count"),
        ("SELECT * FROM scan GROUP BY time(0s)", "0s is no time at all"),
        ("SELECT * FROM scan LIMIT many", "where a number of rows should be"),
        ("SELECT * FROM scan LIMIT 1; DELETE", "there is 'DELETE' where the end should be"),
        ("SELECT * FROM scan WHERE site = 'HUB", "is no word, number, text or sign"),
        ("SELECT * FROM scan -- comment", "where the end should be"),
        (f"{EVERYTHING} WHERE n = {'9' * 5000}", "beyond what can be stored"),
        ("SELECT * FROM scan WHERE n = 9223372036854775807", "beyond what can be stored"),
        ("SELECT * FROM scan WHERE time > now() - 99999999w", "beyond what can be stored"),
        ("SELECT * FROM scan WHERE " + "(" * 60 + "n = 1" + ")" * 60, "nested more than 50 deep"),
        ("SELECT * FROM scan" + " " * 10_000 + "x", "10000 are allowed"),
        ("SHOW SERIES", "MEASUREMENTS, TAG KEYS or FIELD KEYS should be"),
    ],
)
def test_what_is_not_understood(text: str, said: str) -> None:
    with pytest.raises(BadQuery) as caught:
        parse(text, NOW)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM scans", "there is no measurement 'scans'; did you mean scan?"),
        ("SELECT * FROM xyz", "there is no measurement 'xyz'; there are scan, position"),
        ("SELECT lag FROM scan", "scan has no tag or field 'lag'; did you mean lag_s?"),
        ("SELECT mean(lag) FROM scan", "did you mean lag_s?"),
        ("SELECT * FROM scan WHERE sites = 'HUB'", "did you mean site?"),
        ("SELECT * FROM scan WHERE site = 1", "site of scan is text: put the value into single quotes"),
        ("SELECT * FROM leg WHERE n = '1'", "n of leg is a number: leave the quotes off"),
        ("SELECT * FROM scan GROUP BY site", "GROUP BY goes with functions"),
        ("SELECT site, mean(lag_s) FROM scan", "columns and functions do not mix"),
        ("SELECT mean(lag_s) FROM scan GROUP BY item", "'item' is no tag of scan"),
        ("SELECT mean(site) FROM scan", "site is a tag; functions are of fields"),
        ("SELECT mean(item) FROM scan", "item is text; only count, first and last go with it"),
    ],
)
def test_what_does_not_go_together(text: str, said: str) -> None:
    asked = parse(text, NOW)
    assert isinstance(asked, Select)
    with pytest.raises(BadQuery) as caught:
        translate(asked)
    assert said in str(caught.value)


words = st.sampled_from(
    ["SELECT", "FROM", "WHERE", "GROUP", "BY", "ORDER", "LIMIT", "SHOW", "AND", "OR", "AS"]
)
names = st.sampled_from(["scan", "site", "lag_s", "time", "mean", "now", "KEYS", "TAG", "DESC"])
signs = st.sampled_from(
    ["*", "=", "<", ">=", "(", ")", ",", ";", "-", "+", '"', "'", "\\", "'HUB'", "1", "2.5", "1h"]
)
pieces = words | names | signs | st.text(max_size=3)


@given(st.lists(pieces, max_size=25).map(" ".join))
def test_whatever_is_written_is_answered_or_refused(text: str) -> None:
    with contextlib.suppress(BadQuery):
        asked = parse(text, NOW)
        if isinstance(asked, Select):
            assert translate(asked).sql.startswith("SELECT ")


@given(value=st.text(max_size=20))
def test_values_never_become_sql(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    asked = parse(f"{EVERYTHING} WHERE item = '{quoted}'", NOW)
    assert isinstance(asked, Select)
    translated = translate(asked)
    assert translated.values == [value]
    assert translated.sql == translate(asked._replace(where=Comparison("item", "=", "x"))).sql


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_everything_of_a_measurement_is_its_time_its_tags_and_its_fields(name: str) -> None:
    asked = parse(f"SELECT * FROM {name}", NOW)  # noqa: S608 # InfluxQL, of names of ours
    assert isinstance(asked, Select)
    each = MEASUREMENTS[name]
    assert translate(asked).columns == ("time", *each.tags, *each.fields)
