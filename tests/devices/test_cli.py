"""`returns-device` as people run it: sessions at the terminal, files, tracks; what it prints and how it exits."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from devices.cli import app
from devices.sdk import DiskSpool
from tests.devices.stub import LiveStub
from tests.servers.mosquitto import Mosquitto, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A device id of the test's own."""
    return f"cli-{abs(hash(request.node.name)) % 10**9}"


@pytest.fixture
def stub(broker: Mosquitto, name: str) -> Iterator[LiveStub]:
    with LiveStub(broker.port, name).listening() as listening:
        yield listening


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=typed, env={"COLUMNS": "120"})


def test_a_session_shows_each_verdict_and_sends_what_was_chosen(
    broker: Mosquitto, name: str, stub: LiveStub
) -> None:
    lines = [
        "/site HUB-LEJ",
        "/step unpacking",
        "/container TOTE-17",
        "SN-1",
        "",
        "/note torn",
        "SN-2",
        "/done",
    ]
    typed = "\n".join([*lines, "/undo", "/status", "/quit", "SN-9", ""])
    done = run("scan", "-d", name, "--broker", broker.url, "--wait", "10", typed=typed)
    assert done.exit_code == 0, done.output
    assert done.output.count("SN-1") == 1
    assert "the last scan is taken back" in done.output
    assert "connected · 1 waiting" in done.output or "connected · 0 waiting" in done.output
    facts = [fact for fact in stub.gateway.facts.values() if "step" in fact]
    expected = [
        {"step": "unpacking", "container": "TOTE-17", "site": "HUB-LEJ", "items": ["SN-1"]},
        {"step": "unpacking", "container": "TOTE-17", "site": "HUB-LEJ", "items": ["SN-2"], "note": "torn"},
        {"step": "unpacking", "container": "TOTE-17", "site": "HUB-LEJ"},
    ]
    assert [{k: v for k, v in fact.items() if k not in ("id", "at")} for fact in facts] == expected
    voids = [fact["voids"] for fact in stub.gateway.facts.values() if "voids" in fact]
    assert [facts[-1]["id"]] in voids


def test_offline_the_session_goes_on_and_the_next_one_sends_what_waits(
    broker: Mosquitto, name: str, tmp_path: Path
) -> None:
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    done = run("scan", "-d", name, "--broker", nowhere, "--drain", "0", typed="SN-1\nSN-2\n")
    assert done.exit_code == 0
    assert "offline · 1 event waiting" in done.output
    assert "offline · 2 events waiting" in done.output
    assert "2 waiting; they are sent when this device is run again" in done.output
    with LiveStub(broker.port, name).listening() as stub:
        again = run("scan", "-d", name, "--broker", broker.url, typed="")
        assert "2 events of earlier are waiting" in again.output
        assert len(stub.gateway.scans) == 2
    spool = DiskSpool(tmp_path / f"{name}.spool")
    assert len(spool) == 0
    spool.close()


def test_a_file_is_scanned_and_told_as_json(
    broker: Mosquitto, name: str, stub: LiveStub, tmp_path: Path
) -> None:
    file = tmp_path / "codes.txt"
    file.write_bytes(b"/step receiving\n]d20104012345678901\x1d21AB\r\nSN-2\n")
    done = run("scan", "-d", name, "--broker", broker.url, "--file", str(file), "--json")
    assert done.exit_code == 0, done.output
    said = [json.loads(line) for line in done.output.splitlines()]
    assert [each["verdict"] for each in said if "verdict" in each] == ["ok", "ok"]
    facts = [stub.gateway.facts[id_] for id_ in stub.gateway.scans]
    assert sorted(fact["items"][0] for fact in facts) == ["SN-2", "]d20104012345678901\x1d21AB"]
    assert {fact["step"] for fact in facts} == {"receiving"}


