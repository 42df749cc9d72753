"""The file in which a gateway shows its pulse: written anew every few seconds, read by whoever asks how it is.

Knows what a pulse looks like, not what it means, and loads next to nothing, for a health check starts anew each time.
The stopwatch is the machine's, which all its processes share and which starts anew with the machine: so the file
belongs into a folder that does too (`/run`, a tmpfs).
"""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from gateway.service.pulse import Pulse

_LARGEST: Final = 65_536


def stopwatch_s() -> float:
    """Seconds since some moment, the same for all processes of this machine."""
    return time.monotonic()


def write_pulse(file: Path, pulse: Pulse) -> None:
    """Lay the file anew, in one go: who reads it meanwhile finds the old one whole.

    Raises:
        OSError: it cannot be written.
    """
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(json.dumps(asdict(pulse)), encoding="utf-8")
    draft.replace(file)


def read_pulse(file: Path) -> Pulse:
    """What the file says.

    Raises:
        OSError: it cannot be read; there is none before the gateway's start and after its end.
        ValueError: it is no pulse.
    """
    with file.open(encoding="utf-8") as opened:
        said = json.loads(opened.read(_LARGEST))
    try:
        return Pulse(**said)
    except TypeError as wrong:
        raise ValueError(f"{file} is no pulse of this version of the gateway; restart it") from wrong
