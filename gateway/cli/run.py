"""`returns-gateway run`: the service, until it is told to stop."""

import logging
import os
import signal
import sys
import threading
from typing import Annotated, Literal

import structlog
import typer
from structlog.tracebacks import ExceptionDictTransformer

from gateway.adapters.mqtt import LineState
from gateway.adapters.notify import ChannelsFaulty
from gateway.adapters.pulse import Beating, Supervisor
from gateway.adapters.state import WrongSchema
from gateway.app import Gateway
from gateway.cli.failures import FAILED, WRONG, Failure
from gateway.cli.health import PulseFile
from gateway.cli.opening import settings_of
from gateway.cli.options import GatewayOptions, gathered
from gateway.network import NetworkFaults
from gateway.ports.state import Unavailable
from gateway.service.networks import Lacking
from gateway.service.pulse import Vital

Level = Literal["debug", "info", "warning", "error"]


@gathered
def run_command(
    options: GatewayOptions,
    log_level: Annotated[Level, typer.Option(help="What to log, on stderr.")] = "info",
    log_json: Annotated[bool, typer.Option("--log-json", help="Log JSON lines, for collectors.")] = False,  # noqa: FBT002 # Typer's way
    pulse: PulseFile = None,
) -> None:
    """Serve scanners and trackers: take in, answer, keep, and alert.

    Stops in good order on SIGTERM or ctrl-c. Reads the network again on SIGHUP, and when its file changes.
    """
    _set_up_log(log_level, as_json=log_json)
    settings = settings_of(options)
    try:
        gateway = Gateway(settings)
    except NetworkFaults as wrong:
        raise Failure(*map(str, wrong.faults), status=WRONG) from None
    except ChannelsFaulty as wrong:
        raise Failure(*wrong.faults, status=WRONG) from None
    except (ValueError, WrongSchema) as wrong:
        raise Failure(str(wrong), status=WRONG) from None
    except Unavailable as away:
        raise Failure(f"the state store cannot be opened: {away}", status=FAILED) from None
    beating = Beating(lambda: _vital(gateway), pulse, Supervisor(os.environ))
    _heed_signals(gateway, beating)
    try:
        with beating:
            gateway.run()
    except Lacking as wrong:
        raise Failure(*wrong.faults, status=WRONG) from None


def _vital(gateway: Gateway) -> Vital:
    counts, line = gateway.counts, gateway.line.health()
    return Vital(
        counts.turns, counts.units, counts.backoff_s == 0, line.state is LineState.ONLINE, line.reason
    )


def _heed_signals(gateway: Gateway, beating: Beating) -> None:
    """In a thread of its own: a handler would run amid the writer, which may hold the lock that stopping asks for.

    Threads started from here on have the signals blocked too.
    """
    heeded = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, heeded)

    def heed() -> None:
        while True:
            if signal.sigwait(heeded) == signal.SIGHUP:
                gateway.reload()
            else:
                beating.stopping()
                gateway.stop()

    threading.Thread(target=heed, name="signals", daemon=True).start()


def _set_up_log(level: Level, *, as_json: bool) -> None:
    """One line an event on stderr; readable for people, JSON for collectors.

    Tracebacks come without the values of variables: among them could be a secret, and they are slow to draw.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    rendering: list[structlog.typing.Processor] = (
        [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
