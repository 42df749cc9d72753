"""Images that stand in for those of a registry, under their names: real servers in the same places."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.compose_file import composed
from tests.servers.influxdb import program as influxd
from tests.servers.mosquitto import program
from tests.servers.podman import BASE, Podman

_HERE: Final = Path(__file__).with_name("standins")
_SERVICES: Final = composed("docker-compose.yml")["services"]


def stand_in_for_mosquitto(podman: Podman, folder: Path) -> None:
    """Debian's Mosquitto and busybox, as eclipse-mosquitto."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is not installed (Debian: apt-get install busybox-static)")
    root = folder / "root"
    for name in ("mosquitto", "mosquitto_passwd", "mosquitto_sub"):
        found = Path(program(name))
        _lay(found, root / ("usr/sbin" if name == "mosquitto" else "usr/bin") / name)
        for library in _libraries(found):
            _lay(library, root / "usr/lib" / library.parent.name / library.name)
    _lay(Path(busybox), root / "usr/bin/busybox")
    _build(podman, "mosquitto", folder)


def stand_in_for_influxdb(podman: Podman, folder: Path) -> None:
    """The InfluxDB that all tests use, as influxdb."""
    tools = folder / "root/usr/local/bin"
    _lay(Path(influxd()), tools / "influxd")
    for name in ("influx", "entrypoint"):
        _lay(_HERE / "influxdb" / name, tools / name)
        (tools / name).chmod(0o755)
    _build(podman, "influxdb", folder)


def _build(podman: Podman, service: str, folder: Path) -> None:
    podman(
        "build", "--format=docker", "--network=none", "--layers=false", f"--build-arg=BASE={BASE}",
        f"--file={_HERE / service / 'Dockerfile'}", f"--tag={_SERVICES[service]['image']}", folder,
    )  # fmt: skip


def _lay(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _libraries(binary: Path) -> list[Path]:
    said = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S607
    return [Path(line.split()[2]) for line in said.splitlines() if "=> /" in line]
