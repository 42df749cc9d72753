"""Which item is in which container when (tracking.md sections 2, 4).

Two layers. `simulate` walks scans in the order of events and yields the stays and unpackings that scans make; it
can start from any instant, given who was inside then. `held` lays the short receipt on top: what unpackings that
have ended say of an item. Only the second depends on `now`, and stays depend on no judgement, so that they can be
judged by what was known at any instant.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.tracking.evidence import Evidence, Moment, Over, Stay, Unpacking
from gateway.tracking.instants import Instant
from gateway.tracking.model import HANDLING, Key
from gateway.tracking.plan import Network
from gateway.tracking.receipts import Left, began_during, in_order_of_end, judgement, window_end


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


class Held(NamedTuple):
    """A stay after judgement: when it ended (not included), and the unpacking that found the item short."""

    stay: Stay
    until: Instant | None
    short: Unpacking | None


def held(subject: str, moment: Moment) -> Sequence[Held]:
    """The subject's stays in containers, each judged by the unpackings that have ended by the moment."""
    found: Sequence[Held] | None = moment.worked_out.get(("held", subject))
    if found is None:
        chains = _chains(moment.evidence.stays(subject))
        found = moment.worked_out["held", subject] = [
            each for chain in chains for each in _judged(chain, moment)
        ]
    return found


def container_at(stays: Sequence[Held], now: Instant) -> str | None:
    """The container that the stays' item is in at `now`: from packing (included) to leaving (excluded)."""
    for stay in reversed(stays):
        if stay.stay.since[0] <= now and (stay.until is None or now < stay.until):
            return stay.stay.container
    return None


def _chains(stays: Iterable[Stay]) -> Iterator[list[Stay]]:
    """Stays that follow each other in one container without a break: the item was packed again where it was."""
    chain: list[Stay] = []
    for stay in stays:
        if chain and (chain[-1].container, chain[-1].until) != (stay.container, stay.since):
            yield chain
            chain = []
        chain.append(stay)
    if chain:
        yield chain


def _judged(chain: Sequence[Stay], moment: Moment) -> Iterator[Held]:
    last = chain[-1]
    stay = chain[0]._replace(until=last.until, blind_site=last.blind_site)
    unpackings = began_during(stay, moment.evidence.unpackings(stay.container))
    for end, unpacking in in_order_of_end(unpackings, moment.network):
        if end > moment.now:
            break
        if unpacking.begin < stay.since or not _in_at_end(stay, unpacking, end):
            continue
        verdict = judgement(stay.item, unpacking, moment.evidence, moment.network)
        if verdict is not Left.STILL_IN:
            short = unpacking if verdict is Left.SHORT else None
            yield Held(stay._replace(until=None, blind_site=None), unpacking.begin[0], short)
            again = next((each.since for each in chain if each.since[0] >= end), None)
            if again is None:
                return
            stay = stay._replace(since=again)
    yield Held(stay, stay.until[0] if stay.until else None, None)


def _in_at_end(stay: Stay, unpacking: Unpacking, end: Instant) -> bool:
    if stay.until is None:
        return True
    if unpacking.all_out is not None:
        return stay.until >= unpacking.all_out
    return stay.until[0] >= end


@dataclass(slots=True)
class _Open:
    """An unpacking under way in the simulation."""

    container: str
    site: str
    begin: Key
    packed: frozenset[str]
    end: Instant
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


class Carried(NamedTuple):
    """Who was inside as a simulation begins, by scans alone, and which of them had left by judgement."""

    stays: Sequence[Stay] = ()
    gone: Collection[str] = ()


def simulate(movements: Iterable[Movement], carried: Carried, evidence: Evidence, network: Network) -> Course:
    """Walk movements, in the order of events, from a moment when these were inside and nothing was unpacked.

    What unpackings begin and count depends on who had left by judgement; that is judged as far as is known now.
    """
    simulation = _Simulation(
        carried,
        window_end=lambda site, last: window_end(site, last, network),
        judge=lambda item, unpacking: judgement(item, unpacking, evidence, network),
    )
    for movement in movements:
        simulation.take(movement)
    return simulation.course()


class _Simulation:
    def __init__(
        self,
        carried: Carried,
        window_end: Callable[[str, Instant], Instant],
        judge: Callable[[str, Unpacking], Left],
    ) -> None:
        self._window_end = window_end
        self._judge = judge
        self._inside: dict[str, Stay] = {stay.item: stay for stay in carried.stays}
        self._since: dict[str, Key] = {stay.item: stay.since for stay in carried.stays}
        self._gone: set[str] = set(carried.gone)
        self._contents: dict[str, dict[str, None]] = {}
        for stay in carried.stays:
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

    def _container_of(self, item: str) -> str | None:
        """What an item is in, judgement included."""
        return None if item in self._gone or item not in self._inside else self._inside[item].container

    def _pack(self, item: str, container: str, key: Key) -> None:
        stay = self._inside.get(item)
        outer: str | None = container
        while outer is not None:
            if outer == item:
                return
            outer = self._inside[outer].container if outer in self._inside else None
        again = self._container_of(item) == container
        if stay is not None:
            self._leave(item, key)
        self._inside[item] = Stay(item, container, key)
        self._contents.setdefault(container, {})[item] = None
        if not again:
            self._since[item] = key

    def _leave(self, item: str, key: Key, blind_site: str | None = None) -> None:
        stay = self._inside.pop(item)
        del self._contents[stay.container][item]
        self._gone.discard(item)
        self._done.append(stay._replace(until=key, blind_site=blind_site))

    def _unpack(self, move: Movement) -> None:
        if move.container is not None:
            self._count_over(self._extend(move.container, move), move)
        else:
            for item in move.items:
                container = self._container_of(item)
                if container is not None:
                    self._extend(container, move)
        for item in move.items:
            container = self._container_of(item)
            if container is not None:
                under_way = self._open.get((container, move.site))
                if under_way is not None and under_way.scans[-1] == move.key:
                    under_way.taken.add(item)
            if item in self._inside:
                self._leave(item, move.key)

    def _count_over(self, opened: _Open, move: Movement) -> None:
        for item in move.items:
            inside = self._container_of(item) == opened.container
            if not inside and item not in opened.packed and item not in opened.taken:
                opened.over.setdefault(item, Over(item, move.at))

    def _extend(self, container: str, move: Movement) -> _Open:
        opened = self._open.get((container, move.site))
        if opened is None:
            packed = frozenset(self._contents.get(container, {}).keys() - self._gone)
            opened = self._open[container, move.site] = _Open(container, move.site, move.key, packed, move.at)
        if not opened.scans or opened.scans[-1] != move.key:
            opened.scans.append(move.key)
            opened.end = self._window_end(move.site, move.at)
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
        due = [(opened.end, opened.begin, place) for place, opened in self._open.items() if opened.end <= at]
        for _, _, place in sorted(due):
            opened = self._open.pop(place)
            unpacking = opened.freeze()
            self._ended.append(unpacking)
            for item in sorted(opened.packed):
                still_in = self._container_of(item) == opened.container and self._since[item] < opened.begin
                if still_in and self._judge(item, unpacking) is not Left.STILL_IN:
                    self._gone.add(item)
