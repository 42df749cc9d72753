"""The same events over MQTT in any order, with repeats, in any batching: the same journeys, contents and open alerts.

And those that an independent reading of the rules comes to, which knows nothing of order.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from gateway.adapters.clock import SystemClock
from gateway.network import parse
from gateway.tracking.instants import DAY, Instant, instant, rfc3339
from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Event, Senders
from tests.properties.histories import Teller
from tests.properties.oracle.alerts import Watchman
from tests.servers.mosquitto import Mosquitto

NETWORK: Final = """
version: 1
defaults: {hold_off: 1s, unpack_window: 2h, min_inside: 5m, forget_after: 60h}
calendars:
  office: {open: {mon-fri: ["08:00-12:00", "13:00-18:00"]}}
sites:
  - {id: S0, lat: 51.0, lon: 10.0, timezone: Europe/Berlin, fence: {radius_m: 300}}
  - {id: S1, lat: 51.4, lon: 10.7, timezone: America/New_York, calendar: office, fence: {radius_m: 150}}
  - {id: S2, lat: 51.43, lon: 10.7, timezone: UTC, fence: {radius_m: 1000}}
  - {id: S3, lat: 52.2, lon: 12.1, timezone: Asia/Kathmandu}
  - {id: S4, lat: 52.6, lon: 12.8, timezone: Europe/Berlin, calendar: office,
     fence: {polygon: [[52.597, 12.796], [52.597, 12.804], [52.603, 12.804], [52.603, 12.796]]}}
routes:
  - id: R0
    purpose: repair
    collect_within: 12h
    due_within: 60h
    missing_after: 30h
    stops:
      - {sites: [S0, S1], dwell: {max: 8h}}
      - {sites: [S2], transit: {max: 12h}, dwell: {max: 5h, hours: working}, optional: true}
      - {sites: [S3], transit: {max: 9h}, dwell: {max: 6h}, unpack: true}
      - {sites: [S4], transit: {max: 10h}, steps: [receiving, repairing]}
  - id: R1
    purpose: dispose
    due_within: 40h
    due_kind: legal
    stops:
      - {sites: [S1], dwell: {max: 4h, hours: working}}
      - {sites: [S3, S0], transit: {max: 20h}}
  - id: R2
    purpose: refill
    collect_within: 6h
    missing_after: 20h
    stops:
      - {sites: [S2], dwell: {max: 10h}}
      - {sites: [S4], transit: {max: 8h}, dwell: {max: 3h}}
      - {sites: [S0], transit: {max: 8h}, unpack: false}
  - id: LOOP
    purpose: resell
    missing_after: 20h
    stops:
      - {sites: [S0], dwell: {max: 12h}}
      - {sites: [S3], transit: {max: 8h}, dwell: {max: 6h}}
      - {sites: [S0], transit: {max: 9h}}
container_types:
  - {id: drum, limits: {temperature_c: {min: -10, max: 40}}}
containers:
  - {id: TOTE-0, type: drum, route: LOOP, tracker: trk-0}
  - {id: TOTE-1, route: R0, tracker: trk-1}
  - {id: TOTE-2, type: drum, tracker: trk-2}
  - {id: TOTE-3}
devices:
  - {id: scan-0, kind: scanner, site: S0}
  - {id: scan-1, kind: scanner, site: S3}
  - {id: scan-2, kind: scanner}
  - {id: trk-0, kind: tracker, container: TOTE-0}
  - {id: trk-1, kind: tracker, container: TOTE-1}
  - {id: trk-2, kind: tracker, container: TOTE-2}
