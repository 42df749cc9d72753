"""A changed network, taken up by the running gateway: what it cures, what it derives anew, what it refuses."""

import signal
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

import pytest

from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Event, Senders, from_now
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

DEFAULTS: Final = "{hold_off: 0s, unpack_window: 2h, min_inside: 1m}"
SITES: Final = """
  - {id: QUAY, lat: 54.32, lon: 10.13, timezone: Europe/Berlin, fence: {radius_m: 200}}
  - {id: SHED, lat: 54.40, lon: 10.30, timezone: Europe/Berlin, fence: {radius_m: 200}}
  - {id: WORKS, lat: 54.60, lon: 10.50, timezone: Europe/Berlin}
"""
ROUTES: Final = """
  - id: repair
    purpose: repair
    stops:
      - {sites: [QUAY], dwell: {max: 1h}}
      - {sites: [WORKS], transit: {max: 1h}, steps: [receiving]}
  - id: loop
    purpose: resell
    stops:
      - {sites: [QUAY], dwell: {max: 9d}}
      - {sites: [SHED], transit: {max: 9d}}
"""
DEVICES: Final = """
  - {id: hand, kind: scanner}
  - {id: quiet, kind: scanner, site: QUAY}
  - {id: t1, kind: tracker, container: BOX-1}
"""
ALERTING: Final = (
    "{channels: {desk: 'json://127.0.0.1:9/'}, policies: [{match: {kind: [delayed]}, notify: [desk]}]}"
)
"""Nobody listens there: what counts is who is to be told."""
NUMBERS: Final = count(1)


def network(
    defaults: str = DEFAULTS, sites: str = SITES, routes: str = ROUTES, devices: str = DEVICES
) -> str:
    return (
        f"version: 1\ndefaults: {defaults}\nsites:{sites}routes:{routes}devices:{devices}"
        "containers: [{id: BOX-1, route: loop, tracker: t1}]\nsources: [{id: erp}]\n"
        f"alerting: {ALERTING}\n"
    )


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker"), {"set_tcp_nodelay": "true"}) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto) -> Iterator[GatewayProcess]:
    with GatewayProcess(tmp_path_factory.mktemp("gateway"), broker, network()) as running:
        yield running
        assert running.stop() == 0


@pytest.fixture
def senders(gateway: GatewayProcess, broker: Mosquitto) -> Iterator[Senders]:  # noqa: ARG001 # to whom they send
    with Senders(broker) as connected:
        yield connected


def take_up(gateway: GatewayProcess, text: str, *, event: str = "network_taken_up") -> dict[str, Any]:
    """Lays the file anew and says so; what the log then says of it."""
    before = len(gateway.logged(event))
    gateway.write_network(text)
    gateway.tell(signal.SIGHUP)
    return gateway.wait_logged(event, before + 1)[-1]


def scan(senders: Senders, hours_ago: float, step: str, site: str, **fields: Any) -> str:
    """What became of a scan."""
    event = {"id": f"s{next(NUMBERS)}", "at": from_now(-3600 * hours_ago), "step": step, "site": site}
    result: str = senders.ask("device/hand/scan", {**event, **fields})["result"]
    return result


def announce(senders: Senders, item: str, hours_ago: float = 24) -> None:
    event = {"id": f"a{next(NUMBERS)}", "at": from_now(-3600 * hours_ago), "item": item, "route": "repair"}
    assert senders.ask("source/erp/announce", event)["result"] == "accepted"


def wait_journey(
    gateway: GatewayProcess, subject: str, condition: Callable[[tuple[Any, ...]], bool]
) -> tuple[Any, ...]:
    """Kind, status, stop and so on of a subject, once they are so."""
    return eventually(lambda: gateway.store.journeys().get(subject, ()), condition)


