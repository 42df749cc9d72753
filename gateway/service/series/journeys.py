"""From marks to milestones: the subjects that intake and deadlines touched are assessed again, and compared.

Needs the state store only, so marks do not wait for a time-series store that is down. Subjects are assessed in a
reader, beside the writer; what changes meanwhile marks them again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import structlog
from pydantic_core import from_json

from gateway.points import Point, Told, told
from gateway.points.schema import time_of
from gateway.ports.projection import Mark, MilestoneRow, Standing
from gateway.ports.state import State, Unavailable, Unit
from gateway.service.known import Known
from gateway.service.series.comparison import Compared, compare, rows_of
from gateway.service.series.standing import standing_of
from gateway.service.series.writing import Left, Writing
from gateway.tracking.assessment import assess
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import Duration, Instant
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)

MAX_MARKS: Final = 200
MAX_SUBJECTS: Final = 500
"""Subjects of one round, but for the last mark's."""
PAGE: Final = 2_000
"""Milestones of one write."""
BEGUN: Final = "series.begun"
"""The meta key that says up to whom all goods have been marked once, as JSON; `null` when all are."""
_REMEMBERED: Final = 100_000
"""Subjects of which it is remembered what they told, so that those with nothing new are passed over quickly."""


class _Tells(NamedTuple):
    """What one subject tells now, and how it stands."""

    told: Told
    rows: tuple[MilestoneRow, ...]
    standing: Standing | None

    def digest(self) -> int:
        return hash((self.rows, self.told.closed, self.standing))


class Journeys:
    """Looks at marked subjects. `keep` is how long facts are kept."""

    def __init__(self, state: State, writing: Writing, keep: Duration) -> None:
        self._state = state
        self._writing = writing
        self._keep = keep
        self._remembered: dict[str, int] = {}
        self._begun = False

    def forget(self) -> None:
        """Somebody else may be doing this meanwhile."""
        self._remembered.clear()

    def look(self, now: Instant, network: Network) -> Left:
        """Look at the subjects of some marks.

        Raises:
            Unavailable: they stay marked.
        """
        if not self._begun:
            self._begin(now)
        with self._state.reader() as unit:
            marks = _some(unit.marks(MAX_MARKS))
            if not marks:
                return Left.NOTHING if self._begun else Left.MORE
            # The clock may have been set back since; what the writer knew then must be known here too.
            at = max(now, *(mark.at for mark in marks))
            found = self._assess(unit, marks, network, at)
            stored = unit.milestones(found)
        horizon = Instant(at - self._keep)
        compared = {
            subject: compare(stored.get(subject, ()), tells.rows, tells.told, horizon)
            for subject, tells in found.items()
        }
        with self._state.unit() as unit:
            _put(unit, found, compared)
            unit.unmark([mark.seq for mark in marks])
        if len(self._remembered) > _REMEMBERED:
            self._remembered.clear()
        self._remembered.update((subject, tells.digest()) for subject, tells in found.items())
        return Left.MORE

    def deliver(self, now: Instant) -> Left:
        """Write milestones that the time-series store does not know as they are.

        Raises:
            Unavailable: they stay untold.
        """
        with self._state.reader() as unit:
            rows = unit.untold(PAGE)
        if not rows:
            return Left.NOTHING
        self._writing.write([point_of(row) for row in rows], now)
        with self._state.unit() as unit:
            unit.told(rows)
        return Left.MORE if len(rows) == PAGE else Left.NOTHING

    def _begin(self, now: Instant) -> None:
        """Mark all goods once, page by page: of a gateway that had no time series before."""
        with self._state.reader() as unit:
            after = json.loads(unit.meta(BEGUN) or '""')
            page = () if after is None else unit.journeys(after=after or None, limit=MAX_SUBJECTS)
        self._begun = not page
        if after is not None:
            with self._state.unit() as unit:
                unit.mark_journeys([row.id for row in page], now)
                unit.put_meta(BEGUN, json.dumps(page[-1].id if page else None))

    def _assess(self, unit: Unit, marks: Sequence[Mark], network: Network, now: Instant) -> dict[str, _Tells]:
        """What those tell that tell something else than last time."""
        subjects = list(dict.fromkeys(subject for mark in marks for subject in mark.subjects))
        known = Known(unit, network)
        known.prefetch(subjects)
        moment = Moment(known, network, now)
        found: dict[str, _Tells] = {}
        for subject in subjects:
            try:
                tells = _tells(subject, moment)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 # a bug of ours in one journey must not stop the others (invariant 2)
                _LOG.exception("journey_not_told", subject=subject, remedy="what it told before stands")
                continue
            if self._remembered.get(subject) != tells.digest():
                found[subject] = tells
        return found


def point_of(row: MilestoneRow) -> Point:
    """The point of a milestone: at its instant, with its own number, and `n` as it counts now."""
    fields = {"n": row.n, **from_json(row.fields)}
    return Point(row.measurement, from_json(row.tags), fields, time_of(row.at, row.seq))


def _some(marks: Sequence[Mark]) -> list[Mark]:
    """The first of these, with about `MAX_SUBJECTS` subjects."""
    found: list[Mark] = []
    subjects: set[str] = set()
    for mark in marks:
        if len(subjects) >= MAX_SUBJECTS:
            break
        found.append(mark)
        subjects.update(mark.subjects)
    return found


def _tells(subject: str, moment: Moment) -> _Tells:
    assessment = assess(subject, moment)
    now = told(assessment, moment.evidence.announcements(subject), moment.network)
    return _Tells(now, tuple(rows_of(subject, now)), standing_of(assessment, moment.network))


def _put(unit: Unit, found: Mapping[str, _Tells], compared: Mapping[str, Compared]) -> None:
    unit.put_milestones([row for each in compared.values() for row in each.put])
    unit.put_standings(
        [
            tells.standing._replace(turns=compared[subject].turns)
            for subject, tells in found.items()
            if tells.standing is not None
        ]
    )
    unit.drop_standings([subject for subject, tells in found.items() if tells.standing is None])
