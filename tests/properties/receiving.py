"""How a gateway hears of a history: mostly at once, sometimes late, out of order, twice, or in an array."""

import json
from random import Random
from typing import Any, NamedTuple

from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Instant
from gateway.tracking.plan import Network
from tests.properties.histories import NOWHERE, START, Teller


class Received(NamedTuple):
    """One message; `topic` is without the root."""

    received_at: Instant
    topic: str
    payload: Any

    @property
    def text(self) -> bytes:
        return json.dumps(self.payload).encode()


def random_history(
    rng: Random, network: Network, length: int = 120, *, punctual: bool = False
) -> list[Received]:
    """Messages in order of receipt. Punctual devices are never refused for their time, nor use an id twice."""
    messages: list[Received] = []
    for event in Teller(rng, network, length).tell():
        delay = _delay(rng)
        received_at = Instant(event.at + (max(0, delay) if punctual else delay))
        if rng.random() < 0.01 and "status" not in event.topic and not punctual:
            received_at = Instant(event.at - 9 * HOUR)
        messages.append(Received(max(received_at, START), event.topic, event.payload))
        if event.payload.get("site") == NOWHERE:
            # What was refused does not use up its id: here it comes again, put right.
            right = {**event.payload, "site": rng.choice(list(network.sites))}
            messages.append(Received(Instant(messages[-1].received_at + HOUR), event.topic, right))
        if rng.random() < 0.01 and "step" in event.payload and not punctual:
            other = {**event.payload, "step": "storing"}
            messages.append(Received(Instant(messages[-1].received_at + HOUR), event.topic, other))
        while rng.random() < 0.08 and "status" not in event.topic:
            again = Instant(received_at + rng.choice((0, 60 * SECOND, rng.randint(1, 40) * HOUR)))
            messages.append(Received(max(again, START), event.topic, event.payload))
    messages.sort(key=lambda message: message.received_at)
    return _in_arrays(rng, messages)


def _delay(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.35:
        return 0
    if chance < 0.7:
        return rng.randint(1, 90) * SECOND
    if chance < 0.75:
        return -rng.randint(1, 4) * MINUTE
    if chance < 0.93:
        return rng.randint(1, 12) * HOUR
    return rng.randint(12, 72) * HOUR


def _in_arrays(rng: Random, messages: list[Received]) -> list[Received]:
    """Some neighbours on one topic go together, as a device sends its backlog."""
    found: list[Received] = []
    for message in messages:
        before = found[-1] if found else None
        joins = before is not None and before.topic == message.topic and "status" not in message.topic
        if before is not None and joins and rng.random() < 0.5:
            payload = before.payload if isinstance(before.payload, list) else [before.payload]
            found[-1] = Received(message.received_at, message.topic, [*payload, message.payload])
        else:
            found.append(message)
    return found


def end_of(messages: list[Received]) -> Instant:
    """Five days after the last message: by then all that time alone does has happened."""
    return Instant(messages[-1].received_at + 5 * DAY)
