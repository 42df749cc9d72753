"""Alerts and the history of their transitions."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, or_

from gateway.adapters.state.codec import dump, load
from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import LIVE, OPEN, SUPERSEDED, alerts, transitions
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import Statement, adding, fields, listed, putting, rows_of
from gateway.ports.rows import AlertRow, TransitionRow
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import Subject

_row = fields(alerts, "subject_kind", "subject_id", "deviation", "id", *AlertRow._fields[3:])
_asked = rows_of("subjects")
_LIVE = Statement(
    _row.select_from(
        _asked.source.join(
            alerts,
            (alerts.c.subject_kind == _asked.text(0)) & (alerts.c.subject_id == _asked.text(1)),
        )
    )
    .where(LIVE)
    .order_by(alerts.c.id)
)
_SUPERSEDED = Statement(
    _row.where(
        SUPERSEDED,
        alerts.c.subject_kind == bindparam("subject_kind"),
        alerts.c.subject_id == bindparam("subject_id"),
        alerts.c.kind == bindparam("kind"),
        alerts.c.part == bindparam("part"),
        alerts.c.since == bindparam("since"),
    )
    .order_by(alerts.c.resolved_at.desc(), alerts.c.id.desc())
    .limit(1)
)
_WAS_OPEN = Statement(
    _row.where(
        alerts.c.kind == bindparam("kind"),
        alerts.c.opened_at <= bindparam("at"),
        or_(alerts.c.resolved_at.is_(None), alerts.c.resolved_at > bindparam("at")),
    ).order_by(alerts.c.id)
)
_BY_ID = Statement(_row.where(alerts.c.id == bindparam("id")))
_page = _row.where(alerts.c.id > bindparam("after")).order_by(alerts.c.id).limit(bindparam("limit"))
_ALL = Statement(_page)
_OPEN = Statement(_page.where(OPEN))
_PUT = putting(alerts)

_TRANSITIONS = Statement(
    fields(transitions, *TransitionRow._fields)
    .where(transitions.c.seq > bindparam("after"))
    .order_by(transitions.c.seq)
    .limit(bindparam("limit"))
)
_ADD_TRANSITIONS = adding(transitions)


class Alerts(Part):
    """Rows of alerts and of their history."""

    def alerts(self, subjects: Collection[Subject]) -> Mapping[Subject, Sequence[AlertRow]]:
        found: dict[Subject, list[AlertRow]] = {}
        for row in self._session.rows(_LIVE, subjects=listed(subjects)):
            alert = read_alert(row)
            found.setdefault(alert.subject, []).append(alert)
        return found

    def superseded(self, subject: Subject, deviation: Deviation) -> AlertRow | None:
        rows = self._session.rows(
            _SUPERSEDED,
            subject_kind=subject.kind,
            subject_id=subject.id,
            kind=deviation.kind.value,
            part=_part(deviation),
            since=deviation.since,
        )
        return read_alert(rows[0]) if rows else None

    def was_open(self, kind: str, at: Instant) -> Sequence[AlertRow]:
        return [read_alert(row) for row in self._session.rows(_WAS_OPEN, kind=kind, at=at)]

    def alert(self, alert_id: str) -> AlertRow | None:
        rows = self._session.rows(_BY_ID, id=alert_id)
        return read_alert(rows[0]) if rows else None

    def list_alerts(self, *, resolved: bool, after: str | None, limit: int) -> Sequence[AlertRow]:
        rows = self._session.rows(_ALL if resolved else _OPEN, after=after or "", limit=limit)
        return [read_alert(row) for row in rows]

    def put_alerts(self, rows: Sequence[AlertRow]) -> None:
        """Those that end go first: another of the same key may open in the same call."""
        ended_first = sorted(rows, key=lambda row: (row.resolved_at is None or row.shelved, row.id))
        self._session.many(_PUT, [_written(row) for row in ended_first])

    def transitions(self, *, after: int, limit: int) -> Sequence[TransitionRow]:
        return [
            TransitionRow._make(row) for row in self._session.rows(_TRANSITIONS, after=after, limit=limit)
        ]

    def add_transitions(self, rows: Sequence[TransitionRow]) -> None:
        self._session.many(_ADD_TRANSITIONS, [(*row[:3], row.route) for row in rows])


def _part(deviation: Deviation) -> str:
    """Stop or sensor as text, never NULL, which a unique index would take for different each time."""
    part = deviation.key[1]
    return "" if part is None else str(part)


def read_alert(row: Row) -> AlertRow:
    """An alert of its columns in their order."""
    kind, subject, deviation, id_, *rest = row
    alert = AlertRow._make((id_, Subject(kind, subject), load(deviation), *rest))
    return alert._replace(shelved=bool(alert.shelved))  # SQLite knows only numbers


def _written(row: AlertRow) -> Row:
    id_, subject, deviation, *rest = row
    key = (*subject, deviation.kind.value, _part(deviation))
    return (id_, *key, deviation.since, dump(deviation), *rest)
