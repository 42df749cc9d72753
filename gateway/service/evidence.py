"""Writing accepted facts, and telling whom they touch: who must be assessed again, and which part of containment.

New, voided and repeated facts all come through here; nothing is judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.ports.rows import BatteryRow, Identity, PositionRow, SubjectRow, Voided
from gateway.ports.state import Unit
from gateway.service.admission import Terrain
from gateway.service.contents import Changed, decided, rederive
from gateway.service.inheritance import Inheritance, News
from gateway.service.known import Known
from gateway.service.visits import FenceMemo, fold_fixes, placed_at
from gateway.tracking.evidence import OwnScan, Stay
from gateway.tracking.instants import Instant
from gateway.tracking.model import HANDLING, Announcement, Key, Position, Scan
from gateway.tracking.receipts import began_during, end_of


class Accepted(NamedTuple):
    """The facts of a batch that count: voided ones are left out. `voided` are those taken out again."""

    scans: Sequence[Scan]
    positions: Sequence[Position]
    announcements: Sequence[Announcement]
    batteries: Sequence[BatteryRow]
    voided: Sequence[Voided]


@dataclass(slots=True)
class Touched:
    """Whom a batch touches: goods to assess, and new memos of containers, also of those not to be assessed."""

    goods: dict[str, None] = field(default_factory=dict)
    memos: dict[str, str] = field(default_factory=dict)

    def add(self, ids: Iterable[str]) -> None:
        self.goods.update(dict.fromkeys(ids))


def own_scans(scan: Scan) -> list[tuple[str, OwnScan]]:
    """A scan as each subject's own: its items', and its container's."""
    if scan.step is None or scan.site is None:
        return []
    common = (scan.at, scan.id, scan.device, scan.site, scan.step, scan.container)
    count = len(scan.items)
    rows = [(item, OwnScan(*common, True, count, scan.disposition)) for item in scan.items]
    if scan.container is not None and scan.container not in scan.items:
        rows.append((scan.container, OwnScan(*common, False, count, scan.disposition)))
    return rows


