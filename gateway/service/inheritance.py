"""Whom news of a container reaches: its contents inherit where it was seen, and its signs of life, however deep.

Only finds whom to look at again; what they make of it is for assessment. It leaves out whom the news cannot change,
so that a scan of a roll cage of hundreds does not fold hundreds of journeys.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.service.known import Known
from gateway.tracking.evidence import Stay
from gateway.tracking.instants import MINUTE, Duration, Instant
from gateway.tracking.journey import unmoved
from gateway.tracking.model import JourneyStatus, Kind
from gateway.tracking.plan import Network

_LATE: Duration = Duration(15 * MINUTE)
"""A position older than this may be older than an unpacking that is known: who left since is looked for too."""
_NEVER = Instant(2**62)
_DEAF = frozenset({JourneyStatus.COMPLETED})
"""Where one more sighting, later than all before, says nothing. A cancelled journey goes on folding; what was never
announced is where it was last seen.
"""
_LASTING = frozenset({Kind.SKIPPED, Kind.OVERDUE, Kind.OVERDWELL})
"""What being seen once more at a stop neither ends nor puts off."""


@dataclass(slots=True)
class News:
    """What a container has to pass on: new sightings (at, site, step), and all that differs from `since` on."""

    sightings: set[tuple[Instant, str, str]] = field(default_factory=set)
    since: Instant | None = None

    @property
    def first(self) -> Instant:
        instants = [at for at, _, _ in self.sightings]
        return min(instants if self.since is None else [*instants, self.since])

    def during(self, stay: Stay) -> "News | None":
        """Of this what a stay hears; None: nothing."""
        until = _NEVER if stay.until is None else stay.until[0]
        heard = {each for each in self.sightings if stay.since[0] <= each[0] <= until}
        since = None if self.since is None or self.since > until else self.since
        return News(heard, since) if heard or since is not None else None

    def add(self, other: "News") -> bool:
        """Whether the other has more to say than is said here already; it is said here now."""
        earlier = other.since is not None and (self.since is None or other.since < self.since)
        more = not other.sightings <= self.sightings
        self.sightings |= other.sightings
        if earlier:
            self.since = other.since
        return earlier or more


class Inheritance:
    """Finds whom news within a unit concern at `now`; the facts must have been written."""

    def __init__(self, unit: Unit, known: Known, network: Network, now: Instant) -> None:
        self._unit = unit
        self._known = known
        self._network = network
        self._now = now

    def heirs(self, news: Mapping[str, News]) -> dict[str, None]:
        """The contents of containers that inherit these news, and theirs."""
        found: dict[str, None] = {}
        told: dict[str, News] = {}
        named = news.keys()
        level = dict(news)
        while level:
            inner: dict[str, News] = {}
            for container, said in level.items():
                stays = self._unit.contents((container,), said.first).get(container, ())
                heard = [(stay.item, each) for stay in stays if (each := said.during(stay)) is not None]
                self._known.rows([item for item, _ in heard])
                quiet = self._unchanged(container, said, {item for item, _ in heard})
                for item, each in heard:
                    if item not in quiet:
                        found[item] = None
                    is_new = told.setdefault(item, News()).add(each)
                    if is_new and self._is_container(item, named):
                        inner.setdefault(item, News()).add(each)
            level = inner
        return found

    def _is_container(self, item: str, named: Collection[str] = ()) -> bool:
        """By its row, where there is one and nothing new names it: its scans need not be read for that."""
        row = self._known.rows((item,)).get(item)
        return (row is None or row.kind == "container" or item in named) and self._known.is_container(item)

    def _unchanged(self, container: str, news: News, items: Collection[str]) -> set[str]:
        """Of these contents those whom being seen again, where they are and later than all else, cannot change.

        Nor may they have alerts, which would say where they were last seen: nothing is amiss with them but what
        their container says for them.
        """
        steps = {step for _, _, step in news.sightings}
        sites = {site for _, site, _ in news.sightings}
        if news.since is not None or len(sites) != 1:
            return set()
        site = sites.pop()
        speaker = self._known.rows((container,)).get(container)
        spoken = {each.kind for each in speaker.own + speaker.taken} & _LASTING if speaker else set()
        rows = [row for row in self._known.rows(items).values() if row.parent == container]
        calm = [row for row in rows if spoken.issuperset(each.kind for each in row.own)]
        quiet = {row.id for row in calm if self._is_settled(row, site, steps)}
        if not quiet or not self._is_newest(container, news):
            return set()
        for scan in self._unit.movements([container, *quiet], news.first):
            if (scan.at, scan.site, scan.step) not in news.sightings:
                quiet.difference_update(quiet if container in (scan.container, *scan.items) else scan.items)
        return quiet

    def _is_newest(self, container: str, news: News) -> bool:
        """Whether a container that is in no other was seen by no fence since."""
        visits = self._known.visits(container)
        if visits and visits[-1].at >= news.first:
            return False
        return all(stay.until and stay.until[0] < news.first for stay in self._known.stays(container))

    def _is_settled(self, row: SubjectRow, site: str, steps: Collection[str]) -> bool:
        due = row.look_again is not None and row.look_again <= self._now
        if due or row.failed is not None or row.kind != "return":
            return False
        route = self._network.routes.get(row.route or "")
        if row.status is JourneyStatus.AT_STOP and route is not None and row.stop is not None:
            return unmoved(route, row.stop, site, steps, self._network)
        return row.status in _DEAF

    def hearers(self, heard: Mapping[str, Instant]) -> set[str]:
        """Whom signs of life of containers, the first at these instants, concern: only who is missing need look."""
        late = {container: at for container, at in heard.items() if at < self._now - _LATE}
        return self._within(heard.keys() - late.keys()) | self._once_within(late)

    def _within(self, containers: Collection[str]) -> set[str]:
        """Who is missing of those in the containers, directly or not."""
        found: set[str] = set()
        seen: set[str] = set()
        level = list(containers)
        while level:
            rows = self._unit.members(level, shared=True)
            found |= _missing(rows)
            level = [row.id for row in rows if row.kind == "container" and row.id not in seen]
            seen.update(level)
        return found

    def _once_within(self, heard: Mapping[str, Instant]) -> set[str]:
        """The same of those that were in them at those instants or later, wherever they are by now."""
        found: set[str] = set()
        told: dict[str, Instant] = {}
        level = dict(heard)
        while level:
            inner: dict[str, Instant] = {}
            for container, at in level.items():
                for stay in self._unit.contents((container,), at).get(container, ()):
                    if at < told.get(stay.item, _NEVER):
                        told[stay.item] = inner[stay.item] = at
            found |= _missing(self._known.rows(inner).values())
            level = {item: at for item, at in inner.items() if self._is_container(item)}
        return found


def _missing(rows: Iterable[SubjectRow]) -> set[str]:
    return {row.id for row in rows if any(each.kind is Kind.MISSING for each in row.own)}
