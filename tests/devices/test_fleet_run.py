"""The fleet on a real broker, against the real rules: everything arrives, and the alerts are what is true."""

import json
import queue
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Self

import pytest
from typer.testing import CliRunner

from devices.cli import app
from devices.fleet.faults import drawn
from devices.fleet.run import FastClock, Lines, Progress, Runner
from devices.fleet.scenario import Scenario
from devices.fleet.score import alerts, score
from devices.fleet.simulation import Simulation
from devices.sdk import Broker
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Instant
from tests.conftest import NewBroker
from tests.devices.virtual import NETWORK, START, VirtualGateway, network, told
from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto, free_port


class Served:
    """A `VirtualGateway` on a broker, living in a clock's time; from entering to leaving. Its alert log is slow."""

    def __init__(self, broker: Mosquitto, clock: FastClock, root: str, *, tells: bool = False) -> None:
        self.gateway = VirtualGateway()
        self._clock, self._root = clock, root
        self._hears, self._speaks = StockClient(broker.port), StockClient(broker.port)
        self._taken = self._told = 0
        self._tells = tells
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while not self._left.is_set():
            self._hears.wait_for(lambda: len(self._hears.received) > self._taken, 0.02)
            fresh = self._hears.received[self._taken : self._taken + 200]
            self._taken += len(fresh)
            answers = [
                (f"{self._root}/{path}", receipt)
                for message in fresh
                for path, receipt in self.gateway.take(
                    message.topic.removeprefix(f"{self._root}/"), message.payload, self._clock.now()
                )
            ]
            self._speaks.publish_all(answers)
            if self._tells:
                self._tell()

    def _tell(self) -> None:
        """A few lines of the alert log."""
        self.gateway.until(self._clock.now())
        lines = self.gateway.lines[self._told : self._told + 5]
        self._told += len(lines)
        self._speaks.publish_all([(f"{self._root}/alert-log", json.dumps(line).encode()) for line in lines])

    def __enter__(self) -> Self:
        self._hears.__enter__()
        self._speaks.__enter__()
        self._hears.subscribe(f"{self._root}/device/+/+", f"{self._root}/source/+/announce")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join(10)
        self._hears.__exit__(None, None, None)
        self._speaks.__exit__(None, None, None)


def lines(broker: Mosquitto, root: str, connections: int = 1, *, alerts: bool = False) -> Lines:
    at, client_id = Broker("127.0.0.1", broker.port), root.replace("/", "-")
    return Lines(at, root, connections, client_id, alerts)


def events(scenario: Scenario) -> int:
    return sum(happening.what != "status" for happening in scenario.timeline)


@pytest.mark.slow
def test_a_fast_fleet_with_faults_is_settled_and_its_alerts_are_true(broker: Mosquitto) -> None:
    scenario = told(11, 2)
    faults = drawn(network(), 11, START, scenario.until)
    clock = FastClock(START, 18_000, until=scenario.until)
    simulation = Simulation(scenario, network(), faults, clock.speed)
    with Served(broker, clock, "fleet/rough", tells=True):
        runner = Runner(simulation, lines(broker, "fleet/rough", 2, alerts=True), clock)
        progress = runner.run(Instant(scenario.until + 60 * SECOND), threading.Event())
    assert progress.waiting == 0
    assert progress.settled == events(scenario)
    assert runner.heard_out, "it has asked for the last line of the alert log, and waited for it"
    assert progress.now < scenario.until + 60 * SECOND
    found = score(scenario, alerts(runner.alerts), simulation.late, simulation.tolerance)
    assert not found.missed, [finding.line() for finding in found.missed]
    assert not found.wrong, [finding.line() for finding in found.wrong]


@pytest.mark.slow
def test_a_broker_that_is_gone_for_a_while_costs_nothing(new_broker: NewBroker) -> None:
    broker = new_broker()
    scenario = told(12, 1)
    clock = FastClock(START, 14_400, until=scenario.until)
    simulation = Simulation(scenario, network(), None, clock.speed)
    told_of: queue.SimpleQueue[Progress] = queue.SimpleQueue()
    with Served(broker, clock, "fleet/cut"):
        runner = Runner(simulation, lines(broker, "fleet/cut"), clock)
        thread = threading.Thread(
            target=runner.run, args=(Instant(scenario.until + 400 * HOUR), threading.Event(), told_of.put)
        )
        thread.start()
        assert told_of.get(timeout=10).connected == 1
        broker.kill()
        while told_of.get(timeout=10).connected:
            pass
        broker.start()
        with Served(broker, clock, "fleet/cut"):
            thread.join(60)
    assert not thread.is_alive()
    assert simulation.done
    assert simulation.settled == events(scenario)


