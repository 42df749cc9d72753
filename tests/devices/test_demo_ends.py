"""The demo that cannot begin, and the demo that is told to end: what it says, and what it leaves behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from gateway.adapters.clock import FastClock
from gateway.cli import app, demo_stage
from gateway.cli.demo_stage import endable
from gateway.cli.demo_watch import calm_log
from gateway.cli.failures import Failure
from gateway.ports.state import Unavailable
from tests.devices.virtual import START

_PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job, as these tests may be, ignores it
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # likewise under nohup
from gateway.cli import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--for", "abc"], "is no duration"),
        (["--for", "0s"], "--for 0s at --speed 10000 is out of range"),
        (["--for", "2h", "--speed", "50000"], "400 days at most"),
        (["--report", "nowhere/report.json"], "--report nowhere/report.json: cannot be written"),
        (["--report", "."], "--report .: cannot be written"),
        (["--picture", "nowhere/view.svg"], "--picture nowhere/view.svg: cannot be written"),
        (["--speed", "0"], "--speed"),
    ],
    ids=" ".join,
)
def test_what_cannot_work_is_said_before_anything_is_set_up(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["demo", *arguments])
    assert done.exit_code == 2, done.output
    assert says in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(app, ["demo", "--keep", str(tmp_path / "file" / "kept")])
    assert done.exit_code == 1
    assert "Not a directory; make room, or name another folder" in " ".join(done.output.split())


def test_a_disk_without_room_for_a_state_store_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("the state store cannot serve now: free disk space")

    monkeypatch.setattr(demo_stage, "Gateway", full)
    settings = demo_stage.settings_in(tmp_path, "mqtt://127.0.0.1:1", None)
    clock = FastClock(START, 1, 0.0, START)
    with (
        pytest.raises(Failure, match="free disk space, or name another folder"),
        demo_stage.serving(settings, clock),
    ):
        pytest.fail("it serves")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_twice_it_is_interrupted_once(ending: signal.Signals) -> None:
    before = signal.getsignal(ending)
    interrupted = 0
    with endable():
        try:
            signal.raise_signal(ending)
        except KeyboardInterrupt:
            interrupted += 1
        signal.raise_signal(ending)
    assert interrupted == 1
    assert signal.getsignal(ending) is before


def test_a_trouble_is_told_once_however_often_it_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    calm_log()
    log = structlog.get_logger("demo")
    for failures in range(20):
        log.error("series_store_away", failures=failures, reason="the disk is full")
        log.info("commit", events=failures)
    log.error("series_store_away", failures=20, reason="the disk is broken")
    told = capsys.readouterr().out
    assert told.count("the disk is full") == told.count("the disk is broken") == 1
    assert "commit" not in told


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_leaves_no_fleet_and_no_files(ending: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "demo", "--for", "60s"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert "The ops board" in process.stdout.readline()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            process.send_signal(ending)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
    assert len(children) == 1, "the fleet"
    assert not Path(f"/proc/{children[0]}").exists()
