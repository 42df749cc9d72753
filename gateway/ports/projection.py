"""What the projection into time series keeps in the state store, and reads from it.

Facts are numbered in the order of their commits, so that a cursor can go through them. What journeys tell is kept
as it was told, each with a number of its own, so that it can be taken back.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from gateway.ports.rows import EventRow, TransitionRow
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Key, SubjectKind


class Mark(NamedTuple):
    """Subjects whose journeys may have changed in a unit at `at`."""

    seq: int
    at: Instant
    subjects: tuple[str, ...]


class MilestoneRow(NamedTuple):
    """A leg, dwell or end that was told. `n` is 1, or 0 once it was taken back; `version` grows with each change.

    `begin` is that of its trip; `tags` and `fields` (without `n`) are JSON text; `seq` is 0 until stored.
    """

    subject: str
    begin: Instant
    measurement: str
    at: Instant
    tags: str
    fields: str
    n: int = 1
    version: int = 1
    seq: int = 0


class Standing(NamedTuple):
    """How a return or container stands whose journey has not ended, or that has none: for figures and lists.

    `route` and `status` are those of a journey under way. `site` is where it is, if it is at one, since `since`; it
    should leave by `leave_by`. `turns`: trips completed. `expected_sites` are those of its next stop, by id.
    """

    subject: str
    kind: SubjectKind
    route: str | None
    status: JourneyStatus | None
    site: str | None = None
    since: Instant | None = None
    leave_by: Instant | None = None
    turns: int = 0
    expected_sites: tuple[str, ...] = ()


class NumberedEvent(NamedTuple):
    seq: int
    event: EventRow


class Announced(NamedTuple):
    """Which route an announcement named, and the number of its event."""

    seq: int
    key: Key
    route: str


class RefusedRow(NamedTuple):
    """A point that the time-series store refused, or that could not be made; `point` is JSON text."""

    refused_at: Instant
    measurement: str
    point: str
    reason: str
    seq: int = 0


class Projection(Protocol):
    """Marks, milestones, standings, and facts by their numbers."""

    def mark_journeys(self, subjects: Collection[str], at: Instant) -> None:
        """The journeys of these may have changed; cheap, for intake does it for every batch."""
        ...

    def marks(self, limit: int) -> Sequence[Mark]:
        """The oldest marks."""
        ...

    def unmark(self, seqs: Collection[int]) -> None: ...

    def milestones(self, subjects: Collection[str]) -> Mapping[str, Sequence[MilestoneRow]]:
        """What has been told of these, by number; those taken back too."""
        ...

    def put_milestones(self, rows: Sequence[MilestoneRow]) -> None:
        """Those with `seq` 0 are new; the others take the place of what was there. All are untold from now on."""
        ...

    def untold(self, limit: int) -> Sequence[MilestoneRow]:
        """The first, by number, that the time-series store has not confirmed as they are now."""
        ...

    def told(self, rows: Sequence[MilestoneRow]) -> None:
        """The time-series store has confirmed these; those that have changed since stay untold."""
        ...

    def milestones_after(self, seq: int, limit: int) -> Sequence[MilestoneRow]: ...

    def forget_milestones(self, after: int, before: Instant, limit: int) -> int | None:
        """Of the next `limit` milestones remove those older than `before` whose subjects are forgotten.

        Returns the number of the last one looked at, None if there was none.
        """
        ...

    def standings(self, subjects: Collection[str]) -> Mapping[str, Standing]: ...

    def put_standings(self, rows: Sequence[Standing]) -> None: ...

    def drop_standings(self, subjects: Collection[str]) -> None: ...

    def forget_standings(self, after: tuple[str, str], limit: int) -> tuple[str, str] | None:
        """Of the next `limit` standings without a journey remove those whose subjects are forgotten.

        They come by kind and id. Returns those of the last one looked at, None if there was none.
        """
        ...

    def newest_event(self) -> int:
        """The highest number of an event, 0 where there is none. To be asked for in a writing unit.

        No event of a lower number will be committed any more, by whomever.
        """
        ...

    def events_after(self, seq: int, limit: int) -> Sequence[NumberedEvent]: ...

    def sites_of(self, scans: Collection[tuple[str, Key]]) -> Mapping[tuple[str, Key], str]:
        """The sites of scans, (subject, key) each, unless they were voided."""
        ...

    def containers_of(self, positions: Collection[Key]) -> Mapping[Key, str]:
        """The containers of positions, unless they were voided."""
        ...

    def announced(self, items: Collection[str]) -> Mapping[str, Sequence[Announced]]:
        """The announcements of items, in event order."""
        ...

    def newest_transition(self) -> int:
        """As `newest_event`, of the transitions of alerts."""
        ...

    def histories(self, alert_ids: Collection[str]) -> Mapping[str, Sequence[TransitionRow]]:
        """All transitions of these alerts, in order."""
        ...

    def add_refused(self, rows: Sequence[RefusedRow]) -> None: ...

    def refused(self, after: int, limit: int) -> Sequence[RefusedRow]: ...

    def forget_refused(self, before: Instant, limit: int) -> None: ...


class JourneyCount(NamedTuple):
    route: str | None
    status: JourneyStatus
    subjects: int


class StockCount(NamedTuple):
    """What is at a site. `over` is how many should have left."""

    site: str
    route: str | None
    subjects: int
    oldest: Instant
    over: int


class Spot(NamedTuple):
    """The newest position of a container."""

    at: Instant
    lat: float
    lon: float


class Said(NamedTuple):
    """A status as a device last sent it; `payload` is its JSON text."""

    received_at: Instant
    payload: str


class Figures(Protocol):
    """Counts over everything, and the newest of each; for figures that are taken now and then."""

    def journey_counts(self) -> Sequence[JourneyCount]:
        """The journeys under way, by route and status."""
        ...

    def stock_counts(self, now: Instant) -> Sequence[StockCount]: ...

    def spots(self, containers: Collection[str]) -> Mapping[str, Spot]: ...

    def content_counts(self, containers: Collection[str]) -> Mapping[str, int]: ...

    def battery_levels(self, devices: Collection[str]) -> Mapping[str, float]:
        """The newest readings, percent."""
        ...

    def statuses(self, devices: Collection[str]) -> Mapping[str, Said]:
        """The statuses received last."""
        ...

    def held_counts(self) -> Mapping[str, int]:
        """Entries held in quarantine, by topic without the root."""
        ...

    def held_reasons(self) -> Mapping[str, int]:
        """Entries held in quarantine, by the class of their reason."""
        ...
