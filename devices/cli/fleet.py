"""`returns-device fleet`: a simulated network of scanners and trackers against a real broker.

Joins scenario, faults and run; at the end it can say how the gateway's alerts compare with the truth.
"""

import json
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.status import Status

from devices.cli.failures import DONE, FAILED, WRONG, Failure
from devices.cli.options import BrokerOptions, taking
from devices.cli.verdict import Home, report, tell
from devices.fleet.enlarged import enlarged
from devices.fleet.faults import Faults, drawn
from devices.fleet.network import BadNetwork, Network, parse
from devices.fleet.run import FastClock, Lines, Progress, Runner
from devices.fleet.scenario import Demand, Scenario, scenario
from devices.fleet.score import alerts, score
from devices.fleet.simulation import Simulation
from devices.fleet.timeline import FOREVER
from devices.sdk.clock import time_of_day
from gateway.tracking.instants import SECOND, Duration, Instant, duration, instant, rfc3339

READY: Final = "ready"
_CONNECT_S: Final = 5.0
"""For that time the fleet waits for its broker before it sets out; afterwards it tries on the way."""


@dataclass(frozen=True, kw_only=True)
class FleetOptions(BrokerOptions):
    """What is simulated, and how fast."""

    network: Annotated[Path, typer.Option(metavar="FILE", help="The network, as the gateway has it.")]
    seed: Annotated[int, typer.Option(help="The same seed, the same scenario and faults.")] = 1
    for_: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long it goes: 7d, 36h.")] = "7d"
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster than real time.")] = 1.0
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it begins; by default such that it ends now.")
    ] = None
    began: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="The machine's stopwatch at --start, to share a clock."),
    ] = None
    ready: Annotated[
        bool,
        typer.Option(
            "--ready", help=f"Print {READY!r} when all is set up, and read --began from standard input then."
        ),
    ] = False
    devices: Annotated[int, typer.Option(min=0, help="At least so many: the network is enlarged.")] = 0
    write_network: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the enlarged network for the gateway, and end.")
    ] = None
    returns_per_day: Annotated[
        float | None, typer.Option(min=0.01, help="By default, more with more scanners.")
    ] = None
    trouble: Annotated[float, typer.Option(min=0, max=1, help="The share that goes wrong.")] = 0.25
    faults: Annotated[bool, typer.Option(help="Outages, wrong clocks, lost messages and the like.")] = True
    connections: Annotated[int, typer.Option(min=1, max=100, help="Over how many connections.")] = 1
    truth: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is true of it, as JSON lines.")
    ] = None
    judge: Annotated[
        bool, typer.Option("--judge", help="Listen to the alert log, and compare it with the truth.")
    ] = False
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="With --judge: write the comparison, as JSON."),
    ] = None
    drain: Annotated[
        float, typer.Option(min=0, help="Seconds that the fleet has at its end to settle what still waits.")
    ] = 120.0


app = typer.Typer(add_completion=False)


@app.command()
@taking(FleetOptions)
def fleet(options: FleetOptions) -> None:
    """Simulate a network: what honest devices would report, and what goes wrong on the way.

    Without --start, a fast simulation ends now, and its events are of the past to a gateway on the wall clock. With
    --start (and --began), the gateway must have that clock too: receipts set the devices' clocks. With --judge, exit
    status 1 says that an alert was missed or wrong; of a simulation that ends now, what is open at its end counts.
    """
    network = _network(options)
    if network is None:
        return
    length = _length(options.for_)
    start = _start(options, length)
    scanners = len(network.scanners)
    demand = Demand(options.returns_per_day or 1.5 * scanners, options.trouble)
    told = scenario(network, options.seed, start, length, demand)
    faults = drawn(network, options.seed, start, told.until) if options.faults else None
    if options.truth is not None:
        _write_truth(options.truth, told)
    raise typer.Exit(_run(options, network, told, faults))


def _network(options: FleetOptions) -> Network | None:
    try:
        text = options.network.read_text(encoding="utf-8")
        text = enlarged(text, options.devices) if options.devices else text
        if options.write_network is None:
            return parse(text)
        options.write_network.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(
            f"{error.filename} cannot be used: {error.strerror}; name another file", WRONG
        ) from error
    except BadNetwork as error:
        raise Failure(f"{options.network}: {error}", WRONG) from error
    return None


