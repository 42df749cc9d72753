"""What trackers report, and what it is evidence of: fixes along a container's life, fence visits, readings, batteries.

A tracker looks twice on arrival, then each hour while it stands and each quarter of an hour on the way. No fix is near
a fence that the container only passes. Some are too inaccurate to count. Batteries are charged before
a container is brought back; a weak one may run low, or flat.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from devices.fleet.course import MAJOR, WARNING
from devices.fleet.geometry import Place, between, distance_m
from devices.fleet.loads import Life
from devices.fleet.network import Network, Route
from devices.fleet.notebook import Notebook
from devices.fleet.timeline import FOREVER, Sight, Truth
from gateway.tracking.instants import DAY, MINUTE, SECOND, Instant

_CLEAR_M = 1500.0
"""How far from a fence a fix on the way is at least."""


class _Fix(NamedTuple):
    at: Instant
    place: Place
    site: str | None
    accuracy_m: float = 10.0


class Seen(NamedTuple):
    """What a tracker adds to its container's life: fence visits, and every sign of life."""

    sights: list[Sight]
    signs: list[Instant]


def follow(notebook: Notebook, life: Life, route: Route, *, trouble: float) -> Seen:
    """The container's tracker reports, from the first scan to the last; nothing for one without tracker."""
    tracker = life.container.tracker
    if tracker is None or not life.sights:
        return Seen([], [])
    last = route.stops[-1].sites
    charged = [sight.at for sight in life.sights if sight.site in last and sight.step == "departing"]
    battery = _Battery(notebook, charged, weak=notebook.chance.random() < trouble)
    fixes = []
    for fix in _fixes(notebook, life):
        level = battery.at(fix.at)
        if fix.at >= notebook.until or level is None:
            continue
        fixes.append(fix)
        notebook.report(tracker, life.container.id, fix.at, _body(notebook, life, fix, level))
        battery.said(fix.at, level)
    notebook.truths += battery.truths(tracker)
    notebook.truths += _excursions(life, fixes)
    return Seen(_visits(fixes, notebook.network), [fix.at for fix in fixes])


def _fixes(notebook: Notebook, life: Life) -> Iterator[_Fix]:
    stays = _stays(sorted(life.sights))
    for number, stay in enumerate(stays):
        yield from _standing(notebook, stay)
        if number + 1 < len(stays):
            yield from _moving(notebook, stay, stays[number + 1])


class _Stay(NamedTuple):
    site: str
    begins: Instant
    ends: Instant


def _stays(sights: Sequence[Sight]) -> list[_Stay]:
    """Where the container stood, by its scans; the last stay may have no end."""
    stays: list[_Stay] = []
    for sight in sights:
        if not stays or stays[-1].ends != FOREVER:
            stays.append(_Stay(sight.site, sight.at, FOREVER))
        if sight.step == "departing":
            stays[-1] = stays[-1]._replace(ends=sight.at)
    return stays


def _standing(notebook: Notebook, stay: _Stay) -> Iterator[_Fix]:
    place = notebook.network.sites[stay.site]
    within = stay.site if place.fence_m else None
    at, number = Instant(stay.begins + notebook.draw(30 * SECOND, 2 * MINUTE)), 0
    while at < min(stay.ends - MINUTE, notebook.until):
        yield _Fix(
            at,
            (place.lat + notebook.chance.gauss(0, 1e-4), place.lon + notebook.chance.gauss(0, 1e-4)),
            within,
        )
        number += 1
        pause = (8 * MINUTE, 11 * MINUTE) if number == 1 else (50 * MINUTE, 70 * MINUTE)
        at = Instant(at + notebook.draw(*pause))


def _moving(notebook: Notebook, before: _Stay, after: _Stay) -> Iterator[_Fix]:
    start, end = (notebook.network.sites[stay.site] for stay in (before, after))
    at = Instant(before.ends + notebook.draw(6 * MINUTE, 14 * MINUTE))
    while at < min(after.begins - 5 * MINUTE, notebook.until):
        share = (at - before.ends) / (after.begins - before.ends)
        place = between((start.lat, start.lon), (end.lat, end.lon), share)
        if _is_clear(place, notebook.network):
            yield _Fix(at, place, None, 10.0 if notebook.chance.random() < 0.97 else 5000.0)
        at = Instant(at + notebook.draw(13 * MINUTE, 17 * MINUTE))


