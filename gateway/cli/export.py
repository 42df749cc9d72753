"""`returns-gateway export`: what the gateway has received, for other programs."""

from typing import Annotated

import typer

from gateway.adapters.clock import SystemClock
from gateway.cli.failures import WRONG, Failure
from gateway.cli.opening import moment_of, settings_of, writing
from gateway.cli.options import StateOptions, examples, gathered
from gateway.cli.store import state_of
from gateway.service.exporting import exported
from gateway.service.recordings import write
from gateway.tracking.instants import DAY, Instant

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Write out what the gateway has received.")


@app.callback()
def _formats() -> None:
    """One command for each format."""


@app.command(
    epilog=examples(
        "export events --since 2026-03-07T00:00:00Z --until 2026-03-08T00:00:00Z --output saturday.jsonl",
        "export events | returns-gateway replay --network changed.yaml --events -",
    )
)
@gathered
def events(
    *,
    where: StateOptions,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Received at this time or later, RFC 3339; all without it."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Received before this time; all without it.")
    ] = None,
    output: Annotated[str, typer.Option(metavar="FILE", help="Where to write; - is standard output.")] = "-",
) -> None:
    """Write all messages received, refused ones too, as JSON Lines: what replay reads.

    A line is {"received_at": T, "topic": "returns/v1/…", "payload": {…}}; a payload that is no JSON on one line
    stands as "payload_base64".
    """
    settings = settings_of(where)
    begin = moment_of(since, "--since")
    end = moment_of(until, "--until")
    if begin is not None and end is not None and end <= begin:
        raise Failure(f"--until {until} is not after --since {since}", status=WRONG)
    begin = Instant(0) if begin is None else begin
    end = Instant(SystemClock().now() + DAY) if end is None else end
    with state_of(settings) as state, writing(output) as out:
        for recorded in exported(state, begin, end):
            out.write(write(recorded, settings.mqtt.root) + b"\n")
