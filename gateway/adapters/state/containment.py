"""Stays of items in containers, and unpackings, as the rules derived them."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import NEVER, stays, unpackings
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import Statement, among, listed, putting, removing
from gateway.tracking.evidence import Over, Stay, Unpacking
from gateway.tracking.instants import Instant

_stay: Select[Any] = select(
    stays.c.item,
    stays.c.container,
    stays.c.since_at,
    stays.c.since_id,
    stays.c.since_device,
    stays.c.until_at,
    stays.c.until_id,
    stays.c.until_device,
    stays.c.blind_site,
)
_begun = (stays.c.since_at, stays.c.since_id, stays.c.since_device)
_STAYS = Statement(_stay.where(stays.c.item.in_(among("items"))).order_by(stays.c.item, *_begun))
_CONTENTS = Statement(
    _stay.where(stays.c.container.in_(among("containers")), stays.c.until_at >= bindparam("since")).order_by(
        *_begun, stays.c.item
    )
)
_UNPACKINGS = Statement(
    select(
        unpackings.c.container,
        unpackings.c.site,
        unpackings.c.begin_at,
        unpackings.c.begin_id,
        unpackings.c.begin_device,
        unpackings.c.body,
    )
    .where(unpackings.c.container.in_(among("containers")))
    .order_by(
        unpackings.c.container,
        unpackings.c.begin_at,
        unpackings.c.begin_id,
        unpackings.c.begin_device,
        unpackings.c.site,
    )
)
_REMOVE_STAYS = removing(stays, "item", "since_at", "since_id", "since_device")
_PUT_STAYS = putting(stays)
_REMOVE_UNPACKINGS = removing(unpackings, "container", "begin_at", "begin_id", "begin_device", "site")
_PUT_UNPACKINGS = putting(unpackings)

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Containment(Part):
    """Who was in what, and what was unpacked."""

    def stays(self, items: Collection[str]) -> Mapping[str, Sequence[Stay]]:
        found: dict[str, list[Stay]] = {}
        for row in self._session.rows(_STAYS, items=listed(items)):
            found.setdefault(row[0], []).append(_read_stay(row))
        return found

    def contents(self, containers: Collection[str], since: Instant) -> Mapping[str, Sequence[Stay]]:
        found: dict[str, list[Stay]] = {}
        for row in self._session.rows(_CONTENTS, containers=listed(containers), since=since):
            found.setdefault(row[1], []).append(_read_stay(row))
        return found

    def unpackings(self, containers: Collection[str]) -> Mapping[str, Sequence[Unpacking]]:
        found: dict[str, list[Unpacking]] = {}
        for row in self._session.rows(_UNPACKINGS, containers=listed(containers)):
            found.setdefault(row[0], []).append(_read_unpacking(row))
        return found

    def replace_stays(self, old: Collection[Stay], new: Collection[Stay]) -> None:
        self._session.many(_REMOVE_STAYS, [(stay.item, *stay.since) for stay in old])
        self._session.many(_PUT_STAYS, [_stay_row(stay) for stay in new])

    def replace_unpackings(self, old: Collection[Unpacking], new: Collection[Unpacking]) -> None:
        self._session.many(_REMOVE_UNPACKINGS, [(each.container, *each.begin, each.site) for each in old])
        self._session.many(
            _PUT_UNPACKINGS, [(each.container, *each.begin, each.site, _encode(each[3:])) for each in new]
        )


def _read_stay(row: Row) -> Stay:
    item, container, since_at, since_id, since_device, until_at, until_id, until_device, blind_site = row
    since = (since_at, since_id, since_device)
    until = None if until_at == NEVER else (until_at, until_id, until_device)
    return Stay(item, container, since, until, blind_site)


def _stay_row(stay: Stay) -> Row:
    until = (NEVER, None, None) if stay.until is None else stay.until
    return (stay.item, *stay.since, stay.container, *until, stay.blind_site)


def _read_unpacking(row: Row) -> Unpacking:
    container, site, at, id_, device, body = row
    scans, all_out, over = json.loads(body)
    return Unpacking(
        container,
        site,
        (at, id_, device),
        tuple((at, id_, device) for at, id_, device in scans),
        None if all_out is None else (all_out[0], all_out[1], all_out[2]),
        tuple(Over(*each) for each in over),
    )
