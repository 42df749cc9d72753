"""Old databases become as fresh ones; newer ones are refused; and no schema changes without its migration.

`schemas/` records the schema of each version, for each database. When the schema changes, a migration leads to the
new one and its record, which `python -m tests.integration.test_state_migrations` writes, is committed with it.
"""

import sqlite3
import threading
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.adapters.state import SqlState, WrongSchema
from gateway.adapters.state.migrations import Migration, check, latest, upgrade
from gateway.adapters.state.schema import metadata
from gateway.ports.state import Unavailable

_RECORDS: Final = Path(__file__).with_name("schemas")
_DIALECTS: Final = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call] # theirs
_VERSIONS: Final = range(1, latest() + 1)


def ddl(dialect: str) -> str:
    """The schema of today as a script."""
    statements: list[CreateTable | CreateIndex] = []
    for table in metadata.sorted_tables:
        statements.append(CreateTable(table))
        statements += [CreateIndex(each) for each in sorted(table.indexes, key=lambda each: each.name or "")]
    texts = [str(each.compile(dialect=_DIALECTS[dialect])).strip() for each in statements]
    return "".join(f"{each};\n" for each in texts)


def record_of(dialect: str, version: int) -> Path:
    return _RECORDS / f"{dialect}-{version}.sql"


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_the_schema_of_the_latest_version_is_as_recorded(dialect: str) -> None:
    recorded = record_of(dialect, latest()).read_text()
    assert ddl(dialect) == recorded, "the schema has changed: it needs a migration, and a record"


def described(path: Path) -> dict[str, object]:
    """All that SQLite knows of the tables and indices of a file, however they were made."""
    with sqlite3.connect(path) as connection:
        tables = connection.execute("PRAGMA table_list").fetchall()
        names = [name for schema, name, *_ in tables if schema == "main"]
        indices = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
        found: dict[str, object] = {"tables": sorted(tables)}
        for name in names:
            found[name] = connection.execute(f"PRAGMA table_xinfo({name})").fetchall()
        for name, sql in indices:
            columns = connection.execute(f"PRAGMA index_xinfo({name})").fetchall()
            found[name] = (columns, " ".join((sql or "").split()))
    connection.close()
    return found


def old_database(path: Path, version: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(record_of("sqlite", version).read_text())
        connection.execute("INSERT INTO schema_version (version) VALUES (?)", (version,))
    connection.close()


@pytest.mark.parametrize("version", _VERSIONS)
def test_a_database_of_each_version_becomes_as_a_fresh_one(tmp_path: Path, version: int) -> None:
    old, fresh = tmp_path / "old.sqlite", tmp_path / "fresh.sqlite"
    old_database(old, version)
    for path in (old, fresh):
        SqlState(f"sqlite:///{path}").close()
    assert described(old) == described(fresh)


def test_a_description_tells_tables_and_indices_apart(tmp_path: Path) -> None:
    fresh, other = tmp_path / "fresh.sqlite", tmp_path / "other.sqlite"
    for path in (fresh, other):
        SqlState(f"sqlite:///{path}").close()
    with sqlite3.connect(other) as connection:
        connection.execute("DROP INDEX subjects_due")
        connection.execute("CREATE INDEX subjects_due ON subjects (look_again)")
    connection.close()
    assert described(fresh) != described(other)


def version_of(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        (version,) = connection.execute("SELECT version FROM schema_version").fetchone()
    connection.close()
    return int(version)


def upgraded(path: Path, *migrations: Migration) -> None:
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            upgrade(connection, migrations)
    finally:
        engine.dispose()


def makes(table: str) -> Migration:
    return Migration(
        f"a table {table}", lambda connection: connection.execute(text(f"CREATE TABLE {table} (x INTEGER)"))
    )


def fails(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE half (x INTEGER)"))
    raise ArithmeticError


def tables(path: Path) -> set[str]:
    return {str(name) for name in described(path)} & {"one", "two", "half"}


def test_an_old_database_goes_through_the_migrations_since_each_once(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    old_database(path, 1)
    upgraded(path, makes("one"))
    assert (version_of(path), tables(path)) == (2, {"one"})
    upgraded(path, makes("one"), makes("two"))
    assert (version_of(path), tables(path)) == (3, {"one", "two"})
    upgraded(path, makes("one"), makes("two"))
    assert version_of(path) == 3


def test_a_fresh_database_needs_no_migration(tmp_path: Path) -> None:
    path = tmp_path / "fresh.sqlite"
    upgraded(path, makes("one"), makes("two"))
    assert (version_of(path), tables(path)) == (3, set())


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    old_database(path, 1)
    with pytest.raises(ArithmeticError):
        upgraded(path, makes("one"), Migration("fails", fails))
    assert (version_of(path), tables(path)) == (1, set())


def set_version(path: Path, version: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = ?", (version,))
    connection.close()


def test_a_database_of_a_newer_gateway_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    running = SqlState(f"sqlite:///{path}")
    set_version(path, latest() + 1)
    with pytest.raises(WrongSchema, match="written by a newer gateway; install that version"):
        SqlState(f"sqlite:///{path}")
    with pytest.raises(WrongSchema, match="written by a newer gateway"), running.reader():
        pass
    with pytest.raises(WrongSchema, match="written by a newer gateway"), running.unit():
        pass
    running.close()
    assert version_of(path) == latest() + 1


def test_whoever_only_reads_refuses_a_database_of_an_older_gateway(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    SqlState(f"sqlite:///{path}").close()
    set_version(path, latest() - 1)
    beside = SqlState(f"sqlite:///{path}", migrate=False)
    with pytest.raises(WrongSchema, match="start the service once"), beside.reader():
        pass
    beside.close()


@pytest.mark.parametrize(
    ("version", "said"), [(None, "holds no gateway's state"), (2, "newer"), (0, "needs 1")]
)
def test_a_version_that_is_not_the_latest_is_explained(version: int | None, said: str) -> None:
    with pytest.raises(WrongSchema, match=said):
        check(version, ())


def test_two_gateways_that_start_at_once_make_one_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.sqlite'}"
    failed: list[Exception] = []

    def start() -> None:
        try:
            SqlState(url, patience=20).close()
        except (Unavailable, WrongSchema) as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert version_of(tmp_path / "state.sqlite") == latest()


if __name__ == "__main__":
    for each in _DIALECTS:
        record_of(each, latest()).write_text(ddl(each))
