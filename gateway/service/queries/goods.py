"""Returns and containers as a list: which are asked for, by what index they are found, a page of them.

What is under way is found by what the projection last kept of it, and then held against the row as it is now; so a
journey that has just changed may be listed a moment late, but never with a status that it has not.
"""

from collections.abc import Callable, Sequence
from heapq import merge
from itertools import islice, takewhile
from typing import Final, NamedTuple

from gateway.ports.desk import By, DeskUnit
from gateway.ports.projection import Standing
from gateway.ports.rows import SubjectRow
from gateway.service.queries.paging import Page, collected
from gateway.tracking.model import JourneyStatus, Kind, SubjectKind

UNDER_WAY: Final = (
    JourneyStatus.ANNOUNCED,
    JourneyStatus.AT_STOP,
    JourneyStatus.IN_TRANSIT,
    JourneyStatus.OFF_PLAN,
)

EXPECTED: Final = (JourneyStatus.AT_STOP, JourneyStatus.IN_TRANSIT)
"""What has a next stop: it is on the way there, or is to go there from where it is."""

_Ids = Callable[[str, int], Sequence[str]]
"""Ids after one, at most so many, in their order."""


class Wanted(NamedTuple):
    """Which goods are asked for; what is None or empty asks for nothing.

    `site` is where they are, `expected_at` a site of their next stop, `q` how an id begins.
    """

    kind: SubjectKind
    statuses: Sequence[JourneyStatus] = ()
    route: str | None = None
    site: str | None = None
    deviations: Sequence[Kind] = ()
    container: str | None = None
    q: str | None = None
    expected_at: str | None = None


class Listed(NamedTuple):
    """One of them: its row, and how it stood when the projection last looked."""

    row: SubjectRow
    standing: Standing | None


def goods(unit: DeskUnit, wanted: Wanted, after: str | None, limit: int) -> Page[Listed]:
    """A page of goods by id."""
    ids = _ids(unit, wanted)

    def read(key: str | None, count: int) -> Sequence[Listed]:
        page = ids(key or "", count)
        rows, standings = unit.subjects("goods", page), unit.standings(page)
        return [Listed(rows.get(id_) or _gone(id_), standings.get(id_)) for id_ in page]

    return collected(read, lambda each: each.row.id, lambda each: _matches(each, wanted), after, limit)


def _matches(each: Listed, wanted: Wanted) -> bool:
    row = each.row
    site = each.standing.site if each.standing else None
    held = {deviation.kind for deviation in row.own + row.taken}
    return (
        row.kind == wanted.kind
        and (not wanted.statuses or row.status in wanted.statuses)
        and (wanted.route is None or row.route == wanted.route)
        and (wanted.site is None or site == wanted.site)
        and (wanted.expected_at is None or _is_expected(each, wanted.expected_at))
        and (not wanted.deviations or not held.isdisjoint(wanted.deviations))
        and (wanted.container is None or row.parent == wanted.container)
        and (wanted.q is None or row.id.startswith(wanted.q))
    )


def _is_expected(each: Listed, site: str) -> bool:
    """Whether it still stands as it did when that was its next stop."""
    standing = each.standing
    return standing is not None and each.row.status == standing.status and site in standing.expected_sites


def _gone(id_: str) -> SubjectRow:
    """Stands in for what the projection has yet to forget: a device, which no list of goods has."""
    return SubjectRow("goods", id_, "device")


def _ids(unit: DeskUnit, wanted: Wanted) -> _Ids:
    """The way to them that passes by the fewest others."""
    if wanted.q is not None:
        return _beginning(unit, wanted.kind, wanted.q)
    if wanted.container is not None:
        members = sorted(row.id for row in unit.members((wanted.container,), shared=False))
        return lambda after, limit: list(islice((each for each in members if each > after), limit))
    if wanted.expected_at is not None:
        statuses = [each for each in EXPECTED if not wanted.statuses or each in wanted.statuses]
        return _merged([_expected(unit, wanted.expected_at, wanted.kind, status) for status in statuses])
    if wanted.site is not None:
        return _standing(unit, By.SITE, wanted.site, wanted.kind)
    if wanted.deviations:
        return _merged([_deviating(unit, kind) for kind in dict.fromkeys(wanted.deviations)])
    if wanted.route is not None:
        under_way = _standing(unit, By.ROUTE, wanted.route, wanted.kind)
        return _merged([under_way, _ended(unit, By.ROUTE, wanted.route)])
    if wanted.statuses:
        return _merged(
            [
                _standing(unit, By.STATUS, status.value, wanted.kind)
                if status in UNDER_WAY
                else _ended(unit, By.STATUS, status.value)
                for status in dict.fromkeys(wanted.statuses)
            ]
        )
    return lambda after, limit: unit.goods_ids(wanted.kind, after, limit)


def _standing(unit: DeskUnit, by: By, value: str, kind: SubjectKind) -> _Ids:
    return lambda after, limit: unit.standing_ids(by, value, kind, after, limit)


def _expected(unit: DeskUnit, site: str, kind: SubjectKind, status: JourneyStatus) -> _Ids:
    return lambda after, limit: unit.expected_ids(site, kind, status, after, limit)


def _deviating(unit: DeskUnit, kind: Kind) -> _Ids:
    return lambda after, limit: unit.deviating_ids(kind, after, limit)


def _ended(unit: DeskUnit, by: By, value: str) -> _Ids:
    return lambda after, limit: unit.ended_ids(by, value, after, limit)


def _beginning(unit: DeskUnit, kind: SubjectKind, beginning: str) -> _Ids:
    def ids(after: str, limit: int) -> Sequence[str]:
        itself = [beginning] if after < beginning and unit.subjects("goods", (beginning,)) else []
        following = unit.goods_ids(kind, max(after, beginning), limit - len(itself))
        return itself + list(takewhile(lambda id_: id_.startswith(beginning), following))

    return ids


def _merged(ways: Sequence[_Ids]) -> _Ids:
    def ids(after: str, limit: int) -> Sequence[str]:
        together = merge(*(way(after, limit) for way in ways))
        return list(islice(dict.fromkeys(together), limit))

    return ids


def worst(row: SubjectRow) -> str | None:
    """The worst severity of its deviations, in a word; None where nothing is amiss."""
    held = row.own + row.taken
    return max(held, key=lambda each: each.severity).severity.word if held else None
