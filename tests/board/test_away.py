"""When the gateway is away, a file of the board cannot be had, or the session has ended: said, and mended by itself."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from gateway.adapters.http.rights import Role
from tests.board.viewing import Viewer
from tests.http.world import World

Open = Callable[..., Viewer]
DEVICES = "**/views/devices.js"


def forget(context: BrowserContext) -> None:
    """The session ends, as it does at its time."""
    context.clear_cookies()


def log_in(page: Page, world: World) -> None:
    page.get_by_label("Access token").fill(world.secrets[Role.OPERATOR])
    page.keyboard.press("Enter")


def test_a_view_whose_file_cannot_be_had_says_so_and_is_there_at_the_next_try(
    evening: World, view: Open
) -> None:
    viewer = view(evening)
    viewer.page.route(DEVICES, lambda route: route.abort())
    page = viewer.go("/alerts")
    page.get_by_role("link", name="Devices", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The gateway cannot be reached")
    page.get_by_role("link", name="Quarantine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Quarantine")
    page.go_back()
    expect(page.get_by_role("alert")).to_contain_text("The gateway cannot be reached")
    page.unroute(DEVICES)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices")


def test_who_acts_after_the_session_has_ended_logs_in_and_is_where_they_were(
    world: World, view: Open
) -> None:
    page = view(world).go("/alerts?kind=misrouted")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=2, name="SN-1004")).to_be_visible()
    address = page.url
    forget(page.context)
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text="The session has ended")).to_be_visible()
    log_in(page, world)
    expect(page.get_by_role("heading", level=2, name="SN-1004")).to_be_visible()
    assert page.url == address
    page.keyboard.press("a")
    expect(page.get_by_role("article")).to_contain_text("acknowledged by operator")


def test_who_goes_elsewhere_after_the_session_has_ended_gets_there(evening: World, view: Open) -> None:
    page = view(evening).go("/return?id=SN-1002")
    forget(page.context)
    page.get_by_role("link", name="Devices", exact=True).click()
    log_in(page, evening)
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices")


def test_who_cannot_log_out_for_the_gateway_is_away_is_told_that_they_are_logged_in(
    evening: World, view: Open
) -> None:
    page = view(evening).go("/alerts")
    page.locator("details.menu summary").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#told")).to_contain_text("You are still logged in")
    page.context.set_offline(False)


def test_a_line_that_is_cut_and_mended_leaves_the_page_as_it_is(evening: World, view: Open) -> None:
    page = view(evening).go("/return?id=SN-1002")
    expect(page.locator(".live")).to_have_text("Live")
    page.locator(".stop summary").first.click()
    page.evaluate("window.before = document.querySelector('main')")
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("what you see may be old")
    page.context.set_offline(False)
    expect(page.locator(".live")).to_have_text("Live")
    assert page.evaluate("window.before === document.querySelector('main')")
    expect(page.locator("#told")).to_be_empty()
    expect(page.locator(".evidence[open]")).to_have_count(1)


def test_who_may_not_follow_what_changes_is_told_that_it_is_not_live(evening: World, view: Open) -> None:
    page = view(evening, role=Role.INTEGRATOR).go("/return?id=SN-1002")
    expect(page.locator(".live")).to_have_text("Not live")
    expect(page.locator(".live")).to_have_attribute(
        "title", "You may not follow what changes: what you see is read again three times a minute"
    )
    expect(page.get_by_role("region", name="In short")).to_contain_text("On the way from CP-BER")


def test_a_session_that_ends_while_nobody_does_anything_is_noticed(evening: World, view: Open) -> None:
    viewer = view(evening)
    viewer.page.clock.install()
    page = viewer.go("/return?id=SN-1002")
    expect(page.locator(".live")).to_have_text("Live")
    page.clock.fast_forward(25_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("SN-1002")
    forget(page.context)
    page.clock.fast_forward(25_000)
    expect(page.get_by_label("Access token")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("The session has ended")
