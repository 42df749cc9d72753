"""What the state store knows at the end of the week, worked out from its facts once more and not from any point."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gateway.points import Milestone, told
from gateway.ports.rows import AlertRow
from gateway.service.known import Known
from gateway.tracking.assessment import Assessment, assess
from gateway.tracking.evidence import Moment
from gateway.tracking.model import JourneyStatus
from tests.dashboards.week import Week

_ALL = 10**9


class Truth(NamedTuple):
    """All journeys and open alerts; and what all trips tell, each with the kind of its subject."""

    assessments: Sequence[Assessment]
    alerts: Sequence[AlertRow]
    milestones: Sequence[tuple[str, Milestone]]

    def open(self, *kinds: str, route: str | None = None) -> int:
        """How many alerts of these kinds are open; of one route if it is named."""
        return sum(
            row.deviation.kind.value in kinds and (route is None or row.route == route) for row in self.alerts
        )

    def under_way(self, status: JourneyStatus) -> int:
        return sum(each.status is status for each in self.assessments)

    def told(self, measurement: str, wanted: Callable[[Milestone], bool] = lambda _: True) -> list[Milestone]:
        """The milestones of a measurement."""
        return [each for _, each in self.milestones if each.measurement == measurement and wanted(each)]


def truth_of(week: Week) -> Truth:
    """All of it, as of the end of the week; of milestones, those within the week."""
    with week.state.reader() as unit:
        rows = unit.journeys(after=None, limit=_ALL)
        known = Known(unit, week.network)
        known.name_rows(rows)
        moment = Moment(known, week.network, week.end)
        found = [assess(row.id, moment) for row in rows]
        alerts = unit.list_alerts(resolved=False, after=None, limit=_ALL)
        milestones = [
            (each.subject.kind, milestone)
            for each in found
            for milestone in told(each, known.announcements(each.subject.id), week.network).milestones
            if week.start <= milestone.at <= week.end
        ]
    return Truth(found, alerts, milestones)


def percentile(values: Iterable[float], share: int) -> float:
    """As InfluxQL defines it: the value at that rank, the nearest one."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * share / 100 + 0.5) - 1]


def mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)
