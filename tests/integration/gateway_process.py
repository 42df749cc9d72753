"""The gateway as its users run it: a process of its own in a folder of its own, beside a real broker.

Starts it, stops it, kills it as a power cut would, starts it again, and looks into its log and, read-only, into its
state store. Waits for what can be seen from outside, never for time to pass. Knows nothing of payloads.
"""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pytest

from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

PATIENCE_S: Final = 20.0
"""How long the gateway may take to start or to stop, on a machine that has other things to do."""
NAME: Final = "returns-gateway"
"""What it calls itself, if it is not told otherwise."""
_PROGRAM: Final = Path(sys.executable).with_name("returns-gateway")
_PREFIX: Final = "RETURNS_"


class GatewayProcess:
    """One gateway, which may live many lives in one folder. Started on entering, killed on leaving if need be.

    `settings` are environment variables without their prefix: `MQTT__CLIENT_ID`.
    """

    def __init__(
        self,
        folder: Path,
        broker: Mosquitto,
        network: str,
        *,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.network_file = folder / "network.yaml"
        self.store = Store(folder / "returns.sqlite")
        self.lives = 0
        self._broker = broker
        self._settings = {"MQTT__URL": broker.url, "HTTP__PORT": "0", **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.write_network(network)

    def write_network(self, text: str) -> None:
        """Lays the network's file anew, in one go, as an editor or `git pull` does."""
        draft = self.network_file.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.network_file)

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def start(self) -> Self:
        """Starts it, and returns once its status topic says that it is online: by then it has subscribed."""
        root, name = (
            self._settings.get("MQTT__ROOT", "returns/v1"),
            self._settings.get("MQTT__CLIENT_ID", NAME),
        )
        with StockClient(self._broker.port) as listener:
            listener.subscribe(f"{root}/gateway/{name}/status")
            began = datetime.now(UTC)
            self.launch()

            def online() -> bool:
                return any(_is_online(message.payload, began) for message in listener.received)

            eventually(lambda: self.running and not online(), lambda waits: not waits, PATIENCE_S)
        if not self.running:
            pytest.fail(f"it has ended; its log ends:\n{self._tail()}")
        return self

    def launch(self) -> None:
        """Starts it, and returns at once."""
        assert self._process is None, "it runs already"
        self.lives += 1
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
        ours = {_PREFIX + name: value for name, value in self._settings.items()}
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [_PROGRAM, "run", "--network", self.network_file, "--log-json"],
                cwd=self.folder,
                env={**kept, **ours},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def limit_files(self, size: int = resource.RLIM_INFINITY) -> None:
        """Lets no file that it writes grow beyond so many bytes, as on a disk that is full; or lifts that."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def ended(self) -> int:
        """Its exit status, once it has ended by itself."""
        assert self._process is not None, "it does not run"
        status = self._process.wait(PATIENCE_S)
        self._process = None
        return status

    def tell(self, number: signal.Signals) -> None:
        """Sends a signal."""
        os.kill(self.pid, number)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it in good order; its exit status."""
        return self._end(how)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None, "it does not run"
        self._process.send_signal(how)
        try:
            return self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            pytest.fail(
                f"it does not end within {PATIENCE_S:.0f} s of {how.name}; its log ends:\n{self._tail()}"
            )
        finally:
            self._process = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def memory(self) -> int:
        """Bytes of memory that it has now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    @property
    def _log_file(self) -> Path:
        return self.folder / f"log{self.lives}"

    def log(self) -> list[dict[str, Any]]:
        """What this life has logged; a line that is no JSON is under `raw`."""
        return [_line(line) for line in self._log_file.read_text(errors="replace").splitlines()]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of this life's log about an event."""
        return [line for line in self.log() if line.get("event") == event]

    def wait_logged(self, event: str, count: int = 1, timeout_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """The lines about an event, once there are so many."""
        found = eventually(
            lambda: (self.logged(event), self.running),
            lambda seen: len(seen[0]) >= count or not seen[1],
            timeout_s,
        )
        if len(found[0]) < count:
            pytest.fail(f"it has ended without {count} × {event!r}; its log ends:\n{self._tail()}")
        return found[0]

    def _tail(self) -> str:
        return self._log_file.read_text(errors="replace")[-6_000:]

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _is_online(status: bytes, since: datetime) -> bool:
    said = json.loads(status)
    return said["state"] == "online" and datetime.fromisoformat(said["at"]) >= since


def _line(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    return line if isinstance(line, dict) else {"raw": text}


class Store:
    """The gateway's state store, looked at from beside it: nothing here changes it but `locked`."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query, as of now."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> Any:
        """The one value that a query gives."""
        ((value,),) = self.rows(query, *values)
        return value

    def eventually(
        self, query: str, condition: Callable[[list[tuple[Any, ...]]], bool], timeout_s: float = PATIENCE_S
    ) -> list[tuple[Any, ...]]:
        """The rows of a query, once the condition holds for them."""
        return eventually(lambda: self.rows(query), condition, timeout_s)

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """All rows of a table, in an order that says nothing."""
        return sorted(self.rows(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 # the tests' own names

    def wait_for_deadlines(self) -> None:
        """Returns once all that is due by now has been looked at."""
        now = time.time_ns() // 1000
        due = "SELECT COUNT(*) FROM subjects WHERE look_again <= ?"
        eventually(lambda: self.one(due, now), lambda count: count == 0, PATIENCE_S)

    def locked(self) -> "closing[sqlite3.Connection]":
        """Holds the lock for writing while the context lasts, as another program might."""
        connection = sqlite3.connect(self.file, timeout=PATIENCE_S, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return closing(connection)

    def journeys(self) -> dict[str, tuple[Any, ...]]:
        """What is derived of each return and container: kind, status, stop, route, container, deviations."""
        found = self.rows(
            "SELECT id, kind, status, stop, route, parent, own, taken, failed FROM subjects WHERE scope = 'goods'"
        )
        return {row[0]: (*row[1:6], _sorted(row[6]), _sorted(row[7]), row[8]) for row in found}

    def open_alerts(self) -> dict[tuple[str, str, str, str], int]:
        """The open alerts: since when, by subject's kind and id, kind, and stop or sensor."""
        found = self.rows(
            "SELECT subject_kind, subject_id, kind, part, since FROM alerts WHERE resolved_at IS NULL"
        )
        assert len({row[:4] for row in found}) == len(found), "two alerts are open for one key"
        return {row[:4]: row[4] for row in found}

    def transitions(self) -> list[dict[str, Any]]:
        """The history of alerts, oldest first, each with its alert's id."""
        return [json.loads(body) for (body,) in self.rows("SELECT body FROM transitions ORDER BY seq")]


def _sorted(deviations: str | None) -> Sequence[Any]:
    return sorted(json.loads(deviations), key=json.dumps) if deviations else ()
