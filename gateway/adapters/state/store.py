"""The state port on a SQL database: units on its one writing connection, readers on connections of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.adapters.state.access import Access
from gateway.adapters.state.alerts import Alerts
from gateway.adapters.state.changes import Changes
from gateway.adapters.state.containment import Containment
from gateway.adapters.state.engines import connected
from gateway.adapters.state.figures import Figures
from gateway.adapters.state.ledger import Ledger
from gateway.adapters.state.listing import Listing
from gateway.adapters.state.migrations import check, upgrade
from gateway.adapters.state.outbox import Outbox
from gateway.adapters.state.positions import Positions
from gateway.adapters.state.projection import Projection
from gateway.adapters.state.pruning import Pruning
from gateway.adapters.state.quarantine import Quarantine
from gateway.adapters.state.received import Received
from gateway.adapters.state.scans import Scans
from gateway.adapters.state.schema import schema_version
from gateway.adapters.state.session import Session, opened, transaction, translating
from gateway.adapters.state.statements import Statement
from gateway.adapters.state.voiding import Voiding
from gateway.ports.state import Unavailable

_VERSION = Statement(schema_version.select())


class SqlUnit(
    Received,
    Scans,
    Positions,
    Voiding,
    Changes,
    Alerts,
    Outbox,
    Pruning,
    Containment,
    Quarantine,
    Projection,
    Figures,
    Listing,
    Access,
    Ledger,
):
    """One transaction: all parts over one session."""


class SqlState:
    """The state in the database at `url`: `sqlite:///FILE`, or `postgresql+psycopg://…`.

    With `migrate` (the service) an empty database gets its tables and an old one is brought up to date, at once;
    without (whoever only reads beside it) nothing is opened yet. `patience` is how many seconds to wait for a lock
    before giving up; for a turn among our own units it is three times that.

    Long readers make SQLite's log grow, so read long lists page by page, each in a reader of its own.

    Raises:
        ValueError: `url` is no such URL.
        WrongSchema: the database was written by a newer gateway; without `migrate`, on entering a unit or reader,
            also if it was written by an older one, or by none.
        Unavailable: it cannot serve now.
    """

    def __init__(self, url: str, *, migrate: bool = True, patience: float = 5.0) -> None:
        self._engines = connected(url, patience)
        if migrate:
            try:
                self._upgrade()
            except BaseException:
                self.close()
                raise

    def _upgrade(self) -> None:
        writer = self._engines.writer
        with opened(writer, writing=True) as connection, translating(writer, writing=True):
            upgrade(connection)
            connection.commit()

    @contextmanager
    def unit(self) -> Iterator[SqlUnit]:
        """A writing transaction; one at a time, whatever the thread."""
        with transaction(self._engines.writer, writing=True) as session:
            _check(session)
            yield SqlUnit(session)
        if self._engines.log is not None:
            self._engines.log.trim()

    @contextmanager
    def reader(self) -> Iterator[SqlUnit]:
        """A reading transaction: the state as it was on entering."""
        with transaction(self._engines.reader, writing=False) as session:
            _check(session)
            yield SqlUnit(session)

    def close(self) -> None:
        self._engines.writer.dispose()
        self._engines.reader.dispose()


def _check(session: Session) -> None:
    """See that the schema is the one we know; a reader's snapshot begins with this."""
    try:
        version = session.value(_VERSION)
    except Unavailable:
        raise
    except session.errors:
        version = None
    check(version)
