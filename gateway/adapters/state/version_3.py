"""From schema version 2 to 3: capture of EPCIS documents, and who voids what.

Frozen: it says what version 3 looked like, whatever `schema_epcis` says today.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
)

_metadata = MetaData()
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
_SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=False, primary_key=key)


_captures = Table(
    "captures",
    _metadata,
    _text("id", key=True),
    _text("device"),
    Column("restoring", Boolean, nullable=False),
    _text("behaviour"),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("document", LargeBinary),
    Column("events", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    _text("errors"),
    _text("notes"),
    sqlite_with_rowid=False,
)
Index("captures_finished", _captures.c.finished_at, _captures.c.id)
_mentions = Table(
    "mentions",
    _metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    _text("name"),
    Column("at", BigInteger, nullable=False),
    _text("id"),
    _text("device"),
    sqlite_autoincrement=True,
)
Index("mentions_name", _mentions.c.name, _mentions.c.at, _mentions.c.id, _mentions.c.device, unique=True)
Index("mentions_event", _mentions.c.device, _mentions.c.id)

_events = Table("events", MetaData(), _text("origin"), Column("at", BigInteger), _text("payload"))
_voiding = Index(
    "events_voiding",
    _events.c.origin,
    _events.c.at,
    sqlite_where=literal_column("instr(payload, '\"voids\"') > 0"),
    postgresql_where=literal_column("strpos(payload, '\"voids\"') > 0"),
)


def apply(connection: Connection) -> None:
    """Make the tables, and the index of the events that void others."""
    _metadata.create_all(connection, checkfirst=False)
    _voiding.create(connection)
