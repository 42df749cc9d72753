"""SQLite beside itself: readers and the writer, other processes, power cuts, and a log that stays short."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.adapters.state import SqlState, engines
from gateway.adapters.state.engines import Log
from tests.contract.making import entry, event, identity, subject


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "with space" / "state?.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[SqlState]:
    path.parent.mkdir()
    made = SqlState(url(path))
    yield made
    made.close()


def url(path: Path) -> str:
    return f"sqlite:///{str(path).replace('?', '%3F')}"


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("synchronous", 2), ("page_size", 2048), ("query_only", 0)],
)
def test_the_writer_has_a_log_and_syncs_every_commit(path: Path, pragma: str, expected: object) -> None:
    path.parent.mkdir()
    writer = engines.connected(url(path), 1).writer
    with writer.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == expected
    writer.dispose()


def test_a_reader_sees_the_state_as_it_was_on_entering(state: SqlState) -> None:
    with state.unit() as unit:
        unit.put_meta("a", "before")
    with state.reader() as early:
        with state.unit() as unit:
            unit.put_meta("a", "after")
            unit.add_events([event(0)])
            with state.reader() as amid:
                assert amid.meta("a") == "before"
        assert early.meta("a") == "before"
        assert early.results([identity()]) == {}
        with state.reader() as late:
            assert late.meta("a") == "after"
            assert list(late.results([identity()])) == [identity()]


def test_readers_do_not_wait_for_a_long_write_nor_the_writer_for_a_long_reader(path: Path) -> None:
    path.parent.mkdir()
    state = SqlState(url(path), patience=20)
    writing, written = threading.Event(), threading.Event()

    def write() -> None:
        with state.unit() as unit:
            unit.put_quarantine([entry(f"q{n}", payload=b"\x00" * 50_000) for n in range(50)])
            writing.set()
            assert written.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(20)
    with state.reader() as reader:
        assert reader.list_quarantine(status=None, after=None, limit=9) == []
        written.set()
        writer.join(20)
        assert not writer.is_alive()
        assert reader.list_quarantine(status=None, after=None, limit=9) == []
    state.close()


def test_another_process_may_write_too(state: SqlState, path: Path) -> None:
    other = SqlState(url(path))
    for n in range(3):
        with (other if n % 2 else state).unit() as unit:
            unit.put_meta(f"note{n}", str(n))
    with state.reader() as reader:
        assert [reader.meta(f"note{n}") for n in range(3)] == ["0", "1", "2"]
    other.close()


def test_what_was_committed_is_there_after_closing_and_opening_again(state: SqlState, path: Path) -> None:
    with state.unit() as unit:
        unit.put_subjects([subject("SN-1")])
    state.close()
    again = SqlState(url(path))
    with again.reader() as reader:
        assert reader.subjects("goods", ["SN-1"]) == {"SN-1": subject("SN-1")}
    again.close()


_WRITER: Final = """
import sys
from gateway.adapters.state import SqlState
from tests.contract.making import event, subject
state = SqlState(sys.argv[1])
for n in range(1_000_000):
    with state.unit() as unit:
        unit.add_events([event(0, f"s{n}")])
        unit.put_subjects([subject(f"SN-{n}")])
    print(n, flush=True)
"""


def test_what_was_committed_survives_kill_9_and_nothing_is_half_there(path: Path) -> None:
    path.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, url(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        said += [int(line) for line in writer.stdout.read().splitlines()]
    state = SqlState(url(path))
    with state.reader() as reader:
        asked = range(said[-1] + 5)
        events = {int(found.id[1:]) for found in reader.results([identity(f"s{n}") for n in asked])}
        subjects = {int(id_[3:]) for id_ in reader.subjects("goods", [f"SN-{n}" for n in asked])}
    assert events == subjects
    assert events >= set(said)
    state.close()


def test_the_log_is_cut_off_once_nobody_reads_what_is_in_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_LOG_LIMIT", 1_000_000)
    monkeypatch.setattr(engines, "_CHECKPOINT", 500_000)
    path.parent.mkdir()
    state, log = SqlState(url(path)), Log(path)

    def write(n: int) -> None:
        with state.unit() as unit:
            unit.put_quarantine([entry(f"q{n}-{m}", payload=bytes([n]) * 60_000) for m in range(5)])

    with state.reader() as reader:
        for n in range(8):
            write(n)
        assert log.size() > 2_000_000
        assert reader.list_quarantine(status=None, after=None, limit=1) == []
    for n in range(8, 11):
        write(n)
    assert log.size() <= 1_000_000
    with state.reader() as late:
        assert len(late.list_quarantine(status=None, after=None, limit=99)) == 55
    state.close()


def test_a_log_that_is_short_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    log = Log(path)
    assert log.size() == 0
    log.trim()
    assert not path.exists()
