"""From a seed and a network: what honest devices report, and what is true of it. Pure: one seed, one scenario.

Returns and containers live their stories one after another; then everything is put in order, the sightings that
contents inherit are worked out, and each journey is judged with full knowledge.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from devices.fleet import loose
from devices.fleet.course import WARNING, Course, merged, trips, truths
from devices.fleet.hush import heard
from devices.fleet.loads import Life, carried_by, live
from devices.fleet.network import Network
from devices.fleet.notebook import Notebook, Packed
from devices.fleet.positions import Seen, follow
from devices.fleet.timeline import FOREVER, Happening, Sight, Truth
from gateway.tracking.instants import DAY, HOUR, Duration, Instant


@dataclass(frozen=True)
class Demand:
    """How much happens, and how much of it goes wrong."""

    returns_per_day: float = 20.0
    """Those that travel by themselves, over the whole network."""
    trouble: float = 0.25
    """The share of returns, of trips of containers and of batteries with which something is wrong."""


class Scenario(NamedTuple):
    """What happens from `start` to `until`, in order; what is true of it; and each return's story, for people.

    `within` are the containers that each item was in.
    """

    start: Instant
    until: Instant
    timeline: Sequence[Happening]
    truths: Sequence[Truth]
    stories: Mapping[str, str]
    within: Mapping[str, frozenset[str]]


def scenario(
    network: Network, seed: int, start: Instant, duration: Duration, demand: Demand | None = None
) -> Scenario:
    """The scenario of this seed."""
    demand = demand or Demand()
    until = Instant(start + duration)
    notebook = Notebook(network, random.Random(seed), start, until)  # noqa: S311 # a simulation
    lives = _containers(notebook, demand)
    _returns(notebook, demand)
    _statuses(notebook)
    seen = {
        life.container.id: follow(
            notebook, life, network.routes[str(life.container.route)], trouble=demand.trouble
        )
        for life in lives
    }
    notebook.timeline.sort(key=lambda happening: (happening.at, happening.sender))
    parts = heard(merged(_judged(notebook, seen)), [packed.stay() for packed in notebook.packed])
    found = [truth for audible in (True, False) for truth in merged(t for t in parts if t.audible is audible)]
    found += _counts(notebook)
    found += _silences(notebook)
    within: dict[str, set[str]] = {}
    for packed in notebook.packed:
        within.setdefault(packed.item, set()).add(packed.container)
    return Scenario(
        start,
        until,
        notebook.timeline,
        sorted(
            (_cut(truth, until) for truth in found if truth.begins < until), key=lambda truth: truth.begins
        ),
        notebook.stories,
        {item: frozenset(containers) for item, containers in within.items()},
    )


def _cut(truth: Truth, until: Instant) -> Truth:
    return truth if truth.ends < until else truth._replace(ends=FOREVER)


def _containers(notebook: Notebook, demand: Demand) -> list[Life]:
    lives = []
    for container in notebook.network.containers.values():
        route = notebook.network.routes.get(container.route or "")
        if route is not None:
            carries = carried_by(notebook, route)
            lives.append(live(notebook, container, route, carries, trouble=demand.trouble))
    return lives


def _returns(notebook: Notebook, demand: Demand) -> None:
    """Promises come at random instants all the time, for every route that is not a container's."""
    network = notebook.network
    taken = {container.route for container in network.containers.values()}
    routes = [route for route in network.routes.values() if route.id not in taken]
    at = notebook.start
    while routes:
        at = Instant(at + notebook.draw(1, 2 * DAY / demand.returns_per_day))
        if at >= notebook.until:
            return
        loose.tell(notebook, notebook.chance.choice(routes), at, trouble=demand.trouble)


