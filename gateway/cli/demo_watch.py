"""Watching the demo until its fleet has ended: the live view on a terminal, and elsewhere a line for each transition.

What the gateway logs is told once, however often it says so: on a full disk it does so many times a second.
"""

import io
import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from rich.console import Console
from rich.live import Live
from structlog.typing import EventDict, Processor

from gateway.adapters.clock import FastClock
from gateway.adapters.state import SqlState
from gateway.cli.demo_moves import Moves
from gateway.cli.demo_screen import View, as_line
from gateway.cli.demo_stage import Served
from gateway.cli.failures import FAILED, Failure
from gateway.cli.opening import network_of
from gateway.cli.showing import console
from gateway.ports.state import Unavailable
from gateway.settings import Settings

_LOOK_S: Final = 0.5
_HIGH: Final = 38
"""Lines of the picture."""


def calm_log() -> None:
    """Let the gateway log nothing but what is wrong, and that once."""
    structlog.configure(
        processors=[_once(), *structlog.get_config()["processors"]],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )


def watch(
    settings: Settings, served: Served, clock: FastClock, fleet: subprocess.Popen[str], picture: Path | None
) -> None:
    """Show it until the fleet has ended; and its `picture`, as it is when the fleet has been out.

    Raises:
        Failure: the gateway has ended before, or the picture cannot be written.
    """
    state = SqlState(settings.state.url.get_secret_value(), migrate=False)
    view = View(Moves(network_of(settings.network)), clock.speed, clock.until, board=served.gateway.http.url)
    screen = console()
    screen.print(f"The ops board, which asks for no token here: {view.board}")
    counted, at = 0, time.monotonic()
    try:
        with _shown(view, screen) as show:
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
                show()
                _wait(fleet)
    finally:
        state.close()


@contextmanager
def _shown(view: View, screen: Console) -> Iterator[Callable[[], None]]:
    """What shows how it stands now."""
    if screen.is_terminal and not screen.is_dumb_terminal:
        with Live(view, console=screen, auto_refresh=False) as live:
            yield live.refresh
        return
    noted = ""

    def lines() -> None:
        nonlocal noted
        for line in view.fresh:
            screen.print(as_line(line), soft_wrap=True)
        if view.note != noted:
            noted = view.note
            screen.print(noted, soft_wrap=True)

    yield lines


def _once() -> Processor:
    """What lets each trouble be logged once."""
    told: set[tuple[object, object]] = set()

    def processor(_logger: object, _method: str, event: EventDict) -> EventDict:
        key = event.get("event"), event.get("reason")
        if key in told:
            raise structlog.DropEvent
        told.add(key)
        return event

    return processor


def _draw(view: View, file: Path) -> None:
    """The view as a terminal of a good size shows it."""
    canvas = Console(
        record=True, width=118, height=_HIGH, file=io.StringIO(), markup=False, highlight=False, emoji=False
    )
    canvas.print(view)
    try:
        canvas.save_svg(str(file), title="returns-gateway demo")
    except OSError as error:
        raise Failure(f"--picture {file}: cannot be written: {error.strerror}; name another file") from None


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
