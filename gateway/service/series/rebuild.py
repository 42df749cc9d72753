"""Making the time series anew from the facts that are kept, and from what journeys have told.

The cursors of the projection stay where they are, for a gateway may be running beside this. Events and transitions
never change, so it does not matter who writes their points last. What journeys told does change: a page is read again
after it was written, until it is as it was written; what changes after that, the running gateway writes.
How far this has come is kept after each page that the time-series store has confirmed.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from gateway.points import Point
from gateway.ports.projection import MilestoneRow
from gateway.ports.series import MAX_POINTS, PartialWrite, Series
from gateway.ports.state import State
from gateway.service.series.extent import SOURCES, last_milestone, number_before
from gateway.service.series.journeys import MAX_MARKS, PAGE, point_of
from gateway.service.series.resuming import Reached, Rebuilt, keep
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network


class Passed(NamedTuple):
    """How far it is: facts gone through, and of how many, and the points made so far."""

    facts: int
    of: int
    done: Rebuilt


Progress = Callable[[Passed], None]
_BEGIN: Final = Reached()


def rebuild(
    state: State, series: Series, network: Network, progress: Progress, begin: Reached = _BEGIN
) -> Rebuilt:
    """Write all points that can be made from what the state store keeps.

    `begin` is `Reached(since=…)` where only points from that instant on are wanted, or what `reached` says of one that
    was ended before its end.

    Raises:
        Unavailable: of either store; do it again, what was written is as good as if it were not.
    """
    series.setup()
    work = _Rebuilding(state, series, network, progress, begin)
    for name in SOURCES:
        work.source(name)
    work.milestones()
    with state.unit() as unit:
        keep(unit, None)
    with state.reader() as unit:
        return work.there.done._replace(waiting=len(unit.marks(MAX_MARKS)))


class _Rebuilding:
    def __init__(
        self, state: State, series: Series, network: Network, progress: Progress, begin: Reached
    ) -> None:
        self._state = state
        self._series = series
        self._network = network
        self._progress = progress
        self.there = begin
        # Facts that come from now on are for the gateway that takes them in to write.
        with state.unit() as unit:
            self._upto = {name: source.newest(unit) for name, (source, _) in SOURCES.items()}
            keep(unit, begin)
        with state.reader() as unit:
            self._upto["journeys"] = last_milestone(unit)
        self._skip = self._skipped(begin.since)
        self._since_ns = None if begin.since is None else begin.since * 1000

    def _skipped(self, since: Instant | None) -> dict[str, int]:
        """The numbers that all facts with points before `since` are below; devices may be early by `max_future`."""
        if since is None:
            return dict.fromkeys(self._upto, 0)
        known = Instant(since - self._network.defaults.max_future)
        with self._state.reader() as unit:
            skipped = {
                name: number_before(unit, look, self._upto[name], known)
                for name, (_, look) in SOURCES.items()
            }
        return {**skipped, "journeys": 0}

    def source(self, name: str) -> None:
        source, _ = SOURCES[name]
        at = max(self.there.numbers.get(name, 0), self._skip[name])
        while True:
            with self._state.reader() as unit:
                page = source.page(unit, at, self._upto[name], self._network)
            if page is None:
                self._confirmed(name, self._upto[name])
                return
            self._write(page.points, name, len(page.unmade))
            at = page.last
            self._confirmed(name, at)

    def milestones(self) -> None:
        after = self.there.numbers.get("journeys", 0)
        while page := self._page(after):
            last = page[-1].seq
            changed = page
            while changed:
                self._write([point_of(row) for row in changed], "journeys")
                known = {row.seq: row for row in (*page, *changed)}
                page = self._page(after)
                changed = [row for row in page if row.seq <= last and row != known.get(row.seq)]
            after = last
            self._confirmed("journeys", after)

    def _page(self, after: int) -> Sequence[MilestoneRow]:
        with self._state.reader() as unit:
            return unit.milestones_after(after, PAGE)

    def _write(self, points: Sequence[Point], name: str, unmade: int = 0) -> None:
        refused = unmade
        wanted = [point for point in points if self._since_ns is None or point.time >= self._since_ns]
        for begin in range(0, len(wanted), MAX_POINTS):
            try:
                self._series.write(wanted[begin : begin + MAX_POINTS])
            except PartialWrite as partial:
                refused += len(partial.refused)
        done = self.there.done
        counted = {name: getattr(done, name) + len(wanted), "refused": done.refused + refused}
        self.there = self.there._replace(done=done._replace(**counted))

    def _confirmed(self, name: str, number: int) -> None:
        self.there = self.there._replace(numbers={**self.there.numbers, name: number})
        with self._state.unit() as unit:
            keep(unit, self.there)
        passed, of = 0, 0
        for each, upto in self._upto.items():
            skipped = self._skip[each]
            passed += max(0, min(upto, self.there.numbers.get(each, 0)) - skipped)
            of += max(0, upto - skipped)
        self._progress(Passed(passed, of, self.there.done))
