"""What comes from outside stays text: in the page, and by how the page is made."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from gateway.adapters.http.board_routes import FOLDER
from tests.board import scene
from tests.board.viewing import Viewer
from tests.http.world import World

OURS: Final = sorted(
    file
    for file in FOLDER.rglob("*")
    if file.suffix in (".js", ".css", ".html") and "vendor" not in file.parts
)
MARKUP_MAKERS: Final = (
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment", "DOMParser",
    "setHTML", "srcdoc", "eval(", "new Function", "javascript:", "setTimeout(\"", "__proto__",
)  # fmt: skip


@pytest.fixture(params=["/return?id={}", "/search?q={}"], ids=["its page", "the search"])
def address(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", scene.HOSTILE, ids=["markup", "right to left", "as long as may be"])
def test_a_hostile_name_is_text(evening: World, view: Callable[..., Viewer], name: str, address: str) -> None:
    page = view(evening).go(address.format(quote(name)))
    expect(page.locator("main h1")).to_have_text(name)
    assert page.locator("main img, main script").count() == 0
    assert page.title() == f"{name} – Returns Gateway"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_a_worker_noted_is_text_and_cannot_turn_its_direction(
    evening: World, view: Callable[..., Viewer]
) -> None:
    page = view(evening).go(f"/alerts?subject={quote(scene.MARKUP)}")
    page.keyboard.press("j")
    expect(page.locator(".detail h2")).to_contain_text(scene.MARKUP)
    for address in ("/alerts", "/returns", "/quarantine"):
        page = view(evening).go(address)
        expect(page.locator("main")).to_contain_text(
            scene.MARKUP if address != "/quarantine" else "scan-nobody"
        )
        assert page.locator("main img, main script").count() == 0
    payload = view(evening).go("/quarantine?reason=unknown_device").locator("pre")
    assert scene.MARKUP.replace('"', '\\"') in (payload.text_content() or "")


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_no_file_of_the_board_makes_markup_of_text(file: Path) -> None:
    text = file.read_text()
    assert [each for each in MARKUP_MAKERS if each in text] == []
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_no_file_of_the_board_loads_anything_from_elsewhere(file: Path) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+[^\s\"')]*", file.read_text()))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_page_has_no_script_and_no_style_of_its_own() -> None:
    page = (FOLDER / "index.html").read_text()
    assert re.findall(r"<style|style=|<script(?![^>]*\bsrc=)|\son\w+=", page) == []


def imported() -> Iterator[tuple[Path, str, str]]:
    """Which file imports which name from where."""
    for file in OURS:
        for names, path in re.findall(
            r"^import \{([^}]*)\} from \"(\.[^\"]+)\"", file.read_text(), re.MULTILINE
        ):
            for name in names.split(","):
                yield file, name.strip(), path


@pytest.mark.parametrize("file", sorted({file for file, _, _ in imported()}), ids=lambda file: file.name)
def test_every_name_that_is_imported_is_exported_there_and_used_here(file: Path) -> None:
    text = file.read_text()
    names = [(name, path) for each, name, path in imported() if each == file]
    for name, path in names:
        original, _, local = name.partition(" as ")
        there = (file.parent / path).resolve().read_text()
        assert re.search(rf"^export (async )?(function|const|class) {original}\b", there, re.MULTILINE), name
        assert len(re.findall(rf"\b{local or original}\b", text)) > 1, f"{name} is not used"
    assert len({name for name, _ in names}) == len(names), "a name is imported twice"


def test_everything_vendored_has_its_licence_beside_it() -> None:
    vendored = {file.name.split("-")[0].split(".")[0] for file in (FOLDER / "vendor").iterdir()}
    assert vendored - {"VERSIONS"} == {"leaflet", "inter", "world"}
    licences = {file.name for file in (FOLDER / "vendor").glob("*.LICENSE.txt")}
    assert licences == {"leaflet.LICENSE.txt", "inter.LICENSE.txt", "world-atlas.LICENSE.txt"}
