"""A real Chromium before a real desk: the API as it is served, over a real store, on the bad evening of `scene`."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.board import scene
from tests.board.viewing import Viewer, browsing
from tests.http.world import World
from tests.unit.cli_world import settle


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser; gone with the module, for while its driver lives no other event loop can run on this thread."""
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with browsing() as started:
        yield started


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the bad evening, taken in once."""
    folder = tmp_path_factory.mktemp("past")
    with World(folder, scene.history(), scene.NETWORK, scene.NOW) as made:
        settle(made.state, scene.NOW, made.terrain)
        made.project()
    return folder / "state.sqlite"


@pytest.fixture
def world(past: Path, tmp_path: Path) -> Iterator[World]:
    """The bad evening, for a test of its own."""
    shutil.copy(past, tmp_path)
    with _again(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def evening(past: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The bad evening, for tests that look and do not change it."""
    folder = tmp_path_factory.mktemp("evening")
    shutil.copy(past, folder)
    with _again(folder) as made:
        yield made


def _again(folder: Path) -> World:
    """A world over a store that has been; its tokens are others than those of then."""
    made = World(folder, (), scene.NETWORK, scene.NOW)
    with made.state.unit() as unit:
        for row in unit.tokens():
            unit.put_token(row._replace(revoked_at=scene.NOW))
    return made


@pytest.fixture
def view(browser: Browser) -> Iterator[Callable[..., Viewer]]:
    """Opens the board for somebody; at the end their pages must have had no trouble."""
    viewers: list[Viewer] = []

    def open_(world: World, **options: object) -> Viewer:
        viewers.append(Viewer(browser, world, **options))  # type: ignore[arg-type] # handed on
        return viewers[-1]

    yield open_
    troubles = [each for viewer in viewers for each in viewer.leave()]
    assert troubles == []
