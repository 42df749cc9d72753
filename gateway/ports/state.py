"""The state store: facts, what is derived from them, and what is to be delivered.

Everything is done in a `Unit`: one transaction, whose reads see its own writes. Its methods take and give many at
once, so that a batch costs statements for the batch and not for the event.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gateway.ports.projection import Figures, Projection
from gateway.ports.rows import (
    AlertRow,
    BatteryRow,
    EventRow,
    HeardRow,
    Identity,
    OutboxRow,
    PositionRow,
    QuarantineRow,
    RepeatRow,
    Scope,
    SubjectRow,
    TransitionRow,
    Voided,
)
from gateway.tracking.containment import Movement
from gateway.tracking.deviations import Deviation
from gateway.tracking.evidence import OwnScan, Stay, Unpacking, Visit
from gateway.tracking.fences import Fix
from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Key, Subject
from gateway.tracking.windows import Window


class Unavailable(Exception):
    """An outside part cannot serve now (locked, full, away). Nothing was changed: back off and keep the line."""


class Facts(Protocol):
    """Reading facts. Every mapping has an entry only for subjects that have any; sequences are in event order."""

    def results(self, identities: Collection[Identity]) -> Mapping[Identity, bytes]:
        """The stored receipt results of the events that are known."""
        ...

    def voided(self, identities: Collection[Identity]) -> set[Identity]:
        """Which identities an accepted scan has voided, whether or not they have come."""
        ...

    def scans(self, subjects: Collection[str]) -> Mapping[str, Sequence[OwnScan]]: ...

    def scans_within(self, windows: Mapping[str, Window]) -> Mapping[str, Sequence[OwnScan]]:
        """Those of each subject within its window."""
        ...

    def named_containers(self, ids: Collection[str]) -> set[str]:
        """Which of these any scan names as its container."""
        ...

    def movements(self, subjects: Collection[str], since: Instant) -> Sequence[Movement]:
        """Scans with at >= since that name any of the subjects as item or container, each once.

        The items of a scan are complete where one of the subjects is its container, else those asked for.
        """
        ...

    def announcements(self, items: Collection[str]) -> Mapping[str, Sequence[Announcement]]: ...

    def visits(self, containers: Collection[str]) -> Mapping[str, Sequence[Visit]]: ...

    def stays(self, items: Collection[str]) -> Mapping[str, Sequence[Stay]]: ...

    def contents(self, containers: Collection[str], since: Instant) -> Mapping[str, Sequence[Stay]]:
        """The stays in the containers that by scans alone had not ended before `since`, later ones too."""
        ...

    def unpackings(self, containers: Collection[str]) -> Mapping[str, Sequence[Unpacking]]: ...

    def newest_position(self, container: str, since: Instant, before: Instant | None) -> Instant | None: ...

    def first_position(self, container: str, since: Key) -> Instant | None: ...

    def first_excursion(self, container: str, sensor: str, after: Instant) -> Instant | None: ...

    def positions(self, container: str) -> Sequence[PositionRow]:
        """All positions of a container that count for anything, in event order."""
        ...

    def fixes(self, container: str, since: Key) -> Sequence[Fix]:
        """The counted fixes of a container at or after `since`, in event order."""
        ...

    def fixes_before(self, container: str, before: Key, limit: int) -> Sequence[Fix]:
        """The newest counted fixes before `before`, at most `limit`, in event order."""
        ...

    def low_battery_since(self, device: str) -> Instant | None:
        """The first reading below 20 % after the last of at least 25 %, by event time; None if there is none."""
        ...


class Derived(Protocol):
    """Reading what is derived."""

    def subjects(self, scope: Scope, ids: Collection[str]) -> Mapping[str, SubjectRow]: ...

    def members(self, containers: Collection[str], *, shared: bool) -> Sequence[SubjectRow]:
        """The goods whose parent is one of these; `shared`: only those with shared deviations, and containers."""
        ...

    def flagged(self, scope: Scope) -> Sequence[SubjectRow]:
        """All rows of a scope with `shared` set."""
        ...

    def due(self, now: Instant, limit: int) -> Sequence[SubjectRow]:
        """Rows with look_again <= now, earliest first."""
        ...

    def next_due(self) -> Instant | None:
        """The earliest look_again of all."""
        ...

    def alerts(self, subjects: Collection[Subject]) -> Mapping[Subject, Sequence[AlertRow]]:
        """The open and the shelved alerts of the subjects."""
        ...

    def superseded(self, subject: Subject, deviation: Deviation) -> AlertRow | None:
        """The newest resolved alert with this key and since whose reason was `superseded`."""
        ...

    def was_open(self, kind: str, at: Instant) -> Sequence[AlertRow]:
        """The alerts of a kind that were open at an instant."""
        ...


class Writing(Protocol):
    """Writing. Order within one call does not matter; keys are distinct within one call."""

    def add_events(self, events: Sequence[EventRow]) -> None: ...

    def add_scans(self, scans: Sequence[tuple[str, OwnScan]]) -> None:
        """(subject, scan) pairs: a scan once for each subject that it names."""
        ...

    def add_announcements(self, announcements: Sequence[Announcement]) -> None: ...

    def add_positions(self, positions: Sequence[PositionRow]) -> None:
        """Positions are known by (container, at, id, device); one that is known is replaced."""
        ...

    def add_batteries(self, readings: Sequence[BatteryRow]) -> None: ...

    def add_voids(self, identities: Collection[Identity]) -> None:
        """Remember identities as voided, for good."""
        ...

    def void(self, identities: Collection[Identity]) -> Sequence[Voided]:
        """Take scans, positions and their readings that are known out of the evidence; says what they named."""
        ...

    def replace_stays(self, old: Collection[Stay], new: Collection[Stay]) -> None:
        """Stays are known by (item, since)."""
        ...

    def replace_unpackings(self, old: Collection[Unpacking], new: Collection[Unpacking]) -> None:
        """Unpackings are known by (container, site, begin)."""
        ...

    def replace_visits(self, container: str, old: Collection[Visit], new: Collection[Visit]) -> None:
        """Visits of a container are known by (id, device)."""
        ...

    def put_subjects(self, rows: Sequence[SubjectRow]) -> None: ...

    def put_alerts(self, rows: Sequence[AlertRow]) -> None: ...

    def add_transitions(self, rows: Sequence[TransitionRow]) -> None:
        """Append to the history of alerts."""
        ...

    def add_repeats(self, rows: Sequence[RepeatRow]) -> None: ...

    def put_meta(self, key: str, value: str) -> None: ...

    def put_quarantine(self, rows: Sequence[QuarantineRow]) -> None:
        """An entry with a known id counts as seen so many times more; its first payload and time stay."""
        ...


class Outbox(Protocol):
    """What is to be delivered, and by when; rows leave it only once delivered."""

    def put_outbox(self, rows: Sequence[OutboxRow]) -> None: ...

    def outbox(self, lane: str, now: Instant, limit: int) -> Sequence[OutboxRow]:
        """The rows of a lane with due_at <= now, in the order they were put."""
        ...

    def next_outbox(self, lane: str) -> Instant | None:
        """The earliest due_at of a lane."""
        ...

    def outbox_size(self) -> Mapping[str, int]:
        """Rows waiting by lane."""
        ...

    def delivered(self, seqs: Collection[int]) -> None:
        """Remove rows."""
        ...

    def postpone(self, seqs: Collection[int], due_at: Instant) -> None: ...


class Records(Protocol):
    """Reading for people and programs: lists page by `after`, the last value seen."""

    def meta(self, key: str) -> str | None: ...

    def alert(self, alert_id: str) -> AlertRow | None: ...

    def list_alerts(self, *, resolved: bool, after: str | None, limit: int) -> Sequence[AlertRow]:
        """Alerts by id (ids sort by time of opening): those open, or with `resolved` all."""
        ...

    def transitions(self, *, after: int, limit: int) -> Sequence[TransitionRow]: ...

    def journeys(self, *, after: str | None, limit: int) -> Sequence[SubjectRow]:
        """Rows of goods by id."""
        ...

    def sites_named(self, sites: Collection[str]) -> set[str]:
        """Which of these sites any kept scan, visit or unpacking names."""
        ...

    def quarantine_entries(self, entry_ids: Collection[str]) -> Mapping[str, QuarantineRow]:
        """The entries with these ids."""
        ...

    def list_quarantine(
        self, *, status: str | None, after: str | None, limit: int
    ) -> Sequence[QuarantineRow]: ...

    def set_quarantine_status(self, entry_ids: Collection[str], status: str) -> None: ...

    def heard(self, since: Instant, before: Instant, after: int, limit: int) -> Sequence[HeardRow]:
        """All that was received with since <= received_at < before, by received_at and then arrival.

        Accepted events, quarantined payloads and repeats alike; `after` is the `seq` of the last row seen, 0 at first.
        """
        ...

    def payload(self, identity: Identity) -> str | None:
        """The payload of a known event."""
        ...


class Upkeep(Protocol):
    """Forgetting what nobody needs any more."""

    def prune(self, before: Instant, limit: int) -> int:
        """Remove up to `limit` facts, history and quarantine no longer held older than `before`; says how many.

        Facts of goods whose journey has not ended stay.
        """
        ...


class Unit(Facts, Derived, Writing, Outbox, Records, Upkeep, Projection, Figures, Protocol):
    """One transaction."""


class State(Protocol):
    """The store of facts and of what is derived from them.

    Raises:
        Unavailable: from any method, also on entering and leaving a unit.
    """

    def unit(self) -> AbstractContextManager[Unit]:
        """A writing transaction; commits when the block ends, rolls back when it raises. One at a time."""
        ...

    def reader(self) -> AbstractContextManager[Unit]:
        """A reading transaction on a connection of its own: one consistent snapshot that never waits for a writer."""
        ...

    def close(self) -> None: ...
