"""`returns-gateway check`: says what is wrong with a network.yaml, or what is in it.

Knows how findings are shown, not how they are found.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from gateway.network import Examined, Fault, examine_file
from gateway.tracking.plan import Network

DONE: Final = 0
WRONG_CONFIGURATION: Final = 2

_WORDS: Final = {
    "sites": ("site", "sites"),
    "routes": ("route", "routes"),
    "container_types": ("container type", "container types"),
    "containers": ("container", "containers"),
    "devices": ("device", "devices"),
    "sources": ("source", "sources"),
    "policies": ("policy", "policies"),
}


def app_command(
    network: Annotated[Path, typer.Argument(help="The file to check.")] = Path("network.yaml"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a network: every fault with its line and column, and warnings of what is probably meant otherwise.

    Exits with 0 if the network can be used, whatever the warnings, and with 2 if it cannot.
    """
    raise typer.Exit(check(network, as_json=as_json))


def check(file: Path, *, as_json: bool) -> int:
    """Print the outcome of the check; the exit status.

    For people faults and warnings go to stderr, for programs all goes to stdout.
    """
    examined = examine_file(file)
    if as_json:
        typer.echo(json.dumps(_described(examined)))
    else:
        _tell(examined, file)
    return WRONG_CONFIGURATION if examined.network is None else DONE


def counts(network: Network) -> dict[str, int]:
    """How much of everything the network declares."""
    return {
        "sites": len(network.sites),
        "routes": len(network.routes),
        "container_types": len(network.container_types),
        "containers": len(network.containers),
        "devices": len(network.devices),
        "sources": len(network.sources),
        "policies": len(network.alerting.policies),
    }


def _described(examined: Examined) -> dict[str, object]:
    return {
        "faults": [asdict(fault) for fault in examined.faults],
        "warnings": [asdict(doubt) for doubt in examined.warnings],
        "counts": {} if examined.network is None else counts(examined.network),
    }


def _tell(examined: Examined, file: Path) -> None:
    # Text, not markup: what a file says must not style the terminal, and lines are not to be broken.
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    for fault in examined.faults:
        errors.print(_line(fault, "error", "red"))
    for doubt in examined.warnings:
        errors.print(_line(doubt, "warning", "yellow"))
    if examined.network is None:
        errors.print(Text(f"{file} cannot be used as a network"))
        return
    found = (f"{number:,} {_WORDS[what][number != 1]}" for what, number in counts(examined.network).items())
    Console(soft_wrap=True, highlight=False).print(Text(f"ok: {', '.join(found)}"))


def _line(fault: Fault, label: str, style: str) -> Text:
    return Text.assemble(f"{fault.place}: ", (f"{label}: ", style), fault.sentence)
