"""`returns-gateway alerts`: what is wrong now, worst first; and what operators do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from getpass import getuser
from typing import Annotated

import typer

from gateway.adapters.clock import SystemClock
from gateway.cli.alert_list import Filters, as_json, follow, listed, table, watch
from gateway.cli.failures import WRONG, Failure, printable
from gateway.cli.opening import moment_of, settings_of
from gateway.cli.options import Json, StateOptions, examples, gathered
from gateway.cli.showing import console, print_json
from gateway.cli.store import state_of
from gateway.ports.rows import AlertRow
from gateway.ports.state import Unit
from gateway.service import operators
from gateway.service.alert_json import alert_json
from gateway.tracking.instants import Instant, duration

app = typer.Typer(add_completion=False)


Act = Callable[[Unit, str, Instant, str], AlertRow]


@dataclass(frozen=True, kw_only=True)
class Acting(StateOptions):
    """What every action on an alert is told."""

    alert: Annotated[str, typer.Argument(help="The alert's id, or how it begins.")]
    text: Annotated[str | None, typer.Argument(help="A comment for the others.", show_default=False)] = None
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who does it, instead of this user.", show_default=False),
    ] = None
    json: Json = False


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "alerts",
        "alerts --severity critical --severity major --site HUB-LEJ",
        "alerts --watch",
        "alerts --watch --json | your-program",
        "alerts acknowledge 01JD8Z5K2M 'calling the carrier'",
        "alerts snooze 01JD8Z5K2M --for 4h",
    ),
)
@gathered
def alerts(
    *,
    ctx: typer.Context,
    filters: Filters,
    where: StateOptions,
    watching: Annotated[bool, typer.Option("--watch", help="Go on until ctrl-c.")] = False,
    json: Json = False,
) -> None:
    """List open alerts, worst first; or acknowledge, resolve, snooze one, or comment on it."""
    if ctx.invoked_subcommand is not None:
        if (filters, where, watching, json) != (Filters(), StateOptions(), False, False):
            raise Failure(
                f"options go behind the command: alerts {ctx.invoked_subcommand} … --json", status=WRONG
            )
        return
    with state_of(settings_of(where)) as state:
        if watching:
            (follow if json else watch)(state, filters)
            return
        now = SystemClock().now()
        rows = listed(state, filters)
        if json:
            print_json(as_json(state, rows, now))
        elif rows:
            console().print(table(rows, now))
        else:
            console().print("no such alert" if filters != Filters() else "no alert is open")


@app.command(epilog=examples("alerts acknowledge 01JD8Z5K2M 'calling the carrier' --by anna"))
@gathered
def acknowledge(*, acting: Acting) -> None:
    """Say that somebody takes care of an alert: it stays open and stops escalating."""
    _act(acting, "acknowledged", operators.acknowledge)


@app.command(epilog=examples("alerts resolve 01JD8Z5K2M 'found behind the shelf'"))
@gathered
def resolve(*, acting: Acting) -> None:
    """Resolve an alert. Where what it says still holds, it stays quiet until that has ended once."""
    _act(acting, "resolved", operators.resolve)


@app.command(
    epilog=examples(
        "alerts snooze 01JD8Z5K2M --for 4h", "alerts snooze 01JD8Z5K2M --until 2026-11-23T08:00:00Z"
    )
)
@gathered
def snooze(
    *,
    acting: Acting,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until this time, RFC 3339.", show_default=False)
    ] = None,
    lasting: Annotated[
        str | None,
        typer.Option("--for", metavar="SPAN", help="For so long: 90m, 4h, 1d12h.", show_default=False),
    ] = None,
) -> None:
    """Let an alert notify nobody for a time; it stays open."""
    end = _end(until, lasting)
    _act(acting, "snoozed", lambda unit, id_, now, by: operators.snooze(unit, id_, end(now), now, by))


@app.command(epilog=examples("alerts comment 01JD8Z5K2M 'the carrier says tomorrow'"))
@gathered
def comment(*, acting: Acting) -> None:
    """Add a comment to an alert, a resolved one too."""
    if acting.text is None:
        raise Failure("there is no comment; write it behind the alert's id, in quotes", status=WRONG)
    _act(acting, "commented", None)


def _act(acting: Acting, done: str, act: Act | None) -> None:
    """Act on the alert, and add the comment if there is one, in one short unit."""
    now = SystemClock().now()
    by = acting.by or _user()
    with state_of(settings_of(acting)) as state, state.unit() as unit:
        try:
            alert = _meant(unit, acting.alert)
            if act is not None:
                alert = act(unit, alert.id, now, by)
            if acting.text is not None:
                alert = operators.comment(unit, alert.id, acting.text, now, by)
        except (operators.NoSuchAlert, operators.NotOpen, ValueError) as error:
            raise Failure(str(error)) from None
        told = alert_json(alert, now, unit)
    if acting.json:
        print_json(told)
    else:
        typer.echo(printable(f"{alert.id} {done} by {by}: {alert.summary}"))


def _user() -> str:
    """This user's name; in a container there may be none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "operator"


def _meant(unit: Unit, beginning: str) -> AlertRow:
    """The alert with this id, or the only one, open ones first, whose id begins so."""
    beginning = beginning.upper()
    alert = unit.alert(beginning)
    if alert is not None:
        return alert
    for resolved in (False, True):
        rows = unit.list_alerts(resolved=resolved, after=beginning, limit=2)
        found = [row for row in rows if row.id.startswith(beginning)]
        if len(found) > 1:
            raise Failure(
                f"several alerts begin with {beginning}, such as {found[0].id} and {found[1].id}; write more of it"
            )
        if found:
            return found[0]
    raise operators.NoSuchAlert(beginning)


def _end(until: str | None, lasting: str | None) -> Callable[[Instant], Instant]:
    """When a snooze that begins now ends."""
    if (until is None) == (lasting is None):
        raise Failure("say how long: --for 4h, or --until 2026-11-23T08:00:00Z", status=WRONG)
    at = moment_of(until, "--until")
    if at is not None:
        return lambda _: at
    try:
        length = duration(lasting or "")
    except ValueError as wrong:
        raise Failure(f"--for {wrong}", status=WRONG) from None
    return lambda now: Instant(now + length)
