"""What commands work on, opened as the settings say: the network, and the files that users name.

Whatever keeps one from being opened becomes a `Failure` that says so in a line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import typer

from gateway.cli.failures import WRONG, Failure
from gateway.cli.options import GatewayOptions, StateOptions
from gateway.network import NetworkFaults, load
from gateway.settings import Settings, SettingsFaults
from gateway.settings import load as load_settings
from gateway.tracking.instants import Instant, instant
from gateway.tracking.plan import Network


def settings_of(options: StateOptions) -> Settings:
    """The settings, those given as options included.

    Raises:
        Failure: they are wrong.
    """
    given: dict[str, Any] = {"state.url": options.state_url}
    if isinstance(options, GatewayOptions):
        given["network"] = options.network
    try:
        return load_settings(options.config, given)
    except SettingsFaults as wrong:
        raise Failure(*map(str, wrong.faults), status=WRONG) from None


def network_of(file: Path) -> Network:
    """The network in a file.

    Raises:
        Failure: it has faults, each of which is told.
    """
    try:
        return load(file)
    except NetworkFaults as wrong:
        raise Failure(*map(str, wrong.faults), status=WRONG) from None


@contextmanager
def reading(name: str) -> Iterator[BinaryIO]:
    """A file to read, or with `-` standard input.

    Raises:
        Failure: it cannot be opened.
    """
    if name == "-":
        yield typer.get_binary_stream("stdin")
        return
    try:
        opened = Path(name).open("rb")  # noqa: SIM115 # closed below; what fails within the block is not its failure
    except (OSError, ValueError) as error:
        raise Failure(f"{name}: cannot be read: {_why(error)}; name a file that can", status=WRONG) from None
    with opened:
        yield opened


@contextmanager
def writing(name: str) -> Iterator[BinaryIO]:
    """A file to write anew, or with `-` standard output.

    Raises:
        Failure: it cannot be opened.
    """
    if name == "-":
        out = typer.get_binary_stream("stdout")
        yield out
        out.flush()
        return
    try:
        opened = Path(name).open("wb")  # noqa: SIM115 # likewise
    except (OSError, ValueError) as error:
        raise Failure(
            f"{name}: cannot be written: {_why(error)}; name a file that can", status=WRONG
        ) from None
    with opened:
        yield opened


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def moment_of(text: str | None, option: str) -> Instant | None:
    """The instant that an option gives, if it does.

    Raises:
        Failure: it is none.
    """
    if text is None:
        return None
    try:
        return instant(text)
    except ValueError as wrong:
        raise Failure(f"{option} {text!r}: {wrong}", status=WRONG) from None
