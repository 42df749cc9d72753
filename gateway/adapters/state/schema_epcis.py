"""Tables and indices of EPCIS capture, beside those of `schema`, which has the same rules.

`mentions` has rows for captured events only, and `events_voiding` for events that void others, so that what scanners
and trackers send costs no page more.
"""

from typing import Final

from sqlalchemy import Boolean, Column, ColumnElement, Index, Integer, LargeBinary, literal_column

from gateway.adapters.state.schema import _growing, _keyed, _text, _whole, events

captures = _keyed(
    "captures",
    _text("id", key=True),
    _text("device"),
    Column("restoring", Boolean, nullable=False),
    _text("behaviour"),
    _whole("created_at"),
    _whole("finished_at", null=True),
    Column("document", LargeBinary),
    Column("events", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    _text("errors"),
    _text("notes"),
)
"""`document` is kept until the capture is finished; `errors` and `notes` are JSON text."""
Index("captures_finished", captures.c.finished_at, captures.c.id)

mentions = _growing("mentions", _text("name"), _whole("at"), _text("id"), _text("device"))
"""What captured events name that `scans` does not know them by; under the empty name, each that moves no journey."""
Index("mentions_name", mentions.c.name, mentions.c.at, mentions.c.id, mentions.c.device, unique=True)
Index("mentions_event", mentions.c.device, mentions.c.id)

VOIDING: Final[dict[str, ColumnElement[bool]]] = {
    "sqlite": literal_column("instr(payload, '\"voids\"') > 0"),
    "postgresql": literal_column("strpos(payload, '\"voids\"') > 0"),
}
"""What is true of the payload of every event that voids others, and of hardly any other."""
Index(
    "events_voiding",
    events.c.origin,
    events.c.at,
    sqlite_where=VOIDING["sqlite"],
    postgresql_where=VOIDING["postgresql"],
)
