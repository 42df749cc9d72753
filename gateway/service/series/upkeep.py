"""Forgetting what no time series needs any more, a little now and then."""

import json
from typing import Final, NamedTuple

from gateway.points import MEASUREMENTS, SAMPLED
from gateway.points.schema import POSITION
from gateway.ports.state import State
from gateway.service.series.writing import Writing
from gateway.tracking.instants import HOUR, MINUTE, Duration, Instant

EVERY: Final = Duration(10 * MINUTE)
LOOKED_AT: Final = 5_000
"""Milestones, and standings, that one unit looks at."""
_SELDOM: Final = Duration(HOUR)
_WALK: Final = "series.forgotten"
"""The meta key of the last milestone looked at."""
_STANDINGS_WALK: Final = "series.standings_forgotten"
"""Likewise of standings: kind and id, as JSON."""
_BEGIN: Final = '["",""]'
_SHORT: Final = frozenset({POSITION.name, *(each.name for each in SAMPLED)})
"""Most of the bulk, and soon of little use."""


class Keep(NamedTuple):
    """How long to keep: facts and what journeys told; positions and what was sampled; what was refused."""

    journeys: Duration
    positions: Duration
    quarantine: Duration


class Upkeep:
    """Forgets in the state store what was told of goods that are forgotten, and old points."""

    def __init__(self, state: State, writing: Writing, keep: Keep) -> None:
        self._state = state
        self._writing = writing
        self._keep = keep
        self._next = Instant(0)
        self._next_points = Instant(0)

    def tidy(self, now: Instant) -> Instant:
        """Look through a part of the milestones and standings, when it is time; says when that is next.

        Raises:
            Unavailable: nothing was forgotten.
        """
        if now >= self._next:
            with self._state.unit() as unit:
                after = int(unit.meta(_WALK) or 0)
                before = Instant(now - self._keep.journeys)
                unit.put_meta(_WALK, str(unit.forget_milestones(after, before, LOOKED_AT) or 0))
                kind, id_ = json.loads(unit.meta(_STANDINGS_WALK) or _BEGIN)
                last = unit.forget_standings((kind, id_), LOOKED_AT)
                unit.put_meta(_STANDINGS_WALK, _BEGIN if last is None else json.dumps(last))
                unit.forget_refused(Instant(now - self._keep.quarantine), LOOKED_AT)
            self._next = Instant(now + EVERY)
        return self._next

    def tidy_points(self, now: Instant) -> Instant:
        """Let the time-series store forget, when it is time; says when that is next.

        Raises:
            Away: it will be told again.
        """
        if now >= self._next_points:
            for name in MEASUREMENTS:
                keep = self._keep.positions if name in _SHORT else self._keep.journeys
                self._writing.forget(name, Instant(now - keep))
            self._next_points = Instant(now + _SELDOM)
        return self._next_points
