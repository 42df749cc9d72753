"""Facts in memory: scans, announcements, positions, batteries, containment, visits, voids."""

from bisect import insort
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from gateway.memory.ordered import Ordered
from gateway.memory.table import Table
from gateway.ports.rows import BatteryRow, Identity, PositionRow, Voided
from gateway.tracking.containment import Movement
from gateway.tracking.devices import FULL_BATTERY_PCT, LOW_BATTERY_PCT
from gateway.tracking.evidence import OwnScan, Stay, Unpacking, Visit
from gateway.tracking.fences import Fix
from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Key
from gateway.tracking.receipts import NEVER
from gateway.tracking.windows import Window

R = TypeVar("R")
_ScanKey = tuple[str, Instant, str, str]


class FactsUnit:
    """Reading and writing facts."""

    def __init__(self, journal: list[Callable[[], None]]) -> None:
        self._scans: Table[_ScanKey, tuple[str, OwnScan]] = Table(
            journal, event=lambda row: (row[1].device, row[1].id)
        )
        self._own: Ordered[str, OwnScan] = Ordered(journal, lambda scan: scan.key)
        self._packed: Ordered[str, tuple[str, OwnScan]] = Ordered(journal, lambda row: (*row[1].key, row[0]))
        self._announced: Table[tuple[str, Key], Announcement] = Table(journal, item=lambda row: row.item)
        self._positions: Table[tuple[str, Key], PositionRow] = Table(
            journal, event=lambda row: (row.position.device, row.position.id)
        )
        self._tracks: Ordered[str, PositionRow] = Ordered(journal, _position_key)
        self._counted: Ordered[str, PositionRow] = Ordered(journal, _position_key)
        self._excursions: Ordered[tuple[str, str], PositionRow] = Ordered(journal, _position_key)
        self._batteries: Table[tuple[str, Instant, float, str | None], BatteryRow] = Table(
            journal, device=lambda row: row.device, event=lambda row: (row.device, row.id)
        )
        self._full: Ordered[str, BatteryRow] = Ordered(journal, _battery_key)
        self._low: Ordered[str, BatteryRow] = Ordered(journal, _battery_key)
        self._voids: Table[Identity, Identity] = Table(journal)
        self._stays: Table[tuple[str, Key], Stay] = Table(journal, item=lambda row: row.item)
        self._contents: Ordered[str, Stay] = Ordered(
            journal, lambda row: (row.until[0] if row.until else NEVER, row.since, row.item)
        )
        self._unpackings: Table[tuple[str, str, Key], Unpacking] = Table(
            journal, container=lambda row: row.container
        )
        self._visits: Table[tuple[str, str, str], tuple[str, Visit]] = Table(
            journal, container=lambda row: row[0]
        )

    def voided(self, identities: Collection[Identity]) -> set[Identity]:
        return {identity for identity in identities if identity in self._voids}

    def scans(self, subjects: Collection[str]) -> Mapping[str, Sequence[OwnScan]]:
        return _grouped(subjects, lambda subject: list(self._own.of(subject)))

    def scans_within(self, windows: Mapping[str, Window]) -> Mapping[str, Sequence[OwnScan]]:
        return _grouped(windows, lambda subject: self._within(subject, *windows[subject]))

    def _within(self, subject: str, since: Instant, before: Instant | None) -> list[OwnScan]:
        return list(self._own.between(subject, (since,), None if before is None else (before,)))

    def named_containers(self, ids: Collection[str]) -> set[str]:
        return {id_ for id_ in ids if self._packed.of(id_)}

    def movements(self, subjects: Collection[str], since: Instant) -> Sequence[Movement]:
        rows: dict[_ScanKey, OwnScan] = {}
        for wanted in subjects:
            for scan in self._own.between(wanted, (since,), None):
                rows[(wanted, *scan.key)] = scan
            for subject, scan in self._packed.between(wanted, (since,), None):
                rows[(subject, *scan.key)] = scan
        found: dict[Key, tuple[OwnScan, list[str]]] = {}
        for (subject, *_), scan in rows.items():
            _, items = found.setdefault(scan.key, (scan, []))
            if scan.as_item:
                insort(items, subject)
        return [
            Movement(scan.at, scan.id, scan.device, scan.site, scan.step, scan.container, tuple(items))
            for _, (scan, items) in sorted(found.items())
            if items or not scan.items
        ]

    def announcements(self, items: Collection[str]) -> Mapping[str, Sequence[Announcement]]:
        return _grouped(
            items,
            lambda item: sorted(
                self._announced.where("item", item), key=lambda each: (each.at, each.id, each.source)
            ),
        )

    def visits(self, containers: Collection[str]) -> Mapping[str, Sequence[Visit]]:
        return _grouped(
            containers,
            lambda container: sorted(visit for _, visit in self._visits.where("container", container)),
        )

    def stays(self, items: Collection[str]) -> Mapping[str, Sequence[Stay]]:
        return _grouped(
            items, lambda item: sorted(self._stays.where("item", item), key=lambda stay: stay.since)
        )

    def contents(self, containers: Collection[str], since: Instant) -> Mapping[str, Sequence[Stay]]:
        return _grouped(
            containers,
            lambda container: sorted(
                self._contents.between(container, (since,), None), key=lambda stay: (stay.since, stay.item)
            ),
        )

    def unpackings(self, containers: Collection[str]) -> Mapping[str, Sequence[Unpacking]]:
        return _grouped(
            containers,
            lambda container: sorted(
                self._unpackings.where("container", container), key=lambda each: (each.begin, each.site)
            ),
        )

    def newest_position(self, container: str, since: Instant, before: Instant | None) -> Instant | None:
        newest = self._tracks.last(container, None if before is None else (before,))
        return newest.position.at if newest is not None and newest.position.at >= since else None

    def first_position(self, container: str, since: Key) -> Instant | None:
        first = self._tracks.first(container, since)
        return None if first is None else first.position.at

    def first_excursion(self, container: str, sensor: str, after: Instant) -> Instant | None:
        first = self._excursions.first((container, sensor), (after + 1,))
        return None if first is None else first.position.at

    def positions(self, container: str) -> Sequence[PositionRow]:
        return list(self._tracks.of(container))

    def sites_named(self, sites: Collection[str]) -> set[str]:
        named = {scan.site for _, scan in self._scans.rows()}
        named |= {visit.site for _, visit in self._visits.rows()}
        named |= {unpacking.site for unpacking in self._unpackings.rows()}
        return named & set(sites)

    def fixes(self, container: str, since: Key) -> Sequence[Fix]:
        return [_fix(row) for row in self._counted.between(container, since, None)]

    def fixes_before(self, container: str, before: Key, limit: int) -> Sequence[Fix]:
        return [_fix(row) for row in self._counted.before(container, before, limit)]

    def low_battery_since(self, device: str) -> Instant | None:
        full = self._full.last(device)
        low = self._low.first(device, () if full is None else (full.at + 1,))
        return None if low is None else low.at

    def add_scans(self, scans: Sequence[tuple[str, OwnScan]]) -> None:
        for subject, scan in scans:
            self._scans.put((subject, *scan.key), (subject, scan))
            self._own.put(subject, scan)
            if scan.container is not None:
                self._packed.put(scan.container, (subject, scan))

    def _drop_scan(self, key: _ScanKey) -> tuple[str, OwnScan] | None:
        row = self._scans.drop(key)
        if row is not None:
            self._own.drop(*row)
            self._packed.drop(row[1].container or "", row)
        return row

    def add_announcements(self, announcements: Sequence[Announcement]) -> None:
        for each in announcements:
            self._announced.put((each.item, (each.at, each.id, each.source)), each)

    def add_positions(self, positions: Sequence[PositionRow]) -> None:
        for row in positions:
            key = (row.container, _position_key(row))
            self._drop_position(key)
            self._positions.put(key, row)
            self._tracks.put(row.container, row)
            if row.counted:
                self._counted.put(row.container, row)
            for sensor, _ in row.readings:
                self._excursions.put((row.container, sensor), row)

    def _drop_position(self, key: tuple[str, Key]) -> PositionRow | None:
        row = self._positions.drop(key)
        if row is not None:
            self._tracks.drop(row.container, row)
            self._counted.drop(row.container, row)
            for sensor, _ in row.readings:
                self._excursions.drop((row.container, sensor), row)
        return row

    def add_batteries(self, readings: Sequence[BatteryRow]) -> None:
        for row in readings:
            self._batteries.put((row.device, row.at, row.pct, row.id), row)
            if row.pct >= FULL_BATTERY_PCT:
                self._full.put(row.device, row)
            elif row.pct < LOW_BATTERY_PCT:
                self._low.put(row.device, row)

    def _drop_battery(self, key: tuple[str, Instant, float, str | None]) -> None:
        row = self._batteries.drop(key)
        if row is not None:
            self._full.drop(row.device, row)
            self._low.drop(row.device, row)

    def add_voids(self, identities: Collection[Identity]) -> None:
        for identity in identities:
            self._voids.put(identity, identity)

    def void(self, identities: Collection[Identity]) -> Sequence[Voided]:
        found: list[Voided] = []
        for identity in identities:
            event = (identity.origin.partition("/")[2], identity.id)
            for battery in self._batteries.keys_where("event", event):
                self._drop_battery(battery)
            positions = [self._drop_position(key) for key in self._positions.keys_where("event", event)]
            found += [
                Voided(row.position.at, (), row.container, is_position=True) for row in positions if row
            ]
            scans = [self._drop_scan(key) for key in self._scans.keys_where("event", event)]
            named = [row for row in scans if row is not None]
            if named:
                scan = named[0][1]
                found.append(
                    Voided(scan.at, tuple(subject for subject, _ in named), scan.container, is_position=False)
                )
        return found

    def replace_stays(self, old: Collection[Stay], new: Collection[Stay]) -> None:
        for stay in (*old, *new):
            row = self._stays.drop((stay.item, stay.since))
            if row is not None:
                self._contents.drop(row.container, row)
        for stay in new:
            self._stays.put((stay.item, stay.since), stay)
            self._contents.put(stay.container, stay)

    def replace_unpackings(self, old: Collection[Unpacking], new: Collection[Unpacking]) -> None:
        for each in old:
            self._unpackings.drop((each.container, each.site, each.begin))
        for each in new:
            self._unpackings.put((each.container, each.site, each.begin), each)

    def replace_visits(self, container: str, old: Collection[Visit], new: Collection[Visit]) -> None:
        for visit in old:
            self._visits.drop((container, visit.id, visit.device))
        for visit in new:
            self._visits.put((container, visit.id, visit.device), (container, visit))


def _position_key(row: PositionRow) -> Key:
    return (row.position.at, row.position.id, row.position.device)


def _battery_key(row: BatteryRow) -> tuple[Instant, float, str]:
    return (row.at, row.pct, row.id or "")


def _fix(row: PositionRow) -> Fix:
    return Fix(row.position.at, row.position.id, row.position.device, row.site)


def _grouped(keys: Collection[str], of: Callable[[str], list[R]]) -> dict[str, Sequence[R]]:
    return {key: found for key in keys if (found := of(key))}
