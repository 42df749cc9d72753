"""The evidence of the rules, read from the state store: in bulk for what a batch needs, one by one for the rest."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.tracking.evidence import OwnScan, Recorded, Stay, Unpacking, Visit
from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Key, is_container_key
from gateway.tracking.plan import Network
from gateway.tracking.windows import ALWAYS, BEGINNING, Window, both, holds

T = TypeVar("T")


class Known:
    """`Evidence` within one unit. What is read is kept, so facts must be written before they are asked for."""

    def __init__(self, facts: Unit, network: Network) -> None:
        self._facts = facts
        self._network = network
        self._scans: dict[str, Sequence[OwnScan]] = {}
        self._recorded: dict[str, Recorded] = {}
        self._announcements: dict[str, Sequence[Announcement]] = {}
        self._visits: dict[str, Sequence[Visit]] = {}
        self._stays: dict[str, Sequence[Stay]] = {}
        self._unpackings: dict[str, Sequence[Unpacking]] = {}
        self._rows: dict[str, SubjectRow | None] = {}
        self._newest: dict[tuple[str, Instant | None], tuple[Instant, Instant | None]] = {}
        self._named: set[str] = set()
        self._containers: dict[str, bool] = {}

    def prefetch(self, subjects: Collection[str]) -> None:
        """Read what assessing these will ask for, and for the containers they were in, and so on outwards.

        Of those, which may have been under way for years, only what was recorded while these were in them.
        """
        self._fill(self._scans, subjects, self._facts.scans)
        wanted = set(subjects)
        while wanted:
            self._fill(self._announcements, wanted, self._facts.announcements)
            self._fill(self._stays, wanted, self._facts.stays)
            self.rows(wanted)
            stays = [stay for item in wanted for stay in self._stays[item]]
            self._record(_windows(stays))
            wanted = {stay.container for stay in stays} - self._unpackings.keys()
            self._fill(self._unpackings, wanted, self._facts.unpackings)
            self._fill(self._visits, wanted, self._facts.visits)
            self._named |= wanted

    def _record(self, windows: Mapping[str, Window]) -> None:
        """Read the own scans of these within their windows, as far as they are not known."""
        wanted: dict[str, Window] = {}
        for subject, window in windows.items():
            known = self._recorded.get(subject)
            if subject not in self._scans and (known is None or not holds(known.window, window)):
                wanted[subject] = window if known is None else both(known.window, window)
        if wanted:
            found = self._facts.scans_within(wanted)
            for subject, window in wanted.items():
                self._recorded[subject] = Recorded(window, found.get(subject, ()))

    def prefetch_stays(self, subjects: Collection[str]) -> None:
        self._fill(self._stays, subjects, self._facts.stays)

    def prefetch_unpackings(self, containers: Collection[str]) -> None:
        self._fill(self._unpackings, containers, self._facts.unpackings)

    @staticmethod
    def _fill(
        cache: dict[str, Sequence[T]],
        subjects: Iterable[str],
        read: Callable[[Collection[str]], Mapping[str, Sequence[T]]],
    ) -> None:
        missing = [subject for subject in subjects if subject not in cache]
        if missing:
            found = read(missing)
            for subject in missing:
                cache[subject] = found.get(subject, ())

    def name_containers(self, containers: Iterable[str]) -> None:
        """Ids that some event may have named as a container; whether one still does is looked up when asked."""
        self._named.update(containers)

    def name_rows(self, rows: Iterable[SubjectRow]) -> None:
        """The same from rows that were derived before."""
        self._named.update(row.id for row in rows if row.kind == "container")

    def rows(self, subjects: Collection[str]) -> Mapping[str, SubjectRow]:
        """The rows of goods as they were when first asked for in this unit."""
        missing = [subject for subject in subjects if subject not in self._rows]
        if missing:
            found = self._facts.subjects("goods", missing)
            self._rows.update((subject, found.get(subject)) for subject in missing)
            self.name_rows(found.values())
        return {subject: row for subject in subjects if (row := self._rows[subject]) is not None}

    def forget_containment(self, items: Iterable[str], containers: Iterable[str]) -> None:
        """Stays or unpackings have been written anew."""
        for item in items:
            self._stays.pop(item, None)
        for container in containers:
            self._unpackings.pop(container, None)

    def forget_visits(self, container: str) -> None:
        self._visits.pop(container, None)

    def is_container(self, subject: str) -> bool:
        known = self._containers.get(subject)
        if known is None:
            known = (
                subject in self._network.containers or is_container_key(subject) or self._is_named(subject)
            )
            self._containers[subject] = known
        return known

    def _is_named(self, subject: str) -> bool:
        if subject in self._scans:
            named = any(scan.container == subject for scan in self._scans[subject])
        else:
            named = bool(self._facts.named_containers((subject,)))
        if named:
            return True
        self.rows((subject,))
        return subject in self._named and self._facts.newest_position(subject, BEGINNING, None) is not None

    def scans(self, subject: str) -> Sequence[OwnScan]:
        found = self._scans.get(subject)
        if found is None:
            self._fill(self._scans, (subject,), self._facts.scans)
            found = self._scans[subject]
        return found

    def recorded(self, subject: str, window: Window) -> Recorded:
        if subject in self._scans:
            return Recorded(ALWAYS, self._scans[subject])
        self._record({subject: window})
        return self._recorded[subject]

    def announcements(self, item: str) -> Sequence[Announcement]:
        found = self._announcements.get(item)
        if found is None:
            self._fill(self._announcements, (item,), self._facts.announcements)
            found = self._announcements[item]
        return found

    def visits(self, container: str) -> Sequence[Visit]:
        found = self._visits.get(container)
        if found is None:
            self._fill(self._visits, (container,), self._facts.visits)
            found = self._visits[container]
        return found

    def stays(self, item: str) -> Sequence[Stay]:
        found = self._stays.get(item)
        if found is None:
            self._fill(self._stays, (item,), self._facts.stays)
            found = self._stays[item]
        return found

    def contents(self, container: str, since: Instant) -> Sequence[Stay]:
        stays = self._facts.contents((container,), since).get(container, ())
        self.prefetch({stay.item for stay in stays})
        return stays

    def unpackings(self, container: str) -> Sequence[Unpacking]:
        found = self._unpackings.get(container)
        if found is None:
            self._fill(self._unpackings, (container,), self._facts.unpackings)
            found = self._unpackings[container]
        return found

    def newest_position(self, container: str, since: Instant, before: Instant | None) -> Instant | None:
        """One look-up serves all contents of a container: the newest before an instant, whatever `since`."""
        key = (container, before)
        if key not in self._newest:
            self._newest[key] = (since, self._facts.newest_position(container, since, before))
        asked, newest = self._newest[key]
        if newest is None and since < asked:
            newest = self._facts.newest_position(container, since, before)
            self._newest[key] = (since, newest)
        return newest if newest is not None and newest >= since else None

    def first_position(self, container: str, since: Key) -> Instant | None:
        return self._facts.first_position(container, since)

    def first_excursion(self, container: str, sensor: str, after: Instant) -> Instant | None:
        return self._facts.first_excursion(container, sensor, after)


def _windows(stays: Iterable[Stay]) -> dict[str, Window]:
    """The containers of stays, each with a window that holds all of them in it."""
    found: dict[str, Window] = {}
    for stay in stays:
        window = (stay.since[0], None if stay.until is None else stay.until[0])
        known = found.get(stay.container)
        found[stay.container] = window if known is None else both(known, window)
    return found
