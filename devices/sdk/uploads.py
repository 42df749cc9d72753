"""What a device sends next, and what a receipt settles: decisions only, no connection, no thread, no waiting.

Two lanes share the way. The *live* lane takes what somebody may be waiting for, the newest first, a few at a time; the
*backlog* lane works off the rest, the oldest first, in arrays of up to 500 and 64 KiB. So after hours offline the next
scan has its verdict at once, and what gathered follows. Within a message events stand in the order they were made.

An event leaves the spool when a receipt names it, and for nothing else; what the broker acknowledges means only that
a reconnection need not repeat it. The same event may go out several times: the gateway knows it by its id.

The clock. Until a receipt has confirmed it, new instants are provisional and their events held back: a scanner asks
for the time with a probe, a scan that voids an event which never was, again and again until it is answered; of a
device that may not scan, the newest event goes ahead alone as a scout. The first prompt receipt for an event of this
run moves whatever waits to the right time. (One for an older event proves nothing: the broker may have kept it since
yesterday. One that was long under way proves little: the first such is only the sign to ask once more.) What was sent
too early and is refused for its time (`future_time`, `too_old`) is sent again with the right one under the same id,
which a quarantined event has not used up.

What is too large. Some brokers swallow a message above a limit of their own, others end the connection. An array that
is passed over, or that connections end over, goes out in halves, and the next are no larger. Where nothing else is
under way that could show whether a gateway is there, one of its events goes out beside it by itself.
"""

import json
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Final, NamedTuple

from devices.sdk import receipts
from devices.sdk.clock import Belief, Clock
from devices.sdk.ids import Ids
from devices.sdk.receipts import Result
from devices.sdk.slots import Lane, Pace, Slot, Slots
from devices.sdk.spool import New, Sent, Spool, SpoolBroken, SpoolFull, Waiting
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Duration, Instant, rfc3339

_KINDS: Final[tuple[Sent, ...]] = ("scan", "position", "announce")
_UNTIMELY: Final = frozenset({"future_time", "too_old"})
_STALLED_AFTER: Final = 5 * MINUTE
_CLOCK: Final = "clock"
_MOST_AHEAD: Final = HOUR
"""An event that is farther ahead of its device's clock than this was given an instant that makes no sense."""
_MOST_EARLY: Final = 5
"""Sendings of an event whose instant has come for us, and never comes for the gateway."""
_LEAST_BYTES: Final = 4096
"""An array never becomes smaller than that for good: single events that nobody answers are no matter of size."""
_MOST_CUTS: Final = 3
"""Connections that may end over an array as they do; then it may be the array."""
_PATIENT_PROBES: Final = 2
"""Probes are sent again sooner than events: everything waits for them, and they are small."""


class Message(NamedTuple):
    """To publish now; tell `arrived(token)` when the broker has acknowledged it."""

    token: int
    what: Sent
    payload: bytes


