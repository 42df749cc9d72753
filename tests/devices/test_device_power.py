"""Power cuts: a device process is killed at any instant under load, and what it promised arrives, once."""

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import NewBroker
from tests.devices.stub import LiveStub
from tests.servers.mosquitto import Mosquitto

_ROOT = Path(__file__).parents[2]
_WORKER = Path(__file__).with_name("worker.py")


class Worker:
    """The device process, with what it has promised so far."""

    def __init__(self, broker: Mosquitto, spool: Path, run: str, count: int = 0) -> None:
        arguments = [str(broker.port), "power", str(spool), run, str(count)]
        self.process = subprocess.Popen(
            [sys.executable, _WORKER, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )  # fmt: skip

    def killed_after(self, promises: int) -> list[str]:
        """Kill it (as a power cut would) right after it has promised so many; all that it promised."""
        assert self.process.stdout is not None
        heard = [self.process.stdout.readline() for _ in range(promises)]
        self.process.kill()
        heard += self.process.stdout.readlines()
        self.process.stdout.close()
        self.process.wait(10)
        return [line.strip() for line in heard if line.endswith("\n")]

    def finished(self) -> list[str]:
        output, _ = self.process.communicate(timeout=90)
        return output.split()


@pytest.mark.slow
def test_whatever_was_promised_before_each_kill_arrives_and_arrives_once(
    broker: Mosquitto, tmp_path: Path
) -> None:
    chance = random.Random(1)
    promised: list[str] = []
    with LiveStub(broker.port, "power").listening() as stub:
        for run in range(12):
            worker = Worker(broker, tmp_path / "spool", str(run))
            promised += worker.killed_after(chance.choice([1, 2, 5, 30, 200, 400]))
        last = Worker(broker, tmp_path / "spool", "last", 20).finished()
        assert last[-1] == "drained"
        promised += last[:-1]
        scanned = Counter(item for id_ in stub.gateway.scans for item in stub.gateway.facts[id_]["items"])
    assert set(promised) <= set(scanned)
    assert set(scanned.values()) == {1}
    assert len(promised) > 500


@pytest.mark.slow
def test_even_if_the_broker_and_the_receipts_fail_meanwhile(new_broker: NewBroker, tmp_path: Path) -> None:
    broker = new_broker()
    promised: list[str] = []
    with LiveStub(broker.port, "power").listening() as stub:
        stub.mute = True
        promised += Worker(broker, tmp_path / "spool", "mute").killed_after(100)
        heard = list(stub.gateway.facts)
    broker.kill()
    promised += Worker(broker, tmp_path / "spool", "alone").killed_after(100)
    broker.start()
    with LiveStub(broker.port, "power").listening() as again:
        again.gateway.facts.update({id_: stub.gateway.facts[id_] for id_ in heard})
        last = Worker(broker, tmp_path / "spool", "last", 5).finished()
        assert last[-1] == "drained"
        promised += last[:-1]
        scanned = Counter(item for id_ in again.gateway.scans for item in again.gateway.facts[id_]["items"])
    assert set(promised) <= set(scanned)
    assert set(scanned.values()) == {1}
