"""Capture jobs: documents handed in, and the work on them.

A document is durable once it is accepted, and worked on until it is finished, by whoever runs `work`: after a crash
that goes on where it was, and what was taken in already is known by its id. `rollback` takes all of a document in, in
one unit, or nothing; `proceed` takes in what can be, some at a time. Whoever is asked by HTTP, or how, is not known.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog

from gateway.epcis.documents import Placed, read
from gateway.epcis.places import Places
from gateway.epcis.problems import Class, Invalid, Problem
from gateway.epcis.reading import Sender
from gateway.ports.captures import CaptureRow, CaptureUnit
from gateway.ports.state import Unavailable
from gateway.service.admission import Terrain, stranger
from gateway.service.epcis.preparing import MOST_TOLD, Prepared, prepare, prepared_event
from gateway.service.epcis.taking import Captured, Note, take_in
from gateway.service.pump import Committed
from gateway.tracking.instants import Instant, rfc3339
from gateway.wire.topics import Channel

_LOG = structlog.get_logger(__name__)

AT_ONCE: Final = 100
"""Events of one unit where a document need not be taken in whole, so that scanners need not wait long."""


U = TypeVar("U", bound=CaptureUnit)
U_co = TypeVar("U_co", bound=CaptureUnit, covariant=True)


class Units(Protocol[U_co]):
    """A state store that documents can be captured into; its units may have more than capture asks for."""

    def unit(self) -> AbstractContextManager[U_co]: ...

    def reader(self) -> AbstractContextManager[U_co]: ...


class Behaviour(StrEnum):
    """What becomes of a document of which an event cannot be captured: GS1-Capture-Error-Behaviour."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


class _Refused(Exception):
    """Takes a unit back."""

    def __init__(self, captured: Captured) -> None:
        super().__init__("some events cannot be captured")
        self.captured = captured


def _nothing(_unit: CaptureUnit, _captured: str) -> None:
    """What most callers have to write beside a capture."""


