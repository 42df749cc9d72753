"""Where settings come from, which source wins, what the defaults are, and that no secret is shown."""

from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings, SettingsFaults, load
from gateway.tracking.instants import DAY

SECRET = "open-sesame"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str) -> None:
    Path("gateway.toml").write_text(text, encoding="utf-8")


def value(settings: Settings, name: str) -> Any:
    found: Any = settings
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("network", Path("network.yaml")),
        ("mqtt.url", "mqtt://127.0.0.1:1883"),
        ("mqtt.root", "returns/v1"),
        ("mqtt.protocol", "3.1.1"),
        ("mqtt.password", None),
        ("series.url", "embedded"),
        ("http.host", "127.0.0.1"),
        ("keep.positions", 90 * DAY),
        ("instance_id", "returns-gateway"),
    ],
)
def test_without_any_source_there_are_defaults(name: str, default: object) -> None:
    assert value(load(), name) == default


def test_the_default_state_is_a_file_in_the_working_directory() -> None:
    assert load().state.url.get_secret_value() == "sqlite:///returns.sqlite"


@pytest.mark.parametrize(
    ("toml", "variable", "option", "expected"),
    [
        pytest.param("", "", None, "mqtt://127.0.0.1:1883", id="the default if nobody says anything"),
        pytest.param("mqtt://file", "", None, "mqtt://file", id="the file before the default"),
        pytest.param("mqtt://file", "mqtt://env", None, "mqtt://env", id="the environment before the file"),
        pytest.param("mqtt://file", "mqtt://env", "mqtt://opt", "mqtt://opt", id="an option before both"),
        pytest.param("mqtt://file", "", "mqtt://opt", "mqtt://opt", id="an option before the file"),
    ],
)
def test_one_source_overrides_another(
    toml: str, variable: str, option: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(f'[mqtt]\nurl = "{toml}"\n' if toml else "")
    monkeypatch.setenv("RETURNS_MQTT__URL", variable)
    assert load(options={"mqtt.url": option}).mqtt.url == expected


def test_sources_are_merged_setting_by_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    written('[mqtt]\nroot = "a/b"\nusername = "file"\n')
    monkeypatch.setenv("RETURNS_MQTT__USERNAME", "env")
    mqtt = load(options={"mqtt.client_id": "gw-1"}).mqtt
    assert (mqtt.root, mqtt.username, mqtt.client_id) == ("a/b", "env", "gw-1")


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURNS_HTTP__PORT", "")
    assert load().http.port == 8080


@pytest.mark.parametrize(
    ("toml", "name", "expected"),
    [
        ('[keep]\njourneys = "1d12h"', "keep.journeys", DAY * 3 // 2),
        ('[keep]\nquarantine = "P7D"', "keep.quarantine", 7 * DAY),
        ("[mqtt]\nprotocol = 5", "mqtt.protocol", "5"),
        ("[http]\nport = 0", "http.port", 0),
        (
            '[series]\nurl = "influxdb://host:8086?org=o&bucket=b"',
            "series.url",
            "influxdb://host:8086?org=o&bucket=b",
        ),
        ('instance = "gw-7"', "instance_id", "gw-7"),
        ('[mqtt]\nclient_id = "gw-8"', "instance_id", "gw-8"),
        ('network = "/etc/returns/network.yaml"', "network", Path("/etc/returns/network.yaml")),
    ],
)
def test_a_value_is_read_as_what_it_means(toml: str, name: str, expected: object) -> None:
    written(toml)
    assert value(load(), name) == expected


def test_another_file_can_be_named() -> None:
    Path("other.toml").write_text("[http]\nport = 9\n", encoding="utf-8")
    written("[http]\nport = 8\n")
    assert load(Path("other.toml")).http.port == 9


class TestSecrets:
    @pytest.mark.parametrize(
        "source",
        ["toml", "toml file", "environment", "environment file"],
    )
    def test_can_be_given_in_any_source_and_as_a_file_and_are_never_shown(
        self, source: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("secret").write_text(f"{SECRET}\n", encoding="utf-8")
        match source:
            case "toml":
                written(f'[mqtt]\npassword = "{SECRET}"\n')
            case "toml file":
                written('[mqtt]\npassword_file = "secret"\n')
            case "environment":
                monkeypatch.setenv("RETURNS_MQTT__PASSWORD", SECRET)
            case _:
                monkeypatch.setenv("RETURNS_MQTT__PASSWORD_FILE", "secret")
        settings = load()
        assert settings.mqtt.password is not None
        assert settings.mqtt.password.get_secret_value() == SECRET
        assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"

    def test_a_file_named_in_the_environment_overrides_the_secret_in_the_settings_file(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("secret").write_text("sqlite:///there.sqlite", encoding="utf-8")
        written('[state]\nurl = "sqlite:///here.sqlite"\n')
        monkeypatch.setenv("RETURNS_STATE__URL_FILE", "secret")
        assert load().state.url.get_secret_value() == "sqlite:///there.sqlite"

    @pytest.mark.parametrize(
        "toml",
        [
            f'[mqtt]\npassword = "{SECRET}"\nurl = "nonsense"',
            f'[mqtt]\npasswort = "{SECRET}"',
            f'[mqtt]\nurl = "mqtt://user:{SECRET}@host"',
            f'[state]\nurl = "postgres://user:{SECRET}@host/db"',
            f'[series]\nurl = "influxdb://host?token={SECRET}"',
            f'[series]\ntoken = "{SECRET}"\nurl = "https://host"',
            f'[mqtt]\npassword = ["{SECRET}"]',
            f'state = "{SECRET}@host"',
        ],
    )
    def test_no_fault_shows_one_nor_does_what_it_came_from(self, toml: str) -> None:
        written(toml)
        with pytest.raises(SettingsFaults) as raised:
            load()
        assert SECRET not in f"{raised.value} {raised.value!r} {raised.value.__context__!r}"
