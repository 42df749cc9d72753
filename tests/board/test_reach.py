"""For everybody: small screens, large letters, keyboard alone, screen readers, light and dark, a line that is cut."""

from collections.abc import Callable
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it ships no types
from playwright.sync_api import Page, expect

from tests.board import scene
from tests.board.viewing import Viewer, overflow
from tests.http.world import World

ADDRESSES: Final = {
    "alerts": "/alerts",
    "an alert": "/alerts?subject=TOTE-12",
    "a return": "/return?id=SN-1002",
    "a container": "/container?id=DRUM-21",
    "containers": "/containers",
    "sites": "/sites",
    "a site": "/sites?site=SORT-KSF",
    "quarantine": "/quarantine",
    "devices": "/devices",
    "returns": "/returns",
    "search": "/search?q=SN-",
}
SIZES: Final = {"handheld": (390, 844), "twice as large": (640, 450), "desk": (1280, 800)}
SERIOUS: Final = ("serious", "critical")


def opened(view: Callable[..., Viewer], world: World, name: str, **options: object) -> Page:
    page = view(world, **options).go(ADDRESSES[name])
    if name == "an alert":
        page.locator(".row .title").first.click()
        expect(page.locator(".detail .members > li")).to_have_count(40)
    if "container" in name:
        expect(page.locator(".map-name").first).to_be_attached()
    return page


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_serious(evening: World, view: Callable[..., Viewer], name: str, look: str) -> None:
    page = opened(view, evening, name, look=look)
    found = Axe().run(page).response["violations"]
    serious = [
        (each["id"], node["target"], node["failureSummary"])
        for each in found
        for node in each["nodes"]
        if each["impact"] in SERIOUS
    ]
    assert serious == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ADDRESSES)
def test_no_view_is_wider_than_its_window(
    evening: World, view: Callable[..., Viewer], name: str, size: str
) -> None:
    assert overflow(opened(view, evening, name, size=SIZES[size])) <= 0


def test_the_board_can_be_worked_with_the_tab_key_alone(evening: World, view: Callable[..., Viewer]) -> None:
    page = view(evening).go("/alerts?kind=misrouted")
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent || ''")
        )
    assert reached[0] == "Skip to the content"
    assert {"Alerts", "Containers", "Quarantine", "Resolved"} <= set(reached)
    assert any("SN-1004" in each for each in reached)
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring != "none"


def test_a_line_that_is_cut_is_marked_and_mends_itself(world: World, view: Callable[..., Viewer]) -> None:
    page = view(world).go("/alerts")
    expect(page.locator(".live")).to_have_text("Live")
    page.context.set_offline(True)
    expect(page.locator(".live")).to_have_text("Not live")
    expect(page.get_by_role("alert")).to_contain_text("what you see may be old")
    _, (topic, payload) = scene.announced("SN-2002", "1T06:00", "laptop-repair")
    assert world.client.post("/api/v1/events", json=[{"topic": topic, "payload": payload}]).status_code == 200
    page.context.set_offline(False)
    expect(page.locator(".live")).to_have_text("Live")
    expect(page.locator(".row", has_text="SN-2002")).to_have_count(1)
    expect(page.locator("p.cut")).to_have_count(0)


def test_what_is_chosen_and_filtered_is_in_the_address(evening: World, view: Callable[..., Viewer]) -> None:
    page = view(evening).go("/alerts")
    page.get_by_role("button", name="Major").click()
    page.get_by_label("Site", exact=True).select_option("CP-BER")
    page.locator(".row .title", has_text="SN-1002").click()
    expect(page.locator(".detail h2")).to_contain_text("SN-1002")
    page.reload()
    expect(page.locator(".detail h2")).to_contain_text("SN-1002")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.get_by_role("button", name="Major")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_have_count(0)
