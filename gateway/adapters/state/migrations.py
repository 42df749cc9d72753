"""Old databases made new, step by step; a database of another version refused.

An empty database gets the schema of today. One of an earlier version goes through the migrations that came since,
all in one transaction. To change the schema: change `schema`, add a `Migration` whose `apply` leads there from
the version before (SQLAlchemy's DDL constructs, with frozen tables of its own, for `schema` will change again),
and record what the new schema looks like, as the migrations' test says.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, inspect, text

from gateway.adapters.state import version_2, version_3, version_4, version_5, version_6
from gateway.adapters.state.schema import schema_version
from gateway.adapters.state.schema_desk import metadata

_LOCK: Final = 7_311_501
"""PostgreSQL's advisory lock while one gateway migrates; the number is ours and means nothing."""


class WrongSchema(Exception):
    """The database has a schema that this version of the gateway doesn't know, or none."""


class Migration(NamedTuple):
    """What leads from the version before to the next; `name` says it in a few words."""

    name: str
    apply: Callable[[Connection], object]


MIGRATIONS: Final[Sequence[Migration]] = (
    Migration("what is projected into time series", version_2.apply),
    Migration("capture of EPCIS documents", version_3.apply),
    Migration("what the desk keeps, and what its lists are found by", version_4.apply),
    Migration("indices of goods by the kind of their deviations", version_5.apply),
    Migration("where goods are expected next", version_6.apply),
)
"""In order; the first leads from version 1 to version 2."""


def latest(migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """The version that these migrations lead to."""
    return 1 + len(migrations)


def upgrade(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the database to the latest version, within the connection's transaction.

    Raises:
        WrongSchema: the database is of a later version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = _version(connection)
    if version is None:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(schema_version.insert().values(version=latest(migrations)))
        return
    if version > latest(migrations):
        check(version, migrations)
    for migration in migrations[version - 1 :]:
        migration.apply(connection)
    if version < latest(migrations):
        connection.execute(schema_version.update().values(version=latest(migrations)))


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(schema_version.name):
        return None
    version: int = connection.execute(schema_version.select()).scalar_one()
    return version


def check(version: int | None, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """See that a database's version is the latest.

    Raises:
        WrongSchema: it is not, and what to do about it.
    """
    known = latest(migrations)
    if version is None:
        raise WrongSchema(
            "the database at state.url holds no gateway's state: check the URL, or start the gateway"
        )
    if version > known:
        raise WrongSchema(
            f"the state has schema version {version}, and this gateway knows {known}: it was written by a newer"
            " gateway; install that version, or restore a backup from before it"
        )
    if version < known:
        raise WrongSchema(
            f"the state has schema version {version}, and this gateway needs {known}: start the service once, which"
            " brings it up to date"
        )
