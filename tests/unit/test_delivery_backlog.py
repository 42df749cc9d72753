"""Nobody is paged about what has not been read yet: the gate after a start and after a reconnect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.service.backlog import LONGEST, QUIET, BacklogGate
from gateway.tracking.instants import MINUTE, SECOND, Instant
from tests.unit.delivery_world import MIDNIGHT, World, clock_of, late, t

Doing = tuple[str, str, str | None]
"""(when, what, the age of its newest element)."""


def gate_after(*doings: Doing) -> BacklogGate:
    """A gateway that started at midnight, and what happened to it then."""
    gate = BacklogGate(MIDNIGHT)
    for clock, doing, newest in doings:
        if doing == "connected":
            gate.connected(t(clock))
        else:
            gate.saw(t(clock), None if newest is None else t(newest))
    return gate


@pytest.mark.parametrize(
    ("doings", "opens_at"),
    [
        ([], "00:15:00"),
        ([("00:00:05", "connected", None)], "00:00:15"),
        ([("00:00:05", "connected", None), ("00:00:12", "saw", "00:00:11")], "00:00:15"),
        ([("01:00:00", "connected", None), ("01:00:08", "saw", "00:59:07")], "01:00:18"),
        ([("01:00:00", "connected", None), ("01:00:08", "saw", "00:59:08")], "01:00:10"),
        ([("01:00:00", "connected", None), ("01:00:08", "saw", None)], "01:00:10"),
        ([("01:00:00", "connected", None), ("01:00:30", "saw", "00:30")], "01:00:10"),
        ([("00:00:05", "connected", None), ("00:14:00", "connected", None)], "00:14:10"),
        ([("00:14:55", "connected", None)], "00:15:00"),
        ([("00:10:00", "connected", None), ("00:10:05", "saw", "00:01"), ("00:10:07", "connected", None)],
         "00:10:17"),
    ],
    ids=[
        "no connection: fifteen minutes at most",
        "nothing waited",
        "young messages",
        "an old message",
        "a message just not old",
        "a message without a time",
        "an old message when it was open already",
        "a reconnect long after it opened",
        "a connection just before the fifteen minutes are over",
        "a reconnect while it is closed",
    ],
)  # fmt: skip
def test_the_gate_opens_when_no_old_message_has_come_for_ten_seconds(
    doings: list[Doing], opens_at: str
) -> None:
    assert clock_of(gate_after(*doings).opens_at()) == opens_at


def test_a_backlog_without_end_is_waited_for_no_longer_than_fifteen_minutes() -> None:
    gate = gate_after(("00:00:01", "connected", None))
    for seconds in range(2, 1200, 7):
        gate.saw(Instant(MIDNIGHT + seconds * SECOND), Instant(MIDNIGHT - 30 * MINUTE))
    assert gate.opens_at() == MIDNIGHT + LONGEST


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=300))
def test_a_connection_that_comes_and_goes_does_not_put_it_off_beyond_fifteen_minutes(
    seconds: list[tuple[int, bool]],
) -> None:
    gate, now = BacklogGate(MIDNIGHT), MIDNIGHT
    for later, old in seconds:
        now = Instant(now + later * SECOND)
        if now >= MIDNIGHT + LONGEST:
            break
        gate.saw(now, Instant(now - 10 * MINUTE)) if old else gate.connected(now)
    assert not gate.open(Instant(now + QUIET - 1)) or now + QUIET - 1 >= MIDNIGHT + LONGEST
    assert gate.open(Instant(MIDNIGHT + LONGEST))


def test_after_a_start_notifications_wait_for_the_backlog_and_publications_do_not() -> None:
    world = World(started_at=MIDNIGHT)
    wrong = world.opens(late(), "SN-1")
    right = world.opens(late(), "SN-2")
    world.deliveries.connected(world.at("00:00:02").now)
    for seconds in range(3, 200):
        world.until(f"00:00:{seconds}")
        world.deliveries.saw(world.now, Instant(world.now - 2 * MINUTE))
    assert world.retained(right.id) is not None
    world.resolves(wrong.id)
    world.until("01:00")
    assert world.told == [("00:03:29", "chat", "Major: delayed, SN-2")]


def test_after_a_reconnect_they_wait_again() -> None:
    world = World()
    world.at("00:10").opens(late())
    world.deliveries.connected(world.at("00:10:55").now)
    world.until("00:30")
    assert [told.at for told in world.told] == ["00:11:05"]
