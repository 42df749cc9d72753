"""`returns-gateway replay`: recorded events through the rules; one line of JSON for each transition of an alert.

Knows files and terminals; what happens to the events is the replay's own.
"""

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gateway.cli.failures import Failure
from gateway.cli.opening import moment_of, network_of, reading, settings_of, writing
from gateway.cli.options import GatewayOptions, examples, gathered
from gateway.replay import Line, OutOfOrder, Replay
from gateway.service.alerting import Transition
from gateway.service.recordings import Unreadable, read
from gateway.tracking.instants import Instant

_BOM: Final = b"\xef\xbb\xbf"
_SHOWN_EVERY: Final = 256
"""Lines between two looks of the progress display."""
_COLLECT_AFTER: Final = 200_000
"""Objects made between two collections of garbage: what replay makes is mostly kept, and little of it is cyclic."""

app = typer.Typer(add_completion=False)


@app.command(
    epilog=examples(
        "replay --network network.yaml --events yesterday.jsonl",
        "replay --events yesterday.jsonl --until 2026-03-08T00:00:00Z --state journeys.json > alerts.jsonl",
        "export events --since 2026-03-07T00:00:00Z | returns-gateway replay --network changed.yaml --events -",
    )
)
@gathered
def replay(
    *,
    where: GatewayOptions,
    events: Annotated[
        str, typer.Option(metavar="FILE", help="The recorded events, JSON Lines; - is standard input.")
    ],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Let deadlines pass up to this time, RFC 3339; lines received later are left out."
            " Without it, the last line's.",
        ),
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write all journeys as they are at the end, as JSON.")
    ] = None,
) -> None:
    """Run recorded events through the rules, offline: which alerts would have opened, and when?

    Needs neither broker nor database; time is that of the recording. Each line of the events is a message,
    {"received_at": T, "topic": "returns/v1/…", "payload": {…}}, in order of received_at: what
    `returns-gateway export events` writes. Each line of output is one transition of an alert.
    """
    settings = settings_of(where)
    end = moment_of(until, "--until")
    network = network_of(settings.network)
    with ExitStack() as opened:
        source = opened.enter_context(reading(events))
        final = opened.enter_context(writing(state)) if state is not None else None
        opened.enter_context(_few_collections())
        gateway = Replay(network)
        with writing("-") as out, _progress(source) as progressed:
            tell = _teller(out)
            for transition in _transitions(
                gateway, _lines(source, settings.mqtt.root, events, progressed), end
            ):
                tell(transition)
        if final is not None:
            final.write(_listed(gateway.journeys()))


def described(transition: Transition) -> dict[str, Any]:
    """The line of a transition as the interface has it: an alert's id means nothing outside its gateway."""
    line = transition.line()
    del line["id"]
    return line


def _transitions(
    gateway: Replay, lines: Iterable[tuple[str, Line]], end: Instant | None
) -> Iterator[Transition]:
    for place, line in lines:
        if end is not None and line.received_at > end:
            break
        try:
            yield from gateway.feed(line)
        except OutOfOrder as error:
            raise Failure(f"{place}: {error}; sort the lines by received_at") from None
        except Exception as error:
            error.add_note(f"while taking in {place}")
            raise
    if end is not None:
        yield from gateway.until(end)


def _lines(
    source: BinaryIO, root: str, name: str, progressed: Callable[[int, int], None]
) -> Iterator[tuple[str, Line]]:
    """The messages and where they are; empty lines are passed over."""
    size = 0
    for number, raw in enumerate(source, start=1):
        size += len(raw)
        if number % _SHOWN_EVERY == 0:
            progressed(number, size)
        text = raw.removeprefix(_BOM) if number == 1 else raw
        if not text.strip():
            continue
        place = f"{'standard input' if name == '-' else name}, line {number}"
        try:
            yield place, Line(*read(text, root))
        except Unreadable as error:
            raise Failure(f"{place}: {error}") from None


def _teller(out: BinaryIO) -> Callable[[Transition], None]:
    """Writes transitions; somebody who watches sees each at once."""
    watched = out.isatty()

    def tell(transition: Transition) -> None:
        out.write(to_json(described(transition)) + b"\n")
        if watched:
            out.flush()

    return tell


def _listed(journeys: list[dict[str, Any]]) -> bytes:
    """A JSON array of one journey a line."""
    lines = (json.dumps(each, ensure_ascii=False).encode() for each in journeys)
    return b"[" + b",".join(b"\n" + line for line in lines) + b"\n]\n"


@contextmanager
def _progress(source: BinaryIO) -> Iterator[Callable[[int, int], None]]:
    """Shows how far the reading is, where somebody looks at stderr and nothing else is written there."""
    console = Console(stderr=True)
    if not console.is_terminal or Console().is_terminal:
        yield lambda _number, _size: None
        return
    total = Path(str(source.name)).stat().st_size if source.seekable() else None
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as shown:
        task = shown.add_task("replaying", total=total)
        yield lambda number, size: shown.update(task, completed=size, description=f"{number:,} lines")


@contextmanager
def _few_collections() -> Iterator[None]:
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
