"""The map before those who look at it: what is live moves in its place, and everything can be had without it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.board import scene
from tests.board.viewing import Viewer
from tests.http.world import World

View = Callable[..., Viewer]
CONTAINERS = "/containers"


def drawn(page: Page) -> Page:
    """The page, once its map is drawn."""
    expect(page.locator(".map-name").first).to_be_attached()
    return page


def report(world: World, when: str, lat: float, lon: float, tracker: str = "trk-tote-11") -> None:
    """A tracker reports while people look."""
    event = scene.fixed(tracker, when, lat, lon)[1]
    answer = world.client.post("/api/v1/events", json=[{"topic": event[0], "payload": event[1]}])
    assert answer.json()["receipts"][0]["results"][0]["result"] == "accepted"


def test_without_a_tile_server_nothing_leaves_the_gateway(evening: World, view: View) -> None:
    viewer = view(evening)
    asked: list[str] = []
    viewer.page.on("request", lambda request: asked.append(request.url))
    drawn(viewer.go(CONTAINERS))
    drawn(viewer.go("/container?id=TOTE-12"))
    strangers = {url for url in asked if not url.startswith((evening.server.url, "data:"))}
    assert strangers == set()
    assert [url for url in asked if url.endswith("/tiles.json")]
    policy = evening.client.get("/containers").headers["content-security-policy"]
    assert "img-src 'self' data:;" in policy
    assert urlsplit(evening.server.url).hostname == "127.0.0.1"


def test_a_container_that_moves_keeps_the_focus_that_it_has(world: World, view: View) -> None:
    page = drawn(view(world).go(CONTAINERS))
    expect(page.locator(".live")).to_have_text("Live")
    spot = page.locator(".goods-dot", has_text="TOTE-11")
    spot.focus()
    before = spot.bounding_box()
    report(world, "4T20:05", 51.9, 12.9)
    page.wait_for_function(
        "([x]) => Math.abs(document.activeElement.getBoundingClientRect().x - x) > 5",
        arg=[before["x"] if before else 0],
    )
    expect(spot).to_be_focused()
    expect(page.locator(".wide tr", has_text="TOTE-11")).to_contain_text("at 51.90, 12.90")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_spot_is_gone_to_by_keyboard(evening: World, view: View, key: str) -> None:
    page = drawn(view(evening).go(CONTAINERS))
    page.locator(".goods-dot", has_text="TOTE-12").focus()
    page.keyboard.press(key)
    expect(page.locator("h1")).to_have_text("TOTE-12")


def test_containers_at_one_place_are_told_apart_by_asking(world: World, view: View) -> None:
    report(world, "4T20:05", 51.3151, 12.0059)
    page = drawn(view(world).go(CONTAINERS))
    spot = page.locator(".goods-dot", has_text="DRUM-21 +1")
    expect(spot).to_have_attribute("title", "DRUM-21, major, fix of 19:00\nTOTE-11, fix of 21:05")
    spot.focus()
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("heading")).to_have_text("2 containers here")
    asked.get_by_role("link", name="TOTE-11").click()
    expect(page.locator("h1")).to_have_text("TOTE-11")
    expect(asked).to_have_count(0)


def moved(page: Page, spot: str, start: float, by: str) -> None:
    """Returns once a spot is `by` from where it began, in pixels."""
    page.wait_for_function(
        f"([name, x]) => [...document.querySelectorAll('.goods-dot')].some((each) =>"
        f" each.textContent === name && Math.abs(each.getBoundingClientRect().x - x) {by})",
        arg=[spot, start],
    )


def test_whoever_moved_the_map_comes_back_to_all_of_it(evening: World, view: View) -> None:
    page = drawn(view(evening).go(CONTAINERS))
    home = page.locator(".goods-dot", has_text="TOTE-12").bounding_box()
    assert home is not None
    page.locator(".map").focus()
    page.keyboard.press("+")
    moved(page, "TOTE-12", home["x"], "> 20")
    page.get_by_role("button", name="All", exact=True).click()
    moved(page, "TOTE-12", home["x"], "< 2")


def test_the_wheel_scrolls_the_page_until_the_map_is_chosen(evening: World, view: View) -> None:
    page = drawn(view(evening, size=(1280, 500)).go("/container?id=TOTE-12"))
    place = page.locator(".map")
    place.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    place.hover()
    page.mouse.wheel(0, -200)
    page.wait_for_function("([y]) => scrollY < y", arg=[before])


def test_a_map_that_cannot_be_drawn_says_where_all_of_it_is(evening: World, view: View) -> None:
    viewer = view(evening)
    viewer.page.route("**/vendor/world.json", lambda route: route.abort())
    page = viewer.go(CONTAINERS)
    expect(page.locator(".map")).to_contain_text("all that it shows is in the lists beside it")
    expect(page.locator(".wide tr", has_text="TOTE-12")).to_contain_text("at 52.13, 11.62")
    viewer.page.unroute("**/vendor/world.json")
    viewer.troubles.clear()


def test_what_is_amiss_is_shown_even_where_there_are_more_containers_than_are_listed(
    evening: World, view: View
) -> None:
    known = evening.get("/api/v1/containers")
    worst = next(each for each in known["items"] if each["id"] == "TOTE-12")
    well = next(each for each in known["items"] if each["id"] == "TOTE-11")
    first = [{**well, "id": f"A-{number}", "position": None} for number in range(500)]

    def answer(route: Route) -> None:
        only = "kind=" in route.request.url
        route.fulfill(json={**known, "items": [worst] if only else first, "next": None if only else "more"})

    viewer = view(evening)
    viewer.page.route("**/api/v1/containers?*", answer)
    page = drawn(viewer.go(CONTAINERS))
    expect(page.locator(".wide tbody tr").first).to_contain_text("TOTE-12")
    expect(page.locator(".goods-dot.major", has_text="TOTE-12")).to_be_visible()
    expect(page.get_by_label("Show").locator("option")).to_have_text(["the first 501", "amiss: 1"])
