"""The embedded time-series store on its file: what queries find there, and what becomes of a file in trouble."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.series import EmbeddedSeries, beside, series_at
from gateway.adapters.series.translation import MOST_ROWS
from gateway.points import MEASUREMENTS, Point, Value
from gateway.ports.series import BadQuery, Unavailable
from gateway.tracking.instants import instant

NOW = instant("2026-11-22T12:00:00Z")
HOUR_NS = 3_600_000_000_000
TEN = NOW * 1000 - 2 * HOUR_NS
"""Ten o'clock."""


@pytest.fixture
def series(tmp_path: Path) -> Iterator[EmbeddedSeries]:
    made = EmbeddedSeries(tmp_path / "returns.series.sqlite")
    made.setup()
    yield made
    made.close()


def scan(hours: float, site: str, lag_s: float | None = None, **more: str) -> Point:
    fields: dict[str, Value] = {"item": more.pop("item", "SN-1")}
    if lag_s is not None:
        fields["lag_s"] = lag_s
    return Point("scan", {"site": site, **more}, fields, TEN + round(hours * HOUR_NS))


SCANS = [
    scan(0.1, "HUB", 2.0, step="arriving", item="SN-1"),
    scan(0.5, "HUB", 4.0, step="departing", item="SN-2"),
    scan(1.5, "HUB", None, step="arriving", item="SN-3"),
    scan(0.2, "SORT", 1.0, step="arriving", item="SN-4"),
    scan(1.9, "SORT", 5.0, item="SN-5"),
]
ELEVEN = TEN + HOUR_NS


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT count(item) FROM scan", [(5,)]),
        ("SELECT count(lag_s), mean(lag_s) FROM scan", [(4, 3.0)]),
        (
            "SELECT sum(lag_s), min(lag_s), max(lag_s) FROM scan GROUP BY site",
            [("HUB", 6.0, 2.0, 4.0), ("SORT", 6.0, 1.0, 5.0)],
        ),
        (
            "SELECT first(item), last(item), last(lag_s) FROM scan GROUP BY site",
            [("HUB", "SN-1", "SN-3", 4.0), ("SORT", "SN-4", "SN-5", 5.0)],
        ),
        (
            "SELECT count(item) FROM scan GROUP BY time(1h), site",
            [(TEN, "HUB", 2), (ELEVEN, "HUB", 1), (TEN, "SORT", 1), (ELEVEN, "SORT", 1)],
        ),
        ("SELECT count(item) FROM scan GROUP BY time(1h) ORDER BY time DESC", [(ELEVEN, 2), (TEN, 3)]),
        ("SELECT count(item) FROM scan GROUP BY step", [(None, 1), ("arriving", 3), ("departing", 1)]),
        (
            "SELECT count(item) FROM scan WHERE site = 'HUB' GROUP BY *",
            [("HUB", "arriving", None, None, 2), ("HUB", "departing", None, None, 1)],
        ),
        (
            "SELECT item FROM scan WHERE lag_s >= 4 ORDER BY time DESC",
            [(TEN + 6840000000000, "SN-5"), (TEN + HOUR_NS // 2, "SN-2")],
        ),
        ("SELECT count(item) FROM scan WHERE time >= now() - 1h", [(2,)]),
        (
            "SELECT count(item) FROM scan WHERE time < '2026-11-22T11:00:00Z' AND (site = 'SORT' OR lag_s > 3)",
            [(2,)],
        ),
        ("SELECT count(item) FROM scan WHERE step = ''", [(1,)]),
        ("SELECT count(item) FROM scan WHERE step != 'arriving'", [(2,)]),
        ("SELECT item, site FROM scan LIMIT 1", [(TEN + HOUR_NS // 10, "SN-1", "HUB")]),
        (
            "SELECT lag_s FROM scan WHERE site = 'HUB'",
            [(TEN + HOUR_NS // 10, 2.0), (TEN + HOUR_NS // 2, 4.0)],
        ),
        ("SELECT count(item) FROM scan WHERE site = 'NOWHERE'", []),
        ("SELECT mean(lag_s) FROM scan WHERE site = 'NOWHERE' GROUP BY time(1h)", []),
        ("SELECT sum(n) FROM leg", []),
        ("SHOW TAG KEYS FROM stock", [("stock", "site"), ("stock", "route")]),
        (
            "SHOW FIELD KEYS FROM stock",
            [
                ("stock", "count", "integer"),
                ("stock", "samples", "integer"),
                ("stock", "oldest_s", "float"),
                ("stock", "over", "integer"),
            ],
        ),
        ("SHOW MEASUREMENTS", [(name,) for name in MEASUREMENTS]),
    ],
)
def test_what_a_query_finds(series: EmbeddedSeries, query: str, rows: list[tuple[object, ...]]) -> None:
    series.write(SCANS)
    assert list(series.query(query, NOW).rows) == rows


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT item, lag_s AS lag FROM scan", ("time", "item", "lag")),
        ("SELECT mean(lag_s) FROM scan GROUP BY time(1h), site", ("time", "site", "mean")),
        ("SELECT mean(lag_s), mean(lag_s), mean(lag_s) AS it FROM scan", ("mean", "mean_1", "it")),
        ("SELECT max(*) FROM scan", ("max_lag_s",)),
        (
            "SELECT count(*) FROM stock GROUP BY site",
            ("site", "count_count", "count_samples", "count_oldest_s", "count_over"),
        ),
    ],
)
def test_what_the_columns_are_called(series: EmbeddedSeries, query: str, columns: tuple[str, ...]) -> None:
    assert series.query(query, NOW).columns == columns


def test_intervals_before_the_epoch_begin_where_they_should(series: EmbeddedSeries) -> None:
    series.write([Point("scan", {}, {"item": "SN-1"}, -1), Point("scan", {}, {"item": "SN-1"}, 1)])
    answer = series.query("SELECT count(item) FROM scan GROUP BY time(1h)", NOW)
    assert answer.rows == [(-HOUR_NS, 1), (0, 1)]


def test_an_answer_of_too_many_rows_is_refused(
    series: EmbeddedSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.series.embedded.MOST_ROWS", 3)
    monkeypatch.setattr("gateway.adapters.series.translation.MOST_ROWS", 3)
    series.write(SCANS)
    with pytest.raises(BadQuery, match="more than 3 rows; narrow the time, or add LIMIT"):
        series.query("SELECT * FROM scan", NOW)
    assert len(series.query("SELECT * FROM scan LIMIT 3", NOW).rows) == 3
    assert MOST_ROWS > 3


# The file.


def test_points_are_there_after_a_restart(series: EmbeddedSeries) -> None:
    series.write(SCANS)
    series.close()
    assert EmbeddedSeries(series.path).query("SELECT count(item) FROM scan", NOW).rows == [(5,)]


def test_a_file_that_was_removed_while_running_is_made_anew(series: EmbeddedSeries) -> None:
    series.write(SCANS)
    series.path.unlink()
    series.write(SCANS[:2])
    assert series.query("SELECT count(item) FROM scan", NOW).rows == [(2,)]


def test_a_file_of_an_earlier_version_gets_the_fields_that_came_since(tmp_path: Path) -> None:
    path = tmp_path / "old.series.sqlite"
    with sqlite3.connect(path) as old:
        old.execute(
            "CREATE TABLE scan (time INTEGER NOT NULL, site TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '',"
            " route TEXT NOT NULL DEFAULT '', verdict TEXT NOT NULL DEFAULT '', item TEXT,"
            " PRIMARY KEY (time, site, step, route, verdict)) WITHOUT ROWID"
        )
        old.execute("INSERT INTO scan (time, site, item) VALUES (1, 'HUB', 'SN-0')")
    old.close()
    series = EmbeddedSeries(path)
    series.write(SCANS[:1])
    answer = series.query("SELECT item, lag_s FROM scan", NOW)
    assert [row[1:] for row in answer.rows] == [("SN-0", None), ("SN-1", 2.0)]
    series.close()


def test_a_file_that_another_process_writes_to_is_waited_for_and_then_away(
    series: EmbeddedSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.series.embedded._PATIENCE_S", 0.1)
    hasty = EmbeddedSeries(series.path)
    hasty.setup()
    other = sqlite3.connect(series.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked; another process writes to it"):
        hasty.write(SCANS)
    assert hasty.query("SELECT * FROM scan", NOW).rows == []
    other.execute("ROLLBACK")
    hasty.write(SCANS)
    assert hasty.query("SELECT count(item) FROM scan", NOW).rows == [(5,)]
    other.close()
    hasty.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(b"no database" * 1000), "it is no SQLite file"),
        (lambda path: path.mkdir(), "check that its folder exists"),
    ],
    ids=["something else", "a folder"],
)
def test_a_file_that_cannot_be_used_is_away_until_it_can(tmp_path: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def] # any of the two
    series = EmbeddedSeries(tmp_path / "returns.series.sqlite")
    spoil(series.path)
    with pytest.raises(Unavailable, match=said):
        series.write(SCANS)
    series.path.rename(tmp_path / "aside")
    series.write(SCANS)
    assert series.query("SELECT count(item) FROM scan", NOW).rows == [(5,)]
    series.close()


def test_a_store_in_a_folder_that_is_not_there_is_away(tmp_path: Path) -> None:
    series = EmbeddedSeries(tmp_path / "nowhere" / "returns.series.sqlite")
    with pytest.raises(Unavailable, match="check that its folder exists"):
        series.setup()
    with pytest.raises(Unavailable, match="cannot serve now"):
        series.query("SELECT * FROM scan", NOW)
    series.close()


@pytest.mark.parametrize(
    ("state_url", "file"),
    [
        ("sqlite:///returns.sqlite", "returns.series.sqlite"),
        ("sqlite:////var/lib/returns/state.db", "/var/lib/returns/state.series.sqlite"),
        ("sqlite:///data/returns.sqlite?timeout=5", "data/returns.series.sqlite"),
        ("postgresql+psycopg://user@host/returns", "returns.series.sqlite"),
    ],
)
def test_the_embedded_store_is_beside_the_state_store(state_url: str, file: str) -> None:
    assert beside(state_url) == Path(file)
    assert series_at("embedded", state_url).path == Path(file).absolute()


def test_a_store_that_this_version_cannot_write_to_is_refused() -> None:
    with pytest.raises(ValueError, match=r"series\.url 'graphite://host' is no store"):
        series_at("graphite://host", "sqlite:///returns.sqlite")
