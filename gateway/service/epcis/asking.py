"""Pages of events for a query, each walked to through an index from where the page before ended.

Which index: that of ids if an eventID is asked for, of names if an EPC, a kind of article or a transaction is, of event
time if that is bounded or orders, else of receipt. What else was asked is looked at in the events themselves; so that
a query that finds next to nothing is not endless, a page ends, perhaps empty, after so many events, with a token to go
on by. What is captured meanwhile moves no page.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from gateway.epcis.extensions import CONTEXT
from gateway.epcis.names import event_id, our_event
from gateway.epcis.problems import Class, Invalid, Problem
from gateway.epcis.querying import Query
from gateway.ports.captures import CaptureUnit, Placed, Span
from gateway.ports.rows import Identity
from gateway.service.epcis.facts import Facts, Told
from gateway.service.epcis.tokens import key_in, no_token
from gateway.service.queries.paging import written
from gateway.tracking.instants import Instant, instant, rfc3339
from gateway.tracking.model import Key
from gateway.tracking.plan import Network
from gateway.wire.topics import is_id

_STEP: Final = 250
_LEAST: Final = 50
"""So many rows at most are read at once, and at least: telling those that are not wanted costs as much."""
_LOOKS: Final = 2_000
"""So many events are looked at for one page."""
_MOST_COUNTED: Final = 10_000
"""So many are looked at to know whether there are more than `maxEventCount`."""
LONGEST_TOKEN: Final = 500
"""Characters."""
_QUERY: Final = "query"


class Page(NamedTuple):
    """Events as EPCIS has them, and the token of the next page, if there may be one."""

    events: Sequence[dict[str, Any]]
    next: str | None


_Mark = tuple[Any, ...]
"""A place in the order of receipt, or a key in that of event time."""
_Marked = tuple[_Mark, Placed]


class _Seen(NamedTuple):
    """Where a page ended: the last place or key, and how many events had been given till then."""

    last: _Mark | None
    given: int


def page(reader: CaptureUnit, network: Network, query: Query) -> Page:
    """The page of a query that its token asks for, the first without.

    Raises:
        Invalid: the token is none, or there are more events than `maxEventCount`.
        Unavailable: the state store cannot be read.
    """
    asking = _Asking(reader, network, query)
    if query.at_most is not None and query.token is None:
        asking.count(query.at_most)
    if query.token is None:
        return asking.page(_Seen(None, 0))
    return asking.page(key_in(query.token, _seen, LONGEST_TOKEN, _QUERY))


def event(reader: CaptureUnit, network: Network, uri: str) -> dict[str, Any] | None:
    """The event of this eventID; an error where it was declared one. Of several devices' events the first received."""
    rows = _of_ids(reader, network, (uri,))
    found = [each for each in Facts(network).told(reader, rows) if each.event["eventID"] == uri]
    return found[0].event if found else None


def query_document(events: Sequence[dict[str, Any]], now: Instant) -> dict[str, Any]:
    """Events as the EPCISQueryDocument that answers a query."""
    return {
        "@context": list(CONTEXT),
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": rfc3339(now),
        "epcisBody": {
            "queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}}
        },
    }


