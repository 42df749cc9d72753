"""The services of docker-compose.yml, started as Compose starts them, from the file, by Podman.

What differs: all of them are on one loopback network of their own, under their names, for which no privileges are
needed; and nothing limits their memory. Which networks there are is looked at elsewhere.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.compose_file import REPOSITORY, Mount, composed, mounts
from tests.servers.podman import BASE, Podman
from tests.servers.waiting import eventually

PATIENCE_S: Final = 8.0
"""For `eventually`, which counts how often it looks: a look into a container takes many times as long."""


class Stack:
    """Starts services when those that they wait for are well, or done. `network` is the folder with network.yaml."""

    def __init__(self, podman: Podman, gateway_image: str, network: Path) -> None:
        whole = composed("docker-compose.yml", NETWORK_DIR=str(network), DEMO="yes")
        self._podman = podman
        self._gateway_image = gateway_image
        self.services: dict[str, Any] = whole["services"]
        self.running: dict[str, str] = {}
        self._net = podman.start("--network=none", BASE, "sleep", "infinity")
        self._hosts = network.with_name(f"{network.name}-hosts")
        self._hosts.write_text(f"127.0.0.1 localhost {' '.join(self.services)}\n")

    def up(self, *names: str) -> None:
        """Starts these, and before them what they need."""
        for name in names:
            service = self.services[name]
            for other, how in service.get("depends_on", {}).items():
                if how["condition"] == "service_healthy":
                    if other not in self.running:
                        self.up(other)
                    self.wait_well(other)
                elif other not in self.running:
                    self.up(other)
            if service["restart"] == "no":
                self.once(name)
                self.running[name] = "done"
            else:
                self.running[name] = self._podman.start(*self._command(service))

    def once(self, name: str, *arguments: str) -> str:
        """Runs a service that ends, as `docker compose run` does; what it says. It must succeed."""
        return self._podman("run", "--rm", *self._command(self.services[name], *arguments))

    def save(self, *volumes: str) -> bytes:
        """As `docker compose run -T volumes -cf -` does."""
        command = self._command(self.services["volumes"], "-cf", "-", *volumes)
        return self._podman.stream("run", "--rm", *command)

    def lay_back(self, saved: bytes) -> None:
        """As `docker compose run -T volumes -xf -` does."""
        command = self._command(self.services["volumes"], "-xf", "-")
        self._podman.stream("run", "--rm", "--interactive", *command, given=saved)

    def output(self, name: str, *command: str) -> bytes:
        """What a command in a service's container writes."""
        return self._podman.stream("exec", self.running[name], *command)

    def wait_well(self, name: str) -> None:
        """Until its health check is content."""
        check = self.services[name]["healthcheck"]["test"][1:]
        seen = eventually(
            lambda: (self.inside(name, *check), self._ended(name)),
            lambda it: it[0][0] == 0 or it[1],
            PATIENCE_S,
        )
        if seen[0][0] != 0:
            pytest.fail(f"{name} is not well: {seen}\n{self.log(name)}")

    def inside(self, name: str, *command: str) -> tuple[int, str]:
        """Runs a command in a service's container: its exit status, and what it says."""
        done = self._podman.run("exec", self.running[name], *command)
        return done.returncode, done.stdout + done.stderr

    def log(self, name: str) -> str:
        done = self._podman.run("logs", self.running[name])
        return done.stdout + done.stderr

    def tell(self, name: str, number: str) -> None:
        """Sends a signal, as `docker compose kill --signal` does."""
        self._podman("kill", "--signal", number, self.running[name])

    def down(self, *names: str) -> None:
        """Stops and removes containers; volumes stay."""
        for name in names or tuple(self.running):
            container = self.running.pop(name)
            if container != "done":
                self._podman("stop", "--time", "20", container)
                self._podman("rm", container)

    def wipe(self) -> None:
        """Removes all volumes, as `docker compose down --volumes` does."""
        self.down()
        self._podman("volume", "prune", "--force")

    def _ended(self, name: str) -> bool:
        state: dict[str, Any] = self._podman.inspected("container", self.running[name])["State"]
        return not state["Running"]

    def _command(self, service: dict[str, Any], *arguments: str) -> Sequence[str]:
        """Options, image and command of `podman run`."""
        image = self._gateway_image if service["image"].startswith("returns-gateway:") else service["image"]
        entry, *before = service.get("entrypoint", [""])
        return (
            "--no-healthcheck",
            "--read-only",
            "--read-only-tmpfs=false",
            *(f"--cap-drop={each}" for each in service["cap_drop"]),
            *(f"--cap-add={each}" for each in service.get("cap_add", [])),
            *(f"--security-opt={each.partition(':')[0]}" for each in service["security_opt"]),
            f"--user={service['user']}",
            "--no-hosts",
            f"--volume={self._hosts}:/etc/hosts:ro",
            "--network=none" if service.get("network_mode") == "none" else f"--network=container:{self._net}",
            *(f"--env={name}={value}" for name, value in service.get("environment", {}).items()),
            *(f"--tmpfs={each}" for each in service.get("tmpfs", [])),
            *(f"--volume={_mounted(each)}" for each in mounts(service)),
            *([f"--entrypoint={entry}"] if entry else []),
            image,
            *before,
            *(arguments or service.get("command", [])),
        )


def _mounted(mount: Mount) -> str:
    source = str((REPOSITORY / mount.source).resolve()) if mount.kind == "bind" else mount.source
    return f"{source}:{mount.target}:{'ro' if mount.read_only else 'rw'}"
