"""Keeping fence visits derived: new fixes go on where the last one left off; a late one goes back as far as it must."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.ports.rows import PositionRow
from gateway.ports.state import Unit
from gateway.service.admission import Terrain
from gateway.service.known import Known
from gateway.tracking import fences
from gateway.tracking.evidence import Visit
from gateway.tracking.fences import Mark, VisitState
from gateway.tracking.instants import Duration, Instant
from gateway.tracking.model import Key, Position

_FIRST_LOOK_BACK = 64
_FOREVER = Instant(-(2**62))


class FenceMemo(NamedTuple):
    """Where the folding of a container's fixes stands: its state after the fix `last`."""

    state: VisitState = fences.EMPTY
    last: Key | None = None

    def dumps(self) -> str:
        return json.dumps({"state": fences.to_json(self.state), "last": self.last}, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str | None) -> "FenceMemo":
        if text is None:
            return cls()
        data: Mapping[str, Any] = json.loads(text)
        last = data["last"]
        return cls(fences.from_json(data["state"]), last and (Instant(last[0]), last[1], last[2]))


class Folded(NamedTuple):
    """The memo after, and the first instant at which the container's visits differ (None: nowhere)."""

    memo: FenceMemo
    changed: Instant | None


def placed_at(position: Position, terrain: Terrain) -> PositionRow:
    """A position with the fence it is in, whether it counts, and the readings outside its container's limits."""
    container = position.container or ""
    place = fences.located(terrain.fences, position.lat, position.lon, position.accuracy_m)
    limits = terrain.network.limits_of(container)
    outside = tuple(
        (name, value) for name, value in position.sensors if name in limits and not limits[name].allow(value)
    )
    return PositionRow(position, container, place.site, place.counted, outside)


def relocate(unit: Unit, known: Known, terrain: Terrain, container: str) -> FenceMemo:
    """See all positions of a container anew, by today's fences and limits, and its visits with them."""
    rows = [placed_at(row.position, terrain) for row in unit.positions(container)]
    unit.add_positions(rows)
    counted = [row.position for row in rows if row.counted]
    keys = [(each.at, each.id, each.device) for each in counted] or [(_FOREVER, "", "")]
    folded = fold_fixes(unit, known, container, FenceMemo(), keys, terrain.network.defaults.min_inside)
    return folded.memo


def fold_fixes(
    unit: Unit, known: Known, container: str, memo: FenceMemo, touched: Sequence[Key], min_inside: Duration
) -> Folded:
    """Bring a container's visits up to date after counted fixes at these keys were added or voided."""
    first = min(touched)
    if memo.last is not None and first > memo.last:
        state, last = memo.state, memo.last
        fixes = [fix for fix in unit.fixes(container, first) if fix[:3] > last]
        old: list[Visit] = []
    else:
        state = fences.EMPTY
        restart = _restart(unit, container, first)
        fixes = list(unit.fixes(container, restart if restart else (_FOREVER, "", "")))
        old = [visit for visit in known.visits(container) if restart is None or _fix_of(visit) > restart]
    state, marks = fences.visits(fixes, min_inside, state)
    new = [_visit(mark) for mark in marks]
    differing = set(old) ^ set(new)
    if differing:
        unit.replace_visits(container, set(old) - set(new), set(new) - set(old))
        known.forget_visits(container)
    newest = fixes[-1][:3] if fixes else None
    if newest is None and memo.last is not None and first > memo.last:
        newest = memo.last
    return Folded(
        FenceMemo(state, newest) if newest else FenceMemo(),
        min((visit.at for visit in differing), default=None),
    )


def _restart(unit: Unit, container: str, before: Key) -> Key | None:
    """The second of the newest two consecutive fixes in no fence before a key: nothing is open there. None: none."""
    limit = _FIRST_LOOK_BACK
    while True:
        fixes = unit.fixes_before(container, before, limit)
        for earlier, later in zip(reversed(fixes[:-1]), reversed(fixes), strict=False):
            if earlier.site is None and later.site is None:
                return later[:3]
        if len(fixes) < limit:
            return None
        limit *= 8


def _fix_of(visit: Visit) -> Key:
    """The fix at which a visit begins or ends: no id of an event has a slash."""
    return (visit.at, visit.id.partition("/")[0], visit.device)


def _visit(mark: Mark) -> Visit:
    return Visit(
        mark.at,
        f"{mark.fix_id}/{mark.site}/{mark.step}",
        mark.device,
        mark.site,
        mark.step,
        mark.confirmed_at,
    )
