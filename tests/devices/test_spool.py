"""One suite over both spools: what goes in stays in, in order, until it is removed by id."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.sdk.disk import DiskSpool
from devices.sdk.spool import MemorySpool, New, Sent, Spool, SpoolBroken, SpoolBusy, SpoolFull
from gateway.tracking.instants import SECOND, Duration, Instant

Make = Callable[[], Spool]


@pytest.fixture(params=["memory", "disk"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes a spool of its own each time."""
    made = iter(range(1000))
    if request.param == "memory":
        return MemorySpool
    return lambda: DiskSpool(tmp_path / f"{next(made)}.spool")


@pytest.fixture
def spool(make: Make) -> Spool:
    return make()


def event(number: int, what: Sent = "scan", *, provisional: bool = False) -> New:
    return New(f"e{number}", what, Instant(number * SECOND), '{"step":"arriving"}', provisional)


def ids(events: object) -> list[str]:
    return [each.id for each in events]  # type: ignore[attr-defined]


def test_events_come_out_oldest_first_as_they_went_in(spool: Spool) -> None:
    spool.append(map(event, range(5)))
    assert ids(spool.oldest("scan", 0, 10)) == ["e0", "e1", "e2", "e3", "e4"]
    first = spool.oldest("scan", 0, 1)[0]
    assert (first.what, first.at, first.body) == ("scan", 0, '{"step":"arriving"}')


def test_or_newest_first(spool: Spool) -> None:
    spool.append(map(event, range(5)))
    assert ids(spool.newest(0, 2)) == ["e4", "e3"]


def test_one_can_go_on_behind_an_event(spool: Spool) -> None:
    spool.append(map(event, range(5)))
    second = spool.oldest("scan", 0, 2)[1].seq
    assert ids(spool.oldest("scan", second, 2)) == ["e2", "e3"]
    assert ids(spool.newest(second, 10)) == ["e4", "e3", "e2"]


def test_scans_and_positions_are_told_apart(spool: Spool) -> None:
    spool.append([event(1), event(2, "position"), event(3)])
    assert ids(spool.oldest("position", 0, 10)) == ["e2"]
    assert ids(spool.oldest("scan", 0, 10)) == ["e1", "e3"]


def test_only_what_is_named_is_removed(spool: Spool) -> None:
    spool.append(map(event, range(5)))
    spool.remove(["e1", "e3", "never-seen"])
    assert ids(spool.oldest("scan", 0, 10)) == ["e0", "e2", "e4"]
    assert len(spool) == 3


def test_a_place_in_the_order_is_never_used_twice(spool: Spool) -> None:
    spool.append([event(1)])
    seq = spool.oldest("scan", 0, 1)[0].seq
    spool.remove(["e1"])
    spool.append([event(2)])
    assert spool.oldest("scan", 0, 1)[0].seq > seq


def test_an_id_is_taken_once(spool: Spool) -> None:
    spool.append([event(1), event(1)])
    spool.append([event(1)])
    assert len(spool) == 1


def test_those_that_are_still_there_can_be_read_by_id(spool: Spool) -> None:
    spool.append(map(event, range(1200)))
    spool.remove([f"e{i}" for i in range(600)])
    assert ids(spool.read([f"e{i}" for i in reversed(range(1200))])) == [f"e{i}" for i in range(600, 1200)]


