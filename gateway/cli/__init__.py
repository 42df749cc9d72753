"""The command line of `returns-gateway`: which commands there are, and where each is found.

A command's module is imported only when it is asked for, so that none waits for what another needs.
"""

import sys
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from gateway import __version__
from gateway.cli.failures import Failure, tell


class Entry(NamedTuple):
    """Where a command is: `name` in `module` is a `typer.Typer`, or a function that is one command."""

    module: str
    name: str
    summary: str


COMMANDS: Final = {
    "run": Entry("gateway.cli.run", "run_command", "Run the gateway: the service itself."),
    "demo": Entry(
        "gateway.cli.demo", "app", "See it live in a minute: everything embedded, on a fast clock."
    ),
    "health": Entry("gateway.cli.health", "app", "Say whether the gateway is well, for container runtimes."),
    "backup": Entry("gateway.cli.backup", "app", "Copy the state store, while the gateway runs."),
    "check": Entry("gateway.cli.check", "app_command", "Say what is wrong with a network, or what is in it."),
    "announce": Entry("gateway.cli.announce", "app", "Announce returns from a CSV or JSON Lines file."),
    "trace": Entry("gateway.cli.trace", "app", "Show where a return or container was, is and should be."),
    "alerts": Entry("gateway.cli.alerts", "app", "List alerts, worst first, and act on them."),
    "quarantine": Entry(
        "gateway.cli.quarantine", "app", "See what could not be accepted; retry or discard it."
    ),
    "replay": Entry("gateway.cli.replay", "app", "Run recorded events through the rules, offline."),
    "export": Entry("gateway.cli.export", "app", "Write out what the gateway has received."),
    "token": Entry("gateway.cli.token", "app", "Say who may work with the gateway over HTTP."),
    "kpis": Entry(
        "gateway.cli.kpis",
        "app",
        "Show what came back, what was on time, how long it took, and where it lay.",
    ),
    "series": Entry("gateway.cli.series", "app", "Look into the time series, or make them anew."),
}


class _Commands(TyperGroup):
    """The commands, each a stand-in until it is to be run or completed; failures end here."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name, help=each.summary) for name, each in COMMANDS.items()})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else _load(name), rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            tell(failure.lines)
            raise typer.Exit(failure.status) from None


def _load(name: str) -> Any:
    entry = COMMANDS[name]
    found = getattr(import_module(entry.module), entry.name)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False)
        found.command(name)(function)
    command = typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(
    cls=_Commands,
    help="Tell an operations team which returned goods are missing, late or going the wrong way.",
    epilog="Exit status: 0 done, 1 failed, 2 wrong usage or configuration.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001 # Typer calls it so
    if asked:
        typer.echo(f"returns-gateway {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of all commands."""


def main() -> None:
    """The program."""
    sys.exit(app(prog_name="returns-gateway"))
