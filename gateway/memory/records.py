"""Events, quarantine, history and outbox in memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count, islice

from gateway.memory.derived import DerivedUnit
from gateway.memory.table import Table
from gateway.ports.rows import (
    AlertRow,
    EventRow,
    HeardRow,
    Identity,
    OutboxRow,
    QuarantineRow,
    RepeatRow,
    SubjectRow,
    TransitionRow,
)
from gateway.tracking.instants import Instant


class RecordsUnit(DerivedUnit):
    """What was received and what is to be told."""

    def __init__(self, journal: list[Callable[[], None]]) -> None:
        self._seq = count(1)
        self._events: Table[Identity, tuple[int, EventRow]] = Table(journal)
        self._quarantine: Table[str, tuple[int, QuarantineRow]] = Table(journal)
        self._repeats: Table[int, RepeatRow] = Table(journal)
        self._transitions: Table[int, TransitionRow] = Table(journal)
        self._outbox: Table[int, OutboxRow] = Table(journal, lane=lambda row: row.lane)
        self._meta: Table[str, str] = Table(journal)

    def results(self, identities: Collection[Identity]) -> Mapping[Identity, bytes]:
        found = {identity: self._events.get(identity) for identity in identities}
        return {identity: row[1].result for identity, row in found.items() if row is not None}

    def add_events(self, events: Sequence[EventRow]) -> None:
        for event in events:
            self._events.put(event.identity, (next(self._seq), event))

    def payload(self, identity: Identity) -> str | None:
        found = self._events.get(identity)
        return found[1].payload if found else None

    def add_repeats(self, rows: Sequence[RepeatRow]) -> None:
        for row in rows:
            self._repeats.put(next(self._seq), row)

    def put_quarantine(self, rows: Sequence[QuarantineRow]) -> None:
        for row in rows:
            known = self._quarantine.get(row.id)
            if known is None:
                self._quarantine.put(row.id, (next(self._seq), row))
            else:
                seq, first = known
                self._quarantine.put(row.id, (seq, first._replace(seen=first.seen + row.seen)))

    def quarantine_entries(self, entry_ids: Collection[str]) -> Mapping[str, QuarantineRow]:
        found = ((entry_id, self._quarantine.get(entry_id)) for entry_id in entry_ids)
        return {entry_id: row[1] for entry_id, row in found if row is not None}

    def list_quarantine(
        self, *, status: str | None, after: str | None, limit: int
    ) -> Sequence[QuarantineRow]:
        rows = sorted((row for _, row in self._quarantine.rows()), key=lambda row: row.id)
        wanted = (row for row in rows if status is None or row.status == status)
        return list(islice((row for row in wanted if after is None or row.id > after), limit))

    def set_quarantine_status(self, entry_ids: Collection[str], status: str) -> None:
        for entry_id in entry_ids:
            found = self._quarantine.get(entry_id)
            if found is not None:
                self._quarantine.put(entry_id, (found[0], found[1]._replace(status=status)))

    def heard(self, since: Instant, before: Instant, after: int, limit: int) -> Sequence[HeardRow]:
        rows = [
            HeardRow(seq, event.received_at, f"{event.identity.origin}/{event.what}", event.payload)
            for seq, event in self._events.rows()
        ]
        rows += [
            HeardRow(seq, entry.received_at, entry.topic, entry.payload)
            for seq, entry in self._quarantine.rows()
        ]
        rows += [self._repeated(seq, row) for seq, row in self._repeats.items()]
        rows.sort(key=lambda row: (row.received_at, row.seq))
        if after:
            last = next(index for index, row in enumerate(rows) if row.seq == after)
            rows = rows[last + 1 :]
        return [row for row in rows if since <= row.received_at < before][:limit]

    def _repeated(self, seq: int, row: RepeatRow) -> HeardRow:
        if row.identity is not None:
            found = self._events.get(row.identity)
            if found is not None:
                event = found[1]
                return HeardRow(seq, row.received_at, f"{event.identity.origin}/{event.what}", event.payload)
        entry = self._quarantine.get(row.entry or "")
        if entry is None:
            return HeardRow(seq, row.received_at, "", "")
        return HeardRow(seq, row.received_at, entry[1].topic, entry[1].payload)

    def add_transitions(self, rows: Sequence[TransitionRow]) -> None:
        for row in rows:
            seq = next(self._seq)
            self._transitions.put(seq, row._replace(seq=seq))

    def transitions(self, *, after: int, limit: int) -> Sequence[TransitionRow]:
        return list(islice((row for row in self._transitions.rows() if row.seq > after), limit))

    def put_outbox(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            seq = next(self._seq)
            self._outbox.put(seq, row._replace(seq=seq))

    def outbox(self, lane: str, now: Instant, limit: int) -> Sequence[OutboxRow]:
        rows = sorted(self._outbox.where("lane", lane), key=lambda row: row.seq)
        return [row for row in rows if row.due_at <= now][:limit]

    def next_outbox(self, lane: str) -> Instant | None:
        return min((row.due_at for row in self._outbox.where("lane", lane)), default=None)

    def outbox_size(self) -> Mapping[str, int]:
        sizes: dict[str, int] = {}
        for row in self._outbox.rows():
            sizes[row.lane] = sizes.get(row.lane, 0) + 1
        return sizes

    def delivered(self, seqs: Collection[int]) -> None:
        for seq in seqs:
            self._outbox.drop(seq)

    def postpone(self, seqs: Collection[int], due_at: Instant) -> None:
        for seq in seqs:
            row = self._outbox.get(seq)
            if row is not None:
                self._outbox.put(seq, row._replace(due_at=due_at))

    def meta(self, key: str) -> str | None:
        return self._meta.get(key)

    def put_meta(self, key: str, value: str) -> None:
        self._meta.put(key, value)

    def alert(self, alert_id: str) -> AlertRow | None:
        return self._alerts.get(alert_id)

    def list_alerts(self, *, resolved: bool, after: str | None, limit: int) -> Sequence[AlertRow]:
        rows = sorted(self._alerts.rows(), key=lambda row: row.id)
        wanted = (row for row in rows if resolved or row.resolved_at is None)
        return list(islice((row for row in wanted if after is None or row.id > after), limit))

    def journeys(self, *, after: str | None, limit: int) -> Sequence[SubjectRow]:
        rows = sorted((row for row in self._subjects.rows() if row.scope == "goods"), key=lambda row: row.id)
        return list(islice((row for row in rows if after is None or row.id > after), limit))

    def prune(self, before: Instant, limit: int) -> int:
        """Quarantine and history older than `before`; what is in memory lives no longer than its process."""
        old = [
            key
            for key, (_, row) in self._quarantine.items()
            if row.received_at < before and row.status != "held"
        ][:limit]
        for key in old:
            self._quarantine.drop(key)
        lines = [seq for seq, row in self._transitions.items() if row.at < before][: limit - len(old)]
        for seq in lines:
            self._transitions.drop(seq)
        return len(old) + len(lines)
