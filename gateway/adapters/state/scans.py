"""Scans by whom they name, scans as movements, and announcements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import NEVER, announcements, scans, unpackings, visits
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import Statement, adding, among, fields, listed, rows_of
from gateway.tracking.containment import Movement
from gateway.tracking.evidence import OwnScan
from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Key
from gateway.tracking.windows import Window

_own = fields(scans, "subject", *OwnScan._fields).order_by(
    scans.c.subject, scans.c.at, scans.c.id, scans.c.device
)
_SCANS = Statement(_own.where(scans.c.subject.in_(among("subjects"))))
_windows = rows_of("windows")
_SCANS_WITHIN = Statement(
    _own.select_from(
        _windows.source.join(
            scans,
            (scans.c.subject == _windows.text(0))
            & (scans.c.at >= _windows.whole(1))
            & (scans.c.at < _windows.whole(2)),
        )
    )
)
_named = among("ids").subquery("named")
_NAMED = Statement(select(_named.c.value).where(exists().where(scans.c.container == _named.c.value)))


def _moves(named: ColumnElement[Any]) -> Statement:
    query = fields(scans, *Movement._fields[:-1], "subject", "as_item")
    return Statement(query.where(named.in_(among("subjects")), scans.c.at >= bindparam("since")))


_MOVES_OF_SUBJECT = _moves(scans.c.subject)
_MOVES_OF_CONTAINER = _moves(scans.c.container)
_ANNOUNCEMENTS = Statement(
    fields(announcements, *Announcement._fields)
    .where(announcements.c.item.in_(among("items")))
    .order_by(announcements.c.item, announcements.c.at, announcements.c.id, announcements.c.source)
)
_site = among("sites").subquery("asked")
_SITES_NAMED = Statement(
    select(_site.c.value).where(
        or_(*(exists().where(table.c.site == _site.c.value) for table in (scans, visits, unpackings)))
    )
)
_ADD_SCANS = adding(scans)
_ADD_ANNOUNCEMENTS = adding(announcements)


class Scans(Part):
    """What scanners and announcing systems said."""

    def scans(self, subjects: Collection[str]) -> Mapping[str, Sequence[OwnScan]]:
        return _read(self._session.rows(_SCANS, subjects=listed(subjects)))

    def scans_within(self, windows: Mapping[str, Window]) -> Mapping[str, Sequence[OwnScan]]:
        asked = [
            (subject, since, NEVER if before is None else before)
            for subject, (since, before) in windows.items()
        ]
        return _read(self._session.rows(_SCANS_WITHIN, windows=listed(asked)))

    def named_containers(self, ids: Collection[str]) -> set[str]:
        return {id_ for (id_,) in self._session.rows(_NAMED, ids=listed(ids))}

    def movements(self, subjects: Collection[str], since: Instant) -> Sequence[Movement]:
        asked = listed(subjects)
        rows = {
            *self._session.rows(_MOVES_OF_SUBJECT, subjects=asked, since=since),
            *self._session.rows(_MOVES_OF_CONTAINER, subjects=asked, since=since),
        }
        found: dict[Key, tuple[Row, list[str]]] = {}
        for *scan, subject, as_item in rows:
            at, id_, device, *_ = scan
            _, items = found.setdefault((at, id_, device), (tuple(scan), []))
            if as_item:
                items.append(subject)
        return [Movement._make((*scan, tuple(sorted(items)))) for _, (scan, items) in sorted(found.items())]

    def sites_named(self, sites: Collection[str]) -> set[str]:
        """A site that nothing names is known by having looked at every scan: not for the hot path."""
        return {site for (site,) in self._session.rows(_SITES_NAMED, sites=listed(sites))}

    def announcements(self, items: Collection[str]) -> Mapping[str, Sequence[Announcement]]:
        found: dict[str, list[Announcement]] = {}
        for row in self._session.rows(_ANNOUNCEMENTS, items=listed(items)):
            source, id_, at, item, route, due_at, cancelled, *rest = (
                row  # as a number: SQLite knows no others
            )
            said = Announcement(source, id_, at, item, route, due_at, bool(cancelled), *rest)
            found.setdefault(item, []).append(said)
        return found

    def add_scans(self, scans: Sequence[tuple[str, OwnScan]]) -> None:
        self._session.many(_ADD_SCANS, [(subject, *scan) for subject, scan in scans])

    def add_announcements(self, announcements: Sequence[Announcement]) -> None:
        self._session.many(
            _ADD_ANNOUNCEMENTS,
            [(item, at, id_, source, *rest) for source, id_, at, item, *rest in announcements],
        )


def _read(rows: Iterable[Row]) -> dict[str, list[OwnScan]]:
    found: dict[str, list[OwnScan]] = {}
    for subject, at, id_, device, site, step, container, as_item, items, disposition in rows:
        # `as_item` is a number in SQLite, which has no others
        scan = OwnScan(at, id_, device, site, step, container, bool(as_item), items, disposition)
        found.setdefault(subject, []).append(scan)
    return found
