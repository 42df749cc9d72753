"""Mistakes taken back: which events are void, and what they had said taken out of the evidence."""

from collections.abc import Collection, Sequence

from sqlalchemy import Table, select

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import batteries, events, excursions, positions, scans, voids
from gateway.adapters.state.session import Row, Session
from gateway.adapters.state.statements import Statement, adding, listed, removing, rows_of
from gateway.ports.rows import Identity, Voided
from gateway.tracking.model import Key

_asked = rows_of("identities")
_VOIDED = Statement(
    select(voids.c.origin, voids.c.id).select_from(
        _asked.source.join(voids, (voids.c.origin == _asked.text(0)) & (voids.c.id == _asked.text(1)))
    )
)
_AT = Statement(
    select(events.c.at, events.c.id, events.c.origin).select_from(
        _asked.source.join(events, (events.c.origin == _asked.text(0)) & (events.c.id == _asked.text(1)))
    )
)


def of_events(table: Table, named: str, by: str = "device") -> Statement:
    """Whom the events of the parameter `keys` name: (who, at, id, device or source)."""
    keys = rows_of("keys")
    at, id_, origin = table.c.at, table.c.id, table.c[by]
    same = (at == keys.whole(0)) & (id_ == keys.text(1)) & (origin == keys.text(2))
    return Statement(select(table.c[named], at, id_, origin).select_from(keys.source.join(table, same)))


SCANS_OF = of_events(scans, "subject")
POSITIONS_OF = of_events(positions, "container")
_ADD_VOIDS = adding(voids, if_new=True)
_REMOVE_SCANS = removing(scans, "subject", "at", "id", "device")
_REMOVE_POSITIONS = removing(positions, "container", "at", "id", "device")
_REMOVE_EXCURSIONS = removing(excursions, "container", "at", "id", "device")
_REMOVE_BATTERIES = removing(batteries, "device", "at", "id")


class Voiding(Part):
    """Events that count for nothing."""

    def voided(self, identities: Collection[Identity]) -> set[Identity]:
        rows = self._session.rows(_VOIDED, identities=listed(identities))
        return {Identity(origin, id_) for origin, id_ in rows}

    def add_voids(self, identities: Collection[Identity]) -> None:
        self._session.many(_ADD_VOIDS, list(identities))

    def void(self, identities: Collection[Identity]) -> Sequence[Voided]:
        """An event is found by its instant, which `events` knows."""
        known = self._session.rows(_AT, identities=listed(identities))
        keys = [(at, id_, origin.partition("/")[2]) for at, id_, origin in known]
        if not keys:
            return []
        asked = listed(keys)
        scans = self._session.rows(SCANS_OF, keys=asked)
        positions = self._session.rows(POSITIONS_OF, keys=asked)
        forget(self._session, scans, positions)
        self._session.many(_REMOVE_BATTERIES, [(device, at, id_) for at, id_, device in keys])
        named: dict[Key, list[str]] = {}
        for subject, *key in scans:
            named.setdefault((key[0], key[1], key[2]), []).append(subject)
        found = [Voided(key[0], tuple(subjects), None, is_position=False) for key, subjects in named.items()]
        return found + [Voided(at, (), container, is_position=True) for container, at, _, _ in positions]


def forget(session: Session, scans: Sequence[Row], positions: Sequence[Row]) -> None:
    """Remove rows that `SCANS_OF` and `POSITIONS_OF` found, and the positions' readings."""
    session.many(_REMOVE_SCANS, scans)
    session.many(_REMOVE_POSITIONS, positions)
    session.many(_REMOVE_EXCURSIONS, positions)
