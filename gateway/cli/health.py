"""`returns-gateway health`: whether the gateway beside it is well, for container runtimes, monitors and people.

Asks no network and opens no database: it reads the pulse that the running gateway shows in a file.
"""

from json import dumps
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.adapters.pulse_file import read_pulse, stopwatch_s
from gateway.cli.failures import FAILED, WRONG, Failure
from gateway.cli.options import Json, examples
from gateway.service.pulse import LIMITS, Limits, examine

PULSE: Final = "RETURNS_PULSE"
"""The environment variable that names the pulse's file, for `run` and `health` alike."""

PulseFile = Annotated[
    Path | None,
    typer.Option(
        "--pulse",
        metavar="FILE",
        envvar=PULSE,
        help="Where the gateway shows its pulse: a file in a folder that does not outlive the machine's start.",
        show_default=False,
    ),
]

app = typer.Typer(add_completion=False)


@app.command(
    epilog=examples(
        "health --pulse /run/returns-gateway/pulse.json",
        notes=("The gateway shows its pulse there if it was started with the same option or variable.",),
    )
)
def health(
    *,
    pulse: PulseFile = None,
    broker: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long the broker may be away.")
    ] = LIMITS.broker_s,
    state: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long the state store may not serve.")
    ] = LIMITS.state_s,
    json: Json = False,
) -> None:
    """Say whether the gateway is well: exit status 0, or 1 and what is wrong.

    It is unwell when it shows no pulse for half a minute, when its writer stands still for a minute, and when state
    store or broker are away for longer than they may be. A time-series store that is away is not its illness.
    """
    if pulse is None:
        raise Failure(f"say which gateway: --pulse FILE, or {PULSE} in the environment", status=WRONG)
    limits = LIMITS._replace(broker_s=broker, state_s=state)
    wrong = _wrong(pulse, limits)
    if json:
        typer.echo(dumps({"well": not wrong, "wrong": wrong}))
    elif not wrong:
        typer.echo("well")
    else:
        raise Failure(*wrong.values())
    raise typer.Exit(FAILED if wrong else 0)


def _wrong(file: Path, limits: Limits) -> dict[str, str]:
    """What is wrong, by its kind."""
    try:
        found = examine(read_pulse(file), stopwatch_s(), limits)
    except FileNotFoundError:
        return {"silent": f"there is no pulse at {file}: the gateway does not run, or shows it elsewhere"}
    except (OSError, ValueError) as error:
        return {"silent": f"the pulse at {file} cannot be read: {error}"}
    return {finding.ailment.value: finding.says for finding in found}
