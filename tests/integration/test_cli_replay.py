"""`returns-gateway replay`, as a program: files in, lines out, and plain words about what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from tests.unit.cli_world import NETWORK, WORKED_EXAMPLE, lines, rfc

KEYS = (
    "time",
    "transition",
    "kind",
    "subject",
    "stop",
    "sensor",
    "site",
    "since",
    "severity",
    "reason",
    "details",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a network and the events of the worked example."""
    monkeypatch.chdir(tmp_path)
    Path("network.yaml").write_text(NETWORK, encoding="utf-8")
    Path("events.jsonl").write_text(lines(WORKED_EXAMPLE), encoding="utf-8")
    return tmp_path


def replay(*arguments: str, typed: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["replay", *arguments], input=typed)


def told(result: Result) -> list[str]:
    """`4T09:00 resolved not_collected evidence`, with the stop after the kind where it is about one."""
    assert result.exit_code == 0, result.output
    words = []
    for each in map(json.loads, result.stdout.splitlines()):
        stop = "" if each["stop"] is None else f" {each['stop']}"
        reason = f" {each['reason']}" if each["reason"] else ""
        words.append(f"{each['time'][9:16].lstrip('0')} {each['transition']} {each['kind']}{stop}{reason}")
    return words


EXPECTED = [
    "4T00:00 opened not_collected",
    "4T09:00 resolved not_collected evidence",
    "5T08:00 opened overdwell 0",
    "6T08:00 opened delayed 1",
    "6T10:00 opened overdwell 1",
    "6T10:00 resolved delayed 1 retracted",
    "6T10:00 resolved overdwell 0 evidence",
    "6T12:00 resolved overdwell 1 retracted",
    "6T15:00 opened misrouted",
    "8T17:00 opened delayed 3",
    "9T14:00 opened missing",
    "9T14:00 resolved delayed 3 superseded",
    "9T16:00 resolved misrouted completed",
    "9T16:00 resolved missing retracted",
]


def test_the_worked_example_gives_its_alerts() -> None:
    assert sorted(told(replay("--events", "events.jsonl"))) == EXPECTED


def test_each_line_has_the_names_of_the_interface_in_their_order() -> None:
    first = json.loads(replay("--events", "events.jsonl").stdout.splitlines()[0])
    assert tuple(first) == KEYS
    assert first["subject"] == {"kind": "return", "id": "A"}


def test_events_come_from_standard_input_too() -> None:
    result = replay("--events", "-", "--network", "network.yaml", typed=lines(WORKED_EXAMPLE))
    assert sorted(told(result)) == EXPECTED


def test_deadlines_pass_until_the_time_given() -> None:
    Path("events.jsonl").write_text(lines(WORKED_EXAMPLE[:1]), encoding="utf-8")
    assert told(replay("--events", "events.jsonl")) == []
    assert told(replay("--events", "events.jsonl", "--until", rfc("4T00:00"))) == EXPECTED[:1]


def test_what_was_received_after_the_time_given_is_left_out() -> None:
    assert sorted(told(replay("--events", "events.jsonl", "--until", rfc("5T08:00")))) == EXPECTED[:3]


def test_the_final_journeys_are_written() -> None:
    replay("--events", "events.jsonl", "--until", rfc("6T15:00"), "--state", "final.json")
    [journey] = json.loads(Path("final.json").read_text(encoding="utf-8"))
    assert journey == {
        "kind": "return",
        "id": "A",
        "status": "off_plan",
        "stop": 1,
        "arrived": {"0": rfc("4T08:00"), "1": rfc("5T20:00")},
        "departed": {"1": rfc("6T07:00")},
        "deviations": ["misrouted"],
    }


@pytest.mark.parametrize("journeys", [0, 1])
def test_the_final_journeys_are_an_array_however_many(journeys: int) -> None:
    Path("events.jsonl").write_text(lines(WORKED_EXAMPLE[:journeys]), encoding="utf-8")
    assert replay("--events", "events.jsonl", "--state", "final.json").exit_code == 0
    assert len(json.loads(Path("final.json").read_text(encoding="utf-8"))) == journeys


