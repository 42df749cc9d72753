"""The one writer: takes micro-batches from the line, one unit each, and lets deadlines pass (invariants 1, 2, 3).

A unit that cannot be committed keeps its batch and blocks the line: nothing is acknowledged, the inbox fills, and
reading stops. A batch that trips over a bug of ours is taken apart, so that only the message at fault is set aside.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol

import structlog

from gateway.ports.line import Clock, D, Line
from gateway.ports.posted import Posted
from gateway.ports.rows import SubjectRow
from gateway.ports.state import State, Unavailable
from gateway.service.admission import Terrain
from gateway.service.deadlines import MAX_DUE, know_devices, look_again, pass_deadlines, set_aside
from gateway.service.intake import Answer, Message, Taken, failed, take
from gateway.service.renewal import Progress, Renewed
from gateway.service.settle import Settled
from gateway.tracking.instants import SECOND, Instant
from gateway.wire.receipt import receipts
from gateway.wire.topics import receipt_topic

_LOG = structlog.get_logger(__name__)

MAX_BATCH = 1_000
"""Messages in one unit: enough that a commit costs little per message, few enough to answer within a blink."""
MAX_ELEMENTS_BYTES = 512 * 1024
"""Payload bytes in one unit, so that arrays of hundreds do not make a unit of tens of thousands of events."""
LONGEST_WAIT_S = 0.5
LOOK_AHEAD = SECOND
SWEEP_AGAIN = SECOND
MILLISECOND = SECOND // 1_000
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.1, 5.0


@dataclass(slots=True)
class Counts:
    """What the writer has done since its start; all only grow, but the last two.

    `backoff_s` is 0 while the state store serves; `commit_ms` is how long the newest unit took, None before the first.
    """

    messages: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    opened: int = 0
    resolved: int = 0
    failed_journeys: int = 0
    units: int = 0
    turns: int = 0
    backoff_s: float = 0.0
    commit_ms: float | None = None


class Committed(NamedTuple):
    """What others may want to know of a unit just committed.

    `newest` has for each message the latest event time in it, None where it has none.
    """

    at: Instant
    newest: Sequence[Instant | None]
    settled: Settled


class Networks(Protocol):
    """The network of today, and the deriving anew that a changed one asks for."""

    @property
    def terrain(self) -> Terrain: ...

    def renew(self) -> Renewed:
        """Do one page of it."""
        ...


class Pump(Generic[D]):
    """Run `step` again and again, from one thread; everything else may be called from any.

    `on_committed` hears of every unit after its commit.
    """

    def __init__(
        self,
        state: State,
        line: Line[D],
        root: str,
        networks: Networks,
        clock: Clock,
        on_committed: Callable[[Committed], None],
    ) -> None:
        self._state = state
        self._line = line
        self._prefix = root + "/"
        self._root = root
        self._networks = networks
        self._clock = clock
        self._on_committed = on_committed
        self._pending: list[D] = []
        self._latest = Instant(0)
        self._next_due: Instant | None = Instant(0)
        self._looked_at = Instant(0)
        self._known: Terrain | None = None
        self.counts = Counts()

    def step(self) -> float:
        """One round: deadlines, then a batch. Returns how many seconds to pause before the next; 0 is usual."""
        self.counts.turns += 1
        try:
            return self._step()
        except Unavailable as error:
            return self._back_off(error)

    def _step(self) -> float:
        self._meet_devices()
        progress = self._renew()
        self._pass_deadlines()
        if not self._pending:
            wait_s = 0.0 if progress is Progress.UNDER_WAY else self._wait_s()
            self._pending = list(self._line.take(MAX_BATCH, wait_s))
            self._look_ahead()
            self._pass_deadlines()
        self._take_pending()
        self._recover()
        return 0.0

    def _renew(self) -> Progress:
        renewed = self._networks.renew()
        if renewed.progress is not Progress.IDLE:
            now = self._next_due = self._now()
            for settled in renewed.settled:
                self._committed(now, (), settled)
        return renewed.progress

    def _look_ahead(self) -> None:
        """While nothing comes, ask now and then what is due next: another process may have changed it."""
        now = self._now()
        if not self._pending and now - self._looked_at >= LOOK_AHEAD:
            self._looked_at = now
            with self._state.reader() as reader:
                self._next_due = reader.next_due()

    def drain(self) -> None:
        """Finish what was taken and what the paused line still holds; what the state store refuses is redelivered.

        A store that failed just now is not waited for once more: whoever stops us has little patience.
        """
        if self.counts.backoff_s:
            self._leave_waiting("the state store has not served lately")
            return
        try:
            while self._pending or (more := self._line.take(MAX_BATCH, 0.0)):
                self._pending = self._pending or list(more)
                self._take_pending()
        except Unavailable as error:
            self._leave_waiting(str(error))

    def _leave_waiting(self, reason: str) -> None:
        _LOG.error("stopped_with_messages_waiting", reason=reason, messages=len(self._pending))

    def _take_pending(self) -> None:
        while self._pending:
            batch = self._cut(self._pending)
            self._take_in(batch)
            del self._pending[: len(batch)]

    def _cut(self, pending: Sequence[D]) -> Sequence[D]:
        size = 0
        for count, delivery in enumerate(pending):
            size += len(delivery.payload)
            if size > MAX_ELEMENTS_BYTES and count:
                return pending[:count]
        return list(pending)

    def _now(self) -> Instant:
        """The clock, never going back."""
        self._latest = max(self._latest, self._clock.now())
        return self._latest

    def _wait_s(self) -> float:
        if self._next_due is None:
            return LONGEST_WAIT_S
        return min(LONGEST_WAIT_S, self._clock.seconds_until(self._next_due))

    def _meet_devices(self) -> None:
        terrain = self._networks.terrain
        if terrain is not self._known:
            now = self._now()
            with self._state.unit() as unit:
                settled = know_devices(unit, terrain.network, now)
            self._committed(now, (), settled)
            self._known = terrain
            self._next_due = now

    def _pass_deadlines(self) -> None:
        now = self._now()
        while self._next_due is not None and self._next_due <= now:
            try:
                with self._state.unit() as unit:
                    settled = pass_deadlines(unit, self._networks.terrain.network, now)
                    self._next_due = unit.next_due()
                if settled is not None:
                    self._committed(now, (), settled)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 # a bug of ours: find the row at fault, set it aside; sweeps go on
                _LOG.exception("sweep_failed", remedy="what is due is looked at one by one")
                self._next_due = self._one_by_one(now)
            now = self._now()

    def _one_by_one(self, now: Instant) -> Instant | None:
        """Look at each row that is due by itself. Returns when to sweep next."""
        try:
            with self._state.reader() as reader:
                due = reader.due(now, MAX_DUE)
            for row in due:
                self._alone(row, now)
            with self._state.reader() as reader:
                return reader.next_due()
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # a bug of ours for which no row is to blame: messages must not wait for it
            _LOG.exception("sweeps_fail", remedy="they are tried again, and messages taken in meanwhile")
            return Instant(now + SWEEP_AGAIN)

    def _alone(self, row: SubjectRow, now: Instant) -> None:
        try:
            with self._state.unit() as unit:
                settled = look_again(unit, self._networks.terrain.network, now, [row])
            self._committed(now, (), settled)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # the row at fault: kept with its traceback until its next evidence
            _LOG.exception("journey_set_aside", subject=row.id)
            self.counts.failed_journeys += 1
            with self._state.unit() as unit:
                set_aside(unit, row, traceback.format_exc())

    def _messages(self, batch: Sequence[D]) -> list[Message]:
        """The batch as messages; no two are received at one instant, so that an export can tell them apart."""
        messages = []
        for delivery in batch:
            self._latest = max(Instant(self._latest + 1), delivery.received_at)
            topic = delivery.topic.removeprefix(self._prefix)
            messages.append(Message(topic, delivery.payload, self._latest, delivery.retained))
        return messages

    def _take_in(self, batch: Sequence[D]) -> None:
        messages = self._messages(batch)
        now = self._now()
        try:
            answers = self._commit(messages, now)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # a bug of ours: find the message at fault, set it aside, go on (invariant 2)
            _LOG.exception("batch_failed", messages=len(messages), remedy="its messages are taken one by one")
            answers = [self._one(message, now) for message in messages]
        try:
            self._answer(batch, answers, now)
        except Exception:  # noqa: BLE001 # a bug of ours: the events are durable, and devices ask again
            _LOG.exception("not_answered", messages=len(messages))
        self._line.ack(batch)

    def _commit(self, messages: Sequence[Message], now: Instant) -> list[Answer]:
        with self._state.unit() as unit:
            taken = take(unit, self._networks.terrain, messages, now)
            self._next_due = unit.next_due()
        self.counts.commit_ms = max(0, self._clock.now() - now) / MILLISECOND
        self._count(taken, len(messages))
        self._committed(now, taken.newest, taken.settled)
        return list(taken.answers)

    def _one(self, message: Message, now: Instant) -> Answer:
        try:
            return self._commit([message], now)[0]
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 # the message at fault: kept whole with its traceback, acknowledged
            _LOG.exception("message_quarantined", topic=message.topic, bytes=len(message.payload))
            answer, row = failed(message, error, traceback.format_exc())
            with self._state.unit() as unit:
                unit.put_quarantine([row])
            self.counts.messages += 1
            self.counts.quarantined += 1
            return answer

    def _answer(self, batch: Sequence[D], answers: Sequence[Answer], now: Instant) -> None:
        """Tell those who posted, and send the others' receipts, those of one device or source together."""
        results: dict[str, list[bytes]] = {}
        for delivery, answer in zip(batch, answers, strict=True):
            if isinstance(delivery, Posted):
                delivery.tell(answer.results)
            elif answer.channel is not None and answer.results:
                results.setdefault(receipt_topic(self._root, answer.channel), []).extend(answer.results)
        self._line.answer(
            [(topic, receipt) for topic, rendered in results.items() for receipt in receipts(now, rendered)]
        )

    def _count(self, taken: Taken, messages: int) -> None:
        counts = self.counts
        counts.messages += messages
        counts.accepted += taken.accepted
        counts.duplicates += taken.duplicates
        counts.quarantined += taken.quarantined

    def _committed(self, now: Instant, newest: Sequence[Instant | None], settled: Settled) -> None:
        self.counts.units += 1
        for transition in settled.transitions:
            self.counts.opened += transition.what == "opened"
            self.counts.resolved += transition.what == "resolved"
        for subject, trace in settled.failed.items():
            self.counts.failed_journeys += 1
            _LOG.error("journey_set_aside", subject=subject, trace=trace)
        try:
            self._on_committed(Committed(now, newest, settled))
        except Exception:  # noqa: BLE001 # a bug of who listens: what is committed stays so, and is answered
            _LOG.exception("not_heard_of", transitions=len(settled.transitions))

    def _back_off(self, error: Unavailable) -> float:
        counts = self.counts
        if counts.backoff_s == 0.0:
            self._line.say({"state_store": str(error)})
        counts.backoff_s = min(LONGEST_BACKOFF_S, counts.backoff_s * 2 or FIRST_BACKOFF_S)
        _LOG.error(
            "state_unavailable", reason=str(error), again_in_s=counts.backoff_s, waiting=len(self._pending)
        )
        return counts.backoff_s

    def _recover(self) -> None:
        if self.counts.backoff_s:
            self.counts.backoff_s = 0.0
            self._line.say({})
            _LOG.info("state_available")
