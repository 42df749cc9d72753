"""Counts over everything, and the newest of each: what is sampled into time series now and then."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, case, func, literal, select

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import batteries, events, positions, quarantine, standings, subjects
from gateway.adapters.state.statements import Statement, among, listed
from gateway.ports.projection import JourneyCount, Said, Spot, StockCount
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus

_under_way = standings.c.status.is_not(None)
JOURNEY_COUNTS = Statement(
    select(standings.c.route, standings.c.status, func.count())
    .where(_under_way)
    .group_by(standings.c.route, standings.c.status)
)
_over = func.sum(case((standings.c.leave_by <= bindparam("now"), 1), else_=0))
STOCK_COUNTS = Statement(
    select(standings.c.site, standings.c.route, func.count(), func.min(standings.c.since), _over)
    .where(_under_way, standings.c.site.is_not(None), standings.c.since.is_not(None))
    .group_by(standings.c.site, standings.c.route)
)

_containers = among("containers").subquery("asked")
_others = positions.alias()
_newest_at = (
    select(func.max(_others.c.at)).where(_others.c.container == _containers.c.value).scalar_subquery()
)
SPOTS = Statement(
    select(positions.c.container, positions.c.at, positions.c.lat, positions.c.lon)
    .select_from(_containers.join(positions, positions.c.container == _containers.c.value))
    .where(positions.c.at == _newest_at)
    .order_by(positions.c.container, positions.c.id, positions.c.device)
)
CONTENT_COUNTS = Statement(
    select(subjects.c.parent, func.count())
    .where(subjects.c.parent.in_(among("containers")), subjects.c.scope == "goods")
    .group_by(subjects.c.parent)
)

_devices = among("devices").subquery("asked")
_readings = batteries.alias()
_last_read = select(func.max(_readings.c.at)).where(_readings.c.device == _devices.c.value).scalar_subquery()
BATTERY_LEVELS = Statement(
    select(batteries.c.device, batteries.c.pct)
    .select_from(_devices.join(batteries, batteries.c.device == _devices.c.value))
    .where(batteries.c.at == _last_read)
    .order_by(batteries.c.device, batteries.c.id, batteries.c.pct)
)
_statuses = events.alias()
_origin = literal("device/") + _devices.c.value
# Statuses are told apart by their receipt, `status:` and its microseconds: the last by name is the last received.
_last_status = (
    select(func.max(_statuses.c.id))
    .where(
        _statuses.c.origin == _origin,
        _statuses.c.id >= "status:",
        _statuses.c.id < "status;",
        _statuses.c.what == "status",
    )
    .scalar_subquery()
)
STATUSES = Statement(
    select(_devices.c.value, events.c.received_at, events.c.payload)
    .select_from(_devices.join(events, events.c.origin == _origin))
    .where(events.c.id == _last_status)
)
HELD_COUNTS = Statement(
    select(quarantine.c.topic, func.count()).where(quarantine.c.status == "held").group_by(quarantine.c.topic)
)
HELD_REASONS = Statement(
    select(quarantine.c.reason, func.count())
    .where(quarantine.c.status == "held")
    .group_by(quarantine.c.reason)
)


class Figures(Part):
    """Figures over all of it."""

    def journey_counts(self) -> Sequence[JourneyCount]:
        rows = self._session.rows(JOURNEY_COUNTS)
        return [JourneyCount(route, JourneyStatus(status), count) for route, status, count in rows]

    def stock_counts(self, now: Instant) -> Sequence[StockCount]:
        return [StockCount._make(row) for row in self._session.rows(STOCK_COUNTS, now=now)]

    def spots(self, containers: Collection[str]) -> Mapping[str, Spot]:
        rows = self._session.rows(SPOTS, containers=listed(containers))
        return {container: Spot(*spot) for container, *spot in rows}

    def content_counts(self, containers: Collection[str]) -> Mapping[str, int]:
        return dict(self._session.rows(CONTENT_COUNTS, containers=listed(containers)))

    def battery_levels(self, devices: Collection[str]) -> Mapping[str, float]:
        return dict(self._session.rows(BATTERY_LEVELS, devices=listed(devices)))

    def statuses(self, devices: Collection[str]) -> Mapping[str, Said]:
        rows = self._session.rows(STATUSES, devices=listed(devices))
        return {device: Said(*said) for device, *said in rows}

    def held_counts(self) -> Mapping[str, int]:
        return dict(self._session.rows(HELD_COUNTS))

    def held_reasons(self) -> Mapping[str, int]:
        return dict(self._session.rows(HELD_REASONS))
