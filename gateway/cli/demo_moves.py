"""What moves, for the demo's view: the journeys that changed since the last look, and where they are now.

Reads the state store as any command does. Knows nothing of how a move is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.tracking.model import JourneyStatus
from gateway.tracking.plan import Network

_PAGE: Final = 500
_MOST: Final = 60
"""Moves of one look that are worth telling; more than a screen shows."""
_NOT_SEEN: Final = frozenset({JourneyStatus.ANNOUNCED, JourneyStatus.CANCELLED, None})


class Move(NamedTuple):
    """A journey that has moved: `site` is where it was last scanned, itself or in `inside`; `onward` where it goes."""

    id: str
    route: str
    status: JourneyStatus
    inside: str
    site: str
    onward: str


Where = tuple[JourneyStatus | None, int | None, str | None]


class Moves:
    """Journeys as they stood at the last look."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._known: dict[str, Where] = {}

    def since_last(self, unit: Unit) -> tuple[Sequence[SubjectRow], Sequence[Move]]:
        """All journeys, and what has moved since the last look."""
        rows = list(_journeys(unit))
        places = {row.id: (row.status, row.stop, row.parent) for row in rows}
        moved = [row for row in rows if self._known.get(row.id) != places[row.id]]
        self._known = places
        seen = [row for row in moved if row.status not in _NOT_SEEN][-_MOST:]
        return rows, self._told(unit, seen)

    def _told(self, unit: Unit, rows: Sequence[SubjectRow]) -> list[Move]:
        sites = _sites(unit, rows)
        return [
            Move(
                row.id,
                row.route or "",
                row.status,
                row.parent or "",
                sites.get(row.id, (0, ""))[1],
                self._onward(row),
            )
            for row in sorted(rows, key=lambda row: sites.get(row.id, (0, ""))[0])
            if row.status is not None
        ]

    def _onward(self, row: SubjectRow) -> str:
        """The sites of the stop that comes next, optional ones left out."""
        route = self._network.routes.get(row.route or "")
        if route is None or row.stop is None:
            return ""
        ahead = (stop for stop in route.stops[row.stop + 1 :] if not stop.optional)
        return " or ".join(next((stop.sites for stop in ahead), ()))


def _journeys(unit: Unit) -> Iterable[SubjectRow]:
    after: str | None = None
    while page := unit.journeys(after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def _sites(unit: Unit, rows: Sequence[SubjectRow]) -> Mapping[str, tuple[int, str]]:
    """When and where each was last scanned, by itself or as a container that it is in."""
    named = {row.id for row in rows} | {row.parent for row in rows if row.parent is not None}
    newest = {
        subject: max((scan.at, scan.site) for scan in scans)
        for subject, scans in unit.scans(named).items()
        if scans
    }
    found = {}
    for row in rows:
        known = [newest[id_] for id_ in (row.id, row.parent) if id_ in newest]
        if known:
            found[row.id] = max(known)
    return found
