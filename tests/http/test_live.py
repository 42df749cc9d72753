"""The whole of it: a real gateway beside a real broker, worked with over HTTP and MQTT at once."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.world import TLS
from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Senders, from_now
from tests.integration.test_gateway_live import NETWORK
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

PROGRAM = Path(sys.executable).with_name("returns-gateway")


class Desk:
    """The running gateway as somebody with a token works with it."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self.gateway = gateway
        self.secret = (gateway.folder / "admin-token").read_text().strip()
        self.url = str(gateway.wait_logged("http_listening")[0]["url"])
        self.client = self.client_with(self.secret)

    def client_with(self, secret: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=TLS, trust_env=False)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the gateway's, beside it."""
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.gateway.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Senders]]:
    with (
        Mosquitto(tmp_path_factory.mktemp("broker")) as broker,
        GatewayProcess(tmp_path_factory.mktemp("gateway"), broker, NETWORK) as gateway,
        Senders(broker) as senders,
    ):
        desk = Desk(gateway)
        yield desk, senders
        desk.client.close()


def announce(desk: Desk, item: str) -> None:
    said = {"id": f"a-{item}", "at": from_now(-60), "item": item, "route": "refill"}
    answer = desk.client.post("/api/v1/returns", json=said)
    assert answer.json()["results"][0]["result"] == "accepted"


def test_the_first_start_says_where_the_administrators_token_is(world: tuple[Desk, Senders]) -> None:
    desk, _ = world
    (said,) = desk.gateway.logged("admin_token_written")
    file = Path(said["file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert desk.secret not in json.dumps(desk.gateway.log())
    assert desk.get("/readyz")["ready"] is True


def test_an_erp_announces_a_scanner_scans_an_operator_follows_and_acts(world: tuple[Desk, Senders]) -> None:
    desk, senders = world
    announce(desk, "LIVE-1")
    scan = {"id": "l1", "at": from_now(0), "step": "collecting", "item": "LIVE-1"}
    assert senders.ask("device/at-shop/scan", scan)["verdict"] == "ok"
    alert = eventually(
        lambda: desk.get("/api/v1/alerts", subject="LIVE-1", kind="delayed")["items"], bool, 20
    )[0]
    done = desk.client.post(f"/api/v1/alerts/{alert['id']}/acknowledge", json={"comment": "on it"})
    assert done.json()["state"] == "acknowledged"
    line = senders.wait_transition("changed", id=alert["id"])
    assert line["details"]["operator"]["by"] == "first admin"
    senders.wait_for(
        lambda: senders.retained.get(alert["id"], {}).get("state") == "acknowledged", "acknowledged"
    )
    late = {"id": "l2", "at": from_now(-0.5), "step": "arriving", "item": "LIVE-1"}
    answer = desk.client.post("/api/v1/events", json=[{"topic": "device/at-depot/scan", "payload": late}])
    assert answer.json()["receipts"][0]["results"][0]["result"] == "accepted"
    senders.wait_transition("resolved", id=alert["id"])
    told = desk.get("/api/v1/return", id="LIVE-1")
    assert (told["status"], told["stops"][1]["progress"]) == ("at_stop", "here")
    found = eventually(lambda: desk.get("/api/v1/returns", site="DEPOT")["items"], bool, 20)
    assert [each["id"] for each in found] == ["LIVE-1"]


def test_a_token_is_made_listed_and_revoked_beside_the_gateway(world: tuple[Desk, Senders]) -> None:
    desk, _ = world
    made = desk.run("token", "create", "wall", "--role", "viewer")
    assert (made.returncode, made.stderr.startswith("token ")) == (0, True)
    viewer = desk.client_with(made.stdout.strip())
    assert viewer.get("/api/v1/alerts").status_code == 200
    assert viewer.get("/api/v1/quarantine").status_code == 403
    listed = json.loads(desk.run("token", "list", "--json").stdout)
    assert [(each["name"], each["role"]) for each in listed] == [("first admin", "admin"), ("wall", "viewer")]
    assert made.stdout.strip() not in desk.run("token", "list", "--json").stdout
    assert desk.run("token", "revoke", "wall").returncode == 0
    eventually(lambda: viewer.get("/api/v1/alerts").status_code, lambda status: status == 401)
    viewer.close()
    wrong = desk.run("token", "create", "bot", "--role", "integrator")
    assert (wrong.returncode, "bound to a source" in wrong.stderr) == (2, True)
    assert desk.run("token", "revoke", "nobody").returncode == 1


def test_the_figures_of_a_period_are_the_same_over_http_and_on_the_command_line(
    world: tuple[Desk, Senders],
) -> None:
    desk, _ = world
    announce(desk, "LIVE-2")
    for number, (device, step) in enumerate(
        (("at-shop", "collecting"), ("at-depot", "arriving"), ("at-mill", "receiving"))
    ):
        scan = {"id": f"k{number}", "at": from_now(number - 30), "step": step, "item": "LIVE-2"}
        desk.client.post("/api/v1/events", json=[{"topic": f"device/{device}/scan", "payload": scan}])

    def completed() -> int:
        groups = json.loads(desk.run("kpis", "--json").stdout)["groups"]  # none, while nothing has ended
        return sum(int(each["completed"]) for each in groups)

    assert eventually(completed, lambda count: count >= 1, 30) == 1
    (group,) = desk.get(
        "/api/v1/kpis", by="route", until="2100-01-01T00:00:00Z", since="2099-01-01T00:00:00Z"
    )["groups"] or [None]
    assert group is None
    (shown,) = desk.get("/api/v1/kpis", by="route")["groups"]
    assert (shown["group"], shown["completed"], shown["recovery_rate"], round(shown["cycle_p50_s"])) == (
        "refill",
        1,
        1.0,
        2.0,
    )
    assert "100.0%" in desk.run("kpis").stdout


def test_a_gateway_that_is_told_to_stop_lets_listeners_go(tmp_path: Path, broker: Mosquitto) -> None:
    settings = {"MQTT__ROOT": "stop/v1", "MQTT__CLIENT_ID": "stopping"}
    with GatewayProcess(tmp_path, broker, NETWORK, settings=settings) as gateway:
        desk = Desk(gateway)
        with desk.client, desk.client.stream("GET", "/api/v1/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 3000"
            assert gateway.stop() == 0


def test_an_address_that_is_taken_is_told_before_anything_starts(
    world: tuple[Desk, Senders], tmp_path: Path, broker: Mosquitto
) -> None:
    port = world[0].url.rpartition(":")[2]
    gateway = GatewayProcess(tmp_path, broker, NETWORK, settings={"HTTP__PORT": port})
    gateway.launch()
    assert gateway.ended() == 2
    assert "RETURNS_HTTP__PORT" in "".join(str(line.get("raw", "")) for line in gateway.log())