class Writer:
    """Writes one batch of facts within a unit and finds whom they touch at `now`."""

    def __init__(self, unit: Unit, known: Known, terrain: Terrain, now: Instant) -> None:
        self._unit = unit
        self._known = known
        self._terrain = terrain
        self._network = terrain.network
        self._now = now
        self._touched = Touched()
        self._shifted: dict[str, Instant] = {}

    def write(self, accepted: Accepted) -> Touched:
        unit = self._unit
        self._known.name_containers(each.container for each in accepted.positions if each.container)
        own = [row for scan in accepted.scans for row in own_scans(scan)]
        unit.add_scans(own)
        unit.add_announcements(accepted.announcements)
        placed = [placed_at(position, self._terrain) for position in accepted.positions]
        unit.add_positions(placed)
        unit.add_batteries(accepted.batteries)
        touched = self._touched
        for scan in accepted.scans:
            touched.add(scan.items)
            if scan.container is not None:
                touched.add((scan.container,))
        touched.add(each.item for each in accepted.announcements)
        for gone in accepted.voided:
            touched.add(gone.subjects)
            touched.add((gone.container,) if gone.container else ())
        touched.add(self._restless(placed))
        self._known.prefetch(touched.goods)
        self._known.prefetch_stays({row.container for row in placed})
        self._contain(accepted)
        self._visit(placed, accepted.voided)
        self._pass_on(accepted, own)
        return touched

    def _restless(self, placed: Sequence[PositionRow]) -> Iterable[str]:
        """The containers of positions that may say more than that the container is alive.

        Of one with which nothing is amiss that only puts off when it is missing. A tracker that reports each
        minute for a year would otherwise have the year looked at each minute.
        """
        rows = self._known.rows({row.container for row in placed})
        for row in placed:
            known = rows.get(row.container)
            if row.readings or known is None or not _is_calm(known, self._now):
                yield row.container

    def _contain(self, accepted: Accepted) -> None:
        """Derive containment anew where it may differ."""
        seeds = list(self._seeds(accepted))
        if not seeds:
            return
        changed = rederive(self._unit, self._known, self._network, seeds)
        self._touched.add(changed.items)
        self._touched.add(changed.containers)
        self._judge_contents(changed)
        for item, at in changed.items.items():
            self._shift(item, at)

    def _judge_contents(self, changed: Changed) -> None:
        """Contents of containers in which an unpacking that has ended came, went or differs."""
        begins: dict[str, Instant] = {}
        for each in changed.unpackings:
            if end_of(each, self._network) <= self._now:
                begins[each.container] = min(each.begin[0], begins.get(each.container, each.begin[0]))
        for container, at in begins.items():
            contents = self._unit.contents((container,), at).get(container, ())
            self._touched.add(stay.item for stay in contents)
            for stay in contents:
                self._shift(stay.item, at)

    def _seeds(self, accepted: Accepted) -> Iterable[Mapping[str, Instant]]:
        """What may change containment: packing and unpacking always, the rest only of what is in a container.

        A fact that may decide how an unpacking judges an item also touches the container that was unpacked.
        """
        for scan in accepted.scans:
            named = (*scan.items, *_named(scan.container))
            moving = scan.step == "unpacking" or (scan.step == "packing" and scan.container is not None)
            matters = [self._matters(scan.at, scan.step, subject) for subject in named]
            if moving or any(matters):
                yield dict.fromkeys(named, scan.at)
        for position in accepted.positions:
            container = position.container
            if container and self._matters(position.at, None, container):
                yield {container: position.at}
        for gone in accepted.voided:
            named = (*gone.subjects, *_named(gone.container))
            for subject in named:
                self._matters(gone.at, None, subject)
            yield dict.fromkeys(named, gone.at)
        for subject in self._otherwise(accepted):
            begins = [at for stay in self._known.stays(subject) for at in self._unpacked(stay, None)]
            if begins:
                yield {subject: min(begins)}

    def _otherwise(self, accepted: Accepted) -> Iterable[str]:
        """Those of whom another announcement, or that they turn out a container or none, changes what is due out."""
        yield from dict.fromkeys(each.item for each in accepted.announcements)
        for id_, row in self._known.rows(self._touched.goods).items():
            if (row.kind == "container") is not self._known.is_container(id_):
                yield id_

    def _matters(self, at: Instant, step: str | None, subject: str) -> bool:
        """Whether something of a subject, at an instant, may change where it was."""
        matters = False
        for stay in self._known.stays(subject):
            lasts = stay.until is None or stay.until[0] >= at
            judged = bool(self._unpacked(stay, at))
            matters |= lasts and (judged or step in HANDLING)
        return matters

    def _unpacked(self, stay: Stay, at: Instant | None) -> list[Instant]:
        """When unpackings began that may judge a stay by what is known of its item from `at` on (None: at all)."""
        begins = [
            each.begin[0]
            for each in began_during(stay, self._known.unpackings(stay.container))
            if at is None or (each.begin[0] <= at and not decided(stay.item, each, at, self._known))
        ]
        if begins:
            self._touched.add((stay.container,))
            self._shift(stay.item, min(begins))
        return begins

    def _shift(self, subject: str, since: Instant) -> None:
        """What a subject passes on to its contents, if it is a container, differs from an instant on."""
        self._shifted[subject] = min(since, self._shifted.get(subject, since))

    def _visit(self, placed: Sequence[PositionRow], voided: Sequence[Voided]) -> None:
        """Bring fence visits up to date; a container whose visits differ passes on something else from then on."""
        keys: dict[str, list[Key]] = {}
        for row in placed:
            keys.setdefault(row.container, [])
            if row.counted:
                position = row.position
                keys[row.container].append((position.at, position.id, position.device))
        for gone in voided:
            if gone.is_position and gone.container:
                keys.setdefault(gone.container, []).append((gone.at, "", ""))
        if not keys:
            return
        rows = self._known.rows(keys)
        for container, touched in keys.items():
            before = rows.get(container)
            memo = FenceMemo.loads(before.memo if before else None)
            if touched:
                min_inside = self._network.defaults.min_inside
                memo, changed = fold_fixes(self._unit, self._known, container, memo, touched, min_inside)
                self._touched.memos[container] = memo.dumps()
                if changed is not None:
                    self._touched.add((container,))
                    self._shift(container, changed)

    def _pass_on(self, accepted: Accepted, scans: Sequence[tuple[str, OwnScan]]) -> None:
        """Touch the contents that inherit what is new, and those who are missing of whom something was heard."""
        news: dict[str, News] = {}
        is_container = self._known.is_container
        for subject, own in scans:
            if is_container(subject):
                news.setdefault(subject, News()).sightings.add((own.at, own.site, own.step))
        for gone in accepted.voided:
            for subject in (*gone.subjects, *_named(gone.container)):
                self._shift(subject, gone.at)
        for subject, since in self._shifted.items():
            if is_container(subject):
                news.setdefault(subject, News()).since = since
        heard: dict[str, Instant] = {}
        for position in accepted.positions:
            if position.container:
                heard[position.container] = min(position.at, heard.get(position.container, position.at))
        inheritance = Inheritance(self._unit, self._known, self._network, self._now)
        self._touched.add(inheritance.heirs(news))
        self._touched.add(inheritance.hearers(heard))


def _is_calm(row: SubjectRow, now: Instant) -> bool:
    """Whether nothing is amiss with a container, by its row, nor due to be looked at."""
    amiss = row.own or row.taken or row.failed is not None
    return row.kind == "container" and not amiss and (row.look_again is None or row.look_again > now)


def _named(container: str | None) -> tuple[str, ...]:
    return (container,) if container else ()


def identity(fact: Scan | Position | Announcement) -> Identity:
    """What an event is known by."""
    if isinstance(fact, Announcement):
        return Identity(f"source/{fact.source}", fact.id)
    return Identity(f"device/{fact.device}", fact.id)
