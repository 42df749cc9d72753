"""What the desk reads of the state store besides what the rules do: pages in an order that stays, and logs by number.

A page is asked for by the last key that was seen, so it stays where it is whatever is added or removed meanwhile.
Every method walks an index and reads at most `limit` rows of it.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple, Protocol

from gateway.ports.access import Access
from gateway.ports.captures import Captures
from gateway.ports.rows import AlertRow, QuarantineRow
from gateway.ports.state import State, Unit
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Key, Kind, Position, Subject, SubjectKind


class By(StrEnum):
    """What goods can be found by."""

    STATUS = "status"
    ROUTE = "route"
    SITE = "site"


class Reported(NamedTuple):
    """A position of a container as it counts: with the fence that it is in."""

    position: Position
    site: str | None
    counted: bool


class Kept(NamedTuple):
    """An entry of the quarantine, with its number in the order of receipt."""

    seq: int
    row: QuarantineRow


class Passed(NamedTuple):
    """A milestone that counts; `tags` and `fields` are JSON text."""

    at: Instant
    seq: int
    subject: str
    tags: str
    fields: str


class Change(NamedTuple):
    """Returns and containers whose derived rows were written in one go."""

    seq: int
    subjects: tuple[str, ...]


class LoggedPosition(NamedTuple):
    """An accepted position, by its number; `payload` is its JSON text."""

    seq: int
    device: str
    id: str
    at: Instant
    payload: str


class Marks(NamedTuple):
    """The highest number of each log: transitions of alerts, changes of subjects, events."""

    transitions: int
    changes: int
    events: int


class Listing(Protocol):
    """Pages. Ids come in their own order, all greater than `after` (an empty text at first)."""

    def goods_ids(self, kind: SubjectKind, after: str, limit: int) -> Sequence[str]:
        """Returns, or containers."""
        ...

    def standing_ids(self, by: By, value: str, kind: SubjectKind, after: str, limit: int) -> Sequence[str]:
        """Returns, or containers, whose journey has not ended, or that have none, as last projected."""
        ...

    def expected_ids(
        self, site: str, kind: SubjectKind, status: JourneyStatus, after: str, limit: int
    ) -> Sequence[str]:
        """Those of this kind and status whose journey's next stop has the site, as last projected."""
        ...

    def ended_ids(self, by: By, value: str, after: str, limit: int) -> Sequence[str]:
        """Those completed, cancelled, or never announced; by status or route."""
        ...

    def deviating_ids(self, kind: Kind, after: str, limit: int) -> Sequence[str]:
        """Returns and containers that have such a deviation, and perhaps a few that only mention one."""
        ...

    def resolved_alerts(self, before: tuple[Instant, str] | None, limit: int) -> Sequence[AlertRow]:
        """Resolved alerts, the latest resolved first; `before` is the last seen (resolved_at, id)."""
        ...

    def alerts_of(self, subject: Subject, limit: int) -> Sequence[AlertRow]:
        """The alerts of a subject, open or not, the latest opened first."""
        ...

    def alerts_by_id(self, ids: Collection[str]) -> Mapping[str, AlertRow]: ...

    def quarantine_newest(self, status: str | None, before: int | None, limit: int) -> Sequence[Kept]:
        """Entries, the latest first, with numbers below `before`."""
        ...

    def positions_newest(self, container: str, before: Key | None, limit: int) -> Sequence[Reported]:
        """Positions of a container, the latest first, before this key."""
        ...

    def passed(
        self, measurement: str, since: tuple[Instant, int], until: Instant, limit: int
    ) -> Sequence[Passed]:
        """Milestones that count, of (at, seq) > since and at < until, in that order."""
        ...


class Log(Protocol):
    """What has changed, by number, for those who follow."""

    def marks_now(self) -> Marks: ...

    def changes_after(self, seq: int, limit: int) -> Sequence[Change]: ...

    def positions_after(self, seq: int, upto: int, limit: int) -> Sequence[LoggedPosition]:
        """Positions with seq < number <= upto."""
        ...

    def forget_changes(self, keep: int) -> None:
        """Keep the newest so many changes."""
        ...


class DeskUnit(Unit, Listing, Log, Access, Captures, Protocol):
    """A unit with all that the desk reads and writes."""


class DeskState(State, Protocol):
    """A state store that the desk can work with."""

    def unit(self) -> AbstractContextManager[DeskUnit]: ...

    def reader(self) -> AbstractContextManager[DeskUnit]: ...
