"""How long the projection rests after a round: intake goes first, unless the projection is far behind."""

from typing import Final

import pytest

from gateway.service.series import Keep, Outside, SeriesDeliveries, loop
from gateway.service.series.journeys import MAX_SUBJECTS, Journeys
from gateway.service.series.loop import FEW, REST, REST_BEHIND, REST_BUSY, SHORTEST_REST_S
from gateway.service.series.sampling import Vitals
from gateway.service.series.writing import Left
from gateway.tracking.instants import SECOND, Instant
from gateway.tracking.plan import Network
from tests.unit.cli_world import WORKED_EXAMPLE, announcement, at, scan
from tests.unit.series_world import KEEP, World

ROUNDS: Final = 3


class Watch:
    """A clock that is a second further at each look; the waits that it is asked about are noted, and are short."""

    def __init__(self) -> None:
        self._now = at("12T00:00")
        self.waits: list[float] = []

    def now(self) -> Instant:
        self._now = Instant(self._now + SECOND)
        return self._now

    def seconds_until(self, moment: Instant) -> float:
        self.waits.append((moment - self._now) / SECOND)
        return SHORTEST_REST_S


@pytest.mark.parametrize(
    ("events_a_round", "behind", "away", "rests"),
    [
        (10, False, False, REST),
        (10, True, False, REST),
        (100_000, False, False, REST_BUSY),
        (100_000, True, False, REST_BEHIND),
        (100_000, True, True, REST_BUSY),
    ],
)
def test_the_rest_is_as_long_as_intake_needs(
    monkeypatch: pytest.MonkeyPatch, events_a_round: int, behind: bool, away: bool, rests: int
) -> None:
    monkeypatch.setattr(loop, "FAR_BEHIND", -1 if behind else 10**9)
    world = World().happens(*WORKED_EXAMPLE)
    world.series.away = away
    watch, taken_in = Watch(), 0

    def vitals() -> Vitals:
        nonlocal taken_in
        taken_in += events_a_round
        if len(watch.waits) == ROUNDS:
            deliveries.stop()
        return Vitals(taken_in)

    outside = Outside(world.state, world.series, lambda: world.terrain.network, vitals)
    deliveries = SeriesDeliveries(outside, "gw-1", Keep(KEEP, KEEP, KEEP), chance=lambda: 0.0)
    deliveries.run(watch)
    assert rests <= watch.waits[1] < rests + 1


@pytest.mark.parametrize(("events_a_round", "looked_at"), [(10, MAX_SUBJECTS), (100_000, FEW)])
def test_while_intake_is_busy_a_round_looks_at_few_journeys(
    monkeypatch: pytest.MonkeyPatch, events_a_round: int, looked_at: int
) -> None:
    world = World().happens(*WORKED_EXAMPLE)
    asked: list[int] = []
    taken_in = 0

    def look(_journeys: Journeys, _now: Instant, _network: Network, most: int) -> Left:
        asked.append(most)
        if len(asked) == ROUNDS:
            deliveries.stop()
        return Left.MORE

    def vitals() -> Vitals:
        nonlocal taken_in
        taken_in += events_a_round
        return Vitals(taken_in)

    monkeypatch.setattr(Journeys, "look", look)
    outside = Outside(world.state, world.series, lambda: world.terrain.network, vitals)
    deliveries = SeriesDeliveries(outside, "gw-1", Keep(KEEP, KEEP, KEEP), chance=lambda: 0.0)
    deliveries.run(Watch())
    assert asked == [looked_at] * ROUNDS


def test_of_the_journeys_that_are_marked_a_round_looks_at_so_many() -> None:
    world = World()
    for item in "ABCDE":
        world.happens(("1T00:00", announcement(item, "1T00:00")))
    world.deliveries.run_once(at("1T00:01"), MAX_SUBJECTS)
    for item in "ABCDE":
        world.happens(("4T09:00", scan(item, "4T08:00", "collecting", "CP2")))
    waiting = []
    for _ in range(3):
        world.deliveries.run_once(at("4T09:01"), 2)
        waiting.append(world.waiting()["marks"])
    assert waiting == [3, 1, 0]
