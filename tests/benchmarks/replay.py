"""Replay: recorded events a second through the rules, from file to file, as the command does it."""

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

RETURNS = 10_000
STEPS = (
    ("SHOP", "collecting"),
    ("SHOP", "departing"),
    ("HUB", "arriving"),
    ("HUB", "departing"),
    ("END", "receiving"),
)
_START = datetime(2026, 3, 1, tzinfo=UTC)
NETWORK = """version: 1
sites:
  - {id: SHOP, lat: 52.50, lon: 13.40, timezone: Europe/Berlin}
  - {id: HUB, lat: 52.51, lon: 13.41, timezone: Europe/Berlin}
  - {id: END, lat: 52.52, lon: 13.42, timezone: Europe/Berlin}
routes:
  - {id: R, collect_within: 3d, missing_after: 3d, stops: [{sites: [SHOP], dwell: {max: 24h}},
     {sites: [HUB], transit: {max: 24h}, dwell: {max: 12h}}, {sites: [END], transit: {max: 48h}}]}
devices: [{id: scan-1, kind: scanner}]
sources: [{id: erp}]
"""


def lines() -> list[str]:
    """A network's day after day: each return announced, then five scans an hour and a half apart."""
    found: list[tuple[datetime, str]] = []
    for number in range(RETURNS):
        item, at = f"SN-{number}", _START + timedelta(seconds=number * 7)
        found.append(_line(at, "source/erp/announce", {"id": f"a{number}", "item": item, "route": "R"}))
        for step, (site, what) in enumerate(STEPS):
            at += timedelta(hours=1.5)
            scan = {"id": f"s{number}-{step}", "item": item, "site": site, "step": what}
            found.append(_line(at, "device/scan-1/scan", scan))
    return [line for _, line in sorted(found)]


def _line(at: datetime, topic: str, payload: dict[str, str]) -> tuple[datetime, str]:
    said = at.isoformat()
    event = {"received_at": said, "topic": f"returns/v1/{topic}", "payload": {**payload, "at": said}}
    return at, json.dumps(event)


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio)."""
    events = lines()
    with tempfile.TemporaryDirectory() as folder:
        network, recorded = Path(folder, "network.yaml"), Path(folder, "events.jsonl")
        network.write_text(NETWORK)
        recorded.write_text("\n".join(events))
        began = time.perf_counter()
        for line in recorded.read_text().splitlines():
            json.loads(line)
        reading = time.perf_counter() - began
        program = Path(sys.executable).with_name("returns-gateway")
        began = time.perf_counter()
        subprocess.run(
            [program, "replay", "--network", network, "--events", recorded],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        elapsed = time.perf_counter() - began
    return [
        ("reading the file as JSON", f"{len(events) / reading:,.0f} events/s", "1.00"),
        (f"replay of {len(events):,}", f"{len(events) / elapsed:,.0f} events/s", f"{reading / elapsed:.3f}"),
    ]
