"""What lists say of how much there is; and of a site, what is there and what should come."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from gateway.ports.rows import AlertRow, TransitionRow
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import MINUTE, Instant
from gateway.tracking.model import Kind, Severity, Subject
from tests.board import scene
from tests.board.viewing import Viewer
from tests.http.world import World

View = Callable[..., Viewer]


def card(page: Page, title: str) -> str:
    """All that the card with this heading says."""
    return page.locator("section.card", has=page.get_by_role("heading", name=title)).inner_text()


def raise_alerts(world: World, count: int) -> None:
    """Alerts of two severities about returns that nobody looks at."""
    rows = []
    for number in range(count):
        severity = Severity.CRITICAL if number < count // 10 else Severity.MINOR
        late = Deviation(Kind.DELAYED, Instant(scene.NOW - number * MINUTE), severity, 1, site="HUB-NUE")
        subject = Subject("return", f"MANY-{number:05}")
        rows.append(
            AlertRow(f"{number:026}", subject, late, scene.NOW, 1, "R", None, "late", '{"contents": []}')
        )
    with world.state.unit() as unit:
        unit.put_alerts(rows)
        unit.add_transitions([TransitionRow(row.id, scene.NOW, "{}", route="R") for row in rows])


def test_of_many_alerts_the_board_says_how_many_there_are(world: World, view: View) -> None:
    told = world.get("/api/v1/alerts")
    before, minor = told["total"], told["severities"]["minor"]
    raise_alerts(world, 1_234 - before)
    page = view(world).go("/alerts")
    expect(page.get_by_text("The worst 100 of 1,234", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Critical")).to_have_text("121critical")
    page.get_by_role("button", name="Show more than these 100 of 1,234").click()
    expect(page.get_by_text("The worst 200 of 1,234", exact=True)).to_be_visible()
    page.get_by_role("button", name="Critical").click()
    expect(page.get_by_role("heading", name="Needs somebody: 121")).to_be_visible()
    expect(page.get_by_role("button", name="Minor")).to_have_text(f"{minor + 1_234 - before - 121:,}minor")


def test_where_all_alerts_are_shown_nothing_is_said_of_others(evening: World, view: View) -> None:
    page = view(evening).go("/alerts?kind=misrouted")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.get_by_text("The worst")).to_have_count(0)


def test_a_site_shows_what_should_come_and_what_is_still_to_leave_for_it(evening: World, view: View) -> None:
    viewer = view(evening)
    page = viewer.go("/sites?site=HUB-LEJ")
    expect(page.get_by_role("heading", name="Should come: 42")).to_be_visible()
    coming = card(page, "Should come: 42")
    assert "SN-1002" in coming
    assert coming.index("TOTE-12") < coming.index("INK-201")
    page = viewer.go("/sites?site=DISPOSE-BIT")
    expect(page.get_by_role("heading", name="To leave for here: 3")).to_be_visible()
    assert "PLANT-LEU" in card(page, "To leave for here: 3")
    expect(page.get_by_text("Nothing is on its way here.")).to_be_visible()


def test_what_nobody_announced_is_shown_at_the_site_where_it_is(evening: World, view: View) -> None:
    page = view(evening).go("/sites?site=HUB-LEJ")
    here = card(page, "Here now: 3")
    assert scene.MARKUP in here
    assert here.count("not announced") == len(scene.HOSTILE)


def test_who_moves_is_shown_where_they_are_once_that_is_written_down(world: World, view: View) -> None:
    page = view(world).go("/sites?site=HUB-LEJ")
    expect(page.locator(".live")).to_have_text("Live")
    expect(page.get_by_role("heading", name="Should come: 42")).to_be_visible()
    _, (topic, payload) = scene.scanned("scan-lej-1", "4T20:05", "arriving", "HUB-LEJ", item="SN-1002")
    with page.expect_response(lambda answer: "/api/v1/returns?site=HUB-LEJ" in answer.url):
        told = world.client.post("/api/v1/events", json=[{"topic": topic, "payload": payload}])
        assert told.status_code == 200, told.text
    world.project()
    expect(page.get_by_role("heading", name="Here now: 4")).to_be_visible()
    expect(page.get_by_role("heading", name="Should come: 41")).to_be_visible()


def test_what_should_come_is_a_list_that_can_be_filtered_further(evening: World, view: View) -> None:
    page = view(evening).go("/sites?site=HUB-LEJ")
    found = page.locator("section.card", has=page.get_by_role("heading", name="Should come"))
    found.get_by_role("link", name="As a list").click()
    expect(page.get_by_label("Expected at")).to_have_value("HUB-LEJ")
    expect(page.get_by_text("41 returns", exact=True)).to_be_visible()
    page.get_by_label("Route").select_option("laptop-repair")
    expect(page.get_by_text("1 return", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="SN-1002")).to_be_visible()
