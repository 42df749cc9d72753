"""A state store with what happened in it, a projection from it, and an InfluxDB behind that: told apart from facts.

What should be in the bucket is made from the state store by a rebuild into memory; what is in it is read back through
InfluxQL. Time is virtual: rounds go by at the instants that a test says.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from gateway.adapters.series import series_at
from gateway.adapters.series.influx_lines import tag_of
from gateway.adapters.state import SqlState
from gateway.memory.series import MemorySeries
from gateway.points import MEASUREMENTS, SAMPLED, Measurement, Point, Value
from gateway.ports.series import Series
from gateway.service.intake import Message, take
from gateway.service.series import Keep, Outside, SeriesDeliveries, Vitals, rebuild
from gateway.tracking.instants import DAY, HOUR, SECOND, Duration, Instant, rfc3339
from gateway.tracking.plan import Network
from tests.servers.influxdb import InfluxDB
from tests.unit.cli_world import TERRAIN

NOW: Final = Instant(1_790_000_000_000_000)
"""When a test begins: long enough before the real now for retention not to matter, which starts there too."""
KEEP: Final = Keep(*[Duration(400 * DAY)] * 3)
_SAMPLED: Final = frozenset(each.name for each in SAMPLED)
_BATCH: Final = 300


class World:
    """One gateway's stores, and its projection, which can be made anew as after a restart."""

    def __init__(self, folder: Path, series: Series) -> None:
        self.state = SqlState(f"sqlite:///{folder / 'returns.sqlite'}")
        self.now = NOW
        self._number = 0
        self.use(series)

    def use(self, series: Series) -> None:
        """Project into another store, or into the same after a restart."""
        self.series = series
        outside = Outside(self.state, series, lambda: TERRAIN.network, lambda: Vitals(0))
        self.deliveries = SeriesDeliveries(outside, "gw-1", KEEP, chance=lambda: 0.0)

    def take_in(self, journeys: int) -> None:
        """So many items are announced, handed in and received where they belong."""
        messages = [each for _ in range(journeys) for each in self._journey()]
        for begin in range(0, len(messages), _BATCH):
            with self.state.unit() as unit:
                take(unit, TERRAIN, messages[begin : begin + _BATCH], self.now)

    def _journey(self) -> Iterator[Message]:
        self._number += 1
        number, now = self._number, self.now
        item = f'SN {number}, "q"=é\\'
        announced = {"id": f"a{number}", "at": rfc3339(now - DAY), "item": item, "route": "R"}
        yield Message("source/erp/announce", json.dumps(announced).encode(), now)
        for hours, step, site in ((9, "collecting", "CP1"), (1, "receiving", "REFILL")):
            scan = {"id": f"{step}{number}", "at": rfc3339(now - hours * HOUR), "step": step, "item": item}
            yield Message("device/scan-1/scan", json.dumps({**scan, "site": site}).encode(), now)

    def round(self, seconds: float = 1.0) -> Instant:
        """Some time passes, and one round goes by; says when the next is due."""
        self.now = Instant(self.now + round(seconds * SECOND))
        return self.deliveries.run_once(self.now)

    def rounds(self, most: int = 400) -> None:
        """Rounds until there is nothing more to do at once, and the store serves."""
        for _ in range(most):
            due = self.round(5 if self.deliveries.fault else 0.05)
            if due >= self.now + SECOND // 2 and not self.deliveries.fault:
                return
        message = f"it goes on and on: {self.deliveries.fault or self.waiting()}"
        raise AssertionError(message)

    def waiting(self) -> dict[str, int]:
        with self.state.reader() as unit:
            behind = len(unit.events_after(int(unit.meta("series.events") or 0), 10**6))
            samples = unit.outbox_size().get("series", 0)
            return {"events": behind, "untold": len(unit.untold(10**6)), "samples": samples}

    def refused(self) -> Sequence[tuple[str, str]]:
        """Measurement and reason of what was set aside."""
        with self.state.reader() as unit:
            return [(row.measurement, row.reason) for row in unit.refused(0, 10**6)]

    def facts(self) -> list[Point]:
        """All points that the facts make."""
        return facts(self.state)

    def close(self) -> None:
        self.series.close()
        self.state.close()


def facts(state: SqlState, network: Network = TERRAIN.network) -> list[Point]:
    """All points that the facts in a state store make, by measurement, time and tags."""
    made = MemorySeries()
    rebuild(state, made, network, lambda _: None)
    return [point for name in MEASUREMENTS if name not in _SAMPLED for point in made.points(name)]


def stored(server: InfluxDB, bucket: str) -> list[Point]:
    """All points in a bucket that facts make, in that order."""
    return [
        point
        for each in MEASUREMENTS.values()
        if each.name not in _SAMPLED
        for point in _stored(server, bucket, each)
    ]


def count(server: InfluxDB, bucket: str, measurement: str, field: str) -> int:
    """How many points of a measurement have a field."""
    found = server.influxql(bucket, f'SELECT count("{field}") FROM "{measurement}"')  # noqa: S608 # names of ours
    return int(found[0]["values"][0][1]) if found else 0


def _stored(server: InfluxDB, bucket: str, measurement: Measurement) -> list[Point]:
    found = server.influxql(bucket, f'SELECT * FROM "{measurement.name}"')  # noqa: S608 # names of ours
    points = [
        _point(measurement, dict(zip(series["columns"], row, strict=True)))
        for series in found
        for row in series["values"]
    ]
    return sorted(points, key=lambda point: (point.time, sorted(point.tags.items())))


def _point(measurement: Measurement, row: dict[str, Any]) -> Point:
    known = {name: value for name, value in row.items() if value is not None}
    tags = {name: tag_of(known[name]) for name in measurement.tags if name in known}
    fields: dict[str, Value] = {
        name: float(known[name]) if type_ is float and isinstance(known[name], int) else known[name]
        for name, type_ in measurement.fields.items()
        if name in known
    }
    return Point(measurement.name, tags, fields, known["time"])


def influx(server: InfluxDB, bucket: str, port: int | None = None) -> Series:
    """The bucket as a series store, perhaps through a proxy at `port`."""
    url = server.url(bucket)
    if port is not None:
        url = url.replace(str(server.port), str(port), 1)
    return series_at(url, "sqlite://", SecretStr(server.token))
