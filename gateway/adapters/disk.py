"""How much room a disk has left, so that somebody hears of it before it is full. Knows not what is there."""

import shutil
from pathlib import Path
from typing import Final

SCARCE_BYTES: Final = 2**30
"""Less than this is little, for a write-ahead log, a backup and a day's events to come."""
SCARCE_SHARE: Final = 10
"""On a small disk a tenth of it is."""


def shortage(folder: Path) -> str:
    """Why room has to be made on a folder's disk, in a sentence; empty while there is enough, or nobody can tell."""
    try:
        total, _, free = shutil.disk_usage(folder)
    except OSError:
        return ""
    if free >= min(SCARCE_BYTES, total // SCARCE_SHARE):
        return ""
    left = f"{free // 2**20} MiB left of {total // 2**20}"
    return f"the disk has {left}; make room, for when it is full nothing is taken in"