def _is_clear(place: Place, network: Network) -> bool:
    return all(
        distance_m(place, (site.lat, site.lon)) > site.fence_m + _CLEAR_M for site in network.sites.values()
    )


def _body(notebook: Notebook, life: Life, fix: _Fix, battery: float) -> dict[str, object]:
    body: dict[str, object] = {
        "lat": round(fix.place[0], 6),
        "lon": round(fix.place[1], 6),
        "accuracy_m": fix.accuracy_m,
        "battery_pct": round(battery, 1),
    }
    for sensor, (least, most) in sorted(life.container.limits.items()):
        body[sensor] = _reading(notebook, least, most, hot=sensor in _hot(life, fix.at))
    return body


def _reading(notebook: Notebook, least: float | None, most: float | None, *, hot: bool) -> float:
    top = most if most is not None else (least or 0.0) + 20
    bottom = least if least is not None else 0.0
    if hot:
        return round(top + notebook.chance.uniform(1, 6), 1)
    return round(bottom + (top - bottom) * notebook.chance.uniform(0.3, 0.7), 1)


def _hot(life: Life, at: Instant) -> set[str]:
    """The sensors that read too much: the first of those that have a limit above."""
    limited = sorted(sensor for sensor, (_, most) in life.container.limits.items() if most is not None)
    return set(limited[-1:]) if any(begins <= at < ends for begins, ends in life.heated) else set()


def _excursions(life: Life, fixes: Sequence[_Fix]) -> list[Truth]:
    """From the first reading beyond the limits to the inspection that follows it."""
    found: list[Truth] = []
    for fix in fixes:
        for sensor in _hot(life, fix.at):
            if found and fix.at < found[-1].ends:
                continue
            ends = min((at for at in life.inspected if at > fix.at), default=FOREVER)
            subject = ("container", life.container.id)
            found.append(Truth(subject, "excursion", sensor, fix.at, fix.at, ends, MAJOR))
    return found


def _visits(fixes: Sequence[_Fix], network: Network) -> list[Sight]:
    """Two fixes inside, far enough apart, are an arrival at the first; two outside a departure at the first."""
    counted = [
        fix
        for fix in fixes
        if fix.accuracy_m <= max(200.0, network.sites[fix.site].fence_m if fix.site else 0.0)
    ]
    found: list[Sight] = []
    visit: str | None = None
    outside: _Fix | None = None
    run: list[_Fix] = []
    for fix in counted:
        run = [*run, fix] if run and run[0].site == fix.site else [fix]
        if visit is not None and fix.site == visit:
            outside = None
        elif visit is not None and outside is None:
            outside = fix
        elif visit is not None and outside is not None:
            found.append(Sight(outside.at, visit, "departing"))
            visit = outside = None
        lasted = fix.at - run[0].at >= network.defaults.min_inside
        if visit is None and fix.site is not None and lasted:
            found.append(Sight(run[0].at, fix.site, "arriving"))
            visit, run = fix.site, [run[0]]
    return found


class _Battery:
    """A battery that loses some percent a day, and is full after each charge; flat, it says nothing."""

    def __init__(self, notebook: Notebook, charged: Sequence[Instant], *, weak: bool) -> None:
        self._charged = charged
        self._start = notebook.start
        self._loss = notebook.chance.uniform(12, 20) if weak else notebook.chance.uniform(1, 3)
        self._full = 95.0 if not weak else 70.0
        self._said: list[tuple[Instant, float]] = []

    def at(self, at: Instant) -> float | None:
        """What is left, in percent; None: too little to say so."""
        since = max((charge for charge in self._charged if charge <= at), default=self._start)
        left = self._full - (at - since) / DAY * self._loss
        return left if left > 2.0 else None

    def said(self, at: Instant, level: float) -> None:
        self._said.append((at, round(level, 1)))

    def truths(self, tracker: str) -> list[Truth]:
        """Low from the first reading below 20 % to the next of at least 25 %."""
        found: list[Truth] = []
        for at, level in self._said:
            low = bool(found) and found[-1].ends == FOREVER
            if level < 20 and not low:
                found.append(Truth(("device", tracker), "low_battery", None, at, at, FOREVER, WARNING))
            elif level >= 25 and low:
                found[-1] = found[-1]._replace(ends=at)
        return found
