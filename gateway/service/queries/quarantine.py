"""The quarantine as a list, the latest first, and its entries as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.ports.desk import DeskUnit, Kept
from gateway.ports.rows import QuarantineRow
from gateway.service.queries.paging import Page, collected
from gateway.tracking.instants import rfc3339

LONGEST_SHOWN: Final = 4_000
"""Characters of a payload in a list; one entry by itself is shown whole."""


def entries(
    unit: DeskUnit, status: str | None, reasons: Sequence[str], before: int | None, limit: int
) -> Page[Kept]:
    """A page of entries with a status (None: any), and one of these reasons (empty: any)."""
    return collected(
        lambda key, count: unit.quarantine_newest(status, key, count),
        lambda kept: kept.seq,
        lambda kept: not reasons or kept.row.reason in reasons,
        before,
        limit,
    )


def entry_json(row: QuarantineRow, longest: int | None = None) -> dict[str, Any]:
    """The entry: the payload as it came, as text, bytes that are none escaped; why it was refused."""
    text = row.payload.decode(errors="backslashreplace")
    return {
        "id": row.id,
        "status": row.status,
        "reason": row.reason,
        "message": row.message,
        "topic": row.topic,
        "received_at": rfc3339(row.received_at),
        "event_id": row.event_id,
        "field": row.field,
        "value": row.value,
        "seen": row.seen,
        "payload": text if longest is None else text[:longest],
        "cut": longest is not None and len(text) > longest,
        "trace": row.trace if longest is None else None,
    }
