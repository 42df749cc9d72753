"""What could not be accepted, whole; and the gateway's own notes."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, select, update

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema import meta, quarantine
from gateway.adapters.state.statements import Bulk, Statement, among, counting_again, fields, listed, putting
from gateway.ports.rows import QuarantineRow

_row = fields(quarantine, *QuarantineRow._fields)
_BY_ID = Statement(_row.where(quarantine.c.id.in_(among("ids"))))
_page = _row.where(quarantine.c.id > bindparam("after")).order_by(quarantine.c.id).limit(bindparam("limit"))
_ALL = Statement(_page)
_WITH_STATUS = Statement(_page.where(quarantine.c.status == bindparam("status")))
_PUT = counting_again(quarantine, "id", "seen")
_SET_STATUS = Bulk(
    lambda _: update(quarantine).where(quarantine.c.id == bindparam("of")).values(status=bindparam("to")),
    ("to", "of"),
)
_META = Statement(select(meta.c.value).where(meta.c.key == bindparam("key")))
_PUT_META = putting(meta)


class Quarantine(Part):
    """Entries, and notes by key."""

    def quarantine_entries(self, entry_ids: Collection[str]) -> Mapping[str, QuarantineRow]:
        rows = self._session.rows(_BY_ID, ids=listed(entry_ids)) if entry_ids else []
        return {row[0]: QuarantineRow._make(row) for row in rows}

    def list_quarantine(
        self, *, status: str | None, after: str | None, limit: int
    ) -> Sequence[QuarantineRow]:
        if status is None:
            rows = self._session.rows(_ALL, after=after or "", limit=limit)
        else:
            rows = self._session.rows(_WITH_STATUS, status=status, after=after or "", limit=limit)
        return [QuarantineRow._make(row) for row in rows]

    def put_quarantine(self, rows: Sequence[QuarantineRow]) -> None:
        in_order = sorted(rows, key=lambda row: row.id)
        self._session.many(_PUT, in_order)

    def set_quarantine_status(self, entry_ids: Collection[str], status: str) -> None:
        self._session.many(_SET_STATUS, [(status, entry_id) for entry_id in sorted(entry_ids)])

    def meta(self, key: str) -> str | None:
        found: str | None = self._session.value(_META, key=key)
        return found

    def put_meta(self, key: str, value: str) -> None:
        self._session.many(_PUT_META, [(key, value)])
