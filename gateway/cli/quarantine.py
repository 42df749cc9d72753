"""`returns-gateway quarantine`: what could not be accepted; look at it, try it again, give it up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nlargest
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from gateway.adapters.clock import SystemClock
from gateway.cli.failures import DONE, FAILED, WRONG, Failure, printable, tell
from gateway.cli.opening import moment_of, network_of, settings_of
from gateway.cli.options import GatewayOptions, Json, StateOptions, examples, gathered
from gateway.cli.showing import console, plain, print_json, when
from gateway.cli.store import state_of
from gateway.ports.rows import QuarantineRow
from gateway.ports.state import Records, State
from gateway.service import quarantine
from gateway.service.admission import Terrain
from gateway.service.quarantine import Correction, Outcome, Retried, Uncorrectable
from gateway.tracking.instants import rfc3339
from gateway.wire.faults import Reason

_ID_SHOWN: Final = 12

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="See what could not be accepted; retry or discard it.",
    epilog=examples(
        "quarantine list --reason unknown_site",
        "quarantine show 3f9a",
        "quarantine retry 3f9a --site HUB-LEJ",
        "quarantine retry --all --reason unknown_device",
        "quarantine discard 3f9a",
    ),
)

Entry = Annotated[str, typer.Argument(help="The entry's id, or how it begins.")]
Which = Annotated[Reason | None, typer.Option(help="Only entries refused for this.", show_default=False)]


class Status(StrEnum):
    HELD = quarantine.HELD
    ACCEPTED = quarantine.ACCEPTED
    DISCARDED = quarantine.DISCARDED
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which entries to act on."""

    entry: Annotated[
        str | None, typer.Argument(help="The entry's id, or how it begins.", show_default=False)
    ] = None
    everything: Annotated[
        bool, typer.Option("--all", help="All that are held, instead of one; say for which --reason.")
    ] = False
    reason: Which = None

    def ids(self, records: Records) -> list[str]:
        """The ids of the entries.

        Raises:
            Failure: it is not clear which are meant.
        """
        if self.everything == (self.entry is not None) or self.everything != (self.reason is not None):
            raise Failure("name one entry by its id, or all of a kind with --all --reason", status=WRONG)
        if self.entry is not None:
            return [_one(records, self.entry).id]
        return [row.id for row in quarantine.entries(records, quarantine.HELD, self.reason)]


@app.command("list", epilog=examples("quarantine list", "quarantine list --status all --limit 500 --json"))
@gathered
def list_(
    *,
    where: StateOptions,
    status: Annotated[Status, typer.Option(help="Those with this status.")] = Status.HELD,
    reason: Which = None,
    limit: Annotated[int, typer.Option(min=1, help="So many, the newest.")] = 100,
    json: Json = False,
) -> None:
    """List entries, the newest first."""
    wanted = None if status is Status.ALL else status.value
    with state_of(settings_of(where)) as state, state.reader() as unit:
        found = quarantine.entries(unit, wanted, reason)
        rows = nlargest(limit, found, key=lambda row: (row.received_at, row.id))
    if json:
        print_json([_described(row) for row in rows])
    elif rows:
        console().print(_table(rows))
    else:
        console().print("there is no such entry")


@app.command(epilog=examples("quarantine show 3f9a", "quarantine show 3f9a --json"))
@gathered
def show(*, entry: Entry, where: StateOptions, json: Json = False) -> None:
    """Show an entry whole: the payload as it came, why it was refused, and what to do."""
    with state_of(settings_of(where)) as state, state.reader() as unit:
        row = _one(unit, entry)
    if json:
        print_json(_described(row))
        return
    out = console()
    for name, value in _described(row).items():
        if value is not None and name not in ("payload", "trace"):
            out.print(Text.assemble((f"{name:12}", "dim"), plain(value)))
    out.print(Text("payload", "dim"))
    out.print(Text("\n").join(map(plain, _payload(row).splitlines())))
    if row.trace is not None:
        out.print(Text("trace", "dim"))
        out.print(Text("\n").join(map(plain, row.trace.splitlines())))


