"""`returns-gateway series`: what it prints of a store, what it says where there is none or the question is wrong."""

import json
import re
from collections.abc import Iterator
from contextlib import chdir, closing
from pathlib import Path
from shutil import copytree

import pytest

from gateway.adapters.series import EmbeddedSeries, series_at
from gateway.adapters.state import SqlState
from gateway.ports.projection import RefusedRow
from gateway.service.series import Keep, Outside, SeriesDeliveries, Vitals
from gateway.service.series.loop import POLL
from gateway.tracking.instants import DAY, Duration
from tests.integration.cli_gateway import URL, done, founded, run
from tests.unit.cli_world import TERRAIN, WORKED_EXAMPLE, at, scan

NOW = at("9T17:00")
HOSTILE = "[red]SN[/red] [link=x]"


def projected() -> None:
    """The gateway runs until it has told everything."""
    state, series = SqlState(URL), series_at("embedded", URL)
    keep = Keep(*[Duration(400 * DAY)] * 3)
    outside = Outside(state, series, lambda: TERRAIN.network, lambda: Vitals(6))
    deliveries = SeriesDeliveries(outside, "gw-1", keep)
    while deliveries.run_once(NOW) < NOW + POLL:
        pass
    series.close()
    state.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a gateway has seen the worked example and a hostile id."""
    folder = tmp_path_factory.mktemp("lived")
    with chdir(folder):
        founded(*WORKED_EXAMPLE, ("9T16:30", scan(HOSTILE, "9T16:30", "arriving", "HUB", id="hostile")))
        projected()
    return folder


@pytest.fixture(autouse=True)
def folder(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that as the working directory."""
    copytree(lived, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def series() -> Iterator[EmbeddedSeries]:
    with closing(series_at("embedded", URL)) as opened:
        yield opened


class TestQuery:
    def test_prints_a_row_a_line_whole(self) -> None:
        lines = done("series", "query", "SELECT * FROM scan").splitlines()
        assert lines[0].split() == [
            *("time", "site", "step", "route", "verdict", "item", "container", "device", "event_id", "lag_s")
        ]
        assert len(lines) == 7
        assert re.fullmatch(
            r" 2026-03-06T14:00:00\.\d{9}Z +REPAIR +arriving +R +misrouted +A +scan-1 +s-A-6T14:00 +3600 ",
            lines[4],
        )

    def test_takes_hostile_ids_for_text(self) -> None:
        assert HOSTILE in done("series", "query", "SELECT item FROM scan")

    def test_prints_figures_without_noise(self) -> None:
        shown = done("series", "query", "SELECT mean(transit_s), sum(n) FROM leg GROUP BY to_site")
        assert [line.split() for line in shown.splitlines()[1:]] == [
            ["HUB", "129600", "1"],
            ["REFILL", "183600", "1"],
        ]

    def test_gives_programs_json(self) -> None:
        query = (
            "SELECT sum(n) AS ended, last(item) AS item FROM journey_end GROUP BY time(1d), outcome, purpose"
        )
        assert json.loads(done("series", "query", query, "--json")) == [
            {
                "time": "2026-03-08T00:00:00.000000000Z",
                "outcome": "completed",
                "purpose": "refill",
                "ended": 1,
                "item": "A",
            }
        ]

    def test_says_that_nothing_was_found(self) -> None:
        assert done("series", "query", "SELECT * FROM position") == "nothing found\n"
        assert json.loads(done("series", "query", "SELECT * FROM position", "--json")) == []

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("SELECT lag FROM scan", "scan has no tag or field 'lag'; did you mean lag_s?"),
            ("DROP TABLE scan", "there is 'DROP' where SELECT should be"),
        ],
    )
    def test_says_what_is_wrong_with_the_question(self, query: str, said: str) -> None:
        result = run("series", "query", query)
        assert (result.exit_code, result.stderr) == (2, f"error: {said}\n")

    def test_says_where_there_is_no_store(self, folder: Path) -> None:
        (folder / "returns.series.sqlite").unlink()
        result = run("series", "query", "SELECT * FROM scan")
        assert result.exit_code == 1
        assert f"there is no time-series store at {folder / 'returns.series.sqlite'}" in result.stderr

    def test_says_that_the_file_is_none(self, folder: Path) -> None:
        (folder / "returns.series.sqlite").write_text("no database " * 999)
        result = run("series", "query", "SELECT * FROM scan")
        assert result.exit_code == 1
        assert "it is no SQLite file: move it away, and have the series rebuilt" in result.stderr


