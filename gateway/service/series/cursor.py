"""Going through numbered facts: a page is made into points, these are written, and then the cursor moves.

It moves only once the time-series store has confirmed the points, so after a crash some are written twice, which is
as good as once.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gateway.points import Point
from gateway.ports.projection import RefusedRow
from gateway.ports.state import State, Unit
from gateway.service.series.writing import Left, Writing
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network


class Unmade(NamedTuple):
    """A fact of which no point could be made, as text, and why."""

    measurement: str
    fact: str
    reason: str


class Page(NamedTuple):
    """What some facts in a row become; `last` is the number of the last of them."""

    last: int
    points: Sequence[Point]
    unmade: Sequence[Unmade] = ()


class Source(Protocol):
    """A kind of facts. `key` is the meta key of its cursor."""

    @property
    def key(self) -> str: ...

    def following(self, unit: Unit, after: int) -> int | None:
        """The number of the next fact, settled or not; None where there is none."""
        ...

    def newest(self, unit: Unit) -> int:
        """The highest number that is settled: no fact of a lower one will still be committed."""
        ...

    def page(self, unit: Unit, after: int, upto: int, network: Network) -> Page | None:
        """The next facts with after < number <= upto; None where there are none."""
        ...


class Cursor:
    """How far a source has been written."""

    def __init__(self, state: State, writing: Writing, source: Source) -> None:
        self._state = state
        self._writing = writing
        self._source = source
        self._settled = 0
        self.behind = 0
        """Facts that were settled and not written when it last wrote, at most."""

    def step(self, now: Instant, network: Network) -> Left:
        """Write one page.

        Raises:
            Unavailable: the cursor stays where it was, and so does the page.
        """
        source = self._source
        with self._state.reader() as unit:
            at = int(unit.meta(source.key) or 0)
            if source.following(unit, at) is None:
                return Left.NOTHING
        if self._settled <= at:
            with self._state.unit() as unit:
                self._settled = source.newest(unit)
        with self._state.reader() as unit:
            page = source.page(unit, at, self._settled, network)
        if page is None:
            return Left.NOTHING
        self._writing.write(page.points, now)
        if page.unmade:
            self._writing.set_aside(RefusedRow(now, *each) for each in page.unmade)
        with self._state.unit() as unit:
            unit.put_meta(source.key, str(page.last))
            self._settled = source.newest(unit)
        self.behind = self._settled - page.last
        return Left.MORE if self.behind else Left.NOTHING