def test_what_was_refused_is_refused_again() -> None:
    bad = [
        line(payload='{"id": "a", "lat": NaN}'),
        line(payload="[]"),
        line(payload="{}", topic="returns/v1/device/ghost/scan"),
        line(payload="{}", topic="returns/v1/nobody/publishes/here"),
        '{"received_at": "2026-03-01T00:00:00Z", "topic": "returns/v1/device/scan-1/scan", "payload_base64": "e2Jy"}\n',
    ]
    result = replay("--events", "-", typed="".join(bad) + lines(WORKED_EXAMPLE))
    assert sorted(told(result)) == EXPECTED


def test_empty_lines_and_a_byte_order_mark_are_passed_over() -> None:
    typed = b"\xef\xbb\xbf" + lines(WORKED_EXAMPLE).replace("\n", "\r\n\r\n").encode()
    assert sorted(told(replay("--events", "-", typed=typed))) == EXPECTED


def test_the_root_of_topics_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURNS_MQTT__ROOT", "acme")
    assert sorted(told(replay("--events", "-", typed=lines(WORKED_EXAMPLE, root="acme")))) == EXPECTED


def line(
    payload: str = "{}", received_at: str = rfc("1T00:00"), topic: str = "returns/v1/device/scan-1/scan"
) -> str:
    return f'{{"received_at": "{received_at}", "topic": "{topic}", "payload": {payload}}}\n'


@pytest.mark.parametrize(
    ("arguments", "typed", "status", "said"),
    [
        pytest.param([], line() + "{broken\n", 1, "standard input, line 2: is no JSON object", id="no JSON"),
        pytest.param([], line() + "\n" + line(received_at="x"), 1, "line 3: received_at is x:", id="no time"),
        pytest.param(
            [], line(topic="other/v1/x"), 1, "line 1: topic 'other/v1/x' is not below", id="no topic of ours"
        ),
        pytest.param(
            [],
            line(received_at=rfc("2T00:00")) + line(),
            1,
            "line 2: received_at 2026-03-01T00:00:00Z comes after 2026-03-02T00:00:00Z; sort the lines",
            id="out of order",
        ),
        pytest.param(
            ["--until", "soon"], "", 2, "--until 'soon': not an RFC 3339", id="no time to go on until"
        ),
        pytest.param(
            ["--network", "nowhere.yaml"], "", 2, "nowhere.yaml:1:1: cannot be read", id="no network"
        ),
        pytest.param(
            ["--config", "nowhere.toml"], "", 2, "nowhere.toml: there is no such file", id="no settings"
        ),
        pytest.param(
            ["--state", "nowhere/final.json"], line(), 2, "cannot be written: No such", id="no folder"
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_line(arguments: list[str], typed: str, status: int, said: str) -> None:
    result = replay("--events", "-", *arguments, typed=typed)
    assert result.exit_code == status
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_of_events_that_is_not_there_is_told() -> None:
    result = replay("--events", "nowhere.jsonl")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: nowhere.jsonl: cannot be read: No such file or directory; name a file that can\n",
    )


def test_every_fault_of_a_network_is_told() -> None:
    Path("network.yaml").write_text("version: 1\nsites: [{id: A, lat: 99, lon: 999}]\n", encoding="utf-8")
    result = replay("--events", "events.jsonl")
    assert result.exit_code == 2
    assert (
        len([each for each in result.stderr.splitlines() if each.startswith("error: network.yaml:2:")]) == 2
    )


def program(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from gateway.cli import main; main()", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


def test_a_reader_that_goes_away_is_no_reason_to_complain() -> None:
    received = [line(f'{{"id": "{n}"}}', topic=f"returns/v1/device/d{n}/scan") for n in range(10)]
    many = [announced(n) for n in range(2000)]
    Path("events.jsonl").write_text("".join([*received, *many]), encoding="utf-8")
    with program("replay", "--events", "events.jsonl", "--until", rfc("30T00:00")) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait() == 1


def announced(number: int) -> str:
    payload = {"id": f"a{number}", "at": rfc("1T00:00"), "item": f"I{number}", "route": "R"}
    return line(json.dumps(payload), topic="returns/v1/source/erp/announce")


def test_nothing_but_lines_goes_to_standard_output() -> None:
    with program("replay", "--events", "events.jsonl") as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, "")
    assert len(out.splitlines()) == len(EXPECTED)
