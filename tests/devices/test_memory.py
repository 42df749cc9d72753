"""Memory is bounded, however much waits."""

import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from devices.sdk.disk import DiskSpool
from devices.sdk.spool import New
from gateway.tracking.instants import HOUR, Instant
from tests.devices.desk import START, Desk, events

WAITING = 200_000


@pytest.mark.slow
def test_200_000_waiting_events_are_not_loaded_into_memory(tmp_path: Path) -> None:
    with closing(DiskSpool(tmp_path / "spool")) as spool:
        body = '{"step":"arriving","items":["SN-1001"],"site":"HUB-LEJ"}'
        spool.append(New(f"e{i:08}", "scan", Instant(START + i), body) for i in range(WAITING))
    tracemalloc.start()
    try:
        with closing(DiskSpool(tmp_path / "spool")) as spool:
            assert len(spool) == WAITING
            desk = Desk(spool, trusted=True)
            desk.wait(HOUR)
            sent = 0
            for _ in range(10):
                messages = desk.sent()
                sent += sum(len(events(message)) for message in messages)
                desk.deliver(messages)
                desk.gateway.facts.clear()
                desk.gateway.heard.clear()
            assert sent >= 10_000
            assert len(spool) == WAITING - sent
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * 1024 * 1024
