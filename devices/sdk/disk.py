"""The spool in a file: SQLite in WAL mode with `synchronous=FULL`, so that what was promised survives a power cut.

The file has a bound of its own (`most_bytes`), and the disk has one too: whichever is met, the caller hears
`SpoolFull` at once, and room comes back as receipts take events out. On a full disk even taking out needs a little
room, for SQLite writes down what it is about to do: a file beside the spool keeps that much reserved. Only one process
may have the spool: two would send under one name and take each other's receipts. Memory does not grow with the
number of events.
"""

import os
import resource
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from devices.sdk.salvage import Row, Salvaged, salvage
from devices.sdk.spool import New, Sent, SpoolBroken, SpoolBusy, SpoolFull, Waiting
from gateway.tracking.instants import Duration, Instant

_PAGE: Final = 4096
_LOG_PAGES: Final = 256
"""Pages of SQLite's log before it is worked into the file: one MiB."""
_RESERVE: Final = 3 * _LOG_PAGES * _PAGE
"""Bytes: what working in the log can add to the file, and the log of taking out a receipt's events."""
_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    what TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    provisional INTEGER NOT NULL
) STRICT;
CREATE INDEX by_what ON events (what, seq);
CREATE INDEX by_doubt ON events (at) WHERE provisional;
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO notes VALUES ('run', '0');
"""
_COLUMNS: Final = "seq, id, what, at, body, provisional"
_MOST_NAMED: Final = 500
"""Ids in one statement: SQLite takes 999 parameters everywhere."""


class _Rescued(SpoolBroken):
    """The file turned out to be damaged, and a sound one has taken its place: the next attempt may succeed."""


class DiskSpool:
    """The spool in the file at `path`, made if it is not there, of at most `most_bytes`.

    Raises:
        SpoolBusy: another process has it open.
        SpoolBroken: it is no spool, of another version, damaged, or the disk fails.
    """

    def __init__(self, path: Path, most_bytes: int = 256 * 1024 * 1024) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._lock = threading.RLock()
        self._count = 0
        self._reserve = path.with_name(path.name + "-reserve")
        self._reserved = False
        self._rescued = False
        with self._translated():
            self.salvaged: Salvaged | None = salvage(path, _sound)
            """What was done about a damaged file; None where it was whole."""
            try:
                self._db = self._opened()
            except sqlite3.DatabaseError as error:
                if _code(error) != sqlite3.SQLITE_CORRUPT:
                    raise
                self._rescue()

    def _opened(self) -> sqlite3.Connection:
        self._db = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._open(self._most_bytes)
        except BaseException:
            self._db.close()
            raise
        return self._db

    def _rescue(self) -> None:
        """Once in a run: put a sound file in the place of this one, which turned out to be damaged, and go on."""
        self._rescued = True
        self._db.close()
        self._count = 0
        try:
            try:
                self.salvaged = salvage(self._path, _sound, suspect=True) or self.salvaged
            finally:
                self._db = self._opened()
        except (sqlite3.Error, OSError) as error:
            raise SpoolBroken(
                f"{self._path} is damaged and cannot be rescued here: {error}; make room beside it for a second one,"
                " and start again"
            ) from error

    def _open(self, most_bytes: int) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self._db.execute(f"PRAGMA max_page_count = {max(_allowed(most_bytes) // _PAGE, 16)}")
        version = self._one("PRAGMA user_version")
        if version == 0 and self._one("SELECT count(*) FROM sqlite_schema") == 0:
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise SpoolBroken(
                f"{self._path} has version {version}, and {_VERSION} is known here; name another file,"
                " or use the program that made it to send what is in it"
            )
        self.run = int(str(self._one("SELECT value FROM notes WHERE name = 'run'"))) + 1
        self._count = int(str(self._one("SELECT count(*) FROM events")))
        self._take_reserve()
        try:
            self._write(lambda: self._run("UPDATE notes SET value = ? WHERE name = 'run'", (str(self.run),)))
        except sqlite3.OperationalError as error:
            # On a full disk the run is counted in vain; the ids still differ by chance, and sending must begin
            # for there to be room again.
            if not _lacks_room(error):
                raise

    def append(self, events: Iterable[New]) -> None:
        rows = [(event.id, event.what, event.at, event.body, int(event.provisional)) for event in events]
        try:
            self._append(rows)
        except _Rescued:
            self._append(rows)

    def _append(self, rows: Sequence[Sequence[object]]) -> None:
        with self._translated():
            if not self._take_reserve():
                raise SpoolFull(self._full())
            self._count += self._write(lambda: self._insert(rows), keep_reserve=True)

    def oldest(self, what: Sent, after: int, limit: int) -> Sequence[Waiting]:
        return self._events("WHERE what = ? AND seq > ? ORDER BY seq LIMIT ?", (what, after, limit))

    def newest(self, after: int, limit: int) -> Sequence[Waiting]:
        return self._events("WHERE seq > ? ORDER BY seq DESC LIMIT ?", (after, limit))

    def read(self, ids: Collection[str]) -> Sequence[Waiting]:
        found: list[Waiting] = []
        for some in _some(ids):
            found.extend(self._events(f"WHERE id IN ({_marks(some)})", some))
        return sorted(found)

    def remove(self, ids: Collection[str]) -> None:
        with self._translated():
            self._count -= self._write(lambda: sum(map(self._delete, _some(ids))))

    def confirm(self, moved: Duration) -> None:
        query = "UPDATE events SET at = at + ?, provisional = 0 WHERE provisional"
        with self._translated():
            self._write(lambda: self._run(query, (moved,)))

    def provisional(self) -> Instant | None:
        with self._translated():
            latest = self._one("SELECT max(at) FROM events WHERE provisional")
            return None if latest is None else Instant(int(str(latest)))

    def note(self, name: str, value: str) -> None:
        with self._translated():
            self._write(lambda: self._run("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value)))

    def noted(self, name: str) -> str | None:
        with self._translated():
            value = self._one("SELECT value FROM notes WHERE name = ?", (name,))
            return None if value is None else str(value)

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        with self._translated():
            self._db.close()
        if not self._count:  # else room must still be there to take the events out in the next run
            self._reserve.unlink(missing_ok=True)

    def _events(self, where: str, values: Sequence[object]) -> list[Waiting]:
        with self._translated():
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM events {where}", values)  # noqa: S608 # own words
            return [Waiting(*row)._replace(provisional=bool(row[-1])) for row in rows]

    def _one(self, query: str, values: Sequence[object] = ()) -> object:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]

    def _insert(self, rows: Sequence[Sequence[object]]) -> int:
        query = "INSERT OR IGNORE INTO events (id, what, at, body, provisional) VALUES (?, ?, ?, ?, ?)"
        return self._db.executemany(query, rows).rowcount

    def _delete(self, ids: Sequence[str]) -> int:
        return self._run(f"DELETE FROM events WHERE id IN ({_marks(ids)})", ids)  # noqa: S608 # question marks only

    def _run(self, query: str, values: Sequence[object]) -> int:
        return self._db.execute(query, values).rowcount

    def _write(self, change: Callable[[], int], *, keep_reserve: bool = False) -> int:
        """One transaction: durable at its end, or as if it had never been; how many rows it changed.

        Where there is no room, the log is worked in and it is tried once more; unless `keep_reserve`, in the reserve.
        """
        try:
            return self._transaction(change)
        except sqlite3.OperationalError as error:
            if not _lacks_room(error):
                raise
        try:
            self._work_in()
            if keep_reserve and not self._take_reserve():
                raise SpoolFull(self._full())
            return self._transaction(change)
        finally:
            if not self._reserved:
                self._work_in()
                self._take_reserve()

    def _transaction(self, change: Callable[[], int]) -> int:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            changed = change()
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return changed

    def _work_in(self) -> None:
        """Work the log into the file and give the room of both back to the disk, in the room of the reserve."""
        self._reserve.unlink(missing_ok=True)
        self._reserved = False
        with suppress(sqlite3.OperationalError):  # there is not even room for that; what follows says so
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute(f"PRAGMA incremental_vacuum({_LOG_PAGES // 2})").fetchall()
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _take_reserve(self) -> bool:
        """Keep room on the disk for what must always be possible; whether there is."""
        if not self._reserved:
            try:
                with self._reserve.open("ab") as file:
                    os.posix_fallocate(file.fileno(), 0, _RESERVE)
                self._reserved = True
            except OSError:
                self._reserve.unlink(missing_ok=True)
        return self._reserved

    def _full(self) -> str:
        return (
            f"{self._path} or its disk is full with {self._count} events waiting; connect the device so that they"
            " can be sent, or free space"
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                code = _code(error)
                if code == sqlite3.SQLITE_FULL:
                    raise SpoolFull(self._full()) from error
                if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise SpoolBusy(
                        f"another process uses {self._path}; end it, or give this one another spool and device id"
                    ) from error
                if code == sqlite3.SQLITE_CORRUPT and not self._rescued:
                    self._rescue()
                    raise _Rescued(f"{self._path} was damaged; what could be read of it goes on") from error
                raise SpoolBroken(
                    f"{self._path} cannot be used: {error}; check the disk, or move the file aside and name it"
                    " to whoever can rescue what is in it"
                ) from error


def _sound(path: Path, run: int, rows: Iterable[Row]) -> int:
    """A spool with these events, all of them on the disk; it has been opened so often. How many they are."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA.strip().split(";\n"):
            db.execute(statement)
        db.execute("UPDATE notes SET value = ? WHERE name = 'run'", (str(run),))
        query = f"INSERT OR IGNORE INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 # own words
        count = db.executemany(query, rows).rowcount
        db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute("COMMIT")
    return count


def _code(error: sqlite3.Error) -> int:
    """The primary result code; 0 where Python itself complains."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _lacks_room(error: sqlite3.Error) -> bool:
    """Whether it may be for want of room: SQLite calls a quota that is used up a write that failed."""
    return _code(error) == sqlite3.SQLITE_FULL or (
        getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_WRITE
    )


def _allowed(most_bytes: int) -> int:
    """How large the file may become, the limit of the process included: what is beyond it could not be worked in."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return most_bytes if limit == resource.RLIM_INFINITY else min(most_bytes, limit)


def _some(ids: Collection[str]) -> Iterator[list[str]]:
    named = list(ids)
    for start in range(0, len(named), _MOST_NAMED):
        yield named[start : start + _MOST_NAMED]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
