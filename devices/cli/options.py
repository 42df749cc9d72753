"""Options of the commands as dataclasses: whose device, which broker, which spool; and how Typer is shown them."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from devices.cli.failures import WRONG, Failure
from devices.sdk import Broker, DiskSpool, SpoolBroken, SpoolBusy, SpoolFull
from gateway.wire.topics import ID_SAYS, is_id

Options = TypeVar("Options")


@dataclass(frozen=True, kw_only=True)
class BrokerOptions:
    """How to reach the broker."""

    broker: Annotated[
        str,
        typer.Option(
            metavar="URL",
            envvar="RETURNS_MQTT__URL",
            help="mqtt://[user[:password]@]host[:port], or mqtts://",
        ),
    ] = "mqtt://127.0.0.1:1883"
    root: Annotated[str, typer.Option(envvar="RETURNS_MQTT__ROOT", help="What topics begin with.")] = (
        "returns/v1"
    )
    ca: Annotated[Path | None, typer.Option(help="Who signed the broker's certificate.")] = None
    cert: Annotated[Path | None, typer.Option(help="The device's own certificate.")] = None
    key: Annotated[Path | None, typer.Option(help="Its key.")] = None

    def opened(self) -> Broker:
        """The broker, checked.

        Raises:
            Failure: the URL or a certificate cannot be used.
        """
        try:
            broker = Broker.at(self.broker, self.ca, self.cert, self.key)
            broker.tls_context()
        except ValueError as error:
            raise Failure(str(error), WRONG) from error
        return broker


@dataclass(frozen=True, kw_only=True)
class DeviceOptions(BrokerOptions):
    """Which device to be."""

    device: Annotated[str, typer.Option("--device", "-d", metavar="ID", help="The id of this device.")]
    spool: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where events wait; by default <device>.spool in this folder."),
    ] = None
    spool_mb: Annotated[int, typer.Option(min=1, help="How large that file may become.")] = 256

    def opened_spool(self) -> DiskSpool:
        """The device's spool.

        Raises:
            Failure: it cannot be used, or the device's id is none.
        """
        if is_id(self.device) is None:
            raise Failure(f"--device {self.device!r} is no device id; ids are {ID_SAYS}", WRONG)
        path = self.spool or Path(f"{self.device.replace(':', '_')}.spool")
        try:
            return DiskSpool(path, self.spool_mb * 1024 * 1024)
        except (SpoolBusy, SpoolBroken, SpoolFull) as error:
            raise Failure(str(error)) from error


def taking(kind: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Make a command of a function that takes a dataclass: its fields are the options."""

    def decorate(function: Callable[[Options], None]) -> Callable[..., None]:
        hints = get_type_hints(kind, include_extras=True)
        parameters = [
            inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if each.default is MISSING else each.default,
                annotation=hints[each.name],
            )
            for each in fields(kind)  # type: ignore[arg-type] # a dataclass, which cannot be said of a TypeVar
        ]

        def command(**given: Any) -> None:
            function(kind(**given))

        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what inspect reads first
        return command

    return decorate