def test_a_file_that_changes_is_seen_without_a_signal(gateway: GatewayProcess, senders: Senders) -> None:
    before = len(gateway.logged("network_taken_up"))
    gateway.write_network(network().replace("erp", "erp2"))
    gateway.wait_logged("network_taken_up", before + 1)
    event = {"id": "seen1", "at": from_now(), "item": "X-2", "route": "repair"}
    assert senders.ask("source/erp2/announce", event)["result"] == "accepted"
    assert senders.ask("source/erp/announce", event)["reason"] == "unknown_source"
    take_up(gateway, network())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 1\nsites: [{id: A", "network.yaml:3:"),
        (network().replace("purpose: repair", "purpose: repairs"), "network.yaml:"),
        (network().replace("sites: [WORKS]", "sites: [WORK]"), "WORKS"),
        ("", "empty"),
        ("\0\0\0", "network.yaml:1:"),
    ],
)
def test_a_file_that_does_not_pass_is_refused_and_the_network_of_before_serves(
    gateway: GatewayProcess, senders: Senders, text: str, says: str
) -> None:
    refused = take_up(gateway, text, event="network_refused")
    assert refused["level"] == "error"
    assert any(says in fault for fault in refused["faults"]), refused
    assert scan(senders, 0, "holding", "WORKS", item="STILL-1") == "accepted"


def test_a_file_that_is_gone_is_refused(gateway: GatewayProcess, senders: Senders) -> None:
    gateway.network_file.unlink()
    gateway.tell(signal.SIGHUP)
    eventually(lambda: gateway.logged("network_refused"), lambda found: "No such file" in str(found[-1:]))
    assert scan(senders, 0, "holding", "WORKS", item="STILL-2") == "accepted"


def test_a_route_that_goods_travel_on_cannot_be_removed_until_they_have_arrived(
    gateway: GatewayProcess, senders: Senders
) -> None:
    announce(senders, "O-1")
    assert scan(senders, 1, "collecting", "QUAY", item="O-1") == "accepted"
    without = network(routes="\n" + ROUTES[ROUTES.index("  - id: loop") :])
    refused = take_up(gateway, without, event="network_refused")
    assert any("route repair" in fault and "travelling" in fault for fault in refused["faults"])
    assert scan(senders, 0.5, "arriving", "WORKS", item="O-1") == "accepted"
    assert wait_journey(gateway, "O-1", lambda row: row[3] == "repair")


def test_changed_fences_let_positions_be_seen_anew_without_any_further_event(
    gateway: GatewayProcess, senders: Senders
) -> None:
    fixes = [{"id": f"f{n}", "at": from_now(-7200 + 60 * n), "lat": 54.405, "lon": 10.30} for n in range(9)]
    assert scan(senders, 3, "packing", "QUAY", items=["C-1"], container="BOX-1") == "accepted"
    senders.send("device/t1/position", fixes)
    senders.wait_answers(Event("device/t1/position", fix) for fix in fixes)
    assert gateway.store.rows("SELECT * FROM visits") == []
    assert wait_journey(gateway, "BOX-1", lambda row: row[2] == 0)
    wide = SITES.replace("lon: 10.30, timezone: Europe/Berlin, fence: {radius_m: 200}", "lon: 10.30, "
                         "timezone: Europe/Berlin, fence: {radius_m: 900}")  # fmt: skip
    take_up(gateway, network(sites=wide))
    assert wait_journey(gateway, "BOX-1", lambda row: row[1:3] == ("completed", 1))
    take_up(gateway, network())
    assert wait_journey(gateway, "BOX-1", lambda row: row[2] == 0)
    assert gateway.store.rows("SELECT * FROM visits") == []


def test_a_shorter_unpacking_window_ends_what_was_being_unpacked(
    gateway: GatewayProcess, senders: Senders
) -> None:
    for item in ("U-1", "U-2"):
        announce(senders, item)
    assert scan(senders, 5, "packing", "QUAY", items=["U-1", "U-2"], container="BAG-1") == "accepted"
    assert scan(senders, 1, "unpacking", "WORKS", items=["U-1"], container="BAG-1") == "accepted"
    assert not [line for line in senders.transitions if line["kind"] == "count_mismatch"]
    take_up(gateway, network(DEFAULTS.replace("2h", "10m")))
    mismatch = senders.wait_transition("opened", kind="count_mismatch", subject="BAG-1")
    assert mismatch["details"]["items"] == ["U-2"]
    take_up(gateway, network())
    assert senders.wait_transition("resolved", id=mismatch["id"])["reason"] == "retracted"


