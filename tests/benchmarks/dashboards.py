"""Dashboards: how long each panel's queries take on a real InfluxDB 2.7 with a million points in the time looked at.

The points are the simulated week's, again and again with other items, so that there are as many series as in life.
"""

import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.points import SAMPLED, Point
from tests.dashboards.filling import View, filled
from tests.dashboards.looking import Grafana
from tests.dashboards.week import END, WEEK, week
from tests.servers.influxdb import InfluxDB

POINTS: Final = 1_000_000
RUNS: Final = 3
_NS = 1_000_000
_SAMPLED: Final = {each.name for each in SAMPLED}


def measure() -> list[tuple[str, str, str]]:
    """A row for each panel: dashboard and title; the middle of three runs, all of its queries; rows found."""
    with tempfile.TemporaryDirectory() as folder, InfluxDB(Path(folder)) as server:
        grafana = Grafana(server, server.new_bucket())
        points = list(_many())
        begun = time.perf_counter()
        grafana.write(points)
        wrote = time.perf_counter() - begun
        rows = [("points written", f"{len(points):,}", f"{len(points) / wrote:,.0f}/s")]
        measured = [row for name in grafana.boards for row in _panels(grafana, name)]
    slowest = max(seconds for _, seconds, _ in measured)
    rows += [(title, f"{seconds * 1000:,.0f} ms", f"{found:,} values") for title, seconds, found in measured]
    return [*rows, ("slowest", f"{slowest * 1000:,.0f} ms", "")]


def _panels(grafana: Grafana, name: str) -> Iterator[tuple[str, float, int]]:
    view = View((END - WEEK) // 1000, END // 1000 + 1, {"item": "SN-00100"})
    for panel in grafana.boards[name]["panels"]:
        least = panel["interval"]
        queries = [
            filled(grafana.boards[name], each["query"], view.of(panel), least) for each in panel["targets"]
        ]
        lasted = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            found = [series for query in queries for series in grafana.answers(query)]
            lasted.append(time.perf_counter() - begun)
        yield (
            f"{name}: {panel['title']}",
            sorted(lasted)[RUNS // 2],
            sum(len(each["values"]) for each in found),
        )


def _many() -> Iterator[Point]:
    """A million points: what is sampled is as often as each minute, what happens is of other items each time."""
    found = week().points
    again = math.ceil(POINTS / len(found))
    for number in range(again):
        for point in found:
            if point.measurement in _SAMPLED:
                yield point._replace(time=point.time - number * 60_000 * _NS)
            else:
                item = point.fields.get("item")
                fields = point.fields if item is None else {**point.fields, "item": f"{item}-{number}"}
                yield point._replace(time=point.time - number * 997 * _NS, fields=fields)
