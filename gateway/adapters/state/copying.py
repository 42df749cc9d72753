"""A copy of an SQLite state store, whole and consistent, while the gateway goes on writing.

SQLite's online backup (https://www.sqlite.org/backup.html) in a single step: one read transaction, which with a
write-ahead log holds nobody up. Copying the file by other means would leave out what is still in the log, or tear a
page. Knows nothing of what is in the store.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from gateway.ports.state import Unavailable


class Copied(NamedTuple):
    """A copy that was checked and is on the disk."""

    file: Path
    bytes: int


def copy(database: Path, target: Path, patience_s: float) -> Copied:
    """Copy the database to a new file that only its owner can read.

    Raises:
        FileExistsError: there is something at `target`, or a copy that was broken off (`.part`).
        OSError: `target` cannot be written.
        Unavailable: the database cannot be read, or the copy is not sound.
    """
    if target.exists():
        raise FileExistsError(17, "there is such a file already", str(target))
    draft = target.with_name(f"{target.name}.part")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _fill(database, draft, patience_s)
        with draft.open("rb+") as written:
            os.fsync(written.fileno())
        draft.rename(target)
        _sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)
    return Copied(target, target.stat().st_size)


def _fill(database: Path, draft: Path, patience_s: float) -> None:
    address = f"file:{quote(str(database.absolute()))}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(address, uri=True, timeout=patience_s)) as source,
            closing(sqlite3.connect(draft)) as copied,
        ):
            source.execute("PRAGMA query_only = ON")
            source.backup(copied, pages=-1)
            # One file by itself, with no log beside it: the gateway makes it one with a log again.
            copied.execute("PRAGMA journal_mode = DELETE")
            found = copied.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise Unavailable(
            f"the state store cannot be copied: {error}; check the disk, and try again"
        ) from error
    if found != "ok":
        raise Unavailable(
            f"the copy is not sound: {found}; keep the backups that there are, and see the store's disk"
        )


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