def _length(text: str) -> Duration:
    try:
        length = duration(text)
    except ValueError as error:
        raise Failure(f"--for {error}", WRONG) from error
    if not 0 < length <= duration("400d"):
        raise Failure(f"--for {text} is out of range; simulate up to 400d", WRONG)
    return length


def _start(options: FleetOptions, length: Duration) -> Instant:
    if options.start is None:
        if options.began is not None or options.ready:
            raise Failure("--began says what the stopwatch read at --start; give both", WRONG)
        return Instant(time_of_day() - int(length * (1 - 1 / max(options.speed, 1))))
    try:
        return instant(options.start)
    except ValueError as error:
        raise Failure(f"--start {options.start!r} is {error}", WRONG) from error


def _run(options: FleetOptions, network: Network, told: Scenario, faults: Faults | None) -> int:
    console = Console()
    shared = options.start is not None or options.speed == 1
    simulation = Simulation(told, network, faults, options.speed, shared=shared)
    lines = Lines(options.opened(), options.root, options.connections, alerts=options.judge)
    ends = Instant(told.until + int(options.drain * SECOND))
    console.print(
        f"{len(network.scanners)} scanners and {len(network.trackers)} trackers, {len(told.timeline):,} reports"
        f" from {rfc3339(told.start)} to {rfc3339(told.until)}",
        highlight=False,
    )
    clock = FastClock(told.start, options.speed, until=told.until)
    runner = Runner(simulation, lines, clock)
    try:
        runner.connect(_CONNECT_S)
        clock.begin(_began(options))
        with console.status("…") as status:
            progress = runner.run(ends, threading.Event(), _Teller(console, status))
    except KeyboardInterrupt:
        progress = runner.progress()
    console.print(_sentence(progress), highlight=False, soft_wrap=True)
    if not options.judge:
        return FAILED if progress.waiting else DONE
    found = score(told, alerts(runner.alerts), simulation.late, simulation.tolerance)
    home = Home(progress.waiting, runner.heard_out, progress.worst_s)
    if not shared:
        console.print(
            "The gateway's clock was not the fleet's: what counts is which alerts are open at the end."
        )
    tell(console, found, home)
    if options.report is not None:
        _write_report(options.report, report(found, home, options.seed, told, simulation.tolerance))
    return DONE if found.good and home.all else FAILED


def _began(options: FleetOptions) -> float | None:
    """The stopwatch's reading at --start; with --ready it is only said now."""
    if not options.ready:
        return options.began
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    said = sys.stdin.readline()
    try:
        return float(said)
    except ValueError as error:
        raise Failure(
            f"--ready: {said.strip()!r} is no reading of a stopwatch; write seconds, on a line", WRONG
        ) from error


class _Teller:
    """Tells how it stands: on a terminal all the time in one place, elsewhere a line a minute."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console = console
        self._status = status
        self._heard = 0

    def __call__(self, progress: Progress) -> None:
        if self._console.is_terminal:
            self._status.update(_sentence(progress))
        elif self._heard % 60 == 0:
            self._console.print(_sentence(progress), highlight=False, soft_wrap=True)
        self._heard += 1


def _sentence(progress: Progress) -> str:
    return (
        f"{rfc3339(progress.now - progress.now % SECOND)} · {progress.published:,} messages ·"
        f" {progress.settled:,} events settled · {progress.waiting:,} waiting ·"
        f" {progress.behind_s:.1f} s behind · {progress.connected} connected"
    )


def _write_report(file: Path, said: Mapping[str, object]) -> None:
    try:
        file.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}; name another file", WRONG) from error


def _write_truth(file: Path, told: Scenario) -> None:
    try:
        with file.open("w", encoding="utf-8") as out:
            for truth in told.truths:
                kind, id_ = truth.subject
                line = {
                    "kind": truth.kind,
                    "subject": {"kind": kind, "id": id_},
                    "stop": truth.mark if isinstance(truth.mark, int) else None,
                    "sensor": truth.mark if isinstance(truth.mark, str) else None,
                    "since": rfc3339(truth.since),
                    "begins": rfc3339(truth.begins),
                    "ends": None if truth.ends == FOREVER else rfc3339(truth.ends),
                    "audible": truth.audible,
                    "story": told.stories.get(id_),
                }
                out.write(json.dumps(line) + "\n")
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}; name another file", WRONG) from error
