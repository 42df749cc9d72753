"""The desk: pages of a hundred of a million returns, and what intake loses while the API is asked all it can answer.

Pages over HTTP from a server in this process, each asked for at random places. Intake through a real Mosquitto into
the real service, round by round without and with clients that ask without pause; beside it, how much of a processor
the service used for HTTP meanwhile, for the clients take processor time of their own.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from gateway.adapters.clock import SystemClock
from gateway.adapters.http import HttpServer, Outside, Part, PostedLine
from gateway.adapters.state import SqlState
from gateway.network import parse
from gateway.ports.projection import Standing
from gateway.ports.rows import SubjectRow
from gateway.service.admission import Terrain
from gateway.service.queries.goods import EXPECTED
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import HOUR, Instant
from gateway.tracking.model import JourneyStatus, Kind, Severity
from tests.benchmarks import intake
from tests.benchmarks.broker import mosquitto
from tests.benchmarks.replay import NETWORK

MANY: Final = int(os.environ.get("DESK_RETURNS", "1000000"))
CHUNK: Final = 10_000
ASKED: Final = 60
ROUNDS: Final = 4
SCANS: Final = int(os.environ.get("DESK_SCANS", "20000"))
CLIENTS: Final = 8
PACE: Final = 2_000
PACED_S: Final = 8
_STATUSES: Final = (
    *[JourneyStatus.COMPLETED] * 5,
    *[JourneyStatus.AT_STOP] * 2,
    JourneyStatus.ANNOUNCED,
    JourneyStatus.IN_TRANSIT,
    JourneyStatus.OFF_PLAN,
)


def fill(state: SqlState, count: int, now: Instant) -> None:
    """Returns half of which have ended, a tenth of which deviate, at a hundred sites."""
    late = Deviation(Kind.DELAYED, now, Severity.MAJOR, 1, None, "S1", ("S2",), now)
    rare = Deviation(Kind.MISSING, now, Severity.CRITICAL)
    for begin in range(0, count, CHUNK):
        numbers = range(begin, min(begin + CHUNK, count))
        rows = [(f"SN-{n:07}", _STATUSES[n % 10], f"S{n % 100}", n) for n in numbers]
        with state.unit() as unit:
            unit.put_subjects(
                [
                    SubjectRow(
                        "goods",
                        id_,
                        "return",
                        status,
                        route="R" if n % 1_000 else "RARE",
                        own=(rare,) if n % 20_000 == 3 else (late,) if n % 10 == 8 else (),
                    )
                    for id_, status, _, n in rows
                ]
            )
            unit.put_standings(
                [
                    Standing(
                        id_,
                        "return",
                        "R" if n % 1_000 else "RARE",
                        status,
                        site,
                        Instant(now - HOUR),
                        expected_sites=_expected(status, n),
                    )
                    for id_, status, site, n in rows
                    if status is not JourneyStatus.COMPLETED
                ]
            )


def _expected(status: JourneyStatus, number: int) -> tuple[str, ...]:
    """The sites of its next stop: one of few plants, and now and then another instead."""
    if status not in EXPECTED:
        return ()
    return (f"S{number // 10 % 10}", "S99") if number % 100 < 10 else (f"S{number // 10 % 10}",)


QUERIES: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("all", {}),
    ("status=at_stop", {"status": "at_stop"}),
    ("status=completed", {"status": "completed"}),
    ("route=RARE", {"route": "RARE"}),
    ("site=S7", {"site": "S7"}),
    ("expected_at=S7", {"expected_at": "S7"}),
    ("expected_at=S7, status=in_transit", {"expected_at": "S7", "status": "in_transit"}),
    ("kind=delayed", {"kind": "delayed"}),
    ("kind=missing (1 in 2,000 that deviate)", {"kind": "missing"}),
    ("q=SN-05", {"q": "SN-05"}),
)


@contextmanager
def served(folder: str) -> Iterator[tuple[SqlState, HttpServer]]:
    """The API over a state store of its own, asking nobody for a token."""
    state = SqlState(f"sqlite:///{folder}/returns.sqlite")
    terrain = Terrain.of(parse(NETWORK))
    line: PostedLine[Any] = PostedLine(_NoLine())
    counts = dict.fromkeys(("accepted", "messages", "units", "backoff_s"), 0.0)
    outside = Outside(
        state,
        lambda: terrain,
        SystemClock(),
        line,
        lambda: {"all": Part(ready=True)},
        lambda: counts,
        lambda: None,
    )
    server = HttpServer(outside, "127.0.0.1", 0, open_=True)
    server.start()
    try:
        yield state, server
    finally:
        server.stop()
        state.close()


class _NoLine:
    """A line that nothing is posted to."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(name)


