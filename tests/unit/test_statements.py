"""Statements of many rows: as many values as the oldest SQLite takes, in the places where the rows have them."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text
from sqlalchemy.dialects import sqlite

from gateway.adapters.state.schema_desk import metadata
from gateway.adapters.state.schema_epcis import captures
from gateway.adapters.state.statements import AT_ONCE, Bulk, adding, putting, removing

SQLITE = sqlite.dialect(paramstyle="qmark")
TABLE = Table("t", MetaData(), Column("id", Text, primary_key=True), Column("value", Integer))

TABLES = sorted({*metadata.tables.values(), captures}, key=str)
MOST_VALUES = 999
"""SQLITE_MAX_VARIABLE_NUMBER before SQLite 3.32: https://www.sqlite.org/limits.html"""


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_no_table_makes_more_values_than_an_old_sqlite_takes(table: Table) -> None:
    sql = adding(table).sql_at_once(SQLITE)
    assert sql is not None
    assert sql.count("?") <= MOST_VALUES


@pytest.mark.parametrize("bulk", [adding(TABLE), putting(TABLE)])
def test_one_statement_takes_the_values_of_many_rows_one_after_the_other(bulk: Bulk) -> None:
    sql = bulk.sql_at_once(SQLITE)
    assert sql is not None
    _, _, values = sql.partition("(id, value) VALUES ")
    assert values.startswith(", ".join(["(?, ?)"] * AT_ONCE))


def test_where_rows_cannot_go_together_each_is_a_statement() -> None:
    assert removing(TABLE, "id").sql_at_once(SQLITE) is None
