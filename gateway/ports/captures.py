"""What EPCIS capture and query ask of the state store, besides what the rules do.

Instants are microseconds since the epoch, UTC; intervals include their begin and not their end.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from gateway.ports.rows import EventRow, Identity
from gateway.ports.state import State, Unit
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key


class CaptureRow(NamedTuple):
    """A document that was handed in: its events are taken from `device`, or with `restoring` from whom each names.

    `document` is kept until `finished_at`; `events` is how many it has, `done` how many of them are dealt with.
    `errors` and `notes` are JSON text.
    """

    id: str
    device: str
    restoring: bool
    behaviour: str
    created_at: Instant
    finished_at: Instant | None
    document: bytes | None
    events: int
    done: int = 0
    errors: str = "[]"
    notes: str = "[]"


class Mention(NamedTuple):
    """A name by which a captured event is to be found; empty: an event that moves no journey, found by its time."""

    name: str
    key: Key


class Span(NamedTuple):
    """From `since` on, before `before`."""

    since: Instant
    before: Instant


Place = tuple[Instant, int]
"""Where an event comes in the order of receipt: (received_at, number)."""


class Placed(NamedTuple):
    """An event and where it comes in the order of receipt."""

    place: Place
    event: EventRow


class Captures(Protocol):
    """Capture jobs, and events by time, by name and by identity."""

    def put_capture(self, row: CaptureRow) -> None:
        """Insert or replace."""
        ...

    def capture(self, capture_id: str) -> CaptureRow | None: ...

    def captures(self, device: str | None, before: str | None, limit: int) -> Sequence[CaptureRow]:
        """Captures of a device (None: of all), the newest first, with ids below `before`, without documents."""
        ...

    def unfinished_captures(self) -> Sequence[str]:
        """The ids of captures that are not finished, the oldest first."""
        ...

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        """Those that are known are passed over."""
        ...

    def events_by(self, identities: Collection[Identity]) -> Mapping[Identity, Placed]:
        """The events that are known."""
        ...

    def received(self, span: Span, after: Place | None, limit: int, *, newest: bool) -> Sequence[Placed]:
        """Events in the order of their receipt (`newest`: the other way round), past `after`."""
        ...

    def happened(self, span: Span, after: Key | None, limit: int, *, newest: bool) -> Sequence[Key]:
        """Keys of scans, positions and mentioned events by event time, past `after`; voided ones too.

        At most `limit`, perhaps fewer though there are more; none only where there is none.
        """
        ...

    def naming(
        self, names: Collection[str], span: Span, after: Key | None, limit: int, *, newest: bool
    ) -> Sequence[Key]:
        """Keys of scans, positions and mentioned events that name any of these, and of all that are voided."""
        ...

    def voiding(self, origins: Collection[str]) -> Sequence[EventRow]:
        """The events of these devices that void others, by event time."""
        ...


class CaptureUnit(Unit, Captures, Protocol):
    """A unit with all that capture and query need."""


class CaptureState(State, Protocol):
    """A state store that documents can be captured into."""

    def unit(self) -> AbstractContextManager[CaptureUnit]: ...

    def reader(self) -> AbstractContextManager[CaptureUnit]: ...
