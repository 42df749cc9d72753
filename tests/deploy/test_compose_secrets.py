"""Secrets in the compose file: each is a file that a script makes, seen by its reader and nobody else."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.settings import load
from tests.deploy.compose_file import REPOSITORY, composed, mounts
from tests.deploy.shipped_broker import make_secrets

SERVICES: Final[dict[str, Any]] = composed("docker-compose.yml")["services"]
READERS: Final = {
    "secrets-mosquitto": {"mosquitto"},
    "secrets-influxdb": {"influxdb"},
    "secrets-setup": {"setup"},
    "secrets-gateway": {"gateway", "setup"},
    "secrets-grafana": {"grafana", "setup"},
    "secrets-fleet": {"fleet"},
}
"""Besides who makes them, and who saves them."""
TOKENS: Final = {"gateway/influxdb-token", "grafana/influxdb-token"}
"""What `deploy/make-tokens` makes."""
_SECRET: Final = re.compile(r"password|token|secret", re.IGNORECASE)


def files_named(name: str) -> set[str]:
    """The secrets that a service's settings name, as `part/file`."""
    service = SERVICES[name]
    secrets = [mount for mount in mounts(service) if mount.source.startswith("secrets-")]
    places = {mount.target: mount.source.removeprefix("secrets-") for mount in secrets}
    named = set()
    for value in service.get("environment", {}).values():
        folder, _, file = str(value).rpartition("/")
        if folder in places and file:
            named.add(f"{places[folder]}/{file}")
    return named


@pytest.mark.parametrize("volume", READERS)
def test_each_secret_is_seen_by_its_readers_alone_and_written_by_no_server(volume: str) -> None:
    seen = {
        name: mount.read_only
        for name, service in SERVICES.items()
        for mount in mounts(service)
        if mount.source == volume
    }
    assert set(seen) - {"secrets", "volumes"} == READERS[volume]
    assert {name for name, read_only in seen.items() if not read_only} <= {"secrets", "volumes", "setup"}


def test_every_secret_that_a_part_reads_is_made(tmp_path: Path) -> None:
    make_secrets(tmp_path, DEMO="yes")
    made = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()} | TOKENS
    named = set().union(*map(files_named, SERVICES))
    assert {"influxdb/admin-token", "gateway/mqtt-password", "grafana/admin-password"} <= named
    assert named <= made
    fleet = (REPOSITORY / "deploy/run-fleet").read_text()
    assert "/run/returns/mqtt-password" in fleet
    assert "fleet/mqtt-password" in made


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_in_the_file_itself(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if _SECRET.search(variable):
            assert str(value).startswith(("/run/returns/", "/secrets/")), variable


@pytest.mark.parametrize("name", ["gateway", "setup"])
def test_the_gateway_understands_what_it_is_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text("made up")
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, str(tmp_path / "secret") if variable.endswith("_FILE") else value)
    settings = load()
    assert settings.series.token is not None
    assert settings.series.token.get_secret_value() == "made up"
    assert settings.series.url.startswith("influxdb://influxdb:8086?")
