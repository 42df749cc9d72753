"""`returns-gateway series rebuild` into a real InfluxDB: killed and gone on with, in part, and beside a gateway."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from gateway.tracking.instants import HOUR, rfc3339
from tests.integration.cli_gateway import done, founded, run
from tests.integration.influx_world import NOW, World, influx, stored
from tests.servers.influxdb import InfluxDB
from tests.servers.proxy import Proxy, Reply, Seen
from tests.unit.cli_world import NETWORK, WORKED_EXAMPLE

_PROGRAM: Final = Path(sys.executable).with_name("returns-gateway")
_PATIENCE_S: Final = 60.0
JOURNEYS: Final = 700
"""Enough for some pages."""


class Place(NamedTuple):
    """A folder whose gateway writes through a proxy into a bucket, which is empty now."""

    world: World
    proxy: Proxy
    server: InfluxDB
    bucket: str

    def is_whole(self) -> bool:
        return stored(self.server, self.bucket) == self.world.facts() != []


@pytest.fixture
def place(influxdb: InfluxDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    bucket = influxdb.new_bucket()
    with Proxy(influxdb.address) as proxy:
        url = influxdb.url(bucket).replace(str(influxdb.port), str(proxy.port), 1)
        (tmp_path / "network.yaml").write_text(NETWORK, encoding="utf-8")
        (tmp_path / "gateway.toml").write_text(f'[series]\nurl = "{url}"\n')
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("RETURNS_SERIES__TOKEN", influxdb.token)
        world = World(tmp_path, influx(influxdb, bucket))
        world.take_in(JOURNEYS)
        world.rounds()
        world.series.wipe()
        yield Place(world, proxy, influxdb, bucket)
        world.close()


def scans(server: InfluxDB, bucket: str) -> int:
    return len([point for point in stored(server, bucket) if point.measurement == "scan"])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_ended_in_the_middle_it_goes_on_from_there(place: Place, how: signal.Signals) -> None:
    ended: list[int] = []

    def judge(_: Seen) -> Reply | None:
        if len(place.proxy.writes()) == 3:
            ended.append(process.pid)
            os.kill(process.pid, how)
            return Reply(hangs_up=True)
        return None

    place.proxy.judge = judge
    process = subprocess.Popen(
        [_PROGRAM, "series", "rebuild"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    _, said = process.communicate(timeout=_PATIENCE_S)
    assert ended
    assert process.returncode == (-how if how is signal.SIGKILL else 1)
    if how is signal.SIGINT:
        assert "go on from there with: returns-gateway series rebuild --resume" in said
    assert 0 < scans(place.server, place.bucket) < 2 * JOURNEYS
    place.proxy.judge = lambda _: None
    before = len(place.proxy.writes())
    done("series", "rebuild", "--resume")
    assert place.is_whole()
    written = sum(write.body.count(b"\n") + 1 for write in place.proxy.writes()[before:])
    assert written < len(place.world.facts())


def test_an_outage_in_the_middle_is_told_with_how_to_go_on(place: Place) -> None:
    place.proxy.judge = lambda _: Reply(503, b"{}") if len(place.proxy.writes()) > 2 else None
    result = run("series", "rebuild")
    assert result.exit_code == 1
    assert "503" in result.stderr
    assert "go on from there with: returns-gateway series rebuild --resume" in result.stderr
    place.proxy.judge = lambda _: None
    assert "this one begins anew" in run("series", "rebuild").stderr
    assert place.is_whole()


def test_of_a_part_it_writes_no_more(place: Place) -> None:
    since = NOW - 5 * HOUR
    said = done("series", "rebuild", "--since", rfc3339(since))
    wanted = [point for point in place.world.facts() if point.time >= since * 1000]
    assert stored(place.server, place.bucket) == wanted
    assert re.match(rf"{JOURNEYS} points of scans and positions, ", said)


def test_it_gives_programs_json(place: Place) -> None:
    assert json.loads(done("series", "rebuild", "--json"))["events"] == 2 * JOURNEYS
    assert place.is_whole()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--resume"], 1, "there is no rebuild to go on with"),
        (["--resume", "--wipe"], 2, "leave out --since and --wipe"),
        (["--since", "yesterday"], 2, "--since 'yesterday'"),
    ],
)
def test_what_makes_no_sense_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    founded(*WORKED_EXAMPLE)
    result = run("series", "rebuild", *arguments)
    assert (result.exit_code, said in result.stderr) == (status, True), result.stderr
