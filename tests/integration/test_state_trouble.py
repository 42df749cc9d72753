"""When SQLite cannot serve: locked, full, failing, damaged, away. Nothing is half done, and it recovers by itself."""

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from gateway.adapters.state import SqlState, WrongSchema
from gateway.ports.state import State, Unavailable, Unit
from tests.contract.making import at, entry, identity, scan, subject
from tests.contract.making import event as made_event

PATIENCE = 0.05


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[SqlState]:
    made = SqlState(f"sqlite:///{path}", patience=PATIENCE)
    yield made
    made.close()


def carry_out(state: State, change: Callable[[Unit], object]) -> None:
    with state.unit() as unit:
        change(unit)


def known(state: State, *ids: str) -> set[str]:
    with state.reader() as reader:
        return {found.id for found in reader.results([identity(id_) for id_ in ids])}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process, such as a backup, has the file for itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.close()


def test_a_lock_that_another_process_holds_is_waited_for_and_then_given_up(
    state: SqlState, path: Path
) -> None:
    with locked(path), pytest.raises(Unavailable, match="database is locked; another process") as caught:
        carry_out(state, lambda unit: unit.add_events([made_event(0)]))
    assert isinstance(caught.value.__cause__, Exception)
    carry_out(state, lambda unit: unit.add_events([made_event(0)]))
    assert known(state, "s1") == {"s1"}


def test_a_lock_that_another_process_lets_go_in_time_is_no_trouble(path: Path) -> None:
    state = SqlState(f"sqlite:///{path}", patience=20)
    with locked(path):
        writer = threading.Thread(target=carry_out, args=(state, lambda unit: unit.put_meta("a", "b")))
        writer.start()
    writer.join()
    with state.reader() as reader:
        assert reader.meta("a") == "b"
    state.close()


def test_units_take_turns_and_who_waits_too_long_is_told(state: SqlState) -> None:
    with state.unit() as unit:
        unit.put_meta("a", "first")
        with pytest.raises(Unavailable, match="another unit is under way"):
            carry_out(state, lambda other: other.put_meta("a", "second"))
    with state.reader() as reader:
        assert reader.meta("a") == "first"
    carry_out(state, lambda unit: unit.put_meta("a", "third"))


