"""Which item is in which container when, and what unpacking found short or over (tracking.md sections 2, 4).

Two layers. `simulate` walks scans in the order of events and yields the stays and unpackings that scans alone
make; it can start from any instant, given who was inside then. `judged` lays the short receipt on top: what an
ended unpacking says of an item, as far as is known. Only the second depends on `now`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from gateway.tracking.calendars import working_deadline
from gateway.tracking.evidence import Evidence, Moment, Over, Stay, Unpacking
from gateway.tracking.instants import Instant
from gateway.tracking.model import HANDLING, Key
from gateway.tracking.plan import Network

NEVER = Instant(2**62)
"""Later than every instant: the end of what never ends."""


class Movement(NamedTuple):
    """A scan as containment sees it."""

    at: Instant
    id: str
    device: str
    site: str
    step: str
    container: str | None
    items: tuple[str, ...]

    @property
    def key(self) -> Key:
        return (self.at, self.id, self.device)


class Left(Enum):
    """What an ended unpacking says of an item that was in the container."""

    STILL_IN = auto()
    AT_BEGIN = auto()
    SHORT = auto()


class Held(NamedTuple):
    """A stay after judgement: when it ended (not included), and the unpacking that found the item short."""

    stay: Stay
    until: Instant | None
    short: Unpacking | None


def end_of(unpacking: Unpacking, network: Network) -> Instant:
    """When an unpacking ends: with its all out, else `unpack_window` of working time after its last scan."""
    if unpacking.all_out is not None:
        return unpacking.all_out[0]
    site = network.sites[unpacking.site]
    end = working_deadline(site, unpacking.scans[-1][0], network.defaults.unpack_window)
    return NEVER if end is None else end


def judged(stay: Stay, moment: Moment) -> Held:
    """The stay as it stands at a moment, each unpacking of its container that has ended by then judged."""
    unpackings = began_during(stay, moment.evidence.unpackings(stay.container))
    for end, unpacking in in_order_of_end(unpackings, moment.network):
        if end > moment.now or not _in_at_end(stay, unpacking, end):
            continue
        verdict = judgement(stay.item, unpacking, moment.evidence, moment.network)
        if verdict is not Left.STILL_IN:
            return Held(stay, unpacking.begin[0], unpacking if verdict is Left.SHORT else None)
    return Held(stay, stay.until[0] if stay.until else None, None)


def in_order_of_end(unpackings: Iterable[Unpacking], network: Network) -> list[tuple[Instant, Unpacking]]:
    """Unpackings with their ends, as they end; of one instant a window that passes comes before an all out."""
    ends = [(end_of(each, network), each) for each in unpackings]
    return sorted(ends, key=lambda pair: (pair[0], pair[1].all_out is not None, pair[1].begin))


def began_during(stay: Stay, unpackings: Sequence[Unpacking]) -> Sequence[Unpacking]:
    """Of a container's unpackings, sorted by beginning, those that began while a stay in it lasted by scans alone."""
    first = bisect_right(unpackings, stay.since, key=lambda each: each.begin)
    last = None if stay.until is None else bisect_right(unpackings, stay.until, key=lambda each: each.begin)
    return unpackings[first:last]


def held(subject: str, moment: Moment) -> tuple[Held, ...]:
    """The subject's stays in containers, each judged; those that judgement empties are left out."""
    stays = (judged(stay, moment) for stay in moment.evidence.stays(subject))
    return tuple(stay for stay in stays if stay.until is None or stay.until >= stay.stay.since[0])


def container_at(stays: Sequence[Held], now: Instant) -> str | None:
    """The container that the stays' item is in at `now`: from packing (included) to leaving (excluded)."""
    for stay in reversed(stays):
        if stay.stay.since[0] <= now and (stay.until is None or now < stay.until):
            return stay.stay.container
    return None


def _in_at_end(stay: Stay, unpacking: Unpacking, end: Instant) -> bool:
    if stay.until is None:
        return True
    if unpacking.all_out is not None:
        return stay.until >= unpacking.all_out
    return stay.until[0] >= end


def judgement(item: str, unpacking: Unpacking, evidence: Evidence, network: Network) -> Left:
    """What an ended unpacking says of an item that was in as it began and at its end."""
    if not _due_out(item, unpacking, evidence, network):
        return Left.STILL_IN
    first = next((scan for scan in evidence.scans(item) if scan.key >= unpacking.begin), None)
    if evidence.is_container(item):
        position = evidence.first_position(item, unpacking.begin)
        if position is not None and (first is None or position < first.at):
            return Left.AT_BEGIN
    if first is None:
        return Left.SHORT
    return Left.STILL_IN if first.as_item and first.step == "unpacking" else Left.AT_BEGIN


def _due_out(item: str, unpacking: Unpacking, evidence: Evidence, network: Network) -> bool:
    if unpacking.all_out is not None:
        return True
    announcements = evidence.announcements(item)
    if evidence.is_container(item) or not announcements:
        return False
    route = network.routes.get(announcements[-1].route)
    return route is not None and any(stop.unpack and unpacking.site in stop.sites for stop in route.stops)


