"""From marks to milestones: the subjects that intake and deadlines touched are assessed again, and compared.

Needs the state store only, so marks do not wait for a time-series store that is down. Subjects are assessed in a
reader, beside the writer; what changes meanwhile marks them again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import structlog
from pydantic_core import from_json

from gateway.points import Point, Told, told
from gateway.points.schema import time_of
from gateway.ports.projection import Mark, MilestoneRow, Standing
from gateway.ports.rows import SubjectRow
from gateway.ports.state import State, Unavailable, Unit
from gateway.service.known import Known
from gateway.service.series.comparison import Compared, compare, rows_of
from gateway.service.series.standing import standing_of
from gateway.service.series.writing import Left, Writing
from gateway.tracking.assessment import assess
from gateway.tracking.evidence import Moment
from gateway.tracking.instants import Duration, Instant
from gateway.tracking.model import JourneyStatus
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)

MAX_MARKS: Final = 200
MAX_SUBJECTS: Final = 500
"""Subjects of one round."""
PAGE: Final = 2_000
"""Milestones of one write."""
BEGUN: Final = "series.begun"
"""The meta key that says up to whom all goods have been marked once, as JSON; `null` when all are."""
STANDING_AGAIN: Final = "series.standing_again"
"""Likewise, of those whose standings tell more since an upgrade, whose migration begins it; `null` where none did."""
_REMEMBERED: Final = 100_000
"""Subjects of which it is remembered what they told, so that those with nothing new are passed over quickly."""
_STAND_SOMEWHERE: Final = frozenset(
    {JourneyStatus.AT_STOP, JourneyStatus.IN_TRANSIT, JourneyStatus.UNPLANNED}
)


class _Tells(NamedTuple):
    """What one subject tells now, and how it stands."""

    told: Told
    rows: tuple[MilestoneRow, ...]
    standing: Standing | None

    def digest(self) -> int:
        return hash((self.rows, self.told.closed, self.standing))


class _Walk(NamedTuple):
    """Goods that are marked once, page by page: where it has got to, where it begins, and whom it marks."""

    key: str
    begin: str
    marks: Callable[[SubjectRow], bool]


_WALKS: Final = (
    _Walk(BEGUN, '""', lambda _: True),
    _Walk(STANDING_AGAIN, "null", lambda row: row.kind == "container" or row.status in _STAND_SOMEWHERE),
)


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

    def look(self, now: Instant, network: Network, most: int = MAX_SUBJECTS) -> Left:
        """Look at the subjects of some marks: at most so many, but for the last mark's.

        Raises:
            Unavailable: they stay marked.
        """
        if not self._begun:
            self._begin(now, most)
        with self._state.reader() as unit:
            marks = _some(unit.marks(MAX_MARKS), most)
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

    def _begin(self, now: Instant, most: int) -> None:
        """Mark a page of goods: all once, of a gateway that had no time series before, and some after an upgrade."""
        for walk in _WALKS:
            with self._state.reader() as unit:
                after = json.loads(unit.meta(walk.key) or walk.begin)
                page = () if after is None else unit.journeys(after=after or None, limit=most)
            if after is not None:
                with self._state.unit() as unit:
                    unit.mark_journeys([row.id for row in page if walk.marks(row)], now)
                    unit.put_meta(walk.key, json.dumps(page[-1].id if page else None))
            if page:
                return
        self._begun = True

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


def _some(marks: Sequence[Mark], most: int) -> list[Mark]:
    """The first of these, with about so many subjects."""
    found: list[Mark] = []
    subjects: set[str] = set()
    for mark in marks:
        if len(subjects) >= most:
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
