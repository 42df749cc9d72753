"""Ids of events: unique per device, whatever is cut off, restored or cloned, and in the order in which they were made.

An id is `<run>-<chance>-<count>` in hexadecimal: the spool counts the runs and has that count on disk before the
first id of a run is used, the chance is 48 random bits per run, the count goes on within it. So a power cut needs no
luck, and a spool that was lost, restored or copied to a second device needs 48 bits of it. The gateway orders
events of one instant by their ids: the count keeps the order of one run, the run that of a restart.
"""

import itertools
import secrets


class Ids:
    """The ids of one run of a device; thread-safe, for the counter is."""

    def __init__(self, run: int, chance: str | None = None) -> None:
        self._prefix = f"{run:06x}-{chance or secrets.token_hex(6)}-"
        self._count = itertools.count(1)

    def made(self, id_: str) -> bool:
        """Whether the id is of this run."""
        return id_.startswith(self._prefix)

    def next(self) -> str:
        return f"{self._prefix}{next(self._count):08x}"
