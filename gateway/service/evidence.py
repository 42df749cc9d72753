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
from gateway.service.known import Known
from gateway.service.visits import FenceMemo, fold_fixes, placed_at
from gateway.tracking.containment import end_of
from gateway.tracking.evidence import OwnScan, Stay
from gateway.tracking.instants import Instant
from gateway.tracking.model import HANDLING, Announcement, Key, Kind, Position, Scan


class Accepted(NamedTuple):
    """The facts of a batch that count: voided ones are left out. `voided` are those taken out again."""

    scans: Sequence[Scan]
    positions: Sequence[Position]
    announcements: Sequence[Announcement]
    batteries: Sequence[BatteryRow]
    voided: Sequence[Voided]


@dataclass(slots=True)
class Touched:
    """Whom a batch touches: goods to assess, and new memos of containers."""

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

    def write(self, accepted: Accepted) -> Touched:
        unit = self._unit
        unit.add_scans([row for scan in accepted.scans for row in own_scans(scan)])
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
        self._known.prefetch(touched.goods)
        shifted = self._contain(accepted)
        self._visit(placed, accepted.voided, shifted)
        self._pass_on(accepted, shifted)
        return touched

    def _contain(self, accepted: Accepted) -> dict[str, Instant]:
        """Derive containment anew where it may differ; containers by when what they pass on changes."""
        seeds = list(self._seeds(accepted))
        if not seeds:
            return {}
        changed = rederive(self._unit, self._known, self._network, seeds)
        self._touched.add(changed.items)
        self._touched.add(changed.containers)
        self._judge_contents(changed)
        return {item: at for item, at in changed.items.items() if self._known.is_container(item)}

    def _judge_contents(self, changed: Changed) -> None:
        """Contents of containers in which an unpacking that has ended came, went or differs."""
        for container, at in changed.unpacked.items():
            gone = (each for each in changed.gone if each.container == container)
            if any(
                end_of(each, self._network) <= self._now
                for each in (*gone, *self._known.unpackings(container))
            ):
                contents = self._unit.contents((container,), at).get(container, ())
                self._touched.add(stay.item for stay in contents)

    def _seeds(self, accepted: Accepted) -> Iterable[Mapping[str, Instant]]:
        """What may change containment: packing and unpacking always, the rest only of what is in a container.

        A fact that may decide how an unpacking judges an item also touches the container that was unpacked.
        """
        named = [item for scan in accepted.scans for item in scan.items]
        named += [each.item for each in accepted.announcements]
        named += [position.container for position in accepted.positions if position.container]
        stays = self._unit.stays(list(dict.fromkeys(named))) if named else {}
        for scan in accepted.scans:
            moving = scan.step == "unpacking" or (scan.step == "packing" and scan.container is not None)
            matters = [self._matters(scan.at, scan.step, stays.get(item, ())) for item in scan.items]
            if moving or any(matters):
                yield dict.fromkeys((*scan.items, *_named(scan.container)), scan.at)
        for announced in accepted.announcements:
            begins = [at for stay in stays.get(announced.item, ()) for at in self._unpacked(stay, None)]
            if begins:
                yield {announced.item: min(begins)}
        for position in accepted.positions:
            container = position.container
            if container and self._matters(position.at, None, stays.get(container, ())):
                yield {container: position.at}
        for gone in accepted.voided:
            yield dict.fromkeys((*gone.subjects, *_named(gone.container)), gone.at)

    def _matters(self, at: Instant, step: str | None, stays: Sequence[Stay]) -> bool:
        """Whether something of an item with these stays, at an instant, may change where it was."""
        matters = False
        for stay in stays:
            lasts = stay.until is None or stay.until[0] >= at
            judged = bool(self._unpacked(stay, at))
            matters |= lasts and (judged or step in HANDLING)
        return matters

    def _unpacked(self, stay: Stay, at: Instant | None) -> list[Instant]:
        """When unpackings began that may judge a stay by what is known of its item from `at` on (None: at all)."""
        begins = [
            each.begin[0]
            for each in self._known.unpackings(stay.container)
            if stay.since < each.begin
            and (at is None or (each.begin[0] <= at and not decided(stay.item, each, at, self._known)))
        ]
        if begins:
            self._touched.add((stay.container,))
        return begins

    def _visit(
        self, placed: Sequence[PositionRow], voided: Sequence[Voided], shifted: dict[str, Instant]
    ) -> None:
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
        self._known.name_containers(keys)
        self._touched.add(keys)
        rows = self._unit.subjects("goods", list(keys))
        for container, touched in keys.items():
            before = rows.get(container)
            memo = FenceMemo.loads(before.memo if before else None)
            if touched:
                min_inside = self._network.defaults.min_inside
                memo, changed = fold_fixes(self._unit, self._known, container, memo, touched, min_inside)
                self._touched.memos[container] = memo.dumps()
                if changed is not None:
                    shifted[container] = min(changed, shifted.get(container, changed))

    def _pass_on(self, accepted: Accepted, shifted: dict[str, Instant]) -> None:
        """Touch the contents that inherit what is new: of scans and visits, however deep, and of signs of life."""
        at: dict[str, list[Instant]] = {}
        for scan in accepted.scans:
            for subject in (*scan.items, *_named(scan.container)):
                at.setdefault(subject, []).append(scan.at)
        for gone in accepted.voided:
            for subject in (*gone.subjects, *_named(gone.container)):
                shifted[subject] = min(gone.at, shifted.get(subject, gone.at))
        containers = {
            subject: instants for subject, instants in at.items() if self._known.is_container(subject)
        }
        self._inherit(
            containers, {each: since for each, since in shifted.items() if self._known.is_container(each)}
        )
        self._hear({position.container for position in accepted.positions if position.container})

    def _inherit(self, instants: Mapping[str, Sequence[Instant]], shifted: Mapping[str, Instant]) -> None:
        level = [(each, list(at), shifted.get(each)) for each, at in instants.items()]
        level += [(each, [], since) for each, since in shifted.items() if each not in instants]
        seen: set[tuple[str, str]] = set()
        while level:
            inner: list[tuple[str, list[Instant], Instant | None]] = []
            for container, at, since in level:
                first = min([*at, *([since] if since is not None else [])])
                for stay in self._unit.contents((container,), first).get(container, ()):
                    inherited = [each for each in at if _covers(stay, each)]
                    if (inherited or since is not None) and (container, stay.item) not in seen:
                        seen.add((container, stay.item))
                        self._touched.add((stay.item,))
                        if self._known.is_container(stay.item):
                            inner.append((stay.item, inherited, since))
            level = inner

    def _hear(self, containers: Iterable[str]) -> None:
        """A position is a sign of life of what is inside: only those that are missing need look."""
        level: list[SubjectRow] = list(self._unit.members(list(containers), shared=True))
        seen: set[str] = set()
        while level:
            self._touched.add(row.id for row in level if any(each.kind is Kind.MISSING for each in row.own))
            inner = [row.id for row in level if row.kind == "container" and row.id not in seen]
            seen.update(inner)
            level = list(self._unit.members(inner, shared=True)) if inner else []


def _covers(stay: Stay, at: Instant) -> bool:
    return stay.since[0] <= at and (stay.until is None or at <= stay.until[0])


def _named(container: str | None) -> tuple[str, ...]:
    return (container,) if container else ()


def identity(fact: Scan | Position | Announcement) -> Identity:
    """What an event is known by."""
    if isinstance(fact, Announcement):
        return Identity(f"source/{fact.source}", fact.id)
    return Identity(f"device/{fact.device}", fact.id)
