"""Whatever happens in whatever order, and whenever rounds go by: the time series say in the end what journeys say."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.memory.series import MemorySeries
from gateway.points import Point, told
from gateway.service.known import Known
from gateway.service.series import Keep, Outside, SeriesDeliveries, Vitals, rebuild
from gateway.service.series.loop import POLL
from gateway.tracking.assessment import assess
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import DAY, Duration, Instant
from tests.properties.receiving import end_of
from tests.properties.running import SEEDS, Stepwise, world, worlds
from tests.unit.series_world import made_of_facts

JOURNEYS = ("leg", "dwell", "journey_end", "trip")
KEEP = Duration(400 * DAY)


class Beside:
    """A gateway in a random world, with a projection beside it."""

    def __init__(self, seed: int) -> None:
        self.network, self.messages, self.rng = world(seed, 60)
        self.gateway = Stepwise(self.network)
        self.state = self.gateway.state
        self.series = MemorySeries()
        outside = Outside(self.state, self.series, lambda: self.network, lambda: Vitals(0))
        self.deliveries = SeriesDeliveries(outside, "gw", Keep(KEEP, KEEP, KEEP), chance=lambda: 0.0)

    def live(self, chance: float) -> Instant:
        """All that happens, with a round now and then; and rounds to the end."""
        for message in self.messages:
            self.gateway.feed(message)
            if self.rng.random() < chance:
                self.deliveries.run_once(message.received_at)
        end = end_of([*self.messages])
        self.gateway.until(end)
        while self.deliveries.run_once(end) < end + POLL:
            pass
        return end

    def journeys(self, end: Instant) -> Counter[str]:
        """What the journeys tell at the end, assessed anew."""
        found: Counter[str] = Counter()
        with self.state.reader() as unit:
            rows = unit.journeys(after=None, limit=10**9)
            known = Known(unit, self.network)
            known.name_rows(rows)
            moment = Moment(known, self.network, end)
            for row in rows:
                tells = told(assess(row.id, moment), known.announcements(row.id), self.network)
                for each in tells.milestones:
                    fields = {"n": 1, **each.fields}
                    found[repr((each.measurement, each.tags, fields, each.at // 1000))] += 1
        return found


def said(point: Point) -> str:
    return repr((point.measurement, dict(point.tags), dict(point.fields), point.time // 1_000_000))


@worlds(30)
@given(seed=SEEDS, chance=st.sampled_from([0.0, 0.2, 1.0]))
def test_what_counts_in_the_end_is_what_journeys_tell_and_is_rebuilt_the_same(
    seed: int, chance: float
) -> None:
    beside = Beside(seed)
    end = beside.live(chance)
    points = [point for name in JOURNEYS for point in beside.series.points(name)]
    assert Counter(said(point) for point in points if point.fields["n"]) == beside.journeys(end)
    anew = MemorySeries()
    rebuild(beside.state, anew, beside.network, lambda _: None)
    assert made_of_facts(anew) == made_of_facts(beside.series)


@worlds(10)
@given(seed=SEEDS)
def test_every_item_that_is_scanned_and_every_position_is_a_point_of_its_own(seed: int) -> None:
    beside = Beside(seed)
    beside.live(0.2)
    with beside.state.reader() as unit:
        events = [each.event for each in unit.events_after(0, 10**6)]
        assert list(unit.refused(0, 9)) == []
    positions = sum(event.what == "position" for event in events)
    assert len(beside.series.points("position")) == positions
    scans = {
        (event.identity.origin, event.identity.id)
        for event in events
        if event.what == "scan" and '"step"' in event.payload
    }
    points = beside.series.points("scan")
    assert {(f"device/{each.fields['device']}", each.fields["event_id"]) for each in points} == scans
