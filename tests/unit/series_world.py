"""A gateway's time series in virtual time: what happens is taken in, and rounds of the projection go by beside it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.memory import Memory
from gateway.memory.series import MemorySeries
from gateway.points import MEASUREMENTS, SAMPLED, Point
from gateway.ports.delivery import Turns
from gateway.ports.series import PartialWrite, Refused, Unavailable
from gateway.ports.state import State
from gateway.service.series import Keep, Outside, Rebuilt, SeriesDeliveries, Vitals, rebuild
from gateway.service.series.loop import POLL
from gateway.tracking.instants import DAY, Duration, Instant
from gateway.tracking.plan import Network
from tests.unit.cli_world import TERRAIN, Happening, at, happen, settle

KEEP = Duration(400 * DAY)
_SAMPLED = {each.name for each in SAMPLED}


class FakeSeries(MemorySeries):
    """A store that can be away, and that refuses points by their items or ids."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.poison: set[str] = set()
        self.writes: list[int] = []
        self.dies_after: int | None = None
        """So many more writes are stored, of which the last is not confirmed."""
        self.forgotten: dict[str, Instant] = {}

    def setup(self) -> None:
        self._check()

    def write(self, points: Sequence[Point]) -> None:
        self._check()
        self.writes.append(len(points))
        refused = [Refused(each, "it is poison") for each in points if self.poison & set(_texts(each))]
        bad = {id(each.point) for each in refused}
        super().write([each for each in points if id(each) not in bad])
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after <= 0:
                self.away, self.dies_after = True, None
                raise Unavailable("it died before it answered")
        if refused:
            raise PartialWrite(refused)

    def forget(self, measurement: str, before: Instant) -> None:
        self._check()
        self.forgotten[measurement] = before
        super().forget(measurement, before)

    def _check(self) -> None:
        if self.away:
            raise Unavailable("the time-series store cannot be reached")


def _texts(point: Point) -> list[str]:
    return [value for value in point.fields.values() if isinstance(value, str)]


class World:
    """A gateway with the network of the worked example; `deliveries` can be made anew, as after a restart."""

    def __init__(self, network: Network = TERRAIN.network, *, keep: Duration = KEEP) -> None:
        self.terrain = TERRAIN._replace(network=network)
        self.state: State = Memory()
        self.series = FakeSeries()
        self.vitals = Vitals(0)
        self.keep = keep
        self.turns: Turns | None = None
        self.restart()

    def restart(self) -> None:
        """The process ends, whatever it was doing, and another begins."""
        outside = Outside(
            self.state,
            self.series,
            lambda: self.terrain.network,
            lambda: self.vitals,
            self.turns,
        )
        keep = Keep(self.keep, self.keep, self.keep)
        self.deliveries = SeriesDeliveries(outside, "gw-1", keep, chance=lambda: 0.0)

    def happens(self, *happenings: Happening) -> "World":
        """Only taken in: no round goes by."""
        happen(self.state, *happenings, terrain=self.terrain)
        return self

    def rounds(self, now: str, most: int = 60) -> "World":
        """Rounds at this time, until there is nothing more to do at once."""
        for _ in range(most):
            if self.deliveries.run_once(at(now)) >= at(now) + POLL:
                return self
        message = f"it goes on and on at {now}"
        raise AssertionError(message)

    def lives(self, until: str, *happenings: Happening) -> "World":
        """Each thing happens and is projected at once; deadlines pass to the end."""
        for each in happenings:
            self.happens(each).rounds(each[0])
        settle(self.state, at(until), self.terrain)
        return self.rounds(until)

    def rebuilt(self, series: MemorySeries) -> Rebuilt:
        return rebuild(self.state, series, self.terrain.network, lambda _: None)

    def points(self, *names: str) -> list[Point]:
        return [point for name in names for point in self.series.points(name)]

    def counted(self, name: str) -> list[Point]:
        """The points of a measurement that count."""
        return [point for point in self.series.points(name) if point.fields["n"] == 1]

    def waiting(self) -> Mapping[str, int]:
        with self.state.reader() as unit:
            return {
                "marks": len(unit.marks(10**6)),
                "untold": len(unit.untold(10**6)),
                "samples": unit.outbox_size().get("series", 0),
            }


def made_of_facts(series: MemorySeries) -> list[Point]:
    """All points but those sampled."""
    return [point for name in MEASUREMENTS if name not in _SAMPLED for point in series.points(name)]


def sums(series: MemorySeries, name: str, *tags: str) -> dict[tuple[str, ...], int]:
    """The sum of `n` by tags, without those that come to nothing."""
    found: dict[tuple[str, ...], int] = {}
    for point in series.points(name):
        key = tuple(point.tags.get(tag, "") for tag in tags)
        found[key] = found.get(key, 0) + int(point.fields["n"])
    return {key: n for key, n in found.items() if n}


def by(points: Sequence[Point], key: Callable[[Point], Any]) -> dict[Any, Point]:
    """Points by something that tells them apart."""
    found = {key(point): point for point in points}
    assert len(found) == len(points), json.dumps(points)
    return found
