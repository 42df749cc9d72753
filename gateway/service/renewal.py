"""Deriving anew what a changed network changes, page by page between the writer's batches: goods, then quarantine.

What trips over a bug of ours on the way is set aside, so that the rest is renewed. Which network is in force, and
where it comes from, is not known here.
"""

import traceback
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

import structlog

from gateway.ports.line import Clock
from gateway.ports.rows import SubjectRow
from gateway.ports.state import State, Unavailable, Unit
from gateway.service import reload
from gateway.service.admission import Terrain
from gateway.service.deadlines import set_aside
from gateway.service.quarantine import HELD, Cured, Retried, retry_curable
from gateway.service.settle import Settled

_LOG = structlog.get_logger(__name__)

RETRIED = 100
"""How many entries of quarantine one unit looks at."""


class Progress(Enum):
    """How far renewing is."""

    IDLE = auto()
    """There was nothing to do."""
    UNDER_WAY = auto()
    DONE = auto()


class Renewed(NamedTuple):
    """What a round of renewing came to, and what settled in it."""

    progress: Progress
    settled: Sequence[Settled] = ()


class _Stage(Enum):
    CONTAINERS = auto()
    GOODS = auto()
    QUARANTINE = auto()


_NEXT = {_Stage.CONTAINERS: _Stage.GOODS, _Stage.GOODS: _Stage.QUARANTINE}


class Renewal:
    """Begin it with a network, then call `step` until it is done; begun again, it starts over."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._terrain: Terrain | None = None
        self._stage = _Stage.CONTAINERS
        self._after: str | None = None

    def begin(self, terrain: Terrain) -> None:
        self._terrain, self._stage, self._after = terrain, _Stage.CONTAINERS, None

    def step(self) -> Renewed:
        """Do one page.

        Raises:
            Unavailable: the page is the next again; doing it twice does no harm.
        """
        terrain = self._terrain
        if terrain is None:
            return Renewed(Progress.IDLE)
        if self._stage is not _Stage.QUARANTINE:
            if self._stage is _Stage.CONTAINERS and self._after is None:
                with self._state.unit() as unit:
                    reload.remember(unit, terrain.network)
            page = self._goods(terrain)
            self._after = page[-1].id if len(page) == reload.PAGE else None
            if self._after is None:
                self._stage = _NEXT[self._stage]
            return Renewed(Progress.UNDER_WAY)
        cured = self._quarantine(terrain)
        self._after = cured.after
        if cured.after is None:
            with self._state.unit() as unit:
                unit.put_meta(reload.DIGEST, reload.digest(terrain.network))
            self._terrain = None
        if cured.accepted:
            _LOG.info("quarantine_cured", entries=len(cured.accepted))
        settled = [each.settled for each in cured.accepted if each.settled is not None]
        return Renewed(Progress.UNDER_WAY if self._terrain else Progress.DONE, settled)

    def _goods(self, terrain: Terrain) -> Sequence[SubjectRow]:
        try:
            with self._state.unit() as unit:
                page = unit.journeys(after=self._after, limit=reload.PAGE)
                self._renew(unit, terrain, page)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # a bug of ours: find the row at fault, set it aside, renew the others
            _LOG.exception("renewal_failed", remedy="what is on the page is renewed one by one")
            return self._goods_one_by_one(terrain)
        return page

    def _renew(self, unit: Unit, terrain: Terrain, rows: Sequence[SubjectRow]) -> None:
        if self._stage is _Stage.CONTAINERS:
            reload.derive_again(unit, terrain, rows)
        else:
            reload.make_due(unit, rows, self._clock.now())

    def _goods_one_by_one(self, terrain: Terrain) -> Sequence[SubjectRow]:
        with self._state.reader() as reader:
            page = reader.journeys(after=self._after, limit=reload.PAGE)
        for row in page:
            try:
                with self._state.unit() as unit:
                    self._renew(unit, terrain, [row])
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 # the row at fault: kept with its traceback until its next evidence
                _LOG.exception("journey_set_aside", subject=row.id)
                with self._state.unit() as unit:
                    set_aside(unit, row, traceback.format_exc())
        return page

    def _quarantine(self, terrain: Terrain) -> Cured:
        try:
            return self._retried(terrain, self._after, RETRIED)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # a bug of ours: find the entry at fault, leave it, retry the others
            _LOG.exception("retry_failed", remedy="the entries of the page are retried one by one")
            return self._retried_one_by_one(terrain)

    def _retried(self, terrain: Terrain, after: str | None, limit: int) -> Cured:
        with self._state.unit() as unit:
            return retry_curable(unit, terrain, self._clock.now(), after, limit)

    def _retried_one_by_one(self, terrain: Terrain) -> Cured:
        with self._state.reader() as reader:
            page = reader.list_quarantine(status=HELD, after=self._after, limit=RETRIED)
        accepted: list[Retried] = []
        before = self._after
        for entry in page:
            try:
                accepted += self._retried(terrain, before, 1).accepted
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 # the entry at fault: it stays in quarantine, where it can be seen
                _LOG.exception("entry_not_retried", entry=entry.id)
            before = entry.id
        return Cured(accepted, page[-1].id if len(page) == RETRIED else None)
