"""`returns-gateway demo`: broker, gateway and a simulated fleet, all on this machine, on a clock that runs fast.

The fleet is a process of its own, as devices are: it knows what truly happens to each return, listens to the alert
log, and at the end holds the alerts against the truth.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.adapters.broker import EmbeddedBroker
from gateway.adapters.clock import FastClock, SystemClock
from gateway.cli.demo_stage import (
    NETWORK,
    endable,
    example_network,
    fleet_for,
    ready,
    serving,
    set_out,
    settings_in,
)
from gateway.cli.demo_verdict import conclude
from gateway.cli.demo_watch import calm_log, watch
from gateway.cli.failures import WRONG, Failure
from gateway.cli.options import examples, gathered
from gateway.tracking.instants import DAY, SECOND, Instant, duration, instant

_START: Final = instant("2026-03-02T05:00:00Z")
"""A Monday morning, before anything opens: so that each demo of one seed is the same."""
_LONGEST: Final = 400 * DAY
"""What a fleet simulates at the most, in the network's own time."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class DemoOptions:
    """What is shown, and for how long."""

    seed: Annotated[int, typer.Option(help="The same seed, the same returns and the same mishaps.")] = 5
    speed: Annotated[float, typer.Option(min=1, max=50_000, help="How many times faster than life.")] = 10_000
    for_: Annotated[
        str,
        typer.Option("--for", metavar="DURATION", help="How long the fleet is out, by your watch: 60s, 5m."),
    ] = "60s"
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write how the alerts compare with the truth, as JSON."),
    ] = None
    influx: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Write time series to influxdb://host:8086?org=…&bucket=…, ending now; the token comes from"
            " RETURNS_SERIES__TOKEN or RETURNS_SERIES__TOKEN_FILE.",
            show_default=False,
        ),
    ] = None
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the view as it is at the end, as SVG.")
    ] = None
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keep the state store there, to look into with the other commands."
        ),
    ] = None


@app.command(
    epilog=examples(
        "demo",
        "demo --seed 7 --for 2m --report report.json",
        "demo --influx 'influxdb://127.0.0.1:8086?org=acme&bucket=returns'",
        "demo --keep demo-data; then: trace SN-1 --state-url sqlite:///demo-data/returns.sqlite",
    )
)
@gathered
def demo(options: DemoOptions) -> None:
    """Watch returned goods move through a simulated network, with alerts that are true.

    Needs nothing but this machine: the broker is embedded. At the end the alerts are held against what really
    happened to each return; exit status 1 says that one was missed or wrong.
    """
    length_s = _length_s(options)
    for name, file in (("--report", options.report), ("--picture", options.picture)):
        _can_be_written(name, file)
    calm_log()
    with endable(), _folder(options.keep) as folder, EmbeddedBroker() as broker:
        settings = settings_in(folder, broker.url, options.influx)
        planned = _clock(options, length_s)
        report = folder / "report.json"
        fleet = fleet_for(settings, planned, options.seed, report)
        try:
            ready(fleet)
            clock = FastClock(planned.start, planned.speed, time.monotonic(), planned.until)
            with serving(settings, clock) as served:
                set_out(fleet, clock)
                watch(settings, served, clock, fleet, options.picture)
        finally:
            fleet.terminate()
            output, _ = fleet.communicate()
        try:
            conclude(report, output)
        finally:
            _handed_over(report, options.report)


def _clock(options: DemoOptions, length_s: float) -> FastClock:
    """Fast while the fleet is out. Where others are to look at the time series, it is their time when it is back."""
    system = SystemClock()
    length = round(length_s * options.speed) * SECOND
    start = _START
    if options.influx is not None:
        start = Instant(system.now() + round(length_s * SECOND) - length)
    return FastClock(start, options.speed, system.monotonic(), Instant(start + length))


def _length_s(options: DemoOptions) -> float:
    try:
        length = duration(options.for_)
    except ValueError as error:
        raise Failure(f"--for: {error}", status=WRONG) from None
    if not SECOND <= length * options.speed <= _LONGEST:
        raise Failure(
            f"--for {options.for_} at --speed {options.speed:g} is out of range: the fleet simulates a second at"
            f" least and {_LONGEST // DAY} days at most; give another --for or --speed",
            status=WRONG,
        )
    return length / SECOND


def _can_be_written(option: str, file: Path | None) -> None:
    """Said now, and not when the demo is over."""
    if file is not None and (file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK)):
        raise Failure(f"{option} {file}: cannot be written; name a file in a folder of yours", status=WRONG)


def _handed_over(report: Path, to: Path | None) -> None:
    if to is not None and report.is_file():
        try:
            shutil.copyfile(report, to)
        except OSError as error:
            raise Failure(f"--report {to}: cannot be written: {error.strerror}; name another file") from None


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where the demo lives, with its network in it.

    Raises:
        Failure: it cannot be made, or holds another's state.
    """
    if keep is not None and (keep / "returns.sqlite").exists():
        raise Failure(f"{keep} holds a state store already; name an empty folder", status=WRONG)
    with ExitStack() as made:
        try:
            folder = keep or Path(made.enter_context(tempfile.TemporaryDirectory(prefix="returns-demo-")))
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(example_network(), folder / NETWORK)
        except OSError as error:
            raise Failure(
                f"{error.filename or tempfile.gettempdir()}: {error.strerror}; make room, or name another folder with"
                " --keep"
            ) from None
        yield folder
