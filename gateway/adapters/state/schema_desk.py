"""Tables and indices of the desk, beside those of `schema`, which has the same rules.

No index here is one that every scan would have to be sorted into: lists go by what the projection keeps of journeys
under way, and by partial indices of what has ended, deviates, or is a container.
"""

from typing import Final

from sqlalchemy import Column, ColumnElement, Index, Integer, literal_column, or_

from gateway.adapters.state.schema import (
    _growing,
    _keyed,
    _text,
    _whole,
    alerts,
    metadata,
    milestones,
    quarantine,
    standings,
    subjects,
)
from gateway.tracking.model import Kind

tokens = _keyed(
    "tokens",
    _text("id", key=True),
    _text("digest"),
    _text("name"),
    _text("role"),
    _text("source", null=True),
    _whole("created_at"),
    _text("created_by"),
    _whole("revoked_at", null=True),
)
Index("tokens_digest", tokens.c.digest, unique=True)

sessions = _keyed(
    "sessions",
    _text("digest", key=True),
    _text("token"),
    _text("csrf"),
    _whole("created_at"),
    _whole("expires_at"),
)
Index("sessions_expiry", sessions.c.expires_at)
Index("sessions_token", sessions.c.token)

audit = _growing(
    "audit",
    _whole("at"),
    _text("who"),
    _text("role"),
    _text("action"),
    _text("target"),
    _text("why", null=True),
    _text("details"),
)

answered = _keyed(
    "answered",
    _text("token", key=True),
    _text("key", key=True),
    _text("request"),
    Column("status", Integer, nullable=False),
    _text("body"),
    _whole("at"),
)
Index("answered_at", answered.c.at)

subject_changes = _growing("subject_changes", _text("subjects"))
"""`subjects` is a JSON array: one row for all that a unit derives at once, so that intake hardly notices."""

Index("standings_status", standings.c.status, standings.c.kind, standings.c.subject)
Index("standings_route", standings.c.route, standings.c.kind, standings.c.subject)
Index("standings_site", standings.c.site, standings.c.kind, standings.c.subject)

expected_sites = _keyed(
    "expected_sites",
    _text("site", key=True),
    _text("kind", key=True),
    _text("status", key=True),
    _text("subject", key=True),
)
"""The sites of the next stop of journeys, a part of their standings: a stop may have several."""
Index("expected_sites_subject", expected_sites.c.subject, expected_sites.c.site)


_goods = subjects.c.scope == literal_column("'goods'")
ENDED: Final = _goods & or_(
    *(subjects.c.status == literal_column(f"'{word}'") for word in ("completed", "cancelled", "unplanned"))
)
Index("subjects_ended_status", subjects.c.status, subjects.c.id, sqlite_where=ENDED, postgresql_where=ENDED)
Index("subjects_ended_route", subjects.c.route, subjects.c.id, sqlite_where=ENDED, postgresql_where=ENDED)


def deviating(kind: Kind) -> dict[str, ColumnElement[bool]]:
    """What is true of subjects that have a deviation of the kind, and of a few that only mention it; by dialect.

    That there are any at all comes first, for it is quickly false of nearly all that is ever written. Their scope is
    left out, for with it SQLite would rather go through all goods by the primary key.
    """
    text = "(own IS NOT NULL OR taken IS NOT NULL) AND (%s(own, '%s') > 0 OR %s(taken, '%s') > 0)"
    finds = {"sqlite": "instr", "postgresql": "strpos"}
    word = f'"{kind.value}"'
    return {name: literal_column(text % (find, word, find, word)) for name, find in finds.items()}


OF_GOODS: Final = tuple(
    kind
    for kind in Kind
    if kind not in (Kind.DEVICE_SILENT, Kind.SITE_DARK, Kind.LOW_BATTERY, Kind.CLOCK_SKEW)
)
"""The kinds that goods can have. Each has an index, so that a rare one is not looked for among all that deviate."""
for _kind in OF_GOODS:
    _where = deviating(_kind)
    Index(
        f"subjects_{_kind.value}",
        subjects.c.id,
        sqlite_where=_where["sqlite"],
        postgresql_where=_where["postgresql"],
    )
CONTAINERS: Final = _goods & (subjects.c.kind == literal_column("'container'"))
Index("subjects_containers", subjects.c.id, sqlite_where=CONTAINERS, postgresql_where=CONTAINERS)

Index("alerts_subject", alerts.c.subject_kind, alerts.c.subject_id, alerts.c.id)
Index("milestones_at", milestones.c.measurement, milestones.c.at, milestones.c.seq)
Index("quarantine_newest", quarantine.c.status, quarantine.c.seq)

__all__ = ["metadata"]
