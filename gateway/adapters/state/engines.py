"""How the databases are connected to: one writer, many readers, and what each database must be told.

SQLite: a write-ahead log, so that readers and the writer don't wait for each other; every commit is synced to the
disk; transactions are begun by us (`BEGIN IMMEDIATE` for the writer: one that read first and then wants to write
would fail at once, whatever the timeout). PostgreSQL: a reader's transaction is one snapshot.
"""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

_MIB: Final = 1024 * 1024
_PAGE: Final = 2048
"""Of a new file. Each scan touches some pages of its own, whatever their size, which are then written twice."""
_CHECKPOINT: Final = 16 * _MIB
"""SQLite copies its log back once it is so long: seldom enough that a page written often is copied once."""
_LOG_LIMIT: Final = 64 * _MIB
"""Longer than this, the log is cut off by force: a stream of readers may never leave it alone by themselves."""
_LOG_PATIENCE_MS: Final = 100
"""How long readers are waited for then."""
_KEPT_READERS: Final = 4
_MOST_READERS: Final = 32
_WRITING: Final = "BEGIN IMMEDIATE"
_ATTEMPTS: Final = 10
_TURNS: Final = 3
"""So many times its patience a unit waits for its turn."""
_STATEMENTS: Final = 256
"""Prepared statements kept by each SQLite connection: more than there are in `gateway.adapters.state`."""


class Engines(NamedTuple):
    """Where units and readers get their connections; `log` is SQLite's, if it is SQLite."""

    writer: Engine
    reader: Engine
    log: "Log | None"


class Log:
    """SQLite's write-ahead log, which grows as long as any reader needs some of it."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(f"{database.name}-wal")
        self._limit = _LOG_LIMIT

    def size(self) -> int:
        """Bytes; 0 where there is none."""
        return self._path.stat().st_size if self._path.exists() else 0

    def trim(self) -> None:
        """Cut the log off if it has grown too long. To be called between units, when nothing is being written.

        New readers don't need the log once all of it is copied back, so only those under way are waited for; where
        one takes its time, the log is left until it has grown by some more.
        """
        if self.size() <= self._limit:
            return
        # The unit before has committed, whatever happens here; what is wrong with the file the next one will say.
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(self._database)) as connection,
        ):
            connection.execute(f"PRAGMA busy_timeout = {_LOG_PATIENCE_MS}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._limit = max(_LOG_LIMIT, self.size() + _CHECKPOINT)


def connected(url: str, patience: float) -> Engines:
    """The engines for a database URL; nothing is opened yet.

    `patience` is in seconds, for locks; a turn is waited for longer.

    Raises:
        ValueError: no URL of an SQLite file or a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(f"state.url is no database URL; {_EXAMPLES}") from None  # it may hold a password
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed, patience)
    if backend == "postgresql":
        return _postgresql(parsed.set(drivername="postgresql+psycopg"), patience)
    raise ValueError(f"state.url names {backend!r}; {_EXAMPLES}")


_EXAMPLES: Final = "write sqlite:///returns.sqlite or postgresql+psycopg://user@host/database"


def _sqlite(url: URL, patience: float) -> Engines:
    if not url.database or url.database == ":memory:":
        raise ValueError(f"state.url {str(url)!r} names no file, and what is in memory is lost; {_EXAMPLES}")
    path = Path(url.database).absolute()
    # A reader must not make an empty database where there is none.
    existing = URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"})
    options = {"timeout": patience, "check_same_thread": False, "cached_statements": _STATEMENTS}
    writer = _writer(URL.create("sqlite", database=str(path)), patience, options)
    reader = _reader(existing, patience, options)
    writing = (
        "synchronous = FULL",
        f"wal_autocheckpoint = {_CHECKPOINT // _PAGE}",
        f"journal_size_limit = {_LOG_LIMIT}",
        "cache_size = -65536",
        # Debian's SQLite overwrites all that is deleted, which the outbox pays for; this keeps to what is free.
        "secure_delete = FAST",
    )
    _on_sqlite(writer, writing, _WRITING)
    _on_sqlite(reader, ("query_only = ON",), "BEGIN")
    return Engines(writer, reader, Log(path))


def _on_sqlite(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    """As SQLAlchemy documents it: the driver begins nothing by itself, we do."""

    def on_connect(driver: sqlite3.Connection, _record: object) -> None:
        driver.isolation_level = None
        if begin == _WRITING:
            _keep_log(driver)
        for pragma in pragmas:
            driver.execute(f"PRAGMA {pragma}").close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _keep_log(driver: sqlite3.Connection) -> None:
    """Make a new file one with a write-ahead log.

    That takes the file for itself for a moment, and unlike all else does not wait for others, such as a gateway
    started at the same time: so wait for those, and try again.
    """
    driver.execute(f"PRAGMA page_size = {_PAGE}").close()
    for attempt in reversed(range(_ATTEMPTS)):
        try:
            driver.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if not attempt or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            driver.execute(_WRITING).close()
            driver.execute("COMMIT").close()


def _postgresql(url: URL, patience: float) -> Engines:
    milliseconds = round(patience * 1000)
    options = {
        "connect_timeout": max(1, round(patience)),
        "application_name": "returns-gateway",
        "options": f"-c lock_timeout={milliseconds} -c timezone=UTC",
    }
    try:
        writer = _writer(url, patience, options)
        reader = _reader(url, patience, options)
    except ModuleNotFoundError as error:
        raise ValueError(
            "state.url names PostgreSQL, whose driver is not installed: pip install 'returns-gateway[postgresql]'"
        ) from error
    snapshot = reader.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(writer, snapshot, None)


def _writer(url: URL, patience: float, connect_args: dict[str, Any]) -> Engine:
    """A pool of one is the lock that units take turns by.

    Who is before one may wait for the file's lock as long as its patience lasts, so a turn is waited for longer than
    that: then it is the lock that everybody hears of, and not who else waits for it.
    """
    return create_engine(
        url,
        paramstyle=_paramstyle(url),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_TURNS * patience,
        connect_args=connect_args,
    )


def _reader(url: URL, patience: float, connect_args: dict[str, Any]) -> Engine:
    return create_engine(
        url,
        paramstyle=_paramstyle(url),
        poolclass=QueuePool,
        pool_size=_KEPT_READERS,
        max_overflow=_MOST_READERS - _KEPT_READERS,
        pool_timeout=patience,
        connect_args=connect_args,
    )


def _paramstyle(url: URL) -> str:
    """Parameters go by their place, for `statements` hands rows to the driver."""
    return "qmark" if url.get_backend_name() == "sqlite" else "format"
