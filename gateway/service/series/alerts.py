"""The transitions of alerts as a source of points."""

import json
import traceback
from collections.abc import Sequence
from typing import Final

from gateway.points import Point
from gateway.points.events import alert_point
from gateway.ports.rows import TransitionRow
from gateway.ports.state import Unavailable, Unit
from gateway.service.series.cursor import Page, Unmade
from gateway.tracking.plan import Network

PAGE: Final = 500


class Transitions:
    """The points `alert`."""

    key = "series.transitions"

    def following(self, unit: Unit, after: int) -> int | None:
        rows = unit.transitions(after=after, limit=1)
        return rows[0].seq if rows else None

    def newest(self, unit: Unit) -> int:
        return unit.newest_transition()

    def page(self, unit: Unit, after: int, upto: int, network: Network) -> Page | None:
        del network  # each line has its route
        rows = [row for row in unit.transitions(after=after, limit=PAGE) if row.seq <= upto]
        if not rows:
            return None
        histories = unit.histories({row.alert_id for row in rows})
        points: list[Point] = []
        unmade: list[Unmade] = []
        for row in rows:
            before = [each for each in histories.get(row.alert_id, ()) if each.seq < row.seq]
            try:
                points.append(_point(row, before))
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 # a bug of ours: the line is set aside, its neighbours go on
                unmade.append(Unmade("alert", row.body, traceback.format_exc()))
        return Page(rows[-1].seq, points, unmade)


def _point(row: TransitionRow, before: Sequence[TransitionRow]) -> Point:
    return alert_point(json.loads(row.body), row.seq, [json.loads(each.body) for each in before], row.route)
