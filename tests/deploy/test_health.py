"""`returns-gateway health` beside a real gateway: well, and unwell when broker or state store are away for too long."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.adapters.pulse import EVERY_S
from gateway.adapters.pulse_file import read_pulse, stopwatch_s
from gateway.service.pulse import Ailment, Limits, examine
from tests.integration.gateway_process import GatewayProcess
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

NETWORK: Final = """
version: 1
sites: [{id: SHOP, lat: 52.5, lon: 13.4, timezone: Europe/Berlin}]
routes: [{id: repair, purpose: repair, stops: [{sites: [SHOP]}]}]
"""
PATIENCE_S: Final = 20.0


class Patient:
    """A gateway that shows its pulse."""

    def __init__(self, gateway: GatewayProcess, broker: Mosquitto, pulse: Path) -> None:
        self.gateway = gateway
        self.broker = broker
        self.pulse = pulse

    def ailments(self, limits: Limits) -> list[Ailment]:
        return [finding.ailment for finding in examine(read_pulse(self.pulse), stopwatch_s(), limits)]

    def until(self, limits: Limits, *expected: Ailment) -> None:
        """Waits until the pulse tells of just these."""
        eventually(lambda: self.ailments(limits), lambda found: found == list(expected), PATIENCE_S)


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Patient]:
    (tmp_path / "broker").mkdir()
    with Mosquitto(tmp_path / "broker") as broker:
        pulse = tmp_path / "pulse"
        gateway = GatewayProcess(tmp_path, broker, NETWORK, settings={"PULSE": str(pulse)})
        with gateway:
            eventually(pulse.exists, bool)
            yield Patient(gateway, broker, pulse)


def health(*options: str | Path) -> tuple[int, str]:
    """The command's exit status and what it says."""
    program = Path(sys.executable).with_name("returns-gateway")
    done = subprocess.run(
        [program, "health", *options], check=False, capture_output=True, text=True, timeout=PATIENCE_S
    )
    return done.returncode, done.stdout + done.stderr


def said(*options: str | Path) -> Any:
    return json.loads(health("--json", *options)[1])


def test_a_gateway_that_serves_is_well_and_one_that_has_ended_is_not(patient: Patient) -> None:
    patient.until(Limits())
    assert health("--pulse", patient.pulse) == (0, "well\n")
    assert said("--pulse", patient.pulse) == {"well": True, "wrong": {}}
    assert patient.gateway.stop() == 0
    status, why = health("--pulse", patient.pulse)
    assert status == 1
    assert "does not run" in why


def test_it_is_unwell_once_the_broker_is_away_for_too_long_and_well_when_it_is_back(patient: Patient) -> None:
    patient.broker.stop()
    soon = Limits(broker_s=0.5)
    patient.until(soon, Ailment.BROKER_AWAY)
    patient.until(Limits())
    status, why = health("--pulse", patient.pulse, "--broker", "0.5")
    assert status == 1
    assert "without the broker" in why
    patient.broker.start()
    patient.until(soon)


def test_it_is_unwell_once_the_state_store_fails_for_too_long(patient: Patient) -> None:
    soon = Limits(state_s=0.5)
    with patient.gateway.store.locked(), StockClient(patient.broker.port) as scanner:
        scanner.publish("returns/v1/device/gun/scan", b"{}")
        patient.until(soon, Ailment.STATE_FAILING)
        assert list(said("--pulse", patient.pulse, "--state", "0.5")["wrong"]) == ["state_failing"]
    patient.until(soon)


def test_it_is_unwell_when_it_is_stuck_as_a_whole(patient: Patient) -> None:
    soon = Limits(silent_s=EVERY_S + 1)
    patient.until(soon)
    patient.gateway.tell(signal.SIGSTOP)
    patient.until(soon, Ailment.SILENT)
    patient.gateway.tell(signal.SIGCONT)
    patient.until(soon)


def test_without_a_file_it_asks_for_one() -> None:
    status, why = health()
    assert status == 2
    assert "RETURNS_PULSE" in why