def test_devices_are_watched_as_the_network_of_today_says(gateway: GatewayProcess, senders: Senders) -> None:
    watched = DEVICES.replace(
        "id: quiet, kind: scanner, site: QUAY", "id: quiet, kind: scanner, silent_after: 1s"
    )
    take_up(gateway, network(devices=watched))
    senders.wait_transition("opened", kind="device_silent", subject="quiet")
    take_up(gateway, network(devices=DEVICES.replace("  - {id: quiet, kind: scanner, site: QUAY}\n", "")))
    senders.wait_transition("resolved", kind="device_silent", subject="quiet")
    assert scan(senders, 0, "holding", "WORKS", item="STILL-3") == "accepted"


def test_a_device_that_is_gone_before_its_silence_holds_nothing_up(
    gateway: GatewayProcess, senders: Senders
) -> None:
    watched = DEVICES + "  - {id: fleeting, kind: scanner, silent_after: 3s}\n"
    take_up(gateway, network(devices=watched))
    due = "SELECT look_again - 3000000 FROM subjects WHERE scope = 'device' AND id = 'fleeting'"
    gateway.store.eventually(due, bool)
    take_up(gateway, network())
    gateway.store.eventually(due, lambda rows: rows == [(None,)])
    assert scan(senders, 0, "holding", "WORKS", item="STILL-4") == "accepted"


def told_of(gateway: GatewayProcess, item: str) -> list[str]:
    """The notifications that name an item and go to somebody."""
    lines = [line for line in gateway.logged("notification") if line["channels"]]
    return [line["title"] for line in lines if f"{item} " in line["text"]]


def test_an_alert_under_another_stop_number_goes_on_and_nobody_is_notified_again(
    gateway: GatewayProcess, senders: Senders
) -> None:
    for item in ("M-1", "M-2"):
        announce(senders, item)
    assert scan(senders, 4, "collecting", "QUAY", item="M-1") == "accepted"
    opened = senders.wait_transition("opened", kind="delayed", subject="M-1")
    eventually(lambda: told_of(gateway, "M-1"), bool, 30)
    before = told_of(gateway, "M-1")
    first = "      - {sites: [QUAY], dwell: {max: 1h}}\n"
    more = first.replace("dwell", "transit: {max: 1h}, dwell")
    routes = ROUTES.replace(first, "      - {sites: [SHED], optional: true}\n" + more, 1)
    take_up(gateway, network(routes=routes))
    moved = senders.wait_transition("opened", kind="delayed", subject="M-1", stop=2)
    assert senders.wait_transition("resolved", id=opened["id"])["stop"] == 1
    assert moved["since"] == opened["since"]
    assert scan(senders, 4, "collecting", "QUAY", item="M-2") == "accepted"
    eventually(lambda: told_of(gateway, "M-2"), bool)
    assert told_of(gateway, "M-1") == before
    take_up(gateway, network())


def test_a_new_site_is_known_at_once_and_what_waited_for_it_in_quarantine_is_taken_in(
    gateway: GatewayProcess, senders: Senders
) -> None:
    for item in ("N-1", "N-2"):
        announce(senders, item)
        assert scan(senders, 3, "collecting", "QUAY", item=item) == "accepted"
    events = [
        Event(
            "device/hand/scan",
            {"id": f"n{n}", "at": from_now(-3600), "step": "holding", "site": "PIER", "item": f"P-{n}"},
        )
        for n in range(250)
    ]
    senders.send_all(events)
    assert scan(senders, 2.5, "receiving", "PIER", item="N-1") == "quarantined"
    senders.wait_answers(events)
    held = "SELECT COUNT(*) FROM quarantine WHERE status = 'held' AND reason = 'unknown_site'"
    assert gateway.store.one(held) == 251
    pier = "  - {id: PIER, lat: 54.33, lon: 10.14, timezone: Europe/Berlin}\n"
    routes = ROUTES.replace("sites: [WORKS]", "sites: [WORKS, PIER]")
    take_up(gateway, network(sites=SITES + pier, routes=routes))
    gateway.store.eventually(held, lambda rows: rows == [(0,)])
    assert wait_journey(gateway, "N-1", lambda row: row[1] == "completed")
    assert gateway.store.one("SELECT COUNT(*) FROM scans WHERE site = 'PIER'") == 251
    assert scan(senders, 0, "receiving", "PIER", item="N-2") == "accepted"
    refused = take_up(gateway, network(), event="network_refused")  # hence this test is the last
    assert any("site PIER is gone" in fault for fault in refused["faults"])