def test_a_fleet_that_is_connected_before_it_sets_out_loses_not_even_its_first_message(
    broker: Mosquitto,
) -> None:
    scenario = told(14, 0.05)
    clock = FastClock(START, 14_400, began=0.0, until=scenario.until)
    simulation = Simulation(scenario, network(), None, clock.speed)
    runner = Runner(simulation, lines(broker, "fleet/first"), clock)
    with StockClient(broker.port) as watcher:
        watcher.subscribe(
            *(f"fleet/first/{path}" for path in ("device/+/scan", "source/+/announce", "+/+/status"))
        )
        runner.connect(10)
        assert runner.progress().connected == 1
        clock.begin()
        runner.run(Instant(scenario.until + SECOND), threading.Event())
        assert simulation.published > 0
        assert len(watcher.messages(simulation.published)) == simulation.published


def test_where_there_is_no_broker_the_fleet_sets_out_all_the_same() -> None:
    scenario = told(14, 0.05)
    clock = FastClock(START, 14_400, until=scenario.until)
    nowhere = Lines(Broker("127.0.0.1", free_port()))
    runner = Runner(Simulation(scenario, network(), None, clock.speed), nowhere, clock)
    runner.connect(0.2)
    progress = runner.run(Instant(scenario.until + SECOND), threading.Event())
    assert progress.now >= scenario.until
    assert progress.waiting > 0


def test_two_clocks_that_are_given_the_same_have_the_same_time() -> None:
    one, other = FastClock(START, 3600, 1.0), FastClock(START, 3600, 1.0)
    first, second = one.now(), other.now()
    assert 0 <= second - first < 10 * MINUTE
    assert FastClock(START, 1).now() - START < MINUTE


def test_a_fast_clock_passes_as_everybodys_does_once_the_fleet_is_home() -> None:
    until = Instant(START + 100 * HOUR)
    clock = FastClock(START, 3600, time.monotonic() - 110, until)
    assert 9 * SECOND < clock.now() - until < 30 * SECOND


@pytest.mark.slow
def test_a_run_does_not_grow() -> None:
    """Memory after the first third of a scenario is about what it is after all of it."""
    scenario = told(13, 3, trouble=0.1)
    simulation, gateway = Simulation(scenario, network()), _Yes()
    sizes = []
    tracemalloc.start()
    try:
        for third in (1, 2, 3):
            until = scenario.start + (scenario.until - scenario.start) * third // 3
            while (at := simulation.next_at()) is not None and at < until:
                for publication in simulation.advance(at):
                    for path, receipt in gateway.answers(publication.path, publication.payload):
                        simulation.receive(path, receipt, at)
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert simulation.waiting <= 5
    assert sizes[2] < sizes[0] + 512 * 1024


class _Yes:
    """Accepts everything and remembers nothing."""

    def answers(self, path: str, payload: bytes) -> list[tuple[str, bytes]]:
        sender, _, what = path.rpartition("/")
        if what == "status":
            return []
        said = json.loads(payload)
        elements = said if isinstance(said, list) else [said]
        results = [{"id": each["id"], "result": "accepted"} for each in elements]
        return [(f"{sender}/receipt", json.dumps({"at": elements[-1]["at"], "results": results}).encode())]


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["fleet", "--network", str(NETWORK), *arguments], env={"COLUMNS": "200"})
    return done.exit_code, done.output


def test_the_command_writes_the_truth_and_says_what_still_waits(broker: Mosquitto, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    status, output = run(
        "--for", "2d", "--speed", "400000", "--seed", "3", "--truth", str(truth), "--drain", "0.2",
        "--broker", broker.url, "--root", "fleet/nobody",
    )  # fmt: skip
    assert status == 1, output
    assert "18 scanners and 10 trackers" in output
    assert " waiting" in output
    told_of = [json.loads(line) for line in truth.read_text().splitlines()]
    assert {"kind", "subject", "since", "begins", "ends", "story"} <= told_of[0].keys()


def test_the_command_compares_the_alert_log_with_the_truth(broker: Mosquitto) -> None:
    status, output = run(
        "--for", "8d", "--speed", "200000", "--seed", "3", "--judge", "--drain", "0.2", "--no-faults",
        "--broker", broker.url, "--root", "fleet/deaf",
    )  # fmt: skip
    assert status == 1
    assert "alerts raised: 0; not so: 0" in output
    assert "missed: " in output
    assert "reports did not come home in time" in output


def test_the_command_writes_an_enlarged_network(tmp_path: Path) -> None:
    status, _ = run("--devices", "60", "--write-network", str(tmp_path / "big.yaml"))
    assert status == 0
    assert (tmp_path / "big.yaml").read_text().count("kind: scanner") > 25


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--for", "soon"], "soon"),
        (["--for", "900d"], "400d"),
        (["--start", "yesterday"], "yesterday"),
        (["--began", "5"], "give both"),
        (["--ready"], "give both"),
        (["--ready", "--start", "2026-03-02T05:00:00Z", "--for", "1h"], "no reading of a stopwatch"),
        (["--truth", "/nowhere/truth"], "cannot be written"),
        (["--write-network", "/nowhere/network"], "cannot be used"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments: list[str], says: str) -> None:
    status, output = run(*arguments)
    assert status == 2
    assert says in output
