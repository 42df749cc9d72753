"""How long the first view takes with 100,000 open returns and 10,000 open alerts: `python -m tests.board.first_view`.

From the beginning of the navigation to the first alert in the page, by the page's own clock; in browsers that have
never been here, and in one that has.
"""

import statistics
import tempfile
from typing import Final

from playwright.sync_api import BrowserContext

from gateway.adapters.clock import SystemClock
from gateway.adapters.state import SqlState
from gateway.ports.rows import AlertRow
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import MINUTE, Instant
from gateway.tracking.model import Kind, Severity, Subject
from tests.benchmarks.desk import CHUNK, fill, served
from tests.board.viewing import browsing

RETURNS: Final = 100_000
ALERTS: Final = 10_000
TIMES: Final = 9
_SEEN: Final = """() => new Promise(done => {
    const look = () => document.querySelector(".row") ? done(performance.now()) : requestAnimationFrame(look);
    look();
})"""


def raise_alerts(state: SqlState, now: Instant) -> None:
    """Alerts about a tenth of the returns."""
    for begin in range(0, ALERTS, CHUNK):
        with state.unit() as unit:
            unit.put_alerts([_alert(number, now) for number in range(begin, min(begin + CHUNK, ALERTS))])


def _alert(number: int, now: Instant) -> AlertRow:
    since = Instant(now - number * MINUTE)
    late = Deviation(Kind.DELAYED, since, Severity(1 + number % 4), 1, None, "S1", ("S2",), since)
    subject = Subject("return", f"SN-{number * 10 + 8:07}")
    return AlertRow(
        id=f"{number:026}",
        subject=subject,
        deviation=late,
        opened_at=since,
        version=1,
        route="R",
        container=None,
        summary="late",
        details='{"contents": []}',
    )


def first_view(context: BrowserContext, url: str) -> float:
    """Milliseconds."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    took: float = page.evaluate(_SEEN)
    page.close()
    return took


def main() -> None:
    """Print how long it took."""
    with tempfile.TemporaryDirectory() as folder, served(folder) as (state, server), browsing() as browser:
        now = SystemClock().now()
        fill(state, RETURNS, now)
        raise_alerts(state, now)
        again = browser.new_context()
        first_view(again, server.url)
        new, known = [], []
        for _ in range(TIMES):
            context = browser.new_context()
            new.append(first_view(context, server.url))
            context.close()
            known.append(first_view(again, server.url))
    for name, took in (("a new browser", new), ("one that was here", known)):
        print(f"{name}: median {statistics.median(took):.0f} ms, worst {max(took):.0f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
