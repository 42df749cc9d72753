"""From schema version 5 to 6: where goods are expected next is kept with how they stand, and they are found by it.

And lists of containers no longer pass by all returns that stand as they do.

Frozen: it says what version 6 looked like, whatever `schema_desk` says today.
"""

from typing import Final

from sqlalchemy import Column, Connection, Index, MetaData, Table, Text, text

_metadata = MetaData()
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")

_expected_at = Table(
    "expected_sites",
    _metadata,
    *(
        Column(name, _TEXT, nullable=False, primary_key=True)
        for name in ("site", "kind", "status", "subject")
    ),
    sqlite_with_rowid=False,
)
Index("expected_sites_subject", _expected_at.c.subject, _expected_at.c.site)

_FOUND_BY: Final = ("status", "route", "site")
_STAND_AGAIN: Final = """
    INSERT INTO meta (key, value)
    SELECT 'series.standing_again', '""' WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'series.begun')
"""
"""How goods stand is worked out from their evidence and the network, neither of which a migration knows: whoever keeps
standings begins a walk where it finds this. Where nothing was ever projected all is yet to come anyway."""


def apply(connection: Connection) -> None:
    """Make the table and the indices, and have goods looked at again whose standing tells more by now."""
    _metadata.create_all(connection, checkfirst=False)
    for column in _FOUND_BY:
        connection.execute(text(f"DROP INDEX standings_{column}"))
        connection.execute(text(f"CREATE INDEX standings_{column} ON standings ({column}, kind, subject)"))
    connection.execute(text(_STAND_AGAIN))