class TestSetup:
    def test_makes_the_store_and_says_where(self, folder: Path) -> None:
        file = folder / "returns.series.sqlite"
        file.unlink()
        assert done("series", "setup") == f"the time series are kept in {file}\n"
        assert done("series", "query", "SELECT * FROM scan") == "nothing found\n"

    def test_leaves_a_store_as_it_is(self) -> None:
        before = done("series", "query", "SELECT * FROM leg")
        done("series", "setup")
        assert done("series", "query", "SELECT * FROM leg") == before


def told() -> list[str]:
    """All that is made of facts."""
    names = ("scan", "leg", "dwell", "journey_end", "trip", "alert")
    return [done("series", "query", " ".join(("SELECT * FROM", name)), "--json") for name in names]


class TestRebuild:
    def test_makes_the_same_points_where_the_file_was_removed(self, folder: Path) -> None:
        before = told()
        (folder / "returns.series.sqlite").unlink()
        said = done("series", "rebuild")
        assert said.startswith("6 points of scans and positions, ")
        assert said.endswith(" 5 of journeys; 0 refused\n")
        assert told() == before
        assert done("series", "query", "SELECT * FROM journeys") == "nothing found\n"

    def test_changes_nothing_where_all_is_there(self) -> None:
        before = told()
        done("series", "rebuild")
        assert told() == before
        assert done("series", "query", "SELECT * FROM device") != "nothing found\n"

    def test_empties_the_store_first_if_it_is_told_to(self, series: EmbeddedSeries) -> None:
        before = told()
        done("series", "rebuild", "--wipe")
        assert told() == before
        assert series.query("SELECT * FROM device", NOW).rows == []

    def test_gives_programs_json(self) -> None:
        assert json.loads(done("series", "rebuild", "--json")) == {
            "events": 6,
            "alerts": 14,
            "journeys": 5,
            "refused": 0,
            "waiting": 0,
        }

    def test_says_that_a_running_gateway_has_yet_to_look_at_some_journeys(self) -> None:
        state = SqlState(URL)
        with state.unit() as unit:
            unit.mark_journeys(["A"], NOW)
        state.close()
        result = run("series", "rebuild")
        assert (result.exit_code, result.stderr) == (
            0,
            "some journeys have changed since: the gateway writes those while it runs\n",
        )

    def test_needs_a_state_store(self, folder: Path) -> None:
        (folder / "returns.sqlite").unlink()
        result = run("series", "rebuild")
        assert result.exit_code == 1
        assert "there is no state store at returns.sqlite" in result.stderr


class TestRefused:
    def test_says_that_there_are_none(self) -> None:
        assert done("series", "refused") == "no point was refused\n"

    def test_lists_them_with_the_reason(self) -> None:
        state = SqlState(URL)
        with state.unit() as unit:
            unit.add_refused([RefusedRow(NOW, "scan", "[]", "Traceback\n  x\nArithmeticError: \x1b[2J")])
        state.close()
        assert done("series", "refused") == "2026-03-09T17:00:00Z scan: ArithmeticError: \\x1b[2J\n"
        (row,) = json.loads(done("series", "refused", "--json"))
        assert (row["refused_at"], row["measurement"], row["point"]) == ("2026-03-09T17:00:00Z", "scan", "[]")
