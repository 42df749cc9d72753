"""The time-series store that needs no server: an SQLite file of its own, a table for each measurement.

A row is a point, known by its time and tags; a tag that it has not is empty text. Whoever queries has a connection
of its own and waits for nobody.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from gateway.adapters.series.influxql import Show, parse
from gateway.adapters.series.translation import MOST_ROWS, measurement_of, translate
from gateway.points import MEASUREMENTS, Measurement, Point, fault
from gateway.ports.series import Answer, BadQuery, PartialWrite, Refused, Unavailable
from gateway.tracking.instants import Instant

_TYPES: Final = {str: "TEXT", int: "INTEGER", float: "REAL"}
_PATIENCE_S: Final = 5.0
_FORGOTTEN: Final = 50_000
"""Rows that one statement deletes."""
_REMEDIES: Final = {
    sqlite3.SQLITE_BUSY: "another process writes to it: wait for it, or end it",
    sqlite3.SQLITE_LOCKED: "another process writes to it: wait for it, or end it",
    sqlite3.SQLITE_FULL: "free disk space",
    sqlite3.SQLITE_IOERR: "check the disk",
    sqlite3.SQLITE_READONLY: "check the rights of the file and of its folder",
    sqlite3.SQLITE_PERM: "check the rights of the file and of its folder",
    sqlite3.SQLITE_CANTOPEN: "check that its folder exists and may be written",
    sqlite3.SQLITE_CORRUPT: "move the file away, and have the series rebuilt",
    sqlite3.SQLITE_NOTADB: "it is no SQLite file: move it away, and have the series rebuilt",
}


class EmbeddedSeries:
    """The series in the file at `path`, which is made when it is first needed, again too if it was removed."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def setup(self) -> None:
        with self._writing():
            pass

    def write(self, points: Sequence[Point]) -> None:
        refused: list[Refused] = []
        rows: dict[str, list[tuple[object, ...]]] = {}
        for point in points:
            wrong = fault(point)
            if wrong is None:
                rows.setdefault(point.measurement, []).append(_row(point))
            else:
                refused.append(Refused(point, wrong))
        if rows:
            with self._writing() as connection:
                for name, each in rows.items():
                    connection.executemany(_PUT[name], each)
        if refused:
            raise PartialWrite(refused)

    def forget(self, measurement: str, before: Instant) -> None:
        """In bites, so that nobody waits long for the file."""
        table = f'"{measurement_of(measurement).name}"'
        # Rows are in the order of time: those before a limit are the first.
        first = f"SELECT time FROM {table} WHERE time < ? ORDER BY time LIMIT 1 OFFSET ?"  # noqa: S608 # names are ours
        while True:
            with self._writing() as connection:
                limit = connection.execute(first, (before * 1000, _FORGOTTEN)).fetchone()
                until = before * 1000 if limit is None else limit[0]
                connection.execute(f"DELETE FROM {table} WHERE time < ?", (until,))  # noqa: S608 # names are ours
            if limit is None:
                return

    def wipe(self) -> None:
        with self._writing() as connection:
            for name in MEASUREMENTS:
                connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 # names are ours

    def close(self) -> None:
        with self._lock:
            self._drop()

    def query(self, text: str, now: Instant) -> Answer:
        asked = parse(text, now)
        if isinstance(asked, Show):
            return _shown(asked)
        translated = translate(asked)
        with _translating(self.path), closing(self._reader()) as connection:
            rows = connection.execute(translated.sql, translated.values).fetchmany(MOST_ROWS + 1)
        if len(rows) > MOST_ROWS:
            raise BadQuery(f"the answer has more than {MOST_ROWS:,} rows; narrow the time, or add LIMIT")
        return Answer(translated.columns, rows)

    def _reader(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=_PATIENCE_S, isolation_level=None
        )
        connection.create_aggregate("first_of", 2, _First)  # type: ignore[arg-type] # typeshed asks for one parameter
        connection.create_aggregate("last_of", 2, _Last)  # type: ignore[arg-type] # likewise
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction; commits when the block ends."""
        with self._lock, _translating(self.path):
            try:
                connection = self._opened()
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._drop()
                raise

    def _opened(self) -> sqlite3.Connection:
        """The connection; a new one where the file is not the one that was opened."""
        if self._connection is not None and self._file != _identity(self.path):
            self._drop()
        if self._connection is None:
            connection = sqlite3.connect(
                self.path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
            )
            self._connection = connection
            # Points are confirmed once they are on the disk, for the cursor that moves then never comes back.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _make(connection)
            self._file = _identity(self.path)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _make(connection: sqlite3.Connection) -> None:
    """The tables; in those of an earlier version, the fields that have come since."""
    connection.execute("BEGIN IMMEDIATE")
    for measurement in MEASUREMENTS.values():
        fields = {name: _TYPES[type_] for name, type_ in measurement.fields.items()}
        columns = [
            "time INTEGER NOT NULL",
            *(f"\"{tag}\" TEXT NOT NULL DEFAULT ''" for tag in measurement.tags),
            *(f'"{name}" {type_}' for name, type_ in fields.items()),
        ]
        connection.execute(
            f'CREATE TABLE IF NOT EXISTS "{measurement.name}" ({", ".join(columns)},'
            f" PRIMARY KEY ({_key(measurement)})) WITHOUT ROWID"
        )
        known = {row[1] for row in connection.execute(f'PRAGMA table_info("{measurement.name}")')}
        for name in fields.keys() - known:
            connection.execute(f'ALTER TABLE "{measurement.name}" ADD COLUMN "{name}" {fields[name]}')
    connection.execute("COMMIT")


def _key(measurement: Measurement) -> str:
    return ", ".join(("time", *(f'"{tag}"' for tag in measurement.tags)))


def _put(measurement: Measurement) -> str:
    columns = ", ".join((_key(measurement), *(f'"{name}"' for name in measurement.fields)))
    marks = ", ".join("?" * (1 + len(measurement.tags) + len(measurement.fields)))
    merged = ", ".join(f'"{name}" = coalesce(excluded."{name}", "{name}")' for name in measurement.fields)
    return (
        f'INSERT INTO "{measurement.name}" ({columns}) VALUES ({marks})'  # noqa: S608 # names are ours, values bound
        f" ON CONFLICT ({_key(measurement)}) DO UPDATE SET {merged}"
    )


_PUT: Final = {name: _put(measurement) for name, measurement in MEASUREMENTS.items()}


def _row(point: Point) -> tuple[object, ...]:
    measurement = MEASUREMENTS[point.measurement]
    tags, fields = point.tags, point.fields
    return (
        point.time,
        *[tags.get(name, "") for name in measurement.tags],
        *[fields.get(name) for name in measurement.fields],
    )


def _shown(show: Show) -> Answer:
    wanted = list(MEASUREMENTS.values())
    if show.measurement is not None:
        wanted = [measurement_of(show.measurement)]
    if show.what == "measurements":
        return Answer(("name",), [(each.name,) for each in wanted])
    if show.what == "tag keys":
        return Answer(("name", "tagKey"), [(each.name, tag) for each in wanted for tag in each.tags])
    words = {str: "string", int: "integer", float: "float"}
    return Answer(
        ("name", "fieldKey", "fieldType"),
        [(each.name, field, words[type_]) for each in wanted for field, type_ in each.fields.items()],
    )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


@contextmanager
def _translating(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        remedy = _REMEDIES.get(code)
        if remedy is None:
            raise
        raise Unavailable(f"the time-series store {path} cannot serve now: {error}; {remedy}") from error


class _First:
    """The value at the earliest time."""

    def __init__(self) -> None:
        self._time: int | None = None
        self._value: Any = None

    def step(self, time: int, value: Any) -> None:
        if value is not None and (self._time is None or self._sooner(time, self._time)):
            self._time, self._value = time, value

    def finalize(self) -> Any:
        return self._value

    def _sooner(self, time: int, than: int) -> bool:
        return time < than


class _Last(_First):
    """The value at the latest time."""

    def _sooner(self, time: int, than: int) -> bool:
        return time >= than
