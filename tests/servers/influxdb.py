"""A real InfluxDB 2.7 on a free port of 127.0.0.1, in a folder of its own, set up with a token of its own.

It is the program that INFLUXD names, that is on the PATH, or that scripts/install-influxd has built. Starts, stops,
kills and restarts it, and makes buckets. Knows nothing of the gateway.
"""

import json
import os
import resource
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.servers.mosquitto import free_port
from tests.servers.waiting import eventually

_PATIENCE_S: Final = 30.0
ORG: Final = "returns"
_NUMBERS: Final = count(1)


def program() -> str:
    """The path of influxd; skips the test where there is none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "returns-gateway"
    built = sorted(cache.glob("influxd-*/influxd"), reverse=True)
    found = os.environ.get("INFLUXD") or shutil.which("influxd") or (str(built[0]) if built else None)
    if found is None:
        pytest.skip(
            "influxd is not installed (build it: scripts/install-influxd, or set INFLUXD to an influxd 2.7)"
        )
    return found


class InfluxDB:
    """One server; `token` may do everything. `settings` are influxd's options by name, without the dashes."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.folder = folder
        self.token = secrets.token_urlsafe(24)
        self._settings = settings or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._is_set_up = False

    @property
    def address(self) -> str:
        """Where its HTTP is."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, bucket: str) -> str:
        """What `series.url` says for one of its buckets."""
        return f"influxdb://127.0.0.1:{self.port}?{urlencode({'org': ORG, 'bucket': bucket})}"

    def start(self) -> Self:
        """Starts the server, sets it up the first time, and returns once it serves."""
        paths = {f"{each}-path": str(self.folder / each) for each in ("bolt", "engine", "sqlite")}
        options = {"http-bind-address": f"127.0.0.1:{self.port}", **paths, **self._settings}
        command = [
            program(),
            "--reporting-disabled",
            *(f"--{name}={value}" for name, value in options.items()),
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        process = self._process
        eventually(lambda: self._serves() or process.poll() is not None, bool, _PATIENCE_S)
        if process.poll() is not None:
            pytest.fail(f"InfluxDB does not start; its log says:\n{(self.folder / 'log').read_text()}")
        if not self._is_set_up:
            given = {
                "username": "admin",
                "password": secrets.token_urlsafe(12),
                "org": ORG,
                "bucket": "first",
            }
            self.ask("POST", "/api/v2/setup", {**given, "token": self.token})
            self._is_set_up = True
        return self

    def stop(self) -> None:
        """Ends the server in good order."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """Ends the server as kill -9 does."""
        self._end(subprocess.Popen.kill)

    def freeze(self) -> None:
        """Has it answer nothing, while connections to it still open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Has it go on."""
        self._signal(signal.SIGCONT)

    def limit_files(self, size: int = resource.RLIM_INFINITY) -> None:
        """Lets no file that it writes grow beyond so many bytes, as on a disk that is full; or lifts that."""
        assert self._process is not None, "it runs"
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def new_bucket(self, keep_s: int = 0) -> str:
        """The name of a bucket that nobody has used; points in it stay for so many seconds, with 0 for ever."""
        name = f"test{next(_NUMBERS)}"
        org = self.ask("GET", f"/api/v2/orgs?org={ORG}")["orgs"][0]["id"]
        rules = [{"type": "expire", "everySeconds": keep_s}] if keep_s else []
        self.ask("POST", "/api/v2/buckets", {"orgID": org, "name": name, "retentionRules": rules})
        return name

    def find(self, what: str, **which: str) -> list[Any]:
        """What its API lists of it, such as buckets by their `name`."""
        listed = self.ask("GET", f"/api/v2/{what}?{urlencode({'org': ORG, 'limit': 100})}")[what]
        return [each for each in listed if which.items() <= each.items()]

    def run_task(self, id_: str) -> None:
        """Has a task run now; what it does is soon to be seen."""
        self.ask("POST", f"/api/v2/tasks/{id_}/runs", {})

    def delete_bucket(self, name: str) -> None:
        """Removes a bucket with all that is in it."""
        (found,) = self.find("buckets", name=name)
        self.ask("DELETE", f"/api/v2/buckets/{found['id']}")

    def write(self, bucket: str, lines: str) -> None:
        """Writes line protocol, as somebody else would."""
        self._send("POST", f"/api/v2/write?{urlencode({'org': ORG, 'bucket': bucket})}", lines.encode())

    def influxql(self, bucket: str, query: str) -> list[dict[str, Any]]:
        """The series that a query in InfluxQL finds: each with its columns and values."""
        asked = urlencode({"db": bucket, "epoch": "ns", "q": query})
        (result,) = self.ask("GET", f"/query?{asked}")["results"]
        assert "error" not in result, result["error"]
        found: list[dict[str, Any]] = result.get("series", [])
        return found

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What its HTTP API answers, read as JSON; None where it says nothing."""
        answer = self._send(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(answer) if answer else None

    def _send(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        request = Request(self.address + path, body, headers, method=method)  # noqa: S310 # it is our own server
        with urlopen(request, timeout=_PATIENCE_S) as response:  # noqa: S310 # likewise
            found: bytes = response.read()
        return found

    def _serves(self) -> bool:
        try:
            return bool(self.ask("GET", "/health")["status"] == "pass")
        except (URLError, ConnectionError):
            return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "it runs"
        self._process.send_signal(number)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._process is not None:
            how(self._process)
            self._process.wait(_PATIENCE_S)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