class Desk(Generic[U]):
    """Takes documents in, from any thread; each unit is one writer's.

    `terrain` is the network of today, `now` the gateway's clock; `on_committed` hears of every unit after its commit.
    """

    def __init__(
        self,
        state: Units[U],
        terrain: Callable[[], Terrain],
        now: Callable[[], Instant],
        on_committed: Callable[[Committed], None],
    ) -> None:
        self._state = state
        self._terrain = terrain
        self._now = now
        self._on_committed = on_committed

    def accept(
        self,
        body: bytes,
        sender: Sender,
        behaviour: Behaviour = Behaviour.ROLLBACK,
        beside: Callable[[U, str], None] = _nothing,
    ) -> CaptureRow:
        """Keep a document to be worked on; `beside` writes in the same unit, and is given the capture's id.

        Raises:
            Invalid: it is no document; with `rollback` also if an event of it is not valid; or the network does not
                know the sender as a device.
            Unavailable: it cannot be kept.
        """
        self._check(sender)
        preparation = prepare(body, sender, self._places())
        if preparation.problems and behaviour is Behaviour.ROLLBACK:
            raise Invalid(list(preparation.problems))
        now = self._now()
        digest = sha256(b"\0".join((sender.device.encode(), body))).hexdigest()
        row = CaptureRow(
            f"{max(now, 0):016x}{digest[:8]}",
            *sender,
            behaviour.value,
            now,
            finished_at=None,
            document=body,
            events=preparation.events,
        )
        with self._state.unit() as unit:
            unit.put_capture(row)
            beside(unit, row.id)
        return row

    def work(self) -> int:
        """Work on all that is not finished, the oldest first. Says how many were finished.

        Raises:
            Unavailable: the state store cannot serve; what is not finished stays so.
        """
        with self._state.reader() as reader:
            waiting = reader.unfinished_captures()
        for capture_id in waiting:
            self.work_on(capture_id)
        return len(waiting)

    def work_on(self, capture_id: str) -> CaptureRow | None:
        """Finish one capture; None: there is none of this id.

        Raises:
            Unavailable: the state store cannot serve; it stays unfinished.
        """
        with self._state.reader() as reader:
            row = reader.capture(capture_id)
        if row is None or row.document is None:
            return row
        try:
            return self._finish(row, row.document)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # a bug of ours: the job must say so, and not be tried for ever
            _LOG.exception("capture_failed", capture=row.id)
            problem = Problem("the gateway failed on it; hand it in again after an upgrade")
            return self._failed(row, [problem])

    def capture_one(self, body: bytes, sender: Sender, beside: Callable[[U, str], None] = _nothing) -> str:
        """Take in a document of one event at once, and say its eventID; `beside` is given it, in the same unit.

        Raises:
            Invalid: it is not valid, is not one event, or cannot be taken in.
            Unavailable: the state store cannot serve; nothing was taken in.
        """
        self._check(sender)
        document = read(body)
        if len(document.events) != 1:
            raise Invalid(
                [Problem(f"the document has {len(document.events)} events; send one, or use capture")]
            )
        (placed,) = document.events
        event = self._one(placed, document.context, sender, alone=document.envelope is None)
        now = self._now()
        with self._state.unit() as unit:
            captured = take_in(unit, self._terrain(), [event], sender, now)
            if captured.problems:
                raise Invalid(list(captured.problems))
            beside(unit, event.entry.uri)
        self._tell(captured, now)
        return event.entry.uri

    def _one(self, placed: Placed, context: Any, sender: Sender, *, alone: bool) -> Prepared:
        return prepared_event(placed, context, sender, self._places(), alone=alone)

    def _places(self) -> Places:
        return Places(self._terrain().network.sites)

    def _check(self, sender: Sender) -> None:
        """A partner's events are those of the device that has its source's id."""
        if sender.restoring:
            return
        fault = stranger(Channel("device", sender.device, "scan"), self._terrain().network)
        if fault is not None:
            detail = (
                f"{fault.message}: what {sender.device} captures is taken as the scans of a device of that id"
            )
            raise Invalid([Problem(detail, kind=Class.SECURITY)])

    def _finish(self, row: CaptureRow, body: bytes) -> CaptureRow:
        sender = Sender(row.device, row.restoring)
        try:
            preparation = prepare(body, sender, self._places())
        except Invalid as invalid:
            return self._failed(row, invalid.problems)
        if row.behaviour == Behaviour.PROCEED:
            return self._proceed(row, preparation.prepared, preparation.problems, sender)
        if preparation.problems:
            return self._failed(row, preparation.problems)
        now = self._now()
        try:
            with self._state.unit() as unit:
                captured = take_in(unit, self._terrain(), preparation.prepared, sender, now)
                if captured.problems:
                    raise _Refused(captured)
                done = _finished(row, [], captured.notes, now)
                unit.put_capture(done)
        except _Refused as refused:
            return self._failed(row, refused.captured.problems)
        self._tell(captured, now)
        return done

    def _proceed(
        self, row: CaptureRow, events: Sequence[Prepared], problems: Sequence[Problem], sender: Sender
    ) -> CaptureRow:
        if not row.done:
            row = _with(row, problems, [])
        for begin in range(row.done, max(len(events), 1), AT_ONCE):
            part = events[begin : begin + AT_ONCE]
            now = self._now()
            with self._state.unit() as unit:
                captured = take_in(unit, self._terrain(), part, sender, now)
                row = _with(row, captured.problems, captured.notes)._replace(done=begin + len(part))
                if row.done == len(events):
                    row = _finished(row, [], [], now)
                unit.put_capture(row)
            self._tell(captured, now)
        return row

    def _failed(self, row: CaptureRow, problems: Sequence[Problem]) -> CaptureRow:
        row = _finished(row, problems, [], self._now())
        with self._state.unit() as unit:
            unit.put_capture(row)
        return row

    def _tell(self, captured: Captured, now: Instant) -> None:
        if captured.taken is not None:
            self._on_committed(Committed(now, captured.taken.newest, captured.taken.settled))


def _finished(
    row: CaptureRow, problems: Sequence[Problem], notes: Sequence[Note], now: Instant
) -> CaptureRow:
    done = row.done if problems else row.events
    return _with(row, problems, notes)._replace(finished_at=now, document=None, done=done)


def _with(row: CaptureRow, problems: Sequence[Problem], notes: Sequence[Note]) -> CaptureRow:
    errors = [*json.loads(row.errors), *(each.document() for each in problems)]
    told = [*json.loads(row.notes), *(note._asdict() for note in notes)]
    return row._replace(errors=json.dumps(errors[:MOST_TOLD]), notes=json.dumps(told[:MOST_TOLD]))


def job_document(row: CaptureRow) -> dict[str, Any]:
    """A capture job as the standard has it, ready for JSON; `notes` tells of events that move no journey."""
    errors = json.loads(row.errors)
    found: dict[str, Any] = {
        "captureID": row.id,
        "createdAt": rfc3339(row.created_at),
        "running": row.finished_at is None,
        "success": not errors,
        "captureErrorBehaviour": row.behaviour,
        "errors": errors,
        "notes": json.loads(row.notes),
        "events": row.events,
    }
    if row.finished_at is not None:
        found["finishedAt"] = rfc3339(row.finished_at)
    return found


def job(reader: CaptureUnit, capture_id: str, device: str | None = None) -> dict[str, Any] | None:
    """One capture job, if it is the device's (None: anybody's)."""
    row = reader.capture(capture_id)
    return job_document(row) if row is not None and device in (None, row.device) else None


def jobs(
    reader: CaptureUnit, device: str | None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of capture jobs, the newest first, and the token of the next."""
    rows = reader.captures(device, after, limit)
    return [job_document(row) for row in rows], rows[-1].id if len(rows) == limit else None
