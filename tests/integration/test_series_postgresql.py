"""What the projection needs of PostgreSQL: numbers that are settled, whoever commits first; old schemas made new."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from gateway.adapters.state import SqlState
from gateway.adapters.state.schema import metadata
from gateway.ports.rows import TransitionRow
from gateway.ports.state import Unavailable
from tests.contract.making import at, event
from tests.servers.postgresql import PostgreSQL

__test__ = find_spec("psycopg") is not None
"""As in the contract of the state store: PostgreSQL is looked at where its driver is."""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as running:
        yield running


def test_a_number_is_settled_only_once_no_lower_one_is_under_way(server: PostgreSQL) -> None:
    url = server.new_database()
    slow, quick, looking = SqlState(url), SqlState(url), SqlState(url, patience=0.2)
    with slow.unit() as under_way:
        under_way.add_events([event(1, "first")])
        with quick.unit() as unit:
            unit.add_events([event(2, "second")])
        with pytest.raises(Unavailable, match="try again"), looking.unit() as unit:
            unit.newest_event()
        with looking.reader() as unit:
            assert [each.event.identity.id for each in unit.events_after(0, 9)] == ["second"]
    with looking.unit() as unit:
        newest = unit.newest_event()
    with looking.reader() as unit:
        found = unit.events_after(0, 9)
    assert [each.event.identity.id for each in found] == ["first", "second"]
    assert found[-1].seq == newest
    for state in (slow, quick, looking):
        state.close()


def test_the_numbers_of_transitions_are_settled_likewise(server: PostgreSQL) -> None:
    url = server.new_database()
    slow, looking = SqlState(url), SqlState(url, patience=0.2)
    with slow.unit() as under_way:
        under_way.add_transitions([TransitionRow("A", at(1), "{}")])
        with pytest.raises(Unavailable, match="try again"), looking.unit() as unit:
            unit.newest_transition()
    with looking.unit() as unit:
        assert unit.newest_transition() == 1
    slow.close()
    looking.close()


def test_a_database_of_version_1_gets_what_the_projection_keeps(server: PostgreSQL) -> None:
    url = server.new_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(Path(__file__).with_name("schemas").joinpath("postgresql-1.sql").read_text()))
        connection.execute(text("INSERT INTO schema_version (version) VALUES (1)"))
    SqlState(url).close()
    found = inspect(engine)
    for table in metadata.sorted_tables:
        assert {each["name"] for each in found.get_columns(table.name)} == set(table.columns.keys())
        named = {each["name"] for each in found.get_indexes(table.name)}
        assert named == {index.name for index in table.indexes}
    engine.dispose()
