"""What was captured is forgotten as any event is: by when it was received, however long ago it happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.state import SqlState
from gateway.epcis.querying import query
from gateway.service.epcis.asking import page
from gateway.service.epcis.desk import jobs
from gateway.tracking.instants import DAY, Instant
from tests.epcis.gateways import NOW, Gateway, event, wrapped

LOT = "urn:epc:class:lgtin:4012345.012345.L1"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """Has captured an event of long ago, which moves no journey, and later one of then."""
    state = SqlState(f"sqlite:///{tmp_path / 'state.sqlite'}")
    found = Gateway(state=state)
    quantities = {"epcList": [], "quantityList": [{"epcClass": LOT, "quantity": 3}]}
    found.capture(wrapped(event(eventTime="2005-04-03T20:33:31Z", **quantities)))
    found.now = Instant(NOW + 10 * DAY)
    found.capture(wrapped(event(eventTime="2026-12-01T00:00:00Z", **quantities)))
    yield found
    state.close()


def found_by(gateway: Gateway, *parameters: tuple[str, str]) -> list[str]:
    with gateway.state.reader() as reader:
        return [each["eventTime"][:4] for each in page(reader, gateway.network, query(parameters)).events]


def prune(gateway: Gateway, before: Instant) -> None:
    with gateway.state.unit() as unit:
        while unit.prune(before, 100):
            pass


@pytest.mark.parametrize("parameter", [("MATCH_epcClass", LOT), ("GE_eventTime", "2000-01-01T00:00:00Z")])
def test_an_event_is_found_until_its_receipt_is_long_ago(
    gateway: Gateway, parameter: tuple[str, str]
) -> None:
    prune(gateway, NOW)
    assert found_by(gateway, parameter) == ["2005", "2026"]
    prune(gateway, Instant(NOW + 5 * DAY))
    assert found_by(gateway, parameter) == ["2026"]
    prune(gateway, Instant(NOW + 20 * DAY))
    assert found_by(gateway, parameter) == []


def test_a_job_is_forgotten_so_long_after_its_end(gateway: Gateway) -> None:
    with gateway.state.reader() as reader:
        assert len(jobs(reader, None, None, 9)[0]) == 2
    prune(gateway, Instant(NOW + 5 * DAY))
    with gateway.state.reader() as reader:
        assert len(jobs(reader, None, None, 9)[0]) == 1
