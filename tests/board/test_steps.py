"""Going to and fro: what a step back undoes, and what stays when one thing more is looked at."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.board import scene
from tests.board.test_stories import SCAN, send
from tests.board.viewing import Viewer
from tests.http.world import World

Open = Callable[..., Viewer]


def test_a_filter_can_be_gone_back_from_and_what_was_looked_at_is_no_step(evening: World, view: Open) -> None:
    page = view(evening).go("/alerts")
    rows = page.get_by_role("article")
    expect(rows.first).to_be_visible()
    page.get_by_label("Kind").select_option("misrouted")
    expect(rows).to_have_count(1)
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=2, name="SN-1004")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Kind")).to_have_value("")
    expect(rows.nth(1)).to_be_visible()
    page.go_forward()
    expect(rows).to_have_count(1)
    expect(page.get_by_role("heading", level=2, name="SN-1004")).to_be_visible()


def test_what_is_selected_stays_so_when_an_alert_is_opened(evening: World, view: Open) -> None:
    page = view(evening).go("/")
    page.get_by_role("checkbox", name="SN-1004").first.check()
    page.get_by_role("link", name="SN-1002 is late").click()
    expect(page.get_by_role("heading", level=2, name="SN-1002")).to_be_visible()
    expect(page.get_by_role("region", name="Selected alerts")).to_contain_text("1 alert selected")


def test_a_scanner_may_end_what_it_reads_with_a_tab(evening: World, view: Open) -> None:
    page = view(evening).go("/devices")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate(SCAN.replace('"Enter"', '"Tab"'), "SN-1002")
    expect(page.get_by_role("heading", level=1)).to_have_text("SN-1002")


def test_what_may_be_the_cause_is_said_before_the_lateness_that_it_leads_to(
    evening: World, view: Open
) -> None:
    page = view(evening).go("/return?id=SN-1004")
    answer = page.get_by_role("region", name="In short")
    expect(answer.get_by_role("heading", name="Why it is late")).to_be_visible()
    expect(answer.locator(".reasons > li").nth(0)).to_contain_text("It is at SORT-KSF, off its route")
    expect(answer.locator(".reasons > li").nth(1)).to_contain_text("It is late at HUB-LEJ or HUB-NUE")


def test_an_entry_in_quarantine_says_in_a_line_what_was_sent(evening: World, view: Open) -> None:
    page = view(evening).go("/quarantine?reason=unknown_site")
    expect(page.get_by_role("article")).to_contain_text("It says: arriving SN-1010 at HUB-XXX")


def test_a_new_alert_is_seen_where_its_cause_has_more_than_are_shown(world: World, view: Open) -> None:
    many = [f"SN-30{number:02}" for number in range(12)]
    for item in [*many, "SN-3099"]:
        send(world, scene.announced(item, "1T08:00", "laptop-repair"))
    send(world, scene.scanned("scan-vie-1", "2T08:00", "departing", "CP-VIE", items=many))
    page = view(world).go("/alerts")
    more = page.get_by_role("button", name="more of CP-VIE")
    expect(more).to_be_visible()
    send(world, scene.scanned("scan-vie-1", "2T09:00", "departing", "CP-VIE", item="SN-3099"))
    new = page.get_by_role("link", name="SN-3099 is late")
    expect(new).to_be_visible()
    expect(more).to_be_visible()
    new.click()
    page.reload()
    expect(more).to_be_visible()
    expect(new).to_be_visible()


def test_an_id_is_found_without_its_capitals(evening: World, view: Open) -> None:
    page = view(evening).go("/search?q=sn-1002")
    expect(page.get_by_role("heading", level=1)).to_have_text("SN-1002")
