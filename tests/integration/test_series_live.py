"""The projection in a thread of its own beside a writer, on SQLite: nothing is held up, and in the end all is there."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.adapters.clock import SystemClock
from gateway.adapters.series import EmbeddedSeries
from gateway.adapters.state import SqlState
from gateway.service.intake import Message, take
from gateway.service.series import Keep, Outside, SeriesDeliveries, Vitals
from gateway.tracking.instants import DAY, HOUR, Duration, Instant, rfc3339
from tests.servers.waiting import eventually
from tests.unit.cli_world import TERRAIN

ITEMS = 300
CLOCK = SystemClock()


@contextmanager
def running(deliveries: SeriesDeliveries) -> Iterator[None]:
    thread = threading.Thread(target=deliveries.run, args=(CLOCK,))
    thread.start()
    try:
        yield
    finally:
        deliveries.stop()
        thread.join(20)
        assert not thread.is_alive()


def messages(now: Instant) -> Iterator[Message]:
    """Each item is announced, handed in and received where it belongs."""
    for number in range(ITEMS):
        item = f"SN-{number}"
        announced = {"id": f"a{number}", "at": rfc3339(now - DAY), "item": item, "route": "R"}
        yield Message("source/erp/announce", json.dumps(announced).encode(), now)
        for hours, step, site in ((9, "collecting", "CP1"), (1, "receiving", "REFILL")):
            scan = {"id": f"{step}{number}", "at": rfc3339(now - hours * HOUR), "step": step, "item": item}
            yield Message("device/scan-1/scan", json.dumps({**scan, "site": site}).encode(), now)


def count(series: EmbeddedSeries, query: str) -> int:
    rows = series.query(query, CLOCK.now()).rows
    return int(str(rows[0][0])) if rows else 0


def test_what_is_taken_in_meanwhile_is_told(tmp_path: Path) -> None:
    state = SqlState(f"sqlite:///{tmp_path / 'state.sqlite'}")
    series = EmbeddedSeries(tmp_path / "state.series.sqlite")
    series.setup()
    keep = Keep(*[Duration(400 * DAY)] * 3)
    outside = Outside(state, series, lambda: TERRAIN.network, lambda: Vitals(0))
    with running(SeriesDeliveries(outside, "gw-1", keep)):
        for message in messages(CLOCK.now()):
            with state.unit() as unit:
                take(unit, TERRAIN, [message], message.received_at)
        expected = {
            "SELECT count(item) FROM scan": 2 * ITEMS,
            "SELECT sum(n) FROM journey_end WHERE outcome = 'completed'": ITEMS,
            "SELECT sum(n) FROM leg": ITEMS,
        }
        eventually(
            lambda: {query: count(series, query) for query in expected}, lambda seen: seen == expected, 30
        )
        eventually(lambda: count(series, "SELECT count(outbox) FROM gateway"), lambda seen: seen > 0)
    with state.reader() as unit:
        assert list(unit.marks(9)) == []
    series.close()
    state.close()