sources: [{id: erp}, {id: rma}]
"""
TABLES: Final = (
    "stays",
    "visits",
    "unpackings",
    "excursions",
    "batteries",
    "voids",
    "scans",
    "announcements",
)
"""What the store knows and derives besides journeys and alerts, none of which may depend on the order either."""


def history(seed: int) -> list[Event]:
    """A history whose last event was eight days ago, so that all that time alone does has happened."""
    told = [each for each in Teller(Random(seed), parse(NETWORK), 220).tell() if "id" in each.payload]
    last = max(instant(each.payload["at"]) for each in told)
    shift = SystemClock().now() - 8 * DAY - last
    return [Event(each.topic, shifted(each.payload, shift)) for each in told]


def shifted(payload: Any, shift: int) -> dict[str, Any]:
    times = {name: payload[name] for name in ("at", "due_at") if name in payload}
    return {**payload, **{name: rfc3339(Instant(instant(at) + shift)) for name, at in times.items()}}


def one_by_one(events: list[Event], _: Random) -> list[tuple[str, object]]:
    return [(event.channel, event.payload) for event in events]


def backwards_and_twice(events: list[Event], _: Random) -> list[tuple[str, object]]:
    return [(event.channel, event.payload) for event in reversed(events) for _ in range(2)]


def shuffled_with_repeats(events: list[Event], rng: Random) -> list[tuple[str, object]]:
    chosen = [*events, *rng.sample(events, len(events) // 3)]
    rng.shuffle(chosen)
    return one_by_one(chosen, rng)


def shuffled_in_arrays(events: list[Event], rng: Random) -> list[tuple[str, object]]:
    left = rng.sample(events, len(events))
    messages: list[tuple[str, object]] = []
    while left:
        channel = rng.choice(left).channel
        mine = [event for event in left if event.channel == channel][: rng.randint(1, 60)]
        left = [event for event in left if event not in mine]
        again = rng.sample(mine, rng.randint(0, min(3, len(mine))))
        messages.append((channel, [event.payload for event in [*mine, *again]]))
    return messages


WAYS: Final = (one_by_one, backwards_and_twice, shuffled_with_repeats, shuffled_in_arrays)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def end_state(gateway: GatewayProcess) -> dict[str, Any]:
    """All that the store derives, once everything that is due has been looked at."""
    gateway.store.wait_for_deadlines()
    tables = {name: gateway.store.table(name) for name in TABLES}
    return {"journeys": gateway.store.journeys(), "alerts": gateway.store.open_alerts(), **tables}


def oracle_alerts(events: list[Event]) -> dict[tuple[str, str, str, str], int]:
    """What an independent reading of the rules says is open now."""
    now = SystemClock().now()
    watchman = Watchman(parse(NETWORK))
    for event in events:
        watchman.clerk.hear(now, event.channel, event.payload)
    watchman.look(now)
    return {
        (kind, id_, what, "" if part is None else str(part)): since
        for (kind, id_, what, part), (since, *_) in watchman.open.items()
    }


@pytest.mark.parametrize("seed", [23])
def test_any_order_repetition_and_batching_ends_in_the_same_state(
    tmp_path: Path, broker: Mosquitto, seed: int
) -> None:
    events, rng = history(seed), Random(seed)
    found = {}
    with ExitStack() as running:
        worlds = []
        for way in WAYS:
            folder = tmp_path / way.__name__
            folder.mkdir()
            name = f"{way.__name__}-{seed}"
            settings = {"MQTT__ROOT": name, "MQTT__CLIENT_ID": name}
            gateway = GatewayProcess(folder, broker, NETWORK, settings=settings)
            worlds.append((way, running.enter_context(gateway), running.enter_context(Senders(broker, name))))
        for way, _, senders in worlds:
            senders.send_all(way(events, rng))
        for way, gateway, senders in worlds:
            senders.wait_answers(events, 60)
            found[way.__name__] = end_state(gateway)
            assert gateway.stop() == 0
            assert not [line for line in gateway.log() if line.get("level") == "error"]
    expected = found.pop("one_by_one")
    for way_name, state in found.items():
        for what, value in state.items():
            assert value == expected[what], f"{what}, {way_name}"
    assert expected["alerts"] == oracle_alerts(events)
    assert len(expected["alerts"]) > 2
    assert len(expected["journeys"]) > 5
    assert all(expected[name] for name in TABLES)
