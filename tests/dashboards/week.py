"""A simulated week with known faults, through the real rules in virtual time, and the points that it makes.

Four days come before it, so that what was lost then is missing by now.
Devices are offline, go dead and send twice, as the fleet's faults have it, and one sends what nobody can read. Samples
are taken every half an hour, every ten minutes on the last day and every minute in its last hour, so that what looks
at now has something to look at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from devices.fleet.faults import Rates, drawn
from devices.fleet.scenario import Demand, scenario
from devices.fleet.simulation import Simulation
from gateway.memory import Memory
from gateway.memory.series import MemorySeries
from gateway.network import load
from gateway.points import MEASUREMENTS, Point
from gateway.replay import Replay
from gateway.service.admission import Terrain
from gateway.service.intake import Message, take
from gateway.service.series import Keep, Outside, SeriesDeliveries, Vitals
from gateway.service.series.loop import POLL
from gateway.service.series.sampling import LANE
from gateway.tracking.instants import DAY, HOUR, MINUTE, Duration, Instant, instant
from gateway.tracking.plan import Network
from gateway.wire.receipt import receipts
from tests.devices.virtual import NETWORK
from tests.devices.virtual import network as fleet_network

END = instant("2026-11-20T15:00:00Z")
"""A Friday afternoon in Leipzig."""
WEEK = Duration(7 * DAY)
BEFORE = Duration(4 * DAY)
UNREADABLE = (b"{", b'{"id": "x1", "at": "2030-01-01T00:00:00Z", "step": "arriving", "item": "SN-1"}')
KEEP = Duration(400 * DAY)
_RATES = Rates(outages=0.2, site_outages=0.02, deaths=0.05, wrong_clocks=0.1)


@dataclass(frozen=True)
class Week:
    """What happened: the state store at its end, and the points of the time series."""

    start: Instant
    end: Instant
    network: Network
    state: Memory
    points: Sequence[Point]


class _Everlasting(MemorySeries):
    """A week is soon forgotten by nobody; looking for what is older takes longer than all the rest."""

    def forget(self, measurement: str, before: Instant) -> None:
        """Keeps it."""


class _Lived:
    """A gateway in virtual time, and a projection beside it."""

    def __init__(self) -> None:
        self.network = load(NETWORK)
        self.state = Memory()
        self.series = _Everlasting()
        self._terrain = Terrain.of(self.network)
        self._replay = Replay(self.network, self.state)
        self._counts = {"events": 0, "receipts": 0}
        outside = Outside(self.state, self.series, lambda: self.network, self._vitals)
        self._projection = SeriesDeliveries(outside, "gateway-1", Keep(KEEP, KEEP, KEEP), chance=lambda: 0.0)
        self._latest = Instant(0)

    def take(self, path: str, payload: bytes, now: Instant) -> Iterator[tuple[str, bytes]]:
        """The receipts for one message: path and payload."""
        self._latest = now = Instant(max(now, self._latest + 1))
        self.pass_deadlines(now)
        with self.state.unit() as unit:
            taken = take(unit, self._terrain, [Message(path, payload, now)], now)
        self._counts["events"] += taken.accepted
        for answer in taken.answers:
            if answer.channel is not None and answer.results:
                self._counts["receipts"] += len(answer.results)
                for receipt in receipts(now, answer.results):
                    yield f"{answer.channel.kind}/{answer.channel.id}/receipt", receipt

    def pass_deadlines(self, now: Instant) -> None:
        for _ in self._replay.until(now):
            pass

    def project(self, now: Instant) -> None:
        self.pass_deadlines(now)
        self._tell(now)
        while self._projection.run_once(now) < now + POLL:
            pass

    def _tell(self, now: Instant) -> None:
        """Whoever is to be told of alerts takes it at once."""
        with self.state.unit() as unit:
            for lane in unit.outbox_size():
                if lane != LANE:
                    unit.delivered([row.seq for row in unit.outbox(lane, now, 10**6)])

    def _vitals(self) -> Vitals:
        """Figures as a gateway's might be: nobody measures how long virtual commits take."""
        return Vitals(
            self._counts["events"],
            lag_s=0.4,
            commit_ms=4.0,
            receipts=self._counts["receipts"],
            broker=True,
            database=True,
        )


@cache
def week(seed: int = 21, before: Duration = BEFORE) -> Week:
    """The week of this seed; 21 has alerts of most kinds open at its end. `before` is what it is preceded by."""
    fleet, start = fleet_network(), Instant(END - WEEK - before)
    demand = Demand(returns_per_day=30.0, trouble=0.25)
    told = scenario(fleet, seed, start, Duration(before + WEEK), demand)
    faults = drawn(fleet, seed, start, END, _RATES)
    simulation, lived = Simulation(told, fleet, faults), _Lived()
    for payload in UNREADABLE:
        list(lived.take("device/scan-ber-1/scan", payload, start))
    for now in _instants():
        while not simulation.done and (at := simulation.next_at()) is not None and at <= now:
            for publication in simulation.advance(at):
                for path, receipt in lived.take(publication.path, publication.payload, at):
                    simulation.receive(path, receipt, at)
        lived.project(now)
    points = [point for name in MEASUREMENTS for point in lived.series.points(name)]
    return Week(Instant(END - WEEK), END, lived.network, lived.state, points)


def _instants() -> Iterator[Instant]:
    """When samples are taken: the last one at the end itself."""
    at = Instant(END - WEEK)
    while at <= END:
        yield at
        pause = MINUTE if at >= END - HOUR else 10 * MINUTE if at >= END - DAY else 30 * MINUTE
        at = Instant(at + pause - at % pause)
