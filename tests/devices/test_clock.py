"""The device's clock is moved by proofs and by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sdk.clock import Belief, Clock, stopwatch, time_of_day
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Duration, Instant, instant

TRUE = instant("2026-11-22T09:00:00Z")


class Hands:
    """True time, and a device that reads it wrong."""

    def __init__(self, error: int = 0) -> None:
        self.passed = 0
        self.error = error

    def clock(self) -> Clock:
        return Clock(lambda: Instant(TRUE + self.passed + self.error), lambda: Duration(self.passed))


def test_a_right_clock_is_left_alone_by_every_proof_that_it_fits() -> None:
    hands = Hands()
    clock = hands.clock()
    for sent, round_trip, written in [(0, 20, 1), (50, 8_000, 7_900), (10_000, 40, 0)]:
        hands.passed = (sent + round_trip) * 1000
        assert clock.prove(Instant(TRUE + (sent + written) * 1000), sent * 1000, hands.passed) == 0
    assert clock.now() == TRUE + hands.passed


@pytest.mark.parametrize("error", [-3 * HOUR, -90 * SECOND, 45 * SECOND, 26 * HOUR])
def test_a_wrong_clock_is_right_to_half_a_round_trip_after_one_receipt(error: int) -> None:
    hands = Hands(error)
    clock = hands.clock()
    assert clock.now() == TRUE + error
    hands.passed = 400_000
    assert clock.prove(Instant(TRUE + 350_000), 0, hands.passed) == pytest.approx(-error, abs=200_000)
    assert clock.now() == pytest.approx(TRUE + hands.passed, abs=200_000)


def test_a_shorter_round_trip_refines_what_a_longer_one_found() -> None:
    hands = Hands(2 * HOUR)
    clock = hands.clock()
    hands.passed = 60 * SECOND
    clock.prove(Instant(TRUE + 59 * SECOND), 0, hands.passed)
    assert abs(clock.now() - (TRUE + hands.passed)) > 20 * SECOND
    sent = hands.passed
    hands.passed += 20_000
    clock.prove(Instant(TRUE + sent + 10_000), sent, hands.passed)
    assert abs(clock.now() - (TRUE + hands.passed)) <= 10_000


@given(
    error=st.integers(-(10**13), 10**13),
    trips=st.lists(st.tuples(st.integers(0, 10**8), st.integers(2, 10**7)), min_size=1, max_size=10),
    data=st.data(),
)
def test_after_any_proofs_it_is_never_off_by_more_than_the_latest_round_trip(
    error: int, trips: list[tuple[int, int]], data: st.DataObject
) -> None:
    hands = Hands(error)
    clock = hands.clock()
    for pause, round_trip in trips:
        sent = hands.passed = hands.passed + pause
        hands.passed += round_trip
        written = data.draw(st.integers(0, round_trip))
        clock.prove(Instant(TRUE + sent + written), sent, hands.passed)
        assert abs(clock.now() - (TRUE + hands.passed)) <= round_trip + 2 * SECOND // 500


def test_what_was_found_out_survives_a_restart() -> None:
    hands = Hands(-5 * HOUR)
    clock = hands.clock()
    hands.passed = SECOND
    clock.prove(Instant(TRUE + SECOND), SECOND, SECOND)
    belief = clock.belief()
    hands.passed = 10 * MINUTE
    after = hands.clock()
    assert after.adopt(belief)
    assert after.now() == pytest.approx(TRUE + 10 * MINUTE, abs=SECOND)
    assert not after.trusted


def test_but_not_a_clock_that_was_reset_meanwhile() -> None:
    hands = Hands()
    clock = hands.clock()
    assert not clock.adopt(Belief(Duration(HOUR), Instant(TRUE + MINUTE)))
    assert clock.now() == TRUE


def test_the_real_ones_run() -> None:
    assert time_of_day() > instant("2024-01-01T00:00:00Z")
    before = stopwatch()
    assert stopwatch() >= before


@pytest.mark.parametrize("jump", [-24 * HOUR, -HOUR, HOUR, 400 * 24 * HOUR])
def test_setting_the_time_of_day_while_the_device_runs_changes_nothing(jump: int) -> None:
    hands = Hands()
    clock = hands.clock()
    hands.error = jump
    hands.passed = MINUTE
    assert clock.now() == TRUE + MINUTE
    assert clock.belief().time_of_day == TRUE + MINUTE
