"""`returns-gateway demo`: broker, gateway and a simulated fleet, all on this machine, on a clock that runs fast.

The fleet is a process of its own, as devices are: it knows what truly happens to each return, listens to the alert
log, and at the end holds the alerts against the truth.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer
from rich.console import Console
from rich.live import Live

from gateway.adapters.broker import EmbeddedBroker
from gateway.adapters.clock import FastClock, SystemClock
from gateway.adapters.state import SqlState
from gateway.app import Gateway
from gateway.cli.demo_screen import View
from gateway.cli.failures import FAILED, WRONG, Failure
from gateway.cli.options import examples, gathered
from gateway.cli.showing import console
from gateway.ports.state import Unavailable
from gateway.settings import load as load_settings
from gateway.tracking.instants import SECOND, Instant, duration, instant, rfc3339

_START: Final = instant("2026-03-02T05:00:00Z")
"""A Monday morning, before anything opens: so that each demo of one seed is the same."""
_LOOK_S: Final = 0.5
_DRAIN_S: Final = 20
"""Seconds that what still waits on devices has at the end; days, on the demo's clock."""
_NETWORK: Final = "network.yaml"

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
        shutil.copy(example_network(), folder / _NETWORK)
        clock = FastClock(_START, options.speed, SystemClock().monotonic())
        report = folder / "report.json"
        with _serving(folder, broker.url, clock) as gateway:
            fleet = _fleet(folder, broker.url, clock, options.seed, length_s, report)
            try:
                home_at = Instant(clock.start + round(length_s * clock.speed * SECOND))
                view = _show(folder, gateway, clock, fleet, home_at)
            finally:
                fleet.terminate()
                output, _ = fleet.communicate()
        if options.picture is not None:
            _draw(view, options.picture)
        _conclude(report, options.report, output)


def example_network() -> Path:
    """The network that the demo shows: packaged with us, or in the checkout.

    Raises:
        Failure: it is in neither.
    """
    packaged = Path(__file__).with_name("demo_network.yaml")
    checkout = Path(__file__).parents[2] / "examples" / "demo" / _NETWORK
    for file in (packaged, checkout):
        if file.is_file():
            return file
    raise Failure("the demo's network is not installed; run the demo from a checkout", status=WRONG)


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


@contextmanager
def _serving(folder: Path, url: str, clock: FastClock) -> Iterator[Gateway]:
    """The real gateway on the fast clock, in a thread of its own."""
    settings = load_settings(
        None,
        {
            "mqtt.url": url,
            "state.url": f"sqlite:///{folder / 'returns.sqlite'}",
            "network": folder / _NETWORK,
        },
    )
    gateway = Gateway(settings, clock)
    thread = threading.Thread(target=gateway.run, name="gateway")
    thread.start()
    try:
        yield gateway
    finally:
        gateway.stop()
        thread.join()


def _fleet(
    folder: Path, url: str, clock: FastClock, seed: int, length_s: float, report: Path
) -> subprocess.Popen[str]:
    options = {
        "--broker": url,
        "--network": folder / _NETWORK,
        "--seed": seed,
        "--for": f"{round(length_s * clock.speed)}s",
        "--speed": clock.speed,
        "--start": rfc3339(clock.start),
        "--began": clock.began,
        "--report": report,
        "--drain": _DRAIN_S,
    }
    given = [str(part) for pair in options.items() for part in pair]
    program = [sys.executable, "-c", "from devices.cli import main; main()", "fleet", *given, "--judge"]
    return subprocess.Popen(  # noqa: S603 # our own interpreter and program; what varies are numbers and our own paths
        program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _show(
    folder: Path, gateway: Gateway, clock: FastClock, fleet: subprocess.Popen[str], home_at: Instant
) -> View:
    """The live view, until the fleet has ended. It stands still from `home_at` on: nothing moves any more."""
    state = SqlState(f"sqlite:///{folder / 'returns.sqlite'}", migrate=False)
    view = View(speed=clock.speed)
    counted, at = 0, time.monotonic()
    try:
        with Live(view.screen(), console=console(), refresh_per_second=4, transient=False) as live:
            while fleet.poll() is None:
                if clock.now() <= home_at:
                    _look(view, state, clock)
                else:
                    view.note = "the fleet is back; waiting for what is still on its way"
                now, events = time.monotonic(), gateway.counts.accepted
                if now - at >= 1:
                    view.per_second, counted, at = (events - counted) / (now - at), events, now
                view.events = events
                live.update(view.screen())
                _wait(fleet)
    finally:
        state.close()
    return view


def _draw(view: View, file: Path) -> None:
    """The view as a terminal of a good width shows it."""
    canvas = Console(record=True, width=118, file=io.StringIO(), markup=False, highlight=False, emoji=False)
    canvas.print(view.screen())
    file.parent.mkdir(parents=True, exist_ok=True)
    canvas.save_svg(str(file), title="returns-gateway demo")


def _look(view: View, state: SqlState, clock: FastClock) -> None:
    try:
        with state.reader() as unit:
            view.look(unit, clock.now())
        view.note = ""
    except Unavailable as error:
        view.note = str(error)


def _wait(fleet: subprocess.Popen[str]) -> None:
    try:
        fleet.wait(_LOOK_S)
    except subprocess.TimeoutExpired:
        return


def _conclude(report: Path, wanted: Path | None, output: str) -> None:
    """Tell how the alerts compare with the truth.

    Raises:
        Failure: an alert was missed or wrong, or the fleet did not get so far.
    """
    if not report.is_file():
        raise Failure("the fleet did not come home:", *output.strip().splitlines()[-5:], status=FAILED)
    told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if wanted is not None:
        shutil.copy(report, wanted)
    screen = console()
    found = sum(told["found"].values())
    screen.print(f"\nOf what truly went wrong, {found} alerted, {len(told['missed'])} missed.", style="bold")
    screen.print(
        f"Alerts that were not so: {len(told['wrong'])}. Raised for want of data and taken back:"
        f" {told['taken_back']}; over before the data came: {told['overtaken']}."
    )
    if told["missed"] or told["wrong"]:
        raise Failure(*told["missed"][:10], *told["wrong"][:10], status=FAILED)
