"""The desk gives way: while the line brings much, requests wait until their share of the processor has grown again."""

import time

import pytest

from gateway.adapters.http.pace import BUSY, LEAST, OF_IDLE, Pace, Spent


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


def paced(watch: Stopwatch, per_s: float, idle: float = 0.0) -> Pace:
    """A pace that has seen so many events a second for a second, the writer idle for this part of it."""
    pace = Pace(lambda: int((watch.now - 1_000) * per_s), lambda: (watch.now - 1_000) * idle, Spent())
    for _ in range(4):
        watch.now += 0.25
        pace.wait_s()
    return pace


def test_while_little_comes_nobody_waits_whatever_they_use(watch: Stopwatch) -> None:
    pace = paced(watch, BUSY * 0.9)
    watch.used += 10
    assert pace.wait_s() == 0


SHARES = [(0.0, LEAST), (0.1, LEAST), (0.5, OF_IDLE * 0.5), (0.9, OF_IDLE * 0.9)]
"""How much the writer is idle, and what the desk may use then."""


@pytest.mark.parametrize(("idle", "share"), SHARES)
def test_while_much_comes_what_was_used_is_waited_for(watch: Stopwatch, idle: float, share: float) -> None:
    pace = paced(watch, BUSY * 2, idle)
    assert pace.wait_s() == 0
    watch.used += 0.5
    assert pace.wait_s() == pytest.approx((0.5 - 0.02) / share)
    watch.now += (0.5 - 0.02) / share + 0.01
    assert pace.wait_s() == 0


@pytest.mark.parametrize(("idle", "share"), SHARES)
def test_in_the_long_run_no_more_than_the_share_is_used(watch: Stopwatch, idle: float, share: float) -> None:
    pace = paced(watch, BUSY * 10, idle)
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