def test_provisional_instants_move_once_and_no_others(spool: Spool) -> None:
    spool.append([event(1), event(2, provisional=True)])
    assert spool.provisional() == 2 * SECOND
    spool.confirm(Duration(10 * SECOND))
    spool.confirm(Duration(10 * SECOND))
    assert [each.at // SECOND for each in spool.oldest("scan", 0, 10)] == [1, 12]
    assert not any(each.provisional for each in spool.oldest("scan", 0, 10))
    assert spool.provisional() is None


def test_a_note_is_kept(spool: Spool) -> None:
    assert spool.noted("clock") is None
    spool.note("clock", "one")
    spool.note("clock", "two")
    assert spool.noted("clock") == "two"


@settings(max_examples=30)
@given(st.lists(st.one_of(st.integers(0, 20), st.tuples(st.just("remove"), st.integers(0, 20))), max_size=30))
def test_both_spools_agree_on_any_course_of_events(steps: list[int | tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder, closing(DiskSpool(Path(folder) / "spool")) as disk:
        memory = MemorySpool()
        for step in steps:
            for spool in (memory, disk):
                if isinstance(step, int):
                    spool.append([event(step)])
                else:
                    spool.remove([f"e{step[1]}"])
        assert ids(memory.oldest("scan", 0, 99)) == ids(disk.oldest("scan", 0, 99))
        assert ids(memory.newest(0, 99)) == ids(disk.newest(0, 99))
        assert len(memory) == len(disk)


def test_a_full_spool_says_so_at_once_and_loses_nothing(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "small", most_bytes=128 * 1024)) as spool:
        taken = _fill(spool, 5)
        assert taken > 100
        assert ids(spool.oldest("scan", 0, 10**6)) == [f"e{i}" for i in range(taken)]
        assert len(spool) == taken


def test_a_full_spool_takes_events_again_as_soon_as_some_have_gone(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "small", most_bytes=128 * 1024)) as spool:
        taken = _fill(spool, 5)
        spool.remove([f"e{i}" for i in range(taken // 2)])
        spool.append([event(10**6 + i) for i in range(100)])
        assert len(spool) == taken - taken // 2 + 100


def test_a_full_memory_spool_says_so_too() -> None:
    spool = MemorySpool(capacity=2)
    spool.append([event(1), event(2)])
    with pytest.raises(SpoolFull):
        spool.append([event(3)])
    spool.remove(["e1"])
    spool.append([event(3)])


def test_of_several_events_all_are_taken_or_none(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "small", most_bytes=128 * 1024)) as spool:
        with pytest.raises(SpoolFull):
            spool.append(map(event, range(10_000)))
        assert len(spool) == 0


def test_a_file_has_everything_when_it_is_opened_again(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "spool")) as spool:
        spool.append(map(event, range(3)))
        spool.remove(["e1"])
        assert spool.run == 1
    with closing(DiskSpool(tmp_path / "spool")) as spool:
        assert ids(spool.oldest("scan", 0, 10)) == ["e0", "e2"]
        assert (spool.run, len(spool)) == (2, 2)


def test_a_full_file_can_be_opened_again(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "small", most_bytes=128 * 1024)) as spool:
        taken = _fill(spool, 5)
    with closing(DiskSpool(tmp_path / "small", most_bytes=128 * 1024)) as spool:
        assert len(spool) == taken


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("mount is not installed (Debian: apt-get install mount)")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("a small disk cannot be mounted here (that needs root)")
    yield disk
    subprocess.run([umount, disk], check=True)


def test_a_disk_that_is_really_full_recovers_by_itself_too(tiny_disk: Path) -> None:
    rows = [event(number) for number in range(200)]
    with closing(DiskSpool(tiny_disk / "spool")) as spool:
        taken = _fill(spool, 50)
        assert taken > 5_000
    with closing(DiskSpool(tiny_disk / "spool")) as spool:
        assert len(spool) == taken
        with pytest.raises(SpoolFull):
            spool.append(event(10**6 + number) for number in range(1000))
        spool.note("clock", "can still be kept")
        for first in range(0, taken, 500):
            spool.remove([f"e{number}" for number in range(first, first + 500)])
        assert len(spool) == 0
        for _ in range(20):
            spool.append(rows)
            spool.remove([row.id for row in rows])
        spool.append(rows)
        assert len(spool) == len(rows)


def test_two_processes_cannot_share_a_file(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "spool")), pytest.raises(SpoolBusy, match="another process"):
        DiskSpool(tmp_path / "spool")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"no database at all, but long enough to be looked at" * 30, "cannot be used"), (None, "version 7")],
)
def test_what_is_no_spool_is_not_touched(content: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "spool"
    if content is None:
        with closing(DiskSpool(path)) as spool:
            spool._db.execute("PRAGMA user_version = 7")  # noqa: SLF001 # as a later version would have it
    else:
        path.write_bytes(content)
    with pytest.raises(SpoolBroken, match=says):
        DiskSpool(path)
    assert content is None or path.read_bytes() == content


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpoolBroken, match="nowhere"):
        DiskSpool(tmp_path / "nowhere" / "spool")


def _fill(spool: Spool, at_once: int = 1) -> int:
    for first in range(0, 1_000_000, at_once):
        try:
            spool.append(map(event, range(first, first + at_once)))
        except SpoolFull:
            return first
    pytest.fail("the spool never filled")


_LIMITED = """
import resource, sys
from pathlib import Path
from devices.sdk import DiskSpool, SpoolFull
from devices.sdk.spool import New

resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, resource.RLIM_INFINITY))
rows = [New(f"e{n:06}", "scan", 0, '{"step":"arriving","items":["SN-%d"]}' % n) for n in range(100_000)]
spool, taken = DiskSpool(Path(sys.argv[1])), 0
try:
    while taken < len(rows):
        spool.append(rows[taken : taken + 50])
        taken += 50
except SpoolFull:
    for first in range(0, taken, 500):
        spool.remove([row.id for row in rows[first : first + 500]])
    spool.append(rows[:50])
    print(taken, len(spool))
spool.close()
"""


def test_a_limit_of_the_process_is_a_full_disk_and_can_be_worked_off_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path / "spool")], capture_output=True, text=True, timeout=60,
        cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert done.stderr == ""
    taken, left = map(int, done.stdout.split())
    assert taken > 5_000
    assert left == 50


def test_an_empty_spool_keeps_no_room_when_it_is_closed_and_one_with_events_does(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "spool")) as spool:
        spool.append([event(1)])
    assert (tmp_path / "spool-reserve").exists()
    with closing(DiskSpool(tmp_path / "spool")) as spool:
        spool.remove(["e1"])
    assert [path.name for path in tmp_path.iterdir()] == ["spool"]
