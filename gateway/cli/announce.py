"""`returns-gateway announce`: expected returns from a file, for those whose ERP exports one.

They are taken in as messages of a source are, on the state store itself; whether the gateway runs doesn't matter.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final, NamedTuple

import typer
from pydantic_core import from_json
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress

from gateway.adapters.clock import SystemClock
from gateway.cli.announcements import FIELDS, Row, read
from gateway.cli.failures import DONE, FAILED, WRONG, Failure, tell
from gateway.cli.opening import network_of, reading, settings_of
from gateway.cli.options import GatewayOptions, Json, examples, gathered
from gateway.cli.showing import print_line
from gateway.cli.store import state_of
from gateway.network.nearest import Names
from gateway.ports.state import State
from gateway.service.admission import Terrain
from gateway.service.intake import Message, take
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.plan import Network

_BATCH: Final = 200
"""Rows in one unit, so that the gateway beside us never waits long for its turn."""

_FIELDS: Final = (
    f"Fields: {', '.join(FIELDS)}. Needed are item and route. Without an id a line is known by what is in it, so that"
    " the same file can be announced again; without at it is now."
)
_CSV: Final = (
    "CSV: UTF-8, with or without byte order mark; a header of these names; cells apart by comma, semicolon or tab,"
    " whichever is most in the header."
)

app = typer.Typer(add_completion=False)


class Said(NamedTuple):
    """What became of one row: the result of its receipt."""

    row: Row
    result: dict[str, Any]

    def line(self) -> dict[str, Any]:
        return {"line": self.row.line, "item": self.row.item, **self.result}


class _TakenBack(Exception):
    """Nothing of the unit is to stay."""


@app.command(
    epilog=examples(
        "announce returns.csv --source erp",
        "announce returns.jsonl --source erp --json",
        "announce returns.csv --source erp --dry-run",
        notes=(_FIELDS, _CSV),
    )
)
@gathered
def announce(
    *,
    file: Annotated[str, typer.Argument(help="A .csv or .jsonl file.")],
    source: Annotated[str, typer.Option(metavar="ID", help="Who announces: a source of the network.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of it; change nothing.")
    ] = False,
    where: GatewayOptions,
    json: Json = False,
) -> None:
    """Announce expected returns from a CSV or JSON Lines file.

    What cannot be accepted goes to quarantine and is told with its line. Exit status 1 if there was any.
    """
    settings = settings_of(where)
    network = network_of(settings.network)
    _check_source(source, network)
    counts = dict.fromkeys(("accepted", "duplicate", "quarantined"), 0)
    with reading(file) as opened:
        rows = list(read(file, opened, source, rfc3339(SystemClock().now())))
    with state_of(settings) as state:
        taker = _Taker(state, Terrain.of(network), source, keep=not dry_run)
        taking = taker.take(rows)
        for said in taking if json else _shown(taking, len(rows)):
            counts[said.result["result"]] += 1
            if json:
                print_line(said.line())
            elif said.result["result"] == "quarantined":
                _tell(file, said)
    if not json:
        told = ", ".join(f"{number:,} {_WORDS[what]}" for what, number in counts.items())
        typer.echo(
            f"{sum(counts.values()):,} announcements: {told}{'; nothing was changed' if dry_run else ''}"
        )
    raise typer.Exit(FAILED if counts["quarantined"] else DONE)


_WORDS: Final = {"accepted": "accepted", "duplicate": "known already", "quarantined": "in quarantine"}


def _check_source(source: str, network: Network) -> None:
    if source not in network.sources:
        remedy = Names(network.sources).hint(source, "declare it under sources")
        raise Failure(f"no source {source!r} in the network; {remedy}", status=WRONG)


class _Taker:
    """Takes rows in, a unit for each batch; with `keep` false each unit is taken back."""

    def __init__(self, state: State, terrain: Terrain, source: str, *, keep: bool) -> None:
        self._state = state
        self._terrain = terrain
        self._topic = f"source/{source}/announce"
        self._keep = keep
        self._clock = SystemClock()
        self._latest = Instant(0)

    def take(self, rows: Sequence[Row]) -> Iterator[Said]:
        for begin in range(0, len(rows), _BATCH):
            yield from self._batch(rows[begin : begin + _BATCH])

    def _batch(self, rows: Sequence[Row]) -> list[Said]:
        """No two are received at one instant, so that an export can tell them apart."""
        begin = max(self._clock.now(), self._latest + 1)
        messages = [
            Message(self._topic, row.payload, Instant(at)) for at, row in enumerate(rows, start=begin)
        ]
        self._latest = messages[-1].received_at
        said: list[Said] = []
        with suppress(_TakenBack), self._state.unit() as unit:
            taken = take(unit, self._terrain, messages, self._latest)
            said = [
                Said(row, from_json(answer.results[0]))
                for row, answer in zip(rows, taken.answers, strict=True)
            ]
            if not self._keep:
                raise _TakenBack
        return said


def _tell(file: str, said: Said) -> None:
    result = said.result
    tell([f"{file}, line {said.row.line}: {result['reason']}: {result['message']}"], label="quarantined")


def _shown(said: Iterator[Said], total: int) -> Iterator[Said]:
    """The same, with a bar on a terminal while it goes on."""
    out = Console(stderr=True)
    if not out.is_terminal:
        yield from said
        return
    columns = BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=out, transient=True, redirect_stdout=False) as progress:
        yield from progress.track(said, total=total)
