"""A folder where a gateway has run: network, settings, and an SQLite state store in which things have happened."""

from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from gateway.adapters.state import SqlState
from gateway.cli import app
from tests.unit.cli_world import NETWORK, Happening, happen

URL = "sqlite:///returns.sqlite"


def founded(*happenings: Happening) -> None:
    """Set up the working directory."""
    Path("network.yaml").write_text(NETWORK, encoding="utf-8")
    state = SqlState(URL)
    happen(state, *happenings)
    state.close()


def run(*arguments: str, **options: Any) -> Result:
    """The command's result. Whatever it expects to go wrong, it says in a line; anything else is raised here."""
    result = CliRunner().invoke(app, arguments, **options)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def done(*arguments: str, **options: Any) -> str:
    """What a command that succeeds prints."""
    result = run(*arguments, **options)
    assert result.exit_code == 0, result.output
    return result.stdout
