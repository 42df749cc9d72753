"""The log of what was derived, by number: for those who follow it, and whom the writer need not know.

A unit leaves one row for all that it derives at once; what it costs intake is some kilobytes at the end of a table.
"""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from gateway.adapters.state.schema import events, transitions
from gateway.adapters.state.schema_desk import subject_changes
from gateway.adapters.state.statements import Statement, adding, fields
from gateway.adapters.state.subjects import Subjects
from gateway.ports.desk import Change, LoggedPosition, Marks
from gateway.ports.rows import SubjectRow

_PER_CHANGE: Final = 500
"""Subjects of one change, so that whoever follows can take so much and no more."""

_ADD = adding(subject_changes)
_AFTER = Statement(
    fields(subject_changes, *Change._fields)
    .where(subject_changes.c.seq > bindparam("after"))
    .order_by(subject_changes.c.seq)
    .limit(bindparam("limit"))
)
_FORGET = Statement(
    delete(subject_changes).where(
        subject_changes.c.seq <= select(func.max(subject_changes.c.seq)).scalar_subquery() - bindparam("keep")
    )
)
_NEWEST = tuple(Statement(select(func.max(table.c.seq))) for table in (transitions, subject_changes, events))
_POSITIONS = Statement(
    fields(events, "seq", "origin", "id", "at", "payload")
    .where(
        events.c.seq > bindparam("after"),
        events.c.seq <= bindparam("upto"),
        events.c.what == "position",
    )
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Changes(Subjects):
    """Rows of subjects, whose goods are logged as they are written."""

    def put_subjects(self, rows: Sequence[SubjectRow]) -> None:
        super().put_subjects(rows)
        goods = [row.id for row in rows if row.scope == "goods"]
        parts = (goods[begin : begin + _PER_CHANGE] for begin in range(0, len(goods), _PER_CHANGE))
        self._session.many(_ADD, [(_encode(part),) for part in parts])

    def marks_now(self) -> Marks:
        return Marks(*(self._session.value(statement) or 0 for statement in _NEWEST))

    def changes_after(self, seq: int, limit: int) -> Sequence[Change]:
        rows = self._session.rows(_AFTER, after=seq, limit=limit)
        return [Change(number, tuple(json.loads(named))) for number, named in rows]

    def positions_after(self, seq: int, upto: int, limit: int) -> Sequence[LoggedPosition]:
        rows = self._session.rows(_POSITIONS, after=seq, upto=upto, limit=limit)
        return [
            LoggedPosition(number, origin.partition("/")[2], id_, at, payload)
            for number, origin, id_, at, payload in rows
        ]

    def forget_changes(self, keep: int) -> None:
        self._session.run(_FORGET, keep=keep)
