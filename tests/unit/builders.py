"""What tests of the rules are made of: networks in a few words, facts by the clock, and evidence without a store.

Instants are written `4 Mar 08:00`, of the year 2026 and in UTC; durations as in network.yaml.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.tracking.assessment import Assessment, assess
from gateway.tracking.containment import Carried, Movement, simulate
from gateway.tracking.evidence import Moment, OwnScan, Recorded, Stay, Unpacking, Visit
from gateway.tracking.fences import FenceIndex, Fix, located, visits
from gateway.tracking.instants import HOUR, Duration, Instant, duration, from_datetime, rfc3339
from gateway.tracking.model import Announcement, Key, Position, Scan, is_container_key
from gateway.tracking.plan import (
    Calendar,
    Circle,
    Container,
    ContainerType,
    Device,
    Dwell,
    Network,
    Route,
    Site,
    Stop,
    Transit,
)
from gateway.tracking.windows import Window, between

SCANNER = "scanner"


def t(text: str) -> Instant:
    """`4 Mar 08:00`, or with seconds, as an instant."""
    clock = "%H:%M:%S" if text.count(":") == 2 else "%H:%M"
    return from_datetime(datetime.strptime(f"{text} 2026", f"%d %b {clock} %Y").replace(tzinfo=UTC))


def told(at: Instant) -> str:
    """The instant as `t` reads it."""
    moment = datetime.fromisoformat(rfc3339(at))
    return f"{moment.day} {moment:%b %H:%M}"


def stop(*sites: str, **terms: object) -> Stop:
    """A stop: `transit`, `dwell` and `working` as durations, `steps` as words, `optional` and `unpack` as they are."""
    dwell, working, transit = terms.pop("dwell", None), terms.pop("working", None), terms.pop("transit", None)
    limit = working or dwell
    return Stop(
        sites,
        dwell=None if limit is None else Dwell(duration(str(limit)), working=working is not None),
        transit=None if transit is None else Transit(duration(str(transit))),
        steps=frozenset(str(terms.pop("steps", "")).split()),
        **terms,  # type: ignore[arg-type] # what is left are the flags
    )


def route(id_: str, *stops: Stop, due_kind: str = "agreed", **terms: str) -> Route:
    """A route, with `collect_within`, `due_within` and `missing_after`. Its last stop unpacks, as by default."""
    last = stops[-1]
    if not last.unpack:
        stops = (
            *stops[:-1],
            Stop(last.sites, last.optional, last.dwell, last.transit, last.steps, unpack=True),
        )
    limits = {name: duration(text) for name, text in terms.items()}
    return Route(id_, stops, due_kind=due_kind, **limits)  # type: ignore[arg-type] # one of two words


def daily(id_: str, *hours: tuple[int, int]) -> Calendar:
    """Opening hours that are the same on each day; none: never open."""
    day = tuple((Duration(opens * HOUR), Duration(closes * HOUR)) for opens, closes in hours)
    return Calendar(id_, (day, day, day, day, day, day, day))


def network(
    *routes: Route,
    containers: Sequence[Container] = (),
    types: Sequence[ContainerType] = (),
    devices: Sequence[Device] = (),
    sites: Sequence[Site] = (),
) -> Network:
    """A network of these. Sites that nobody describes are always open, fenced, and a degree of latitude apart."""
    known = {each.id: each for each in sites}
    named = [place for each in routes for stop in each.stops for place in stop.sites]
    for index, id_ in enumerate(dict.fromkeys([*named, "ELSEWHERE", "NOWHERE"])):
        known.setdefault(id_, Site(id_, 48.0 + index, 9.0, fence=Circle(300.0)))
    return Network(
        sites=known,
        routes={each.id: each for each in routes},
        container_types={each.id: each for each in types},
        containers={each.id: each for each in containers},
        devices={each.id: each for each in (Device(SCANNER, "scanner"), *devices)},
        sources=frozenset({"erp"}),
    )


@dataclass
class Facts:
    """All facts of a test, as evidence: everything is derived from scratch each time that it is asked for."""

    network: Network
    events: list[Scan | Position | Announcement] = field(default_factory=list)

    def scan(
        self, at: str, step: str, site: str, *items: str, into: str | None = None, **more: object
    ) -> Scan:
        """A scan of items, or of a container (`into`), or of items with their container. Ids count up."""
        made = Scan(
            str(more.pop("device", SCANNER)),
            str(more.pop("id", f"e{len(self.events):03d}")),
            t(at),
            step,
            items,
            into,
            site,
            **more,  # type: ignore[arg-type] # what is left is optional in a scan
        )
        self.events.append(made)
        return made

    def announce(self, at: str, item: str, along: str, **more: object) -> None:
        made = Announcement("erp", f"a{len(self.events):03d}", t(at), item, along, **more)  # type: ignore[arg-type]
        self.events.append(made)

    def fix(self, at: str, container: str, site: str, **more: object) -> None:
        """A position of a container at a site."""
        place = self.network.sites[site]
        device = str(more.pop("device", "tracker"))
        id_ = f"e{len(self.events):03d}"
        made = Position(device, id_, t(at), place.lat, place.lon, container, **more)  # type: ignore[arg-type]
        self.events.append(made)

    def at(self, now: str) -> Moment:
        return Moment(self, self.network, t(now))

    def assess(self, subject: str, now: str) -> Assessment:
        return assess(subject, self.at(now))

    def _scans(self) -> list[Scan]:
        scans = [each for each in self.events if isinstance(each, Scan) and each.step]
        return sorted(scans, key=lambda scan: (scan.at, scan.id, scan.device))

    def _positions(self, container: str) -> list[Position]:
        found = [each for each in self.events if isinstance(each, Position) and each.container == container]
        return sorted(found, key=lambda each: (each.at, each.id, each.device))

    def is_container(self, subject: str) -> bool:
        named = any(scan.container == subject for scan in self._scans()) or bool(self._positions(subject))
        return named or subject in self.network.containers or is_container_key(subject)

    def scans(self, subject: str) -> Sequence[OwnScan]:
        return [
            OwnScan(
                scan.at,
                scan.id,
                scan.device,
                scan.site or "",
                scan.step or "",
                scan.container,
                subject in scan.items,
                len(scan.items),
                scan.disposition,
            )
            for scan in self._scans()
            if subject in (scan.container, *scan.items)
        ]

    def recorded(self, subject: str, window: Window) -> Recorded:
        scans = self.scans(subject)
        return Recorded(window, scans[between(scans, window)])

    def announcements(self, item: str) -> Sequence[Announcement]:
        found = [each for each in self.events if isinstance(each, Announcement) and each.item == item]
        return sorted(found, key=lambda each: (each.at, each.id, each.source))

    def visits(self, container: str) -> Sequence[Visit]:
        index = FenceIndex(self.network.sites.values())
        fixes = []
        for each in self._positions(container):
            place = located(index, each.lat, each.lon, each.accuracy_m)
            if place.counted:
                fixes.append(Fix(each.at, each.id, each.device, place.site))
        return [
            Visit(
                mark.at,
                f"{mark.fix_id}/{mark.site}/{mark.step}",
                mark.device,
                mark.site,
                mark.step,
                mark.confirmed_at,
            )
            for mark in visits(fixes, self.network.defaults.min_inside)[1]
        ]

    def course(self) -> tuple[Sequence[Stay], Sequence[Unpacking]]:
        """All stays and unpackings, walked from the first scan to the last."""
        movements = [
            Movement(
                scan.at, scan.id, scan.device, scan.site or "", scan.step or "", scan.container, scan.items
            )
            for scan in self._scans()
        ]
        return simulate(movements, Carried(), self, self.network)

    def stays(self, item: str) -> Sequence[Stay]:
        return [stay for stay in self.course()[0] if stay.item == item]

    def contents(self, container: str, since: Instant) -> Sequence[Stay]:
        stays = [stay for stay in self.course()[0] if stay.container == container]
        return [stay for stay in stays if stay.until is None or stay.until[0] >= since]

    def unpackings(self, container: str) -> Sequence[Unpacking]:
        return [each for each in self.course()[1] if each.container == container]

    def newest_position(self, container: str, since: Instant, before: Instant | None) -> Instant | None:
        found = [each.at for each in self._positions(container) if each.at >= since]
        return max((at for at in found if before is None or at < before), default=None)

    def first_position(self, container: str, since: Key) -> Instant | None:
        found = self._positions(container)
        return next((each.at for each in found if (each.at, each.id, each.device) >= since), None)

    def first_excursion(self, container: str, sensor: str, after: Instant) -> Instant | None:
        limit = self.network.limits_of(container)[sensor]
        for each in self._positions(container):
            if each.at > after and not all(
                limit.allow(value) for name, value in each.sensors if name == sensor
            ):
                return each.at
        return None


def kinds(assessment: Assessment) -> list[str]:
    """The deviations, as `delayed 1 since 6 Mar 08:00`, sorted."""
    return sorted(
        f"{each.kind}{'' if each.key[1] is None else f' {each.key[1]}'} since {told(each.since)}"
        for each in assessment.deviations
    )


def words(lines: Iterable[str]) -> list[str]:
    """Lines of a table without the spaces that align them."""
    return [" ".join(line.split()) for line in lines if line.strip()]
