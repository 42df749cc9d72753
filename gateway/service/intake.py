"""From messages to facts: one batch, one unit (invariants 1, 2, 4).

Decodes, admits or quarantines each event, writes what is new, settles whom it touches, and renders the receipts'
results. Whoever calls commits the unit before anything is answered or acknowledged.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from pydantic_core import from_json, to_json

from gateway.ports.rows import BatteryRow, EventRow, Identity, QuarantineRow, RepeatRow
from gateway.ports.state import Unit
from gateway.service import admission
from gateway.service.admission import Fact, Terrain
from gateway.service.answers import result_of
from gateway.service.deadlines import Work, settle
from gateway.service.evidence import Accepted, Writer, identity
from gateway.service.hearing import Hearing
from gateway.service.known import Known
from gateway.service.settle import Settled
from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Position, Scan, Status
from gateway.wire.decoding import Reading, decode
from gateway.wire.faults import Fault, Rejection, internal, malformed
from gateway.wire.receipt import as_duplicate, quarantined, render
from gateway.wire.topics import Channel, parse_channel


class Message(NamedTuple):
    """One message as it was received; `topic` is without the root. `received_at` is the gateway's clock."""

    topic: str
    payload: bytes
    received_at: Instant
    retained: bool = False


class Answer(NamedTuple):
    """The rendered results for one message, in the order of its elements, and for whom; none for a status."""

    channel: Channel | None
    results: Sequence[bytes]


class Taken(NamedTuple):
    """A batch taken in, not yet durable: the answers by message, what settling found, and counts of events.

    `newest` has for each message the latest event time in it, None where it has none.
    """

    answers: Sequence[Answer]
    newest: Sequence[Instant | None]
    settled: Settled
    accepted: int
    duplicates: int
    quarantined: int


class _New(NamedTuple):
    """An event that is new and admitted, as the network resolves it; `text` is its JSON."""

    fact: Fact
    text: str
    what: str
    received_at: Instant


class _Again(NamedTuple):
    """The answer to an event that is known: what was said the first time."""

    identity: Identity


_Place = bytes | Identity | _Again
"""An element's answer: rendered, or to be filled once the batch is settled."""


def take(unit: Unit, terrain: Terrain, messages: Sequence[Message], now: Instant) -> Taken:
    """Take in messages, in their order, as one batch at `now`."""
    return _Batch(unit, terrain, now).take(messages)


