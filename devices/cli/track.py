"""`returns-device track`: be a tracker that travels along a recorded or made-up track."""

import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from devices.cli.failures import DONE, FAILED, WRONG, Failure
from devices.cli.options import DeviceOptions, taking
from devices.cli.signals import signals
from devices.cli.tally import Standing, Tally
from devices.cli.tracks import BadTrack, Drive, Fix, read, simulated
from devices.sdk import Clock, Options, SpoolBroken, SpoolFull, Tracker
from gateway.tracking.instants import SECOND, Instant


@dataclass(frozen=True, kw_only=True)
class TrackOptions(DeviceOptions):
    """Which track, and how fast."""

    file: Annotated[Path | None, typer.Argument(help="A .gpx or .csv track (time, lat, lon, readings).")] = (
        None
    )
    simulate: Annotated[
        tuple[str, str] | None, typer.Option(metavar="LAT,LON LAT,LON", help="Drive from here to there.")
    ] = None
    kmh: Annotated[float, typer.Option(min=1, help="How fast the simulated drive is.")] = 70.0
    every: Annotated[float, typer.Option(min=1, help="Seconds between its positions.")] = 300.0
    temperature: Annotated[float | None, typer.Option(help="Degrees Celsius about which it sways.")] = None
    seed: Annotated[int, typer.Option(help="Of what sways.")] = 0
    container: Annotated[str | None, typer.Option(help="What the tracker is on, if it is not bound.")] = None
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster than it happened.")] = 1.0
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Send the file's own times, at once; else it ends now.")
    ] = False
    drain: Annotated[float, typer.Option(min=0, help="Seconds to wait at the end for what still waits.")] = 30


app = typer.Typer(add_completion=False)


@app.command()
@taking(TrackOptions)
def track(options: TrackOptions) -> None:
    """Report the positions of a track, as if it were driven now.

    With --speed it is driven faster, and its times are such that it ends now. Exit status 1 says that a position was
    rejected, not saved, or not answered in time; what waits is sent when the device is run again.
    """
    began = Clock().now()
    try:
        fixes = _fixes(options, began)
    except BadTrack as error:
        raise Failure(str(error), WRONG) from error
    tally = Tally(len(fixes))
    with closing(options.opened_spool()) as spool:
        try:
            tracker = Tracker(
                options.device, options.opened(), spool, Options(root=options.root), on_result=tally.result
            )
        except ValueError as error:
            raise Failure(str(error), WRONG) from error
        console = Console()
        with tracker, signals(), suppress(KeyboardInterrupt), console.status(Standing(tally, tracker)):
            _drive(tracker, fixes, options, began, tally)
            tracker.drained(options.drain)
        console.print(tally.sentence(tracker.waiting), highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(DONE if tally.good and not tracker.waiting else FAILED)


def _fixes(options: TrackOptions, began: Instant) -> Sequence[Fix]:
    if (options.file is None) is (options.simulate is None):
        raise Failure("give either a track or --simulate LAT,LON LAT,LON", WRONG)
    if options.file is not None:
        return read(options.file)
    if options.recorded:
        raise Failure("--recorded sends the times of a file; leave it out with --simulate", WRONG)
    start, end = (_place(text) for text in options.simulate or ())
    drive = Drive(start, end, options.kmh, options.every, options.temperature, options.seed)
    return simulated(drive, began)


def _place(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Failure(f"{text!r} is no place; write LAT,LON as in 51.42,12.24", WRONG) from error
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Failure(f"{text!r} is no place; latitude comes first", WRONG)
    return lat, lon


def timed(fixes: Sequence[Fix], began: Instant, speed: float) -> list[tuple[float, Instant]]:
    """For each fix, how many seconds after `began` it is reported, and as of when: never in the future."""
    first, last = fixes[0].at, fixes[-1].at
    ends = began + (last - first) / speed
    return [((fix.at - first) / speed / SECOND, Instant(round(ends - (last - fix.at)))) for fix in fixes]


def _drive(
    tracker: Tracker, fixes: Sequence[Fix], options: TrackOptions, began: Instant, tally: Tally
) -> None:
    """Report each fix at its time; what goes wrong with one is counted, and the next is tried."""
    clock, rest = Clock(), threading.Event()
    begun = clock.stopwatch()
    for fix, (due_s, at) in zip(fixes, timed(fixes, began, options.speed), strict=True):
        if not options.recorded:
            rest.wait(max(0.0, due_s - (clock.stopwatch() - begun) / SECOND))
        readings = fix.readings.copy()
        if options.container is not None:
            readings["container"] = options.container
        try:
            tracker.position(fix.lat, fix.lon, fix.at if options.recorded else at, **readings)
        except (SpoolFull, SpoolBroken, ValueError) as error:
            tally.unsaved(str(error))
        else:
            tally.saved()
