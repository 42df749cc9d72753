"""Containment and short receipt, walked once from the first scan to `now` (sections 2 and 4)."""

from dataclasses import dataclass, field

from gateway.tracking.calendars import working_deadline
from gateway.tracking.model import HANDLING
from tests.properties.oracle.facts import Seen, World

FOREVER = 2**62


@dataclass(eq=False)
class Stay:
    """An item in a container from `since` (included) to `until` (excluded)."""

    item: str
    container: str
    since: int
    until: int | None = None
    blind: Seen | None = None
    short: "Unpacking | None" = None


@dataclass(eq=False)
class Unpacking:
    """`packed` are those in the container as it began, `ended_at` when it ended, if it has."""

    container: str
    site: str
    begin: Seen
    packed: list[Stay]
    scans: list[Seen] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    over: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    ended_at: int | None = None
    all_out: bool = False


class Yard:
    """What is in what, by all scans of a world, judged as far as `now`."""

    def __init__(self, world: World, now: int) -> None:
        self.world = world
        self.now = now
        self.stays: dict[str, list[Stay]] = {}
        self.unpackings: list[Unpacking] = []
        self.ended: list[Unpacking] = []
        """As they ended: of one instant a window that passes before an all out, as deadlines pass before events."""
        self._inside: dict[str, Stay] = {}
        self._open: list[Unpacking] = []
        for scan in world.scans:
            self._end_windows(scan.at)
            self._walk(scan)
        self._end_windows(now)

    def of(self, item: str) -> list[Stay]:
        return self.stays.get(item, [])

    def parent(self, item: str) -> str | None:
        """What the item is in now."""
        found = None
        for stay in self.of(item):
            if stay.since <= self.now and (stay.until is None or self.now < stay.until):
                found = stay.container
        return found

    def ends_ahead(self) -> list[int]:
        """When the unpackings that have not ended by now do so."""
        ends = [each.ended_at for each in self.unpackings if each.ended_at is not None]
        return [end for end in ends + [self._window(each) for each in self._open] if end > self.now]

    def _walk(self, scan: Seen) -> None:
        if scan.step == "packing" and scan.container:
            for item in scan.items:
                self._pack(item, scan.container, scan)
        elif scan.step == "unpacking" and scan.container and not scan.items:
            self._all_out(scan.container, scan)
        elif scan.step == "unpacking":
            self._unpack(scan)
        elif scan.step in HANDLING:
            for item in scan.items:
                if item in self._inside and self._inside[item].container != scan.container:
                    self._leave(item, scan.at)

    def _pack(self, item: str, container: str, scan: Seen) -> None:
        if item in self._inside and self._inside[item].container == container:
            return
        outer: str | None = container
        while outer is not None:
            if outer == item:
                return
            outer = self._inside[outer].container if outer in self._inside else None
        if item in self._inside:
            self._leave(item, scan.at)
        stay = self._inside[item] = Stay(item, container, scan.at)
        self.stays.setdefault(item, []).append(stay)

    def _leave(self, item: str, at: int) -> Stay:
        stay = self._inside.pop(item)
        stay.until = at
        return stay

    def _contents(self, container: str) -> list[Stay]:
        return [stay for stay in self._inside.values() if stay.container == container]

    def _at(self, container: str, scan: Seen) -> Unpacking | None:
        for unpacking in self._open:
            if unpacking.container == container and unpacking.site == scan.site:
                return unpacking
        return None

    def _unpack(self, scan: Seen) -> None:
        if scan.container:
            containers = [scan.container]
        else:
            containers = [self._inside[item].container for item in scan.items if item in self._inside]
        extended: dict[str, Unpacking] = {}
        for container in dict.fromkeys(containers):
            unpacking = self._at(container, scan)
            if unpacking is None:
                unpacking = Unpacking(container, scan.site, scan, self._contents(container))
                self._open.append(unpacking)
                self.unpackings.append(unpacking)
            unpacking.scans.append(scan)
            extended[container] = unpacking
        if scan.container:
            self._count_over(extended[scan.container], scan)
        for item in scan.items:
            if item in self._inside:
                stay = self._leave(item, scan.at)
                if stay.container in extended:
                    extended[stay.container].taken.add(item)

    def _count_over(self, unpacking: Unpacking, scan: Seen) -> None:
        for item in scan.items:
            inside = item in self._inside and self._inside[item].container == unpacking.container
            packed = any(stay.item == item for stay in unpacking.packed)
            if not inside and not packed and item not in unpacking.taken and item not in unpacking.over:
                unpacking.over.append(item)

    def _all_out(self, container: str, scan: Seen) -> None:
        unpacking = self._at(container, scan)
        if unpacking is None:
            for stay in self._contents(container):
                self._leave(stay.item, scan.at).blind = scan
            return
        unpacking.scans.append(scan)
        unpacking.all_out = True
        self._end(unpacking, scan.at)
        for stay in self._contents(container):
            self._leave(stay.item, scan.at)

    def _window(self, unpacking: Unpacking) -> int:
        network = self.world.network
        last = unpacking.scans[-1].at
        end = working_deadline(network.sites[unpacking.site], last, network.defaults.unpack_window)  # type: ignore[arg-type]
        return FOREVER if end is None else end

    def _end_windows(self, at: int) -> None:
        while self._open:
            ends = [(self._window(unpacking), index) for index, unpacking in enumerate(self._open)]
            end, index = min(ends)
            if end > at:
                return
            self._end(self._open[index], end)

    def _end(self, unpacking: Unpacking, end: int) -> None:
        self._open.remove(unpacking)
        unpacking.ended_at = end
        if end > self.now:
            return
        self.ended.append(unpacking)
        for stay in unpacking.packed:
            if self._inside.get(stay.item) is stay and self._due_out(stay.item, unpacking):
                self._judge(stay, unpacking)

    def _due_out(self, item: str, unpacking: Unpacking) -> bool:
        if unpacking.all_out:
            return True
        said = [said for said in self.world.said if said.item == item]
        if not said or self.world.is_container(item):
            return False
        stops = self.world.network.routes[said[-1].route].stops
        return any(stop.unpack and unpacking.site in stop.sites for stop in stops)

    def _judge(self, stay: Stay, unpacking: Unpacking) -> None:
        begin = unpacking.begin[:3]
        first: list[tuple[tuple[int, str, str], bool]] = [
            (scan[:3], scan.step == "unpacking" and stay.item in scan.items)
            for scan in self.world.own(stay.item)
            if scan[:3] >= begin
        ]
        if self.world.is_container(stay.item):
            first += [
                (fix[:3], False)
                for fix in self.world.fixes
                if fix.container == stay.item and fix[:3] >= begin
            ]
        if first and min(first)[1]:
            return
        self._leave(stay.item, unpacking.begin.at)
        if not first:
            stay.short = unpacking
            unpacking.short.append(stay.item)
