"""EPCIS captures, and events in the orders that queries ask for, in memory."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from gateway.memory.facts import FactsUnit
from gateway.memory.records import RecordsUnit
from gateway.memory.table import Table
from gateway.ports.captures import CaptureRow, Mention, Place, Placed, Span
from gateway.ports.rows import EventRow, Identity
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key, Position


class CapturesUnit(FactsUnit, RecordsUnit):
    """Looks at all there is: what is in memory is little."""

    def __init__(self, journal: list[Callable[[], None]]) -> None:
        self._captures: Table[str, CaptureRow] = Table(journal)
        self._mentions: Table[Mention, Mention] = Table(journal)

    def put_capture(self, row: CaptureRow) -> None:
        self._captures.put(row.id, row)

    def capture(self, capture_id: str) -> CaptureRow | None:
        return self._captures.get(capture_id)

    def captures(self, device: str | None, before: str | None, limit: int) -> Sequence[CaptureRow]:
        rows = sorted(self._captures.rows(), key=lambda row: row.id, reverse=True)
        wanted = [row for row in rows if device in (None, row.device) and (before is None or row.id < before)]
        return [row._replace(document=None) for row in wanted[:limit]]

    def unfinished_captures(self) -> Sequence[str]:
        return sorted(row.id for row in self._captures.rows() if row.finished_at is None)

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        for mention in mentions:
            self._mentions.put(mention, mention)

    def events_by(self, identities: Collection[Identity]) -> Mapping[Identity, Placed]:
        found = {identity: self._events.get(identity) for identity in identities}
        return {
            identity: Placed((row[1].received_at, row[0]), row[1])
            for identity, row in found.items()
            if row is not None
        }

    def received(self, span: Span, after: Place | None, limit: int, *, newest: bool) -> Sequence[Placed]:
        rows = [Placed((event.received_at, seq), event) for seq, event in self._events.rows()]
        wanted = [
            row
            for row in rows
            if span.since <= row.place[0] < span.before
            and (after is None or (row.place < after if newest else row.place > after))
        ]
        return sorted(wanted, key=lambda row: row.place, reverse=newest)[:limit]

    def happened(self, span: Span, after: Key | None, limit: int, *, newest: bool) -> Sequence[Key]:
        keys = {scan.key for _, scan in self._scans.rows()}
        keys |= {_position(row.position) for row in self._positions.rows()}
        keys |= {mention.key for mention in self._mentions.rows() if not mention.name}
        return _page(keys | self._taken_back(), span, after, limit, newest=newest)

    def naming(
        self, names: Collection[str], span: Span, after: Key | None, limit: int, *, newest: bool
    ) -> Sequence[Key]:
        keys: set[Key] = set()
        for name in names:
            keys |= {scan.key for scan in self._own.of(name)}
            keys |= {_position(row.position) for row in self._tracks.of(name)}
        keys |= {mention.key for mention in self._mentions.rows() if mention.name in names}
        return _page(keys | self._taken_back(), span, after, limit, newest=newest)

    def voiding(self, origins: Collection[str]) -> Sequence[EventRow]:
        found = [
            event
            for _, event in self._events.rows()
            if event.identity.origin in origins and '"voids"' in event.payload
        ]
        return sorted(found, key=lambda event: event.at)

    def _taken_back(self) -> set[Key]:
        found = (self._events.get(identity) for identity in self._voids.rows())
        return {_key(row[1].at, row[1].identity) for row in found if row is not None}


def _page(keys: Iterable[Key], span: Span, after: Key | None, limit: int, *, newest: bool) -> Sequence[Key]:
    wanted = [
        key
        for key in keys
        if span.since <= key[0] < span.before and (after is None or (key < after if newest else key > after))
    ]
    return sorted(wanted, reverse=newest)[:limit]


def _key(at: Instant, identity: Identity) -> Key:
    return (at, identity.id, identity.origin.partition("/")[2])


def _position(position: Position) -> Key:
    return (position.at, position.id, position.device)
