"""What was received: accepted events, what was heard again, and all of it in the order of its receipt."""

from collections.abc import Collection, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, bindparam, select, tuple_

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import events, quarantine, repeats
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import Statement, adding, listed, rows_of
from gateway.ports.rows import EventRow, HeardRow, Identity, RepeatRow
from gateway.tracking.instants import Instant

_asked = rows_of("identities")
_RESULTS = Statement(
    select(events.c.origin, events.c.id, events.c.result).select_from(
        _asked.source.join(events, (events.c.origin == _asked.text(0)) & (events.c.id == _asked.text(1)))
    )
)
_PAYLOAD = Statement(
    select(events.c.payload).where(events.c.origin == bindparam("origin"), events.c.id == bindparam("id"))
)
_ADD_EVENTS = adding(events)
_ADD_REPEATS = adding(repeats)


def _after(query: Select[Any], source: Any) -> Statement:
    place = tuple_(source.c.received_at, source.c.seq)
    return Statement(
        query.where(
            place > tuple_(bindparam("floor_at"), bindparam("floor_seq")),
            source.c.received_at < bindparam("before"),
        )
        .order_by(source.c.received_at, source.c.seq)
        .limit(bindparam("limit"))
    )


_topic = (events.c.origin + "/" + events.c.what).label("topic")
_again = repeats.join(events, (events.c.origin == repeats.c.origin) & (events.c.id == repeats.c.id))
_refused_again = repeats.join(quarantine, quarantine.c.id == repeats.c.entry)
_HEARD: Final = (
    _after(select(events.c.received_at, events.c.seq, _topic, events.c.payload), events),
    _after(
        select(quarantine.c.received_at, quarantine.c.seq, quarantine.c.topic, quarantine.c.payload),
        quarantine,
    ),
    _after(
        select(repeats.c.received_at, repeats.c.seq, _topic, events.c.payload).select_from(_again), repeats
    ),
    _after(
        select(repeats.c.received_at, repeats.c.seq, quarantine.c.topic, quarantine.c.payload).select_from(
            _refused_again
        ),
        repeats,
    ),
)
"""Of one instant, what was accepted comes first, then what was refused, then what was heard again."""

_SEQ_BITS: Final = 48
_SOURCE_BITS: Final = 2


class _Place(NamedTuple):
    """Where an element comes in the order of receipt. As one number it is the `seq` of a `HeardRow`.

    Each source numbers its own rows, so that pages stay where they are whatever is added or pruned meanwhile.
    """

    received_at: int
    source: int
    seq: int

    def number(self) -> int:
        return (self.received_at << _SOURCE_BITS | self.source) << _SEQ_BITS | self.seq

    @classmethod
    def of(cls, number: int) -> "_Place":
        rest, seq = number >> _SEQ_BITS, number & ((1 << _SEQ_BITS) - 1)
        return cls(rest >> _SOURCE_BITS, rest & ((1 << _SOURCE_BITS) - 1), seq)

    def floor(self, source: int) -> tuple[int, int]:
        """The (received_at, seq) that this source's rows after this place are greater than."""
        if source == self.source:
            return (self.received_at, self.seq)
        return (self.received_at, 0 if source > self.source else 1 << _SEQ_BITS)


class Received(Part):
    """Events and what came again."""

    def results(self, identities: Collection[Identity]) -> Mapping[Identity, bytes]:
        rows = self._session.rows(_RESULTS, identities=listed(identities))
        return {Identity(origin, id_): result for origin, id_, result in rows}

    def payload(self, identity: Identity) -> str | None:
        found: str | None = self._session.value(_PAYLOAD, origin=identity.origin, id=identity.id)
        return found

    def add_events(self, events: Sequence[EventRow]) -> None:
        self._session.many(_ADD_EVENTS, [(*event.identity, *event[1:]) for event in events])

    def add_repeats(self, rows: Sequence[RepeatRow]) -> None:
        self._session.many(
            _ADD_REPEATS,
            [(*(row.identity or (None, None)), row.entry, row.received_at) for row in rows],
        )

    def heard(self, since: Instant, before: Instant, after: int, limit: int) -> Sequence[HeardRow]:
        place = _Place.of(after)
        sources = [
            self._heard_from(source, max(place.floor(source), (since, 0)), before, limit)
            for source in range(len(_HEARD))
        ]
        return [
            HeardRow(place.number(), Instant(place.received_at), topic, payload)
            for place, topic, payload in islice(merge(*sources, key=lambda each: each[0]), limit)
        ]

    def _heard_from(
        self, source: int, floor: tuple[int, int], before: Instant, limit: int
    ) -> list[tuple[_Place, str, Any]]:
        found: list[Row] = self._session.rows(
            _HEARD[source], floor_at=floor[0], floor_seq=floor[1], before=before, limit=limit
        )
        return [(_Place(at, source, seq), topic, payload) for at, seq, topic, payload in found]