@dataclass(slots=True)
class _Open:
    """An unpacking under way in the simulation."""

    container: str
    site: str
    begin: Key
    packed: frozenset[str]
    scans: list[Key] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    over: dict[str, Over] = field(default_factory=dict)

    def freeze(self, all_out: Key | None = None) -> Unpacking:
        return Unpacking(
            self.container, self.site, self.begin, tuple(self.scans), all_out, tuple(self.over.values())
        )


class Course(NamedTuple):
    """What a simulation found: every stay and unpacking that it started with or that began in it."""

    stays: tuple[Stay, ...]
    unpackings: tuple[Unpacking, ...]


def simulate(
    movements: Iterable[Movement], carried: Sequence[Stay], evidence: Evidence, network: Network
) -> Course:
    """Walk movements, in the order of events, from a moment when `carried` were inside and nothing was unpacked.

    Judgements that later movements depend on are made as far as is known now.
    """
    simulation = _Simulation(
        carried,
        ends=lambda unpacking: end_of(unpacking, network),
        judge=lambda item, unpacking: judgement(item, unpacking, evidence, network),
    )
    for movement in movements:
        simulation.take(movement)
    return simulation.course()


class _Simulation:
    def __init__(
        self,
        carried: Sequence[Stay],
        ends: Callable[[Unpacking], Instant],
        judge: Callable[[str, Unpacking], Left],
    ) -> None:
        self._ends = ends
        self._judge = judge
        self._inside: dict[str, Stay] = {stay.item: stay for stay in carried}
        self._contents: dict[str, dict[str, None]] = {}
        for stay in carried:
            self._contents.setdefault(stay.container, {})[stay.item] = None
        self._done: list[Stay] = []
        self._open: dict[tuple[str, str], _Open] = {}
        self._ended: list[Unpacking] = []

    def take(self, move: Movement) -> None:
        if self._open:
            self._end_due(move.at)
        if move.step == "packing" and move.container is not None:
            for item in move.items:
                self._pack(item, move.container, move.key)
        elif move.step == "unpacking":
            if move.container is not None and not move.items:
                self._all_out(move.container, move)
            else:
                self._unpack(move)
        elif move.step in HANDLING:
            for item in move.items:
                stay = self._inside.get(item)
                if stay is not None and stay.container != move.container:
                    self._leave(item, move.key)

    def course(self) -> Course:
        unpackings = self._ended + [opened.freeze() for opened in self._open.values()]
        return Course(
            tuple(sorted((*self._done, *self._inside.values()), key=lambda stay: (stay.since, stay.item))),
            tuple(sorted(unpackings, key=lambda each: (each.begin, each.container))),
        )

    def _pack(self, item: str, container: str, key: Key) -> None:
        stay = self._inside.get(item)
        if stay is not None and stay.container == container:
            return
        outer: str | None = container
        while outer is not None:
            if outer == item:
                return
            outer = self._inside[outer].container if outer in self._inside else None
        if stay is not None:
            self._leave(item, key)
        self._inside[item] = Stay(item, container, key)
        self._contents.setdefault(container, {})[item] = None

    def _leave(self, item: str, key: Key, blind_site: str | None = None) -> None:
        stay = self._inside.pop(item)
        del self._contents[stay.container][item]
        self._done.append(stay._replace(until=key, blind_site=blind_site))

    def _unpack(self, move: Movement) -> None:
        if move.container is not None:
            opened = self._extend(move.container, move)
            for item in move.items:
                stay = self._inside.get(item)
                inside = stay is not None and stay.container == move.container
                if not inside and item not in opened.packed and item not in opened.taken:
                    opened.over.setdefault(item, Over(item, move.at))
        else:
            for item in move.items:
                if item in self._inside:
                    self._extend(self._inside[item].container, move)
        for item in move.items:
            stay = self._inside.get(item)
            if stay is not None:
                under_way = self._open.get((stay.container, move.site))
                if under_way is not None and under_way.scans[-1] == move.key:
                    under_way.taken.add(item)
                self._leave(item, move.key)

    def _extend(self, container: str, move: Movement) -> _Open:
        opened = self._open.get((container, move.site))
        if opened is None:
            packed = frozenset(self._contents.get(container, ()))
            opened = self._open[container, move.site] = _Open(container, move.site, move.key, packed)
        if not opened.scans or opened.scans[-1] != move.key:
            opened.scans.append(move.key)
        return opened

    def _all_out(self, container: str, move: Movement) -> None:
        opened = self._open.pop((container, move.site), None)
        if opened is not None:
            self._ended.append(opened.freeze(move.key))
        blind_site = move.site if opened is None else None
        for item in list(self._contents.get(container, ())):
            self._leave(item, move.key, blind_site)

    def _end_due(self, at: Instant) -> None:
        """End every unpacking whose window has passed by `at`; who it finds gone is inside no longer."""
        due = [(self._ends(opened.freeze()), opened.begin, place) for place, opened in self._open.items()]
        for end, _, place in sorted(due):
            if end > at:
                return
            opened = self._open.pop(place)
            unpacking = opened.freeze()
            self._ended.append(unpacking)
            for item in sorted(opened.packed):
                stay = self._inside.get(item)
                if stay is None or stay.container != opened.container or not stay.since < opened.begin:
                    continue
                if self._judge(item, unpacking) is not Left.STILL_IN:
                    del self._inside[item]
                    del self._contents[opened.container][item]
                    self._done.append(stay)
