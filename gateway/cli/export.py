"""`returns-gateway export`: what the gateway has received, for other programs."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from gateway.adapters import parquet as parquet_file
from gateway.adapters.clock import SystemClock
from gateway.cli.failures import WRONG, Failure
from gateway.cli.opening import moment_of, network_of, settings_of, writing
from gateway.cli.options import GatewayOptions, StateOptions, examples, gathered
from gateway.cli.store import state_of
from gateway.ports.captures import Span
from gateway.service.epcis.exporting import document, documents
from gateway.service.exporting import exported
from gateway.service.queries import kpis
from gateway.service.queries.tables import COLUMNS, Table, plain_rows_of, rows_of
from gateway.service.recordings import write
from gateway.tracking.instants import DAY, Instant

Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Received at this time or later, RFC 3339; all without it."),
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Received before this time; all without it.")]
Output = Annotated[str, typer.Option(metavar="FILE", help="Where to write; - is standard output.")]

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Write out what the gateway has received.")


@app.callback()
def _formats() -> None:
    """One command for each format."""


@app.command(
    epilog=examples(
        "export events --since 2026-03-07T00:00:00Z --until 2026-03-08T00:00:00Z --output saturday.jsonl",
        "export events | returns-gateway replay --network changed.yaml --events -",
    )
)
@gathered
def events(
    *,
    where: StateOptions,
    since: Since = None,
    until: Until = None,
    output: Output = "-",
) -> None:
    """Write all messages received, refused ones too, as JSON Lines: what replay reads.

    A line is {"received_at": T, "topic": "returns/v1/…", "payload": {…}}; a payload that is no JSON on one line
    stands as "payload_base64".
    """
    settings = settings_of(where)
    begin, end = _span(since, until)
    with state_of(settings) as state, writing(output) as out:
        for recorded in exported(state, begin, end):
            out.write(write(recorded, settings.mqtt.root) + b"\n")


@app.command(
    epilog=examples(
        "export epcis --output all.json",
        "export epcis --output all.json --split 2000",
        "export epcis --since 2026-03-07T00:00:00Z --until 2026-03-08T00:00:00Z | gzip > saturday.json.gz",
        notes=("It has sites by their GLN, articles by their GS1 keys, and what has none by URIs of ours.",),
    )
)
@gathered
def epcis(
    *,
    where: GatewayOptions,
    since: Since = None,
    until: Until = None,
    output: Output = "-",
    split: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Write documents of at most N events: FILE-0001, FILE-0002 and so on."
        ),
    ] = None,
) -> None:
    """Write all scans and positions that were accepted as one EPCIS 2.0 document, in JSON-LD.

    What was taken back has an errorDeclaration. Announcements are no events, so they are not in it.
    """
    if split is not None and output == "-":
        raise Failure("--split needs --output FILE, after which its documents are named", status=WRONG)
    settings = settings_of(where)
    network = network_of(settings.network)
    span, now = Span(*_span(since, until)), SystemClock().now()
    with state_of(settings) as state:
        if split is None:
            _write(output, document(state, network, span, now))
            return
        for number, pieces in enumerate(documents(state, network, span, now, split), 1):
            _write(_numbered(output, number), pieces)


def _write(output: str, pieces: Iterable[bytes]) -> None:
    with writing(output) as out:
        for piece in pieces:
            out.write(piece)


def _numbered(output: str, number: int) -> str:
    file = Path(output)
    return str(file.with_name(f"{file.stem}-{number:04}{file.suffix}"))


@app.command(
    "csv",
    epilog=examples(
        "export csv returns --output returns.csv",
        "export csv legs --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z --output november.csv",
        "export csv alerts | head",
    ),
)
@gathered
def csv_(
    *,
    table: Annotated[Table, typer.Argument(help="returns as they are now, legs travelled, alerts opened.")],
    where: GatewayOptions,
    since: Since = None,
    until: Until = None,
    output: Output = "-",
) -> None:
    """Write returns, legs or alerts as a table: CSV in UTF-8, with a line of names.

    Of legs and alerts those of the period: by arrival, by opening. A text that a spreadsheet would take for a formula
    has an apostrophe before it.
    """
    settings = settings_of(where)
    network = network_of(settings.network)
    begin, end = _span(since, until)
    with state_of(settings) as state, writing(output) as out:
        lines = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(lines)
        writer.writerow(COLUMNS[table])
        writer.writerows(rows_of(state, network, table, kpis.Span(begin, end)))
        lines.detach()


@app.command(
    epilog=examples(
        "export parquet returns --output returns.parquet",
        "export parquet legs --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z --output november.parquet",
        notes=("It needs pyarrow: pip install 'returns-gateway[parquet]'.",),
    )
)
@gathered
def parquet(
    *,
    table: Annotated[Table, typer.Argument(help="returns as they are now, legs travelled, alerts opened.")],
    where: GatewayOptions,
    since: Since = None,
    until: Until = None,
    output: Output = "-",
) -> None:
    """Write returns, legs or alerts as a table: Apache Parquet, with typed columns and times in UTC.

    Of legs and alerts those of the period: by arrival, by opening. Texts stand as they are.
    """
    settings = settings_of(where)
    network = network_of(settings.network)
    begin, end = _span(since, until)
    try:
        parquet_file.need_pyarrow()
    except parquet_file.NotInstalled as missing:
        raise Failure(str(missing), status=WRONG) from None
    with state_of(settings) as state, writing(output) as out:
        parquet_file.write(out, table, plain_rows_of(state, network, table, kpis.Span(begin, end)))


def _span(since: str | None, until: str | None) -> tuple[Instant, Instant]:
    """From when until when, all that can be where it is not said."""
    begin = moment_of(since, "--since")
    end = moment_of(until, "--until")
    if begin is not None and end is not None and end <= begin:
        raise Failure(f"--until {until} is not after --since {since}", status=WRONG)
    begin = Instant(0) if begin is None else begin
    return begin, Instant(SystemClock().now() + DAY) if end is None else end