@app.command(
    epilog=examples(
        "quarantine retry 3f9a",
        "quarantine retry 3f9a --site HUB-LEJ",
        "quarantine retry 3f9a --at 2026-11-22T09:14:03+01:00",
        "quarantine retry --all --reason unknown_device",
    )
)
@gathered
def retry(
    *,
    chosen: Chosen,
    site: Annotated[str | None, typer.Option(metavar="ID", help="The site of the scan, corrected.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="The time of the event, corrected.")] = None,
    where: GatewayOptions,
    json: Json = False,
) -> None:
    """Try entries again, as if they were received now but with their first time of receipt.

    What is refused again stays held. Exit status 1 if any was.
    """
    settings = settings_of(where)
    correction = Correction(site, moment_of(at, "--at"))
    terrain = Terrain.of(network_of(settings.network))
    with state_of(settings) as state:
        with state.reader() as unit:
            ids = chosen.ids(unit)
        retried = list(_retried(state, terrain, ids, correction))
    if json:
        print_json([_outcome(each) for each in retried])
    else:
        _tell(retried)
    raise typer.Exit(FAILED if any(each.outcome is Outcome.REFUSED for each in retried) else DONE)


@app.command(epilog=examples("quarantine discard 3f9a", "quarantine discard --all --reason malformed"))
@gathered
def discard(*, chosen: Chosen, where: StateOptions, json: Json = False) -> None:
    """Give entries up. They are kept as long as keep.quarantine says, and can still be retried by hand."""
    with state_of(settings_of(where)) as state, state.unit() as unit:
        ids = chosen.ids(unit)
        rows = list(unit.quarantine_entries(ids).values())
        done = [row for row in rows if row.status != quarantine.ACCEPTED]
        quarantine.discard(unit, done)
    if json:
        print_json([row.id for row in done])
    else:
        typer.echo(
            f"{len(done):,} discarded" + ("" if len(done) == len(rows) else ", the rest was accepted before")
        )


def _retried(state: State, terrain: Terrain, ids: Sequence[str], correction: Correction) -> Iterator[Retried]:
    """A unit for each, so that the gateway beside us waits for none of them long."""
    clock = SystemClock()
    for id_ in ids:
        with state.unit() as unit:
            row = unit.quarantine_entries((id_,)).get(id_)
            if row is None or row.status == quarantine.ACCEPTED:
                raise Failure(f"entry {id_} was accepted before; there is nothing to retry")
            try:
                yield quarantine.retry(unit, terrain, row, clock.now(), correction)
            except Uncorrectable as error:
                raise Failure(f"entry {id_}: {error}", status=WRONG) from None


def _one(records: Records, beginning: str) -> QuarantineRow:
    found = quarantine.beginning_with(records, beginning.lower())
    if len(found) > 1:
        raise Failure(f"several entries begin with {beginning}; write more of the id", status=WRONG)
    if not found:
        raise Failure(f"there is no entry {beginning}; see `returns-gateway quarantine list --status all`")
    return found[0]


def _table(rows: Sequence[QuarantineRow]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    columns: tuple[tuple[str, Callable[[QuarantineRow], Text]], ...] = (
        ("entry", lambda row: Text(row.id[:_ID_SHOWN])),
        ("received", lambda row: Text(when(row.received_at))),
        ("reason", lambda row: plain(row.reason)),
        ("what", lambda row: plain(row.topic, "dim").append_text(plain(f" {row.message}", "not dim"))),
    )
    for name, _ in columns:
        table.add_column(name, overflow="fold", no_wrap=name != "what")
    for row in rows:
        table.add_row(*(cell(row) for _, cell in columns))
    return table


def _payload(row: QuarantineRow) -> str:
    return row.payload.decode(errors="backslashreplace")


def _described(row: QuarantineRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "reason": row.reason,
        "message": row.message,
        "topic": row.topic,
        "received_at": rfc3339(row.received_at),
        "event_id": row.event_id,
        "field": row.field,
        "value": row.value,
        "seen": row.seen,
        "payload": _payload(row),
        "trace": row.trace,
    }


def _outcome(retried: Retried) -> dict[str, Any]:
    return {
        "id": retried.entry.id,
        "outcome": retried.outcome,
        "reason": retried.reason,
        "message": retried.message,
    }


def _tell(retried: Sequence[Retried]) -> None:
    for each in retried:
        if each.outcome is Outcome.REFUSED:
            tell([f"{each.entry.id}: {each.reason}: {each.message}"], label="refused")
        elif each.outcome is Outcome.KNOWN:
            typer.echo(
                printable(f"{each.entry.id}: its event {each.entry.event_id} had been accepted already")
            )
    accepted = sum(each.outcome is Outcome.ACCEPTED for each in retried)
    typer.echo(f"{accepted:,} of {len(retried):,} accepted")
