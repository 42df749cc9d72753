"""`returns-gateway token`: who may work with the gateway over HTTP. Works beside a gateway that runs, too."""

from getpass import getuser
from typing import Annotated, Any

import typer
from rich.table import Table

from gateway.adapters.clock import SystemClock
from gateway.adapters.http.rights import Role
from gateway.adapters.http.tokens import NoSuchToken, make, revoke
from gateway.cli.failures import WRONG, Failure, printable
from gateway.cli.opening import settings_of
from gateway.cli.options import Json, StateOptions, examples, gathered
from gateway.cli.showing import console, plain, print_json, when
from gateway.cli.store import state_of
from gateway.ports.access import TokenRow
from gateway.tracking.instants import rfc3339

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Say who may work with the gateway over HTTP.",
    epilog=examples(
        "token create anna --role operator",
        "token create erp-prod --role integrator --source erp",
        "token list",
        "token revoke anna",
    ),
)


@app.command(epilog=examples("token create anna --role operator", "token create wall --role viewer --json"))
@gathered
def create(
    *,
    name: Annotated[str, typer.Argument(help="Whose it is: what the trail of actions will say.")],
    role: Annotated[
        Role,
        typer.Option(
            help="viewer looks; operator acts on alerts and quarantine; integrator is a system; admin all."
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The source that an integrator speaks for.", show_default=False),
    ] = None,
    where: StateOptions,
    json: Json = False,
) -> None:
    """Make a token and print it: this once, for only its digest is kept."""
    with state_of(settings_of(where)) as state, state.unit() as unit:
        try:
            made = make(unit, name, role, source, SystemClock().now(), _user())
        except ValueError as wrong:
            raise Failure(str(wrong), status=WRONG) from None
    if json:
        print_json({**_described(made.row), "token": made.secret})
        return
    typer.echo(
        f"token {made.row.id} for {printable(name)}, {role.value}; keep it, it is not shown again:", err=True
    )
    typer.echo(made.secret)


@app.command("list", epilog=examples("token list", "token list --all --json"))
@gathered
def list_(
    *,
    where: StateOptions,
    everything: Annotated[bool, typer.Option("--all", help="Those revoked, too.")] = False,
    json: Json = False,
) -> None:
    """List tokens: whose they are, and what for; never the tokens themselves."""
    with state_of(settings_of(where)) as state, state.reader() as unit:
        rows = [row for row in unit.tokens() if everything or row.revoked_at is None]
    if json:
        print_json([_described(row) for row in rows])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("id", "name", "role", "source", "made", "by", "revoked"):
        table.add_column(column, overflow="fold")
    for row in rows:
        revoked = "" if row.revoked_at is None else when(row.revoked_at)
        cells = (row.id, row.name, row.role, row.source or "", when(row.created_at), row.created_by, revoked)
        table.add_row(*map(plain, cells))
    console().print(
        table if rows else "there is no token in force; the gateway's next start makes an admin's"
    )


@app.command("revoke", epilog=examples("token revoke anna", "token revoke 3f9a12c4b5d6"))
@gathered
def revoke_(
    *, which: Annotated[str, typer.Argument(help="The token's name or id.")], where: StateOptions
) -> None:
    """Take a token back, and end the sessions that it began; within a second it opens nothing any more."""
    with state_of(settings_of(where)) as state, state.unit() as unit:
        try:
            row = revoke(unit, which, SystemClock().now(), _user())
        except NoSuchToken as wrong:
            raise Failure(str(wrong)) from None
    typer.echo(printable(f"token {row.id} of {row.name} revoked"))


def _described(row: TokenRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "source": row.source,
        "created_at": rfc3339(row.created_at),
        "created_by": row.created_by,
        "revoked_at": None if row.revoked_at is None else rfc3339(row.revoked_at),
    }


def _user() -> str:
    """This user's name; in a container there may be none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "operator"
