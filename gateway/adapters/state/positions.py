"""Positions of containers and what they carried: fixes, readings outside the limits, batteries; and fence visits."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, select, tuple_

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import batteries, excursions, positions, visits
from gateway.adapters.state.statements import Statement, adding, among, listed, putting, removing
from gateway.ports.rows import BatteryRow, PositionRow
from gateway.tracking.devices import FULL_BATTERY_PCT, LOW_BATTERY_PCT
from gateway.tracking.evidence import Visit
from gateway.tracking.fences import Fix
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key

_LATEST = Instant(2**62)


def _place(table: Table) -> Any:
    return tuple_(table.c.at, table.c.id, table.c.device)


_key = tuple_(bindparam("at"), bindparam("id"), bindparam("device"))
_mine = positions.c.container == bindparam("container")
_in_order = (positions.c.at, positions.c.id, positions.c.device)
_fixes: Select[Any] = select(*_in_order, positions.c.site).where(_mine, positions.c.counted.is_(True))

_NEWEST = Statement(
    select(func.max(positions.c.at)).where(
        _mine, positions.c.at >= bindparam("since"), positions.c.at < bindparam("before")
    )
)
_FIRST = Statement(select(func.min(positions.c.at)).where(_mine, _place(positions) >= _key))
_FIXES = Statement(_fixes.where(_place(positions) >= _key).order_by(*_in_order))
_FIXES_BEFORE = Statement(
    _fixes.where(_place(positions) < _key)
    .order_by(*(column.desc() for column in _in_order))
    .limit(bindparam("limit"))
)
_FIRST_EXCURSION = Statement(
    select(func.min(excursions.c.at)).where(
        excursions.c.container == bindparam("container"),
        excursions.c.sensor == bindparam("sensor"),
        excursions.c.at > bindparam("after"),
    )
)
_LAST_FULL = Statement(
    select(func.max(batteries.c.at)).where(
        batteries.c.device == bindparam("device"), batteries.c.pct >= FULL_BATTERY_PCT
    )
)
_FIRST_LOW = Statement(
    select(func.min(batteries.c.at)).where(
        batteries.c.device == bindparam("device"),
        batteries.c.at > bindparam("after"),
        batteries.c.pct < LOW_BATTERY_PCT,
    )
)
_VISITS = Statement(
    select(
        visits.c.container,
        visits.c.at,
        visits.c.id,
        visits.c.device,
        visits.c.site,
        visits.c.step,
        visits.c.confirmed_at,
    )
    .where(visits.c.container.in_(among("containers")))
    .order_by(visits.c.container, visits.c.at, visits.c.id, visits.c.device)
)
_ADD_POSITIONS = adding(positions)
_ADD_EXCURSIONS = adding(excursions)
_ADD_BATTERIES = adding(batteries, if_new=True)
_REMOVE_VISITS = removing(visits, "container", "at", "id", "device")
_PUT_VISITS = putting(visits)


class Positions(Part):
    """What trackers said, and the visits that come of it."""

    def newest_position(self, container: str, since: Instant, before: Instant | None) -> Instant | None:
        end = _LATEST if before is None else before
        found: Instant | None = self._session.value(_NEWEST, container=container, since=since, before=end)
        return found

    def first_position(self, container: str, since: Key) -> Instant | None:
        at, id_, device = since
        found: Instant | None = self._session.value(_FIRST, container=container, at=at, id=id_, device=device)
        return found

    def first_excursion(self, container: str, sensor: str, after: Instant) -> Instant | None:
        found: Instant | None = self._session.value(
            _FIRST_EXCURSION, container=container, sensor=sensor, after=after
        )
        return found

    def fixes(self, container: str, since: Key) -> Sequence[Fix]:
        at, id_, device = since
        rows = self._session.rows(_FIXES, container=container, at=at, id=id_, device=device)
        return [Fix(*row) for row in rows]

    def fixes_before(self, container: str, before: Key, limit: int) -> Sequence[Fix]:
        at, id_, device = before
        rows = self._session.rows(
            _FIXES_BEFORE, container=container, at=at, id=id_, device=device, limit=limit
        )
        return [Fix(*row) for row in reversed(rows)]

    def low_battery_since(self, device: str) -> Instant | None:
        full = self._session.value(_LAST_FULL, device=device)
        after = -_LATEST if full is None else full
        found: Instant | None = self._session.value(_FIRST_LOW, device=device, after=after)
        return found

    def visits(self, containers: Collection[str]) -> Mapping[str, Sequence[Visit]]:
        found: dict[str, list[Visit]] = {}
        for container, *visit in self._session.rows(_VISITS, containers=listed(containers)):
            found.setdefault(container, []).append(Visit(*visit))
        return found

    def add_positions(self, positions: Sequence[PositionRow]) -> None:
        """Of a position only what rules ask for is kept here; its event has all of it."""
        rows = [
            (container, position.at, position.id, position.device, site, counted)
            for position, container, site, counted, _ in positions
        ]
        self._session.many(_ADD_POSITIONS, rows)
        outside = [
            (container, sensor, position.at, position.id, position.device, value)
            for position, container, _, _, readings in positions
            for sensor, value in readings
        ]
        self._session.many(_ADD_EXCURSIONS, outside)

    def add_batteries(self, readings: Sequence[BatteryRow]) -> None:
        """The same reading again changes nothing: a retained status comes as often as somebody subscribes."""
        self._session.many(_ADD_BATTERIES, [(each.device, each.at, each.id or "", each.pct) for each in readings])

    def replace_visits(self, container: str, old: Collection[Visit], new: Collection[Visit]) -> None:
        gone = [(container, visit.at, visit.id, visit.device) for visit in old]
        self._session.many(_REMOVE_VISITS, gone)
        self._session.many(_PUT_VISITS, [(container, *visit) for visit in new])
