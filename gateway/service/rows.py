"""From assessments to the rows that keep them."""

from collections.abc import Sequence

from gateway.ports.rows import SubjectRow
from gateway.tracking.assessment import Assessment
from gateway.tracking.deviations import Deviation
from gateway.tracking.model import SHARED_KINDS


def is_shared(deviations: Sequence[Deviation]) -> bool:
    """Whether any is of a kind that a container speaks for, or that silences."""
    return bool(deviations) and any(each.kind in SHARED_KINDS for each in deviations)


def goods_row(assessment: Assessment, memo: str | None, taken: tuple[Deviation, ...]) -> SubjectRow:
    """The row of a return or container; `taken` is re-derived afterwards."""
    subject, own = assessment.subject, assessment.deviations
    return SubjectRow(
        "goods",
        subject.id,
        subject.kind,
        assessment.status,
        assessment.stop,
        assessment.trips[-1].journey.route.id if assessment.trips else None,
        assessment.parent,
        assessment.look_again,
        own,
        taken,
        is_shared(own) or is_shared(taken),
        memo,
    )
