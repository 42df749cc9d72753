"""The desk gives way: while the line brings much, requests wait until their share of the processor has grown again."""

import time
from collections.abc import Mapping

import pytest

from gateway.adapters.http.pace import BUSY, FULL, GROWS, LEAST, MOST, Pace, Spent


class Stopwatch:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.used = 0.0

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.used


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    made = Stopwatch()
    monkeypatch.setattr("gateway.adapters.http.pace.time", made)
    return made


def paced(watch: Stopwatch, per_s: float, a_unit: float = FULL) -> Pace:
    """A pace that has seen so many messages of an event each a second for a while, so many of them in a unit."""

    def counts() -> Mapping[str, float]:
        messages = (watch.now - 1_000) * per_s
        return {"accepted": messages, "messages": messages, "units": messages / a_unit}

    pace = Pace(counts, Spent())
    for _ in range(20):
        watch.now += 0.25
        pace.wait_s()
    return pace


def test_while_little_comes_nobody_waits_whatever_they_use(watch: Stopwatch) -> None:
    pace = paced(watch, BUSY * 0.9)
    watch.used += 10
    assert pace.wait_s() == 0


SHARES = [(1_000, LEAST), (FULL, LEAST), (FULL / 2, MOST / 2), (FULL / 10, MOST * 0.9)]
"""How many messages are in a unit, and what the desk may use then."""


@pytest.mark.parametrize(("a_unit", "share"), SHARES)
def test_while_much_comes_what_was_used_is_waited_for(watch: Stopwatch, a_unit: float, share: float) -> None:
    pace = paced(watch, BUSY * 2, a_unit)
    assert pace.wait_s() == 0
    watch.used += 0.5
    assert pace.wait_s() == pytest.approx((0.5 - 0.02) / share)
    watch.now += (0.5 - 0.02) / share + 0.01
    assert pace.wait_s() == 0


@pytest.mark.parametrize(("a_unit", "share"), SHARES)
def test_in_the_long_run_no_more_than_the_share_is_used(
    watch: Stopwatch, a_unit: float, share: float
) -> None:
    pace = paced(watch, BUSY * 10, a_unit)
    begun, before = watch.now, watch.used
    while watch.now < begun + 100:
        wait_s = pace.wait_s()
        if wait_s:
            watch.now += max(wait_s, 0.001)
        else:
            pace.begin()
            watch.used += 0.004
            watch.now += 0.004
    assert 100 * share * 0.75 < watch.used - before <= 100 * share * 1.05


def test_what_threads_use_is_counted() -> None:
    spent = Spent()

    def work(until: float) -> str:
        while time.thread_time() < until:
            pass
        return "done"

    assert spent.counted(work)(time.thread_time() + 0.05) == "done"
    assert 0.04 < spent.seconds < 0.5  # the clock runs before it is counted


def test_the_share_is_lost_at_once_and_comes_back_by_and_by(watch: Stopwatch) -> None:
    told = {"accepted": 0.0, "messages": 0.0, "units": 0.0}
    pace = Pace(lambda: dict(told), Spent())

    def shares(seconds: int, messages: float, units: float) -> list[float]:
        found = []
        for _ in range(seconds):
            watch.now += 1.0
            told["accepted"] += messages
            told["messages"] += messages
            told["units"] += units
            pace.wait_s()
            found.append(pace.share)
        return found

    calm = MOST * (1 - 1 / FULL)
    assert shares(10, 1_000, 1_000)[-1] == pytest.approx(calm)
    assert shares(1, 1_000, 1) == [LEAST]
    coming_back = shares(10, 1_000, 1_000)
    assert coming_back[0] == pytest.approx(LEAST + GROWS)
    assert coming_back[-1] == pytest.approx(calm)
