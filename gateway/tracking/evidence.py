"""What the rules ask of the facts: the evidence about a subject, and the same as it stood at an instant.

`Evidence` is all that is known now, voided events left out. `AsOf` narrows it to events with `at` up to an
instant, with what is known now about those: it is how an alert learns whether it was true when it opened.
"""

from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Key, is_container_key
from gateway.tracking.plan import Network
from gateway.tracking.windows import BEGINNING, Window


class OwnScan(NamedTuple):
    """One scan as one subject's own: named as an item (`as_item`), as the container, or both.

    `items` is how many items the scan names; none, with step `unpacking` and a container, is an all out.
    """

    at: Instant
    id: str
    device: str
    site: str
    step: str
    container: str | None
    as_item: bool
    items: int
    disposition: str | None = None

    @property
    def key(self) -> Key:
        return (self.at, self.id, self.device)


class Visit(NamedTuple):
    """A sighting of a container by its fence visits; `confirmed_at` is the fix that made it known."""

    at: Instant
    id: str
    device: str
    site: str
    step: str
    confirmed_at: Instant


class Stay(NamedTuple):
    """An item in a container, by scans alone: short receipts are judged on top (`containment.held`).

    `until` is the event, not included, that took it out or packed it again where it was. `blind_site`: that event
    was a blind all out there.
    """

    item: str
    container: str
    since: Key
    until: Key | None = None
    blind_site: str | None = None


class Over(NamedTuple):
    """An item that an unpacking scan named although it was not in the container."""

    item: str
    at: Instant


class Unpacking(NamedTuple):
    """A container being unpacked at a site: the scans that belong to it, and the all out that ended it, if one did."""

    container: str
    site: str
    begin: Key
    scans: tuple[Key, ...]
    all_out: Key | None = None
    over: tuple[Over, ...] = ()


class Recorded(NamedTuple):
    """A subject's own scans within a window."""

    window: Window
    scans: Sequence[OwnScan]


class Evidence(Protocol):
    """All that is known. Sequences are in the order of events; instants are microseconds UTC."""

    def is_container(self, subject: str) -> bool: ...

    def scans(self, subject: str) -> Sequence[OwnScan]: ...

    def recorded(self, subject: str, window: Window) -> Recorded:
        """Its own scans within a window that holds this one: the past of a container may be long."""
        ...

    def announcements(self, item: str) -> Sequence[Announcement]: ...

    def visits(self, container: str) -> Sequence[Visit]: ...

    def stays(self, item: str) -> Sequence[Stay]:
        """The item's stays in containers, one after the other."""
        ...

    def contents(self, container: str, since: Instant) -> Sequence[Stay]:
        """The stays of items in this container that scans alone had not ended before `since`, later ones too."""
        ...

    def unpackings(self, container: str) -> Sequence[Unpacking]: ...

    def newest_position(self, container: str, since: Instant, before: Instant | None) -> Instant | None:
        """The newest position of the container with since <= at < before (None: no end)."""
        ...

    def first_position(self, container: str, since: Key) -> Instant | None:
        """The first position of the container at or after `since` in the order of events."""
        ...

    def first_excursion(self, container: str, sensor: str, after: Instant) -> Instant | None:
        """The first reading of the sensor outside its limits later than `after`."""
        ...


class AsOf:
    """Another evidence, narrowed to events with `at` up to `instant` (included)."""

    def __init__(self, evidence: Evidence, instant: Instant, declared: Container[str]) -> None:
        self._all = evidence
        self._instant = instant
        self._declared = declared

    def is_container(self, subject: str) -> bool:
        if subject in self._declared or is_container_key(subject):
            return True
        if any(scan.container == subject for scan in self.scans(subject)):
            return True
        return self._all.is_container(subject) and self.newest_position(subject, BEGINNING, None) is not None

    def scans(self, subject: str) -> Sequence[OwnScan]:
        return self._upto_now(self._all.scans(subject))

    def recorded(self, subject: str, window: Window) -> Recorded:
        found = self._all.recorded(subject, window)
        return found._replace(scans=self._upto_now(found.scans))

    def announcements(self, item: str) -> Sequence[Announcement]:
        return [each for each in self._all.announcements(item) if each.at <= self._instant]

    def visits(self, container: str) -> Sequence[Visit]:
        return [visit for visit in self._all.visits(container) if visit.confirmed_at <= self._instant]

    def stays(self, item: str) -> Sequence[Stay]:
        return self._known(self._all.stays(item))

    def contents(self, container: str, since: Instant) -> Sequence[Stay]:
        return self._known(self._all.contents(container, since))

    def unpackings(self, container: str) -> Sequence[Unpacking]:
        return [
            each._replace(
                scans=tuple(key for key in each.scans if key[0] <= self._instant),
                all_out=each.all_out if each.all_out and each.all_out[0] <= self._instant else None,
                over=tuple(over for over in each.over if over.at <= self._instant),
            )
            for each in self._all.unpackings(container)
            if each.begin[0] <= self._instant
        ]

    def newest_position(self, container: str, since: Instant, before: Instant | None) -> Instant | None:
        known = Instant(self._instant + 1)
        return self._all.newest_position(container, since, known if before is None else min(before, known))

    def first_position(self, container: str, since: Key) -> Instant | None:
        return self._upto(self._all.first_position(container, since))

    def first_excursion(self, container: str, sensor: str, after: Instant) -> Instant | None:
        return self._upto(self._all.first_excursion(container, sensor, after))

    def _upto_now(self, scans: Sequence[OwnScan]) -> Sequence[OwnScan]:
        return scans[: bisect_right(scans, self._instant, key=lambda scan: scan.at)]

    def _upto(self, at: Instant | None) -> Instant | None:
        return at if at is not None and at <= self._instant else None

    def _known(self, stays: Sequence[Stay]) -> list[Stay]:
        return [
            stay
            if stay.until is None or stay.until[0] <= self._instant
            else stay._replace(until=None, blind_site=None)
            for stay in stays
            if stay.since[0] <= self._instant
        ]


@dataclass(frozen=True, slots=True)
class Moment:
    """What everything is a function of: the evidence, the network and `now`."""

    evidence: Evidence
    network: Network
    now: Instant
    worked_out: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False, compare=False)
    """What rules have worked out for this moment and will need again, by rule and subject."""

    def as_of(self, instant: Instant) -> "Moment":
        """An earlier moment, by what is known now of the events up to it."""
        return Moment(AsOf(self.evidence, instant, self.network.containers), self.network, instant)
