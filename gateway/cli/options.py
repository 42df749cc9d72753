"""Options that several commands share, as dataclasses whose fields are options; and what help has in common.

Typer makes an option of each parameter. `gathered` lets a command take a dataclass instead and shows Typer its
fields, so that commands that read the same things are told of them in the same words.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer
from rich.markup import escape

R = TypeVar("R")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True)
class StateOptions:
    """Which settings and state store a command works on."""

    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="The settings, instead of gateway.toml.", show_default=False
        ),
    ] = None
    state_url: Annotated[
        str | None,
        typer.Option(
            "--state-url",
            metavar="URL",
            help="The state store, instead of the setting state.url.",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True)
class GatewayOptions(StateOptions):
    """The same, for commands that need the network besides."""

    network: Annotated[
        Path | None,
        typer.Option(
            "--network",
            metavar="FILE",
            help="The network, instead of the setting network.",
            show_default=False,
        ),
    ] = None


def gathered(function: Callable[..., R]) -> Callable[..., R]:
    """The command with the fields of its dataclass parameters in their place, all by name."""
    hints = get_type_hints(function, include_extras=True)
    shown: dict[str, inspect.Parameter] = {}
    groups: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        kind = hints[parameter.name]
        if is_dataclass(kind) and isinstance(kind, type):
            groups[parameter.name] = kind
            inner = get_type_hints(kind, include_extras=True)
            for each in fields(kind):
                default = inspect.Parameter.empty if each.default is MISSING else each.default
                shown[each.name] = _option(each.name, default, inner[each.name])
        else:
            shown[parameter.name] = _option(parameter.name, parameter.default, hints[parameter.name])

    def command(**given: Any) -> R:
        made = {
            name: kind(**{each.name: given.pop(each.name) for each in fields(kind)})
            for name, kind in groups.items()
        }
        return function(**given, **made)

    command.__name__, command.__doc__ = function.__name__, function.__doc__
    command.__module__ = function.__module__
    command.__annotations__ = {name: each.annotation for name, each in shown.items()}
    command.__signature__ = inspect.Signature(list(shown.values()))  # type: ignore[attr-defined] # what inspect reads first
    return command


def _option(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def examples(*lines: str, notes: Iterable[str] = ()) -> str:
    """An epilog of command lines to copy, and notes below them."""
    shown = ["Examples:", *(f"$ returns-gateway {line}" for line in lines), *notes]
    return "\n\n".join(map(escape, shown))
