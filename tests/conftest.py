"""What all tests share: the real servers, Hypothesis's manners, and the refusal of skipped tests in CI."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.servers.influxdb import InfluxDB
from tests.servers.mosquitto import Mosquitto

# The machine is shared: how long an example takes says nothing of the code. In CI the examples are the same each
# time, so that a change is judged by itself; a developer's machine goes on looking for new ones.
settings.register_profile("developer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("developer"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "developer")


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """Commands say how their process logs; here many run in one."""
    before = structlog.get_config()
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)


NewBroker = Callable[..., Mosquitto]


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One broker for all tests that neither stop it nor mind what others publish: use topics of your own."""
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def new_broker(tmp_path: Path) -> Iterator[NewBroker]:
    """Makes and starts brokers of the test's own, with settings of its own; they end with the test."""
    with ExitStack() as running:

        def make(settings: Mapping[str, str] | None = None, **passwords: str) -> Mosquitto:
            folder = tmp_path / f"broker{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            made = Mosquitto(folder, settings)
            if passwords:
                made.passwords(**passwords)
            return running.enter_context(made)

        yield make


@pytest.fixture(scope="session")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    """One InfluxDB for all tests that neither stop it nor mind what others write: use buckets of your own."""
    with InfluxDB(tmp_path_factory.mktemp("influxdb")) as running:
        yield running


@pytest.fixture
def own_influxdb(tmp_path: Path) -> Iterator[InfluxDB]:
    """An InfluxDB of the test's own, to stop, kill and freeze."""
    folder = tmp_path / "influxdb"
    folder.mkdir()
    with InfluxDB(folder) as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where skips are refused, says which there were; `pytest_sessionfinish` has failed the run."""
    if _skips_refused() and (skipped := terminalreporter.stats.get("skipped")):
        terminalreporter.section("skipped, which RETURNS_REFUSE_SKIPS refuses", red=True)
        for report in skipped:
            terminalreporter.line(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _skips_refused() and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skips_refused() -> bool:
    return os.environ.get("RETURNS_REFUSE_SKIPS") == "1"
