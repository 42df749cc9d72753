"""The stores that the state port's one suite runs against: in memory, SQLite, and PostgreSQL where its driver is."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from gateway.adapters.state import SqlState
from gateway.memory import Memory
from gateway.ports.state import State
from tests.servers.postgresql import PostgreSQL

_STORES = ["memory", "sqlite"] + (["postgresql"] if find_spec("psycopg") else [])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as running:
        yield running


@pytest.fixture(params=_STORES)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    """An empty store."""
    made = _made(request, tmp_path)
    yield made
    made.close()


def _made(request: pytest.FixtureRequest, folder: Path) -> State:
    if request.param == "memory":
        return Memory()
    if request.param == "sqlite":
        return SqlState(f"sqlite:///{folder / 'state.sqlite'}")
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return SqlState(server.new_database())
