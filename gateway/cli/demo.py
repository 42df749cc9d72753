"""`returns-gateway demo`: broker, gateway and a simulated fleet, all on this machine, on a clock that runs fast.

The fleet is a process of its own, as devices are: it knows what truly happens to each return, listens to the alert
log, and at the end holds the alerts against the truth.
"""

import io
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from rich.console import Console
from rich.live import Live

from gateway.adapters.broker import EmbeddedBroker
from gateway.adapters.clock import FastClock, SystemClock
from gateway.adapters.state import SqlState
from gateway.cli.demo_moves import Moves
from gateway.cli.demo_screen import View
from gateway.cli.demo_stage import (
    NETWORK,
    Served,
    example_network,
    fleet_for,
    ready,
    serving,
    set_out,
    settings_in,
)
from gateway.cli.demo_verdict import conclude
from gateway.cli.failures import FAILED, WRONG, Failure
from gateway.cli.opening import network_of
from gateway.cli.options import examples, gathered
from gateway.cli.showing import console
from gateway.ports.state import Unavailable
from gateway.settings import Settings
from gateway.tracking.instants import SECOND, Instant, duration, instant

_START: Final = instant("2026-03-02T05:00:00Z")
"""A Monday morning, before anything opens: so that each demo of one seed is the same."""
_LOOK_S: Final = 0.5
_HIGH: Final = 38
"""Lines of the picture."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class DemoOptions:
    """What is shown, and for how long."""

    seed: Annotated[int, typer.Option(help="The same seed, the same returns and the same mishaps.")] = 1
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
    length_s = _seconds(options.for_)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with _folder(options.keep) as folder, EmbeddedBroker() as broker:
        shutil.copy(example_network(), folder / NETWORK)
        settings = settings_in(folder, broker.url, options.influx)
        planned = _clock(options, length_s)
        report = folder / "report.json"
        fleet = fleet_for(settings, planned, options.seed, report)
        try:
            ready(fleet)
            clock = FastClock(planned.start, planned.speed, time.monotonic(), planned.until)
            with serving(settings, clock) as served:
                set_out(fleet, clock)
                _show(settings, served, clock, fleet, options.picture)
        finally:
            fleet.terminate()
            output, _ = fleet.communicate()
        if options.report is not None and report.is_file():
            shutil.copy(report, options.report)
        conclude(report, output)


def _clock(options: DemoOptions, length_s: float) -> FastClock:
    """Fast while the fleet is out. Where others are to look at the time series, it is their time when it is back."""
    system = SystemClock()
    length = round(length_s * options.speed) * SECOND
    start = _START
    if options.influx is not None:
        start = Instant(system.now() + round(length_s * SECOND) - length)
    return FastClock(start, options.speed, system.monotonic(), Instant(start + length))


def _seconds(text: str) -> float:
    try:
        return duration(text) / SECOND
    except ValueError as error:
        raise Failure(f"--for: {error}", status=WRONG) from None


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="returns-demo-") as folder:
            yield Path(folder)
        return
    if (keep / "returns.sqlite").exists():
        raise Failure(f"{keep} holds a state store already; name an empty folder", status=WRONG)
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


def _show(
    settings: Settings, served: Served, clock: FastClock, fleet: subprocess.Popen[str], picture: Path | None
) -> None:
    """The live view, until the fleet has ended; and its picture, as it is when the fleet has been out.

    Raises:
        Failure: the gateway has ended before.
    """
    state = SqlState(settings.state.url.get_secret_value(), migrate=False)
    view = View(Moves(network_of(settings.network)), clock.speed, clock.until, board=served.gateway.http.url)
    console().print(f"The ops board, which asks for no token here: {view.board}", highlight=False)
    counted, at = 0, time.monotonic()
    try:
        with Live(view, console=console(), auto_refresh=False) as live:
            while fleet.poll() is None:
                if not served.thread.is_alive():
                    raise Failure("the gateway has ended; what it said of it is above", status=FAILED)
                if picture is not None and clock.now() >= clock.until:
                    _draw(view, picture)
                    picture = None
                _look(view, state, clock)
                now, events = time.monotonic(), served.gateway.counts.accepted
                if now - at >= 1:
                    view.per_second, counted, at = (events - counted) / (now - at), events, now
                view.events = events
                live.refresh()
                _wait(fleet)
    finally:
        state.close()


def _draw(view: View, file: Path) -> None:
    """The view as a terminal of a good size shows it."""
    canvas = Console(
        record=True, width=118, height=_HIGH, file=io.StringIO(), markup=False, highlight=False, emoji=False
    )
    canvas.print(view)
    file.parent.mkdir(parents=True, exist_ok=True)
    canvas.save_svg(str(file), title="returns-gateway demo")


def _look(view: View, state: SqlState, clock: FastClock) -> None:
    now = clock.now()
    view.note = (
        "the fleet comes home: what still waits on devices is on its way" if now >= clock.until else ""
    )
    try:
        with state.reader() as unit:
            view.look(unit, now)
    except Unavailable as error:
        view.note = str(error)


def _wait(fleet: subprocess.Popen[str]) -> None:
    try:
        fleet.wait(_LOOK_S)
    except subprocess.TimeoutExpired:
        return
