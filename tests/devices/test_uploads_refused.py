"""Messages that come to nothing while a gateway is there: too large for the broker, or never answered by anybody."""

import json

import pytest

from devices.sdk.uploads import Message
from gateway.tracking.instants import HOUR, MINUTE
from tests.devices.desk import Desk, events

BACKLOG = 3_000


def waiting(count: int) -> Desk:
    """A desk at which so many events have waited for hours."""
    desk = Desk(trusted=True)
    for number in range(count):
        desk.scan(f"SN-{number}")
    desk.wait(2 * HOUR)
    return desk


def swallowing(desk: Desk, most_bytes: int) -> list[Message]:
    """Everything is sent that can be now, and the broker acknowledges all and throws away what is larger than that."""
    lost = []
    while messages := desk.sent():
        kept = [message for message in messages if len(message.payload) <= most_bytes]
        lost += [message for message in messages if len(message.payload) > most_bytes]
        for message in messages:
            desk.uploads.arrived(message.token)
        desk.deliver(kept)
    return lost


@pytest.mark.parametrize(("most_bytes", "minutes"), [(65_536, 0), (40_000, 10), (10_000, 20), (5_000, 25)])
def test_a_broker_that_swallows_large_messages_gets_smaller_ones(most_bytes: int, minutes: int) -> None:
    desk = waiting(BACKLOG)
    swallowing(desk, most_bytes)
    for _ in range(minutes):
        desk.wait(MINUTE)
        swallowing(desk, most_bytes)
    assert len(desk.spool) == 0
    assert len(desk.gateway.scans) == BACKLOG


def test_and_what_gathers_later_is_no_larger() -> None:
    desk = waiting(BACKLOG)
    while len(desk.spool):
        swallowing(desk, 10_000)
        desk.wait(MINUTE)
    for _ in range(BACKLOG):
        desk.scan()
    desk.wait(2 * HOUR)
    assert swallowing(desk, 10_000) == []
    assert len(desk.spool) == 0


def test_a_broker_that_ends_the_connection_over_large_messages_gets_smaller_ones() -> None:
    desk = waiting(BACKLOG)
    connections = 0
    while messages := desk.sent():
        taken = messages[
            : next((n for n, each in enumerate(messages) if len(each.payload) > 10_000), len(messages))
        ]
        desk.deliver(list(taken))
        if len(taken) < len(messages):
            desk.uploads.cut()
            connections += 1
    assert len(desk.spool) == 0
    assert connections <= 12


def test_a_gateway_that_is_away_changes_nothing_but_that_one_event_of_each_array_goes_ahead() -> None:
    desk = waiting(BACKLOG)
    first = [len(events(message)) for message in desk.sent()]
    for _ in range(24 * 60):
        desk.wait(MINUTE)
        again = desk.sent()
        for message in again:
            desk.uploads.arrived(message.token)
    desk.wait(2 * HOUR)
    assert sorted(len(events(message)) for message in desk.sent()) == [1] * len(first) + [
        n - 1 for n in first
    ]


def test_when_the_gateway_is_back_whole_arrays_are_sent_again() -> None:
    desk = waiting(BACKLOG)
    for _ in range(24 * 60):
        for message in desk.sent():
            desk.uploads.arrived(message.token)
        desk.wait(MINUTE)
    for _ in range(70):
        desk.settle()
        desk.wait(MINUTE)
    assert len(desk.spool) == 0
    for _ in range(BACKLOG):
        desk.scan()
    desk.wait(2 * HOUR)
    assert max(len(events(message)) for message in desk.sent()) == 500


def test_however_many_events_are_never_named_all_others_are() -> None:
    """A gateway that answers all but every other event of the first hours."""
    desk = Desk(trusted=True)
    never, named = set(), []
    for number in range(600):
        made = desk.scan(f"SN-{number}")
        if number % 2 and number < 400:
            never.add(made)
        else:
            named.append(made)
        for message in desk.sent():
            desk.uploads.arrived(message.token)
            said = json.loads(message.payload)
            said = [each for each in (said if isinstance(said, list) else [said]) if each["id"] not in never]
            if said:
                desk.hear(desk.gateway.take(json.dumps(said).encode()))
        desk.wait(MINUTE)
    assert set(named) <= set(desk.gateway.facts) | {made}
    assert len(desk.spool) <= len(never) + 1
    desk.wait(2 * HOUR)
    sent = desk.sent()
    assert never <= {id_ for message in sent for id_ in events(message)}, "they are sent again and again"
    assert len(sent) < 40
