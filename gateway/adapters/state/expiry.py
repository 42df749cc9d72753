"""The statements of `pruning`: what is old, what is still alive, and what goes with an event."""

from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.elements import Tuple

from gateway.adapters.state.schema import (
    LIVE,
    alerts,
    announcements,
    batteries,
    events,
    positions,
    quarantine,
    repeats,
    scans,
    stays,
    subjects,
    transitions,
    unpackings,
    visits,
    voids,
)
from gateway.adapters.state.schema_epcis import captures, mentions
from gateway.adapters.state.statements import Statement, among, listed, removing, rows_of
from gateway.adapters.state.voiding import of_events
from gateway.tracking.devices import FULL_BATTERY_PCT
from gateway.tracking.model import JourneyStatus

_before: BindParameter[int] = bindparam("before")


def _oldest(table: Table, key: Column[Any], condition: ColumnElement[bool]) -> Statement:
    """Delete at most `limit` rows for which this holds."""
    return Statement(delete(table).where(key.in_(select(key).where(condition).limit(bindparam("limit")))))


HISTORY: Final = (
    _oldest(transitions, transitions.c.seq, transitions.c.at < _before),
    _oldest(alerts, alerts.c.id, and_(alerts.c.resolved_at < _before, alerts.c.shelved.is_(False))),
    _oldest(repeats, repeats.c.seq, repeats.c.received_at < _before),
    _oldest(
        quarantine,
        quarantine.c.seq,
        and_(quarantine.c.received_at < _before, quarantine.c.status != "held"),
    ),
    _oldest(captures, captures.c.id, captures.c.finished_at < _before),
)

EVENTS: Final = Statement(
    select(events.c.received_at, events.c.seq, events.c.origin, events.c.id, events.c.at)
    .where(
        tuple_(events.c.received_at, events.c.seq) > tuple_(bindparam("at"), bindparam("seq")),
        events.c.received_at < _before,
    )
    .order_by(events.c.received_at, events.c.seq)
    .limit(bindparam("limit"))
)
ANNOUNCEMENTS_OF: Final = of_events(announcements, "item", "source")

UNDER_WAY: Final = listed(
    [
        JourneyStatus.ANNOUNCED.value,
        JourneyStatus.AT_STOP.value,
        JourneyStatus.IN_TRANSIT.value,
        JourneyStatus.OFF_PLAN.value,
    ]
)
"""The parameter `under_way` of `ALIVE`: the states of a journey that has not ended."""
_goods = subjects.c.scope == "goods"
_younger = or_(
    exists().where(scans.c.subject == subjects.c.id, scans.c.at >= _before),
    exists().where(announcements.c.item == subjects.c.id, announcements.c.at >= _before),
)
ALIVE: Final = Statement(
    select(subjects.c.id).where(
        _goods,
        subjects.c.id.in_(among("ids")),
        or_(
            subjects.c.status.in_(among("under_way")),
            subjects.c.failed.is_not(None),
            and_(subjects.c.kind == "return", _younger),
        ),
    )
)


def _of_keys(at: Column[int], id_: Column[str], device: Column[str]) -> ColumnElement[bool]:
    keys = rows_of("keys")
    place: Tuple = tuple_(at, id_, device)
    return place.in_(select(keys.whole(0), keys.text(1), keys.text(2)).select_from(keys.source))


_is_container = exists().where(_goods, subjects.c.id == stays.c.item, subjects.c.kind == "container")
REMOVE_STAYS: Final = Statement(
    delete(stays).where(
        stays.c.item.in_(among("items")),
        _of_keys(stays.c.since_at, stays.c.since_id, stays.c.since_device),
        # A container stays where it was packed until it is taken out, however long ago that was.
        or_(stays.c.until_at < _before, ~_is_container),
    )
)
REMOVE_UNPACKINGS: Final = Statement(
    delete(unpackings).where(
        unpackings.c.container.in_(among("containers")),
        _of_keys(unpackings.c.begin_at, unpackings.c.begin_id, unpackings.c.begin_device),
    )
)
_others = batteries.alias()
_last_full = (
    select(func.max(_others.c.at))
    .where(_others.c.device == batteries.c.device, _others.c.pct >= FULL_BATTERY_PCT)
    .scalar_subquery()
)
REMOVE_BATTERIES: Final = Statement(
    delete(batteries).where(
        batteries.c.device.in_(among("devices")),
        batteries.c.at <= bindparam("upto"),
        # What came before a full battery no longer says since when it is low.
        batteries.c.at < _last_full,
    )
)
REMOVE_ANNOUNCEMENTS: Final = removing(announcements, "item", "at", "id", "source")
REMOVE_VISITS: Final = removing(visits, "container", "at", "device")
REMOVE_VOIDS: Final = removing(voids, "origin", "id")
REMOVE_MENTIONS: Final = removing(mentions, "device", "id")
REMOVE_EVENTS: Final = removing(events, "seq")

_evidence = or_(
    exists().where(scans.c.subject == subjects.c.id),
    exists().where(announcements.c.item == subjects.c.id),
    exists().where(positions.c.container == subjects.c.id),
    exists().where(stays.c.item == subjects.c.id),
    exists().where(stays.c.container == subjects.c.id),
    exists().where(alerts.c.subject_kind == subjects.c.kind, alerts.c.subject_id == subjects.c.id, LIVE),
)
REMOVE_SUBJECTS: Final = Statement(
    delete(subjects).where(
        _goods,
        subjects.c.id.in_(among("ids")),
        subjects.c.own.is_(None),
        subjects.c.taken.is_(None),
        subjects.c.look_again.is_(None),
        subjects.c.failed.is_(None),
        ~_evidence,
    )
)
