"""For everybody, where a page is more than its view: dialogs, what is unfolded, where nothing is, what went wrong."""

from collections.abc import Callable
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it ships no types
from playwright.sync_api import Page, Route, expect

from gateway.adapters.http.rights import Role
from tests.board import scene
from tests.board.test_reach import SERIOUS
from tests.board.viewing import Viewer, overflow
from tests.http.world import World

Open = Callable[..., Viewer]
Step = Callable[[Page], None]

MISROUTED: Final = "/alerts?kind=misrouted"
TO_RETRY: Final = "/quarantine?reason=unknown_site"


def pressed(*keys: str) -> Step:
    """These keys, once the list is there; then a dialog opens."""

    def press(page: Page) -> None:
        expect(page.get_by_role("article").first).to_be_visible()
        for key in keys:
            page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()

    return press


def clicked(name: str) -> Step:
    """The first button of this name; then a dialog opens."""

    def click(page: Page) -> None:
        page.get_by_role("button", name=name).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return click


def unfolded(page: Page) -> None:
    for summary in page.locator("main summary").all():
        summary.click()


def chosen_menu(page: Page) -> None:
    page.locator("details.menu summary").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def selected(page: Page) -> None:
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("region", name="Selected")).to_be_visible()


def refused(page: Page) -> None:
    page.route("**/api/v1/devices*", _unwell)
    page.get_by_role("link", name="Devices", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("store is busy")


def _unwell(route: Route) -> None:
    route.fulfill(
        status=429, json={"title": "Too Many Requests", "status": 429, "detail": "the store is busy"}
    )


MOMENTS: Final[dict[str, tuple[str, Step]]] = {
    "snooze": (MISROUTED, pressed("j", "s")),
    "resolve": (MISROUTED, pressed("j", "r")),
    "comment": (MISROUTED, pressed("j", "c")),
    "keys": (MISROUTED, pressed("?")),
    "retry": (TO_RETRY, clicked("Correct and retry")),
    "discard": (TO_RETRY, clicked("Discard")),
    "several alerts selected": (MISROUTED, selected),
    "several entries selected": (TO_RETRY, selected),
    "the viewer's choices": ("/alerts", chosen_menu),
    "all of a return unfolded": ("/return?id=SN-1002", unfolded),
    "payloads unfolded": (TO_RETRY, unfolded),
    "resolved alerts": ("/alerts?state=resolved", lambda _: None),
    "no alert": ("/alerts?q=nobody", lambda _: None),
    "no return": ("/returns?status=cancelled", lambda _: None),
    "nothing found": ("/search?q=ZZZ", lambda _: None),
    "no such return": ("/return?id=ZZZ", lambda _: None),
    "no such device": ("/devices?device=ZZZ", lambda _: None),
    "a view that could not be had": ("/alerts", refused),
}


def serious(page: Page) -> list[tuple[str, str, str]]:
    """What axe-core finds that keeps somebody from working here."""
    return [
        (each["id"], str(node["target"]), node["failureSummary"])
        for each in Axe().run(page).response["violations"]
        for node in each["nodes"]
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("name", MOMENTS)
def test_axe_finds_nothing_serious(evening: World, view: Open, name: str, look: str) -> None:
    address, step = MOMENTS[name]
    page = view(evening, look=look).go(address)
    step(page)
    assert serious(page) == []


@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing_serious_where_a_token_is_asked_for(evening: World, view: Open, look: str) -> None:
    page = view(evening, role=None, look=look).go("/")
    assert serious(page) == []
    page.get_by_label("Access token").fill("rgw_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).not_to_be_empty()
    assert serious(page) == []


@pytest.mark.parametrize("name", MOMENTS)
def test_nothing_is_wider_than_a_handheld(evening: World, view: Open, name: str) -> None:
    address, step = MOMENTS[name]
    viewer = view(evening, size=(390, 844))
    page = viewer.go(address)
    if name not in ("snooze", "resolve", "comment", "keys"):
        step(page)
    assert overflow(page) <= 0


@pytest.mark.parametrize("name", ["snooze", "resolve", "comment", "retry", "discard"])
def test_a_dialog_says_what_it_is_takes_the_focus_and_gives_it_back(
    evening: World, view: Open, name: str
) -> None:
    address, step = MOMENTS[name]
    page = view(evening).go(address)
    step(page)
    dialog = page.get_by_role("dialog")
    assert (dialog.get_attribute("aria-labelledby"), dialog.get_by_role("heading").count()) == ("asked", 1)
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")


def test_who_may_not_see_a_view_is_told_so_and_not_led_there(evening: World, view: Open) -> None:
    page = view(evening, role=Role.VIEWER).go("/quarantine")
    expect(page.get_by_role("alert")).to_contain_text("ask your administrator")
    assert page.get_by_role("button", name="Try again").count() == 0
    assert page.get_by_role("navigation").get_by_role("link", name="Quarantine").count() == 0
    assert page.get_by_role("heading", level=1).inner_text() == "Quarantine"
    assert serious(page) == []


def test_a_name_that_would_turn_its_direction_is_text_in_the_title_too(evening: World, view: Open) -> None:
    page = view(evening).go("/return?id=%E2%80%AEKCAB")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page).to_have_title("\\u202eKCAB – Returns Gateway")
    assert "\u202e" not in page.locator("main").inner_text()
    assert scene.MARKUP not in page.title()
