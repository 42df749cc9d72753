"""`returns-gateway check`, as people and programs read it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.check import app_command
from tests.unit.test_network import EXAMPLE

_APP = typer.Typer()
_APP.command()(app_command)
_RUNNER = CliRunner()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """network.yaml in the current directory, with the example in it."""
    monkeypatch.chdir(tmp_path)
    path = Path("network.yaml")
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


@pytest.mark.usefixtures("file")
def test_a_right_network_is_counted() -> None:
    result = _RUNNER.invoke(_APP, [])
    assert result.exit_code == 0
    assert result.stdout == (
        "ok: 4 sites, 2 routes, 2 container types, 2 containers, 3 devices, 2 sources, 3 policies\n"
    )
    assert result.stderr == ""


def test_a_wrong_network_is_exit_status_2_and_each_fault_is_a_line(file: Path) -> None:
    file.write_text(EXAMPLE.replace("lat: 52.5", "lat: x").replace("kind: hub", "kin: hub"), encoding="utf-8")
    result = _RUNNER.invoke(_APP, ["network.yaml"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "network.yaml:8:11: error: sites[0].lat: 'x' is no number; write one such as 52.5",
        "network.yaml:10:28: error: sites[2].kin: is an unknown key; did you mean kind?",
        "network.yaml cannot be used as a network",
    ]


def test_warnings_do_not_fail(file: Path) -> None:
    file.write_text(EXAMPLE.replace("typical: 8h", "typical: 25h"), encoding="utf-8")
    result = _RUNNER.invoke(_APP, [])
    assert result.exit_code == 0
    assert result.stdout.startswith("ok: 4 sites")
    assert result.stderr.startswith(
        "network.yaml:22:61: warning: routes[0].stops[1].transit.typical: is longer"
    )


def test_what_a_file_says_is_neither_markup_nor_control(file: Path) -> None:
    file.write_text('version: 1\n"[red]x[/] :bell: \\e[31m \\a": 1\nsites: [{id: "[b]"}]\n', encoding="utf-8")
    stderr = _RUNNER.invoke(_APP, []).stderr
    assert r"['[red]x[/] :bell: \x1b[31m \x07']: is an unknown key" in stderr
    assert "'[b]' is no id" in stderr
    assert "\x1b" not in stderr


def test_a_long_line_stays_one_line(file: Path) -> None:
    file.write_text(f"version: 1\n{'k' * 500}: 1\n", encoding="utf-8")
    assert len(_RUNNER.invoke(_APP, []).stderr.splitlines()) == 2


def test_programs_get_one_json_object_of_a_right_network(file: Path) -> None:
    file.write_text(EXAMPLE.replace("typical: 8h", "typical: 25h"), encoding="utf-8")
    result = _RUNNER.invoke(_APP, ["--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["faults"] == []
    assert found["counts"] == {
        "sites": 4,
        "routes": 2,
        "container_types": 2,
        "containers": 2,
        "devices": 3,
        "sources": 2,
        "policies": 3,
    }
    (warning,) = found["warnings"]
    assert (warning["line"], warning["path"]) == (22, "routes[0].stops[1].transit.typical")


def test_programs_get_one_json_object_of_a_wrong_network(file: Path) -> None:
    file.write_text("version: 2\n", encoding="utf-8")
    result = _RUNNER.invoke(_APP, ["network.yaml", "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "faults": [
            {
                "file": "network.yaml",
                "line": 1,
                "column": 10,
                "path": "version",
                "message": "version '2' is not known; this gateway reads version 1",
            }
        ],
        "warnings": [],
        "counts": {},
    }


def test_a_file_that_is_not_there_is_exit_status_2(tmp_path: Path) -> None:
    result = _RUNNER.invoke(_APP, [str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "none.yaml:1:1: error: cannot be read: No such file or directory" in result.stderr
