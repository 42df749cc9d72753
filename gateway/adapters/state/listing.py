"""Pages for the desk: returns and containers by what they are found by, ended alerts, quarantine, positions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, select, tuple_

from gateway.adapters.state.alerts import read_alert
from gateway.adapters.state.part import Part
from gateway.adapters.state.positions import read_position
from gateway.adapters.state.schema import alerts, milestones, positions, quarantine, standings, subjects
from gateway.adapters.state.schema_desk import CONTAINERS, ENDED, OF_GOODS, deviating, expected_sites
from gateway.adapters.state.statements import Statement, among, fields, listed
from gateway.ports.desk import By, Kept, Passed, Reported
from gateway.ports.rows import AlertRow, QuarantineRow
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Key, Kind, Position, Subject, SubjectKind

_LATEST: Final = 2**62


def _ids(query: Select[Any], id_: Any) -> Statement:
    return Statement(query.where(id_ > bindparam("after")).order_by(id_).limit(bindparam("limit")))


def _deviating(kind: Kind) -> Statement:
    where = deviating(kind)
    # An expression, so that SQLite does not go through all goods by the primary key instead.
    of_goods = subjects.c.scope + "" == "goods"
    return Statement(
        lambda dialect: (
            select(subjects.c.id)
            .where(where[dialect.name], of_goods, subjects.c.id > bindparam("after"))
            .order_by(subjects.c.id)
            .limit(bindparam("limit"))
        )
    )


_RETURNS = _ids(
    select(subjects.c.id).where(subjects.c.scope == "goods", subjects.c.kind == "return"), subjects.c.id
)
_CONTAINERS = _ids(select(subjects.c.id).where(CONTAINERS), subjects.c.id)
_DEVIATING = {kind: _deviating(kind) for kind in OF_GOODS}
_STANDING = {
    by: _ids(
        select(standings.c.subject).where(
            column == bindparam("value"), standings.c.kind == bindparam("kind")
        ),
        standings.c.subject,
    )
    for by, column in (
        (By.STATUS, standings.c.status),
        (By.ROUTE, standings.c.route),
        (By.SITE, standings.c.site),
    )
}
_ENDED = {
    by: _ids(select(subjects.c.id).where(ENDED, column == bindparam("value")), subjects.c.id)
    for by, column in ((By.STATUS, subjects.c.status), (By.ROUTE, subjects.c.route))
}
EXPECTED = _ids(
    select(expected_sites.c.subject).where(
        expected_sites.c.site == bindparam("site"),
        expected_sites.c.kind == bindparam("kind"),
        expected_sites.c.status == bindparam("status"),
    ),
    expected_sites.c.subject,
)
STANDING_STATEMENTS = tuple(_STANDING.values())
ENDED_STATEMENTS = tuple(_ENDED.values())
DEVIATING_STATEMENTS = tuple(_DEVIATING.values())

_alert = fields(alerts, "subject_kind", "subject_id", "deviation", "id", *AlertRow._fields[3:])
_OF_SUBJECT = Statement(
    _alert.where(alerts.c.subject_kind == bindparam("kind"), alerts.c.subject_id == bindparam("of"))
    .order_by(alerts.c.id.desc())
    .limit(bindparam("limit"))
)
_BY_IDS = Statement(_alert.where(alerts.c.id.in_(among("ids"))))
_RESOLVED = Statement(
    _alert.where(
        alerts.c.resolved_at.is_not(None),
        tuple_(alerts.c.resolved_at, alerts.c.id) < tuple_(bindparam("at"), bindparam("id")),
    )
    .order_by(alerts.c.resolved_at.desc(), alerts.c.id.desc())
    .limit(bindparam("limit"))
)
_entries = (
    fields(quarantine, "seq", *QuarantineRow._fields)
    .where(quarantine.c.seq < bindparam("before"))
    .order_by(quarantine.c.seq.desc())
    .limit(bindparam("limit"))
)
_NEWEST = Statement(_entries)
_NEWEST_WITH = Statement(_entries.where(quarantine.c.status == bindparam("status")))
_REPORTED = Statement(
    fields(positions, *Position._fields, "site", "counted")
    .where(
        positions.c.container == bindparam("container"),
        tuple_(positions.c.at, positions.c.id, positions.c.device)
        < tuple_(bindparam("at"), bindparam("id"), bindparam("device")),
    )
    .order_by(positions.c.at.desc(), positions.c.id.desc(), positions.c.device.desc())
    .limit(bindparam("limit"))
)
_PASSED = Statement(
    fields(milestones, *Passed._fields)
    .where(
        milestones.c.measurement == bindparam("measurement"),
        tuple_(milestones.c.at, milestones.c.seq) > tuple_(bindparam("since"), bindparam("since_seq")),
        milestones.c.at < bindparam("until"),
        milestones.c.n > 0,
    )
    .order_by(milestones.c.at, milestones.c.seq)
    .limit(bindparam("limit"))
)


class Listing(Part):
    """Pages by the last key seen."""

    def goods_ids(self, kind: SubjectKind, after: str, limit: int) -> Sequence[str]:
        statement = _CONTAINERS if kind == "container" else _RETURNS
        return [id_ for (id_,) in self._session.rows(statement, after=after, limit=limit)]

    def standing_ids(self, by: By, value: str, kind: SubjectKind, after: str, limit: int) -> Sequence[str]:
        rows = self._session.rows(_STANDING[by], value=value, kind=kind, after=after, limit=limit)
        return [id_ for (id_,) in rows]

    def expected_ids(
        self, site: str, kind: SubjectKind, status: JourneyStatus, after: str, limit: int
    ) -> Sequence[str]:
        rows = self._session.rows(
            EXPECTED, site=site, kind=kind, status=status.value, after=after, limit=limit
        )
        return [id_ for (id_,) in rows]

    def ended_ids(self, by: By, value: str, after: str, limit: int) -> Sequence[str]:
        rows = self._session.rows(_ENDED[by], value=value, after=after, limit=limit)
        return [id_ for (id_,) in rows]

    def deviating_ids(self, kind: Kind, after: str, limit: int) -> Sequence[str]:
        if kind not in _DEVIATING:
            return []
        rows = self._session.rows(_DEVIATING[kind], after=after, limit=limit)
        return [id_ for (id_,) in rows]

    def resolved_alerts(self, before: tuple[Instant, str] | None, limit: int) -> Sequence[AlertRow]:
        at, id_ = before or (_LATEST, "")
        return [read_alert(row) for row in self._session.rows(_RESOLVED, at=at, id=id_, limit=limit)]

    def alerts_of(self, subject: Subject, limit: int) -> Sequence[AlertRow]:
        rows = self._session.rows(_OF_SUBJECT, kind=subject.kind, of=subject.id, limit=limit)
        return [read_alert(row) for row in rows]

    def alerts_by_id(self, ids: Collection[str]) -> Mapping[str, AlertRow]:
        found = [read_alert(row) for row in self._session.rows(_BY_IDS, ids=listed(ids))] if ids else []
        return {row.id: row for row in found}

    def quarantine_newest(self, status: str | None, before: int | None, limit: int) -> Sequence[Kept]:
        before = _LATEST if before is None else before
        if status is None:
            rows = self._session.rows(_NEWEST, before=before, limit=limit)
        else:
            rows = self._session.rows(_NEWEST_WITH, status=status, before=before, limit=limit)
        return [Kept(seq, QuarantineRow._make(row)) for seq, *row in rows]

    def positions_newest(self, container: str, before: Key | None, limit: int) -> Sequence[Reported]:
        at, id_, device = before or (_LATEST, "", "")
        rows = self._session.rows(_REPORTED, container=container, at=at, id=id_, device=device, limit=limit)
        return [Reported(read_position(columns), site, bool(counted)) for *columns, site, counted in rows]

    def passed(
        self, measurement: str, since: tuple[Instant, int], until: Instant, limit: int
    ) -> Sequence[Passed]:
        rows = self._session.rows(
            _PASSED, measurement=measurement, since=since[0], since_seq=since[1], until=until, limit=limit
        )
        return [Passed._make(row) for row in rows]
