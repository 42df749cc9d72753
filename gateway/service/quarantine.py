"""What could not be accepted, tried again: by hand, perhaps corrected, or by itself once the network could cure it.

A retry judges by the first `received_at`. It is judged before anything is written, so that one that is refused again
leaves no trace: neither the device's state nor the record of what was received changes by it.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic_core import from_json, to_json

from gateway.ports.rows import QuarantineRow
from gateway.ports.state import Records, Unit
from gateway.service import admission
from gateway.service.admission import Terrain
from gateway.service.evidence import identity
from gateway.service.intake import Message, take
from gateway.service.settle import Settled
from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.model import Status
from gateway.wire.decoding import Reading, decode
from gateway.wire.faults import Fault, Reason, Rejection, malformed
from gateway.wire.topics import Channel, parse_channel

HELD: Final = "held"
ACCEPTED: Final = "accepted"
DISCARDED: Final = "discarded"

CURABLE: Final = frozenset(
    {
        Reason.UNKNOWN_DEVICE,
        Reason.UNKNOWN_SOURCE,
        Reason.NOT_ALLOWED,
        Reason.NO_SITE,
        Reason.UNKNOWN_SITE,
        Reason.NO_CONTAINER,
        Reason.UNKNOWN_ROUTE,
    }
)
"""The reasons that a change of the network may cure."""


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    KNOWN = "known"
    """Its event had been accepted meanwhile: nothing was to be done."""
    REFUSED = "refused"


class Retried(NamedTuple):
    """What a retry came to; of a refusal the reason and message of today, of what was accepted what settled."""

    entry: QuarantineRow
    outcome: Outcome
    reason: Reason | None = None
    message: str | None = None
    settled: Settled | None = None


class Correction(NamedTuple):
    """What to put right in an event before it is judged: its `site`, its `at`."""

    site: str | None = None
    at: Instant | None = None


class Uncorrectable(ValueError):
    """The correction does not fit what is in quarantine; says why."""


class Cured(NamedTuple):
    """What a round of retries came to; `after` is what to go on with, None when all were looked at."""

    accepted: Sequence[Retried]
    after: str | None


def retry(
    unit: Unit, terrain: Terrain, entry: QuarantineRow, now: Instant, correction: Correction | None = None
) -> Retried:
    """Try to take an entry in: one that is accepted, or known by now, is held no longer.

    Raises:
        Uncorrectable: the correction does not fit; nothing was changed.
    """
    message = Message(entry.topic, entry.payload, entry.received_at)
    if correction is not None and any(correction):
        message = message._replace(payload=_corrected(entry, correction))
    outcome, fault = _judged(unit, terrain, message)
    if fault is not None:
        return Retried(entry, Outcome.REFUSED, fault.reason, fault.message)
    settled = take(unit, terrain, [message], now).settled if outcome is Outcome.ACCEPTED else None
    unit.set_quarantine_status([entry.id], ACCEPTED)
    return Retried(entry._replace(status=ACCEPTED), outcome, settled=settled)


def retry_curable(
    unit: Unit, terrain: Terrain, now: Instant, after: str | None = None, limit: int = 100
) -> Cured:
    """After a change of the network, try held entries that it may cure: at most `limit` entries are looked at.

    Call again with `after` of the answer, in a unit of its own, until that is None.
    """
    page = unit.list_quarantine(status=HELD, after=after, limit=limit)
    tried = [retry(unit, terrain, entry, now) for entry in page if entry.reason in CURABLE]
    accepted = [each for each in tried if each.outcome is not Outcome.REFUSED]
    return Cured(accepted, page[-1].id if len(page) == limit else None)


def discard(unit: Unit, entries: Sequence[QuarantineRow]) -> None:
    """Give entries up: they are kept as long as the settings say, and tried no more."""
    unit.set_quarantine_status([entry.id for entry in entries], DISCARDED)


def entries(
    records: Records, status: str | None, reason: str | None = None, page: int = 500
) -> Iterator[QuarantineRow]:
    """All entries with a status and a reason (None: any), by id, which means nothing."""
    after: str | None = None
    while True:
        rows = records.list_quarantine(status=status, after=after, limit=page)
        yield from (row for row in rows if reason is None or row.reason == reason)
        if len(rows) < page:
            return
        after = rows[-1].id


def beginning_with(records: Records, beginning: str) -> Sequence[QuarantineRow]:
    """The entry of this id; else those whose ids begin so, at most two, for then it is ambiguous."""
    known = records.quarantine_entries((beginning,))
    if known:
        return list(known.values())
    rows = records.list_quarantine(status=None, after=beginning, limit=2)
    return [row for row in rows if row.id.startswith(beginning)]


def _judged(unit: Unit, terrain: Terrain, message: Message) -> tuple[Outcome, Fault | None]:
    """What would become of a message: the fault for which all of it would be refused, or that some of it is new."""
    channel = parse_channel(message.topic)
    if channel is None:
        return Outcome.REFUSED, malformed("nothing is published on this topic", "topic", message.topic)
    outcome, first = Outcome.REFUSED, None
    for each in decode(channel, message.payload):
        found = _element(unit, terrain, message, channel, each)
        if isinstance(found, Fault):
            first = first or found
        elif outcome is not Outcome.ACCEPTED:
            outcome = found
    return outcome, first if outcome is Outcome.REFUSED else None


def _element(
    unit: Unit, terrain: Terrain, message: Message, channel: Channel, each: Reading | Rejection
) -> Outcome | Fault:
    """By the order of reasons that intake keeps."""
    if isinstance(each, Rejection):
        return Fault(each.reason, each.message, each.field, each.value)
    fault = admission.stranger(channel, terrain.network)
    if fault is None and isinstance(each.fact, Status):
        return Outcome.ACCEPTED
    fault = fault or admission.not_allowed(each.fact, terrain.network)
    if fault is not None or isinstance(each.fact, Status):
        return fault or Outcome.ACCEPTED
    name = identity(each.fact)
    if name in unit.results([name]):
        return Outcome.KNOWN
    fault = admission.untimely(each.fact, message.received_at, terrain.network)
    if fault is not None:
        return fault
    found = admission.resolved(each.fact, terrain)
    return found if isinstance(found, Fault) else Outcome.ACCEPTED


def _corrected(entry: QuarantineRow, correction: Correction) -> bytes:
    channel = parse_channel(entry.topic)
    try:
        event = from_json(entry.payload, allow_inf_nan=False)
    except ValueError:
        raise Uncorrectable("it is no JSON, so nothing in it can be corrected; discard it") from None
    if not isinstance(event, dict) or channel is None or channel.what == "status":
        raise Uncorrectable("it is not one event with a time and a site; retry it as it is, or discard it")
    if correction.site is not None:
        if channel.what != "scan":
            raise Uncorrectable("only a scan has a site; leave --site out")
        event["site"] = correction.site
    if correction.at is not None:
        event["at"] = rfc3339(correction.at)
    return to_json(event)
