"""Options in dataclasses: Typer sees their fields, the command sees the dataclass."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.failures import printable
from gateway.cli.options import examples, gathered


@dataclass(frozen=True, kw_only=True)
class Oven:
    heat: Annotated[int, typer.Option(help="Degrees.")] = 180
    fan: Annotated[bool, typer.Option("--fan")] = False


@dataclass(frozen=True, kw_only=True)
class Baking(Oven):
    what: Annotated[str, typer.Argument()]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["cake"], "Baking(heat=180, fan=False, what='cake') 1"),
        (["cake", "--heat", "200", "--fan", "--times", "2"], "Baking(heat=200, fan=True, what='cake') 2"),
        (["--fan", "bread"], "Baking(heat=180, fan=True, what='bread') 1"),
    ],
)
def test_fields_are_options_and_come_together_again(arguments: list[str], expected: str) -> None:
    result = CliRunner().invoke(app(), arguments)
    assert (result.exit_code, result.stdout.strip()) == (0, expected)


@pytest.mark.parametrize("arguments", [[], ["cake", "--heat", "hot"], ["cake", "--cold"]])
def test_wrong_usage_is_refused_as_ever(arguments: list[str]) -> None:
    assert CliRunner().invoke(app(), arguments).exit_code == 2


def test_the_command_keeps_its_name_and_help() -> None:
    shown = CliRunner().invoke(app(), ["--help"]).stdout
    assert "Bake something." in shown
    assert "Degrees." in shown


def test_examples_are_shown_as_they_are_typed() -> None:
    assert examples("export [events]") == "Examples:\n\n$ returns-gateway export \\[events]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("TOTE-17", "TOTE-17"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb", "a\\nb"),
        ("a\u202eb", "a\\u202eb"),
        ("ä", "ä"),
    ],
)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def app() -> typer.Typer:
    made = typer.Typer(add_completion=False)

    @made.command()
    @gathered
    def bake(*, baking: Baking, times: int = 1) -> None:
        """Bake something."""
        typer.echo(f"{baking} {times}")

    return made
