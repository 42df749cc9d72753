"""Positions of containers and what they carried: fixes, readings outside the limits, batteries; and fence visits."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select, tuple_

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import batteries, excursions, positions, visits
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import Statement, adding, among, fields, listed, putting, removing
from gateway.ports.rows import BatteryRow, PositionRow
from gateway.tracking.devices import FULL_BATTERY_PCT, LOW_BATTERY_PCT
from gateway.tracking.evidence import Visit
from gateway.tracking.fences import Fix
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key, Position

_LATEST = Instant(2**62)


def _place(table: Table) -> Any:
    return tuple_(table.c.at, table.c.id, table.c.device)


_key = tuple_(bindparam("at"), bindparam("id"), bindparam("device"))
_mine = positions.c.container == bindparam("container")
_in_order = (positions.c.at, positions.c.id, positions.c.device)
_fixes = fields(positions, *Fix._fields).where(_mine, positions.c.counted.is_(True))

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
_POSITIONS = Statement(
    fields(positions, *Position._fields, "site", "counted").where(_mine).order_by(*_in_order)
)
_READINGS = Statement(
    fields(excursions, "at", "id", "device", "sensor", "value")
    .where(excursions.c.container == bindparam("container"))
    .order_by(excursions.c.at, excursions.c.id, excursions.c.device, excursions.c.sensor)
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
    fields(visits, "container", *Visit._fields)
    .where(visits.c.container.in_(among("containers")))
    .order_by(visits.c.container, visits.c.at, visits.c.id, visits.c.device)
)
_PUT_POSITIONS = putting(positions)
_REMOVE_EXCURSIONS = removing(excursions, "container", "at", "id", "device")
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
        return [Fix._make(row) for row in rows]

    def fixes_before(self, container: str, before: Key, limit: int) -> Sequence[Fix]:
        at, id_, device = before
        rows = self._session.rows(
            _FIXES_BEFORE, container=container, at=at, id=id_, device=device, limit=limit
        )
        return [Fix._make(row) for row in reversed(rows)]

    def low_battery_since(self, device: str) -> Instant | None:
        full = self._session.value(_LAST_FULL, device=device)
        after = -_LATEST if full is None else full
        found: Instant | None = self._session.value(_FIRST_LOW, device=device, after=after)
        return found

    def visits(self, containers: Collection[str]) -> Mapping[str, Sequence[Visit]]:
        found: dict[str, list[Visit]] = {}
        for container, *visit in self._session.rows(_VISITS, containers=listed(containers)):
            found.setdefault(container, []).append(Visit._make(visit))
        return found

    def positions(self, container: str) -> Sequence[PositionRow]:
        readings: dict[Key, list[tuple[str, float]]] = {}
        for at, id_, device, sensor, value in self._session.rows(_READINGS, container=container):
            readings.setdefault((at, id_, device), []).append((sensor, value))
        found: list[PositionRow] = []
        for *columns, site, counted in self._session.rows(_POSITIONS, container=container):
            position = read_position(columns)
            outside = tuple(readings.get((position.at, position.id, position.device), ()))
            found.append(PositionRow(position, container, site, bool(counted), outside))
        return found

    def add_positions(self, positions: Sequence[PositionRow]) -> None:
        keys = [_key_of(row) for row in positions]
        self._session.many(_REMOVE_EXCURSIONS, keys)
        self._session.many(_PUT_POSITIONS, [_written(row) for row in positions])
        outside = [
            (*key, sensor, value)
            for key, row in zip(keys, positions, strict=True)
            for sensor, value in row.readings
        ]
        self._session.many(_ADD_EXCURSIONS, outside)

    def add_batteries(self, readings: Sequence[BatteryRow]) -> None:
        """The same reading again changes nothing: a retained status comes as often as somebody subscribes."""
        self._session.many(
            _ADD_BATTERIES, [(each.device, each.at, each.id or "", each.pct) for each in readings]
        )

    def replace_visits(self, container: str, old: Collection[Visit], new: Collection[Visit]) -> None:
        gone = [(container, visit.at, visit.id, visit.device) for visit in old]
        self._session.many(_REMOVE_VISITS, gone)
        self._session.many(_PUT_VISITS, [(container, *visit) for visit in new])


def _key_of(row: PositionRow) -> tuple[str, Instant, str, str]:
    position = row.position
    return (row.container, position.at, position.id, position.device)


def _written(row: PositionRow) -> Row:
    position = row.position
    return (
        *_key_of(row),
        row.site,
        row.counted,
        position.lat,
        position.lon,
        position.accuracy_m,
        position.speed_kmh,
        position.heading_deg,
        position.altitude_m,
        position.battery_pct,
        json.dumps(position.sensors, separators=(",", ":")) if position.sensors else None,
        position.door,
    )


def read_position(columns: Iterable[Any]) -> Position:
    """A position of its columns in their order."""
    position = Position._make(columns)
    known = position.sensors and json.loads(cast("str", position.sensors))
    return position._replace(sensors=tuple((name, value) for name, value in known or ()))
