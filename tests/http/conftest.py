"""The worlds that the tests of the API look at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.http.world import World
from tests.unit.cli_world import WORKED_EXAMPLE, Happening, announcement, position, scan

HISTORY: Sequence[Happening] = (
    *WORKED_EXAMPLE[:5],
    ("6T16:00", announcement("B-1", "6T16:00", rma="4711", value=80.5)),
    ("6T16:10", announcement("B-2", "6T16:10")),
    ("7T08:00", scan("B-1", "7T08:00", "packing", "CP1", container="TOTE-1")),
    ("7T08:10", scan("B-2", "7T08:10", "collecting", "CP1")),
    ("7T09:00", position("7T09:00", 52.5, 13.4, temperature_c=21.5)),
    ("7T10:00", position("7T10:00", 51.4, 12.2)),
    ("8T09:00", scan("STRAY", "8T09:00", "inspecting", "HUB")),
    ("8T10:00", scan("A2", "8T10:00", "collecting", "NOWHERE")),
    ("8T11:00", ("device/scan-1/scan", b"{not json")),
)
"""The worked example up to its detour, two more returns, one in a tracked tote, a stranger, two refusals."""


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds that end with the test."""
    with ExitStack() as entered:

        def make(*happened: Happening, **options: object) -> World:
            folder = tmp_path / f"world{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return entered.enter_context(World(folder, happened, **options))  # type: ignore[arg-type] # handed on

        yield make


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that tests look at and do not change."""
    with World(tmp_path_factory.mktemp("seen"), HISTORY) as world:
        yield world


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world of the test's own, of the same history."""
    return make_world(*HISTORY)
