"""The network as a simulation sees it: places, routes, containers and devices, read from network.yaml.

The gateway checks that file; here it is taken as checked, and only what a simulation needs is read. Durations are
microseconds, positions degrees WGS 84. Nothing here knows what the network is simulated for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from devices.fleet.geometry import distance_m
from gateway.tracking.instants import DAY, HOUR, MINUTE, Duration, duration

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INTERVAL = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", re.ASCII)

Hours = tuple[tuple[tuple[Duration, Duration], ...], ...]
"""For each day from Monday: opening intervals as time since local midnight."""


class BadNetwork(Exception):
    """The file is no network that can be simulated; says why."""


@dataclass(frozen=True)
class Site:
    """`hours` None: always open. `fence_m` is the radius of its fence, or how far its farthest corner is; 0: none."""

    id: str
    lat: float
    lon: float
    timezone: str = "UTC"
    hours: Hours | None = None
    closed: frozenset[date] = frozenset()
    fence_m: float = 0.0


@dataclass(frozen=True)
class Stop:
    """`dwell` and `transit` are their maxima; `working`: only opening hours count for the dwell."""

    sites: tuple[str, ...]
    optional: bool = False
    dwell: Duration | None = None
    working: bool = False
    transit: Duration | None = None
    typical: Duration | None = None
    steps: frozenset[str] = frozenset()
    unpack: bool = False


@dataclass(frozen=True)
class Route:
    id: str
    stops: tuple[Stop, ...]
    collect_within: Duration | None = None
    due_within: Duration | None = None
    legal: bool = False
    missing_after: Duration | None = None


@dataclass(frozen=True)
class Container:
    """`limits` are (least, most) by sensor."""

    id: str
    route: str | None = None
    tracker: str | None = None
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scanner:
    """`sites` None: it may scan anywhere."""

    id: str
    home: str | None = None
    sites: frozenset[str] | None = None
    silent_after: Duration | None = None


@dataclass(frozen=True)
class Defaults:
    """The durations of the network that the truth depends on."""

    unpack_window: Duration = Duration(2 * HOUR)
    min_inside: Duration = Duration(5 * MINUTE)
    opening_grace: Duration = Duration(HOUR)
    announce_grace: Duration = Duration(HOUR)
    forget_after: Duration = Duration(30 * DAY)


@dataclass(frozen=True)
class Network:
    """`trackers` are how long each may be silent; which container each is on, the container says."""

    sites: Mapping[str, Site]
    routes: Mapping[str, Route]
    containers: Mapping[str, Container]
    scanners: Mapping[str, Scanner]
    trackers: Mapping[str, Duration | None]
    source: str
    defaults: Defaults = Defaults()

    def scanners_at(self, site: str) -> Sequence[str]:
        """The scanners that work at a site: those at home there, else any that may."""
        home = [each.id for each in self.scanners.values() if each.home == site]
        return home or [
            each.id
            for each in self.scanners.values()
            if each.home is None and (each.sites is None or site in each.sites)
        ]


def read(file: Path) -> Network:
    """The network in a network.yaml.

    Raises:
        BadNetwork: the file cannot be read, or is not one that the gateway would accept.
    """
    try:
        return parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadNetwork(f"{file} cannot be read: {error.strerror}; name a file that can") from error
    except BadNetwork as error:
        raise BadNetwork(f"{file}: {error}") from error


def parse(text: str) -> Network:
    """The network in the text of a network.yaml.

    Raises:
        BadNetwork: it is not one that the gateway would accept.
    """
    try:
        return _network(yaml.safe_load(text))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadNetwork(f"is no network: {error!r}; `returns-gateway check` says what is wrong") from error


def _network(said: Mapping[str, Any]) -> Network:
    calendars = {id_: _hours(each["open"]) for id_, each in (said.get("calendars") or {}).items()}
    closed = {id_: each.get("closed") or () for id_, each in (said.get("calendars") or {}).items()}
    limits = {each["id"]: each.get("limits") or {} for each in said.get("container_types") or ()}
    devices = said.get("devices") or ()
    bound = {each["container"]: each["id"] for each in devices if each.get("container")}
    sources = [each["id"] for each in said.get("sources") or ()]
    if not sources:
        raise BadNetwork("has no source, and nobody to announce returns; declare one under sources")
    return Network(
        sites={each["id"]: _site(each, calendars, closed) for each in said["sites"]},
        routes={each["id"]: _route(each) for each in said["routes"]},
        containers={each["id"]: _container(each, limits, bound) for each in said.get("containers") or ()},
        scanners={each["id"]: _scanner(each) for each in devices if each["kind"] == "scanner"},
        trackers={
            each["id"]: _duration(each.get("silent_after")) for each in devices if each["kind"] == "tracker"
        },
        source=sources[0],
        defaults=_defaults(said.get("defaults") or {}),
    )


def _site(
    said: Mapping[str, Any], calendars: Mapping[str, Hours], closed: Mapping[str, Iterable[Any]]
) -> Site:
    fence = said.get("fence") or {}
    reach = float(fence.get("radius_m", 0.0))
    for lat, lon in fence.get("polygon") or ():
        reach = max(reach, distance_m((said["lat"], said["lon"]), (lat, lon)))
    calendar = said.get("calendar")
    return Site(
        said["id"],
        float(said["lat"]),
        float(said["lon"]),
        said.get("timezone", "UTC"),
        calendars[calendar] if calendar else None,
        frozenset(date.fromisoformat(str(day)) for day in closed[calendar]) if calendar else frozenset(),
        reach,
    )


def _route(said: Mapping[str, Any]) -> Route:
    stops = said["stops"]
    return Route(
        said["id"],
        tuple(_stop(each, last=number == len(stops)) for number, each in enumerate(stops, 1)),
        _duration(said.get("collect_within")),
        _duration(said.get("due_within")),
        said.get("due_kind") == "legal",
        _duration(said.get("missing_after")),
    )


def _stop(said: Mapping[str, Any], *, last: bool) -> Stop:
    dwell, transit = said.get("dwell") or {}, said.get("transit") or {}
    return Stop(
        tuple(said["sites"]),
        bool(said.get("optional")),
        _duration(dwell.get("max")),
        dwell.get("hours") == "working",
        _duration(transit.get("max")),
        _duration(transit.get("typical")),
        frozenset(said.get("steps") or ()),
        bool(said.get("unpack", last)),
    )


def _container(
    said: Mapping[str, Any], limits: Mapping[str, Mapping[str, Any]], bound: Mapping[str, str]
) -> Container:
    sensors = limits[said["type"]] if said.get("type") else {}
    return Container(
        said["id"],
        said.get("route"),
        said.get("tracker") or bound.get(said["id"]),
        {sensor: (each.get("min"), each.get("max")) for sensor, each in sensors.items()},
    )


def _scanner(said: Mapping[str, Any]) -> Scanner:
    sites = said.get("sites")
    return Scanner(
        said["id"],
        said.get("site"),
        None if sites is None else frozenset(sites),
        _duration(said.get("silent_after")),
    )


def _defaults(said: Mapping[str, Any]) -> Defaults:
    names = Defaults.__dataclass_fields__.keys() & said.keys()
    return Defaults(**{name: duration(said[name]) for name in names})


def _duration(text: str | None) -> Duration | None:
    return None if text is None else duration(text)


def _hours(written: Mapping[str, Sequence[str]]) -> Hours:
    days: list[list[tuple[Duration, Duration]]] = [[] for _ in _DAYS]
    for key, intervals in written.items():
        for part in key.lower().split(","):
            first, dash, last = part.strip().partition("-")
            start = _DAYS.index(first)
            length = (_DAYS.index(last) - start) % 7 if dash else 0
            for day in range(start, start + length + 1):
                days[day % 7] += map(_interval, intervals)
    return tuple(tuple(sorted(day)) for day in days)


def _interval(text: str) -> tuple[Duration, Duration]:
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} are no opening hours")
    hour, minute, to_hour, to_minute = map(int, match.groups())
    return Duration(hour * HOUR + minute * MINUTE), Duration(to_hour * HOUR + to_minute * MINUTE)
