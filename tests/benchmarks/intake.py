"""Intake: from a fast publisher through a real Mosquitto to receipts, SQLite with synchronous=FULL.

Single scans and arrays of 50 at QoS 1, against a bare paho subscriber in the same run; then the time from publish to
receipt at 1,000 scans a second.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.benchmarks.broker import Publisher, mosquitto

SCANS = 40_000
ARRAYS = 1_600
PER_ARRAY = 50
PACED = 10_000
DEVICES = 20
RESTING, REST_S = 0.1, 3
"""Of a processor, or less, for so many seconds on end: then nothing is under way, nor about to be."""
_ID = re.compile(rb'"id":"([^"]+)","result"')

_NETWORK = """version: 1
sites:
  - {id: CP, lat: 52.500, lon: 13.400, timezone: Europe/Berlin}
  - {id: HUB, lat: 52.501, lon: 13.401, timezone: Europe/Berlin}
  - {id: END, lat: 52.502, lon: 13.402, timezone: Europe/Berlin}
routes:
  - id: R
    collect_within: 3d
    missing_after: 3d
    stops:
      - {sites: [CP], dwell: {max: 24h}}
      - {sites: [HUB], transit: {max: 24h}, dwell: {max: 12h}}
      - {sites: [END], transit: {max: 48h}}
sources: [{id: erp}]
devices:
"""


class Receipts:
    """A subscriber that notes when each event was first named in a receipt."""

    def __init__(self, port: int) -> None:
        self.named: dict[bytes, float] = {}
        self._changed = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe("returns/v1/+/+/receipt", 1)
        subscribed.wait(10)

    def await_count(self, count: int, within_s: float) -> float:
        """When the last of so many was named, in seconds of `time.perf_counter`.

        Raises:
            TimeoutError: fewer were.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.named) >= count, within_s):
                said = f"{len(self.named)} of {count} events were named in a receipt"
                raise TimeoutError(said)
        return max(self.named.values())

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        now = time.perf_counter()
        names = _ID.findall(message.payload)
        with self._changed:
            for name in names:
                self.named.setdefault(name, now)
            self._changed.notify()


