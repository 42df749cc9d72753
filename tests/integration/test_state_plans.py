"""How SQLite goes about each statement: through an index, never by walking a table that grows with the network."""

import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

import gateway.adapters.state
from gateway.adapters.state import SqlState
from gateway.adapters.state.schema import metadata
from gateway.adapters.state.statements import Bulk, Statement

_WALKS = {
    "access.TOKENS",  # as many as people and systems have been let in
    "figures.JOURNEY_COUNTS",  # counts what is under way, once a minute
    "outbox._SIZES",  # counts them: asked for by metrics, now and then
    "scans._SITES_NAMED",  # asked for when a site is taken out of the network
    "store._VERSION",  # one row
}
"""Statements that may walk a table, and why."""


def _statements() -> Iterator[tuple[str, Statement | Bulk]]:
    """All statements of the adapter, by module and name."""
    for module in pkgutil.iter_modules(gateway.adapters.state.__path__):
        found = importlib.import_module(f"gateway.adapters.state.{module.name}")
        for name, value in vars(found).items():
            several = value if isinstance(value, tuple) else (value,)
            for n, each in enumerate(several):
                if isinstance(each, Statement | Bulk):
                    yield f"{module.name}.{name}" + (f"[{n}]" if several is value else ""), each


_ALL = dict(_statements())


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("plans") / "state.sqlite"
    SqlState(f"sqlite:///{path}").close()
    opened = sqlite3.connect(path)
    yield opened
    opened.close()


def _sql(statement: Statement | Bulk, dialect: Dialect) -> str:
    return statement.sql(dialect) if isinstance(statement, Bulk) else statement.compiled(dialect).sql


def _plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))
    return [detail for *_, detail in rows]


def _walked(plan: list[str]) -> list[str]:
    """The tables that a plan goes through from end to end, by themselves or by an index."""
    return [line for line in plan if line.startswith("SCAN ") and line.split()[1] in metadata.tables]


@pytest.mark.parametrize("name", sorted(_ALL))
def test_a_statement_walks_no_table_unless_it_may(connection: sqlite3.Connection, name: str) -> None:
    dialect = sqlite.dialect(paramstyle="qmark")
    plan = _plan(connection, _sql(_ALL[name], dialect))
    assert bool(_walked(plan)) == (name in _WALKS), plan


_LISTS = [name for name in _ALL if name.startswith("listing.")]


@pytest.mark.parametrize(
    "name",
    ["outbox._DUE", "subjects._DUE", "received._HEARD[0]", "alerts._OPEN", "changes._POSITIONS", *_LISTS],
)
def test_a_page_is_found_in_its_order_without_sorting(connection: sqlite3.Connection, name: str) -> None:
    dialect = sqlite.dialect(paramstyle="qmark")
    plan = _plan(connection, _sql(_ALL[name], dialect))
    assert not any("TEMP B-TREE" in line for line in plan), plan


@pytest.mark.parametrize("name", sorted(_ALL))
def test_a_statement_is_one_for_postgresql_too(name: str) -> None:
    dialect = postgresql.psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call] # theirs
    assert "json_each" not in _sql(_ALL[name], dialect)
