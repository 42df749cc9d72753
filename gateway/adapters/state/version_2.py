"""From schema version 1 to 2: what the projection into time series keeps.

Frozen: it says what version 2 looked like, whatever `schema` says today.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

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


_growing("journey_marks", _whole("at"), _text("subjects"))
_milestones = _growing(
    "milestones",
    _text("subject"),
    _whole("begin"),
    _text("measurement"),
    _whole("at"),
    _text("tags"),
    _text("fields"),
    Column("n", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("told", Boolean, nullable=False),
)
Index("milestones_subject", _milestones.c.subject, _milestones.c.seq)
_untold = _milestones.c.told.is_(False)
Index("milestones_untold", _milestones.c.seq, sqlite_where=_untold, postgresql_where=_untold)
Table(
    "standings",
    _metadata,
    _text("subject", key=True),
    _text("kind"),
    _text("route", null=True),
    _text("status", null=True),
    _text("site", null=True),
    _whole("since", null=True),
    _whole("leave_by", null=True),
    Column("turns", Integer, nullable=False),
    sqlite_with_rowid=False,
)
_growing("refused_points", _whole("refused_at"), _text("measurement"), _text("point"), _text("reason"))

_transitions = Table(
    "transitions", MetaData(), Column("seq", _SEQ, primary_key=True), Column("alert_id", _TEXT)
)
_by_alert = Index("transitions_alert", _transitions.c.alert_id, _transitions.c.seq)


def apply(connection: Connection) -> None:
    """Make the tables; let the history of alerts tell their routes, and be found by alert."""
    _metadata.create_all(connection, checkfirst=False)
    collation = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    connection.execute(text(f"ALTER TABLE transitions ADD COLUMN route TEXT{collation}"))
    _by_alert.create(connection)
