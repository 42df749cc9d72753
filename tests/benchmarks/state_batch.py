"""The state store, for batches of 300 scans of one item each: µs per scan, by what is asked of it.

Each batch is what intake asks for items that have been seen twice before, picked at random among 100,000. The file
is on a RAM disk where there is one, so that the commit is without the disk's syncing.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.adapters.state import SqlState
from gateway.ports.rows import EventRow, Identity, SubjectRow
from gateway.ports.state import Unit
from gateway.tracking.evidence import OwnScan
from gateway.tracking.instants import SECOND, Instant
from gateway.tracking.model import JourneyStatus, Subject

ITEMS: Final = 100_000
BATCH: Final = 300
BATCHES: Final = 100
DEVICES: Final = 50
NOON: Final = 1_795_000_000 * SECOND
PAYLOAD: Final = (
    '{"id":"01JD8ZC9M3Q4W5E6R7T8Y9U0I1","at":"2026-11-22T09:14:03.120+01:00","step":"arriving",'
    '"item":"SN-000000","site":"HUB-LEJ","operator":"u-7"}'
)
_ALL: Final = "all of it"
RESULT: Final = b'{"id":"01JD8ZC9M3Q4W5E6R7T8Y9U0I1","result":"accepted","verdict":"ok"}'


class Clock:
    """Time spent by name."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        begin = time.perf_counter_ns()
        yield
        self.spent[name] += time.perf_counter_ns() - begin


def scan_of(item: str, n: int) -> tuple[str, OwnScan]:
    at = Instant(NOON + n * SECOND)
    device = f"scan-{n % DEVICES}"
    return item, OwnScan(at, f"01JD{n:022d}", device, "HUB-LEJ", "arriving", None, as_item=True, items=1)


def event_of(scan: OwnScan) -> EventRow:
    identity = Identity(f"device/{scan.device}", scan.id)
    return EventRow(identity, "scan", scan.at, Instant(scan.at + SECOND), PAYLOAD, RESULT)


def row_of(item: str, scan: OwnScan) -> SubjectRow:
    look_again = Instant(scan.at + 86_400 * SECOND)
    return SubjectRow(
        "goods", item, "return", JourneyStatus.AT_STOP, 1, "cartridge-refill", look_again=look_again
    )


def take(unit: Unit, batch: list[tuple[str, OwnScan]], clock: Clock) -> None:
    events = [event_of(scan) for _, scan in batch]
    identities = [event.identity for event in events]
    items = [item for item, _ in batch]
    with clock.on("results"):
        unit.results(identities)
    with clock.on("voided"):
        unit.voided(identities)
    with clock.on("add_scans"):
        unit.add_scans(batch)
    with clock.on("scans"):
        unit.scans(items)
    with clock.on("announcements"):
        unit.announcements(items)
    with clock.on("stays"):
        unit.stays(items)
    with clock.on("subjects"):
        unit.subjects("goods", items)
    with clock.on("alerts"):
        unit.alerts([Subject("return", item) for item in items])
    rows = [row_of(item, scan) for item, scan in batch]
    with clock.on("put_subjects"):
        unit.put_subjects(rows)
    with clock.on("add_events"):
        unit.add_events(events)


def fill(state: SqlState, items: list[str]) -> int:
    n = 0
    for _ in range(2):
        for begin in range(0, len(items), 5_000):
            scans = [scan_of(item, n + i) for i, item in enumerate(items[begin : begin + 5_000])]
            n += len(scans)
            with state.unit() as unit:
                unit.add_scans(scans)
                unit.add_events([event_of(scan) for _, scan in scans])
                unit.put_subjects([row_of(*each) for each in scans])
    return n


def timed(folder: Path) -> Counter[str]:
    random.seed(7)
    items = [f"SN-{random.randrange(10**9):09d}" for _ in range(ITEMS)]
    state = SqlState(f"sqlite:///{folder / 'state.sqlite'}")
    n = fill(state, items)
    clock = Clock()
    for _ in range(BATCHES):
        batch = [scan_of(item, n + i) for i, item in enumerate(random.sample(items, BATCH))]
        n += BATCH
        with clock.on(_ALL), state.unit() as unit:
            take(unit, batch, clock)
    state.close()
    spent = clock.spent
    spent["begin and commit"] = 2 * spent[_ALL] - spent.total()
    return spent


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio)."""
    ram = Path("/dev/shm")  # noqa: S108 # the point is that it is no disk
    with tempfile.TemporaryDirectory(dir=ram if ram.is_dir() else None) as folder:
        spent = timed(Path(folder))
    return [
        (name, f"{time_ns / 1000 / BATCH / BATCHES:.1f} µs per scan", f"{time_ns / spent[_ALL]:.2f}")
        for name, time_ns in spent.most_common()
    ]
