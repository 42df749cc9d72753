"""What a driver's error means: that the store cannot serve now, or that there is a bug."""

import sqlite3

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.adapters.state.failures import translated
from gateway.ports.state import Unavailable

_DIALECT = sqlite.dialect(dbapi=sqlite3)


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


class PostgresError(Exception):
    """An error as psycopg raises it."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("what PostgreSQL says\nLINE 1: …")
        self.sqlstate = sqlstate


UNAVAILABLE: list[tuple[Exception, str]] = [
    (sqlite_error(sqlite3.SQLITE_BUSY), "another process holds its lock"),
    (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), "another process holds its lock"),
    (sqlite_error(sqlite3.SQLITE_LOCKED), "another connection"),
    (sqlite_error(sqlite3.SQLITE_FULL), "free disk space"),
    (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), "check the disk"),
    (sqlite_error(sqlite3.SQLITE_CANTOPEN), "check that the folder exists"),
    (sqlite_error(sqlite3.SQLITE_CORRUPT), "restore a backup"),
    (sqlite_error(sqlite3.SQLITE_NOTADB), "check state.url"),
    (sqlite_error(sqlite3.SQLITE_READONLY), "can only be read"),
    (PostgresError("08006"), "the connection failed"),
    (PostgresError("40P01"), "try again"),
    (PostgresError("40001"), "try again"),
    (PostgresError("53100"), "out of room"),
    (PostgresError("55P03"), "locked"),
    (PostgresError("57P01"), "stopping"),
    (PostgresError("58030"), "disk"),
    (PostgresError("25006"), "can only be read"),
    (sqlite3.OperationalError("server closed the connection unexpectedly"), "the connection failed"),
]
BUGS: list[Exception] = [
    sqlite_error(sqlite3.SQLITE_ERROR),
    sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE),
    sqlite_error(sqlite3.SQLITE_TOOBIG),
    sqlite_error(sqlite3.SQLITE_MISUSE),
    PostgresError("23505"),
    PostgresError("42P01"),
    PostgresError("22P05"),
    sqlite3.ProgrammingError("Cannot operate on a closed database."),
]


def wrapped(error: Exception) -> DBAPIError:
    """The same as SQLAlchemy raises it."""
    return OperationalError("SELECT 1", (), error)


@pytest.mark.parametrize(("error", "remedy"), UNAVAILABLE)
@pytest.mark.parametrize("wrap", [wrapped, lambda error: error])
def test_what_may_pass_is_unavailable_and_says_what_to_do(
    error: Exception, remedy: str, wrap: object
) -> None:
    assert callable(wrap)
    found = translated(wrap(error), _DIALECT, writing=True)
    assert isinstance(found, Unavailable)
    assert remedy in str(found)
    assert "\n" not in str(found)


@pytest.mark.parametrize("error", BUGS)
def test_anything_else_is_a_bug_and_stays_what_it_is(error: Exception) -> None:
    assert translated(error, _DIALECT, writing=True) is error
    outer = wrapped(error)
    assert translated(outer, _DIALECT, writing=True) is outer


@pytest.mark.parametrize("error", [sqlite_error(sqlite3.SQLITE_READONLY), PostgresError("25006")])
def test_a_reader_that_writes_is_a_bug(error: Exception) -> None:
    assert translated(error, _DIALECT, writing=False) is error


@pytest.mark.parametrize(("writing", "said"), [(True, "another unit"), (False, "too many readers")])
def test_a_turn_that_does_not_come_is_unavailable(*, writing: bool, said: str) -> None:
    found = translated(PoolTimeout("QueuePool limit reached"), _DIALECT, writing=writing)
    assert isinstance(found, Unavailable)
    assert said in str(found)
