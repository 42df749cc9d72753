"""The open alerts in the order of their urgency, kept at hand: worst first, then the longest true.

The order is by severity, which no index of the state store has; so their keys are kept here, as many as are open, with
what they can be asked for by, and brought up to date from the log of transitions. That tells how many match, too. What
is shown of an alert is read anew each time.
"""

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterator, Mapping, Sequence
from sys import intern
from typing import Final, NamedTuple

from gateway.ports.desk import DeskUnit
from gateway.ports.rows import AlertRow
from gateway.service.queries.paging import LOOKS, Page
from gateway.tracking.model import Severity

_PAGE: Final = 500
_BEHIND: Final = 5_000
"""Further behind the log than this, all are read anew."""

Rank = tuple[int, int, str]
"""Severity (falling), since (rising), id: what an alert is sorted by."""


class Said(NamedTuple):
    """What an alert can be asked for by, besides its severity; `text` is in small letters."""

    kind: str
    site: str | None
    route: str | None
    subject: str
    container: str | None
    text: str


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
        said = _said(alert)
        return (
            (not self.severities or alert.deviation.severity.word in self.severities)
            and all(said[place] in wanted for place, wanted in self.narrowing())
            and (self.q is None or self.q.casefold() in said.text)
        )

    def narrowing(self) -> Iterator[tuple[int, Collection[str]]]:
        """What is asked for besides severity and text: the place of each in `Said`, and what it may be there."""
        one = tuple(() if each is None else (each,) for each in (self.subject, self.container))
        for place, wanted in enumerate((self.kinds, self.sites, self.routes, *one)):
            if wanted:
                yield place, frozenset(wanted)


class _Entry(NamedTuple):
    """An alert in its order; its rank comes first, so entries sort by it."""

    severity: int
    since: int
    id: str
    said: Said

    def rank(self) -> Rank:
        return (self.severity, self.since, self.id)


class Found(NamedTuple):
    """A page of open alerts; how many match on all pages; and of each severity, whichever were asked for."""

    page: Page[AlertRow]
    total: int
    severities: Mapping[Severity, int]


class OpenAlerts:
    """For any thread; one at a time brings it up to date."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._upto = -1
        self._entries: dict[str, _Entry] = {}
        self._order: list[_Entry] = []

    def page(self, unit: DeskUnit, asked: Asked, after: Rank | None, limit: int) -> Found:
        """A page of open alerts, as the unit has them."""
        with self._lock:
            self._follow(unit)
            order = self._narrowed(asked)
            severities = {each: _place(order, 1 - each) - _place(order, -each) for each in Severity}
            if asked.severities:
                wanted = {-each for each in Severity if each.word in asked.severities}
                order = [each for each in order if each.severity in wanted]
            begin = 0 if after is None else bisect_right(order, after, key=_Entry.rank)
            entries, total = order[begin : begin + LOOKS], len(order)
        rows = _rows(unit, [each.rank() for each in entries], limit + 1)
        more = begin + LOOKS < total
        return Found(_page(rows, asked, after, limit, more=more), total, severities)

    def _narrowed(self, asked: Asked) -> list[_Entry]:
        """Those that match but for their severity; not to be changed, nor kept."""
        order = self._order
        for place, wanted in asked.narrowing():
            order = [each for each in order if each.said[place] in wanted]
        if asked.q is not None:
            text = asked.q.casefold()
            order = [each for each in order if text in each.said.text]
        return order

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
        entries: dict[str, _Entry] = {}
        after: str | None = None
        while rows := unit.list_alerts(resolved=False, after=after, limit=_PAGE):
            entries.update((row.id, _entry(row)) for row in rows)
            after = rows[-1].id
        self._entries, self._order = entries, sorted(entries.values())

    def _read_changed(self, unit: DeskUnit, newest: int) -> None:
        changed = {each.alert_id for each in unit.transitions(after=self._upto, limit=newest - self._upto)}
        rows = unit.alerts_by_id(changed)
        for id_ in changed:
            old = self._entries.pop(id_, None)
            if old is not None:
                del self._order[bisect_left(self._order, old)]
            row = rows.get(id_)
            if row is not None and row.resolved_at is None:
                self._entries[id_] = _entry(row)
                insort(self._order, self._entries[id_])


def rank_of(alert: AlertRow) -> Rank:
    """What an alert is sorted by."""
    return (-alert.deviation.severity, alert.deviation.since, alert.id)


def _said(alert: AlertRow) -> Said:
    deviation = alert.deviation
    return Said(
        deviation.kind,
        deviation.site and intern(deviation.site),
        alert.route and intern(alert.route),
        alert.subject.id,
        alert.container,
        f"{alert.subject.id} {alert.summary}".casefold(),
    )


def _entry(alert: AlertRow) -> _Entry:
    return _Entry(*rank_of(alert), _said(alert))


def _place(order: Sequence[_Entry], severity: int) -> int:
    """Where alerts of this rank by severity, or a later one, begin."""
    return bisect_left(order, severity, key=lambda each: each.severity)


def _rows(unit: DeskUnit, ranks: Sequence[Rank], size: int) -> Iterator[tuple[Rank, AlertRow | None]]:
    """The alerts of these ranks, read so many at once."""
    for begin in range(0, len(ranks), size):
        part = ranks[begin : begin + size]
        rows = unit.alerts_by_id([rank[2] for rank in part])
        yield from ((rank, rows.get(rank[2])) for rank in part)


def _page(
    rows: Iterator[tuple[Rank, AlertRow | None]], asked: Asked, after: Rank | None, limit: int, *, more: bool
) -> Page[AlertRow]:
    """The first of these that the unit has as they are asked for; `more`: there are others behind them."""
    found: list[AlertRow] = []
    for rank, row in rows:
        if row is not None and row.resolved_at is None and asked.takes(row):
            if len(found) == limit:
                return Page(found, after)
            found.append(row)
        after = rank
    return Page(found, after if more else None)
