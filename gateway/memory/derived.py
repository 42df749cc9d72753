"""What is derived, in memory: subjects and alerts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from heapq import heappop, heappush

from gateway.memory.table import Table
from gateway.ports.rows import AlertRow, Scope, SubjectRow
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import Subject


class DerivedUnit:
    """Reading and writing what is derived."""

    def __init__(self, journal: list[Callable[[], None]]) -> None:
        self._subjects: Table[tuple[Scope, str], SubjectRow] = Table(
            journal,
            parent=lambda row: row.parent if row.scope == "goods" else None,
            flagged=lambda row: row.scope if row.shared else None,
        )
        self._heap: list[tuple[Instant, Scope, str]] = []
        self._alerts: Table[str, AlertRow] = Table(
            journal,
            active=lambda row: row.subject if row.resolved_at is None or row.shelved else None,
            subject=lambda row: row.subject,
            kind=lambda row: row.deviation.kind.value,
        )

    def subjects(self, scope: Scope, ids: Collection[str]) -> Mapping[str, SubjectRow]:
        return {id_: row for id_ in ids if (row := self._subjects.get((scope, id_))) is not None}

    def members(self, containers: Collection[str], *, shared: bool) -> Sequence[SubjectRow]:
        return [
            row
            for container in containers
            for row in self._subjects.where("parent", container)
            if not shared or row.shared or row.kind == "container"
        ]

    def flagged(self, scope: Scope) -> Sequence[SubjectRow]:
        return list(self._subjects.where("flagged", scope))

    def due(self, now: Instant, limit: int) -> Sequence[SubjectRow]:
        found: dict[tuple[Scope, str], SubjectRow] = {}
        kept: list[tuple[Instant, Scope, str]] = []
        while self._heap and self._heap[0][0] <= now and len(found) < limit:
            entry = heappop(self._heap)
            row = self._current(entry)
            if row is not None and (row.scope, row.id) not in found:
                found[row.scope, row.id] = row
                kept.append(entry)
        for entry in kept:
            heappush(self._heap, entry)
        return list(found.values())

    def next_due(self) -> Instant | None:
        while self._heap:
            if self._current(self._heap[0]) is not None:
                return self._heap[0][0]
            heappop(self._heap)
        return None

    def _current(self, entry: tuple[Instant, Scope, str]) -> SubjectRow | None:
        at, scope, id_ = entry
        row = self._subjects.get((scope, id_))
        return row if row is not None and row.look_again == at else None

    def alerts(self, subjects: Collection[Subject]) -> Mapping[Subject, Sequence[AlertRow]]:
        found = {subject: list(self._alerts.where("active", subject)) for subject in subjects}
        return {subject: rows for subject, rows in found.items() if rows}

    def superseded(self, subject: Subject, deviation: Deviation) -> AlertRow | None:
        rows = [
            row
            for row in self._alerts.where("subject", subject)
            if row.deviation.key == deviation.key
            and row.deviation.since == deviation.since
            and row.resolved_at is not None
            and row.reason == "superseded"
        ]
        return max(rows, key=lambda row: (row.resolved_at or 0, row.id), default=None)

    def was_open(self, kind: str, at: Instant) -> Sequence[AlertRow]:
        return [
            row
            for row in self._alerts.where("kind", kind)
            if row.opened_at <= at and (row.resolved_at is None or row.resolved_at > at)
        ]

    def put_subjects(self, rows: Sequence[SubjectRow]) -> None:
        for row in rows:
            self._subjects.put((row.scope, row.id), row)
            if row.look_again is not None:
                heappush(self._heap, (row.look_again, row.scope, row.id))

    def put_alerts(self, rows: Sequence[AlertRow]) -> None:
        for row in rows:
            self._alerts.put(row.id, row)
