"""What is said of wrong settings: where, which, what, and the remedy."""

import re
from pathlib import Path

import pytest

from gateway.settings import SettingsFaults, load


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def faults() -> list[str]:
    with pytest.raises(SettingsFaults) as raised:
        load()
    return [str(fault) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[mqtt]\nurll = "x"', "mqtt.urll is no setting; did you mean mqtt.url?"),
        ('[mqqt]\nurl = "x"', "mqqt is no setting; did you mean mqtt?"),
        ("[mqtt]\nzzz = 1", "mqtt.zzz is no setting; known are mqtt.ca, mqtt.cert, mqtt.client_id,"),
        ('[mqtt]\nurl = "localhost"', "mqtt.url 'localhost' is no URL of a broker; write mqtt://host:1883,"),
        ('[mqtt]\nurl = "mqtt://"', "mqtt.url 'mqtt://' is no URL of a broker;"),
        (
            '[mqtt]\nurl = "mqtt://u:p@h"',
            "mqtt.url holds a login; give it as mqtt.username and mqtt.password",
        ),
        ('[mqtt]\nroot = "a//b"', "mqtt.root 'a//b' is to be levels of a topic without wildcards;"),
        ('[mqtt]\nroot = "a/+"', "mqtt.root 'a/+' is to be levels of a topic without wildcards;"),
        ('[mqtt]\nclient_id = "a/b"', "mqtt.client_id 'a/b' is to be a level of a topic; use 1 to 64 of"),
        ('instance = ""', "instance '' is to be a level of a topic;"),
        ('[mqtt]\nprotocol = "4"', "mqtt.protocol '4' must be '3.1.1' or '5'"),
        ('[http]\nport = "eighty"', "http.port 'eighty' must be a whole number"),
        ("[http]\nport = 65536", "http.port 65536 must be at most 65535"),
        (
            '[http]\ntiles = "https://t/{z}/{x}/{y}"',
            "http.tiles 'https://t/{z}/{x}/{y}' must be a section with settings of its own",
        ),
        ('[http.tiles]\nattribution = "x"', "http.tiles.url must be given"),
        (
            '[http.tiles]\nurll = "x"\nurl = "https://t/{z}/{x}/{y}"',
            "http.tiles.urll is no setting; did you mean http.tiles.url?",
        ),
        ("[keep]\njourneys = 90", "keep.journeys 90 has no unit; write 90d"),
        ('[keep]\njourneys = "soon"', "keep.journeys 'soon' is no duration; write 90d"),
        ('[keep]\npositions = "1h"', "keep.positions '1h' is less than a day;"),
        (
            '[state]\nurl = "mysql://h/d"',
            "state.url is no URL of a state store; write sqlite:///returns.sqlite or",
        ),
        (
            '[series]\nurl = "influx"',
            "series.url 'influx' is no URL of a time-series store; write embedded, or",
        ),
        ('[series]\nurl = "influxdb://h?token=t"', "series.url holds a secret; give it as series.token"),
        ('mqtt = "mqtt://host"', "mqtt 'mqtt://host' must be a section with settings of its own"),
        ("network = 3", "network 3 must be the name of a file in quotes"),
        ('[mqtt]\npassword = "a"\npassword_file = "b"', "mqtt.password_file is given beside mqtt.password;"),
        ('[mqtt]\npassword_file = "nowhere"', "mqtt.password_file 'nowhere' cannot be read: No such file"),
        ('[mqtt]\npassword_file = "gateway\\u0000"', "mqtt.password_file names no file with text in UTF-8"),
        ("[mqtt\n", "is no TOML: "),
    ],
)
def test_a_fault_names_the_file_the_setting_the_value_and_the_remedy(toml: str, said: str) -> None:
    Path("gateway.toml").write_text(toml, encoding="utf-8")
    [fault] = faults()
    assert re.match(f"gateway.toml: {re.escape(said)}", fault)


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("RETURNS_HTTP__PORT", "x", "RETURNS_HTTP__PORT: 'x' must be a whole number"),
        ("returns_http__port", "x", "RETURNS_HTTP__PORT: 'x' must be a whole number"),
        ("RETURNS_MQTT__URLL", "x", "RETURNS_MQTT__URLL: is no setting; did you mean RETURNS_MQTT__URL?"),
        (
            "RETURNS_MQTT__ZZZ",
            "x",
            "RETURNS_MQTT__ZZZ: is no setting; known are RETURNS_MQTT__CA, RETURNS_MQTT__CERT,",
        ),
        ("RETURNS_MQQT__URL", "x", "RETURNS_MQQT__URL: is no setting; did you mean RETURNS_MQTT__URL?"),
        (
            "RETURNS_MQTT_URL",
            "x",
            "RETURNS_MQTT_URL: is no setting; write RETURNS_MQTT__URL, with two underscores",
        ),
        (
            "RETURNS_HTTP__TILES",
            "{}",
            "RETURNS_HTTP__TILES: is a section; set what is in it: RETURNS_HTTP__TILES__URL,",
        ),
        (
            "RETURNS_HTTP__TILES_URL",
            "x",
            "RETURNS_HTTP__TILES_URL: is no setting; did you mean RETURNS_HTTP__TILES__URL?",
        ),
        (
            "RETURNS_HTTP__TILES__URL",
            "x",
            "RETURNS_HTTP__TILES__URL: 'x' is no address of tiles; write https://",
        ),
        ("RETURNS_KEEP", "{}", "RETURNS_KEEP: is a section; set what is in it: RETURNS_KEEP__JOURNEYS,"),
        (
            "RETURNS_STATE__URL_FILE",
            "nowhere",
            "RETURNS_STATE__URL_FILE: 'nowhere' cannot be read: No such file",
        ),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(
    variable: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)
    [fault] = faults()
    assert fault.startswith(said)


@pytest.mark.parametrize(
    "variable", ["RETURNS_GATEWAY_PORT", "RETURNS_GATEWAY_SERVICE_HOST", "RETURNS_REFUSE_SKIPS"]
)
def test_variables_of_others_that_begin_as_ours_are_left_alone(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "tcp://10.0.0.1:80")
    load()


def test_the_source_that_is_wrong_is_named_where_others_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("gateway.toml").write_text("[http]\nport = 80\n", encoding="utf-8")
    monkeypatch.setenv("RETURNS_HTTP__PORT", "90")
    with pytest.raises(SettingsFaults, match="command line: http\\.port 'x' must be a whole number"):
        load(options={"http.port": "x"})


def test_all_faults_are_told_at_once() -> None:
    Path("gateway.toml").write_text('[http]\nport = "x"\n[keep]\npositions = "y"\n', encoding="utf-8")
    assert len(faults()) == 2


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_file_that_is_named_must_be_there_and_readable(name: str) -> None:
    with pytest.raises(SettingsFaults, match=re.escape(name)):
        load(Path(name))


def test_a_file_that_is_no_text_is_a_fault() -> None:
    Path("gateway.toml").write_bytes(b"\xff\xfe")
    assert faults() == ["gateway.toml: is no UTF-8; save it as that"]


def test_an_empty_secret_file_is_a_fault() -> None:
    Path("empty").touch()
    Path("gateway.toml").write_text('[series]\ntoken_file = "empty"\n', encoding="utf-8")
    assert faults() == ["gateway.toml: series.token_file 'empty' is empty; put the secret into it"]
