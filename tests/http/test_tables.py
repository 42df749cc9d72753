"""Returns, legs and alerts as tables: what is in them, and that a spreadsheet runs nothing that a device wrote."""

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.service.queries.tables import COLUMNS, Cell, Table, cell
from tests.http.world import World
from tests.unit.cli_world import NETWORK


def table(world: World, folder: Path, what: str, *options: str) -> list[dict[str, str]]:
    network = folder / "network.yaml"
    network.write_text(NETWORK)
    (file,) = folder.rglob("state.sqlite")
    where = ["--state-url", f"sqlite:///{file}", "--network", str(network)]
    world.get("/healthz")  # what it logs once it serves would be among what the command writes
    done = CliRunner().invoke(app, ["export", "csv", what, *where, *options])
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_returns_are_written_as_they_stand(world: World, tmp_path: Path) -> None:
    found = table(world, tmp_path, "returns")
    assert [(each["id"], each["status"], each["deviations"]) for each in found] == [
        ("A", "off_plan", "delayed misrouted missing"),
        ("B-1", "at_stop", "delayed overdwell"),
        ("B-2", "at_stop", "delayed overdwell"),
        ("STRAY", "unplanned", "unexpected"),
    ]
    assert tuple(found[0]) == COLUMNS[Table.RETURNS]


def test_legs_and_alerts_are_those_of_the_period(world: World, tmp_path: Path) -> None:
    (leg,) = table(world, tmp_path, "legs")
    assert (leg["item"], leg["from_site"], leg["to_site"], leg["arrived_at"]) == (
        "A",
        "CP2",
        "HUB",
        "2026-03-05T20:00:00Z",
    )
    march_7 = ("--since", "2026-03-07T00:00:00Z", "--until", "2026-03-08T00:00:00Z")
    assert table(world, tmp_path, "legs", *march_7) == []
    opened = table(world, tmp_path, "alerts", "--since", "2026-03-09T13:00:00Z")
    assert [(each["kind"], each["subject"]) for each in opened if each["subject"] == "A"] == [
        ("missing", "A")
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-1", "'-1"), (-1, -1), ("SN-1", "SN-1"), (None, None), ("", "")],
)
def test_a_text_that_would_be_a_formula_is_written_as_text(value: Cell, shown: Cell) -> None:
    assert cell(value) == shown
