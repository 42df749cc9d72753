"""A damaged spool: what can be read goes on, what cannot is kept aside, and the device is never at a standstill."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from devices.sdk.disk import DiskSpool
from devices.sdk.spool import New, SpoolBroken
from tests.devices.desk import START, Desk

EVENTS = 2_000
PAGE = 4096


def filled(path: Path) -> list[str]:
    """A spool with events on some hundred pages, as a device left it; their ids."""
    made = []
    with closing(DiskSpool(path)) as spool:
        for first in range(0, EVENTS, 100):
            rows = [
                New(f"e{first + i:05}", "scan", START, f'{{"step":"arriving","items":["SN-{first + i}"]}}')
                for i in range(100)
            ]
            spool.append(rows)
            made += [row.id for row in rows]
    return made


def hurt(path: Path, page: int) -> None:
    """Noise where a page was."""
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(random.Random(page).randbytes(PAGE))


def pages_of(path: Path, kind: int) -> list[int]:
    """The pages of a kind, as SQLite marks it: 0x0D holds rows and nothing that leads to others, 0x0A entries."""
    data = path.read_bytes()
    return [at // PAGE for at in range(PAGE, len(data), PAGE) if data[at] == kind]


def leaf_of_events(path: Path) -> int:
    """A page that holds events."""
    data = path.read_bytes()
    return next(n for n in pages_of(path, 0x0D)[::-1] if b"arriving" in data[n * PAGE : (n + 1) * PAGE])


def test_a_spool_with_a_bad_page_goes_on_with_all_that_is_on_the_others(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    made = filled(path)
    hurt(path, leaf_of_events(path))
    with closing(DiskSpool(path)) as spool:
        assert spool.salvaged is not None
        assert EVENTS - 150 < len(spool) < EVENTS
        assert spool.salvaged.events == len(spool)
        assert spool.salvaged.aside.exists()
        assert spool.run == 2
        kept = [event.id for event in spool.read(made)]
        assert kept == sorted(kept)
        desk = Desk(spool, trusted=True)
        desk.scan()
        desk.settle()
        assert set(kept) < set(desk.gateway.facts)
        assert len(spool) == 0
    with closing(DiskSpool(path)) as spool:
        assert spool.salvaged is None


@pytest.mark.parametrize("seed", range(12))
def test_wherever_it_is_hurt_the_device_goes_on_or_says_why_and_nothing_is_thrown_away(
    seed: int, tmp_path: Path
) -> None:
    path = tmp_path / "spool"
    filled(path)
    before = path.read_bytes()
    hurt(path, random.Random(seed).randrange(len(before) // PAGE))
    damaged = path.read_bytes()
    try:
        with closing(DiskSpool(path)) as spool:
            spool.append([New("new", "scan", START, '{"step":"arriving","items":["A"]}')])
            assert [event.id for event in spool.newest(0, 1)] == ["new"]
            aside = spool.salvaged.aside if spool.salvaged else None
    except SpoolBroken:
        assert path.read_bytes() == damaged, "it cannot be read at all, and is as it was"
    else:
        assert aside is None or aside.stat().st_size == len(damaged)


def test_a_rescue_that_was_cut_off_is_finished_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    filled(path)
    path.rename(tmp_path / "spool-rescued")
    with closing(DiskSpool(path)) as spool:
        assert len(spool) == EVENTS


def test_what_only_looks_like_an_event_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE events SET body = 'noise' WHERE seq = 7")
        db.commit()
    hurt(path, leaf_of_events(path))
    with closing(DiskSpool(path)) as spool:
        assert spool.read(["e00006"]) == []
        assert len(spool.read(["e00005", "e00007"])) == 2


def test_a_large_spool_that_turns_out_to_be_damaged_is_rescued_while_the_device_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.sdk.salvage._LARGEST", 0)
    path = tmp_path / "spool"
    made = filled(path)
    hurt(path, leaf_of_events(path))
    with closing(DiskSpool(path)) as spool:
        assert spool.salvaged is None
        desk = Desk(spool, trusted=True)
        with pytest.raises(SpoolBroken, match="what could be read of it goes on"):
            desk.settle()
        sent = len(desk.gateway.facts)
        assert spool.salvaged is not None
        assert EVENTS - 150 < sent + spool.salvaged.events < EVENTS
        desk.scan("new")
        desk.settle()
        assert len(spool) == 0
        assert EVENTS - 150 < len(set(made) & set(desk.gateway.facts)) < EVENTS
    with closing(DiskSpool(path)) as spool:
        assert spool.salvaged is None


def test_a_scan_is_taken_though_the_spool_turns_out_to_be_damaged_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.sdk.salvage._LARGEST", 0)
    path = tmp_path / "spool"
    filled(path)
    for page in pages_of(path, 0x0A):
        hurt(path, page)
    with closing(DiskSpool(path)) as spool:
        spool.append([New("new", "scan", START, '{"step":"arriving","items":["A"]}')])
        assert len(spool) == EVENTS + 1
        assert [event.id for event in spool.newest(0, 1)] == ["new"]


def test_a_spool_that_is_damaged_and_cannot_be_rescued_says_so_and_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.sdk.salvage._LARGEST", 0)
    path = tmp_path / "spool"
    filled(path)
    (tmp_path / "spool-rescued").mkdir()
    for page in pages_of(path, 0x0A):
        hurt(path, page)
    damaged = path.read_bytes()
    with pytest.raises(SpoolBroken, match="start again"):
        DiskSpool(path).oldest("scan", 0, EVENTS)
    assert path.read_bytes()[PAGE:] == damaged[PAGE:]
