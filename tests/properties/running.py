"""Random worlds run: through the gateway in virtual time, in any batches, and beside the oracle."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Final, NamedTuple

from hypothesis import Phase, settings
from hypothesis import strategies as st

from gateway.memory import Memory
from gateway.ports.rows import SubjectRow
from gateway.ports.state import State, Unit
from gateway.replay import Line, Replay
from gateway.service.admission import Terrain
from gateway.service.alerting import Transition
from gateway.service.deadlines import know_devices, pass_deadlines
from gateway.service.intake import Message, take
from gateway.tracking.instants import MINUTE, Instant, rfc3339
from gateway.tracking.plan import Network
from tests.properties.networks import random_network
from tests.properties.receiving import Received, random_history

SEEDS: Final = st.integers(0, 2**32 - 1)
"""A seed stands for a world, so that nothing is gained by shrinking it."""


def worlds(count: int) -> settings:
    """So many worlds, none of them shrunk."""
    return settings(max_examples=count, phases=[Phase.explicit, Phase.reuse, Phase.generate])


class World(NamedTuple):
    """A network, what is received in it, and the chance that made both."""

    network: Network
    messages: Sequence[Received]
    rng: Random


def world(seed: int, length: int, *, punctual: bool = False) -> World:
    rng = Random(seed)
    network = random_network(rng)
    return World(network, random_history(rng, network, length, punctual=punctual), rng)


class Moved(NamedTuple):
    """A transition, as gateway and oracle can agree on it."""

    at: str
    what: str
    about: tuple[Any, ...]
    since: str | None
    severity: int | None
    reason: str | None


def moved(transitions: Sequence[Transition]) -> list[Moved]:
    """What of the gateway's transitions the rules fix: all but the changes of an open alert."""
    found = []
    for each in transitions:
        deviation, resolved = each.alert.deviation, each.what == "resolved"
        about = (*each.alert.subject, deviation.kind.value, deviation.key[1])
        since = None if resolved else rfc3339(deviation.since)
        severity = None if resolved else int(deviation.severity)
        if each.what != "changed":
            found.append(Moved(rfc3339(each.at), each.what, about, since, severity, each.reason))
    return sorted(found, key=repr)


def goods(state: State) -> dict[str, SubjectRow]:
    """The rows of returns and containers."""
    with state.reader() as unit:
        return {row.id: row for row in unit.journeys(after=None, limit=10**9)}


class Events(NamedTuple):
    """What can come in any order: events one by one, statuses and gateway's time left out."""

    network: Network
    events: Sequence[tuple[str, str]]

    def taken(self, batches: Sequence[int], now: Instant) -> Memory:
        """A gateway that has taken them in, in their order, in batches of these sizes, all at one instant."""
        state, terrain = Memory(), Terrain.of(self.network)
        with state.unit() as unit:
            know_devices(unit, self.network, now)
        start = 0
        for size in batches:
            batch = [Message(topic, text.encode(), now) for topic, text in self.events[start : start + size]]
            with state.unit() as unit:
                take(unit, terrain, batch, now)
            start += size
        return state


class Sluggish:
    """A gateway whose sweeps come late and look at little at a time; it takes in what has come when it comes to it."""

    def __init__(self, network: Network, rng: Random) -> None:
        self.state = Memory()
        self._network = network
        self._terrain = Terrain.of(network)
        self._rng = rng

    def hear(self, messages: Sequence[Received]) -> None:
        now, start = messages[0].received_at, 0
        with self.state.unit() as unit:
            know_devices(unit, self._network, now)
        while start < len(messages):
            batch = messages[start : start + self._rng.choice((1, 1, 1, 3, 10))]
            start += len(batch)
            now = Instant(max(now, batch[-1].received_at + self._rng.choice((0, 0, 1, 60)) * MINUTE))
            if self._rng.random() < 0.4:
                self._sweep(now)
            with self.state.unit() as unit:
                heard = [Message(each.topic, each.text, each.received_at) for each in batch]
                take(unit, self._terrain, heard, now)

    def catch_up(self, now: Instant) -> None:
        while self._sweep(now):
            pass

    def _sweep(self, now: Instant) -> bool:
        with self.state.unit() as unit:
            return pass_deadlines(unit, self._network, now, self._rng.choice((1, 3, 500))) is not None


def events_of(network: Network, messages: Sequence[Received]) -> Events:
    """The events of messages, arrays taken apart."""
    found = []
    for each in messages:
        if not each.topic.endswith("/status"):
            payloads = each.payload if isinstance(each.payload, list) else [each.payload]
            found += [(each.topic, json.dumps(payload)) for payload in payloads]
    return Events(network, found)


def snapshot(state: State) -> dict[str, Any]:
    """Everything that must not depend on order: containment, visits, journeys, deviations and open alerts."""
    rows = goods(state)
    with state.reader() as unit:
        alerts = unit.list_alerts(resolved=False, after=None, limit=10**9)
        return {
            "stays": unit.stays(list(rows)),
            "unpackings": unit.unpackings(list(rows)),
            "visits": unit.visits(list(rows)),
            "rows": {id_: _plain(row) for id_, row in rows.items() if is_named(unit, id_)},
            "alerts": {
                (each.subject, each.deviation.key): (each.deviation.since, each.deviation.severity)
                for each in alerts
                if each.subject.kind in ("return", "container")
            },
        }


def is_named(unit: Unit, subject: str) -> bool:
    """Whether a fact names the subject: voided ones leave an empty row behind."""
    said = unit.scans([subject]) or unit.announcements([subject]) or unit.positions(subject)
    return bool(said)


def _plain(row: SubjectRow) -> SubjectRow:
    """A row without what is equal in another order. A memo of no fixes says no more than none.

    When to look again at a container with which nothing is amiss is a lower bound, which its positions put off or not.
    """
    memo = None if row.memo is None or json.loads(row.memo)["last"] is None else row.memo
    calm = row.kind == "container" and not row.own and not row.taken
    return row._replace(
        own=tuple(sorted(row.own, key=repr)),
        taken=tuple(sorted(row.taken, key=repr)),
        memo=memo,
        look_again=None if calm else row.look_again,
    )


class Stepwise:
    """A gateway in virtual time that can be asked when it would next act by itself."""

    def __init__(self, network: Network, state: State | None = None) -> None:
        self.state = state or Memory()
        self._replay = Replay(network, self.state)
        self._begun = False

    def next_due(self) -> Instant | None:
        with self.state.reader() as unit:
            return unit.next_due() if self._begun else None

    def begin(self, now: Instant) -> list[Transition]:
        self._begun = True
        return self.until(now)

    def until(self, now: Instant) -> list[Transition]:
        return list(self._replay.until(now))

    def feed(self, message: Received) -> list[Transition]:
        return list(self._replay.feed(Line(message.received_at, message.topic, message.text)))
