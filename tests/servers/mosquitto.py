"""A real Mosquitto on a free port of 127.0.0.1, with a configuration and a folder of its own.

Starts, stops, kills and restarts it, and waits by trying to connect, never by sleeping blindly. Knows nothing of
the gateway.
"""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from tests.servers.waiting import eventually

_PATIENCE_S: Final = 10.0
_DEFAULTS: Final = {
    "user": getpass.getuser(),  # else, started as root, it becomes a user who may not enter our folders
    "max_queued_messages": "0",
    "max_inflight_messages": "0",
    "allow_anonymous": "true",
}


def program(name: str) -> str:
    """The path of a program of the mosquitto package; skips the test where there is none."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install mosquitto)")
    return found


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


class Mosquitto:
    """One broker. `settings` are lines of its configuration by name, over defaults that hold nothing back.

    A path in a setting that is relative is relative to the broker's folder, where passwords and ACLs may be laid.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.folder = folder
        self._settings = {**_DEFAULTS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def passwords(self, **logins: str) -> None:
        """Lays a file `passwords` with these logins in the broker's folder."""
        path = self.folder / "passwords"
        path.write_text("".join(f"{user}:{password}\n" for user, password in logins.items()))
        subprocess.run([program("mosquitto_passwd"), "-U", path], check=True, timeout=_PATIENCE_S)

    def start(self) -> Self:
        """Starts the broker and returns once it accepts connections."""
        mosquitto = program("mosquitto")
        listener = "" if "listener" in self._settings else f"listener {self.port} 127.0.0.1\n"
        lines = [f"{name} {value}\n" for name, value in self._settings.items()]
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"{listener}persistence true\npersistence_location {self.folder}/\n{''.join(lines)}"
        )
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [mosquitto, "-c", config], cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self._await_listening(self._process)
        return self

    def stop(self) -> None:
        """Ends the broker in good order: it saves what it holds."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """Ends the broker as a power cut would: what it had not saved is gone."""
        self._end(subprocess.Popen.kill)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._process is not None:
            how(self._process)
            self._process.wait(_PATIENCE_S)
            self._process = None

    def _await_listening(self, process: subprocess.Popen[bytes]) -> None:
        def listening() -> bool:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                return False
            return True

        eventually(lambda: listening() or process.poll() is not None, bool, _PATIENCE_S)
        if process.poll() is not None:
            pytest.fail(f"Mosquitto does not start; its log says:\n{self.log()}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
