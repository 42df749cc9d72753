"""`returns-gateway backup`: a copy of the state store to keep elsewhere, made while the gateway runs.

Everything else can be made anew from it: journeys, alerts, and most of the time series.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.adapters.state.copying import copy
from gateway.cli.failures import WRONG, Failure, printable
from gateway.cli.opening import settings_of
from gateway.cli.options import StateOptions, examples, gathered
from gateway.cli.store import PATIENCE_S
from gateway.ports.state import Unavailable
from gateway.settings import Settings

_SQLITE: Final = "sqlite:///"
_STDOUT: Final = "-"
_RESTORE: Final = (
    "To restore: stop the gateway, remove returns.sqlite and what is beside it with -wal and -shm, lay the copy in its"
    " place, and start it."
)

app = typer.Typer(add_completion=False)


@app.command(
    epilog=examples(
        "backup /var/backups/returns-2026-11-22.sqlite",
        "backup - > returns-2026-11-22.sqlite",
        notes=(_RESTORE,),
    )
)
@gathered
def backup(
    *,
    target: Annotated[
        str, typer.Argument(metavar="FILE", help="A new file, or - for standard output.", show_default=False)
    ],
    where: StateOptions,
) -> None:
    """Copy the state store, whole and checked, while the gateway goes on.

    For SQLite. PostgreSQL has its own tools, such as pg_dump.
    """
    database = _database(settings_of(where))
    if target == _STDOUT:
        _to_stdout(database)
        return
    copied = _copied(database, Path(target))
    typer.echo(printable(f"{copied} holds the state store"), err=True)


def _database(settings: Settings) -> Path:
    url = settings.state.url.get_secret_value()
    if not url.startswith(_SQLITE):
        raise Failure("the state store is PostgreSQL: copy it with pg_dump --format=custom", status=WRONG)
    file = Path(url.removeprefix(_SQLITE).partition("?")[0])
    if not file.is_file():
        raise Failure(
            f"there is no state store at {file}; go to its folder, or name it with --config or --state-url",
            status=WRONG,
        )
    return file


def _to_stdout(database: Path) -> None:
    """By way of a file beside the store, for SQLite writes here and there in it; temporary folders may be small."""
    out = typer.get_binary_stream("stdout")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=database.parent) as folder:
        with _copied(database, Path(folder) / "copy").open("rb") as whole:
            shutil.copyfileobj(whole, out)
        out.flush()


def _copied(database: Path, target: Path) -> Path:
    try:
        return copy(database, target, PATIENCE_S).file
    except OSError as error:
        raise Failure(
            f"{error.filename or target}: {error.strerror}; name a file that can be made anew"
        ) from None
    except Unavailable as away:
        raise Failure(str(away)) from None
