"""What the parts may reach: the rules nothing but the standard library, the clock only one file, devices only the wire.

The order of the gateway's layers is import-linter's (`.importlinter`); here is what it cannot say.
"""

import sys
from pathlib import Path

import pytest

from tests.architecture.source import Source, sources

EFFECTS = {
    "asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "selectors",
    "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
    "uuid", "warnings",
}  # fmt: skip
"""Standard modules by which a rule would know or do something besides its parameters."""

WALL_CLOCK = {
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow",
    "time.ctime", "time.gmtime", "time.localtime", "time.strftime", "time.time", "time.time_ns",
}  # fmt: skip
STOPWATCH = {"time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"}
"""What measures how long something takes, and cannot tell the time of day."""

DEVICES_MAY = ("gateway.wire.", "gateway.identity.", "gateway.tracking.")


@pytest.mark.parametrize("file", sources("gateway/tracking"), ids=str)
def test_the_rules_import_only_the_standard_library_and_themselves(file: Source) -> None:
    allowed = sys.stdlib_module_names - EFFECTS
    assert {
        name
        for name in file.imported()
        if name.split(".")[0] not in allowed and not f"{name}.".startswith("gateway.tracking.")
    } == set()


@pytest.mark.parametrize("file", sources("gateway/tracking"), ids=str)
def test_the_rules_neither_print_nor_open_anything(file: Source) -> None:
    assert not {"open", "print", "input", "exec", "eval"} & file.called()


@pytest.mark.parametrize("file", sources("gateway", "devices", "dashboards"), ids=str)
def test_the_time_of_day_is_read_in_clock_py_only(file: Source) -> None:
    if str(file) == "gateway/adapters/clock.py" or (
        str(file).startswith("devices/") and file.path.name == "clock.py"
    ):
        return
    assert file.used() & WALL_CLOCK == set()


@pytest.mark.parametrize(
    "file",
    [
        f
        for f in sources("gateway")
        if not str(f).startswith(("gateway/adapters/", "gateway/app", "gateway/cli/"))
    ],
    ids=str,
)
def test_below_the_adapters_not_even_a_stopwatch_is_read(file: Source) -> None:
    assert file.used() & STOPWATCH == set()


@pytest.mark.parametrize("file", sources("devices"), ids=str)
def test_devices_know_of_the_gateway_only_what_goes_over_the_wire(file: Source) -> None:
    gateway = {name for name in file.imported() if name.split(".")[0] == "gateway"}
    assert {name for name in gateway if not name.startswith(DEVICES_MAY)} <= {
        "gateway",
        "gateway.__version__",
    }


@pytest.mark.parametrize("file", sources("gateway", "devices", "dashboards"), ids=str)
def test_nothing_imports_the_tests(file: Source) -> None:
    assert {name for name in file.imported() if name.split(".")[0] == "tests"} == set()


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.time()",
        "import time as t\nt.time()",
        "from time import time as now\nnow()",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\ndatetime.now(tz)",
        "from datetime import date as d\nfield(default_factory=d.today)",
    ],
)
def test_a_reading_of_the_clock_is_seen_however_it_is_spelt(code: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(code)
    assert Source(path).used() & WALL_CLOCK
