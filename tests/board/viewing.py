"""Somebody before the board: a browser of a size, a look and a time zone, logged in with the token of a role.

Waits for what is to be seen, never for time to pass. Whatever the page complains of is kept for the test to fail with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from gateway.adapters.http.rights import Role
from tests.http.world import World

FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHROMIUM: Final = "/usr/bin/chromium"
PATIENCE_MS: Final = 15_000
_EXPECTED: Final = (
    "Failed to load resource: the server responded with a status of 4",
    "Failed to load resource: net::ERR_",
)
"""What a browser says of each answer that is no success, and of none; that it was so is for the board to show."""


@contextmanager
def browsing() -> Iterator[Browser]:
    """The system's Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


class Viewer:
    """One person's page. `role` None: not logged in."""

    def __init__(
        self,
        browser: Browser,
        world: World,
        role: Role | None = Role.OPERATOR,
        size: tuple[int, int] = (1280, 800),
        look: str = "light",
        zone: str = "Europe/Berlin",
    ) -> None:
        self.url = world.server.url
        self.troubles: list[str] = []
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if look == "dark" else "light",
            timezone_id=zone,
            locale="en-GB",
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(PATIENCE_MS)
        if role is not None:
            body = {"token": world.secrets[role]}
            assert self._context.request.post(f"{self.url}/api/v1/session", data=body).ok
        self.page: Page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._hear)

    def go(self, address: str) -> Page:
        """Opens an address of the board, and returns once its view is there."""
        self.page.goto(self.url + address, wait_until="domcontentloaded")
        self.page.locator("main h1").first.wait_for(state="attached")
        return self.page

    def leave(self) -> list[str]:
        """Closes the page; what it complained of."""
        self._context.close()
        return self.troubles

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_EXPECTED):
            self.troubles.append(message.text)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if not isinstance(width, int):
        pytest.fail(f"the page says that it is {width!r} wider")
    return width