class _Asking:
    def __init__(self, reader: CaptureUnit, network: Network, query: Query) -> None:
        self._reader = reader
        self._network = network
        self._facts = Facts(network)
        self._query = query
        self._step = min(_STEP, max(_LEAST, query.per_page))

    def page(self, seen: _Seen) -> Page:
        query = self._query
        if seen.last is not None and len(seen.last) != (3 if self._by_key else 2):
            raise no_token(query.token, _QUERY)
        wanted = query.per_page if query.first is None else min(query.per_page, query.first - seen.given)
        found: list[dict[str, Any]] = []
        last, looked = seen.last, 0
        if wanted <= 0:
            return Page([], None)
        for marked in self._walk(seen.last):
            told = {each.place: each for each in self._facts.told(self._reader, [row for _, row in marked])}
            for last, row in marked:  # the token says where the page ended
                each = told.get(row.place)
                if each is not None and self._right(each):
                    found.append(each.event)
                    if len(found) == wanted:
                        ended = query.first is not None and seen.given + wanted >= query.first
                        return Page(found, None if ended else _token(_Seen(last, seen.given + wanted)))
            looked += len(marked)
            if looked >= _LOOKS:
                return Page(found, _token(_Seen(last, seen.given + len(found))))
        return Page(found, None)

    def count(self, at_most: int) -> None:
        """See that there are no more than so many.

        Raises:
            Invalid: there are, or it would take too long to tell.
        """
        found = looked = 0
        for marked in self._walk(None):
            told = self._facts.told(self._reader, [row for _, row in marked])
            found += sum(self._right(each) for each in told)
            looked += len(marked)
            if found > at_most or looked > _MOST_COUNTED:
                detail = f"there are more events than maxEventCount {at_most}; ask for a shorter time, or for pages"
                raise Invalid([Problem(detail, "maxEventCount", at_most, Class.TOO_LARGE)])

    def _right(self, each: Told) -> bool:
        query = self._query
        (since, before), (recorded_since, recorded_before) = query.happened, query.recorded
        happened = instant(each.event["eventTime"])
        return (
            since <= happened < before
            and recorded_since <= each.place[0] < recorded_before
            and (query.ids is None or each.event["eventID"] in query.ids)
            and query.matches(each.event)
        )

    def _walk(self, last: _Mark | None) -> Iterator[Sequence[_Marked]]:
        """Rows that may be right, in the order that was asked for, past the last one seen."""
        query = self._query
        if self._is_sorted:
            yield self._sorted(last)
            return
        span = Span(*(query.happened if self._by_key else query.recorded))
        while True:
            marked, last = self._next(span, last)
            if last is None:
                return
            yield marked

    def _next(self, span: Span, last: _Mark | None) -> tuple[Sequence[_Marked], _Mark | None]:
        reader, query = self._reader, self._query
        if not self._by_key:
            place = None if last is None else (Instant(last[0]), last[1])
            rows = reader.received(span, place, self._step, newest=query.newest)
            return [(row.place, row) for row in rows], rows[-1].place if rows else None
        key = None if last is None else (Instant(last[0]), last[1], last[2])
        if query.names is not None:
            keys = reader.naming(query.names, span, key, self._step, newest=query.newest)
        else:
            keys = reader.happened(span, key, self._step, newest=query.newest)
        return _rows_of(reader, keys), keys[-1] if keys else None

    @property
    def _by_key(self) -> bool:
        query = self._query
        return not self._is_sorted and (query.names is not None or query.by_event_time)

    @property
    def _is_sorted(self) -> bool:
        """Whether what may be right is few, and is put in order here."""
        query = self._query
        by_record = query.names is not None and query.ordered and not query.by_event_time
        return query.ids is not None or by_record

    def _sorted(self, last: _Mark | None) -> Sequence[_Marked]:
        query = self._query
        rows = list(self._few())
        if query.by_event_time:
            rows.sort(key=lambda row: (row.event.at, row.place), reverse=query.newest)
        else:
            rows.sort(key=lambda row: row.place, reverse=query.newest)
        marks: list[_Mark] = [row.place for row in rows]
        begin = marks.index(last) + 1 if last in marks else 0
        return list(zip(marks, rows, strict=True))[begin:]

    def _few(self) -> Sequence[Placed]:
        query, reader = self._query, self._reader
        if query.ids is not None:
            return _of_ids(reader, self._network, query.ids)
        keys = list(reader.naming(query.names or (), Span(*query.happened), None, _LOOKS + 1, newest=False))
        if len(keys) > _LOOKS:
            detail = f"more than {_LOOKS} events name these; order them by eventTime, or bound that"
            raise Invalid([Problem(detail, "orderBy", "recordTime", Class.TOO_LARGE)])
        return [row for _, row in _rows_of(reader, keys)]


def _rows_of(reader: CaptureUnit, keys: Sequence[Key]) -> Sequence[_Marked]:
    """The rows of keys, in their order; pruned ones are passed over."""
    named = [(key, Identity(f"device/{key[2]}", key[1])) for key in keys]
    found = reader.events_by([identity for _, identity in named])
    return [(key, found[identity]) for key, identity in named if identity in found]


def _of_ids(reader: CaptureUnit, network: Network, uris: Sequence[str]) -> Sequence[Placed]:
    """Events that may have one of these URIs: it says whose event it is, or it is any device's."""
    identities = []
    for uri in uris:
        ours = our_event(uri)
        if ours is not None:
            identities.append(Identity(f"device/{ours.device}", ours.id))
        identities += [Identity(f"device/{device}", event_id(uri)) for device in network.devices]
    found: Mapping[Identity, Placed] = reader.events_by(identities)
    return sorted(found.values(), key=lambda row: row.place)


def _token(seen: _Seen) -> str:
    return written([seen.last, seen.given])


def _seen(value: Any) -> _Seen:
    """Where a page ended, by what is in a token, if it is fit for a state store."""
    last, given = value
    if not all(fits(each) for fits, each in zip(_MARKS[len(last)], last, strict=True)):
        raise ValueError(value)
    if not _is_number(given):
        raise ValueError(value)
    return _Seen(tuple(last), given)


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) < 2**62


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(is_id(value))


_MARKS: Final = {2: (_is_number, _is_number), 3: (_is_number, _is_id, _is_id)}
"""Places and keys, by their lengths."""