@pytest.mark.parametrize(
    "content", ["SN-1\n", "/nonsense\n"], ids=["nobody answers", "a line is not understood"]
)
def test_a_file_that_was_not_all_done_exits_with_1(content: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "codes.txt"
    file.write_text(content)
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    assert run("scan", "-d", name, "--broker", nowhere, "--file", str(file), "--drain", "0").exit_code == 1


def test_a_full_spool_says_not_saved_and_the_session_goes_on(name: str, tmp_path: Path) -> None:
    spool = tmp_path / "small.spool"
    many = "".join(f"{'x' * 400}{number}\n" for number in range(3000))
    done = run(
        "scan", "-d", name, "--broker", f"mqtt://127.0.0.1:{free_port()}", "--spool", str(spool),
        "--spool-mb", "1", "--drain", "0", "--json", typed=many + "/status\n",
    )  # fmt: skip
    said = [json.loads(line) for line in done.output.splitlines()]
    failed = [each for each in said if each.get("result") == "failed"]
    assert failed
    assert "full" in failed[0]["message"]
    assert "waiting" in said[-1]["note"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan"], "--device"),
        (["scan", "-d", "a/b"], "device id"),
        (["scan", "-d", "a", "--step", "walking"], "walking"),
        (["scan", "-d", "a", "--broker", "http://x"], "mqtt://"),
        (["scan", "-d", "a", "--broker", "mqtts://x", "--ca", "/nowhere"], "certificates"),
        (["scan", "-d", "a", "--file", "/nowhere"], "cannot be read"),
        (["track", "-d", "a"], "give either a track"),
        (["track", "-d", "a", "--simulate", "1,2", "1,3", "--recorded"], "leave it out"),
        (["track", "-d", "a", "x.txt"], "neither .gpx nor .csv"),
        (["track", "-d", "a", "--simulate", "1,2", "somewhere"], "LAT,LON"),
        (["track", "-d", "a", "--simulate", "100,2", "1,2"], "latitude comes first"),
        (["fleet", "--network", "/nowhere"], "/nowhere"),
        (["nonsense"], "nonsense"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_what_to_write(arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert says in " ".join(done.output.split())


def test_a_spool_that_is_in_use_is_said(name: str, tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path / "busy.spool")
    done = run("scan", "-d", name, "--spool", str(tmp_path / "busy.spool"))
    spool.close()
    assert done.exit_code == 1
    assert "another process" in done.output


def test_a_track_is_reported_with_its_readings(
    broker: Mosquitto, name: str, stub: LiveStub, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "time,lat,lon,temperature_c\n2026-11-22T09:00:00Z,51.4,12.2,4.5\n2026-11-22T09:30:00Z,51.5,12.3,5\n"
    )
    done = run(
        "track", "-d", name, "--broker", broker.url, str(file), "--speed", "36000", "--container", "T-1"
    )
    assert done.exit_code == 0, done.output
    assert "2 positions reported" in done.output
    facts = list(stub.gateway.facts.values())
    assert sorted((fact["lat"], fact["temperature_c"], fact["container"]) for fact in facts) == [
        (51.4, 4.5, "T-1"), (51.5, 5.0, "T-1"),
    ]  # fmt: skip


def test_a_track_whose_positions_are_rejected_says_how_many_and_why(
    broker: Mosquitto, name: str, stub: LiveStub, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("time,lat,lon\n2001-01-01T09:00:00Z,51.4,12.2\n2001-01-01T09:30:00Z,51.5,12.3\n")
    done = run("track", "-d", name, "--broker", broker.url, str(file), "--recorded")
    assert done.exit_code == 1, done.output
    assert "2 of 2 positions saved, 2 rejected by the gateway; the first trouble: too_old" in done.output
    assert not stub.gateway.facts


def test_a_full_spool_ends_no_track(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = "".join(f"2026-11-22T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z,51,12\n" for n in range(12_000))
    file.write_text(f"time,lat,lon\n{rows}")
    done = run(
        "track", "-d", name, "--broker", f"mqtt://127.0.0.1:{free_port()}", str(file), "--recorded",
        "--spool-mb", "1", "--drain", "0",
    )  # fmt: skip
    assert done.exit_code == 1
    found = re.search(
        r"([\d,]+) of 12,000 positions saved, ([\d,]+) not saved, ([\d,]+) waiting", done.output
    )
    assert found, done.output
    saved, unsaved, waiting = (int(each.replace(",", "")) for each in found.groups())
    assert saved == waiting > 1000
    assert saved + unsaved == 12_000
    assert "full" in done.output


def test_a_simulated_drive_that_nobody_hears_exits_with_1(name: str) -> None:
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    done = run(
        "track", "-d", name, "--broker", nowhere, "--simulate", "51.4,12.2", "51.5,12.3", "--speed", "100000",
        "--drain", "0",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "waiting" in done.output


def test_the_program_itself_runs_and_reads_a_scanner_that_types(
    broker: Mosquitto, name: str, stub: LiveStub, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from devices.cli import main; main()", "scan", "-d", name, "--broker", broker.url,
         "--json", "--wait", "10"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    process.stdin.write("SN-1\x1dX\n")
    process.stdin.flush()
    first = json.loads(process.stdout.readline())
    output, errors = process.communicate("/quit\n", timeout=30)
    assert first["items"] == ["SN-1\x1dX"]
    assert first["result"] in ("accepted", "saved")
    assert process.returncode == 0, errors
    assert errors == ""
    assert stub.gateway.scans, output


def test_version_and_help() -> None:
    assert run("--version").output.startswith("returns-device ")
    listed = run("--help").output
    assert all(command in listed for command in ("scan", "track", "fleet"))


def test_a_file_may_end_its_session_before_its_end(name: str, tmp_path: Path) -> None:
    file = tmp_path / "codes.txt"
    file.write_text("SN-1\n/quit\n" + "SN-2\n" * 20_000)
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    done = run("scan", "-d", name, "--broker", nowhere, "--file", str(file), "--drain", "0")
    assert done.exit_code == 1
    spool = DiskSpool(tmp_path / f"{name}.spool")
    assert len(spool) == 1
    spool.close()


def test_a_program_that_types_hears_by_the_exit_status_that_not_all_is_done(name: str) -> None:
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    done = run("scan", "-d", name, "--broker", nowhere, "--drain", "0", "--json", typed="SN-1\n")
    assert done.exit_code == 1
    assert [json.loads(line).get("result") for line in done.output.splitlines()] == [None, "saved", None]
