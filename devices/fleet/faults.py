"""What goes wrong between devices and gateway: drawn from a seed, and laid over a timeline that knows nothing of it.

None of it is a fact about goods, so with everything uploaded in the end the same alerts must stand. Wrong clocks are
scanners' only: trackers have theirs from satellites. A scanner whose battery is dead is laid aside for another one at
its site, so that the same scans are made; what it had not sent waits until it has been charged.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.fleet.network import Network
from devices.fleet.timeline import Happening
from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant


@dataclass(frozen=True)
class Rates:
    """How often what goes wrong. Rates are per device (or site) and day, shares of all; durations in microseconds."""

    outages: float = 0.3
    outage: tuple[int, int] = (30 * MINUTE, 10 * HOUR)
    site_outages: float = 0.05
    """All devices at home at one site, for the network there is down."""
    deaths: float = 0.1
    death: tuple[int, int] = (1 * HOUR, 12 * HOUR)
    wrong_clocks: float = 0.3
    clock_error: int = 30 * HOUR
    lost: float = 0.05
    duplicated: float = 0.05
    delayed: float = 0.1
    delay: tuple[int, int] = (5 * SECOND, 4 * MINUTE)
    latency: tuple[int, int] = (SECOND // 50, SECOND // 2)


NONE = Rates(outages=0, site_outages=0, deaths=0, wrong_clocks=0, lost=0, duplicated=0, delayed=0)
"""Nothing goes wrong; messages only take their time."""


class Window(NamedTuple):
    """From `begins` to `ends`, which is not included."""

    begins: Instant
    ends: Instant


@dataclass
class Trouble:
    """One device's: when it is offline, when its battery is dead (offline too, and it starts anew), how its clock is.

    `clock_errors` are how far it is ahead at its first start and after each death, the last one from then on.
    """

    outages: list[Window] = field(default_factory=list)
    deaths: list[Window] = field(default_factory=list)
    clock_errors: list[Duration] = field(default_factory=list)

    def offline(self, at: Instant) -> bool:
        return any(window.begins <= at < window.ends for window in (*self.outages, *self.deaths))

    def dead(self, at: Instant) -> bool:
        return any(window.begins <= at < window.ends for window in self.deaths)

    def next_edge(self, after: Instant) -> Instant | None:
        """When it next goes offline, or comes back."""
        edges = (edge for window in (*self.outages, *self.deaths) for edge in window)
        return min((edge for edge in edges if edge > after), default=None)

    def starts(self, at: Instant) -> int:
        """How often it has started anew by then."""
        return sum(window.ends <= at for window in self.deaths)

    def clock_error(self, at: Instant) -> Duration:
        errors = self.clock_errors or [Duration(0)]
        return errors[min(self.starts(at), len(errors) - 1)]


@dataclass(frozen=True)
class Faults:
    """Everything that goes wrong."""

    rates: Rates
    devices: Mapping[str, Trouble]

    def of(self, device: str) -> Trouble:
        return self.devices.get(device, Trouble())

    def fate(self, chance: random.Random) -> Sequence[Duration]:
        """What becomes of one message: how long each copy takes; none arrives of one that is lost."""
        rates = self.rates
        if chance.random() < rates.lost:
            return ()
        copies = 2 if chance.random() < rates.duplicated else 1
        return [
            Duration(chance.randint(*(rates.delay if chance.random() < rates.delayed else rates.latency)))
            for _ in range(copies)
        ]


def drawn(network: Network, seed: int, start: Instant, until: Instant, rates: Rates | None = None) -> Faults:
    """The faults of this seed, all over by `until`."""
    rates = rates or Rates()
    chance = random.Random(seed)  # noqa: S311 # a simulation
    devices: dict[str, Trouble] = {id_: Trouble() for id_ in (*network.scanners, *network.trackers)}
    for trouble in devices.values():
        trouble.outages += _windows(chance, start, until, rates.outages, rates.outage)
    for site in network.sites:
        home = [scanner.id for scanner in network.scanners.values() if scanner.home == site]
        for window in _windows(chance, start, until, rates.site_outages, rates.outage):
            for id_ in home:
                devices[id_].outages.append(window)
        if len(home) > 1:
            mortal = devices[chance.choice(home)]
            mortal.deaths += _windows(chance, start, until, rates.deaths, rates.death)
    for id_ in network.scanners:
        if chance.random() < rates.wrong_clocks:
            # The same after a death: how wrong a clock was that nothing had confirmed before it was set anew, nobody
            # can ever know, and the truth could not be held against the alerts.
            devices[id_].clock_errors.append(Duration(chance.randint(-rates.clock_error, rates.clock_error)))
    return Faults(rates, devices)


def handed_over(timeline: Iterable[Happening], faults: Faults, network: Network) -> list[Happening]:
    """The timeline with the scans of dead scanners made by another at the same site, and nothing else of theirs."""
    found = []
    for happening in timeline:
        kind, _, id_ = happening.sender.partition("/")
        if kind == "source" or not faults.of(id_).dead(happening.at):
            found.append(happening)
        elif happening.what == "scan":
            others = network.scanners_at(happening.body["site"])
            alive = next(other for other in others if not faults.of(other).dead(happening.at))
            found.append(happening._replace(sender=f"device/{alive}"))
    return found


def _windows(
    chance: random.Random, start: Instant, until: Instant, per_day: float, length: tuple[int, int]
) -> list[Window]:
    """Windows at random instants that neither overlap nor reach beyond `until`."""
    windows = []
    at = start
    while per_day > 0:
        begins = Instant(at + int(chance.expovariate(per_day) * DAY))
        at = Instant(begins + chance.randint(*length))
        if at >= until:
            break
        windows.append(Window(begins, at))
    return windows
