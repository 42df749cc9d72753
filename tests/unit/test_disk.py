"""When a disk counts as nearly full, and what is said of it."""

import shutil
from pathlib import Path

import pytest

from gateway.adapters.disk import shortage

MIB = 2**20


@pytest.mark.parametrize(
    ("total", "free", "scarce"),
    [
        (500_000, 1_024, False),
        (500_000, 1_023, True),
        (8_000, 800, False),
        (8_000, 799, True),
        (8_000, 0, True),
    ],
)
def test_a_disk_is_nearly_full_below_a_gigabyte_or_on_a_small_one_below_a_tenth(
    monkeypatch: pytest.MonkeyPatch, total: int, free: int, scarce: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: (total * MIB, (total - free) * MIB, free * MIB))
    said = shortage(Path("/var/lib/returns"))
    assert said == (
        f"the disk has {free} MiB left of {total}; make room, for when it is full nothing is taken in"
        if scarce
        else ""
    )


def test_of_a_folder_that_is_not_there_nothing_is_said(tmp_path: Path) -> None:
    assert shortage(tmp_path / "nowhere") == ""
