"""Old databases on a real PostgreSQL become as fresh ones; what an upgrade leaves to be done is done, on SQLite too."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import create_engine, text

from gateway.adapters.state import SqlState
from gateway.adapters.state.migrations import latest
from gateway.memory.series import MemorySeries
from gateway.ports.state import State
from gateway.service.series.journeys import BEGUN, Journeys
from gateway.service.series.writing import Left, Writing
from gateway.tracking.instants import DAY, Duration
from gateway.tracking.model import JourneyStatus, Kind
from tests.integration.test_state_migrations import record_of
from tests.servers.postgresql import PostgreSQL
from tests.unit.cli_world import TERRAIN, announcement, at, happen, scan

pytest.importorskip("psycopg")

_DESCRIBED: Final = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, l.collname,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "indices": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    """,
    "sequences": "SELECT sequencename, data_type::text, increment_by FROM pg_sequences WHERE schemaname = 'public'",
}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as running:
        yield running


def on(url: str, *statements: str, **values: object) -> list[tuple[Any, ...]]:
    """What the last of these statements gives; `values` are its parameters."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for each in statements[:-1]:
                connection.exec_driver_sql(each)
            done = connection.execute(text(statements[-1]), values)
            return [tuple(row) for row in done] if done.returns_rows else []
    finally:
        engine.dispose()


def described(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that PostgreSQL knows of the tables, whatever the order in which they and their columns were made."""
    return {what: sorted(on(url, query), key=repr) for what, query in _DESCRIBED.items()}


def old_database(server: PostgreSQL, version: int) -> str:
    url = server.new_database()
    made = record_of("postgresql", version).read_text()
    on(url, made, "INSERT INTO schema_version VALUES (:version)", version=version)
    return url


@pytest.mark.parametrize("version", range(1, latest() + 1))
def test_a_database_of_each_version_becomes_as_a_fresh_one(server: PostgreSQL, version: int) -> None:
    old, fresh = old_database(server, version), server.new_database()
    for url in (old, fresh):
        SqlState(url).close()
    found = described(old)
    assert on(old, "SELECT version FROM schema_version") == [(latest(),)]
    assert len(found["indices"]) > 20
    assert found == described(fresh)


def test_a_description_tells_tables_and_indices_apart(server: PostgreSQL) -> None:
    fresh, other = server.new_database(), server.new_database()
    for url in (fresh, other):
        SqlState(url).close()
    on(other, 'ALTER TABLE standings ALTER COLUMN kind TYPE TEXT COLLATE "default"')
    assert described(fresh)["columns"] != described(other)["columns"]
    on(other, "DROP INDEX subjects_due", "CREATE INDEX subjects_due ON subjects (look_again)")
    assert described(fresh)["indices"] != described(other)["indices"]


def test_goods_that_deviate_are_found_by_an_index_of_their_kind_after_the_way_from_version_4(
    server: PostgreSQL,
) -> None:
    url = old_database(server, 4)
    for id_, own in (("LATE", '[["delayed"]]'), ("LOST", '[["missing"]]'), ("FINE", None)):
        on(
            url,
            "INSERT INTO subjects (scope, id, kind, own, shared, telling)"
            " VALUES ('goods', :id, 'return', :own, false, false)",
            id=id_,
            own=own,
        )
    state = SqlState(url)
    with state.reader() as unit:
        assert unit.deviating_ids(Kind.DELAYED, "", 10) == ["LATE"]
        assert unit.deviating_ids(Kind.MISSING, "", 10) == ["LOST"]
    state.close()
    kinds = {
        name for _, name, _ in described(url)["indices"] if name in {f"subjects_{kind}" for kind in Kind}
    }
    assert len(kinds) == 13


HAPPENED: Final = (
    ("1T00:00", announcement("A", "1T00:00")),
    ("1T06:00", scan("A", "1T06:00", "departing", "CP1")),
    ("2T06:00", scan("STRAY", "2T06:00", "inspecting", "HUB")),
)
_AS_OF_VERSION_5: Final = (
    "DROP TABLE expected_sites",
    "DELETE FROM standings WHERE subject = 'STRAY'",
    "UPDATE schema_version SET version = 5",
)


def project(state: State) -> None:
    journeys = Journeys(state, Writing(state, MemorySeries()), Duration(400 * DAY))
    while journeys.look(at("2T07:00"), TERRAIN.network) is Left.MORE:
        pass


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / 'state.sqlite'}"
    server: PostgreSQL = request.getfixturevalue("server")
    return server.new_database


def test_what_an_older_gateway_left_is_found_by_the_new_filters(new_url: Callable[[], str]) -> None:
    url = new_url()
    state = SqlState(url)
    happen(state, *HAPPENED)
    project(state)
    state.close()
    on(url, *_AS_OF_VERSION_5)
    state = SqlState(url)
    project(state)
    with state.reader() as unit:
        assert unit.expected_ids("HUB", "return", JourneyStatus.IN_TRANSIT, "", 10) == ["A"]
        assert unit.standings(["STRAY"])["STRAY"].site == "HUB"
    state.close()


def test_where_nothing_was_ever_projected_nothing_is_to_be_done_again(new_url: Callable[[], str]) -> None:
    url = new_url()
    SqlState(url).close()
    on(url, *_AS_OF_VERSION_5)
    state = SqlState(url)
    with state.reader() as unit:
        assert unit.meta(BEGUN) is None
        assert unit.meta("series.standing_again") is None
    state.close()
