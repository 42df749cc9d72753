"""`returns-gateway kpis`: the figures of a period on one screen, or as JSON."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from gateway.adapters.clock import SystemClock
from gateway.cli.failures import WRONG, Failure
from gateway.cli.opening import moment_of, network_of, settings_of
from gateway.cli.options import GatewayOptions, Json, examples, gathered
from gateway.cli.showing import console, plain, print_json, span
from gateway.cli.store import state_of
from gateway.service.queries.kpis import LONGEST, Group, Span, kpis
from gateway.tracking.instants import DAY, MINUTE, SECOND, Instant

app = typer.Typer(add_completion=False)

_DEFAULT: Final = 30 * DAY


@app.command(
    "kpis",
    epilog=examples(
        "kpis",
        "kpis --by route --since 2026-10-01T00:00:00Z --until 2026-11-01T00:00:00Z",
        "kpis --by month --json",
    ),
)
@gathered
def kpis_command(
    *,
    where: GatewayOptions,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="From this time on, RFC 3339; 30 days without it."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Before this time; now without it.")
    ] = None,
    by: Annotated[Group, typer.Option(help="What the figures are told apart by.")] = Group.ALL,
    route: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this route only.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what came back, what was on time, how long it took, and where it lay.

    Recovered are trips completed, of those completed or lost. On time are those completed before they were due, of
    those that were due. Times are of the trips completed, from the first sighting on.
    """
    settings = settings_of(where)
    network = network_of(settings.network)
    period = _period(since, until)
    with state_of(settings) as state:
        try:
            told = kpis(state, network, period, by, route)
        except ValueError as wrong:
            raise Failure(f"--since: {wrong}", status=WRONG) from None
    if as_json:
        print_json(told)
        return
    out = console()
    out.print(_table(told["groups"]) if told["groups"] else "nothing ended in this period")


def _table(groups: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "ended", "recovered", "on time", "median", "90 %", "turns", "lost"):
        table.add_column(column, justify="left" if not column else "right")
    for group in groups:
        table.add_row(
            plain(group["group"] or "none"),
            f"{group['ended']:,}",
            _percent(group["recovery_rate"]),
            _percent(group["on_time_share"]),
            _span(group["cycle_p50_s"]),
            _span(group["cycle_p90_s"]),
            f"{group['containers']['turns']:,}",
            f"{group['containers']['lost']:,}",
        )
    return table


def _period(since: str | None, until: str | None) -> Span:
    end = moment_of(until, "--until")
    end = Instant(SystemClock().now() + MINUTE) if end is None else end
    begin = moment_of(since, "--since")
    begin = Instant(end - _DEFAULT) if begin is None else begin
    if not begin < end <= begin + LONGEST:
        raise Failure(f"--since is to be before --until, by at most {LONGEST // DAY} days", status=WRONG)
    return Span(begin, end)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else span(round(seconds * SECOND))
