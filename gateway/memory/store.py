"""The state port in memory, one lock around it. Nothing is durable; everything else is as the real stores do it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from gateway.memory.captures import CapturesUnit
from gateway.memory.derived import DerivedUnit
from gateway.memory.facts import FactsUnit
from gateway.memory.projection import ProjectionUnit
from gateway.memory.records import RecordsUnit
from gateway.ports.captures import CaptureUnit


class _Unit(ProjectionUnit, CapturesUnit):
    """All of a unit's parts, over one journal."""

    def __init__(self, journal: list[Callable[[], None]]) -> None:
        FactsUnit.__init__(self, journal)
        DerivedUnit.__init__(self, journal)
        RecordsUnit.__init__(self, journal)
        ProjectionUnit.__init__(self, journal)
        CapturesUnit.__init__(self, journal)


class Memory:
    """A `State` whose units are taken one at a time; a reader waits for the writer, for there is one copy only."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._journal: list[Callable[[], None]] = []
        self._unit = _Unit(self._journal)

    @contextmanager
    def unit(self) -> Iterator[CaptureUnit]:
        with self._lock:
            self._journal.clear()
            try:
                yield self._unit
            except BaseException:
                for undo in reversed(self._journal):
                    undo()
                raise
            finally:
                self._journal.clear()

    @contextmanager
    def reader(self) -> Iterator[CaptureUnit]:
        with self._lock:
            yield self._unit

    def close(self) -> None:
        """Nothing to close."""
