"""A page of those that are expected at a site: by an index, in its order, on a real PostgreSQL as on SQLite."""

from typing import Final

import pytest
from sqlalchemy.dialects import postgresql

from gateway.adapters.state import SqlState
from gateway.adapters.state.listing import EXPECTED
from gateway.ports.projection import Standing
from gateway.tracking.model import JourneyStatus
from tests.servers.postgresql import PostgreSQL

psycopg = pytest.importorskip("psycopg")

ON_THE_WAY: Final = JourneyStatus.IN_TRANSIT
RETURNS: Final = 20_000


def test_a_page_of_many_is_read_from_an_index_and_not_sorted() -> None:
    with PostgreSQL() as server:
        url = server.new_database()
        state = SqlState(url)
        with state.unit() as unit:
            unit.put_standings(
                [
                    Standing(f"SN-{n:05}", "return", "R", ON_THE_WAY, expected_sites=(f"S{n % 20}",))
                    for n in range(RETURNS)
                ]
            )
        with state.reader() as unit:
            page = unit.expected_ids("S7", "return", ON_THE_WAY, "SN-10000", 100)
        state.close()
        assert page == [f"SN-{n:05}" for n in range(10_007, 12_007, 20)]
        dialect = postgresql.psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call] # theirs
        values = {
            "site": "S7",
            "kind": "return",
            "status": ON_THE_WAY.value,
            "after": "SN-10000",
            "limit": 100,
        }
        sql, parameters = EXPECTED.bound(dialect, values)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("ANALYZE")
            plan = [line for (line,) in connection.execute(f"EXPLAIN {sql}", parameters).fetchall()]
    assert any("using expected_sites_pkey" in line for line in plan), plan
    assert not any("Sort" in line or "Seq Scan" in line for line in plan), plan
