"""Random networks: sites with fences and opening hours, routes of all shapes, containers, trackers, scanners.

Everything hangs on the seed of the `Random` that is passed in. Sites are few and durations short, so that a
history of some hundred events meets many deadlines.
"""

from datetime import date
from random import Random

from gateway.tracking.instants import HOUR, MINUTE, Duration
from gateway.tracking.plan import (
    Calendar,
    Circle,
    Container,
    ContainerType,
    Defaults,
    Device,
    Dwell,
    Hours,
    Limits,
    Network,
    Polygon,
    Route,
    Site,
    Stop,
    Transit,
)

ZONES = ("UTC", "Europe/Berlin", "America/New_York")
LAST_STEPS = ("receiving", "repairing", "destroying", "unpacking", "arriving", "inspecting")
SSCC = "https://id.gs1.org/00/106141412345678908"


def random_network(rng: Random) -> Network:
    """A network whose references hold."""
    calendars = _calendars()
    sites = {site.id: site for site in (_site(rng, index, calendars) for index in range(rng.randint(4, 7)))}
    routes = {route.id: route for route in (_route(rng, f"R{index}", list(sites)) for index in range(3))}
    loop = _loop(rng, list(sites))
    routes[loop.id] = loop
    containers = {each.id: each for each in _containers(rng, list(routes))}
    return Network(
        defaults=Defaults(
            unpack_window=Duration(rng.choice((1, 2, 3)) * HOUR),
            min_inside=Duration(rng.choice((5, 10)) * MINUTE),
            forget_after=Duration(rng.choice((20, 60)) * HOUR),
            announce_grace=Duration(rng.choice((0, 1)) * HOUR),
        ),
        sites=sites,
        routes=routes,
        container_types={
            "tote": ContainerType("tote"),
            "drum": ContainerType("drum", {"temperature_c": Limits(-10, 40), "shock_g": Limits(max=8)}),
        },
        containers=containers,
        devices={each.id: each for each in _devices(rng, list(sites), containers)},
        sources=frozenset({"erp", "rma"}),
    )


def _hours(*spans: tuple[int, int]) -> Hours:
    return tuple((Duration(start * HOUR), Duration(end * HOUR)) for start, end in spans)


def _calendars() -> list[Calendar | None]:
    office, long, all_day = _hours((8, 12), (13, 18)), _hours((6, 22)), _hours((0, 24))
    return [
        None,
        None,
        _calendar("office", office, (), (), date(2026, 3, 27)),
        _calendar("six", long, _hours((9, 13)), ()),
        _calendar("always", all_day, all_day, all_day),
        _calendar("never", (), (), ()),
    ]


def _calendar(id_: str, workday: Hours, saturday: Hours, sunday: Hours, *closed: date) -> Calendar:
    week = (workday, workday, workday, workday, workday, saturday, sunday)
    return Calendar(id_, week, frozenset(closed))


def _site(rng: Random, index: int, calendars: list[Calendar | None]) -> Site:
    # Every third site is within ten kilometres of the one before, some within its fence.
    near = index % 3 == 2
    lat = 51.0 + (index - near) * 0.4 + near * rng.choice((0.001, 0.03))
    lon = 10.0 + (index - near) * 0.7
    fence: Circle | Polygon | None = None
    kind = rng.random()
    if kind < 0.5:
        fence = Circle(rng.choice((150.0, 300.0, 1000.0)))
    elif kind < 0.75:
        fence = Polygon(
            (
                (lat - 0.003, lon - 0.004),
                (lat - 0.003, lon + 0.004),
                (lat + 0.003, lon + 0.004),
                (lat + 0.003, lon),
            )
        )
    weights = (4, 4, 2, 2, 1, 0.2)
    calendar = rng.choices(calendars, weights)[0]
    return Site(f"S{index}", lat, lon, rng.choice(ZONES), calendar=calendar, fence=fence)


def _stop(rng: Random, sites: list[str], index: int, last: int) -> Stop:
    optional = index < last and rng.random() < 0.25
    dwell = None
    if rng.random() < 0.6:
        dwell = Dwell(Duration(rng.randint(2, 14) * HOUR), working=rng.random() < 0.3)
    steps = frozenset(rng.sample(LAST_STEPS, 2)) if index == last and rng.random() < 0.4 else frozenset[str]()
    return Stop(
        sites=tuple(rng.sample(sites, rng.choice((1, 1, 2)))),
        optional=optional,
        dwell=dwell,
        transit=Transit(Duration(rng.randint(2, 20) * HOUR)) if index else None,
        steps=steps,
        unpack=rng.random() < (0.7 if index == last else 0.2),
    )


def _route(rng: Random, id_: str, sites: list[str]) -> Route:
    last = rng.randint(1, 4)
    return Route(
        id_,
        tuple(_stop(rng, sites, index, last) for index in range(last + 1)),
        collect_within=_perhaps(rng, 0.7, 4, 30),
        due_within=_perhaps(rng, 0.6, 20, 90),
        due_kind=rng.choice(("agreed", "legal")),
        missing_after=_perhaps(rng, 0.8, 10, 40),
    )


def _perhaps(rng: Random, chance: float, low: int, high: int) -> Duration | None:
    return Duration(rng.randint(low, high) * HOUR) if rng.random() < chance else None


def _loop(rng: Random, sites: list[str]) -> Route:
    """A route whose containers come back to where they began."""
    home, away = rng.sample(sites, 2)
    return Route(
        "LOOP",
        (
            Stop((home,), dwell=Dwell(Duration(12 * HOUR))),
            Stop((away,), transit=Transit(Duration(8 * HOUR)), dwell=Dwell(Duration(6 * HOUR))),
            Stop((home,), transit=Transit(Duration(9 * HOUR)), unpack=rng.random() < 0.5),
        ),
        missing_after=Duration(20 * HOUR),
    )


def _containers(rng: Random, routes: list[str]) -> list[Container]:
    """Four that are declared; more than the network knows turn up in histories."""
    found = []
    for index in range(4):
        route = rng.choice((None, "LOOP", rng.choice(routes)))
        kind = rng.choice((None, "tote", "drum"))
        found.append(Container(f"TOTE-{index}", kind, route, f"trk-{index}" if index < 3 else None))
    return found


def _devices(rng: Random, sites: list[str], containers: dict[str, Container]) -> list[Device]:
    found = []
    for index in range(4):
        home = rng.choice((None, *sites))
        found.append(
            Device(f"scan-{index}", "scanner", home, None, None, _perhaps(rng, 0.5, 5, 40) if home else None)
        )
    for container in containers.values():
        if container.tracker is not None:
            silent = _perhaps(rng, 0.5, 5, 40)
            found.append(Device(container.tracker, "tracker", None, None, container.id, silent))
    return found
