"""The derived view of each return, container, device and site, and when to look at it again."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, func, select

from gateway.adapters.state.codec import dump_all, load_all
from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import FLAGGED, subjects
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import Statement, among, fields, listed, putting
from gateway.ports.rows import Scope, SubjectRow
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus

_row = fields(subjects, *SubjectRow._fields)
_in_scope = _row.where(subjects.c.scope == bindparam("scope"))
_BY_ID = Statement(_in_scope.where(subjects.c.id.in_(among("ids"))))
_members = _row.where(subjects.c.scope == "goods", subjects.c.parent.in_(among("parents")))
_MEMBERS = Statement(_members.order_by(subjects.c.id))
_TELLING = Statement(_members.where(subjects.c.telling.is_(True)).order_by(subjects.c.id))
_FLAGGED = Statement(_in_scope.where(FLAGGED).order_by(subjects.c.id))
_DUE = Statement(
    _row.where(subjects.c.look_again <= bindparam("now"))
    .order_by(subjects.c.look_again, subjects.c.scope, subjects.c.id)
    .limit(bindparam("limit"))
)
_NEXT_DUE = Statement(select(func.min(subjects.c.look_again)).where(subjects.c.look_again.is_not(None)))
_JOURNEYS = Statement(
    _in_scope.where(subjects.c.id > bindparam("after")).order_by(subjects.c.id).limit(bindparam("limit"))
)
_PUT = putting(subjects)

_STATUS: Mapping[str | None, JourneyStatus | None] = {
    None: None,
    **{each.value: each for each in JourneyStatus},
}


class Subjects(Part):
    """Rows of subjects."""

    def subjects(self, scope: Scope, ids: Collection[str]) -> Mapping[str, SubjectRow]:
        return {row[1]: _read(row) for row in self._session.rows(_BY_ID, scope=scope, ids=listed(ids))}

    def members(self, containers: Collection[str], *, shared: bool) -> Sequence[SubjectRow]:
        statement = _TELLING if shared else _MEMBERS
        return [_read(row) for row in self._session.rows(statement, parents=listed(containers))]

    def flagged(self, scope: Scope) -> Sequence[SubjectRow]:
        return [_read(row) for row in self._session.rows(_FLAGGED, scope=scope)]

    def due(self, now: Instant, limit: int) -> Sequence[SubjectRow]:
        return [_read(row) for row in self._session.rows(_DUE, now=now, limit=limit)]

    def next_due(self) -> Instant | None:
        found: Instant | None = self._session.value(_NEXT_DUE)
        return found

    def journeys(self, *, after: str | None, limit: int) -> Sequence[SubjectRow]:
        rows = self._session.rows(_JOURNEYS, scope="goods", after=after or "", limit=limit)
        return [_read(row) for row in rows]

    def put_subjects(self, rows: Sequence[SubjectRow]) -> None:
        """In the order of their keys, so that two writers can't wait for each other."""
        self._session.many(_PUT, [_written(row) for row in sorted(rows, key=lambda row: row[:2])])


def _read(row: Row) -> SubjectRow:
    scope, id_, kind, status, stop, route, parent, look_again, own, taken, shared, memo, failed = row
    return SubjectRow(
        scope,
        id_,
        kind,
        _STATUS[status],
        stop,
        route,
        parent,
        look_again,
        load_all(own) if own else (),
        load_all(taken) if taken else (),
        bool(shared),
        memo,
        failed,
    )


def _written(row: SubjectRow) -> Row:
    scope, id_, kind, status, stop, route, parent, look_again, own, taken, shared, memo, failed = row
    return (
        scope,
        id_,
        kind,
        None if status is None else status.value,
        stop,
        route,
        parent,
        look_again,
        dump_all(own),
        dump_all(taken),
        shared,
        shared or kind == "container",
        memo,
        failed,
    )
