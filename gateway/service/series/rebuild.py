"""Making the time series anew from the facts that are kept, and from what journeys have told.

The cursors stay where they are, for a gateway may be running beside this. Events and transitions never change, so it
does not matter who writes their points last. What journeys told does change: a page is read again after it was
written, until it is as it was written; what changes after that, the running gateway writes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.points import Point
from gateway.ports.projection import MilestoneRow
from gateway.ports.series import MAX_POINTS, PartialWrite, Series
from gateway.ports.state import State
from gateway.service.series.alerts import Transitions
from gateway.service.series.cursor import Source
from gateway.service.series.events import Events
from gateway.service.series.journeys import MAX_MARKS, PAGE, point_of
from gateway.tracking.plan import Network


class Rebuilt(NamedTuple):
    """Points written so far, by what they were made of; and how many facts made none, or one that was refused.

    `waiting`: marks that a running gateway has yet to look at.
    """

    events: int = 0
    alerts: int = 0
    journeys: int = 0
    refused: int = 0
    waiting: int = 0


Progress = Callable[[Rebuilt], None]


def rebuild(state: State, series: Series, network: Network, progress: Progress) -> Rebuilt:
    """Write all points that can be made from what the state store keeps.

    Raises:
        Unavailable: of either store; do it again, what was written is as good as if it were not.
    """
    series.setup()
    work = _Rebuilding(state, series, network, progress)
    work.source(Events(), "events")
    work.source(Transitions(), "alerts")
    work.milestones()
    with state.reader() as unit:
        return work.done._replace(waiting=len(unit.marks(MAX_MARKS)))


class _Rebuilding:
    def __init__(self, state: State, series: Series, network: Network, progress: Progress) -> None:
        self._state = state
        self._series = series
        self._network = network
        self._progress = progress
        self.done = Rebuilt()

    def source(self, source: Source, name: str) -> None:
        with self._state.unit() as unit:
            upto = source.newest(unit)
        at = 0
        while True:
            with self._state.reader() as unit:
                page = source.page(unit, at, upto, self._network)
            if page is None:
                return
            self._write(page.points, name, len(page.unmade))
            at = page.last

    def milestones(self) -> None:
        after = 0
        while page := self._page(after):
            last = page[-1].seq
            changed = page
            while changed:
                self._write([point_of(row) for row in changed], "journeys")
                known = {row.seq: row for row in (*page, *changed)}
                page = self._page(after)
                changed = [row for row in page if row.seq <= last and row != known.get(row.seq)]
            after = last

    def _page(self, after: int) -> Sequence[MilestoneRow]:
        with self._state.reader() as unit:
            return unit.milestones_after(after, PAGE)

    def _write(self, points: Sequence[Point], name: str, unmade: int = 0) -> None:
        refused = unmade
        for begin in range(0, len(points), MAX_POINTS):
            try:
                self._series.write(points[begin : begin + MAX_POINTS])
            except PartialWrite as partial:
                refused += len(partial.refused)
        written = getattr(self.done, name) + len(points)
        self.done = self.done._replace(**{name: written, "refused": self.done.refused + refused})
        self._progress(self.done)