class Uploads:
    """One run of one device. All but `put` is for one thread; `now` is a stopwatch's reading in microseconds.

    `probes`: whether the device may scan, and so ask for the time.
    """

    def __init__(self, spool: Spool, clock: Clock, pace: Pace | None = None, *, probes: bool = True) -> None:
        self._spool = spool
        self._clock = clock
        self._pace = pace or Pace()
        self._ids = Ids(spool.run)
        self._probes = probes
        self._slots = Slots(self._pace)
        self._bytes = self._pace.bytes
        """The largest array that is worth sending here."""
        self._stamping = threading.Lock()
        self._cursor = dict.fromkeys(_KINDS, 0)
        self._more = dict.fromkeys(_KINDS, True)
        self._fresh = True
        self._heard: int | None = None
        self._moved = Duration(0)
        self._asked_again = False
        self._settled: set[str] = set()
        self._clear_at = 0
        self._probed: deque[str] = deque(maxlen=16)
        self._recall()

    def put(self, what: Sent, body: Mapping[str, Any], at: Instant | None = None) -> str:
        """Spool an event; on return it is durable. `at` is now unless it is known better. Returns its id.

        Raises:
            ValueError: it cannot go on the wire: too large, or a number is not finite.
            SpoolFull: there is no room for it; nothing else is lost, and room comes by itself.
        """
        if not body:
            raise ValueError(f"the {what} says nothing; give it what it is about")
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        id_ = self._ids.next()
        with self._stamping:
            stamp = self._clock.now() if at is None else at
            provisional = at is None and not self._clock.trusted
            event = New(id_, what, Instant(stamp - stamp % (SECOND // 1000)), text, provisional)
            size = len(self._element(Waiting(0, *event)).encode())
            if size > self._pace.bytes - len("[]"):
                raise ValueError(
                    f"the {what} has {size} bytes, and {self._pace.bytes} are allowed; split its items"
                )
            self._spool.append([event])
        for kind in _KINDS:
            self._more[kind] = True
        self._fresh = True
        return id_

    def next(self, now: int) -> Message | None:
        """The message to publish now, if there is one; ask again until there is none.

        Raises:
            SpoolBroken: the spool cannot be read.
        """
        self._clear(now)
        again = self._again(now)
        if again is not None:
            return again
        ahead = self._live(now) if self._clock.trusted else self._scout(now)
        return ahead or self._backlog(now)

    def next_due(self) -> int | None:
        """When time alone can make `next` have something; None: it cannot."""
        due = self._slots.next_due()
        if self._settled:
            return self._clear_at if due is None else min(due, self._clear_at)
        return due

    def arrived(self, token: int) -> None:
        """The broker has acknowledged the message."""
        self._slots.arrived(token)

    def cut(self) -> None:
        """The connection is gone."""
        self._slots.cut()

    def stalled(self, now: int) -> bool:
        """Whether the connection takes messages and delivers none: then a new one may help."""
        return self._slots.stalled(now - _STALLED_AFTER)

    def receipt(self, payload: bytes, now: int) -> list[Result]:
        """Take in a receipt; what it says of events of this device, those of a nameless payload each by its id.

        Raises:
            SpoolBroken: the spool cannot be written; the events will be named again when they are sent again.
        """
        said = receipts.read(payload)
        if said is None:
            return []
        self._set_clock(said, now)
        if self._heard is None or now - self._heard > self._pace.first_wait:
            self._slots.hurry(now + self._pace.first_wait)
        self._heard = now
        results = [each for result in said.results for each in self._named(result)]
        kept = [result for result in results if not self._is_for_again(result, now)]
        for result in kept:
            self._slots.settle(str(result.id))
        self._settled.update(str(result.id) for result in kept)
        self._clear_at = now
        self._clear(now)
        self._fresh = True
        return [result for result in kept if result.id not in self._probed]

    def _recall(self) -> None:
        """Take up the clock where the last run left it, unless the time of day was reset meanwhile."""
        noted = self._spool.noted(_CLOCK)
        adopted = noted is None or self._clock.adopt(Belief(*json.loads(noted)))
        provisional = self._spool.provisional()
        if provisional is not None and (not adopted or provisional > self._clock.now()):
            try:
                self._spool.confirm(Duration(0))
            except SpoolFull:
                return  # they stay provisional, and are moved with the rest

    def _set_clock(self, said: receipts.Receipt, now: int) -> None:
        proving = [
            slot
            for result in said.results
            if result.id is not None
            and self._ids.made(result.id)
            and (slot := self._slots.of(result.id)) is not None
        ]
        if not proving or self._asks_again(proving, now):
            return
        with self._stamping:
            self._more = dict.fromkeys(_KINDS, True)
            first = not self._clock.trusted
            sent = max(slot.first_sent for slot in proving)
            moved = self._clock.prove(said.at, sent, self._clock.stopwatch())
            if not first and not moved:
                return
            try:
                if first:
                    self._moved = moved
                    self._spool.confirm(moved)
                    self._moved = Duration(0)
                self._spool.note(_CLOCK, json.dumps(self._clock.belief()))
            except SpoolFull:
                return  # `_moved` is added when they are sent; the belief is only for the next start

    def _asks_again(self, proving: Sequence[Slot], now: int) -> bool:
        """Whether the first answer was too long under way to set the clock by: somebody is there now, so ask anew."""
        if self._clock.trusted or self._asked_again:
            return False
        self._asked_again = now - max(slot.sent for slot in proving) > self._pace.first_wait // 8
        return self._asked_again

    def _named(self, result: Result) -> list[Result]:
        if result.id is not None:
            return [result]
        slot = self._slots.by_digest(str(result.sha256))
        if slot is None:
            return []
        return [
            Result(id_, result.result, reason=result.reason, message=result.message) for id_ in slot.events
        ]

    def _is_for_again(self, result: Result, now: int) -> bool:
        """Whether the event was refused for an instant that we know better by now, or that will soon have come."""
        if result.result != "quarantined" or result.reason not in _UNTIMELY:
            return False
        slot = self._slots.of(str(result.id))
        if slot is None:
            return bool(self._spool.read([str(result.id)]))
        for event in self._spool.read([str(result.id)]):
            at = self._at(event)
            ahead = at - self._clock.now()
            if at != slot.events[event.id]:
                slot.due = now
                return True
            if 0 < ahead <= _MOST_AHEAD:
                slot.due = now + ahead
                return True
            if ahead <= 0 and result.reason == "future_time" and slot.attempts < _MOST_EARLY:
                slot.due = now + self._pace.first_wait  # the answer took so long that its instant has come
                return True
        return False

    def _clear(self, now: int) -> None:
        """Take what is settled out of the spool, as soon as the disk has room to write that."""
        if self._settled and self._clear_at <= now:
            try:
                self._spool.remove(self._settled)
                self._settled = set()
            except (SpoolFull, SpoolBroken):  # what a receipt says is told all the same
                self._clear_at = now + 5 * SECOND

    def _again(self, now: int) -> Message | None:
        while (slot := self._slots.due(now)) is not None:
            if slot.lane is Lane.PROBE:
                self._slots.close(slot)
                return self._probe(now, slot.attempts)
            waiting = self._spool.read(slot.events)
            for gone in slot.events.keys() - {event.id for event in waiting}:
                self._slots.settle(gone)
            if not waiting:
                continue
            chosen = self._cut_to_size(slot, waiting)
            if slot.events:
                slot.events = {event.id: self._at(event) for event in chosen}
                return self._message(slot, [self._element(event) for event in chosen], now)
        return None

    def _cut_to_size(self, slot: Slot, waiting: Sequence[Waiting]) -> Sequence[Waiting]:
        """What of an unanswered message to send again in one; the rest becomes another. None where it is gathered."""
        again = bool(slot.attempts and slot.due)
        passed = again and self._slots.is_passed_over(slot)
        slot.passed += passed
        chosen = self._fitting(waiting, self._room(slot, passed=passed))
        if again and not (passed or slot.named or slot.scouted) and len(chosen) > 1:
            slot.scouted = True
            chosen = chosen[:-1]
        rest = [event.id for event in waiting[len(chosen) :]]
        if rest:
            self._slots.part(slot, rest)
        if passed:
            self._slots.set_apart(slot)
        return chosen

    def _room(self, slot: Slot, *, passed: bool) -> int:
        """How large the message may be this time; what others are to be held to is learnt from it."""
        if slot.named or len(slot.events) == 1 or not (passed or slot.cuts >= _MOST_CUTS):
            return self._bytes
        half = slot.size // 2
        if slot.passed > 1 or not passed:
            self._bytes = max(min(self._bytes, half), _LEAST_BYTES)
        slot.attempts, slot.scouted, slot.cuts = 0, False, 0
        return min(half, self._bytes)

    def _scout(self, now: int) -> Message | None:
        """While the clock is unconfirmed: a probe, or where that is not allowed, one event at a time."""
        if self._probes:
            probing = any(slot.lane is Lane.PROBE for slot in self._slots)
            return None if probing else self._probe(now, 0)
        if not self._slots.has_room(Lane.SCOUT, 1):
            return None
        found = self._newest(1)
        return self._send(Lane.SCOUT, found, now) if found else None

    def _probe(self, now: int, attempts: int) -> Message:
        at = self._clock.now()
        at = Instant(at - at % (SECOND // 1000))
        never = self._ids.next()
        probe = Waiting(0, self._ids.next(), "scan", at, json.dumps({"voids": [never]}))
        self._probed.append(probe.id)
        slot = self._slots.open(Lane.PROBE, "scan", {probe.id: at}, self._clock.stopwatch())
        slot.attempts = min(attempts, _PATIENT_PROBES)
        return self._message(slot, [self._element(probe)], now)

    def _live(self, now: int) -> Message | None:
        if not self._fresh or not self._slots.has_room(Lane.LIVE, self._pace.live_messages):
            return None
        self._fresh = False
        oldest = self._clock.now() - self._pace.fresh
        found = [event for event in self._newest(self._pace.live_elements) if self._at(event) >= oldest]
        if not found:
            return None
        self._fresh = True
        chosen = [event for event in found if event.what == found[0].what]
        return self._send(Lane.LIVE, self._fitting(chosen, self._bytes)[::-1], now)

    def _newest(self, most: int) -> list[Waiting]:
        """The newest events that no message holds yet, the newest first."""
        ahead = sum(len(slot.events) for slot in self._slots if slot.lane is not Lane.BACKLOG)
        events = self._spool.newest(min(self._cursor.values()), ahead + len(self._settled) + most)
        return [event for event in events if event.seq > self._cursor[event.what] and self._is_free(event)][
            :most
        ]

    def _backlog(self, now: int) -> Message | None:
        if not self._slots.has_room(Lane.BACKLOG, self._pace.backlog_messages):
            return None
        for what in _KINDS:
            found = self._oldest(what, now)
            if found is not None:
                return found
        return None

    def _oldest(self, what: Sent, now: int) -> Message | None:
        """The oldest events that no message holds yet and that are not held back, and move on past them."""
        while self._more[what]:
            self._more[what] = False
            events = self._spool.oldest(what, self._cursor[what], self._pace.elements)
            ready = events if self._clock.trusted else list(takewhile(_is_stamped, events))
            if not ready:
                return None
            self._more[what] = True
            free = [event for event in ready if self._is_free(event)]
            chosen = self._fitting(free, self._bytes)
            self._cursor[what] = chosen[-1].seq if len(chosen) < len(free) else ready[-1].seq
            if chosen:
                return self._send(Lane.BACKLOG, chosen, now)
        return None

    def _is_free(self, event: Waiting) -> bool:
        return self._slots.of(event.id) is None and event.id not in self._settled

    def _fitting(self, events: Sequence[Waiting], most_bytes: int) -> Sequence[Waiting]:
        """As many as fit into one message of this size, the first of them always."""
        room = most_bytes - len("[]")
        for count, event in enumerate(events):
            room -= len(self._element(event).encode()) + len(",")
            if room < -len(",") and count:
                return events[:count]
        return events

    def _send(self, lane: Lane, events: Sequence[Waiting], now: int) -> Message:
        sent = {event.id: self._at(event) for event in events}
        slot = self._slots.open(lane, events[0].what, sent, self._clock.stopwatch())
        return self._message(slot, [self._element(event) for event in events], now)

    def _message(self, slot: Slot, elements: Sequence[str], now: int) -> Message:
        payload = (elements[0] if len(elements) == 1 else f"[{','.join(elements)}]").encode()
        self._slots.sent(slot, payload, now)
        return Message(slot.token, slot.what, payload)

    def _element(self, event: Waiting) -> str:
        return f'{{"id":"{event.id}","at":"{rfc3339(self._at(event))}",{event.body[1:]}'

    def _at(self, event: Waiting) -> Instant:
        return Instant(event.at + self._moved) if event.provisional else event.at


def _is_stamped(event: Waiting) -> bool:
    return not event.provisional
