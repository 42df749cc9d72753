"""EPCIS captures, and events in the orders that queries ask for.

A page of events walks indices only: those of receipt, of event time and of names, each read from where the page before
ended. Voided events are no longer among scans and positions, so they come from what was voided.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, select, tuple_

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import events, positions, scans, voids
from gateway.adapters.state.schema_epcis import VOIDING, captures, mentions
from gateway.adapters.state.statements import Statement, adding, among, fields, listed, putting, rows_of
from gateway.ports.captures import CaptureRow, Mention, Place, Placed, Span
from gateway.ports.rows import EventRow, Identity
from gateway.tracking.model import Key

_EARLIEST: Final = -(2**62)
_LATEST: Final = 2**62
_AFTER_ALL_TEXT: Final = "\U0010ffff"

_PUT_CAPTURE = putting(captures)
_CAPTURE = Statement(fields(captures, *CaptureRow._fields).where(captures.c.id == bindparam("id")))
_listing = (
    fields(captures, *(name for name in CaptureRow._fields if name != "document"))
    .where(captures.c.id < bindparam("before"))
    .order_by(captures.c.id.desc())
    .limit(bindparam("limit"))
)
_LIST = Statement(_listing)
_LIST_OF = Statement(_listing.where(captures.c.device == bindparam("device")))
_UNFINISHED = Statement(select(captures.c.id).where(captures.c.finished_at.is_(None)).order_by(captures.c.id))
_ADD_MENTIONS = adding(mentions, if_new=True)

_event = ("received_at", "seq", "origin", "id", "what", "at", "payload", "result")
_asked = rows_of("identities")
_EVENTS_BY = Statement(
    fields(events, *_event).select_from(
        _asked.source.join(events, (events.c.origin == _asked.text(0)) & (events.c.id == _asked.text(1)))
    )
)
_place = tuple_(events.c.received_at, events.c.seq)
_from = tuple_(bindparam("place_at"), bindparam("place_seq"))
_within = (events.c.received_at >= bindparam("since"), events.c.received_at < bindparam("before"))
_RECEIVED: Final = (
    Statement(
        fields(events, *_event)
        .where(_place > _from, *_within)
        .order_by(events.c.received_at, events.c.seq)
        .limit(bindparam("limit"))
    ),
    Statement(
        fields(events, *_event)
        .where(_place < _from, *_within)
        .order_by(events.c.received_at.desc(), events.c.seq.desc())
        .limit(bindparam("limit"))
    ),
)
"""Here and below: the oldest first, and the newest first."""


def _past(source: Any, *, newest: bool) -> tuple[Any, list[Any]]:
    """What is true of keys past the last one seen, within the span; and the order to read them in."""
    key = (source.c.at, source.c.id, source.c.device)
    seen = tuple_(bindparam("key_at"), bindparam("key_id"), bindparam("key_device"))
    within = and_(source.c.at >= bindparam("since"), source.c.at < bindparam("before"))
    if newest:
        return and_(within, tuple_(*key) < seen), [each.desc() for each in key]
    return and_(within, tuple_(*key) > seen), list(key)


def _keys(source: Any, condition: ColumnElement[bool] | None, *, newest: bool) -> Statement:
    """The first keys of a source that is stored in the order of its keys, or small."""
    past, order = _past(source, newest=newest)
    query = select(source.c.at, source.c.id, source.c.device).where(past)
    if condition is not None:
        query = query.where(condition)
    return Statement(query.order_by(*order).limit(bindparam("limit")))


def _horizon(source: Table, *, newest: bool) -> Statement:
    """The instant up to which the next `limit` rows of another instant than the last one seen go."""
    at = source.c.at
    past = at < bindparam("key_at") if newest else at > bindparam("key_at")
    within = (at >= bindparam("since"), at < bindparam("before"))
    ahead = select(at).where(past, *within).order_by(at.desc() if newest else at).limit(bindparam("limit"))
    rows = ahead.subquery()
    return Statement(select((func.min if newest else func.max)(rows.c.at), func.count()).select_from(rows))


def _upto(source: Table, *, newest: bool) -> Statement:
    """All keys up to a horizon: a scan has a row for each that it names."""
    past, _ = _past(source, newest=newest)
    end = source.c.at >= bindparam("horizon") if newest else source.c.at <= bindparam("horizon")
    return Statement(select(source.c.at, source.c.id, source.c.device).where(past, end).distinct())


_gone = select(voids.c.origin, voids.c.id)
_device = func.substr(events.c.origin, len("device/") + 1)
_taken_back = (
    select(events.c.at, events.c.id, _device.label("device"))
    .where(tuple_(events.c.origin, events.c.id).in_(_gone))
    .subquery("taken_back")
)
_DIRECTIONS: Final = (False, True)
_MENTIONED = tuple(_keys(mentions, mentions.c.name == "", newest=newest) for newest in _DIRECTIONS)
_TAKEN_BACK = tuple(_keys(_taken_back, None, newest=newest) for newest in _DIRECTIONS)
_SCANS_AHEAD = tuple(_horizon(scans, newest=newest) for newest in _DIRECTIONS)
_SCANS_UPTO = tuple(_upto(scans, newest=newest) for newest in _DIRECTIONS)
_POSITIONS_AHEAD = tuple(_horizon(positions, newest=newest) for newest in _DIRECTIONS)
_POSITIONS_UPTO = tuple(_upto(positions, newest=newest) for newest in _DIRECTIONS)


def _named(source: Table, column: ColumnElement[str]) -> tuple[Statement, ...]:
    return tuple(_keys(source, column == bindparam("name"), newest=newest) for newest in _DIRECTIONS)


_SCANS_NAMING = _named(scans, scans.c.subject)
_POSITIONS_NAMING = _named(positions, positions.c.container)
_MENTIONS_NAMING = _named(mentions, mentions.c.name)
_VOIDING_EVENTS = Statement(
    lambda dialect: (
        fields(events, "origin", "id", "what", "at", "received_at", "payload", "result")
        .where(events.c.origin.in_(among("origins")), VOIDING[dialect.name])
        .order_by(events.c.at)
    )
)


class Ledger(Part):
    """Captures, and events as queries ask for them."""

    def put_capture(self, row: CaptureRow) -> None:
        self._session.many(_PUT_CAPTURE, [tuple(row)])

    def capture(self, capture_id: str) -> CaptureRow | None:
        rows = self._session.rows(_CAPTURE, id=capture_id)
        return _capture(rows[0]) if rows else None

    def captures(self, device: str | None, before: str | None, limit: int) -> Sequence[CaptureRow]:
        end = _AFTER_ALL_TEXT if before is None else before
        if device is None:
            rows = self._session.rows(_LIST, before=end, limit=limit)
        else:
            rows = self._session.rows(_LIST_OF, before=end, limit=limit, device=device)
        return [_capture((*row[:6], None, *row[6:])) for row in rows]

    def unfinished_captures(self) -> Sequence[str]:
        return [id_ for (id_,) in self._session.rows(_UNFINISHED)]

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        self._session.many(_ADD_MENTIONS, [(each.name, *each.key) for each in mentions])

    def events_by(self, identities: Collection[Identity]) -> Mapping[Identity, Placed]:
        rows = self._session.rows(_EVENTS_BY, identities=listed(identities))
        return {placed.event.identity: placed for placed in map(_placed, rows)}

    def received(self, span: Span, after: Place | None, limit: int, *, newest: bool) -> Sequence[Placed]:
        at, seq = after or ((_LATEST, _LATEST) if newest else (_EARLIEST, 0))
        rows = self._session.rows(
            _RECEIVED[newest], **span._asdict(), place_at=at, place_seq=seq, limit=limit
        )
        return [_placed(row) for row in rows]

    def happened(self, span: Span, after: Key | None, limit: int, *, newest: bool) -> Sequence[Key]:
        """Scans and positions are in the order of time alone, so of those all up to some instant are read."""
        session, past = self._session, _seen(span, after, newest=newest)
        found: set[Key] = set()
        horizons: list[int] = []
        for ahead, upto in ((_SCANS_AHEAD, _SCANS_UPTO), (_POSITIONS_AHEAD, _POSITIONS_UPTO)):
            ((end, count),) = session.rows(ahead[newest], **past, limit=limit)
            if count == limit:
                horizons.append(end)
            last = end if count == limit else (_EARLIEST if newest else _LATEST)
            found.update(
                (at, id_, device) for at, id_, device in session.rows(upto[newest], **past, horizon=last)
            )
        found |= self._keys((_MENTIONED[newest], _TAKEN_BACK[newest]), past, limit)
        if horizons:
            nearest = max(horizons) if newest else min(horizons)
            found = {key for key in found if (key[0] >= nearest if newest else key[0] <= nearest)}
        return sorted(found, reverse=newest)[:limit]

    def naming(
        self, names: Collection[str], span: Span, after: Key | None, limit: int, *, newest: bool
    ) -> Sequence[Key]:
        past = _seen(span, after, newest=newest)
        found = self._keys((_TAKEN_BACK[newest],), past, limit)
        naming = [each[newest] for each in (_SCANS_NAMING, _POSITIONS_NAMING, _MENTIONS_NAMING)]
        for name in names:
            found |= self._keys(naming, {**past, "name": name}, limit)
        return sorted(found, reverse=newest)[:limit]

    def _keys(self, statements: Iterable[Statement], past: Mapping[str, object], limit: int) -> set[Key]:
        return {
            (at, id_, device)
            for statement in statements
            for at, id_, device in self._session.rows(statement, **past, limit=limit)
        }

    def voiding(self, origins: Collection[str]) -> Sequence[EventRow]:
        rows = self._session.rows(_VOIDING_EVENTS, origins=listed(origins))
        return [EventRow(Identity(origin, id_), *rest) for origin, id_, *rest in rows]


def _capture(row: Sequence[Any]) -> CaptureRow:
    found = CaptureRow._make(row)
    document = None if found.document is None else bytes(found.document)
    return found._replace(restoring=bool(found.restoring), document=document)


def _placed(row: Sequence[Any]) -> Placed:
    received_at, seq, origin, id_, what, at, payload, result = row
    event = EventRow(Identity(origin, id_), what, at, received_at, payload, bytes(result))
    return Placed((received_at, seq), event)


def _seen(span: Span, after: Key | None, *, newest: bool) -> dict[str, object]:
    at, id_, device = after or ((_LATEST, "", "") if newest else (_EARLIEST, "", ""))
    return {**span._asdict(), "key_at": at, "key_id": id_, "key_device": device}
