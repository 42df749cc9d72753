"""The gateway against an independent reading of the rules, instant by instant (tracking.md sections 2 to 5).

After each message and at each deadline that either of them knows of, both must have opened and resolved the same
alerts for the same reasons, and stand by the same journeys, containment and deviations, heard or silenced.
"""

from collections.abc import Iterator
from typing import Any

from hypothesis import given

from gateway.ports.rows import SubjectRow
from gateway.tracking.instants import Instant, rfc3339
from tests.properties.oracle.alerts import Transition, Watchman
from tests.properties.receiving import end_of
from tests.properties.running import SEEDS, Moved, Stepwise, World, goods, moved, world, worlds


@worlds(30)
@given(SEEDS)
def test_every_transition_and_journey_is_what_the_rules_say(seed: int) -> None:
    for place, gateway, oracle in _steps(world(seed, 90)):
        assert gateway == oracle, place


_WITHOUT_STOP = ("announced", "cancelled", "unplanned", None)


def _steps(history: World) -> Iterator[tuple[str, Any, Any]]:
    """What happened at each step, and how all stood after it, by the gateway and by the oracle."""
    gateway, watchman = Stepwise(history.network), Watchman(history.network)
    gateway.begin(history.messages[0].received_at)
    for number, message in enumerate([*history.messages, None]):
        until = message.received_at if message else end_of([*history.messages])
        while (due := _next(gateway, watchman)) is not None and due <= until:
            place = f"deadline {rfc3339(due)} before message {number}"
            yield place, moved(gateway.until(due)), _worded(watchman.look(due))
            yield place, _rows(gateway), _views(watchman)
        if message is not None:
            place = f"message {number} at {rfc3339(until)}: {message.topic} {message.payload}"
            said = watchman.feed(message.received_at, message.topic, message.payload)
            yield place, moved(gateway.feed(message)), _worded(said)
            yield place, _rows(gateway), _views(watchman)


def _next(gateway: Stepwise, watchman: Watchman) -> Instant | None:
    instants = [each for each in (gateway.next_due(), watchman.next_due()) if each is not None]
    return Instant(min(instants)) if instants else None


def _worded(said: list[Transition]) -> list[Moved]:
    found = [
        Moved(
            rfc3339(each.at),
            each.what,
            each.key,
            None if each.since is None else rfc3339(each.since),
            each.severity,
            each.reason,
        )
        for each in said
    ]
    return sorted(found, key=repr)


def _rows(gateway: Stepwise) -> dict[str, Any]:
    """By subject of which there is anything to say; one that was voided leaves a row that says nothing."""
    rows = goods(gateway.state).items()
    return {id_: _standing(row) for id_, row in rows if row.status or row.parent or row.own or row.taken}


def _standing(row: SubjectRow) -> tuple[Any, ...]:
    held = {(each.kind.value, each.key[1]): (each.since, int(each.severity)) for each in row.own + row.taken}
    return row.kind, row.status.value if row.status else None, row.stop, row.parent, held


def _views(watchman: Watchman) -> dict[str, Any]:
    truth = watchman.truth
    assert truth is not None
    found = {}
    for view in truth.views.values():
        held = {
            key[2:]: (claim.since, claim.severity) for key, claim in truth.held.items() if key[1] == view.id
        }
        stop = None if view.status in _WITHOUT_STOP else view.stop
        if view.status is not None or view.parent is not None or held:
            found[view.id] = (view.kind, view.status, stop, view.parent, held)
    return found
