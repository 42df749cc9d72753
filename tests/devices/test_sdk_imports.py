"""The SDK stays small: the standard library, paho-mqtt, and of the gateway the names on the wire."""

import sys

import pytest

from tests.architecture.source import Source, sources

ALLOWED = (
    "devices.sdk",
    "paho.mqtt",
    "gateway.wire.topics",
    "gateway.tracking.instants",
    "gateway.tracking.cbv",
)


@pytest.mark.parametrize("file", sources("devices/sdk"), ids=str)
def test_the_sdk_needs_little(file: Source) -> None:
    strange = {name for name in file.imported() if name.split(".")[0] not in sys.stdlib_module_names}
    assert {
        name for name in strange if not f"{name}.".startswith(tuple(f"{each}." for each in ALLOWED))
    } == set()


@pytest.mark.parametrize("file", sources("devices/fleet"), ids=str)
def test_the_truth_is_worked_out_without_the_gateways_rules(file: Source) -> None:
    theirs = {name for name in file.imported() if name.startswith("gateway.")}
    allowed = ("gateway.tracking.instants.", "gateway.wire.topics.")
    assert {name for name in theirs if not f"{name}.".startswith(allowed)} == set()
