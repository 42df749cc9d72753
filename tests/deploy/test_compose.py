"""The compose files: valid by the Compose Specification, each part guarded, and nothing open but what must be."""

import json
import re
from typing import Any, Final

import jsonschema_rs
import pytest
import yaml

from tests.deploy.compose_file import REPOSITORY, Service, composed, env_file, mounts, variables_of

BASE: Final = "docker-compose.yml"
TLS: Final = "deploy/compose.tls.yaml"
PLAIN: Final = composed(BASE)
OUTSIDE: Final = composed(BASE, TLS, CERTS_DIR="./certs")
SERVICES: Final[dict[str, Service]] = PLAIN["services"]
ONCE: Final = {"secrets", "setup", "volumes"}
ROOT: Final = {"secrets", "volumes"}
PROGRAMS: Final = {
    "eclipse-mosquitto": {"mosquitto_sub", "mosquitto_passwd", "sh"},
    "influxdb": {"influx", "influxd"},
    "grafana": {"wget", "grafana"},
    "returns-gateway": {"returns-gateway", "returns-device", "sh"},
}
"""What the images are known to have, from the files that their publishers build them with."""

every_service = pytest.mark.parametrize("name", SERVICES)


@pytest.mark.parametrize("file", [BASE, TLS])
def test_the_specifications_own_schema_finds_nothing(file: str) -> None:
    schema = json.loads((REPOSITORY / "tests/deploy/schemas/compose-spec.json").read_text())
    validator = jsonschema_rs.Draft202012Validator(schema)
    told = yaml.safe_load((REPOSITORY / file).read_text())
    assert [error.message for error in validator.iter_errors(told)] == []
    told["services"]["mosquitto"]["portz"] = []
    assert not validator.is_valid(told)


@every_service
def test_each_image_is_pinned_to_one_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.fullmatch(r"docker\.io/[a-z/-]+:\d+\.\d+\.\d+|returns-gateway:local", image)


@every_service
def test_each_container_can_do_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert {"mem_limit", "pids_limit", "user"} <= set(service)
    assert not {"privileged", "pid", "ipc", "devices", "env_file"} & set(service)


@every_service
def test_only_who_hands_things_to_their_owners_is_root_and_that_without_a_network(name: str) -> None:
    service = SERVICES[name]
    if name in ROOT:
        assert service["network_mode"] == "none"
        assert service["cap_add"] == ["CHOWN", "DAC_OVERRIDE", "FOWNER"]
    else:
        assert not service["user"].startswith("0")
        assert "cap_add" not in service
        assert service["networks"]


@every_service
def test_each_service_that_stays_says_whether_it_is_well_with_a_program_that_its_image_has(name: str) -> None:
    service = SERVICES[name]
    check = service.get("healthcheck", {})
    if name in ONCE or name == "fleet":
        assert not check.get("test")
        return
    image = service["image"].rpartition("/")[2].partition(":")[0]
    kind, program, *_ = check["test"]
    assert kind == "CMD"
    assert program in PROGRAMS[image]
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@every_service
def test_each_waits_for_what_it_needs_to_be_well_or_done(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        done = SERVICES[other]["restart"] == "no"
        assert how["condition"] == ("service_completed_successfully" if done else "service_healthy")
        assert done or "test" in SERVICES[other]["healthcheck"]


@every_service
def test_what_runs_once_does_not_start_again_and_all_else_does(name: str) -> None:
    assert SERVICES[name]["restart"] == ("no" if name in ONCE else "unless-stopped")


def test_everything_published_is_for_this_machine_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == 3
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)


def test_from_outside_there_is_mqtt_over_tls_and_nothing_else() -> None:
    for name, service in OUTSIDE["services"].items():
        added = set(service.get("ports", [])) - set(SERVICES[name].get("ports", []))
        assert added == ({"0.0.0.0:8883:8883"} if name == "mosquitto" else set())
    listeners = REPOSITORY / "deploy/mosquitto/listeners-tls"
    assert {"listener 8883", "certfile /mosquitto/certs/server.crt"} <= set(
        (listeners / "3-devices-tls.conf").read_text().splitlines()
    )


def test_with_tls_the_listeners_within_stay_as_they_are() -> None:
    folder = REPOSITORY / "deploy/mosquitto"
    for plain in (folder / "listeners").iterdir():
        assert (folder / "listeners-tls" / plain.name).read_text() == plain.read_text()


def test_the_switch_for_tls_asks_for_certificates() -> None:
    with pytest.raises(AssertionError, match="CERTS_DIR"):
        composed(BASE, TLS)


@pytest.mark.parametrize(("seen_by", "network"), [("influxdb", "series"), ("fleet", "broker")])
def test_what_nobody_outside_needs_is_in_a_network_without_a_way_out(seen_by: str, network: str) -> None:
    assert SERVICES[seen_by]["networks"] == [network]
    assert PLAIN["networks"][network]["internal"] is True


@pytest.mark.parametrize("whole", [PLAIN, OUTSIDE], ids=["plain", "tls"])
def test_all_that_is_mounted_is_there_and_of_the_host_only_read(whole: dict[str, Any]) -> None:
    for service in whole["services"].values():
        for mount in mounts(service):
            if mount.kind == "bind":
                assert mount.read_only, mount
                assert not mount.creates, mount
                assert mount.source == "./certs" or (REPOSITORY / mount.source).exists(), mount
            else:
                assert mount.source in whole["volumes"]


def test_no_volume_is_made_for_nobody() -> None:
    used = {
        mount.source for name, service in SERVICES.items() if name not in ROOT for mount in mounts(service)
    }
    assert set(PLAIN["volumes"]) <= used


def test_every_volume_can_be_saved() -> None:
    saved = {mount.source: mount.target for mount in mounts(SERVICES["volumes"])}
    assert saved == {name: f"/volumes/{name}" for name in PLAIN["volumes"]}


def test_every_variable_is_explained_and_every_explained_one_is_used() -> None:
    asked = variables_of(BASE, TLS)
    explained = set(env_file("deploy/env.example"))
    assert asked - {"DEMO"} == explained - {"COMPOSE_FILE"}
    assert set(env_file("deploy/demo.env")) <= asked | {"COMPOSE_PROFILES"}


def test_the_demo_is_the_same_system_with_a_fleet() -> None:
    with_demo = composed(BASE, **env_file("deploy/demo.env"))["services"]
    assert with_demo["secrets"]["environment"]["DEMO"] == "yes"
    assert SERVICES["secrets"]["environment"]["DEMO"] == "no"
    assert [name for name, service in SERVICES.items() if service.get("profiles") == ["demo"]] == ["fleet"]
    assert SERVICES["fleet"]["profiles"] == [env_file("deploy/demo.env")["COMPOSE_PROFILES"]]
