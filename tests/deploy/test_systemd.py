"""The systemd unit: systemd finds nothing wrong with it, it is guarded, and it starts what there is to start."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from gateway.cli.health import PULSE
from gateway.service.pulse import LIMITS
from gateway.settings import load

REPOSITORY: Final = Path(__file__).parents[2]
UNIT: Final = REPOSITORY / "deploy/systemd/returns-gateway.service"
PROGRAM: Final = "/opt/returns-gateway/bin/returns-gateway"
LARGEST_EXPOSURE: Final = 1.5
"""By `systemd-analyze security`: 0 can do nothing, 10 everything."""


def settings() -> list[tuple[str, str]]:
    """The unit's settings, in order; some come more than once."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    split = (line.partition("=") for line in lines if re.match(r"[A-Za-z]+=", line))
    return [(name, value) for name, _, value in split]


def environment() -> dict[str, str]:
    return dict(value.split("=", 1) for name, value in settings() if name == "Environment")


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """systemd's own judgement, of the unit with a program that is there."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    unit = folder / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, str(Path(sys.executable).with_name("returns-gateway"))))
    return subprocess.run(
        [found, *arguments, unit],
        check=False, capture_output=True, text=True, timeout=60, env=os.environ | {"SYSTEMD_COLORS": "0"},
    )  # fmt: skip


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    done = analyze(tmp_path, "verify", "--man=no")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_by_systemds_own_measure_it_is_well_guarded(tmp_path: Path) -> None:
    done = analyze(tmp_path, "security", "--offline=yes", "--no-pager")
    level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert level, done.stderr
    assert float(level[1]) <= LARGEST_EXPOSURE


def test_it_tells_systemd_when_it_serves_and_that_it_lives() -> None:
    said = dict(settings())
    assert said["Type"] == "notify"
    assert int(said["WatchdogSec"].removesuffix("s")) > LIMITS.still_s + LIMITS.silent_s / 2
    assert environment()[PULSE] == f"/run/{said['RuntimeDirectory']}/pulse"


def test_its_data_is_where_it_may_write() -> None:
    said = dict(settings())
    assert said["DynamicUser"] == "yes"
    assert said["ProtectSystem"] == "strict"
    assert f"/var/lib/{said['StateDirectory']}/" in environment()["RETURNS_STATE__URL"]


def test_wrong_settings_are_not_tried_again_and_anything_else_is() -> None:
    said = dict(settings())
    assert (said["Restart"], said["RestartPreventExitStatus"], said["StartLimitIntervalSec"]) == (
        "always", "2", "0",
    )  # fmt: skip


def test_the_gateway_understands_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    credentials = {value.partition(":")[0] for name, value in settings() if name == "LoadCredential"}
    for name in credentials:
        (tmp_path / name).write_text("made up")
    for name, value in environment().items():
        monkeypatch.setenv(name, value.replace("%d", str(tmp_path)))
    read = load()
    assert read.mqtt.password is not None
    assert read.mqtt.password.get_secret_value() == "made up"
