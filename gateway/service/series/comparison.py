"""What a subject's journeys tell now, against what was told before: what is new, otherwise, or to be taken back.

Where facts have been pruned, journeys tell less than they did: what was told of trips older than facts are kept
stays as it was, and what is left of such a trip tells nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic_core import from_json, to_json

from gateway.points import Milestone, Told
from gateway.points.schema import JOURNEY_END
from gateway.ports.projection import MilestoneRow
from gateway.tracking.instants import Instant

_Key = tuple[object, ...]


class Compared(NamedTuple):
    """Rows to be put, and how many trips have been completed by all that is told."""

    put: Sequence[MilestoneRow]
    turns: int


def rows_of(subject: str, told: Told) -> list[MilestoneRow]:
    """What is told now, as rows that are not stored yet."""
    return [_row(subject, each) for each in told.milestones]


def compare(
    stored: Sequence[MilestoneRow], now: Sequence[MilestoneRow], told: Told, horizon: Instant
) -> Compared:
    """Compare the rows of one subject; facts received before `horizon` may have been pruned.

    A row stays itself (its number, and so its point) while its measurement, instant and tags do, and the fields that
    it has: a store keeps those that are not written again.
    """
    earliest = min(told.begins | told.closed, default=horizon)
    pruned = {row.begin for row in stored if row.begin < min(horizon, earliest)}
    final = pruned | told.closed
    remains_until = max((row.at for row in stored if row.begin in pruned), default=None)
    whole = [row for row in now if remains_until is None or row.begin > remains_until]
    standing = [row for row in stored if row.begin in final and row.n]
    open_ = [row for row in stored if row.begin not in final]
    return Compared(_changes(open_, whole), sum(map(_is_turn, standing + whole)))


def _changes(stored: Sequence[MilestoneRow], now: Sequence[MilestoneRow]) -> list[MilestoneRow]:
    """What leads from rows that may change to what is told now."""
    known: dict[_Key, list[MilestoneRow]] = {}
    for row in sorted(stored, key=lambda row: row.n):
        known.setdefault(_key(row), []).append(row)
    otherwise: list[MilestoneRow] = []
    for row in now:
        same = known.get(_key(row), [])
        as_it_was = next((each for each in same if _says(each) == _says(row)), None)
        if as_it_was is None:
            otherwise.append(row)
        else:
            same.remove(as_it_was)
    put: list[MilestoneRow] = []
    for row in otherwise:
        same = known.get(_key(row), [])
        before = same.pop() if same else None
        put.append(row if before is None else row._replace(seq=before.seq, version=before.version + 1))
    for rows in known.values():
        put += [row._replace(n=0, version=row.version + 1) for row in rows if row.n]
    return put


def _row(subject: str, milestone: Milestone) -> MilestoneRow:
    return MilestoneRow(
        subject,
        milestone.begin,
        milestone.measurement,
        milestone.at,
        to_json(milestone.tags).decode(),
        to_json(milestone.fields).decode(),
    )


def _key(row: MilestoneRow) -> _Key:
    return (row.measurement, row.at, row.tags, *from_json(row.fields))


def _is_turn(row: MilestoneRow) -> bool:
    return row.measurement == JOURNEY_END.name and from_json(row.tags)["outcome"] == "completed"


def _says(row: MilestoneRow) -> tuple[Instant, str, int]:
    return (row.begin, row.fields, row.n)
