"""Spools that a failing disk or a torn page has damaged: what can be read goes on, and the damaged file is kept aside.

A device that stood still until somebody looked after its file would lose more than the few events on a bad page. So
before a spool is opened it is looked through, a large one once it has shown itself damaged; a sound one takes its
place, with every event that can still be read, and nothing of the old file is deleted. What is no spool at all is left
alone: somebody named the wrong file. Knows the spool's table and nothing of how it is used.
"""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

_LOG = logging.getLogger(__name__)
_LARGEST: Final = 16 * 1024 * 1024
"""Bytes: looking through a larger file would keep a worker waiting at each start."""
_MOST_FAILURES: Final = 500_000
"""Attempts to read that may fail before the rest is given up: some seconds."""
_COLUMNS: Final = "seq, id, what, at, body, provisional"
_COMPANIONS: Final = ("-wal", "-shm")

Row = tuple[int, str, str, int, str, int]


class Salvaged(NamedTuple):
    """What was done: where the damaged file is now, and how many of its events were rescued."""

    aside: Path
    events: int


def salvage(
    path: Path, sound: Callable[[Path, int, Iterable[Row]], int], *, suspect: bool = False
) -> Salvaged | None:
    """Replace the spool at `path` if it is damaged; `sound(path, run, rows)` makes a spool with these events.

    `suspect`: it has shown itself damaged, so it is looked through however large it is. Cut off at any instant, it is
    done again or finished by the next start.
    """
    fresh = path.with_name(path.name + "-rescued")
    if not path.exists():
        if fresh.exists():
            fresh.rename(path)
        return None
    if path.stat().st_size > _LARGEST and not suspect:
        return None
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as damaged:
        if not _is_damaged(damaged):
            return None
        for file in (fresh, *(fresh.with_name(fresh.name + more) for more in _COMPANIONS)):
            file.unlink(missing_ok=True)
        events = sound(fresh, _run(damaged), _readable(damaged))
    aside = _moved_aside(path)
    fresh.rename(path)
    _LOG.error("the spool %s was damaged: %d events go on, the old file is %s", path, events, aside)
    return Salvaged(aside, events)


def _is_damaged(db: sqlite3.Connection) -> bool:
    """Whether it is a spool that has been hurt; one that another process has, or that is none, is not judged."""
    try:
        return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT


def _readable(db: sqlite3.Connection) -> Iterator[Row]:
    """Every event whose page can be read, in order; what does not look like one is left.

    What cannot be read in one go is halved, down to the single event.
    """
    failures = 0
    spans = [(1, _last(db))]
    query = f"SELECT {_COLUMNS} FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq"  # noqa: S608 # own words
    while spans and failures < _MOST_FAILURES:
        first, last = spans.pop()
        try:
            for row in db.execute(query, (first, last)):
                first = row[0] + 1
                if _is_event(row):
                    yield row
        except sqlite3.DatabaseError:
            failures += 1
            middle = (first + last) // 2
            if first < last:
                spans += [(middle + 1, last), (first, middle)]


def _last(db: sqlite3.Connection) -> int:
    for query in ("SELECT seq FROM sqlite_sequence WHERE name = 'events'", "SELECT max(seq) FROM events"):
        with suppress(sqlite3.DatabaseError):
            row = db.execute(query).fetchone()
            if row is not None and isinstance(row[0], int):
                return row[0]
    return 0


def _run(db: sqlite3.Connection) -> int:
    with suppress(sqlite3.DatabaseError, ValueError, TypeError):
        return int(db.execute("SELECT value FROM notes WHERE name = 'run'").fetchone()[0])
    return 0


def _is_event(row: Row) -> bool:
    _, id_, what, at, body, provisional = row
    if not (isinstance(id_, str) and isinstance(body, str) and isinstance(at, int) and provisional in (0, 1)):
        return False
    with suppress(ValueError):
        said = json.loads(body)
        return isinstance(said, dict) and bool(said) and what in ("scan", "position", "announce")
    return False


def _moved_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}-damaged-{number}")).exists():
        number += 1
    for more in _COMPANIONS:
        companion = path.with_name(path.name + more)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + more))
    return path.rename(aside)
