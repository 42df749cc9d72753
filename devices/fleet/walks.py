"""The way of one subject along a route as a list of sightings: as planned, or with one thing gone wrong.

What is drawn is a plan; nothing is recorded. Whether the plan is as fine as it was meant is `truths`' to say.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

from devices.fleet.course import Course, truths
from devices.fleet.hours import working_end
from devices.fleet.network import Route
from devices.fleet.notebook import Notebook
from devices.fleet.timeline import Sight
from gateway.tracking.instants import HOUR, Duration, Instant


class Mishap(Enum):
    """What goes wrong on a way."""

    NONE = "fine"
    LATE = "late on a leg"
    STUCK = "stuck at a stop"
    LOST = "lost on a leg"
    ASTRAY = "at a wrong site, and back on its way"
    ASTRAY_FOR_GOOD = "at a wrong site for good"
    BACK = "sent back to an earlier stop"
    SKIPS = "past a stop that it should have made"


_TRIES: Final = 25


def walk(notebook: Notebook, route: Route, begins: Instant, mishap: Mishap, first: str) -> list[Sight]:
    """A way along the route from `begins`, its first sighting with step `first`. What is meant fine is fine."""
    for _ in range(_TRIES):
        sights = _Walk(notebook, route, mishap).taken(begins, first)
        if mishap is not Mishap.NONE or not _deviates(notebook, route, sights):
            break
    return sights


def possible(route: Route, chance: Callable[[list[Mishap]], Mishap], mishap: Mishap) -> Mishap:
    """The mishap, or where the route is too short for it, another that is not."""
    longest = len(route.stops)
    fits = {
        Mishap.BACK: longest > 2,
        Mishap.SKIPS: any(not stop.optional for stop in route.stops[1:-1]),
        Mishap.STUCK: any(stop.dwell for stop in route.stops),
    }
    return mishap if fits.get(mishap, True) else chance([Mishap.LATE, Mishap.LOST, Mishap.ASTRAY])


def _deviates(notebook: Notebook, route: Route, sights: list[Sight]) -> bool:
    course = Course(("return", ""), route, sights, sights[0].at)
    return any(truth.begins < sights[-1].at for truth in truths(course, notebook.network))


class _Walk:
    """One attempt. `where` is the stop whose stay or whose leg onwards goes wrong."""

    def __init__(self, notebook: Notebook, route: Route, mishap: Mishap) -> None:
        self._notebook = notebook
        self._network = notebook.network
        self._chance = notebook.chance
        self._route = route
        self._mishap = mishap
        self._sights: list[Sight] = []
        last = len(route.stops) - 1
        places = {
            Mishap.STUCK: [i for i, stop in enumerate(route.stops) if stop.dwell and i < last],
            Mishap.BACK: list(range(1, last)),
            Mishap.SKIPS: [i - 1 for i in range(1, last) if not route.stops[i].optional],
        }.get(mishap, list(range(last)))
        self._where = self._chance.choice(places) if places and mishap is not Mishap.NONE else -1

    def taken(self, begins: Instant, first: str) -> list[Sight]:
        """The sightings of this attempt."""
        stops = self._route.stops
        site = self._chance.choice(stops[0].sites)
        at = self._notebook.at_work(site, begins)
        self._see(at, site, first)
        stop = 0
        while stop < len(stops) - 1:
            hit = stop == self._where
            at = self._leave(stop, site, at, stuck=hit and self._mishap is Mishap.STUCK)
            if hit and self._mishap is Mishap.LOST:
                return self._sights
            if hit and self._mishap in (Mishap.ASTRAY, Mishap.ASTRAY_FOR_GOOD, Mishap.BACK):
                at = self._aside(at)
                if self._mishap is Mishap.ASTRAY_FOR_GOOD:
                    return self._sights
            stop = self._onwards(stop)
            site = self._chance.choice(stops[stop].sites)
            late = hit and self._mishap is Mishap.LATE
            at = self._notebook.at_work(site, Instant(at + self._leg(stop, late=late)))
            self._see(at, site, "arriving")
        self._finish(site, at)
        return self._sights

    def _see(self, at: Instant, site: str, step: str) -> None:
        self._sights.append(Sight(at, site, step))

    def _onwards(self, stop: int) -> int:
        """The stop that comes next: optional ones are made one time in three, or where something goes wrong there."""
        step = 1
        if self._mishap is Mishap.SKIPS and stop == self._where:
            step = 2
        following = stop + step
        while (
            self._route.stops[following].optional
            and following != self._where
            and self._chance.random() < 2 / 3
        ):
            following += 1
        return following

    def _leave(self, stop: int, site: str, at: Instant, *, stuck: bool) -> Instant:
        dwell = self._route.stops[stop].dwell or Duration(6 * HOUR)
        share = self._chance.uniform(1.4, 2.2) if stuck else self._chance.uniform(0.1, 0.5)
        stay = Duration(int(dwell * share))
        place = self._network.sites[site]
        left = working_end(place, at, stay) if self._route.stops[stop].working else Instant(at + stay)
        leaves = self._notebook.at_work(site, Instant(left if left is not None else at + stay))
        leaves = Instant(leaves - leaves % 1000)
        self._see(leaves, site, "departing")
        return leaves

    def _leg(self, stop: int, *, late: bool) -> Instant:
        to = self._route.stops[stop]
        longest = to.transit or Duration(24 * HOUR)
        if late:
            return self._notebook.draw(longest * 1.3, longest * 1.3 + 20 * HOUR)
        typical = to.typical or Duration(longest // 3)
        return self._notebook.draw(typical * 0.8, typical * 1.3)

    def _aside(self, at: Instant) -> Instant:
        """To a site where it does not belong, and off again after some hours."""
        stops = self._route.stops
        if self._mishap is Mishap.BACK:
            here = stops[self._where].sites
            wrong = [site for stop in stops[: self._where] for site in stop.sites if site not in here]
        else:
            planned = {site for stop in stops for site in stop.sites}
            wrong = [site for site in self._network.sites if site not in planned]
        wrong = [site for site in wrong if self._network.scanners_at(site)]
        if not wrong:
            return at
        site = self._chance.choice(sorted(wrong))
        at = self._notebook.at_work(site, Instant(at + self._notebook.draw(4 * HOUR, 12 * HOUR)))
        self._see(at, site, "arriving")
        if self._mishap is not Mishap.ASTRAY_FOR_GOOD:
            at = self._notebook.at_work(site, Instant(at + self._notebook.draw(3 * HOUR, 15 * HOUR)))
            self._see(at, site, "departing")
        return at

    def _finish(self, site: str, at: Instant) -> None:
        """The step that the last stop is there for, some hours after the arrival."""
        steps = self._route.stops[-1].steps
        if steps and "arriving" not in steps:
            done = self._notebook.at_work(site, Instant(at + self._notebook.draw(HOUR, 5 * HOUR)))
            self._see(done, site, self._chance.choice(sorted(steps)))
