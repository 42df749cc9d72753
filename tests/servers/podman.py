"""Podman for tests, with storage of its own that ends with them; and images from Debian instead of a registry.

runc and plain copies instead of overlays, for tests run in containers themselves, where neither crun nor overlays
work. `scripts/install-podman` installs it and makes the base image. Knows nothing of the gateway.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pytest

_CONFIG: Final = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_PATIENCE_S: Final = 400.0
_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 # a tmpfs wherever there is one; a folder of our own is made there
_ROOM: Final = 6 * 1024**3
BASE: Final = "localhost/debian-python:bookworm"


def base_image() -> Path:
    """The archive that stands in for the registry's image of Python; skips the test where there is none."""
    if os.geteuid() != 0:
        pytest.skip("images are tried as root only")
    for program in ("podman", "runc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian, as root: scripts/install-podman)")
    found = sorted((_CACHE / "returns-gateway" / "base-image").glob("bookworm-*.tar"))
    if not found:
        pytest.skip("there is no base image (Debian, as root: scripts/install-podman)")
    return found[0]


def _storage(otherwise: Path) -> Path:
    """A new folder: each container is a copy of its image, which is fast in memory, if there is room."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM and _executable(_MEMORY):
        return Path(tempfile.mkdtemp(prefix="podman-", dir=_MEMORY))
    return otherwise


def _executable(folder: Path) -> bool:
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC


class Podman:
    """Images and containers in a folder. What still runs is ended on leaving, and all of it removed."""

    def __init__(self, otherwise: Path) -> None:
        self._folder = folder = _storage(otherwise)
        self._running: list[str] = []
        (folder / "containers.conf").write_text(_CONFIG)
        self._environment = os.environ | {"CONTAINERS_CONF": str(folder / "containers.conf")}

    def __call__(self, *arguments: str | Path, check: bool = True) -> str:
        """Runs a command and gives what it prints; with `check` it must succeed."""
        done = self.run(*arguments)
        if check and done.returncode:
            pytest.fail(f"podman {' '.join(map(str, arguments))} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Runs a command, however it ends."""
        return subprocess.run(
            self._whole(arguments),
            check=False, capture_output=True, text=True, timeout=_PATIENCE_S, env=self._environment,
        )  # fmt: skip

    def stream(self, *arguments: str | Path, given: bytes = b"") -> bytes:
        """Runs a command that must succeed, gives it bytes to read, and gives what it writes."""
        return subprocess.run(
            self._whole(arguments),
            check=True, input=given, stdout=subprocess.PIPE, timeout=_PATIENCE_S, env=self._environment,
        ).stdout  # fmt: skip

    def _whole(self, arguments: Sequence[str | Path]) -> Sequence[str | Path]:
        return (
            "podman", "--root", self._folder / "storage", "--runroot", self._folder / "run",
            "--storage-driver", "vfs", "--runtime", "runc", *arguments,
        )  # fmt: skip

    def start(self, *arguments: str | Path) -> str:
        """Starts a container and gives its id: options, the image, and what it runs."""
        container = self("run", "--detach", *arguments).strip().splitlines()[-1]
        self._running.append(container)
        return container

    def remove(self, container: str) -> None:
        """Ends a container, if it still runs, and forgets it."""
        self("rm", "--force", "--time", "1", container, check=False)

    def inspected(self, kind: str, name: str) -> dict[str, Any]:
        """What Podman knows of an `image` or a `container`."""
        found: list[dict[str, Any]] = json.loads(self(kind, "inspect", name))
        return found[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The last first: those that share the network of another keep that one from being removed.
        for container in reversed(self._running):
            self.remove(container)
        self("rmi", "--all", "--force", check=False)
        # Podman binds its storage onto itself, and leaves that there.
        subprocess.run(["umount", self._folder / "storage" / "vfs"], check=False, capture_output=True)  # noqa: S607
        shutil.rmtree(self._folder, ignore_errors=True)
