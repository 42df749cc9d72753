"""All that was taken in as one EPCIS document, written piece by piece: what is in memory is a page.

An event that was taken back is in it once, with an errorDeclaration. Captured into an empty gateway of the same
network by one who may restore, the document gives the same facts: scans, positions and what moves no journey.
Announcements are promises and no events, so they are not in it.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

from gateway.epcis.extensions import CONTEXT
from gateway.ports.captures import CaptureState, Place, Span
from gateway.service.epcis.facts import Facts
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.plan import Network

_PAGE: Final = 500
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def document(state: CaptureState, network: Network, span: Span, now: Instant) -> Iterator[bytes]:
    """The document of what was received in the span, in the order of its receipt, made at `now`, in pieces.

    Raises:
        Unavailable: the state store cannot be read.
    """
    return framed(events(state, network, span), now)


def documents(
    state: CaptureState, network: Network, span: Span, now: Instant, most: int
) -> Iterator[Iterator[bytes]]:
    """The same as several documents of at most so many events, to be read one after the other.

    Raises:
        Unavailable: the state store cannot be read.
    """
    told = events(state, network, span)
    first: bytes | None = next(told, None)
    while first is not None:
        yield framed(chain((first,), islice(told, most - 1)), now)
        first = next(told, None)


def framed(told: Iterable[bytes], now: Instant) -> Iterator[bytes]:
    """A document around events."""
    head = {
        "@context": list(CONTEXT),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": rfc3339(now),
    }
    yield (_encode(head)[:-1] + ',"epcisBody":{"eventList":[').encode()
    comma = b"\n"
    for event in told:
        yield comma + event
        comma = b",\n"
    yield b"\n]}}\n"


def events(state: CaptureState, network: Network, span: Span) -> Iterator[bytes]:
    """The same, event by event; a reader for each page, for a long one would keep the store from tidying up."""
    facts = Facts(network)
    after: Place | None = None
    while True:
        with state.reader() as reader:
            rows = reader.received(span, after, _PAGE, newest=False)
            told = facts.told(reader, rows)
        for each in told:
            yield _encode(each.event).encode()
        if len(rows) < _PAGE:
            return
        after = rows[-1].place
