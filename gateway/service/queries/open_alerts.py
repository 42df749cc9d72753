"""The open alerts in the order of their urgency, kept at hand: worst first, then the longest true.

The order is by severity, which no index of the state store has; so their keys are kept here, as many as are open, and
brought up to date from the log of transitions. What is shown of an alert is read anew each time.
"""

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import Final, NamedTuple

from gateway.ports.desk import DeskUnit
from gateway.ports.rows import AlertRow
from gateway.service.queries.paging import LOOKS, Page

_PAGE: Final = 500
_BEHIND: Final = 5_000
"""Further behind the log than this, all are read anew."""

Rank = tuple[int, int, str]
"""Severity (falling), since (rising), id: what an alert is sorted by."""


class Asked(NamedTuple):
    """Which alerts are asked for; what is empty or None asks for nothing."""

    kinds: Sequence[str] = ()
    severities: Sequence[str] = ()
    sites: Sequence[str] = ()
    routes: Sequence[str] = ()
    subject: str | None = None
    container: str | None = None
    q: str | None = None

    def takes(self, alert: AlertRow) -> bool:
        """Whether an alert is one of them."""
        deviation = alert.deviation
        several = (
            (self.kinds, deviation.kind),
            (self.severities, deviation.severity.word),
            (self.sites, deviation.site),
            (self.routes, alert.route),
        )
        return (
            all(not wanted or value in wanted for wanted, value in several)
            and self.subject in (None, alert.subject.id)
            and self.container in (None, alert.container)
            and (self.q is None or self.q.casefold() in f"{alert.subject.id} {alert.summary}".casefold())
        )


class OpenAlerts:
    """For any thread; one at a time brings it up to date."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._upto = -1
        self._ranks: dict[str, Rank] = {}
        self._order: list[Rank] = []

    def page(self, unit: DeskUnit, asked: Asked, after: Rank | None, limit: int) -> Page[AlertRow]:
        """A page of open alerts, as the unit has them."""
        with self._lock:
            self._follow(unit)
            begin = 0 if after is None else bisect_right(self._order, after)
            ranks = self._order[begin : begin + LOOKS]
            more = begin + LOOKS < len(self._order)
        found: list[AlertRow] = []
        last = after
        for start in range(0, len(ranks), limit + 1):
            part = ranks[start : start + limit + 1]
            rows = unit.alerts_by_id([rank[2] for rank in part])
            for rank in part:
                row = rows.get(rank[2])
                if row is not None and row.resolved_at is None and asked.takes(row):
                    if len(found) == limit:
                        return Page(found, last)
                    found.append(row)
                last = rank
        return Page(found, last if more else None)

    def count(self, unit: DeskUnit) -> int:
        """How many are open."""
        with self._lock:
            self._follow(unit)
            return len(self._order)

    def _follow(self, unit: DeskUnit) -> None:
        """Take up what the unit's snapshot has; an older snapshot than the last changes nothing."""
        newest = unit.marks_now().transitions
        if newest <= self._upto:
            return
        if self._upto < 0 or newest - self._upto > _BEHIND:
            self._read_all(unit)
        else:
            self._read_changed(unit, newest)
        self._upto = newest

    def _read_all(self, unit: DeskUnit) -> None:
        self._ranks.clear()
        after: str | None = None
        while rows := unit.list_alerts(resolved=False, after=after, limit=_PAGE):
            self._ranks.update((row.id, rank_of(row)) for row in rows)
            after = rows[-1].id
        self._order = sorted(self._ranks.values())

    def _read_changed(self, unit: DeskUnit, newest: int) -> None:
        changed = {each.alert_id for each in unit.transitions(after=self._upto, limit=newest - self._upto)}
        rows = unit.alerts_by_id(changed)
        for id_ in changed:
            old = self._ranks.pop(id_, None)
            if old is not None:
                del self._order[bisect_left(self._order, old)]
            row = rows.get(id_)
            if row is not None and row.resolved_at is None:
                self._ranks[id_] = rank_of(row)
                insort(self._order, self._ranks[id_])


def rank_of(alert: AlertRow) -> Rank:
    """What an alert is sorted by."""
    return (-alert.deviation.severity, alert.deviation.since, alert.id)
