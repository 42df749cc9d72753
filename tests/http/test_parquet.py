"""Returns, legs and alerts as Parquet: the same rows as in CSV, typed, with times in UTC, in row groups."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.adapters import parquet as ours
from gateway.cli import app
from gateway.service.queries.tables import COLUMNS, Cell, Table
from tests.http.world import World
from tests.unit.cli_world import NETWORK

pa: Any = pytest.importorskip("pyarrow")
read: Any = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def export(world: World, tmp_path: Path) -> Callable[..., bytes]:
    """What `export` writes on standard output."""
    world.get("/healthz")  # what it logs once it serves would be among what the command writes
    network = tmp_path / "network.yaml"
    network.write_text(NETWORK)
    (file,) = tmp_path.rglob("state.sqlite")

    def exported(*what: str) -> bytes:
        where = ["--state-url", f"sqlite:///{file}", "--network", str(network)]
        done = CliRunner().invoke(app, ["export", *what, *where])
        assert done.exit_code == 0, done.output
        return done.stdout_bytes

    return exported


def _as_csv(value: object) -> str:
    """A value of Parquet as CSV has it."""
    match value:
        case None:
            return ""
        case list():
            return " ".join(map(str, value))
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S}" + (f".{value:%f}" if value.microsecond else "") + "Z"
        case _:
            return str(value)


@pytest.mark.parametrize("table", Table)
def test_it_has_the_rows_of_the_csv(export: Callable[..., bytes], table: Table) -> None:
    found = read.read_table(io.BytesIO(export("parquet", table.value)))
    told = list(csv.DictReader(io.StringIO(export("csv", table.value).decode())))
    assert told
    assert tuple(found.column_names) == COLUMNS[table]
    assert [{name: _as_csv(value) for name, value in row.items()} for row in found.to_pylist()] == told


def test_columns_are_typed_and_times_are_in_utc(export: Callable[..., bytes]) -> None:
    legs = read.read_table(io.BytesIO(export("parquet", "legs")))
    assert legs.schema.field("arrived_at").type == pa.timestamp("us", tz="UTC")
    assert legs.schema.field("transit_s").type == pa.float64()
    assert legs.column("arrived_at").to_pylist() == [datetime(2026, 3, 5, 20, tzinfo=UTC)]
    returns = read.read_table(io.BytesIO(export("parquet", "returns")))
    assert returns.schema.field("stop").type == pa.int32()
    assert returns.column("deviations").to_pylist()[0] == ["delayed", "misrouted", "missing"]


def test_a_period_without_rows_is_a_table_with_all_columns(export: Callable[..., bytes]) -> None:
    span = ("--since", "2025-01-01T00:00:00Z", "--until", "2025-02-01T00:00:00Z")
    found = read.read_table(io.BytesIO(export("parquet", "alerts", *span)))
    assert (found.num_rows, tuple(found.column_names)) == (0, COLUMNS[Table.ALERTS])


def test_rows_are_written_group_by_group_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "GROUP_ROWS", 10)
    out = io.BytesIO()
    sizes: list[int] = []

    def rows() -> Any:
        for number in range(25):
            sizes.append(len(out.getvalue()))
            row: list[Cell] = [None] * len(COLUMNS[Table.RETURNS])
            row[0] = f"=SN-{number}"
            yield row

    ours.write(out, Table.RETURNS, rows())
    file = read.ParquetFile(io.BytesIO(out.getvalue()))
    assert [file.metadata.row_group(each).num_rows for each in range(file.num_row_groups)] == [10, 10, 5]
    assert sizes[0] == sizes[9] < sizes[10] < sizes[20]
    assert file.read().column("id").to_pylist() == [f"=SN-{number}" for number in range(25)]


def test_without_pyarrow_it_says_what_to_install_and_writes_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.state is not None
    (tmp_path / "network.yaml").write_text(NETWORK)
    (file,) = tmp_path.rglob("state.sqlite")
    monkeypatch.setattr(ours, "find_spec", lambda _: None)
    output = tmp_path / "out.parquet"
    where = ["--state-url", f"sqlite:///{file}", "--network", str(tmp_path / "network.yaml")]
    done = CliRunner().invoke(app, ["export", "parquet", "returns", *where, "--output", str(output)])
    assert done.exit_code == 2
    assert "pip install 'returns-gateway[parquet]'" in done.output
    assert not output.exists()