class _Batch:
    def __init__(self, unit: Unit, terrain: Terrain, now: Instant) -> None:
        self._unit = unit
        self._terrain = terrain
        self._network = terrain.network
        self._now = now
        self._new: dict[Identity, _New] = {}
        self._statuses: list[EventRow] = []
        self._refused: list[QuarantineRow] = []
        self._repeats: list[RepeatRow] = []
        self._known: Mapping[Identity, bytes] = {}
        self._counts = [0, 0]

    def take(self, messages: Sequence[Message]) -> Taken:
        decoded = [_decoded(message) for message in messages]
        self._known = self._unit.results(list(_identities(decoded)))
        devices = [channel.id for channel, _ in decoded if channel and channel.kind == "device"]
        self._hearing = Hearing(self._unit, self._network, devices, self._now)
        places = [
            [place for each in elements if (place := self._admit(each, message, channel)) is not None]
            for message, (channel, elements) in zip(messages, decoded, strict=True)
        ]
        settled, results = self._settle()
        answers = [
            Answer(channel, [self._filled(place, results) for place in row])
            for (channel, _), row in zip(decoded, places, strict=True)
        ]
        newest = [_newest(elements) for _, elements in decoded]
        return Taken(answers, newest, settled, len(self._new), *self._counts)

    def _admit(self, each: Reading | Rejection, message: Message, channel: Channel | None) -> _Place | None:
        live = channel is not None and channel.kind == "device" and not message.retained
        if isinstance(each, Reading) and isinstance(each.fact, Status):
            return self._status(each, message, channel, live=live)
        if live and channel is not None:
            self._hearing.heard(channel.id, message.received_at)
        if isinstance(each, Rejection):
            return self._reject(each, message)
        if channel is None or isinstance(each.fact, Status):
            return None
        return self._event(each.fact, each.text, message, channel)

    def _status(
        self, each: Reading, message: Message, channel: Channel | None, *, live: bool
    ) -> _Place | None:
        if channel is None or not isinstance(each.fact, Status):
            return None
        fault = admission.stranger(channel, self._network)
        if fault is not None:
            return self._reject(fault.on(None, message.payload), message)
        if live:
            defaults = self._network.defaults
            span = (
                Instant(message.received_at - defaults.max_age),
                Instant(message.received_at + defaults.max_future),
            )
            self._hearing.status(each.fact, message.received_at, span)
            name = Identity(f"device/{channel.id}", f"{_STATUS}{message.received_at}")
            self._statuses.append(
                EventRow(name, "status", message.received_at, message.received_at, each.text, b"")
            )
        return None

    def _event(self, fact: Fact, text: str, message: Message, channel: Channel) -> _Place:
        network = self._network
        fault = admission.stranger(channel, network) or admission.not_allowed(fact, network)
        if fault is not None:
            return self._fault(fault, fact, text, message)
        name = identity(fact)
        if name in self._known or name in self._new:
            self._counts[0] += 1
            self._repeats.append(RepeatRow(name, None, message.received_at))
            return _Again(name)
        fault = admission.untimely(fact, message.received_at, network)
        if fault is not None:
            if channel.kind == "device":
                self._hearing.skewed(channel.id, message.received_at)
            return self._fault(fault, fact, text, message)
        found = admission.resolved(fact, self._terrain)
        if isinstance(found, Fault):
            return self._fault(found, fact, text, message)
        if not isinstance(found, Announcement):
            self._hearing.on_time(found.device)
        self._new[name] = _New(found, text, channel.what, message.received_at)
        return name

    def _fault(self, fault: Fault, fact: Fact, text: str, message: Message) -> bytes:
        return self._reject(fault.on(fact.id, text.encode()), message)

    def _reject(self, rejection: Rejection, message: Message) -> bytes:
        row = quarantine_row(rejection, message)
        self._refused.append(row)
        self._counts[1] += 1
        return render(quarantined(rejection))

    def _settle(self) -> tuple[Settled, dict[Identity, bytes]]:
        unit, network = self._unit, self._network
        counted, accepted = self._accepted()
        known = Known(unit, network)
        touched = Writer(unit, known, self._terrain, self._now).write(accepted)
        work = Work(goods=touched.goods, devices=self._hearing.states(), memos=touched.memos)
        settled = settle(unit, known, network, self._now, work)
        results = {
            name: render(result_of(new.fact, name in counted, settled, known, network))
            for name, new in self._new.items()
        }
        unit.add_events(
            [
                EventRow(name, new.what, new.fact.at, new.received_at, new.text, results[name])
                for name, new in self._new.items()
            ]
            + self._statuses
        )
        self._keep_refused()
        unit.add_repeats(self._repeats)
        return settled, results

    def _keep_refused(self) -> None:
        """Keep each refused element once, and count it; what was kept before has been heard again."""
        if not self._refused:
            return
        known = self._unit.quarantine_entries({row.id for row in self._refused})
        entries: dict[str, QuarantineRow] = {}
        for row in self._refused:
            if row.id in known or row.id in entries:
                self._repeats.append(RepeatRow(None, row.id, row.received_at))
            first = entries.get(row.id)
            entries[row.id] = row if first is None else first._replace(seen=first.seen + 1)
        self._unit.put_quarantine(list(entries.values()))

    def _accepted(self) -> tuple[set[Identity], Accepted]:
        """Carry out the voids of the batch, and say which of its events count."""
        unit = self._unit
        voids = {
            Identity(name.origin, other): None
            for name, new in self._new.items()
            if isinstance(new.fact, Scan)
            for other in new.fact.voids
            if other != name.id
        }
        unit.add_voids(list(voids))
        voided = unit.void(list(voids)) if voids else ()
        if voids:
            self._hearing.recount(name.origin.partition("/")[2] for name in voids)
        gone = unit.voided([name for name, new in self._new.items() if new.what != "announce"])
        counted = self._new.keys() - gone
        facts = [new.fact for name, new in self._new.items() if name in counted]
        positions = [fact for fact in facts if isinstance(fact, Position)]
        for fact in positions:
            if fact.battery_pct is not None:
                self._hearing.battery(BatteryRow(fact.device, fact.at, fact.battery_pct, fact.id))
        return set(counted), Accepted(
            scans=[fact for fact in facts if isinstance(fact, Scan)],
            positions=positions,
            announcements=[fact for fact in facts if isinstance(fact, Announcement)],
            batteries=self._hearing.batteries,
            voided=voided,
        )

    def _filled(self, place: _Place, results: Mapping[Identity, bytes]) -> bytes:
        if isinstance(place, bytes):
            return place
        if isinstance(place, _Again):
            return as_duplicate(results.get(place.identity) or self._known[place.identity])
        return results[place]


_STATUS = "status:"
"""Statuses have no id of their own; these are told apart by their receipt."""


def quarantine_row(rejection: Rejection, message: Message, trace: str | None = None) -> QuarantineRow:
    """The entry that keeps a rejected element whole; the same on the same topic is the same entry.

    That is, the same bytes; of an event with an id the same JSON, for an array may bring it with other blanks.
    """
    said = rejection.raw if rejection.id is None else _compact(rejection.raw)
    digest = sha256(message.topic.encode() + b"\0" + said).hexdigest()
    return QuarantineRow(
        id=digest[:32],
        topic=message.topic,
        payload=rejection.raw,
        received_at=message.received_at,
        reason=rejection.reason.value,
        message=rejection.message,
        event_id=rejection.id,
        field=rejection.field,
        value=rejection.value,
        trace=trace,
    )


def _compact(raw: bytes) -> bytes:
    try:
        return to_json(from_json(raw, allow_inf_nan=False))
    except ValueError:
        return raw


def failed(message: Message, error: Exception, trace: str) -> tuple[Answer, QuarantineRow]:
    """What becomes of a message that trips over a bug of ours: kept whole, with its traceback."""
    rejection = internal(error).on(None, message.payload)
    return (
        Answer(parse_channel(message.topic), [render(quarantined(rejection))]),
        quarantine_row(rejection, message, trace),
    )


def _decoded(message: Message) -> tuple[Channel | None, Sequence[Reading | Rejection]]:
    channel = parse_channel(message.topic)
    if channel is None:
        fault = malformed(
            "nothing is published on this topic; see the topics of the interface", "topic", message.topic
        )
        return None, [fault.on(None, message.payload)]
    return channel, decode(channel, message.payload)


def _newest(elements: Sequence[Reading | Rejection]) -> Instant | None:
    times = (each.fact.at for each in elements if isinstance(each, Reading))
    return max((at for at in times if at is not None), default=None)


def _identities(decoded: Sequence[tuple[Channel | None, Sequence[Reading | Rejection]]]) -> set[Identity]:
    return {
        identity(each.fact)
        for _, elements in decoded
        for each in elements
        if isinstance(each, Reading) and not isinstance(each.fact, Status)
    }
