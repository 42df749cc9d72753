"""Order, repetition and batching change nothing (invariant 4), nor does doing again what is done."""

from dataclasses import replace
from random import Random

from hypothesis import given

from gateway.service.deadlines import Work, settle
from gateway.service.known import Known
from tests.properties.receiving import end_of
from tests.properties.running import (
    SEEDS,
    Events,
    Sluggish,
    Stepwise,
    events_of,
    goods,
    snapshot,
    world,
    worlds,
)

SIZES = (1, 1, 2, 5, 20, 60)


def cut(rng: Random, count: int) -> list[int]:
    """Batches of chance sizes that hold so many."""
    sizes: list[int] = []
    while sum(sizes) < count:
        sizes.append(rng.choice(SIZES))
    return sizes


@worlds(25)
@given(SEEDS)
def test_any_order_repetition_and_batching_of_events_comes_to_the_same(seed: int) -> None:
    network, messages, rng = world(seed, 100, punctual=True)
    events, now = events_of(network, messages), end_of([*messages])
    whole = snapshot(events.taken([len(events.events)], now))
    for shuffled in (False, True, True):
        again = [*events.events, *rng.sample(events.events, len(events.events) // 5)]
        if shuffled:
            rng.shuffle(again)
        assert snapshot(Events(network, again).taken(cut(rng, len(again)), now)) == whole


@worlds(15)
@given(SEEDS)
def test_what_was_taken_in_as_it_came_is_contained_as_what_came_at_once(seed: int) -> None:
    network, messages, _ = world(seed, 100, punctual=True)
    now = end_of([*messages])
    gateway = Stepwise(network)
    for message in messages:
        gateway.feed(message)
    gateway.until(now)
    events = events_of(network, messages)
    at_once, in_time = snapshot(events.taken([len(events.events)], now)), snapshot(gateway.state)
    for part in ("stays", "unpackings", "visits"):
        assert in_time[part] == at_once[part]


@worlds(15)
@given(SEEDS)
def test_however_late_deadlines_are_looked_at_it_comes_to_the_same(seed: int) -> None:
    network, messages, rng = world(seed, 100, punctual=True)
    # Devices are silent by the gateway's own clock, and would mute what is compared.
    deaf = {each.id: replace(each, silent_after=None) for each in network.devices.values()}
    network = replace(network, devices=deaf)
    events, now = events_of(network, messages), end_of([*messages])
    sluggish = Sluggish(network, rng)
    sluggish.hear([each for each in messages if not each.topic.endswith("/status")])
    sluggish.catch_up(now)
    assert snapshot(sluggish.state) == snapshot(events.taken([len(events.events)], now))


@worlds(15)
@given(SEEDS)
def test_settling_everybody_again_changes_nothing(seed: int) -> None:
    network, messages, _ = world(seed, 80)
    gateway = Stepwise(network)
    for message in messages:
        gateway.feed(message)
    now = end_of([*messages])
    gateway.until(now)
    before = snapshot(gateway.state)
    with gateway.state.unit() as unit:
        work = Work(goods=list(goods(gateway.state)), devices=dict.fromkeys(network.devices))
        assert settle(unit, Known(unit, network), network, now, work).transitions == []
    assert snapshot(gateway.state) == before
