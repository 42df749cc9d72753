"""One transaction on the driver's own connection: runs statements in it, and knows when it is spoilt.

Nothing here knows what the statements are about.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.adapters.state.failures import translated
from gateway.adapters.state.statements import AT_ONCE, Bulk, Statement

Row = tuple[Any, ...]


class Session:
    """What runs in one transaction.

    Once a statement has failed nothing more runs, whatever the asker made of the error: a driver may by then have
    rolled back by itself, so that what came next would be a transaction of its own.
    """

    def __init__(self, connection: Connection, *, writing: bool) -> None:
        self._driver = connection.connection
        self._dialect = connection.dialect
        self.errors = connection.dialect.loaded_dbapi.Error
        """What the driver raises."""
        self._writing = writing
        self.failed: BaseException | None = None
        """What spoilt the transaction."""

    def rows(self, statement: Statement, **values: object) -> list[Row]:
        """All rows of a query."""
        sql, parameters = statement.bound(self._dialect, values)
        with self._cursor() as cursor:
            cursor.execute(sql, parameters)
            found: list[Row] = cursor.fetchall()
        return found

    def value(self, statement: Statement, **values: object) -> Any:
        """The first column of the first row, or None."""
        found = self.rows(statement, **values)
        return found[0][0] if found else None

    def run(self, statement: Statement, **values: object) -> int:
        """Carry out one statement; says how many rows it changed."""
        sql, parameters = statement.bound(self._dialect, values)
        with self._cursor() as cursor:
            cursor.execute(sql, parameters)
            count: int = cursor.rowcount
        return count

    def many(self, bulk: Bulk, rows: Sequence[Row]) -> None:
        """Write all rows."""
        if not rows:
            return
        together = len(rows) // AT_ONCE * AT_ONCE
        at_once = bulk.sql_at_once(self._dialect) if together else None
        with self._cursor() as cursor:
            if at_once is not None:
                for begin in range(0, together, AT_ONCE):
                    cursor.execute(at_once, [*chain.from_iterable(rows[begin : begin + AT_ONCE])])
                rows = rows[together:]
            if rows:
                cursor.executemany(bulk.sql(self._dialect), rows)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        if self.failed is not None:
            raise self.failed
        try:
            cursor = self._driver.cursor()
            try:
                yield cursor
            finally:
                cursor.close()
        except self.errors as error:
            self.failed = translated(error, self._dialect, writing=self._writing)
            if self.failed is error:
                raise
            raise self.failed from error
        except BaseException as error:
            self.failed = error
            raise


@contextmanager
def transaction(engine: Engine, *, writing: bool) -> Iterator[Session]:
    """A transaction that commits when the block ends and rolls back when it raises.

    A connection on which something failed is thrown away, so that the next transaction starts on a fresh one.

    Raises:
        Unavailable: on entering, from any statement, and on committing.
    """
    with opened(engine, writing=writing) as connection:
        session = Session(connection, writing=writing)
        try:
            yield session
            if session.failed is not None:
                raise session.failed
            with translating(engine, writing=writing):
                connection.commit()
        except BaseException:
            _abandon(connection, session)
            raise


@contextmanager
def opened(engine: Engine, *, writing: bool) -> Iterator[Connection]:
    """A connection in a transaction, which is rolled back unless it is committed."""
    with translating(engine, writing=writing):
        connection = engine.connect()
    try:
        with translating(engine, writing=writing):
            try:
                connection.begin()
            except SQLAlchemyError:
                connection.invalidate()
                raise
        yield connection
    finally:
        connection.close()


@contextmanager
def translating(engine: Engine, *, writing: bool) -> Iterator[None]:
    """Translates what SQLAlchemy raises."""
    try:
        yield
    except SQLAlchemyError as error:
        found = translated(error, engine.dialect, writing=writing)
        if found is error:
            raise
        raise found from error


def _abandon(connection: Connection, session: Session) -> None:
    """Roll back; where anything failed, throw the connection away too."""
    try:
        connection.rollback()
    except SQLAlchemyError as error:
        session.failed = session.failed or error
    if session.failed is not None:
        connection.invalidate(session.failed)
