"""Totes in a loop: what an event costs as the past of the containers that it touches grows.

Each day a tote is packed with fifty returns, driven under a tracker's eyes, unpacked item by item, and comes back.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.network import parse
from gateway.replay import Line, Replay
from gateway.tracking.instants import from_datetime

DAYS, PER_TOTE, FIXES = 20, 50, 72
_START = datetime(2026, 3, 1, 6, tzinfo=UTC)
NETWORK = """version: 1
sites:
  - {id: SHOP, lat: 52.50, lon: 13.40, timezone: Europe/Berlin}
  - {id: END, lat: 52.92, lon: 13.42, timezone: Europe/Berlin}
routes:
  - {id: R, missing_after: 3d, stops: [{sites: [SHOP], dwell: {max: 24h}}, {sites: [END], transit: {max: 48h}}]}
  - {id: LOOP, missing_after: 3d, stops: [{sites: [SHOP]}, {sites: [END], transit: {max: 24h}}]}
containers: [{id: TOTE, route: LOOP, tracker: trk}]
devices: [{id: scan-1, kind: scanner}, {id: trk, kind: tracker, container: TOTE}]
sources: [{id: erp}]
"""


def _line(at: datetime, topic: str, **payload: Any) -> Line:
    text = json.dumps({"at": at.isoformat(), **payload})
    return Line(from_datetime(at), topic, text.encode())


def day(number: int) -> Iterator[Line]:
    """A day of the tote, in order of receipt."""
    begin = _START + timedelta(days=number)
    items = [f"SN-{number}-{each}" for each in range(PER_TOTE)]
    scan = "device/scan-1/scan"
    for place, item in enumerate(items):
        at = begin + timedelta(minutes=place)
        yield _line(at, "source/erp/announce", id=f"a{item}", item=item, route="R")
    packed = begin + timedelta(hours=2)
    tote = {"container": "TOTE", "site": "SHOP"}
    yield _line(packed, scan, id=f"p{number}", items=items, step="packing", **tote)
    yield _line(packed + timedelta(minutes=5), scan, id=f"d{number}", step="departing", **tote)
    for fix in range(FIXES):
        at = packed + timedelta(minutes=10 + 5 * fix)
        yield _line(at, "device/trk/position", id=f"f{number}-{fix}", lat=52.51 + fix / 200, lon=13.41)
    there = packed + timedelta(hours=7)
    for place, item in enumerate(items):
        at = there + timedelta(seconds=5 * place)
        yield _line(at, scan, id=f"u{item}", items=[item], container="TOTE", site="END", step="unpacking")
    for place, item in enumerate(items):
        at = there + timedelta(hours=1, seconds=5 * place)
        yield _line(at, scan, id=f"r{item}", item=item, site="END", step="storing")
    yield _line(there + timedelta(hours=4), scan, id=f"b{number}", step="arriving", **tote)


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio)."""
    replay, took = Replay(parse(NETWORK)), []
    for number in range(DAYS):
        lines = list(day(number))
        began = time.perf_counter()
        for line in lines:
            for _ in replay.feed(line):
                pass
        took.append((time.perf_counter() - began) / len(lines))
    first, last = sum(took[:3]) / 3, sum(took[-3:]) / 3
    return [
        ("an event of days 1 to 3", f"{first * 1e3:.2f} ms", "1.00"),
        (f"an event of days {DAYS - 2} to {DAYS}", f"{last * 1e3:.2f} ms", f"{last / first:.2f}"),
    ]
