"""The command line of `returns-device`: which commands there are, and how they end.

Exit status: 0 done, 1 failed, 2 wrong usage or configuration. A command's module is imported only when it is asked
for, so that a scanner does not wait for what a simulation needs.
"""

import logging
import sys
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from devices.cli.failures import Failure
from gateway import __version__

COMMANDS: Final = {
    "scan": "Scan goods with a barcode scanner that types, or from a file, and see each verdict.",
    "track": "Report positions from a GPX or CSV track, or simulated ones.",
    "fleet": "Simulate a network of scanners and trackers, with faults, from a seed.",
}


class _Commands(TyperGroup):
    """The commands, each a stand-in until it is to be run; expected failures end here."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name, help=summary) for name, summary in COMMANDS.items()})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else _load(name), rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            typer.echo(f"error: {failure}", err=True)
            raise typer.Exit(failure.status) from None


def _load(name: str) -> Any:
    command = typer.main.get_command(import_module(f"devices.cli.{name}").app)
    command.name = name
    return command


app = typer.Typer(
    cls=_Commands,
    help="Be a device: a scanner, a tracker, or a whole network of them.",
    epilog="Exit status: 0 done, 1 failed, 2 wrong usage or configuration.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001 # Typer calls it so
    if asked:
        typer.echo(f"returns-device {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),
) -> None:
    """Options of all commands."""
    logging.getLogger("devices").addHandler(logging.NullHandler())  # the screen is the worker's


def main() -> None:
    """The program."""
    sys.exit(app(prog_name="returns-device"))
