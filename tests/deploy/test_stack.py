"""The whole system from docker-compose.yml, from nothing: secrets, broker, InfluxDB, gateway; a scan; a backup."""

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.stack import PATIENCE_S, Stack
from tests.deploy.standin_images import stand_in_for_influxdb, stand_in_for_mosquitto
from tests.servers.podman import Podman
from tests.servers.waiting import eventually

pytestmark = pytest.mark.slow
PYTHON: Final = "/opt/returns-gateway/bin/python"
NETWORK: Final = """
version: 1
sites: [{id: SHOP, lat: 52.5, lon: 13.4, timezone: Europe/Berlin}]
routes: [{id: repair, purpose: repair, stops: [{sites: [SHOP]}]}]
devices: [{id: scan-1, kind: scanner, site: SHOP}]
"""
SCAN: Final = """
import json, sys, threading, datetime
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
password, event = sys.argv[1:]
heard = threading.Event()
device = Client(CallbackAPIVersion.VERSION2)
device.username_pw_set("scan-1", password)
device.on_message = lambda _client, _data, message: (print(message.payload.decode()), heard.set())
device.connect("mosquitto", 1884)
device.loop_start()
device.subscribe("returns/v1/device/scan-1/receipt", 1)
at = datetime.datetime.now(datetime.UTC).isoformat()
scan = {"id": event, "at": at, "step": "collecting", "item": "SN-1"}
device.publish("returns/v1/device/scan-1/scan", json.dumps(scan), 1)
sys.exit(not heard.wait(20))
"""
ASK: Final = """
import sys, urllib.error, urllib.parse, urllib.request
token, path, body = sys.argv[1:]
ask = urllib.request.Request("http://influxdb:8086" + path, body.encode() or None)
ask.add_header("Authorization", "Token " + open(token).read().strip())
try:
    print(urllib.request.urlopen(ask, timeout=10).read().decode())
except urllib.error.HTTPError as refused:
    print("refused", refused.code)
"""
SECRETS: Final = tuple(
    f"secrets-{part}" for part in ("mosquitto", "influxdb", "setup", "gateway", "grafana", "fleet")
)
QUERY: Final = "/query?db=returns&q=SELECT+count%28item%29+FROM+scan"


class World:
    """The system, brought up once, and what a person does with it."""

    def __init__(self, podman: Podman, image: str, folder: Path) -> None:
        self.stack = Stack(podman, image, folder)
        self.stack.up("gateway")
        self.stack.wait_well("gateway")
        self.password = self.stack.once("secrets", "/deploy/mosquitto/login", "add", "scan-1").strip()
        self.stack.tell("mosquitto", "HUP")

    def scan(self, event: str) -> Any:
        """A scan's result, as its device hears it; the login may still be unknown to the broker."""
        _, said = eventually(
            lambda: self.stack.inside("gateway", PYTHON, "-c", SCAN, self.password, event),
            lambda done: done[0] == 0,
            1.0,
        )
        return json.loads(said)["results"][0]

    def scans_in_influxdb(self) -> int:
        """How many scans InfluxDB has, asked with Grafana's token."""
        said = self.as_grafana(QUERY)
        counted = re.search(r'"values":\[\["[^"]*",(\d+)', said)
        return int(counted[1]) if counted else 0

    def as_grafana(self, path: str, body: str = "") -> str:
        """Asks InfluxDB as Grafana may: its user, its mounts."""
        service = self.stack.services["grafana"] | {
            "image": "returns-gateway:local",
            "entrypoint": [PYTHON, "-c", ASK],
            "environment": {},
            "restart": "no",
        }
        self.stack.services["as-grafana"] = service
        return self.stack.once("as-grafana", "/run/returns/influxdb-token", path, body)


@pytest.fixture(scope="module")
def world(podman: Podman, image: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("network")
    folder.chmod(0o755)
    (folder / "network.yaml").write_text(NETWORK)
    stand_in_for_mosquitto(podman, tmp_path_factory.mktemp("mosquitto"))
    stand_in_for_influxdb(podman, tmp_path_factory.mktemp("influxdb"))
    return World(podman, image, folder)


def test_a_scan_goes_all_the_way_and_is_there_for_grafana(world: World) -> None:
    result = world.scan("e1")
    assert (result["id"], result["result"]) == ("e1", "accepted")
    eventually(world.scans_in_influxdb, lambda count: count == 1, PATIENCE_S)


def test_grafanas_token_reads_and_does_not_write(world: World) -> None:
    said = world.as_grafana("/api/v2/write?org=returns&bucket=returns", "scan item=1")
    assert said.strip() in {"refused 403", "refused 401"}
    said = world.as_grafana("/api/v2/authorizations")
    assert "token" not in said or '"authorizations": []' in said


def test_the_gateways_token_writes_and_does_not_read(world: World) -> None:
    _, said = world.stack.inside("gateway", PYTHON, "-c", ASK, "/run/returns/influxdb-token", QUERY, "")
    assert '"values"' not in said


def test_a_second_start_changes_no_secret(world: World) -> None:
    everything = ("-c", "find /secrets -type f | sort | xargs cat")
    before = world.stack.once("secrets", *everything)
    world.stack.once("secrets")
    world.stack.once("setup")
    assert world.stack.once("secrets", *everything) == before
    assert before.count("$7$") == 4


def test_each_volume_is_laid_back_from_a_backup_and_nothing_is_missing(world: World) -> None:
    assert world.scan("kept")["result"] == "accepted"
    eventually(world.scans_in_influxdb, lambda count: count >= 1, PATIENCE_S)
    counted = world.scans_in_influxdb()
    state = world.stack.output("gateway", "returns-gateway", "backup", "-")
    world.stack.down("gateway", "mosquitto", "influxdb")
    saved = [world.stack.save(*volumes) for volumes in (("broker-data",), ("series-data",), SECRETS)]
    world.stack.wipe()
    for each in (*saved, archived(state)):
        world.stack.lay_back(each)
    world.stack.up("gateway")
    world.stack.wait_well("gateway")
    assert world.scan("kept")["result"] == "duplicate"
    assert world.scan("new")["result"] == "accepted"
    eventually(world.scans_in_influxdb, lambda count: count == counted + 1, PATIENCE_S)


def archived(state: bytes) -> bytes:
    """The state store as the README's `tar` packs it: a folder and a file, for the gateway's user."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in (("gateway-data", None), ("gateway-data/returns.sqlite", state)):
            member = tarfile.TarInfo(name)
            member.uid, member.mode = 10001, 0o660 if content else 0o770
            member.type = tarfile.REGTYPE if content else tarfile.DIRTYPE
            member.size = len(content or b"")
            archive.addfile(member, io.BytesIO(content or b""))
    return packed.getvalue()
