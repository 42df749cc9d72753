"""The image: it builds, holds no more than it must, and the gateway in it serves, as guarded as compose runs it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.deploy.image import REPOSITORY
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto
from tests.servers.podman import Podman
from tests.servers.waiting import eventually

pytestmark = pytest.mark.slow
STRANGER: Final = "54321:0"
"""A user that the image does not know, as some platforms give each container one."""
PATIENCE_S: Final = 8.0
"""For `eventually`, which counts how often it looks: a look into a container takes many times as long."""
NETWORK: Final = """
version: 1
sites: [{id: SHOP, lat: 52.5, lon: 13.4, timezone: Europe/Berlin}]
routes: [{id: repair, purpose: repair, stops: [{sites: [SHOP]}]}]
devices: [{id: scan-1, kind: scanner, site: SHOP}]
"""


class World(NamedTuple):
    """A gateway in a container, on the network of this machine, and its broker."""

    podman: Podman
    container: str
    broker: Mosquitto

    def inside(self, *command: str) -> tuple[int, str]:
        """Runs a command in the container: its exit status, and what it says."""
        done = self.podman.run("exec", self.container, *command)
        return done.returncode, done.stdout + done.stderr


def started(podman: Podman, image: str, broker: Mosquitto, folder: Path) -> World:
    """Guarded as in docker-compose.yml, and by a user that the image does not know."""
    folder.chmod(0o755)
    (folder / "network.yaml").write_text(NETWORK)
    options = (
        "--network=host", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--user={STRANGER}",
        f"--volume={folder}:/etc/returns-gateway:ro", f"--env=RETURNS_MQTT__URL={broker.url}",
        f"--env=RETURNS_MQTT__CLIENT_ID=in-{folder.name}", "--env=RETURNS_HTTP__PORT=0",
    )  # fmt: skip
    running = World(podman, podman.start(*options, image), broker)
    # The exit status of a command in a container that has ended is Podman's own.
    health = eventually(
        lambda: running.inside("returns-gateway", "health"), lambda said: said[0] in {0, 255}, PATIENCE_S
    )
    assert health[0] == 0, podman.run("logs", running.container).stderr
    return running


@pytest.fixture(scope="module")
def world(
    podman: Podman, image: str, broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Gone with the module: it would answer every device of the tests that come after."""
    running = started(podman, image, broker, tmp_path_factory.mktemp("network"))
    yield running
    podman.remove(running.container)


def test_the_gateway_in_it_answers_a_scan(world: World) -> None:
    with StockClient(world.broker.port) as scanner:
        scanner.subscribe("returns/v1/device/scan-1/receipt")
        at = datetime.now(UTC).isoformat()
        scan = {"id": "e1", "at": at, "step": "collecting", "item": "SN-1001"}
        scanner.publish("returns/v1/device/scan-1/scan", json.dumps(scan).encode())
        receipt = json.loads(scanner.messages(1)[0].payload)
    assert [(each["id"], each["result"], each["verdict"]) for each in receipt["results"]] == [
        ("e1", "accepted", "unexpected")
    ]


def test_its_health_check_is_the_gateways_own_and_well(world: World, image: str) -> None:
    check = world.podman.inspected("image", image)["Healthcheck"]
    assert check["Test"] == ["CMD", "returns-gateway", "health"]
    assert world.inside("returns-gateway", "health") == (0, "well\n")


def test_a_backup_comes_out_of_it_without_a_folder_of_its_own(world: World) -> None:
    code, said = world.inside("sh", "-c", "returns-gateway backup - | head -c 15")
    assert (code, said) == (0, "SQLite format 3")


def test_nothing_that_builds_or_installs_is_in_it(world: World) -> None:
    code, said = world.inside("sh", "-c", "command -v cc gcc make git; ls /opt/returns-gateway/bin")
    assert code == 0
    assert {"returns-gateway", "returns-device", "python3"} <= set(said.split())
    assert not [each for each in said.split() if each.startswith(("pip", "hatch", "/"))]


def test_who_runs_it_can_write_nothing_but_its_data(world: World) -> None:
    code, said = world.inside(
        "sh", "-c", "id -u; touch /opt/x /etc/returns-gateway/x /x; touch $HOME/x && echo data"
    )
    assert code == 0
    assert said.split()[0] == STRANGER.partition(":")[0]
    assert said.count("Read-only file system") == 3
    assert "data\n" in said


def test_its_bytecode_is_there_and_never_checked_against_its_source(world: World) -> None:
    program = (
        "import gateway.app, pathlib; pyc = pathlib.Path(gateway.app.__cached__);"
        "print(int.from_bytes(pyc.read_bytes()[4:8], 'little'))"
    )
    assert world.inside("/opt/returns-gateway/bin/python", "-c", program) == (
        0,
        "1\n",
    )  # PEP 552: unchecked hash


def test_its_configuration_says_who_it_is_and_how_it_ends(podman: Podman, image: str) -> None:
    config = podman.inspected("image", image)["Config"]
    assert config["User"] == "10001:0"
    assert config["StopSignal"] in {"SIGTERM", "15"}
    assert set(config["Volumes"]) == {"/var/lib/returns-gateway"}
    assert config["Labels"]["org.opencontainers.image.version"] == "tried"
    assert not [each for each in config["Env"] if "TOKEN" in each or "PASSWORD" in each]


def test_it_is_told_to_stop_and_ends_in_good_order(
    podman: Podman, image: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """As process 1 of its container, which the kernel spares signals that it does not ask for."""
    world = started(podman, image, broker, tmp_path)
    podman("stop", "--time", "20", world.container)
    assert podman.inspected("container", world.container)["State"]["ExitCode"] == 0
    assert '"gateway_stopped"' in podman.run("logs", world.container).stderr


def test_only_what_the_image_needs_is_sent_to_be_built() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*", "everything is left out that is not named"
    named = {line[1:] for line in lines if line.startswith("!")}
    assert named <= {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements",
        "gateway",
        "devices",
        "examples",
    }