def pages() -> list[tuple[str, str, str]]:
    """How long a page of a hundred takes, from the request to its last byte."""
    rows: list[tuple[str, str, str]] = []
    places = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, served(folder) as (state, server):
        fill(state, MANY, SystemClock().now())
        connection = _connection(server.url)
        for name, query in QUERIES:
            took: list[float] = []
            cursor: str | None = None
            used = time.process_time()
            for _ in range(ASKED):
                asked = {**query, "limit": "100", **({"cursor": cursor} if cursor else {})}
                begun = time.perf_counter()
                body = _get(connection, f"/api/v1/returns?{urlencode(asked)}")
                took.append(time.perf_counter() - begun)
                following = body.rpartition(b'"next":"')[2].partition(b'"')[0].decode()
                cursor = following if places.random() < 0.9 and b'"next":"' in body else None
            p50, p95 = statistics.median(took) * 1000, sorted(took)[int(ASKED * 0.95)] * 1000
            used = (time.process_time() - used) / ASKED * 1000
            figure = f"{p50:.1f} / {p95:.1f} ms, {used:.1f} ms of the processor"
            rows.append((f"page of 100 of {MANY:,} returns, {name}, p50 / p95", figure, ""))
        connection.close()
    return rows


def under_load() -> list[tuple[str, str, str]]:
    """Scans a second without and with clients that ask without pause."""
    names = [[f"n{number}-{n}" for n in range(SCANS)] for number in range(2 * ROUNDS)]
    quiet, asked_of, shares, answers = [], [], [], 0
    with mosquitto() as port, tempfile.TemporaryDirectory() as folder:
        receipts = intake.Receipts(port)
        with intake.gateway(port, Path(folder)) as process:
            intake.announced(port, receipts, [name for each in names for name in each])
            url, secret = _address(process.pid), Path(folder, "admin-token").read_text().strip()
            for number, each in enumerate(names):
                payloads = [intake._scan(name).encode() for name in each]  # noqa: SLF001 # the other benchmark's
                if number % 2 == 0:
                    quiet.append(intake._rate(port, receipts, payloads, SCANS))  # noqa: SLF001 # likewise
                    continue
                with _asking(url, secret) as asked:
                    before, begun = _spent(url, secret), time.perf_counter()
                    asked_of.append(intake._rate(port, receipts, payloads, SCANS))  # noqa: SLF001 # likewise
                    shares.append((_spent(url, secret) - before) / (time.perf_counter() - begun))
                answers += round(asked["answers"])
            rows = _beside(port, receipts, url, secret)
        receipts.close()
    without, with_ = statistics.median(quiet), statistics.median(asked_of)
    return [
        ("intake, nobody asks", f"{without:,.0f} scans/s", "1.00"),
        (f"intake, {CLIENTS} clients ask without pause", f"{with_:,.0f} scans/s", f"{with_ / without:.2f}"),
        ("answers given meanwhile", f"{answers:,}", ""),
        ("processor time for HTTP meanwhile", f"{statistics.median(shares):.1%}", "of one"),
        *rows,
    ]


def _beside(port: int, receipts: intake.Receipts, url: str, secret: str) -> list[tuple[str, str, str]]:
    """What the API does for those who ask without pause while scans come in at a pace that leaves some rest."""
    names = [f"b{number}" for number in range(PACED_S * PACE)]
    intake.announced(port, receipts, names)
    with _asking(url, secret) as asked:
        took = sorted(intake.waits(port, receipts, names, PACE))
    figure = (
        f"{asked['answers'] / PACED_S:,.0f}/s, {asked['p50_s'] * 1e3:.0f} / {asked['p95_s'] * 1e3:.0f} ms"
    )
    waited = f"{took[len(took) // 2] * 1e3:.0f} / {took[int(len(took) * 0.95)] * 1e3:.0f} ms"
    return [
        (f"answers while {PACE:,} scans a second come in, p50 / p95", figure, ""),
        ("and these scans, publish to receipt, p50 / p95", waited, ""),
    ]


@contextmanager
def _asking(url: str, secret: str) -> Iterator[dict[str, float]]:
    """Clients that ask without pause, in a process of their own; at the end what they say of it."""
    said: dict[str, float] = {}
    asking = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.asking", url, secret, str(CLIENTS)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert asking.stdout is not None
    asking.stdout.readline()  # by now they ask; starting Python takes a processor for a while
    try:
        yield said
    finally:
        told, _ = asking.communicate(b"enough\n", 60)
        said.update(json.loads(told))


def _connection(url: str) -> HTTPConnection:
    address = urlsplit(url)
    return HTTPConnection(address.hostname or "", address.port, timeout=30)


def _get(connection: HTTPConnection, path: str, secret: str = "") -> bytes:
    connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"} if secret else {})
    return connection.getresponse().read()


def _address(pid: int) -> str:
    """Where a process listens: the one port of its own, by /proc."""
    mine = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in mine:
            return f"http://127.0.0.1:{int(fields[1].rpartition(':')[2], 16)}"
    raise LookupError(f"process {pid} listens nowhere")


def _spent(url: str, secret: str) -> float:
    """Seconds of the processor that the service has used for HTTP so far, by its own figures."""
    connection = _connection(url)
    text = _get(connection, "/metrics", secret).decode()
    connection.close()
    return float(text.rpartition("returns_http_processor_seconds_total ")[2].splitlines()[0])


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio)."""
    return [*pages(), *under_load()]
