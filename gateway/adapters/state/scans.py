"""Scans by whom they name, scans as movements, and announcements."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import announcements, scans
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import Statement, adding, among, listed
from gateway.tracking.containment import Movement
from gateway.tracking.evidence import OwnScan
from gateway.tracking.instants import Instant
from gateway.tracking.model import Announcement, Key

_SCANS = Statement(
    select(
        scans.c.subject,
        scans.c.at,
        scans.c.id,
        scans.c.device,
        scans.c.site,
        scans.c.step,
        scans.c.container,
        scans.c.as_item,
        scans.c.items,
        scans.c.disposition,
    )
    .where(scans.c.subject.in_(among("subjects")))
    .order_by(scans.c.subject, scans.c.at, scans.c.id, scans.c.device)
)


def _moves(named: ColumnElement[Any]) -> Statement:
    return Statement(
        select(
            scans.c.at,
            scans.c.id,
            scans.c.device,
            scans.c.site,
            scans.c.step,
            scans.c.container,
            scans.c.subject,
            scans.c.as_item,
        ).where(named.in_(among("subjects")), scans.c.at >= bindparam("since"))
    )


_MOVES_OF_SUBJECT = _moves(scans.c.subject)
_MOVES_OF_CONTAINER = _moves(scans.c.container)
_ANNOUNCEMENTS = Statement(
    select(
        announcements.c.source,
        announcements.c.id,
        announcements.c.at,
        announcements.c.item,
        announcements.c.route,
        announcements.c.due_at,
        announcements.c.cancelled,
        announcements.c.origin_site,
        announcements.c.rma,
        announcements.c.description,
        announcements.c.value,
        announcements.c.hazard_class,
    )
    .where(announcements.c.item.in_(among("items")))
    .order_by(announcements.c.item, announcements.c.at, announcements.c.id, announcements.c.source)
)
_ADD_SCANS = adding(scans)
_ADD_ANNOUNCEMENTS = adding(announcements)


class Scans(Part):
    """What scanners and announcing systems said."""

    def scans(self, subjects: Collection[str]) -> Mapping[str, Sequence[OwnScan]]:
        found: dict[str, list[OwnScan]] = {}
        for subject, at, id_, device, site, step, container, as_item, items, disposition in self._session.rows(
            _SCANS, subjects=listed(subjects)
        ):
            scan = OwnScan(at, id_, device, site, step, container, bool(as_item), items, disposition)
            found.setdefault(subject, []).append(scan)
        return found

    def movements(self, subjects: Collection[str], since: Instant) -> Sequence[Movement]:
        asked = listed(subjects)
        rows = {
            *self._session.rows(_MOVES_OF_SUBJECT, subjects=asked, since=since),
            *self._session.rows(_MOVES_OF_CONTAINER, subjects=asked, since=since),
        }
        found: dict[Key, tuple[Row, list[str]]] = {}
        for row in rows:
            _, items = found.setdefault(row[:3], (row, []))
            if row[7]:
                items.append(row[6])
        return [Movement(*row[:6], tuple(sorted(items))) for _, (row, items) in sorted(found.items())]

    def announcements(self, items: Collection[str]) -> Mapping[str, Sequence[Announcement]]:
        found: dict[str, list[Announcement]] = {}
        for row in self._session.rows(_ANNOUNCEMENTS, items=listed(items)):
            found.setdefault(row[3], []).append(Announcement(*row[:6], bool(row[6]), *row[7:]))
        return found

    def add_scans(self, scans: Sequence[tuple[str, OwnScan]]) -> None:
        self._session.many(_ADD_SCANS, [(subject, *scan) for subject, scan in scans])

    def add_announcements(self, announcements: Sequence[Announcement]) -> None:
        self._session.many(
            _ADD_ANNOUNCEMENTS,
            [(item, at, id_, source, *rest) for source, id_, at, item, *rest in announcements],
        )
