"""The time-series port in memory: for tests, and for integrators who want the points."""

from collections.abc import Mapping, Sequence

from gateway.points import Point, Value, fault
from gateway.ports.series import PartialWrite, Refused
from gateway.tracking.instants import Instant

_Key = tuple[str, tuple[tuple[str, str], ...], int]


class MemorySeries:
    """A `Series` that keeps points as the real stores do."""

    def __init__(self) -> None:
        self._points: dict[_Key, tuple[Mapping[str, str], dict[str, Value]]] = {}

    def setup(self) -> None:
        """Nothing to make."""

    def write(self, points: Sequence[Point]) -> None:
        refused = []
        for point in points:
            wrong = fault(point)
            if wrong is not None:
                refused.append(Refused(point, wrong))
                continue
            key = (point.measurement, tuple(sorted(point.tags.items())), point.time)
            _, fields = self._points.setdefault(key, (dict(point.tags), {}))
            fields.update(point.fields)
        if refused:
            raise PartialWrite(refused)

    def forget(self, measurement: str, before: Instant) -> None:
        old = [key for key in self._points if key[0] == measurement and key[2] < before * 1000]
        for key in old:
            del self._points[key]

    def wipe(self) -> None:
        self._points.clear()

    def close(self) -> None:
        """Nothing to close."""

    def points(self, measurement: str) -> list[Point]:
        """All points of a measurement, by time and then tags."""
        found = [
            Point(key[0], tags, fields, key[2])
            for key, (tags, fields) in self._points.items()
            if key[0] == measurement
        ]
        return sorted(found, key=lambda point: (point.time, sorted(point.tags.items())))
