"""Keeping stays and unpackings derived: which part of the past new scans can change, and that part again.

A scan changes containment from its own instant on, and only among what it touches: its subjects, what is in them
from then on, what they are in, and what later scans name with them. That part is simulated again from a cut, an
instant at which nothing in it was being unpacked. In the usual case, an item in no container, it is empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.ports.state import Unit
from gateway.service.known import Known
from gateway.tracking.containment import Carried, Held, Movement, held, simulate
from gateway.tracking.evidence import Moment, Stay, Unpacking
from gateway.tracking.instants import Instant
from gateway.tracking.model import HANDLING
from gateway.tracking.plan import Network
from gateway.tracking.receipts import began_during, end_of, first_since


@dataclass(slots=True)
class Changed:
    """What was derived anew, each by the first instant at which it differs.

    `items` by their stays, `containers` by their contents or unpackings. `unpackings` are those that came or went.
    """

    items: dict[str, Instant] = field(default_factory=dict)
    containers: dict[str, Instant] = field(default_factory=dict)
    unpackings: set[Unpacking] = field(default_factory=set)


@dataclass(slots=True)
class _Part:
    """The part of the past to simulate again: its subjects, from `cut` on. `touched`: who has new scans, and when."""

    subjects: set[str]
    cut: Instant
    touched: dict[str, Instant]
    stays: set[Stay] = field(default_factory=set)
    movements: list[Movement] = field(default_factory=list)


def moves(movement: Movement) -> bool:
    """Whether a scan can put something into a container or take it out."""
    if movement.step == "packing":
        return movement.container is not None
    return movement.step == "unpacking" or movement.step in HANDLING


def rederive(unit: Unit, known: Known, network: Network, seeds: Iterable[Mapping[str, Instant]]) -> Changed:
    """Derive containment anew after scans that named these subjects, each with the instant of its earliest change.

    A seed is a set of subjects that one scan named. Seeds that share a subject are derived together.
    """
    changed = Changed()
    for seed in sorted(_merged(seeds), key=lambda each: min(each.values())):
        part = _Part(set(seed), min(seed.values()), dict(seed))
        while _grow(part, unit, known, network):
            pass
        _replace(part, unit, known, network, changed)
    return changed


def _merged(seeds: Iterable[Mapping[str, Instant]]) -> list[dict[str, Instant]]:
    groups: list[dict[str, Instant]] = []
    of: dict[str, dict[str, Instant]] = {}
    for seed in seeds:
        group: dict[str, Instant] = {}
        for other in {id(of[subject]): of[subject] for subject in seed if subject in of}.values():
            groups.remove(other)
            _earliest(group, other)
        _earliest(group, seed)
        groups.append(group)
        of.update(dict.fromkeys(group, group))
    return groups


def _earliest(group: dict[str, Instant], more: Mapping[str, Instant]) -> None:
    for subject, at in more.items():
        group[subject] = min(at, group.get(subject, at))


def _grow(part: _Part, unit: Unit, known: Known, network: Network) -> bool:
    """Widen the part to all that it touches, and cut earlier where something was being unpacked. False: complete."""
    subjects, cut = set(part.subjects), part.cut
    stays = [stay for each in unit.stays(subjects).values() for stay in each]
    lasting = {stay for stay in stays if _lasts(stay, cut)}
    lasting.update(stay for each in unit.contents(subjects, cut).values() for stay in each)
    part.stays = lasting
    for stay in lasting:
        part.subjects |= {stay.item, stay.container}
    part.movements = [move for move in unit.movements(part.subjects, cut) if moves(move)]
    for move in part.movements:
        if move.container is not None and move.step not in HANDLING:
            part.subjects |= {move.container, *move.items}
    part.cut = min([cut, *_earlier(part, stays, known, network)])
    return part.subjects != subjects or part.cut != cut


def _lasts(stay: Stay, since: Instant) -> bool:
    return stay.until is None or stay.until[0] >= since


def _earlier(part: _Part, stays: Iterable[Stay], known: Known, network: Network) -> Iterable[Instant]:
    """The beginnings of unpackings that span the cut, or that judge an item by a scan at the cut or later."""
    cut = part.cut
    known.prefetch_unpackings(part.subjects)
    for subject in part.subjects:
        # Unpackings at one site follow each other: only the last that began before the cut can span it.
        last = {each.site: each for each in known.unpackings(subject) if each.begin[0] < cut}
        for each in last.values():
            if _spans(each, cut, network):
                yield each.begin[0]
    for stay in stays:
        at = part.touched.get(stay.item)
        if at is None or not _lasts(stay, at):
            continue
        for each in began_during(stay, known.unpackings(stay.container)):
            if each.begin[0] < cut and not decided(stay.item, each, at, known):
                yield each.begin[0]


def _spans(unpacking: Unpacking, cut: Instant, network: Network) -> bool:
    if unpacking.all_out is not None:
        return unpacking.all_out[0] >= cut
    return end_of(unpacking, network) > cut


def decided(item: str, unpacking: Unpacking, at: Instant, known: Known) -> bool:
    """Whether a scan of the item before `at` decides its judgement, whatever comes at `at` or later."""
    first = first_since(item, unpacking.begin, known)
    return first is not None and first.at < at


def _carried(part: _Part, known: Known, network: Network) -> Carried:
    """Who is inside at the cut by scans alone, and who of them had left by the unpackings that ended by then."""
    stays = [stay._replace(until=None, blind_site=None) for stay in part.stays if stay.since[0] < part.cut]
    known.prefetch([stay.item for stay in stays])
    before = Moment(known, network, part.cut)
    gone = {
        stay.item for stay in stays if not any(_spans_cut(each, part.cut) for each in held(stay.item, before))
    }
    return Carried(stays, gone)


def _spans_cut(stay: Held, cut: Instant) -> bool:
    return stay.stay.since[0] < cut and (stay.until is None or stay.until >= cut)


def _replace(part: _Part, unit: Unit, known: Known, network: Network, changed: Changed) -> None:
    cut = part.cut
    found = simulate(part.movements, _carried(part, known, network), known, network)
    old_unpackings = {
        each for subject in part.subjects for each in known.unpackings(subject) if each.begin[0] >= cut
    }
    old, new = part.stays, set(found.stays)
    new_unpackings = set(found.unpackings)
    for stay in old ^ new:
        at = max(stay.since[0], cut)
        _earliest(changed.items, {stay.item: at})
        _earliest(changed.containers, {stay.container: at})
    for unpacking in old_unpackings ^ new_unpackings:
        _earliest(changed.containers, {unpacking.container: unpacking.begin[0]})
    changed.unpackings |= old_unpackings ^ new_unpackings
    unit.replace_stays(old - new, new - old)
    unit.replace_unpackings(old_unpackings - new_unpackings, new_unpackings - old_unpackings)
    known.forget_containment(
        {stay.item for stay in old ^ new}, {each.container for each in old_unpackings ^ new_unpackings}
    )
