"""The real rules as the fleet's gateway: takes publications in virtual time, answers, and keeps the alert log."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from devices.fleet.faults import Faults
from devices.fleet.network import Network, read
from devices.fleet.scenario import Demand, Scenario, scenario
from devices.fleet.simulation import Simulation
from devices.fleet.timeline import Happening
from gateway.memory import Memory
from gateway.network import load
from gateway.replay import Line, Replay
from gateway.service.admission import Terrain
from gateway.service.intake import Message, take
from gateway.tracking.instants import DAY, Duration, Instant, instant, rfc3339
from gateway.wire.receipt import receipts

NETWORK = Path(__file__).parents[2] / "examples" / "demo" / "network.yaml"
START = instant("2026-11-16T05:00:00Z")


@cache
def network() -> Network:
    """The demo's network as the fleet reads it."""
    return read(NETWORK)


def told(seed: int, days: float, trouble: float = 0.3) -> Scenario:
    """A scenario on the demo's network."""
    return scenario(network(), seed, START, Duration(int(days * DAY)), Demand(trouble=trouble))


class VirtualGateway:
    """The service on memory. `lines` is its alert log, `accepted` how many events it took for new."""

    def __init__(self) -> None:
        self._network = load(NETWORK)
        self._terrain = Terrain.of(self._network)
        self._state = Memory()
        self._replay = Replay(self._network, self._state)
        self._latest = 0
        self.lines: list[Mapping[str, Any]] = []
        self.accepted = 0

    def take(self, path: str, payload: bytes, now: Instant) -> Iterator[tuple[str, bytes]]:
        """The receipts for one message: path and payload."""
        now = Instant(max(now, self._latest + 1))
        self._latest = now
        self.until(now)
        with self._state.unit() as unit:
            taken = take(unit, self._terrain, [Message(path, payload, now)], now)
        self.lines += [transition.line() for transition in taken.settled.transitions]
        self.accepted += taken.accepted
        for answer in taken.answers:
            if answer.channel is not None and answer.results:
                for receipt in receipts(now, answer.results):
                    yield f"{answer.channel.kind}/{answer.channel.id}/receipt", receipt

    def until(self, end: Instant) -> None:
        """Let deadlines pass."""
        self.lines += [transition.line() for transition in self._replay.until(end)]


def lived(
    scenario: Scenario, faults: Faults | None = None, clock: Callable[[Instant], Instant] | None = None
) -> tuple[Simulation, VirtualGateway]:
    """The scenario with its faults, until everything is settled; `clock` is the gateway's, if it is another."""
    simulation = Simulation(scenario, network(), faults, shared=clock is None)
    gateway = VirtualGateway()
    steps = 0
    while not simulation.done:
        steps += 1
        at = simulation.next_at()
        assert at is not None, "nothing is going to happen, and something waits"
        assert steps < 1_000_000, "it never ends"
        for publication in simulation.advance(at):
            now = at if clock is None else clock(at)
            for path, receipt in gateway.take(publication.path, publication.payload, now):
                simulation.receive(path, receipt, at)
    return simulation, gateway


def honest(timeline: Sequence[Happening]) -> Iterator[Line]:
    """The timeline as recorded messages, each received as it happens."""
    for number, happening in enumerate(timeline):
        body = {**happening.body, "at": rfc3339(happening.at)}
        if happening.what != "status":
            body["id"] = f"e{number:06}"
        yield Line(happening.at, f"{happening.sender}/{happening.what}", json.dumps(body).encode())
