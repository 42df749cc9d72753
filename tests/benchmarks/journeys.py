"""A million open journeys: what a sweep, an event, a start and the memory cost with them, beside a thousand."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from gateway.adapters.state import SqlState
from gateway.network import parse
from gateway.ports.rows import SubjectRow
from gateway.service.admission import Terrain
from gateway.service.deadlines import pass_deadlines
from gateway.service.intake import Message, take
from gateway.tracking.instants import DAY, HOUR, Instant, rfc3339
from gateway.tracking.model import Announcement, JourneyStatus
from tests.benchmarks.broker import mosquitto
from tests.benchmarks.intake import await_online
from tests.benchmarks.replay import NETWORK

MANY, FEW = 1_000_000, 1_000
DUE = 100
CHUNK = 10_000


class Figures(NamedTuple):
    """With so many open journeys: seconds of a sweep of those due, of one event, of a start, and MB at the peak."""

    sweep_s: float
    event_s: float
    start_s: float
    peak_mb: float


def fill(state: SqlState, count: int, now: Instant) -> None:
    """Announced returns, each with its row: all due in days, but `DUE` of them now."""
    later = Instant(now + 2 * DAY)
    for begin in range(0, count, CHUNK):
        numbers = range(begin, min(begin + CHUNK, count))
        with state.unit() as unit:
            unit.add_announcements(
                [
                    Announcement(
                        "erp", f"a{n}", Instant(now - (4 * DAY if n < DUE else HOUR)), f"SN-{n}", "R"
                    )
                    for n in numbers
                ]
            )
            unit.put_subjects(
                [
                    SubjectRow(
                        "goods",
                        f"SN-{n}",
                        "return",
                        JourneyStatus.ANNOUNCED,
                        route="R",
                        look_again=now if n < DUE else later,
                    )
                    for n in numbers
                ]
            )


def with_journeys(count: int, port: int) -> Figures:
    """Measure with so many open journeys."""
    now = Instant(time.time_ns() // 1000)
    terrain = Terrain.of(parse(NETWORK))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "network.yaml").write_text(NETWORK)
        state = SqlState(f"sqlite:///{folder}/returns.sqlite")
        fill(state, count, now)
        began = time.perf_counter()
        with state.unit() as unit:
            pass_deadlines(unit, terrain.network, now)
        swept = time.perf_counter()
        scan = (
            f'{{"id":"s1","at":"{rfc3339(now)}","step":"collecting","site":"SHOP","item":"SN-{count - 1}"}}'
        )
        with state.unit() as unit:
            take(unit, terrain, [Message("device/scan-1/scan", scan.encode(), now)], now)
        taken = time.perf_counter()
        state.close()
        start_s, peak_mb = _start(folder, port)
    return Figures(swept - began, taken - swept, start_s, peak_mb)


def _start(folder: str, port: int) -> tuple[float, float]:
    program = Path(sys.executable).with_name("returns-gateway")
    environment = {**os.environ, "RETURNS_MQTT__URL": f"mqtt://127.0.0.1:{port}", "RETURNS_HTTP__PORT": "0"}
    began = time.perf_counter()
    process = subprocess.Popen([program, "run", "--log-level", "error"], cwd=folder, env=environment)
    try:
        await_online(port)
        started = time.perf_counter() - began
        status = Path(f"/proc/{process.pid}/status").read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return started, int(found[1]) / 1024 if found else 0.0


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio to the same with a thousand)."""
    with mosquitto() as port:
        few = with_journeys(FEW, port)
    with mosquitto() as port:
        many = with_journeys(MANY, port)
    return [
        (
            f"sweep, {DUE} due of {MANY:,}",
            f"{many.sweep_s * 1000:.1f} ms",
            f"{many.sweep_s / few.sweep_s:.2f}",
        ),
        ("one scan", f"{many.event_s * 1000:.1f} ms", f"{many.event_s / few.event_s:.2f}"),
        ("start, until online", f"{many.start_s:.2f} s", f"{many.start_s / few.start_s:.2f}"),
        ("memory after the start", f"{many.peak_mb:,.0f} MB", f"{many.peak_mb / few.peak_mb:.2f}"),
    ]
