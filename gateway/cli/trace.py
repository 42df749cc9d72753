"""`returns-gateway trace`: one return or container on one screen, or as JSON."""

from typing import Annotated

import typer

from gateway.adapters.clock import SystemClock
from gateway.cli.failures import WRONG, Failure, printable
from gateway.cli.opening import network_of, settings_of
from gateway.cli.options import GatewayOptions, Json, examples, gathered
from gateway.cli.showing import console, print_json
from gateway.cli.store import state_of
from gateway.cli.trace_screen import screen
from gateway.identity import canonical
from gateway.ports.state import Unit
from gateway.service.trace import Trace, nearest, trace
from gateway.service.trace_document import document
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network

app = typer.Typer(add_completion=False)


@app.command(
    "trace",
    epilog=examples(
        "trace SN-1002",
        "trace TOTE-17 --json",
        "trace '(01)04012345000016(21)A7'",
        "trace SN-1002 --state-url sqlite:///backup.sqlite",
    ),
)
@gathered
def trace_command(
    *,
    item: Annotated[
        str, typer.Argument(help="The id of a return or container, or its barcode as a scanner prints it.")
    ],
    where: GatewayOptions,
    as_json: Json = False,
) -> None:
    """Show where a return or container was, is and should be.

    Stop by stop when it was expected and what happened, by which scan; where it should be next and by when; what it
    is in, or what is in it; open alerts; earlier trips. Times are UTC.
    """
    settings = settings_of(where)
    network = network_of(settings.network)
    id_ = _id(item)
    now = SystemClock().now()
    with state_of(settings) as state, state.reader() as unit:
        found = _trace(unit, network, id_, now)
        if as_json:
            print_json(document(found, unit))
            return
    out = console()
    for part in screen(found, network):
        out.print(part)


def _id(item: str) -> str:
    try:
        return canonical(item)
    except ValueError as wrong:
        raise Failure(str(wrong), status=WRONG) from None


def _trace(unit: Unit, network: Network, id_: str, now: Instant) -> Trace:
    found = trace(unit, network, id_, now)
    if found is not None:
        return found
    if id_ in network.devices or id_ in network.sites:
        what = "device" if id_ in network.devices else "site"
        raise Failure(f"{id_} is a {what}; trace is for returns and containers")
    near = nearest(unit, id_)
    hint = f"did you mean {near}?" if near else "it was never announced or scanned"
    raise Failure(printable(f"nothing is known of {id_}; {hint}"))
