"""Forgetting what nobody needs any more, a bounded piece at a time.

Facts go as events, in the order of their receipt, each with all that was made of it. An event stays as long as
any of the goods that it is evidence of has a journey that hasn't ended: those that it names, and what was in them
at its instant. So does one of a return of which there is younger evidence, for a journey without its beginning
would be another. A walk remembers where it got to, so that what stays is not looked at again each time.
"""

import json
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from gateway.adapters.state import expiry
from gateway.adapters.state.containment import Containment
from gateway.adapters.state.quarantine import Quarantine
from gateway.adapters.state.session import Row
from gateway.adapters.state.statements import listed
from gateway.adapters.state.voiding import POSITIONS_OF, SCANS_OF, forget
from gateway.tracking.evidence import Stay
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key

_LOOKS: Final = 10
"""A call looks at no more than so many times as many events as it may remove."""
_WALK: Final = "state.pruned"
"""The note of where the walk got to: the received_at and seq of the last event looked at."""

Presence = tuple[str, Instant]
"""A return or container at an instant."""


class _Event(NamedTuple):
    """An event on the walk."""

    received_at: Instant
    seq: int
    origin: str
    id: str
    at: Instant

    @property
    def key(self) -> Key:
        return (self.at, self.id, self.origin.partition("/")[2])


class _Made(NamedTuple):
    """What was made of events: rows of whom they name, each with the event's key."""

    scans: list[Row]
    positions: list[Row]
    announcements: list[Row]

    def presences(self) -> set[Presence]:
        return {(who, at) for rows in self for who, at, _, _ in rows}

    def without(self, kept: Collection[Key]) -> "_Made":
        return _Made(*([row for row in rows if row[1:] not in kept] for rows in self))


class Pruning(Containment, Quarantine):
    """Forgets."""

    def prune(self, before: Instant, limit: int) -> int:
        removed = 0
        for statement in expiry.HISTORY:
            removed += self._session.run(statement, before=before, limit=limit - removed)
        return removed + self._walk(before, limit - removed)

    def _walk(self, before: Instant, limit: int) -> int:
        """Look at further old events; at the last of them, begin anew the next time."""
        place: tuple[int, int] = tuple(json.loads(self.meta(_WALK) or "[0,0]"))
        removed = looked = 0
        while removed < limit and looked < _LOOKS * limit:
            rows = self._session.rows(
                expiry.EVENTS, at=place[0], seq=place[1], before=before, limit=limit - removed
            )
            if not rows:
                place = (0, 0)
                break
            found = [_Event(*row) for row in rows]
            looked += len(found)
            removed += self._forget(found, before)
            place = found[-1][:2]
        self.put_meta(_WALK, json.dumps(place))
        return removed

    def _forget(self, found: Collection[_Event], before: Instant) -> int:
        keys = listed([event.key for event in found])
        made = _Made(
            self._session.rows(SCANS_OF, keys=keys),
            self._session.rows(POSITIONS_OF, keys=keys),
            self._session.rows(expiry.ANNOUNCEMENTS_OF, keys=keys),
        )
        kept = self._kept(made, before)
        gone = [event for event in found if event.key not in kept]
        if gone:
            self._remove(gone, made.without(kept), before)
        return len(gone)

    def _kept(self, made: _Made, before: Instant) -> set[Key]:
        """The keys of the events that are evidence of something alive."""
        held = self._held(made.presences())
        alive = {
            row[0]
            for row in self._session.rows(
                expiry.ALIVE,
                ids=listed({who for who, _ in held}),
                under_way=expiry.UNDER_WAY,
                before=before,
            )
        }
        kept = {presence for presence in held if presence[0] in alive}
        while more := {each for each, inner in held.items() if each not in kept and inner & kept}:
            kept |= more
        return {(at, id_, by) for rows in made for who, at, id_, by in rows if (who, at) in kept}

    def _held(self, presences: Iterable[Presence]) -> dict[Presence, set[Presence]]:
        """What was in each, and in that, and so on, at its instant."""
        held: dict[Presence, set[Presence]] = {}
        level = set(presences)
        while level:
            contents = self.contents({who for who, _ in level}, min(at for _, at in level))
            for who, at in level:
                held[who, at] = {(stay.item, at) for stay in contents.get(who, ()) if _covers(stay, at)}
            level = {inner for each in level for inner in held[each]} - held.keys()
        return held

    def _remove(self, gone: Collection[_Event], made: _Made, before: Instant) -> None:
        session = self._session
        keys = listed([event.key for event in gone])
        named = {who for who, _ in made.presences()}
        inside = {stay.container for each in self.stays(named).values() for stay in each}
        forget(session, made.scans, made.positions)
        session.many(expiry.REMOVE_ANNOUNCEMENTS, made.announcements)
        session.many(expiry.REMOVE_VISITS, [(who, at, by) for who, at, _, by in made.positions])
        session.run(expiry.REMOVE_STAYS, items=listed(named), keys=keys, before=before)
        session.run(expiry.REMOVE_UNPACKINGS, containers=listed(named | inside), keys=keys)
        devices = {event.key[2] for event in gone}
        session.run(expiry.REMOVE_BATTERIES, devices=listed(devices), upto=max(event.at for event in gone))
        session.many(expiry.REMOVE_VOIDS, [(event.origin, event.id) for event in gone])
        session.many(
            expiry.REMOVE_MENTIONS,
            [(event.key[2], event.id) for event in gone if event.origin.startswith("device/")],
        )
        session.many(expiry.REMOVE_EVENTS, [(event.seq,) for event in gone])
        session.run(expiry.REMOVE_SUBJECTS, ids=listed(named))


def _covers(stay: Stay, at: Instant) -> bool:
    return stay.since[0] <= at and (stay.until is None or at <= stay.until[0])
