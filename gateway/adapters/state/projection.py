"""What the projection into time series keeps: marks, milestones, standings, refused points; and facts by number."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Dialect, bindparam, exists, func, literal, literal_column, select, text, tuple_, update
from sqlalchemy import delete as deleting

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import (
    UNTOLD,
    announcements,
    events,
    journey_marks,
    milestones,
    refused_points,
    scans,
    standings,
    subjects,
    transitions,
)
from gateway.adapters.state.schema_desk import expected_sites
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import (
    Build,
    Bulk,
    Statement,
    adding,
    among,
    fields,
    listed,
    putting,
    removing,
    rows_of,
)
from gateway.adapters.state.voiding import POSITIONS_OF
from gateway.ports.projection import Announced, Mark, MilestoneRow, NumberedEvent, RefusedRow, Standing
from gateway.ports.rows import EventRow, Identity, TransitionRow
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Key

_PER_MARK: Final = 100
"""Subjects of one mark, so that whoever reads marks can take so much and no more."""

_MARKS = Statement(
    fields(journey_marks, *Mark._fields)
    .order_by(journey_marks.c.seq)
    .limit(bindparam("limit"))
    .where(journey_marks.c.seq > 0)
)
_ADD_MARKS = adding(journey_marks)
_UNMARK = removing(journey_marks, "seq")

_milestone = fields(milestones, *MilestoneRow._fields)
_OF_SUBJECTS = Statement(
    _milestone.where(milestones.c.subject.in_(among("subjects"))).order_by(
        milestones.c.subject, milestones.c.seq
    )
)
_UNTOLD = Statement(
    _milestone.where(UNTOLD, milestones.c.seq > 0).order_by(milestones.c.seq).limit(bindparam("limit"))
)
_AFTER = Statement(
    _milestone.where(milestones.c.seq > bindparam("after"))
    .order_by(milestones.c.seq)
    .limit(bindparam("limit"))
)
_ADD_MILESTONES = adding(milestones)
_CHANGE_MILESTONE = Bulk(
    lambda _: (
        update(milestones)
        .where(milestones.c.seq == bindparam("of"))
        .values({name: bindparam(name) for name in (*MilestoneRow._fields[:-1], "told")})
    ),
    (*MilestoneRow._fields[:-1], "told", "of"),
)
_TOLD = Bulk(
    lambda _: (
        update(milestones)
        .where(milestones.c.seq == bindparam("of"), milestones.c.version == bindparam("known"))
        .values(told=bindparam("told"))
    ),
    ("told", "of", "known"),
)
_FORGET_MILESTONES = Statement(
    deleting(milestones).where(
        milestones.c.seq > bindparam("after"),
        milestones.c.seq <= bindparam("upto"),
        milestones.c.at < bindparam("before"),
        ~exists().where(subjects.c.scope == "goods", subjects.c.id == milestones.c.subject),
    )
)

_STANDINGS = Statement(
    fields(standings, *Standing._fields[:-1]).where(standings.c.subject.in_(among("subjects")))
)
_PUT_STANDINGS = putting(standings)
_DROP_STANDINGS = removing(standings, "subject")
_WITHOUT_JOURNEY = Statement(
    select(standings.c.kind, standings.c.subject, subjects.c.id)
    .select_from(
        standings.outerjoin(
            subjects, (subjects.c.scope == literal_column("'goods'")) & (subjects.c.id == standings.c.subject)
        )
    )
    .where(
        standings.c.status.is_(None),
        tuple_(standings.c.kind, standings.c.subject) > tuple_(bindparam("kind"), bindparam("after")),
    )
    .order_by(standings.c.kind, standings.c.subject)
    .limit(bindparam("limit"))
)
_EXPECTED = Statement(
    fields(expected_sites, "subject", "site", "kind", "status")
    .where(expected_sites.c.subject.in_(among("subjects")))
    .order_by(expected_sites.c.subject, expected_sites.c.site)
)
_EXPECT = adding(expected_sites, if_new=True)
_EXPECT_NO_MORE = removing(expected_sites, "site", "kind", "status", "subject")


def _settled(table: str) -> Build:
    """On PostgreSQL numbers are drawn before they are committed: this waits for those who are writing to the table.

    SQLite has one writer, and we are it.
    """

    def build(dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return text(f"LOCK TABLE {table} IN SHARE MODE")
        return select(literal_column("1"))

    return build


_EVENTS_SETTLED = Statement(_settled("events"))
_TRANSITIONS_SETTLED = Statement(_settled("transitions"))
_NEWEST_EVENT = Statement(select(func.max(events.c.seq)))
_NEWEST_TRANSITION = Statement(select(func.max(transitions.c.seq)))
_EVENTS = Statement(
    fields(events, "seq", "origin", "id", *EventRow._fields[1:])
    .where(events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)
_keys = rows_of("scans")
_SITES = Statement(
    select(scans.c.subject, scans.c.at, scans.c.id, scans.c.device, scans.c.site).select_from(
        _keys.source.join(
            scans,
            (scans.c.subject == _keys.text(0))
            & (scans.c.at == _keys.whole(1))
            & (scans.c.id == _keys.text(2))
            & (scans.c.device == _keys.text(3)),
        )
    )
)
_ANNOUNCED = Statement(
    select(
        announcements.c.item,
        events.c.seq,
        announcements.c.at,
        announcements.c.id,
        announcements.c.source,
        announcements.c.route,
    )
    .select_from(
        announcements.join(
            events,
            (events.c.origin == literal("source/") + announcements.c.source)
            & (events.c.id == announcements.c.id),
        )
    )
    .where(announcements.c.item.in_(among("items")))
    .order_by(announcements.c.item, announcements.c.at, announcements.c.id, announcements.c.source)
)
_HISTORIES = Statement(
    fields(transitions, *TransitionRow._fields)
    .where(transitions.c.alert_id.in_(among("alerts")))
    .order_by(transitions.c.alert_id, transitions.c.seq)
)

_REFUSED = Statement(
    fields(refused_points, *RefusedRow._fields)
    .where(refused_points.c.seq > bindparam("after"))
    .order_by(refused_points.c.seq)
    .limit(bindparam("limit"))
)
_ADD_REFUSED = adding(refused_points)
_FORGET_REFUSED = Statement(
    deleting(refused_points).where(
        refused_points.c.refused_at < bindparam("before"),
        refused_points.c.seq.in_(
            select(refused_points.c.seq)
            .where(refused_points.c.seq > 0)
            .order_by(refused_points.c.seq)
            .limit(bindparam("limit"))
        ),
    )
)

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Projection(Part):
    """Rows of the projection."""

    def mark_journeys(self, subjects: Collection[str], at: Instant) -> None:
        named = list(subjects)
        parts = (named[begin : begin + _PER_MARK] for begin in range(0, len(named), _PER_MARK))
        self._session.many(_ADD_MARKS, [(at, _encode(part)) for part in parts])

    def marks(self, limit: int) -> Sequence[Mark]:
        rows = self._session.rows(_MARKS, limit=limit)
        return [Mark(seq, at, tuple(json.loads(named))) for seq, at, named in rows]

    def unmark(self, seqs: Collection[int]) -> None:
        self._session.many(_UNMARK, [(seq,) for seq in seqs])

    def milestones(self, subjects: Collection[str]) -> Mapping[str, Sequence[MilestoneRow]]:
        found: dict[str, list[MilestoneRow]] = {}
        for row in self._session.rows(_OF_SUBJECTS, subjects=listed(subjects)):
            found.setdefault(row[0], []).append(MilestoneRow._make(row))
        return found

    def put_milestones(self, rows: Sequence[MilestoneRow]) -> None:
        new = [(*row[:-1], False) for row in rows if not row.seq]
        changed = [(*row[:-1], False, row.seq) for row in rows if row.seq]
        self._session.many(_ADD_MILESTONES, new)
        self._session.many(_CHANGE_MILESTONE, changed)

    def untold(self, limit: int) -> Sequence[MilestoneRow]:
        return [MilestoneRow._make(row) for row in self._session.rows(_UNTOLD, limit=limit)]

    def told(self, rows: Sequence[MilestoneRow]) -> None:
        self._session.many(_TOLD, [(True, row.seq, row.version) for row in rows])

    def milestones_after(self, seq: int, limit: int) -> Sequence[MilestoneRow]:
        return [MilestoneRow._make(row) for row in self._session.rows(_AFTER, after=seq, limit=limit)]

    def forget_milestones(self, after: int, before: Instant, limit: int) -> int | None:
        page = self.milestones_after(after, limit)
        if not page:
            return None
        self._session.run(_FORGET_MILESTONES, after=after, upto=page[-1].seq, before=before)
        return page[-1].seq

    def standings(self, subjects: Collection[str]) -> Mapping[str, Standing]:
        asked = listed(subjects)
        sites: dict[str, list[str]] = {}
        for subject, site, *_ in self._session.rows(_EXPECTED, subjects=asked):
            sites.setdefault(subject, []).append(site)
        rows = self._session.rows(_STANDINGS, subjects=asked)
        return {row[0]: _standing(row, sites.get(row[0], ())) for row in rows}

    def put_standings(self, rows: Sequence[Standing]) -> None:
        self._session.many(_PUT_STANDINGS, [_written(row) for row in rows])
        self._expect([row.subject for row in rows], {each for row in rows for each in _expectations(row)})

    def drop_standings(self, subjects: Collection[str]) -> None:
        self._session.many(_DROP_STANDINGS, [(subject,) for subject in subjects])
        self._expect(subjects, set())

    def _expect(self, subjects: Collection[str], wanted: set[Row]) -> None:
        """Keep these as where the subjects are expected; what is there already is not written again."""
        if subjects:
            found = self._session.rows(_EXPECTED, subjects=listed(subjects))
            there = {(site, kind, status, subject) for subject, site, kind, status in found}
            self._session.many(_EXPECT_NO_MORE, sorted(there - wanted))
            self._session.many(_EXPECT, sorted(wanted - there))

    def forget_standings(self, after: tuple[str, str], limit: int) -> tuple[str, str] | None:
        rows = self._session.rows(_WITHOUT_JOURNEY, kind=after[0], after=after[1], limit=limit)
        self.drop_standings([subject for _, subject, known in rows if known is None])
        return (rows[-1][0], rows[-1][1]) if rows else None

    def newest_event(self) -> int:
        self._session.run(_EVENTS_SETTLED)
        return self._session.value(_NEWEST_EVENT) or 0

    def events_after(self, seq: int, limit: int) -> Sequence[NumberedEvent]:
        rows = self._session.rows(_EVENTS, after=seq, limit=limit)
        return [
            NumberedEvent(number, EventRow(Identity(origin, id_), *rest))
            for number, origin, id_, *rest in rows
        ]

    def sites_of(self, scans: Collection[tuple[str, Key]]) -> Mapping[tuple[str, Key], str]:
        rows = self._session.rows(_SITES, scans=listed([(subject, *key) for subject, key in scans]))
        return {(subject, (at, id_, device)): site for subject, at, id_, device, site in rows}

    def containers_of(self, positions: Collection[Key]) -> Mapping[Key, str]:
        rows = self._session.rows(POSITIONS_OF, keys=listed(positions))
        return {(at, id_, device): container for container, at, id_, device in rows}

    def announced(self, items: Collection[str]) -> Mapping[str, Sequence[Announced]]:
        found: dict[str, list[Announced]] = {}
        for item, seq, *key, route in self._session.rows(_ANNOUNCED, items=listed(items)):
            found.setdefault(item, []).append(Announced(seq, (key[0], key[1], key[2]), route))
        return found

    def newest_transition(self) -> int:
        self._session.run(_TRANSITIONS_SETTLED)
        return self._session.value(_NEWEST_TRANSITION) or 0

    def histories(self, alert_ids: Collection[str]) -> Mapping[str, Sequence[TransitionRow]]:
        found: dict[str, list[TransitionRow]] = {}
        for row in self._session.rows(_HISTORIES, alerts=listed(alert_ids)):
            found.setdefault(row[0], []).append(TransitionRow._make(row))
        return found

    def add_refused(self, rows: Sequence[RefusedRow]) -> None:
        self._session.many(_ADD_REFUSED, [row[:-1] for row in rows])

    def refused(self, after: int, limit: int) -> Sequence[RefusedRow]:
        return [RefusedRow._make(row) for row in self._session.rows(_REFUSED, after=after, limit=limit)]

    def forget_refused(self, before: Instant, limit: int) -> None:
        self._session.run(_FORGET_REFUSED, before=before, limit=limit)


def _standing(row: Row, sites: Iterable[str]) -> Standing:
    standing = Standing._make((*row, tuple(sites)))
    return standing if standing.status is None else standing._replace(status=JourneyStatus(standing.status))


def _written(row: Standing) -> Row:
    """The row as the driver takes it, which knows no enums; where it is expected is in a table of its own."""
    subject, kind, route, status, *rest, _ = row
    return (subject, kind, route, None if status is None else status.value, *rest)


def _expectations(row: Standing) -> Iterator[Row]:
    if row.status is not None:
        yield from ((site, row.kind, row.status.value, row.subject) for site in row.expected_sites)
