"""The desk gives way: while the line brings much, requests wait until their share of the processor has grown again."""

import threading
import time
from typing import Any

import pytest

from gateway.adapters.http.pace import BUSY, SHARE, Pace, Spent
from tests.http.world import World


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


def paced(watch: Stopwatch, per_s: float) -> Pace:
    """A pace that has seen so many events a second for a second."""
    pace = Pace(lambda: int((watch.now - 1_000) * per_s), Spent())
    for _ in range(4):
        watch.now += 0.25
        pace.wait_s()
    return pace


def test_while_little_comes_nobody_waits_whatever_they_use(watch: Stopwatch) -> None:
    pace = paced(watch, BUSY * 0.9)
    watch.used += 10
    assert pace.wait_s() == 0


def test_while_much_comes_what_was_used_is_waited_for(watch: Stopwatch) -> None:
    pace = paced(watch, BUSY * 2)
    assert pace.wait_s() == 0
    watch.used += 0.5
    assert pace.wait_s() == pytest.approx((0.5 - 0.02) / SHARE)
    watch.now += (0.5 - 0.02) / SHARE + 0.01
    assert pace.wait_s() == 0


def test_in_the_long_run_no_more_than_the_share_is_used(watch: Stopwatch) -> None:
    pace = paced(watch, BUSY * 10)
    begun, before = watch.now, watch.used
    while watch.now < begun + 100:
        wait_s = pace.wait_s()
        if wait_s:
            watch.now += max(wait_s, 0.001)
        else:
            pace.begin()
            watch.used += 0.004
            watch.now += 0.004
    assert watch.used - before <= 100 * SHARE * 1.05


def test_what_threads_use_is_counted() -> None:
    spent = Spent()

    def work(until: float) -> str:
        while time.thread_time() < until:
            pass
        return "done"

    assert spent.counted(work)(time.thread_time() + 0.05) == "done"
    assert 0.04 < spent.seconds < 0.5  # the clock runs before it is counted


@pytest.mark.slow
def test_asked_without_pause_a_busy_gateway_answers_some_and_keeps_the_rest_for_the_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.monotonic()

    def busy() -> dict[str, Any]:
        return {**world.idle_counts(), "accepted": int((time.monotonic() - begun) * 2_000)}

    monkeypatch.setattr(world, "counts", busy)
    stopping, answered = threading.Event(), [0, 0, 0]

    def ask(index: int) -> None:
        client = world.browser(Authorization=f"Bearer {world.secrets[next(iter(world.secrets))]}")
        while not stopping.is_set():
            answered[index] += client.get("/api/v1/returns").status_code == 200

    def used() -> float:
        text = world.client.get("/metrics").text
        return float(text.rpartition("returns_http_processor_seconds_total ")[2].splitlines()[0])

    used()
    threads = [threading.Thread(target=ask, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    stopping.wait(1.0)
    first, at = used(), time.monotonic()
    stopping.wait(4.0)
    share = (used() - first) / (time.monotonic() - at)
    stopping.set()
    for thread in threads:
        thread.join(30)
    assert min(answered) >= 1
    assert share <= SHARE * 1.5
