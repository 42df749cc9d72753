"""What people do at the board, in a real browser: the stories that it was made for."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from gateway.adapters.http.rights import Role
from tests.board import scene
from tests.board.viewing import Viewer
from tests.http.world import World
from tests.unit.cli_world import Happening

View = Callable[..., Viewer]
SCAN = """text => {
    for (const key of [...text, "Enter"]) {
        const typed = new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true});
        document.activeElement.dispatchEvent(typed);
    }
}"""
"""A scanner types all at once, wherever the focus is."""


def send(world: World, happening: Happening) -> None:
    """A message comes in."""
    _, (topic, payload) = happening
    answer = world.client.post("/api/v1/events", json=[{"topic": topic, "payload": payload}])
    assert answer.status_code == 200, answer.text


def chosen(page: Page) -> str:
    return page.locator(".row.chosen .title").inner_text()


def test_an_alert_appears_is_acknowledged_by_keyboard_and_resolves_by_a_late_scan(
    world: World, view: View
) -> None:
    page = view(world).go("/alerts")
    expect(page.locator(".live")).to_have_text("Live")
    page.evaluate("window.loadedOnce = true")
    send(world, scene.announced("SN-2001", "1T06:00", "laptop-repair"))
    row = page.locator(".row", has_text="SN-2001")
    expect(row).to_contain_text("was never handed in")
    expect(page.locator("#told")).to_contain_text("SN-2001")

    while "SN-2001" not in (chosen(page) if page.locator(".row.chosen").count() else ""):
        page.keyboard.press("j")
        expect(page.locator(".row.chosen")).to_have_count(1)
    expect(page.locator(".detail")).to_contain_text("Do next")
    page.keyboard.press("a")
    expect(row).to_contain_text("acknowledged by operator")

    send(world, scene.scanned("scan-ber-1", "3T09:00", "collecting", "CP-BER", item="SN-2001"))
    expect(row).to_have_count(0)
    assert page.evaluate("window.loadedOnce") is True
    page.goto(f"{world.server.url}/alerts?state=resolved")
    expect(page.locator(".row", has_text="SN-2001")).to_contain_text("late evidence")


def test_where_is_sn_1002_and_why_is_it_late(evening: World, view: View) -> None:
    page = view(evening).go("/")
    page.keyboard.press("/")
    page.keyboard.type("SN-1002")
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    expect(answer).to_contain_text("On the way from CP-BER")
    expect(answer).to_contain_text("At HUB-LEJ or HUB-NUE")
    expect(answer).to_contain_text("4 h 30 min late")
    expect(answer).to_contain_text("usually takes 7 h, and may take 24 h")
    expect(answer).to_contain_text("Ask CP-BER whether it really left")
    box = answer.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800, "the answer is to be seen without scrolling"
    page.locator(".stop", has_text="CP-BER").locator("summary").first.click()
    expect(page.locator(".evidence[open]")).to_contain_text("collecting, own scan, by scan-ber-1")


def test_from_a_cause_to_its_consequences_and_back(evening: World, view: View) -> None:
    page = view(evening).go("/alerts")
    page.locator(".row .title", has_text="TOTE-12").click()
    consequences = page.locator(".detail .members > li")
    expect(consequences).to_have_count(40)
    consequences.first.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("INK-201")
    expect(page.locator(".answer")).to_contain_text("Inside TOTE-12")
    page.locator(".answer").get_by_role("link", name="TOTE-12 is late at HUB-LEJ").click()
    expect(page.locator(".detail h2")).to_contain_text("TOTE-12 is late")


def test_several_alerts_are_snoozed_at_once(world: World, view: View) -> None:
    page = view(world).go("/alerts?kind=overdwell")
    page.get_by_label("Select all 6 alerts of SORT-KSF").check()
    page.locator(".bar").get_by_role("button", name="Snooze").click()
    page.get_by_role("dialog").get_by_label("8 hours").check()
    page.get_by_role("dialog").get_by_role("button", name="Snooze").click()
    expect(page.locator("#told")).to_have_text("6 alerts snoozed.")
    expect(page.get_by_role("heading", name="Taken care of: 6")).to_be_visible()
    expect(page.get_by_role("heading", name="Needs somebody: 0")).to_be_visible()


def test_an_alert_is_resolved_with_its_reason_by_keyboard(world: World, view: View) -> None:
    page = view(world).go("/alerts?kind=misrouted")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.get_by_role("dialog").wait_for()
    page.keyboard.type("it is set aside")
    page.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    expect(page.locator("#told")).to_have_text("SN-1004 resolved.")
    (alert,) = world.get("/api/v1/alerts", state="resolved", kind="misrouted")["items"]
    assert (alert["comments"][0]["text"], alert["comments"][0]["by"]) == ("it is set aside", "operator")


def test_a_barcode_scanner_finds_what_it_reads_and_commands_nothing(evening: World, view: View) -> None:
    page = view(evening).go("/alerts")
    page.keyboard.press("j")
    expect(page.locator(".row.chosen")).to_have_count(1)
    page.evaluate(SCAN, "TOTE-12")
    expect(page.locator("h1")).to_have_text("TOTE-12")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_container_that_is_asked_for_as_a_return_is_found(evening: World, view: View) -> None:
    page = view(evening).go("/return?id=TOTE-12")
    expect(page.locator(".goods-head")).to_contain_text("Container")
    assert page.url.endswith("/container?id=TOTE-12")


def test_who_mistypes_is_told_what_was_perhaps_meant(evening: World, view: View) -> None:
    page = view(evening).go("/search?q=SN-10O2")
    page.get_by_role("link", name="SN-1002").click()
    expect(page.locator("h1")).to_have_text("SN-1002")


def test_what_was_refused_is_corrected_and_taken_in(world: World, view: View) -> None:
    page = view(world).go("/quarantine")
    entry = page.locator(".entry", has_text="no site HUB-XXX")
    entry.get_by_role("button", name="Correct and retry").click()
    page.get_by_role("dialog").get_by_label("Site").select_option("HUB-LEJ")
    page.get_by_role("dialog").get_by_role("button", name="Retry").click()
    expect(page.locator("#told")).to_have_text("1 entry accepted.")
    expect(entry).to_have_count(0)
    assert world.get("/api/v1/return", id="SN-1010")["sightings"][0]["site"] == "HUB-LEJ"


def test_several_refused_events_are_given_up_at_once(world: World, view: View) -> None:
    page = view(world).go("/quarantine?reason=malformed&reason=unknown_device")
    page.get_by_label("Select all 2").check()
    page.locator(".bar").get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page.locator("#told")).to_have_text("2 entries discarded.")


def test_who_may_only_look_is_not_offered_to_act(evening: World, view: View) -> None:
    page = view(evening, role=Role.VIEWER).go("/alerts?kind=misrouted")
    page.keyboard.press("j")
    expect(page.locator(".detail")).to_contain_text("SN-1004")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.keyboard.press("a")
    expect(page.locator("#told")).to_contain_text("may look")


def test_a_token_is_asked_for_once_and_a_wrong_one_is_told_so(evening: World, view: View) -> None:
    page = view(evening, role=None).go("/return?id=SN-1002")
    page.get_by_label("Access token").fill("rgw_wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("ask your administrator")
    page.get_by_label("Access token").fill(evening.secrets[Role.OPERATOR])
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("h1")).to_have_text("SN-1002")
    page.reload()
    expect(page.locator("h1")).to_have_text("SN-1002")
    assert page.evaluate("document.cookie") == ""
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Access token")).to_be_visible()


def test_times_are_the_viewers_or_the_sites(evening: World, view: View) -> None:
    page = view(evening, zone="Asia/Tokyo").go("/return?id=SN-1002")
    left = page.locator(".stop", has_text="CP-BER").locator("time").last
    expect(left).to_have_text("Wed 4 Mar, 00:40")
    page.locator(".menu summary").click()
    page.get_by_label("Each site's").check()
    expect(left).to_have_text("Tue 3 Mar, 16:40 CET")
