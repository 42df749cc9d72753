"""The board before a gateway as it is run: a broker, a process of its own, a fleet that moves while somebody works."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.board.scene import NETWORK
from tests.board.viewing import PATIENCE_MS
from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Senders, from_now
from tests.servers.mosquitto import Mosquitto

PROGRAM = Path(sys.executable).with_name("returns-device")
HOUR = 3600.0
SCANNER = "device/scan-lej-1/scan"


@pytest.fixture
def own_broker(new_broker: Callable[[], Mosquitto]) -> Mosquitto:
    return new_broker()


@pytest.fixture
def gateway(tmp_path: Path, own_broker: Mosquitto) -> Iterator[GatewayProcess]:
    folder = tmp_path / "gateway"
    folder.mkdir()
    with GatewayProcess(folder, own_broker, NETWORK) as running:
        yield running


@pytest.fixture
def fleet(gateway: GatewayProcess, own_broker: Mosquitto) -> Iterator[subprocess.Popen[bytes]]:
    """Five days of the demo's fleet, which end now, at the speed of a minute in a second and more."""
    command: list[str | Path] = [
        PROGRAM,
        "fleet",
        "--broker",
        own_broker.url,
        "--network",
        gateway.network_file,
    ]
    options = ["--for", "5d", "--speed", "8000", "--seed", "3"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ) as running:
        yield running
        running.terminate()


@pytest.fixture
def page(browser: Browser, gateway: GatewayProcess) -> Iterator[Page]:
    """The board, logged in with the administrator's first token."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(2 * PATIENCE_MS)
    shown = context.new_page()
    shown.goto(str(gateway.wait_logged("http_listening")[0]["url"]))
    shown.get_by_label("Access token").fill((gateway.folder / "admin-token").read_text().strip())
    shown.get_by_role("button", name="Log in").click()
    expect(shown.locator("h1")).to_have_text("Alerts")
    yield shown
    context.close()


def scan(number: int, item: str, step: str, site: str, ago_s: float) -> dict[str, object]:
    return {"id": f"story-{number}", "at": from_now(-ago_s), "step": step, "item": item, "site": site}


@pytest.mark.slow
def test_an_alert_comes_is_acknowledged_and_resolves_by_a_late_scan_while_the_fleet_moves(
    own_broker: Mosquitto, fleet: subprocess.Popen[bytes], page: Page
) -> None:
    expect(page.locator(".live")).to_have_text("Live")
    expect(page.locator(".row").first).to_be_visible(timeout=60_000)
    base = page.url.rstrip("/")
    page.goto(f"{base}/alerts?subject=SN-STORY")
    page.evaluate("window.loadedOnce = true")
    with Senders(own_broker) as senders:
        announced = {
            "id": "story-0",
            "at": from_now(-60 * HOUR),
            "item": "SN-STORY",
            "route": "laptop-repair",
        }
        senders.send("source/erp/announce", announced)
        senders.send(SCANNER, scan(1, "SN-STORY", "collecting", "CP-BER", 50 * HOUR))
        senders.send(SCANNER, scan(2, "SN-STORY", "departing", "CP-BER", 40 * HOUR))
        row = page.locator(".row", has_text="SN-STORY is late at HUB-LEJ or HUB-NUE")
        expect(row).to_be_visible()
        page.keyboard.press("j")
        expect(page.locator(".detail h2")).to_contain_text("SN-STORY")
        page.keyboard.press("a")
        expect(row).to_contain_text("acknowledged by")
        senders.send(SCANNER, scan(3, "SN-STORY", "arriving", "HUB-LEJ", 20 * HOUR))
        expect(row).to_have_count(0)
    assert page.evaluate("window.loadedOnce") is True
    expect(page.locator(".live")).to_have_text("Live")
    page.goto(f"{base}/return?id=SN-STORY")
    expect(page.locator(".answer")).to_contain_text("At HUB-LEJ")
    assert fleet.poll() in (None, 0), "the fleet has failed"
