"""What is to be delivered, lane by lane."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, func, select, update

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import outbox
from gateway.adapters.state.statements import Bulk, Statement, adding, fields, removing
from gateway.ports.rows import OutboxRow
from gateway.tracking.instants import Instant

_DUE = Statement(
    fields(outbox, *OutboxRow._fields)
    .where(
        outbox.c.lane == bindparam("lane"),
        # An expression, so that rows are walked in their order: after a day of an unreachable receiver nearly all
        # of a million are due, and finding those by `due_at` would mean sorting them for each handful.
        outbox.c.due_at + 0 <= bindparam("now"),
    )
    .order_by(outbox.c.seq)
    .limit(bindparam("limit"))
)
_NEXT = Statement(select(func.min(outbox.c.due_at)).where(outbox.c.lane == bindparam("lane")))
_SIZES = Statement(select(outbox.c.lane, func.count()).group_by(outbox.c.lane))
_PUT = adding(outbox)
_DELIVERED = removing(outbox, "seq")
_POSTPONE = Bulk(
    lambda _: update(outbox).where(outbox.c.seq == bindparam("of")).values(due_at=bindparam("until")),
    ("until", "of"),
)


class Outbox(Part):
    """Rows that wait."""

    def put_outbox(self, rows: Sequence[OutboxRow]) -> None:
        self._session.many(_PUT, [row[:4] for row in rows])

    def outbox(self, lane: str, now: Instant, limit: int) -> Sequence[OutboxRow]:
        next_due = self.next_outbox(lane)
        if next_due is None or next_due > now:
            return []
        return [OutboxRow._make(row) for row in self._session.rows(_DUE, lane=lane, now=now, limit=limit)]

    def next_outbox(self, lane: str) -> Instant | None:
        found: Instant | None = self._session.value(_NEXT, lane=lane)
        return found

    def outbox_size(self) -> Mapping[str, int]:
        return dict(self._session.rows(_SIZES))

    def delivered(self, seqs: Collection[int]) -> None:
        self._session.many(_DELIVERED, [(seq,) for seq in seqs])

    def postpone(self, seqs: Collection[int], due_at: Instant) -> None:
        self._session.many(_POSTPONE, [(due_at, seq) for seq in seqs])