@contextmanager
def room_for(pages: int) -> Iterator[None]:
    """Connections that are opened now find a disk that has room for so many pages."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", limit)
    yield
    event.remove(Engine, "connect", limit)


def test_a_full_disk_leaves_nothing_of_the_unit_and_is_taken_up_again_when_there_is_room(path: Path) -> None:
    def write(unit: Unit) -> None:
        unit.add_events([made_event(0, "s1")])
        unit.put_quarantine([entry(f"q{n}", payload=b"\x00" * 60_000) for n in range(20)])

    with room_for(200):
        state = SqlState(f"sqlite:///{path}")
        with pytest.raises(Unavailable, match="full; there is no room for it"):
            carry_out(state, write)
        carry_out(state, lambda unit: unit.add_events([made_event(0, "s2")]))
    assert known(state, "s1", "s2") == {"s2"}
    with room_for(10_000), pytest.raises(Unavailable):
        carry_out(state, write)
    # The connection that had failed was thrown away; the next has the new room.
    carry_out(state, write)
    assert known(state, "s1", "s2") == {"s1", "s2"}
    state.close()


def test_a_unit_in_which_the_store_failed_cannot_go_on_nor_commit(path: Path) -> None:
    def go_on(unit: Unit) -> None:
        with pytest.raises(Unavailable):
            unit.put_quarantine([entry(f"q{n}", payload=b"\x00" * 60_000) for n in range(20)])
        with pytest.raises(Unavailable):
            unit.add_events([made_event(0, "s1")])

    with room_for(200):
        state = SqlState(f"sqlite:///{path}")
        with pytest.raises(Unavailable, match="full"):
            carry_out(state, go_on)
    assert known(state, "s1") == set()
    state.close()


def test_a_write_that_fails_in_the_commit_leaves_nothing(state: SqlState, path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = path.with_name("state.sqlite-wal")

    def write(unit: Unit) -> None:
        unit.add_events([made_event(0, f"s{n}") for n in range(500)])
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 4096, hard))

    with pytest.raises(Unavailable):
        carry_out(state, write)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert known(state, "s1", "s499") == set()
    carry_out(state, lambda unit: unit.add_events([made_event(0, "s1")]))
    assert known(state, "s1", "s499") == {"s1"}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda unit: unit.add_events([made_event(0), made_event(1)]),
        lambda unit: unit.add_scans([("SN-1", scan(0)), ("SN-1", scan(0))]),
        lambda unit: unit.put_subjects([subject("SN-1")._replace(kind=None)]),  # type: ignore[arg-type] # that is the bug
    ],
    ids=["an event twice", "a scan twice", "no kind"],
)
def test_a_bug_is_no_unavailability_and_its_unit_cannot_commit(
    state: SqlState, wrong: Callable[[Unit], None]
) -> None:
    def swallow(unit: Unit) -> None:
        unit.put_meta("a", "b")
        with pytest.raises(sqlite3.IntegrityError):
            wrong(unit)

    with pytest.raises(sqlite3.IntegrityError):
        carry_out(state, swallow)
    with state.reader() as reader:
        assert reader.meta("a") is None
    carry_out(state, lambda unit: unit.put_meta("a", "b"))


def test_a_reader_cannot_write(state: SqlState) -> None:
    def write() -> None:
        with state.reader() as reader:
            reader.put_meta("a", "b")

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        write()
    with state.reader() as reader:
        assert reader.meta("a") is None


def test_a_folder_that_does_not_exist_is_named_as_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="check that the folder exists"):
        SqlState(f"sqlite:///{tmp_path / 'away' / 'state.sqlite'}")


def test_a_file_that_is_no_database_is_not_touched(path: Path) -> None:
    path.write_bytes(b"something else\n" * 1000)
    with pytest.raises(Unavailable, match="not an SQLite database: check"):
        SqlState(f"sqlite:///{path}")
    assert path.read_bytes() == b"something else\n" * 1000


def test_a_damaged_file_blocks_the_line(state: SqlState, path: Path) -> None:
    carry_out(state, lambda unit: unit.add_events([made_event(0, f"s{n}") for n in range(2000)]))
    state.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: 60 * 4096] + b"\x07" * 4096 * 100)
    damaged = SqlState(f"sqlite:///{path}")
    with pytest.raises(Unavailable, match="damaged"):
        known(damaged, *(f"s{n}" for n in range(2000)))
    damaged.close()


def test_whoever_only_reads_makes_no_database(path: Path) -> None:
    beside = SqlState(f"sqlite:///{path}", migrate=False)
    with pytest.raises(Unavailable, match="cannot be opened"), beside.reader():
        pass
    assert not path.exists()
    beside.close()


def test_a_database_of_something_else_is_refused_by_whoever_only_reads(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    beside = SqlState(f"sqlite:///{path}", migrate=False)
    with pytest.raises(WrongSchema, match="holds no gateway's state"), beside.reader():
        pass
    beside.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("state.sqlite", "no database URL; write sqlite:///"),
        ("mysql://host/db", "names 'mysql'; write sqlite:///"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_that_means_no_store_is_refused_before_anything_is_opened(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SqlState(url)


def test_what_was_due_is_found_again_after_trouble(state: SqlState, path: Path) -> None:
    carry_out(state, lambda unit: unit.put_subjects([subject("SN-1", look_again=1)]))
    with locked(path):
        with pytest.raises(Unavailable):
            carry_out(state, lambda unit: unit.put_subjects([subject("SN-1")]))
        with state.reader() as reader:
            assert [row.id for row in reader.due(at(1), 9)] == ["SN-1"]
