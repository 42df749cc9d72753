"""Messages under way: sent, and not yet answered by a receipt for each of their events.

A message holds its place until every event in it is settled. It is sent again after 60 s, then twice that, up to an
hour. One whose answer fails to come while later ones are answered is passed over: it is set apart, so that it holds up
nobody, and where too many are, what is left of them is gathered into few. Memory is bounded by `Pace`: only ids and
instants are kept, the bodies stay in the spool. Instants of the timer are microseconds of the caller's stopwatch.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import sha256
from typing import Final

from devices.sdk.spool import Sent
from gateway.tracking.instants import HOUR, MINUTE, Instant
from gateway.wire.topics import LARGEST


class Lane(Enum):
    """Why a message was sent: for a worker who waits, to work off what has gathered, or to learn the time."""

    LIVE = auto()
    BACKLOG = auto()
    SCOUT = auto()
    PROBE = auto()


@dataclass(frozen=True, slots=True)
class Pace:
    """How much may be under way. The defaults hold at most some 7,000 events, a third of a megabyte on the wire."""

    elements: int = 500
    """Events in one message: the interface's limit."""
    bytes: int = LARGEST
    """Of one message: likewise."""
    live_messages: int = 8
    live_elements: int = 20
    """Few, so that the answer does not wait for the rest of the array."""
    backlog_messages: int = 4
    apart_messages: int = 8
    """Set apart in each lane; beyond that they are gathered into these as long as there are `elements` in none."""
    fresh: int = MINUTE
    """How old an event may be for somebody to wait for its verdict."""
    first_wait: int = MINUTE
    longest_wait: int = HOUR

    def wait(self, attempts: int) -> int:
        """How long to wait for a receipt after so many sendings, in microseconds."""
        return min(self.first_wait << min(attempts - 1, 32), self.longest_wait)


@dataclass(slots=True)
class Slot:
    """One message under way. `events` are the ids that are not settled, with the instant each was sent with."""

    token: int
    lane: Lane
    what: Sent
    events: dict[str, Instant]
    first_sent: int
    """The clock's stopwatch when these events were first sent in this run; a receipt was written after that."""
    sent: int = 0
    due: int = 0
    attempts: int = 0
    order: int = 0
    arrived: bool = False
    """Whether the broker has it: then it is not sent again for a mere reconnection."""
    apart: bool = False
    size: int = 0
    """Bytes of the payload that was sent last."""
    named: bool = False
    """Whether some of it was answered, or it is gathered from what was not: then its size is not what holds it up."""
    scouted: bool = False
    """Whether one of its events has been sent ahead, to learn whether anybody is there."""
    passed: int = 0
    """How often it was passed over."""
    cuts: int = 0
    """How many connections ended before the broker had it."""
    digests: set[str] = field(default_factory=set)


_MOST_DIGESTS: Final = 8
"""Of one message's payloads: what is left of it differs from time to time."""


class Slots:
    """The messages under way, by token and by event."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._slots: dict[int, Slot] = {}
        self._by_event: dict[str, Slot] = {}
        self._tokens = 0
        self._orders = 0
        self._answered = 0

    def open(self, lane: Lane, what: Sent, events: dict[str, Instant], stopwatch: int) -> Slot:
        """A place for a message of these events; it is to be `sent` next."""
        self._tokens += 1
        slot = self._slots[self._tokens] = Slot(self._tokens, lane, what, events, stopwatch)
        self._by_event.update(dict.fromkeys(events, slot))
        return slot

    def sent(self, slot: Slot, payload: bytes, now: int) -> None:
        """The slot's message goes out now."""
        self._orders += 1
        slot.order = self._orders
        slot.attempts += 1
        slot.sent, slot.due = now, now + self._pace.wait(slot.attempts)
        slot.arrived = False
        slot.size = len(payload)
        if len(slot.digests) < _MOST_DIGESTS:
            slot.digests.add(sha256(payload).hexdigest())

    def has_room(self, lane: Lane, most: int) -> bool:
        return sum(slot.lane is lane and not slot.apart for slot in self) < most

    def due(self, now: int) -> Slot | None:
        """The message to send again now, the one that has waited longest."""
        due = [slot for slot in self if slot.due <= now]
        return min(due, key=lambda slot: slot.order, default=None)

    def next_due(self) -> int | None:
        return min((slot.due for slot in self), default=None)

    def is_passed_over(self, slot: Slot) -> bool:
        """Whether what was sent after this one has been answered."""
        return slot.order < self._answered

    def set_apart(self, slot: Slot) -> None:
        """Let others pass; where enough are apart already, one of them takes in what is left of this one."""
        apart = [each for each in self if each.apart and each.lane is slot.lane and each is not slot]
        if len(apart) < self._pace.apart_messages:
            slot.apart = True
            return
        most = self._pace.elements - len(slot.events)
        alike = [each for each in apart if each.what == slot.what and len(each.events) <= most]
        if (slot.named or len(slot.events) == 1) and alike:
            self._move(slot, list(slot.events), min(alike, key=lambda each: len(each.events)))

    def part(self, slot: Slot, events: Collection[str]) -> None:
        """These of its events become a message of their own, to be sent next."""
        self._tokens += 1
        part = Slot(self._tokens, slot.lane, slot.what, {}, slot.first_sent)
        part.attempts, part.passed, part.apart = slot.attempts, slot.passed, slot.apart
        self._slots[part.token] = part
        self._move(slot, events, part)
        part.named = slot.named

    def _move(self, slot: Slot, events: Collection[str], to: Slot) -> None:
        to.events.update((event, slot.events.pop(event)) for event in events)
        to.first_sent = min(to.first_sent, slot.first_sent)
        to.named = True
        self._by_event.update(dict.fromkeys(events, to))
        if not slot.events:
            del self._slots[slot.token]

    def of(self, event: str) -> Slot | None:
        return self._by_event.get(event)

    def by_digest(self, digest: str) -> Slot | None:
        return next((slot for slot in self if digest in slot.digests), None)

    def arrived(self, token: int) -> None:
        slot = self._slots.get(token)
        if slot is not None:
            slot.arrived = True

    def cut(self) -> None:
        """The connection is gone, and with it whatever the broker had not got."""
        for slot in self:
            if not slot.arrived:
                slot.due = 0
                slot.cuts += 1

    def hurry(self, by: int) -> None:
        """Who waits longer than until `by` waits until then: there is somebody to answer again."""
        for slot in self:
            slot.due = min(slot.due, by)

    def stalled(self, since: int) -> bool:
        """Whether a message was given to the connection before `since` and has not arrived."""
        return any(not slot.arrived and slot.due and slot.sent < since for slot in self)

    def settle(self, event: str) -> None:
        """The event is under way no longer."""
        slot = self._by_event.pop(event, None)
        if slot is None:
            return
        self._answered = max(self._answered, slot.order)
        slot.events.pop(event, None)
        slot.named = True
        if not slot.events:
            del self._slots[slot.token]

    def close(self, slot: Slot) -> None:
        """Give the place up, unanswered."""
        for event in slot.events:
            self._by_event.pop(event, None)
        self._slots.pop(slot.token, None)

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots.values())
