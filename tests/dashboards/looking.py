"""A stand-in for Grafana: fills the queries of committed dashboards, has InfluxDB answer, makes frames of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.adapters.series.influx_lines import line_of
from gateway.points import Point
from tests.dashboards.answers import Frame, frames, transformed
from tests.dashboards.filling import DAY, View, boards, filled, length
from tests.servers.influxdb import InfluxDB

_AT_ONCE: Final = 5_000
_MS: Final = 1_000_000
"""Nanoseconds."""


class Grafana:
    """Looks at one bucket."""

    def __init__(self, server: InfluxDB, bucket: str) -> None:
        self._server = server
        self._bucket = bucket
        self.boards = boards()

    def write(self, points: Sequence[Point]) -> None:
        """Stores points, as the gateway does."""
        for begin in range(0, len(points), _AT_ONCE):
            lines = map(line_of, points[begin : begin + _AT_ONCE])
            self._server.write(self._bucket, "\n".join(lines))

    def stamp(self) -> None:
        """Stores a point at the server's own time."""
        self._server.write(self._bucket, "stamp v=1")

    def answers(self, query: str) -> list[dict[str, Any]]:
        """The series that a filled query finds; times in milliseconds, as Grafana asks for them."""
        found = self._server.influxql(self._bucket, query)
        for series in found:
            for row in series["values"]:
                if isinstance(row[0], int):
                    row[0] //= _MS
        return found

    def panel(self, board: str, title: str) -> Mapping[str, Any]:
        """The panel of this title."""
        (found,) = (each for each in self.boards[board]["panels"] if each["title"] == title)
        panel: Mapping[str, Any] = found
        return panel

    def looks(self, board: str, panel: Mapping[str, Any], view: View) -> list[Frame]:
        """The frames that a panel draws."""
        found: list[Frame] = []
        for target in panel["targets"]:
            least = panel.get("interval") or "1m"
            query = filled(self.boards[board], target["query"], view.of(panel), least)
            buckets = re.findall(r"time\((\d+[a-z]+)", query)
            days = length(buckets[-1]) / DAY if buckets else 0.0
            found += [frame._replace(lasts=days) for frame in frames(self.answers(query), target)]
        return transformed(found, panel)

    def number(self, board: str, title: str, view: View) -> float | None:
        """What a panel with one figure shows: the newest value; None where it says that there is none."""
        for frame in self.looks(board, self.panel(board, title), view):
            for name, values in frame.columns.items():
                known = [value for value in values if value is not None]
                if name != "Time" and known:
                    return float(known[-1])
        return None

    def table(self, board: str, title: str, view: View) -> list[dict[str, Any]]:
        """The rows of a panel that is a table."""
        (frame,) = self.looks(board, self.panel(board, title), view) or (Frame("", {}),)
        return [
            dict(zip(frame.columns, row, strict=True)) for row in zip(*frame.columns.values(), strict=True)
        ]

    def bars(self, board: str, title: str, view: View) -> dict[str, float]:
        """What a panel with a bar for each series shows."""
        found = self.looks(board, self.panel(board, title), view)
        return {frame.name: frame.columns["Value"][-1] for frame in found}
