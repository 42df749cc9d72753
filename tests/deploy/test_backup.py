"""`returns-gateway backup` beside a gateway that writes: the copy is whole, and a gateway starts from it."""

import json
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, Self

import pytest

from gateway.adapters.state import SqlState
from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import from_now
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto

NETWORK: Final = """
version: 1
sites: [{id: SHOP, lat: 52.5, lon: 13.4, timezone: Europe/Berlin}]
routes: [{id: repair, purpose: repair, stops: [{sites: [SHOP]}]}]
devices: [{id: gun, kind: scanner, site: SHOP}]
"""
EVENTS: Final = "SELECT count(*) FROM events"
_PATIENCE_S: Final = 60.0


def backup(folder: Path, target: str) -> subprocess.CompletedProcess[bytes]:
    program = Path(sys.executable).with_name("returns-gateway")
    return subprocess.run(
        [program, "backup", target], check=False, capture_output=True, cwd=folder, timeout=_PATIENCE_S
    )


def scans(first: int, count: int) -> bytes:
    return json.dumps(
        [
            {"id": f"e{number}", "at": from_now(), "step": "collecting", "item": f"SN-{number}"}
            for number in range(first, first + count)
        ]
    ).encode()


class Busy:
    """A scanner that goes on scanning, from entering to leaving; `sent` are the scans that have a receipt."""

    def __init__(self, broker: Mosquitto) -> None:
        self.sent = 0
        self._client = StockClient(broker.port)
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._client.__enter__()
        self._client.subscribe("returns/v1/device/gun/receipt")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()
        self._client.__exit__(None, None, None)

    def _run(self) -> None:
        while not self._enough.is_set():
            self._client.publish("returns/v1/device/gun/scan", scans(self.sent, 50))
            self._client.wait_for(lambda: self._receipts() >= self.sent + 50)
            self.sent = self._receipts()

    def _receipts(self) -> int:
        return sum(len(json.loads(each.payload)["results"]) for each in list(self._client.received))


@pytest.fixture
def gateway(tmp_path: Path, broker: Mosquitto) -> Iterator[GatewayProcess]:
    folder = tmp_path / "gateway"
    folder.mkdir()
    with GatewayProcess(folder, broker, NETWORK, settings={"MQTT__CLIENT_ID": tmp_path.name}) as running:
        yield running


def test_what_was_acknowledged_before_a_backup_is_in_it_while_the_gateway_goes_on(
    gateway: GatewayProcess, broker: Mosquitto, tmp_path: Path
) -> None:
    with Busy(broker) as scanner:
        gateway.store.eventually(EVENTS, lambda rows: rows[0][0] >= 200)
        for number in range(2):
            before = scanner.sent
            done = backup(gateway.folder, str(tmp_path / f"copy{number}"))
            assert done.returncode == 0, done.stderr
            with closing(sqlite3.connect(tmp_path / f"copy{number}")) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert copy.execute(EVENTS).fetchone()[0] >= before
        assert scanner.sent > before, "it goes on"
    assert not list(tmp_path.glob("*.part"))


def test_a_gateway_starts_from_a_backup_with_all_that_it_knew_then(
    gateway: GatewayProcess, broker: Mosquitto, tmp_path: Path
) -> None:
    with StockClient(broker.port) as scanner:
        scanner.subscribe("returns/v1/device/gun/receipt")
        scanner.publish("returns/v1/device/gun/scan", scans(0, 20))
        scanner.messages(1)
        copy = tmp_path / "copy"
        copy.write_bytes(backup(gateway.folder, "-").stdout)
        gateway.stop()
        # As the README says.
        for each in gateway.folder.glob("returns.sqlite*"):
            each.unlink()
        copy.rename(gateway.folder / "returns.sqlite")
        gateway.start()
        scanner.publish("returns/v1/device/gun/scan", scans(0, 30))
        results = json.loads(scanner.messages(2)[1].payload)["results"]
    assert [each["result"] for each in results] == ["duplicate"] * 20 + ["accepted"] * 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a state store."""
    made = tmp_path / "gateway"
    made.mkdir()
    SqlState(f"sqlite:///{made / 'returns.sqlite'}").close()
    return made


def test_only_its_owner_can_read_a_backup(folder: Path, tmp_path: Path) -> None:
    assert backup(folder, str(tmp_path / "copy")).returncode == 0
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


def test_nothing_is_written_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("dear to us")
    done = backup(folder, str(tmp_path / "copy"))
    assert done.returncode == 1
    assert b"already" in done.stderr
    assert (tmp_path / "copy").read_text() == "dear to us"


def test_where_there_is_no_folder_or_no_store_it_says_so(folder: Path, tmp_path: Path) -> None:
    nowhere = backup(folder, str(tmp_path / "no such folder" / "copy"))
    assert (nowhere.returncode, b"No such file" in nowhere.stderr) == (1, True)
    nothing = backup(tmp_path, "copy")
    assert (nothing.returncode, b"no state store" in nothing.stderr) == (2, True)


def test_a_store_that_is_damaged_gives_no_backup(folder: Path, tmp_path: Path) -> None:
    file = folder / "returns.sqlite"
    content = bytearray(file.read_bytes())
    content[2_048 * 3 : 2_048 * 9] = b"\xff" * (2_048 * 6)
    file.write_bytes(content)
    done = backup(folder, str(tmp_path / "copy"))
    assert done.returncode == 1
    assert b"keep the backups" in done.stderr or b"check the disk" in done.stderr
    assert not list(tmp_path.glob("copy*"))
