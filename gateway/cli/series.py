"""`returns-gateway series`: look into the time series, make their store, make them anew, see what was refused."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer
from rich.table import Table

from gateway.adapters.clock import SystemClock
from gateway.cli.failures import WRONG, Failure, printable
from gateway.cli.opening import settings_of
from gateway.cli.options import Json, StateOptions, examples, gathered
from gateway.cli.series_rebuild import rebuild_command
from gateway.cli.series_setup import setup_command
from gateway.cli.series_store import opened_series
from gateway.cli.showing import console, plain, print_json
from gateway.cli.store import state_of
from gateway.points import MEASUREMENTS
from gateway.ports.projection import RefusedRow
from gateway.ports.series import Answer, BadQuery
from gateway.tracking.instants import rfc3339

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Look into the time series, or make them anew.",
    epilog=examples(
        "series query 'SELECT count(item) FROM scan GROUP BY site'", "series setup", "series rebuild"
    ),
)

_SHOWN_REFUSED: Final = 1_000
_UNBOUNDED: Final = 10_000
"""Columns of what is no terminal: a file, or a pipe into `less -S`."""
_LARGE: Final = 1e15
_FUNCTIONS: Final = "mean, sum, count, min, max, first, last"


@app.command(
    epilog=examples(
        "series query 'SHOW MEASUREMENTS'",
        "series query 'SHOW FIELD KEYS FROM leg'",
        "series query 'SELECT * FROM scan ORDER BY time DESC LIMIT 20'",
        "series query \"SELECT count(item), mean(lag_s) FROM scan WHERE time >= now() - 1d AND site = 'HUB-LEJ'"
        ' GROUP BY time(1h), step"',
        "series query 'SELECT sum(n) FROM journey_end GROUP BY route, outcome' --json",
        notes=(
            f"Measurements: {', '.join(MEASUREMENTS)}.",
            f"Functions: {_FUNCTIONS}. Compare with = != < <= > >=, join with AND, OR and parentheses.",
            "Legs, dwells and journey ends that were taken back have n = 0: add up n, or say WHERE n = 1.",
        ),
    )
)
@gathered
def query(
    *,
    text: Annotated[str, typer.Argument(metavar="QUERY", help="A query in InfluxQL, in quotes.")],
    where: StateOptions,
    json: Json = False,
) -> None:
    """Ask the time-series store. The embedded one knows only some InfluxQL; InfluxDB asks for a token that may read."""
    with opened_series(settings_of(where), made=True) as series:
        try:
            answer = series.query(text, SystemClock().now())
        except BadQuery as wrong:
            raise Failure(str(wrong), status=WRONG) from None
    if json:
        print_json(_objects(answer))
    elif answer.rows:
        out = console()
        if not out.is_terminal:
            out.width = _UNBOUNDED
        out.print(_table(answer))
    else:
        console().print("nothing found")


app.command(
    "setup",
    epilog=examples("series setup", "series setup --tokens secrets", "series setup --keep-long 3650d"),
)(setup_command)
app.command(
    "rebuild",
    epilog=examples(
        "series rebuild",
        "series rebuild --since 2026-11-01T00:00:00Z",
        "series rebuild --resume",
        "series rebuild --wipe",
    ),
)(rebuild_command)


@app.command(epilog=examples("series refused", "series refused --json"))
@gathered
def refused(*, where: StateOptions, json: Json = False) -> None:
    """List points that the time-series store refused, and why; the newest last."""
    rows: list[RefusedRow] = []
    with state_of(settings_of(where)) as state, state.reader() as unit:
        while page := unit.refused(rows[-1].seq if rows else 0, _SHOWN_REFUSED):
            rows += page
    if json:
        print_json([{**row._asdict(), "refused_at": rfc3339(row.refused_at)} for row in rows])
        return
    for row in rows[-_SHOWN_REFUSED:]:
        typer.echo(
            printable(f"{rfc3339(row.refused_at)} {row.measurement}: {row.reason.strip().splitlines()[-1]}")
        )
    if not rows:
        typer.echo("no point was refused")


def _stamp(ns: int) -> str:
    """RFC 3339 in UTC with nanoseconds, by which points of one instant differ."""
    seconds, fraction = divmod(ns, 1_000_000_000)
    return f"{rfc3339(seconds * 1_000_000).removesuffix('Z')}.{fraction:09d}Z"


def _values(answer: Answer) -> Iterator[list[object]]:
    """The rows with their times as people read them."""
    place = answer.columns.index("time") if "time" in answer.columns else None
    for row in answer.rows:
        values = list(row)
        if place is not None:
            values[place] = _stamp(int(str(values[place])))
        yield values


def _objects(answer: Answer) -> list[dict[str, object]]:
    return [dict(zip(answer.columns, values, strict=True)) for values in _values(answer)]


def _table(answer: Answer) -> Table:
    table = Table(box=None, header_style="bold")
    numeric = [_is_numeric([row[place] for row in answer.rows]) for place in range(len(answer.columns))]
    for name, right in zip(answer.columns, numeric, strict=True):
        table.add_column(
            plain(name), justify="right" if right and name != "time" else "left", overflow="fold"
        )
    for values in _values(answer):
        table.add_row(*(plain("" if value is None else _shown(value)) for value in values))
    return table


def _is_numeric(values: Sequence[object]) -> bool:
    return all(value is None or isinstance(value, int | float) for value in values)


def _shown(value: object) -> str:
    if not isinstance(value, float) or abs(value) >= _LARGE:
        return str(value)
    return f"{value:.6f}".rstrip("0").rstrip(".")
