"""What the service logs of a bug of ours: the traceback, and none of the values that were at hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

PROGRAM: Final = """
import sys
import structlog
import gateway.cli.run
from gateway.cli import main

class Gateway:
    def __init__(self, settings):
        self.settings = settings

    def run(self):
        password = "hun" + "ter2"
        try:
            1 / len(password[:0])
        except ZeroDivisionError:
            structlog.get_logger("test").exception("something_failed", remedy="report it")

gateway.cli.run.Gateway = Gateway
main()
"""


@pytest.mark.parametrize("options", [(), ("--log-json",)])
def test_a_traceback_in_the_log_names_the_lines_and_not_the_values(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", *options],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "something_failed" in done.stderr
    assert "hunter2" not in done.stderr
    assert done.stdout == ""
    if options:
        (line,) = done.stderr.splitlines()
        assert json.loads(line)["remedy"] == "report it"