@contextmanager
def gateway(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real service in a process of its own, until the block ends."""
    devices = "".join(f"  - {{id: d{number}, kind: scanner, site: CP}}\n" for number in range(DEVICES))
    Path(folder, "network.yaml").write_text(_NETWORK + devices)
    program = Path(sys.executable).with_name("returns-gateway")
    environment = {**os.environ, "RETURNS_MQTT__URL": f"mqtt://127.0.0.1:{port}", "RETURNS_HTTP__PORT": "0"}
    process = subprocess.Popen([program, "run", "--log-level", "warning"], cwd=folder, env=environment)
    try:
        await_online(port)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def await_online(port: int) -> None:
    """Until the gateway says that it is there: before, nobody listens. The broker may still have an old `offline`."""
    online = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2)

    def on_message(_: Client, __: Any, message: MQTTMessage) -> None:
        if b'"online"' in message.payload:
            online.set()

    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.subscribe("returns/v1/gateway/+/status", 1)
    client.loop_start()
    online.wait(30)
    client.disconnect()
    client.loop_stop()


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _scan(name: str) -> str:
    return f'{{"id":"{name}","at":"{_now()}","step":"collecting","item":"SN-{name}","operator":"u-7"}}'


def announced(port: int, receipts: Receipts, names: Sequence[str]) -> None:
    """Announce the items of these scans, so that each has a journey."""
    rows = [f'{{"id":"a{name}","at":"{_now()}","item":"SN-{name}","route":"R"}}' for name in names]
    arrays = [f"[{','.join(rows[i : i + 200])}]".encode() for i in range(0, len(rows), 200)]
    publisher = Publisher(port, "erp")
    before = len(receipts.named)
    publisher.publish("returns/v1/source/erp/announce", arrays)
    receipts.await_count(before + len(names), 300)
    publisher.close()


def _rate(port: int, receipts: Receipts, payloads: Sequence[bytes], events: int) -> float:
    """Events named in receipts per second, from the first publish to the last receipt."""
    publisher = Publisher(port, "fast")
    before = len(receipts.named)
    sent = publisher.publish("returns/v1/device/d0/scan", payloads)
    done = receipts.await_count(before + events, 300)
    publisher.close()
    return events / (done - sent[0])


def bare(port: int, payloads: Sequence[bytes]) -> float:
    """Messages a second of a paho subscriber that does nothing but count."""
    counted, done = [0], threading.Event()

    def on_message(_: Client, __: Any, ___: MQTTMessage) -> None:
        counted[0] += 1
        if counted[0] == len(payloads):
            done.set()

    client = Client(CallbackAPIVersion.VERSION2)
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("bare/#", 1)
    subscribed.wait(10)
    publisher = Publisher(port, "bare")
    sent = publisher.publish("bare/scan", payloads)
    done.wait(300)
    elapsed = time.perf_counter() - sent[0]
    publisher.close()
    client.disconnect()
    client.loop_stop()
    return len(payloads) / elapsed


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio)."""
    names = [f"s{number}" for number in range(SCANS)]
    in_arrays = [f"r{number}" for number in range(ARRAYS * PER_ARRAY)]
    paced = [f"p{number}" for number in range(PACED)]
    with mosquitto() as port, tempfile.TemporaryDirectory() as folder:
        baseline = bare(port, [_scan(name).encode() for name in names])
        receipts = Receipts(port)
        with gateway(port, Path(folder)) as process:
            announced(port, receipts, paced)
            at_rest(process.pid)
            took = waits(port, receipts, paced)
            announced(port, receipts, [*names, *in_arrays])
            at_rest(process.pid)
            spent = [_spent_s(process.pid)]
            single = _rate(port, receipts, [_scan(name).encode() for name in names], SCANS)
            spent.append(_spent_s(process.pid))
            arrays = [
                f"[{','.join(map(_scan, in_arrays[i : i + PER_ARRAY]))}]".encode()
                for i in range(0, len(in_arrays), PER_ARRAY)
            ]
            array = _rate(port, receipts, arrays, len(in_arrays))
            spent.append(_spent_s(process.pid))
            memory = _peak_mb(process.pid)
        receipts.close()
    centiles = quantiles(took, n=100)
    each = [(spent[1] - spent[0]) / SCANS, (spent[2] - spent[1]) / len(in_arrays)]
    shown = " / ".join(f"{centiles[at - 1] * 1000:.1f}" for at in (50, 95, 99))
    return [
        ("bare paho subscriber, QoS 1", f"{baseline:,.0f} messages/s", "1.00"),
        ("single scans, receipt for each", f"{single:,.0f} scans/s", f"{single / baseline:.2f}"),
        (f"arrays of {PER_ARRAY}, receipts", f"{array:,.0f} scans/s", f"{array / baseline:.2f}"),
        (
            "processor time of the gateway, single / arrays",
            f"{each[0] * 1e6:.0f} / {each[1] * 1e6:.0f} µs a scan",
            "",
        ),
        ("publish to receipt at 1,000/s, p50 / p95 / p99", f"{shown} ms", ""),
        ("peak memory of the gateway", f"{memory:,.0f} MB", ""),
    ]


def waits(port: int, receipts: Receipts, names: Sequence[str], per_second: int = 1_000) -> list[float]:
    """Seconds from the publishing of each scan to its receipt, so many being published a second."""
    publisher = Publisher(port, "paced")
    before = len(receipts.named)
    sent = publisher.publish(
        "returns/v1/device/d1/scan", [_scan(name).encode() for name in names], per_second=per_second
    )
    receipts.await_count(before + len(names), 120)
    publisher.close()
    return [receipts.named[name.encode()] - at for name, at in zip(names, sent, strict=True)]


def at_rest(pid: int, within_s: float = 120.0) -> None:
    """Until a process has done next to nothing for a while: what is projected afterwards, out of the way of intake.

    Raises:
        TimeoutError: it goes on.
    """
    until = time.monotonic() + within_s
    quiet = 0
    while time.monotonic() < until:
        before = _spent_s(pid)
        time.sleep(1.0)  # what is measured is this second: no event tells that nothing happens in it
        quiet = quiet + 1 if _spent_s(pid) - before < RESTING else 0
        if quiet == REST_S:
            return
    said = f"process {pid} has not come to rest in {within_s} s"
    raise TimeoutError(said)


def _spent_s(pid: int) -> float:
    """Seconds of processor time that a process has used, its time series included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
