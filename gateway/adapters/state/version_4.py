"""From schema version 3 to 4: tokens, sessions, the audit trail, the log of changes, and what lists are found by.

Frozen: it says what version 4 looked like, whatever `schema_desk` says today.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, Table, Text, text

_metadata = MetaData()
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
_SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=null, primary_key=key)


def _whole(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _growing(name: str, *columns: Column[Any]) -> Table:
    seq: Column[int] = Column("seq", _SEQ, primary_key=True, autoincrement=True)
    return Table(name, _metadata, seq, *columns, sqlite_autoincrement=True)


def _keyed(name: str, *columns: Column[Any]) -> Table:
    return Table(name, _metadata, *columns, sqlite_with_rowid=False)


_tokens = _keyed(
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
Index("tokens_digest", _tokens.c.digest, unique=True)
_sessions = _keyed(
    "sessions",
    _text("digest", key=True),
    _text("token"),
    _text("csrf"),
    _whole("created_at"),
    _whole("expires_at"),
)
Index("sessions_expiry", _sessions.c.expires_at)
Index("sessions_token", _sessions.c.token)
_growing(
    "audit",
    _whole("at"),
    _text("who"),
    _text("role"),
    _text("action"),
    _text("target"),
    _text("why", null=True),
    _text("details"),
)
_answered = _keyed(
    "answered",
    _text("token", key=True),
    _text("key", key=True),
    _text("request"),
    Column("status", Integer, nullable=False),
    _text("body"),
    _whole("at"),
)
Index("answered_at", _answered.c.at)
_growing("subject_changes", _text("subjects"))

_ENDED: Final = "scope = 'goods' AND (status = 'completed' OR status = 'cancelled' OR status = 'unplanned')"
_DEVIATING: Final = "scope = 'goods' AND (own IS NOT NULL OR taken IS NOT NULL)"
_INDICES: Final = (
    "CREATE INDEX standings_status ON standings (status, subject)",
    "CREATE INDEX standings_route ON standings (route, subject)",
    "CREATE INDEX standings_site ON standings (site, subject)",
    f"CREATE INDEX subjects_ended_status ON subjects (status, id) WHERE {_ENDED}",
    f"CREATE INDEX subjects_ended_route ON subjects (route, id) WHERE {_ENDED}",
    f"CREATE INDEX subjects_deviating ON subjects (id) WHERE {_DEVIATING}",
    "CREATE INDEX subjects_containers ON subjects (id) WHERE scope = 'goods' AND kind = 'container'",
    "CREATE INDEX alerts_subject ON alerts (subject_kind, subject_id, id)",
    "CREATE INDEX milestones_at ON milestones (measurement, at, seq)",
    "CREATE INDEX quarantine_newest ON quarantine (status, seq)",
)


def apply(connection: Connection) -> None:
    """Make the tables and the indices."""
    _metadata.create_all(connection, checkfirst=False)
    for statement in _INDICES:
        connection.execute(text(statement))
