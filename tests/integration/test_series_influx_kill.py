"""InfluxDB and the gateway killed at random instants, again and again: all that is receipted is there, once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Final

import pytest

from gateway.adapters.clock import SystemClock
from gateway.adapters.state import SqlState
from gateway.network import parse
from gateway.service.series import Outside, SeriesDeliveries, Vitals
from gateway.service.series.loop import POLL
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network
from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Senders
from tests.integration.influx_world import KEEP, facts, influx, stored
from tests.integration.test_gateway_kill import NETWORK, Fleet
from tests.servers.influxdb import InfluxDB
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

KILLED: Final = ("gateway", "influxdb", "gateway influxdb", "influxdb")


@pytest.mark.slow
def test_whoever_is_killed_and_whenever_all_points_are_there_in_the_end(
    broker: Mosquitto, own_influxdb: InfluxDB, tmp_path: Path
) -> None:
    rng, root = Random(17), "influx/kill"
    bucket = own_influxdb.new_bucket()
    settings = {
        "MQTT__ROOT": root,
        "MQTT__CLIENT_ID": "influx-kill",
        "SERIES__URL": own_influxdb.url(bucket),
        "SERIES__TOKEN": own_influxdb.token,
    }
    gateway = GatewayProcess(tmp_path, broker, NETWORK, settings=settings)
    over, instant = threading.Event(), threading.Event()
    with Senders(broker, root) as senders, ThreadPoolExecutor(1) as pool, gateway:
        fleet = Fleet(senders, rng)
        running = pool.submit(fleet.run, over)
        try:
            for killed in KILLED:
                instant.wait(rng.uniform(0.1, 1.5))  # never set: any instant will do
                if "gateway" in killed:
                    gateway.kill()
                if "influxdb" in killed:
                    own_influxdb.kill()
                    instant.wait(rng.uniform(0, 0.5))  # likewise
                    own_influxdb.start()
                if "gateway" in killed:
                    gateway.start()
        finally:
            over.set()
            running.result(30)
        eventually(fleet.unreceipted, lambda left: not left, 30)
        assert own_influxdb.token not in str(gateway.log())
        gateway.stop()
    state, network = SqlState(f"sqlite:///{tmp_path / 'returns.sqlite'}"), parse(NETWORK)
    drain(state, network, own_influxdb, bucket)
    made = facts(state, network)
    assert len([point for point in made if point.measurement == "scan"]) >= len(fleet.sent) // 2
    assert stored(own_influxdb, bucket) == made
    state.close()


def drain(state: SqlState, network: Network, server: InfluxDB, bucket: str) -> None:
    """What the gateway did not come to do before it was stopped."""
    series, clock = influx(server, bucket), SystemClock()
    deliveries = SeriesDeliveries(Outside(state, series, lambda: network, lambda: Vitals(0)), "gw-2", KEEP)
    while deliveries.run_once(now := clock.now()) < Instant(now + POLL):
        pass
    assert deliveries.fault == ""
    series.close()
