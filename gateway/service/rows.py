"""From assessments to the rows that keep them."""

from collections.abc import Sequence

from gateway.ports.rows import SubjectRow
from gateway.tracking.assessment import Assessment
from gateway.tracking.deviations import Deviation
from gateway.tracking.model import SHARED_KINDS


def is_shared(deviations: Sequence[Deviation]) -> bool:
    """Whether any is of a kind that a container speaks for, or that silences."""
    return any(each.kind in SHARED_KINDS for each in deviations)


def goods_row(assessment: Assessment, memo: str | None, taken: tuple[Deviation, ...]) -> SubjectRow:
    """The row of a return or container; `taken` is re-derived afterwards."""
    trip = assessment.trip
    own = assessment.deviations
    return SubjectRow(
        scope="goods",
        id=assessment.subject.id,
        kind=assessment.subject.kind,
        status=assessment.status,
        stop=assessment.stop,
        route=trip.journey.route.id if trip else None,
        parent=assessment.parent,
        look_again=assessment.look_again,
        own=own,
        taken=taken,
        shared=is_shared(own) or is_shared(taken),
        memo=memo,
    )
