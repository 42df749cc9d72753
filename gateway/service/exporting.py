"""All that was received in a span of time, as messages again, in the order of their receipt.

The state store keeps elements; those that came in one message are put together again, for replay settles alerts
after each message and not within one. Nothing here knows files.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from gateway.ports.rows import HeardRow
from gateway.ports.state import State
from gateway.service.recordings import Recorded, stands
from gateway.tracking.instants import Instant
from gateway.wire.payloads import MOST_ELEMENTS
from gateway.wire.topics import LARGEST

_PAGE: Final = 1000


def exported(state: State, since: Instant, before: Instant) -> Iterator[Recorded]:
    """The messages with since <= received_at < before: accepted, refused and repeated events alike.

    The elements of one topic and instant were one message; a gateway gives no two messages the same instant.

    Raises:
        Unavailable: the state store cannot be read.
    """
    for received_at, rows in groupby(_heard(state, since, before), key=lambda row: row.received_at):
        topics: dict[str, list[bytes]] = {}
        for row in rows:
            payload = row.payload if isinstance(row.payload, bytes) else row.payload.encode()
            topics.setdefault(row.topic, []).append(payload)
        for topic, payloads in topics.items():
            for payload in _joined(topic, payloads):
                yield Recorded(received_at, topic, payload)


def _heard(state: State, since: Instant, before: Instant) -> Iterator[HeardRow]:
    """A reader for each page, for a long one would keep the store from tidying up."""
    after = 0
    while True:
        with state.reader() as unit:
            page = unit.heard(since, before, after, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].seq


def _joined(topic: str, payloads: Iterable[bytes]) -> Iterator[bytes]:
    """Objects together, as large as a message may be; what is no object, or no JSON, by itself."""
    batch: list[bytes] = []
    size = 0
    for payload in payloads:
        alone = topic.endswith("/status") or not payload.startswith(b"{") or not stands(payload)
        if alone:
            yield payload
            continue
        if batch and (len(batch) == MOST_ELEMENTS or size + len(payload) + 2 > LARGEST):
            yield _array(batch)
            batch, size = [], 0
        batch.append(payload)
        size += len(payload) + 1
    if batch:
        yield _array(batch)


def _array(elements: list[bytes]) -> bytes:
    return elements[0] if len(elements) == 1 else b"[" + b",".join(elements) + b"]"
