"""Draws the pictures of the documentation: `python -m tests.board docs/board`. The bad evening, view by view."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page, expect

from tests.board import scene
from tests.board.viewing import Viewer, browsing
from tests.http.world import World
from tests.unit.cli_world import settle

DESK: Final = (1280, 800)
HANDHELD: Final = (390, 844)


class Picture(NamedTuple):
    """A view: its file, its address, and the alert that is chosen in it, if one is."""

    name: str
    address: str
    chosen: str = ""
    size: tuple[int, int] = DESK
    look: str = "light"


PICTURES: Final[Sequence[Picture]] = (
    Picture("alerts", "/alerts"),
    Picture("alert", "/alerts", "TOTE-12"),
    Picture("return", "/return?id=SN-1002"),
    Picture("container", "/container?id=DRUM-21"),
    Picture("containers", "/containers"),
    Picture("sites", "/sites"),
    Picture("site", "/sites?site=SORT-KSF"),
    Picture("quarantine", "/quarantine"),
    Picture("devices", "/devices"),
    Picture("return-dark", "/return?id=SN-1002", look="dark"),
    Picture("containers-dark", "/containers", look="dark"),
    Picture("return-handheld", "/return?id=SN-1002", size=HANDHELD),
)


def draw(browser: Browser, world: World, picture: Picture, folder: Path) -> None:
    """One picture."""
    viewer = Viewer(browser, world, size=picture.size, look=picture.look)
    page = viewer.go(picture.address)
    if picture.chosen:
        page.locator(".row .title", has_text=picture.chosen).click()
        expect(page.locator(".detail h2")).to_contain_text(picture.chosen)
    settled(page)
    page.screenshot(path=folder / f"{picture.name}.png")
    viewer.leave()


def settled(page: Page) -> None:
    """Returns once it is live, its fonts and its map are there."""
    expect(page.locator(".live")).to_have_text("Live")
    page.evaluate("document.fonts.ready.then(() => true)")
    if page.locator(".map").count():
        page.locator(".leaflet-container .land").first.wait_for(state="attached")
        page.locator(".map-name").first.wait_for(state="attached")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")


def main(folder: Path) -> None:
    """All pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as store,
        World(Path(store), scene.history(), scene.NETWORK, scene.NOW) as world,
        browsing() as browser,
    ):
        settle(world.state, scene.NOW, world.terrain)
        world.project()
        for picture in PICTURES:
            draw(browser, world, picture, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
