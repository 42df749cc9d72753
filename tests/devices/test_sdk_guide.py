"""The examples for makers of devices run as they are written, but for where the broker is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import devices.sdk
from tests.devices.stub import LiveStub
from tests.servers.mosquitto import Mosquitto, free_port

_ROOT = Path(__file__).parents[2]
_EXAMPLES = dict(
    zip(
        ("scan-1", "trk-1"),
        re.findall(r"```python\n(.*?)```", (_ROOT / "devices/README.md").read_text(), re.DOTALL),
        strict=True,
    )
)


def run(example: str, port: int, folder: Path) -> str:
    program = example.replace("mqtt://127.0.0.1:1883", f"mqtt://127.0.0.1:{port}")
    assert program != example
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=folder, timeout=60,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("device", _EXAMPLES)
def test_the_example_reports_what_it_says(device: str, broker: Mosquitto, tmp_path: Path) -> None:
    with LiveStub(broker.port, device).listening() as stub:
        said = run(_EXAMPLES[device], broker.port, tmp_path)
        facts = [fact for fact in stub.gateway.facts.values() if "voids" not in fact]
    if device == "scan-1":
        assert said.split() == ["SN-1001", "OK", "SN-1002", "OK"]
        assert [fact["items"] for fact in facts] == [["SN-1001"], ["SN-1002"]]
    else:
        assert [(fact["lat"], fact["temperature_c"]) for fact in facts] == [(51.4239, 4.5)]


def test_without_a_broker_the_example_says_saved(tmp_path: Path) -> None:
    said = run(_EXAMPLES["scan-1"].replace("drained(10)", "drained(0)"), free_port(), tmp_path)
    assert said.splitlines() == ["SN-1001 SAVED, 1 waiting", "SN-1002 SAVED, 2 waiting"]


def test_what_the_examples_import_is_what_the_package_offers() -> None:
    for example in _EXAMPLES.values():
        (names,) = re.findall(r"from devices\.sdk import (.*)", example)
        assert set(names.split(", ")) <= set(devices.sdk.__all__)