def _statuses(notebook: Notebook) -> None:
    """Scanners say that they live, often enough never to be thought silent."""
    for scanner in notebook.network.scanners.values():
        pause = min((scanner.silent_after or DAY) / 3, 6 * HOUR)
        at = Instant(notebook.start + notebook.draw(0, pause))
        while at < notebook.until:
            notebook.status(scanner.id, at, round(notebook.chance.uniform(40, 100)))
            at = Instant(at + notebook.draw(pause * 0.9, pause * 1.1))


def _judged(notebook: Notebook, seen: Mapping[str, Seen]) -> Iterator[Truth]:
    """What is true of each journey, and what was written down when it was told."""
    network = notebook.network
    yield from (truth for truth in notebook.truths if truth.kind != "count_mismatch")
    stays: dict[str, list[Packed]] = {}
    for packed in notebook.packed:
        stays.setdefault(packed.item, []).append(packed)
    containers = {id_: _of_container(notebook, id_, more) for id_, more in seen.items()}
    for id_, more in seen.items():
        route = network.routes[str(network.containers[id_].route)]
        sights = [sight for sight, _ in containers[id_]]
        for trip in trips(("container", id_), route, sights, network):
            trip.signs = more.signs
            yield from truths(trip, network)
    for item, told in notebook.told.items():
        if told.route is None or told.announced_at is None:
            continue
        sights, signs = _of_item(notebook, item, stays.get(item, ()), containers, seen)
        yield from truths(
            Course(
                ("return", item),
                told.route,
                sights,
                told.announced_at,
                told.announced_at,
                told.due_at,
                told.cancelled_at,
                signs,
            ),
            network,
        )


def _of_container(notebook: Notebook, id_: str, seen: Seen) -> list[tuple[Sight, int]]:
    """A container's sightings in order, each with the number of its event; a fix is nobody else's event."""
    return sorted([*notebook.own[id_], *((sight, 0) for sight in seen.sights)])


def _of_item(
    notebook: Notebook,
    item: str,
    stays: Sequence[Packed],
    containers: Mapping[str, Sequence[tuple[Sight, int]]],
    seen: Mapping[str, Seen],
) -> tuple[list[Sight], list[Instant]]:
    """An item's own sightings with those of its containers while it was in, and the containers' signs of life."""
    own = notebook.own[item]
    events = {event for _, event in own}
    sights = [sight for sight, _ in own]
    signs: list[Instant] = []
    for stay in stays:
        sights += [
            sight._replace(own=False)
            for sight, event in containers[stay.container]
            if stay.since <= sight.at < stay.left and (event == 0 or event not in events)
        ]
        all_signs = seen[stay.container].signs
        signs += all_signs[bisect_left(all_signs, stay.since) : bisect_right(all_signs, stay.left)]
    return sorted(sights), sorted(signs)


def _counts(notebook: Notebook) -> Iterator[Truth]:
    """A count that did not add up stands until the container is packed again."""
    for truth in notebook.truths:
        if truth.kind == "count_mismatch":
            packings = (
                sight.at
                for sight, _ in notebook.own[truth.subject[1]]
                if sight.step == "packing" and sight.at > truth.begins
            )
            yield truth._replace(ends=min(packings, default=FOREVER))


def _silences(notebook: Notebook) -> Iterator[Truth]:
    """Devices that nothing was heard of for longer than they may be silent, counted from the first report of all."""
    network = notebook.network
    limits = {scanner.id: scanner.silent_after for scanner in network.scanners.values()}
    limits.update(network.trackers)
    heard_at: dict[str, list[Instant]] = {id_: [notebook.timeline[0].at] for id_ in limits}
    for happening in notebook.timeline:
        kind, _, id_ = happening.sender.partition("/")
        if kind == "device":
            heard_at[id_].append(happening.at)
    for id_, limit in limits.items():
        if limit is None:
            continue
        for at, following in zip(heard_at[id_], [*heard_at[id_][1:], FOREVER], strict=True):
            if following - at > limit:
                since = Instant(at + limit)
                yield Truth(("device", id_), "device_silent", None, since, since, following, WARNING)
