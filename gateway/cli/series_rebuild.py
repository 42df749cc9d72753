"""`returns-gateway series rebuild`: all points again, out of what the state store keeps, while somebody looks on."""

from dataclasses import dataclass
from typing import Annotated, Final, Self

import typer
from rich.console import Console

from gateway.cli.failures import WRONG, Failure
from gateway.cli.opening import moment_of, network_of, settings_of
from gateway.cli.options import GatewayOptions, Json, gathered
from gateway.cli.series_store import opened_series
from gateway.cli.showing import print_json
from gateway.cli.store import state_of
from gateway.ports.state import State, Unavailable
from gateway.service.series import Passed, Reached, Rebuilt, reached, rebuild
from gateway.settings import Settings
from gateway.tracking.instants import Instant

_GO_ON: Final = "go on from there with: returns-gateway series rebuild --resume"
_LINES: Final = 20
_MANY: Final = 20_000
"""So many lines of progress where there is no terminal, for so many facts and more."""


@dataclass(frozen=True)
class RebuildOptions:
    """What is to be written, and where to begin."""

    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Only points from this instant on (RFC 3339).",
            show_default=False,
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on where the last one was ended, for a store that still has what that one wrote.",
        ),
    ] = False
    wipe: Annotated[
        bool,
        typer.Option(
            "--wipe", help="Empty the store first. What was sampled each minute cannot be made again."
        ),
    ] = False


@gathered
def rebuild_command(*, where: GatewayOptions, what: RebuildOptions, json: Json = False) -> None:
    """Write all points again that can be made from what the state store keeps.

    The gateway may be running, or not. The points are the same as before, so nothing is there twice.
    """
    if what.resume and (what.wipe or what.since is not None):
        raise Failure("--resume goes on with what was asked then; leave out --since and --wipe", status=WRONG)
    done = _rebuild(settings_of(where), what)
    if json:
        print_json(done._asdict())
        return
    typer.echo(words(done))
    if done.refused:
        typer.echo("refused points cannot be stored; their reasons: returns-gateway series refused", err=True)
    if done.waiting:
        typer.echo("some journeys have changed since: the gateway writes those while it runs", err=True)


def _rebuild(settings: Settings, what: RebuildOptions) -> Rebuilt:
    network = network_of(settings.network)
    since = moment_of(what.since, "--since")
    with state_of(settings) as state, opened_series(settings) as series:
        begin = _begin(state, since, resume=what.resume)
        series.setup()
        if what.wipe:
            series.wipe()
        with _Progress() as progress:
            try:
                return rebuild(state, series, network, progress.show, begin)
            except KeyboardInterrupt:
                raise Failure(f"ended before its end; {_GO_ON}") from None
            except Unavailable as away:
                raise Failure(str(away), _GO_ON) from away


def _begin(state: State, since: Instant | None, *, resume: bool) -> Reached:
    """Where to begin."""
    with state.reader() as unit:
        stopped = reached(unit)
    if not resume:
        if stopped is not None:
            typer.echo(f"the last rebuild was ended at {words(stopped.done)}; this one begins anew", err=True)
        return Reached(since)
    if stopped is None:
        raise Failure("there is no rebuild to go on with: the last one came to its end; leave out --resume")
    return stopped


def words(done: Rebuilt) -> str:
    """What was done, for people."""
    return (
        f"{done.events:,} points of scans and positions, {done.alerts:,} of alerts, {done.journeys:,} of journeys;"
        f" {done.refused:,} refused"
    )


class _Progress:
    """Says how far it is: on a terminal all the time, else in some lines."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status("writing points")
        self._said = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def show(self, passed: Passed) -> None:
        """Say it."""
        share = f"{passed.facts:,} of {passed.of:,} facts: {words(passed.done)}"
        self._status.update(share)
        due = _LINES * passed.facts // max(_MANY, passed.of)
        if not self._console.is_terminal and self._said < due:
            self._said = due
            typer.echo(share, err=True)
