"""What a driver's error means: the store cannot serve now, or there is a bug in what it was asked.

Sources: SQLite's result codes (sqlite.org/rescode.html); PostgreSQL's SQLSTATE classes (its manual, appendix A).
"""

from typing import Final

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.ports.state import Unavailable

_SQLITE: Final = {
    3: "its file may not be used: check the owner and the rights",
    5: "another process holds its lock: end that process, or wait for it",
    6: "another connection holds its lock: wait for it",
    10: "reading or writing its file failed: check the disk",
    11: "its file is damaged: stop the gateway and restore a backup",
    13: "there is no room for it: free disk space",
    14: "its file cannot be opened: check that the folder exists and may be written",
    15: "its file cannot be locked: it must be on a local disk",
    22: "its file is too large for the file system",
    26: "its file is not an SQLite database: check state.url",
}
_SQLITE_READ_ONLY: Final = 8

_POSTGRESQL: Final = {
    "08": "the connection failed: check that PostgreSQL runs and can be reached",
    "28": "PostgreSQL refuses the login: check the user and the password",
    "3D": "the database does not exist: create it",
    "40": "another transaction was in the way: try again",
    "53": "PostgreSQL is out of room or of connections",
    "55": "what it needs is locked: try again",
    "57": "PostgreSQL is stopping, starting, or cancelled the statement",
    "58": "PostgreSQL's own disk or system failed: see its log",
    "XX": "PostgreSQL failed inside: see its log",
}
_POSTGRESQL_READ_ONLY: Final = "25006"

_READ_ONLY: Final = "it can only be read: check the rights of its files and how its disk is mounted"


def translated(error: Exception, dialect: Dialect, *, writing: bool) -> Exception:
    """`Unavailable`, to be raised from the error, where the store cannot serve now; else the error: a bug."""
    why: str | None
    if isinstance(error, PoolTimeout):
        why = "all its connections are busy: another unit is under way" if writing else "too many readers"
    else:
        why = _remedy(error, dialect, writing=writing)
    if why is None:
        return error
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return Unavailable(f"the state store cannot serve now: {_first_line(cause)}; {why}")


def _remedy(error: Exception, dialect: Dialect, *, writing: bool) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        primary = code & 0xFF
        return _READ_ONLY if primary == _SQLITE_READ_ONLY and writing else _SQLITE.get(primary)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return _READ_ONLY if state == _POSTGRESQL_READ_ONLY and writing else _POSTGRESQL.get(state[:2])
    lost = isinstance(cause, dialect.loaded_dbapi.OperationalError)
    return _POSTGRESQL["08"] if lost or isinstance(error, ResourceClosedError) else None


def _first_line(cause: BaseException) -> str:
    lines = str(cause).splitlines()
    return lines[0] if lines else type(cause).__name__
