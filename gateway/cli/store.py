"""The state store of a gateway that has run already, for commands that look into it or act on it.

By itself, for it loads SQLAlchemy, which `replay` does without.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.adapters.state import SqlState, WrongSchema
from gateway.cli.failures import WRONG, Failure
from gateway.ports.state import Unavailable
from gateway.settings import Settings

PATIENCE_S: Final = 5.0
"""How long to wait for our turn: the service writes in units of milliseconds."""
_SQLITE: Final = "sqlite:///"


@contextmanager
def state_of(settings: Settings) -> Iterator[SqlState]:
    """The state store of a gateway that has run already: nothing is made or brought up to date here.

    Raises:
        Failure: there is none, it is another version's, or it cannot serve now, within the block too.
    """
    url = settings.state.url.get_secret_value()
    _check_file(url)
    try:
        state = SqlState(url, migrate=False, patience=PATIENCE_S)
    except ValueError as wrong:
        raise Failure(str(wrong).replace(url, "…"), status=WRONG) from None
    try:
        yield state
    except (Unavailable, WrongSchema) as wrong:
        raise Failure(str(wrong)) from wrong
    finally:
        state.close()


def _check_file(url: str) -> None:
    if not url.startswith(_SQLITE):
        return
    file = Path(url.removeprefix(_SQLITE).partition("?")[0])
    if not file.is_file():
        raise Failure(
            f"there is no state store at {file}; start the gateway there first (returns-gateway run),"
            " go to its folder, or name it with --config or --state-url"
        )
