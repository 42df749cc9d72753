"""Names that somebody means ill with, or that are merely unlike ours.

They are text in every view, its tooltips and its title, and no view gets wider for them.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.board import scene
from tests.board.viewing import Viewer, overflow
from tests.http.world import World

Open = Callable[..., Viewer]

NAMES: Final = (
    '<img src=y onerror="document.title=2">',
    "a\"b'c%2F../?x=1#y&id=2",
    "\u05e9\u05dc\u05d5\u05dd-SN-78-\u05d0",
    "W" * 120 + "-END1234",
    "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308" * 14,
    "\U0001f4e6" * 60,
)
TURNED: Final = "\u202eturned \u2066about"
LISTS: Final = ("/alerts", "/returns", "/containers", "/sites?site=SORT-KSF", "/quarantine")
OWN: Final = ("/return?id={}", "/alerts?q={}", "/devices?device={}", "/search?q={}")
HANDHELD: Final = (390, 844)
TITLES: Final = """() => [...document.querySelectorAll("[title], [aria-label], [alt]")]
    .flatMap(each => [each.title, each.ariaLabel, each.alt]).filter(Boolean).join("\\n")"""


def told_of(world: World) -> None:
    """Each is announced, scanned at a wrong place, and packed into a container that is called nearly so."""
    events = []
    for number, name in enumerate(NAMES):
        noted = f"{name} {TURNED}"
        for step, (_, (topic, payload)) in enumerate(
            [
                scene.announced(name, "1T08:00", "laptop-repair", rma=name[:64], description=noted),
                scene.scanned("scan-ber-1", "1T10:00", "collecting", "CP-BER", item=name, operator=name),
                scene.scanned("scan-ksf-1", "2T10:00", "arriving", "SORT-KSF", item=name, note=noted),
                scene.scanned(
                    "scan-ber-2", "2T11:00", "packing", "CP-BER", item="SN-9", container=boxed(name)
                ),
                scene.scanned("scan-lej-1", "3T10:00", "arriving", name[:64], item=name),
                scene.scanned("scan-lej-1", "3T11:00", "arriving", "HUB-LEJ", item=f"{name}\u202e"),
            ]
        ):
            assert isinstance(payload, dict)
            events.append({"topic": topic, "payload": {**payload, "id": f"hostile-{number}-{step}"}})
    assert world.client.post("/api/v1/events", json=events).status_code == 200
    world.project()


def boxed(name: str) -> str:
    return f"B{name}"[:128]


def looked_at(page: Page) -> None:
    """What may not be, whatever is shown."""
    expect(page.locator(".live")).to_have_text("Live")
    for summary in page.locator("main summary").all():
        summary.click()
    assert page.locator("main img:not(.leaflet-tile), main script, main b[onclick]").count() == 0
    text = page.locator("body").inner_text() + page.evaluate(TITLES) + page.title()
    assert not set("\u202e\u2066") & set(text), "a character that turns what follows it is seen as its number"
    assert page.title().endswith(" – Returns Gateway")
    assert overflow(page) <= 0


def test_it_is_text_in_every_list_and_no_list_is_wider_for_it(world: World, view: Open) -> None:
    told_of(world)
    desk, handheld = view(world), view(world, size=HANDHELD, look="dark")
    for address in LISTS:
        for viewer in (desk, handheld):
            looked_at(viewer.go(address))
        if "quarantine" not in address and "sites" not in address:
            expect(desk.page.locator("main")).to_contain_text(NAMES[0])


def test_it_is_text_where_all_is_about_it(world: World, view: Open) -> None:
    told_of(world)
    handheld = view(world, size=HANDHELD, look="dark")
    for name in NAMES:
        for address in OWN:
            looked_at(handheld.go(address.format(quote(name))))
        looked_at(handheld.go(f"/container?id={quote(boxed(name))}"))
        expect(handheld.page.get_by_role("heading", level=1)).to_have_text(boxed(name))
        page = handheld.go(f"/return?id={quote(name)}")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.get_by_role("region", name="In short")).to_contain_text("At SORT-KSF, off its route")
