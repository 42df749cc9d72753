"""Finding the bad points of a write that was refused, by writing it again in parts.

A part is stored only once it was taken whole: InfluxDB answers as soon as one shard refuses something, and may not have
finished with the others. A refusal may also be of the request and not of the points; so what nobody could name is
bad only where something else got through.
"""

from collections.abc import Callable, Sequence

import structlog

from gateway.adapters.series.influx_http import Answered
from gateway.adapters.series.influx_refusals import Meaning, conflict_of, dropped_of, meaning_of
from gateway.points import Point
from gateway.ports.series import Refused

_LOG = structlog.get_logger(__name__)

Post = Callable[[Sequence[Point]], None]
"""Writes points whole, or raises `Answered`."""


def written(points: Sequence[Point], post: Post) -> list[Refused]:
    """Write points, and tell those that are refused for good, with InfluxDB's words; all others are stored.

    Raises:
        Answered: it refuses for a reason that is not the points'; perhaps some are stored.
    """
    work = _Sorting(post)
    work.write(points)
    if work.suspects and not work.stored:
        raise work.suspects[-1][1]
    return work.refused + [Refused(point, answered.words) for point, answered in work.suspects]


class _Sorting:
    def __init__(self, post: Post) -> None:
        self._post = post
        self.refused: list[Refused] = []
        self.suspects: list[tuple[Point, Answered]] = []
        self.stored = 0

    def write(self, points: Sequence[Point]) -> None:
        if not points:
            return
        try:
            self._post(points)
        except Answered as answered:
            self._consider(points, answered)
        else:
            self.stored += len(points)

    def _consider(self, points: Sequence[Point], answered: Answered) -> None:
        meaning = meaning_of(answered)
        if meaning is Meaning.NOT_NOW:
            raise answered
        if meaning is Meaning.TOO_OLD:
            _LOG.info("points_too_old", answer=answered.words)
            self.stored += len(points)
            return
        others, having = _parted(points, answered)
        if len(points) == 1 and meaning is Meaning.SUSPECT:
            self.suspects.append((points[0], answered))
        elif len(points) == 1 or (not others and dropped_of(answered) == len(points)):
            # A foreign writer who gave a field another type spoils all points that have it: asking of each one
            # would take minutes.
            self.refused += [Refused(point, answered.words) for point in points]
        elif others and having:
            self.write(others)
            self.write(having)
        else:
            half = len(points) // 2
            self.write(points[:half])
            self.write(points[half:])


def _parted(points: Sequence[Point], answered: Answered) -> tuple[list[Point], list[Point]]:
    """Those without and those with the field whose type it complains of."""
    conflict = conflict_of(answered)
    parts: tuple[list[Point], list[Point]] = ([], [])
    for point in points:
        has = (
            conflict is not None
            and point.measurement == conflict.measurement
            and conflict.field in point.fields
        )
        parts[has].append(point)
    return parts
