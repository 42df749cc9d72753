"""What the projection into time series keeps and reads, in memory."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice

from gateway.memory.facts import FactsUnit
from gateway.memory.records import RecordsUnit
from gateway.memory.table import Table
from gateway.ports.projection import (
    Announced,
    JourneyCount,
    Mark,
    MilestoneRow,
    NumberedEvent,
    RefusedRow,
    Said,
    Spot,
    Standing,
    StockCount,
)
from gateway.ports.rows import EventRow, Identity, TransitionRow
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Key


class ProjectionUnit(FactsUnit, RecordsUnit):
    """Marks, milestones and standings. A subject that is marked again has one mark, the newest."""

    def __init__(self, journal: list[Callable[[], None]]) -> None:
        self._marks: Table[str, tuple[int, Instant]] = Table(journal)
        self._milestones: Table[int, MilestoneRow] = Table(journal, subject=lambda row: row.subject)
        self._untold: Table[int, int] = Table(journal)
        self._standings: Table[str, Standing] = Table(journal)
        self._refused: Table[int, RefusedRow] = Table(journal)

    def mark_journeys(self, subjects: Collection[str], at: Instant) -> None:
        for subject in subjects:
            self._marks.put(subject, (next(self._seq), at))

    def marks(self, limit: int) -> Sequence[Mark]:
        marks = sorted(Mark(seq, at, (subject,)) for subject, (seq, at) in self._marks.items())
        return marks[:limit]

    def unmark(self, seqs: Collection[int]) -> None:
        gone = [subject for subject, (seq, _) in self._marks.items() if seq in set(seqs)]
        for subject in gone:
            self._marks.drop(subject)

    def milestones(self, subjects: Collection[str]) -> Mapping[str, Sequence[MilestoneRow]]:
        found = {
            subject: sorted(self._milestones.where("subject", subject), key=_seq) for subject in subjects
        }
        return {subject: rows for subject, rows in found.items() if rows}

    def put_milestones(self, rows: Sequence[MilestoneRow]) -> None:
        for row in rows:
            seq = row.seq or next(self._seq)
            self._milestones.put(seq, row._replace(seq=seq))
            self._untold.put(seq, seq)

    def untold(self, limit: int) -> Sequence[MilestoneRow]:
        seqs = sorted(self._untold.rows())[:limit]
        return [row for seq in seqs if (row := self._milestones.get(seq)) is not None]

    def told(self, rows: Sequence[MilestoneRow]) -> None:
        for row in rows:
            now = self._milestones.get(row.seq)
            if now is not None and now.version == row.version:
                self._untold.drop(row.seq)

    def milestones_after(self, seq: int, limit: int) -> Sequence[MilestoneRow]:
        rows = sorted((row for row in self._milestones.rows() if row.seq > seq), key=_seq)
        return rows[:limit]

    def forget_milestones(self, after: int, before: Instant, limit: int) -> int | None:
        page = self.milestones_after(after, limit)
        for row in page:
            if row.at < before and ("goods", row.subject) not in self._subjects:
                self._milestones.drop(row.seq)
                self._untold.drop(row.seq)
        return page[-1].seq if page else None

    def standings(self, subjects: Collection[str]) -> Mapping[str, Standing]:
        return {each: row for each in subjects if (row := self._standings.get(each)) is not None}

    def put_standings(self, rows: Sequence[Standing]) -> None:
        for row in rows:
            self._standings.put(row.subject, row)

    def drop_standings(self, subjects: Collection[str]) -> None:
        for subject in subjects:
            self._standings.drop(subject)

    def forget_standings(self, after: tuple[str, str], limit: int) -> tuple[str, str] | None:
        without = ((str(row.kind), row.subject) for row in self._standings.rows() if row.status is None)
        page = sorted(each for each in without if each > after)[:limit]
        self.drop_standings([id_ for _, id_ in page if ("goods", id_) not in self._subjects])
        return page[-1] if page else None

    def newest_event(self) -> int:
        return max((seq for seq, _ in self._events.rows()), default=0)

    def events_after(self, seq: int, limit: int) -> Sequence[NumberedEvent]:
        later = (NumberedEvent(number, event) for number, event in self._events.rows() if number > seq)
        return sorted(later, key=lambda row: row.seq)[:limit]

    def sites_of(self, scans: Collection[tuple[str, Key]]) -> Mapping[tuple[str, Key], str]:
        found = {(subject, key): self._scans.get((subject, *key)) for subject, key in scans}
        return {asked: row[1].site for asked, row in found.items() if row is not None}

    def containers_of(self, positions: Collection[Key]) -> Mapping[Key, str]:
        return {
            key: row.container
            for key in positions
            for row in self._positions.where("event", (key[2], key[1]))
            if row.position.at == key[0]
        }

    def announced(self, items: Collection[str]) -> Mapping[str, Sequence[Announced]]:
        found: dict[str, list[Announced]] = {}
        for item, announcements in self.announcements(items).items():
            for each in announcements:
                event = self._events.get(Identity(f"source/{each.source}", each.id))
                if event is not None:
                    key = (each.at, each.id, each.source)
                    found.setdefault(item, []).append(Announced(event[0], key, each.route))
        return found

    def newest_transition(self) -> int:
        return max((row.seq for row in self._transitions.rows()), default=0)

    def histories(self, alert_ids: Collection[str]) -> Mapping[str, Sequence[TransitionRow]]:
        found: dict[str, list[TransitionRow]] = {}
        for row in self._transitions.rows():
            if row.alert_id in alert_ids:
                found.setdefault(row.alert_id, []).append(row)
        return found

    def add_refused(self, rows: Sequence[RefusedRow]) -> None:
        for row in rows:
            seq = next(self._seq)
            self._refused.put(seq, row._replace(seq=seq))

    def refused(self, after: int, limit: int) -> Sequence[RefusedRow]:
        return list(islice((row for row in self._refused.rows() if row.seq > after), limit))

    def forget_refused(self, before: Instant, limit: int) -> None:
        old = [seq for seq, row in self._refused.items() if row.refused_at < before]
        for seq in old[:limit]:
            self._refused.drop(seq)

    def journey_counts(self) -> Sequence[JourneyCount]:
        counts: dict[tuple[str | None, JourneyStatus], int] = {}
        for row in self._standings.rows():
            if row.status is not None:
                counts[row.route, row.status] = counts.get((row.route, row.status), 0) + 1
        return [JourneyCount(*key, count) for key, count in counts.items()]

    def stock_counts(self, now: Instant) -> Sequence[StockCount]:
        stock: dict[tuple[str, str | None], list[tuple[Instant, bool]]] = {}
        for row in self._standings.rows():
            if row.status is not None and row.site is not None and row.since is not None:
                over = row.leave_by is not None and row.leave_by <= now
                stock.setdefault((row.site, row.route), []).append((row.since, over))
        return [
            StockCount(*key, len(found), min(since for since, _ in found), sum(over for _, over in found))
            for key, found in stock.items()
        ]

    def spots(self, containers: Collection[str]) -> Mapping[str, Spot]:
        found: dict[str, Spot] = {}
        for container in containers:
            row = self._tracks.last(container)
            if row is not None:
                newest = row.position
                found[container] = Spot(newest.at, newest.lat, newest.lon)
        return found

    def content_counts(self, containers: Collection[str]) -> Mapping[str, int]:
        counts = {each: len(list(self._subjects.where("parent", each))) for each in containers}
        return {each: count for each, count in counts.items() if count}

    def battery_levels(self, devices: Collection[str]) -> Mapping[str, float]:
        newest = {
            device: max(
                self._batteries.where("device", device),
                key=lambda row: (row.at, row.id or "", row.pct),
                default=None,
            )
            for device in devices
        }
        return {device: row.pct for device, row in newest.items() if row is not None}

    def statuses(self, devices: Collection[str]) -> Mapping[str, Said]:
        found: dict[str, Said] = {}
        for event in self._statuses_of(devices):
            device = event.identity.origin.partition("/")[2]
            if device not in found or found[device].received_at <= event.received_at:
                found[device] = Said(event.received_at, event.payload)
        return found

    def _statuses_of(self, devices: Collection[str]) -> Iterator[EventRow]:
        origins = {f"device/{device}" for device in devices}
        return (
            event
            for _, event in self._events.rows()
            if event.what == "status" and event.identity.origin in origins
        )

    def held_counts(self) -> Mapping[str, int]:
        return Counter(entry.topic for _, entry in self._quarantine.rows() if entry.status == "held")

    def held_reasons(self) -> Mapping[str, int]:
        return Counter(entry.reason for _, entry in self._quarantine.rows() if entry.status == "held")


def _seq(row: MilestoneRow) -> int:
    return row.seq
