"""The projection into a real InfluxDB in trouble: in the end all that the facts make is there, point for point."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.adapters.series.influx import InfluxSeries
from gateway.adapters.series.influx_options import influx_options
from gateway.points import Point
from gateway.ports.series import MAX_POINTS, PartialWrite, Series, Unavailable
from gateway.service.series import rebuild
from gateway.tracking.instants import MINUTE, SECOND
from tests.integration.influx_world import NOW, World, count, influx, stored
from tests.servers.influxdb import InfluxDB
from tests.unit.cli_world import TERRAIN

T: Final = NOW * 1000


@pytest.fixture
def bucket(influxdb: InfluxDB) -> str:
    return influxdb.new_bucket()


@pytest.fixture
def world(influxdb: InfluxDB, bucket: str, tmp_path: Path) -> Iterator[World]:
    """A gateway's stores, projected into a bucket of a server that is not to be stopped."""
    made = World(tmp_path, influx(influxdb, bucket))
    yield made
    made.close()


class TestOutage:
    def test_an_hour_without_it_is_made_up_for_in_order_and_faster_than_more_comes_in(
        self, own_influxdb: InfluxDB, tmp_path: Path
    ) -> None:
        bucket = own_influxdb.new_bucket()
        noting = Noting(influx(own_influxdb, bucket))
        world = World(tmp_path, noting)
        own_influxdb.kill()
        for _ in range(60):
            world.take_in(10)
            world.round(60)
        assert "does not answer" in world.deliveries.fault
        assert "start it, or correct series.url" in world.deliveries.fault
        outage = world.waiting()
        assert outage["events"] == 60 * 10 * 3
        assert outage["samples"] >= 60
        own_influxdb.start()
        behind = []
        while world.waiting()["events"] > 3 or world.deliveries.fault:
            world.take_in(1)
            world.round(1)
            behind.append(world.waiting()["events"])
        world.rounds()
        assert len(behind) < 60, "what came in an hour goes out within a minute, while more comes in"
        assert noting.numbers == sorted(noting.numbers)
        assert stored(own_influxdb, bucket) == world.facts()
        assert count(own_influxdb, bucket, "gateway", "outbox") >= 60, "a sample of each minute"
        world.close()

    def test_a_frozen_server_is_given_up_on_in_time_and_taken_up_again(
        self, own_influxdb: InfluxDB, tmp_path: Path
    ) -> None:
        bucket = own_influxdb.new_bucket()
        options = influx_options(own_influxdb.url(bucket), SecretStr(own_influxdb.token))
        world = World(tmp_path, InfluxSeries(options._replace(patience_s=1.0)))
        world.take_in(5)
        world.round()
        world.take_in(5)
        own_influxdb.freeze()
        try:
            world.round()
            assert "it is too slow now" in world.deliveries.fault
        finally:
            own_influxdb.thaw()
        world.rounds()
        assert stored(own_influxdb, bucket) == world.facts()
        world.close()

    def test_what_it_confirmed_outlives_its_being_killed(
        self, own_influxdb: InfluxDB, tmp_path: Path
    ) -> None:
        bucket = own_influxdb.new_bucket()
        world = World(tmp_path, influx(own_influxdb, bucket))
        for _ in range(3):
            world.take_in(30)
            world.rounds()
            own_influxdb.kill()
            own_influxdb.start()
            assert stored(own_influxdb, bucket) == world.facts()
        world.close()

    def test_a_full_disk_on_its_side_loses_nothing(self, own_influxdb: InfluxDB, tmp_path: Path) -> None:
        bucket = own_influxdb.new_bucket()
        world = World(tmp_path, influx(own_influxdb, bucket))
        world.take_in(30)
        world.rounds()
        own_influxdb.limit_files(1_000)
        world.take_in(300)
        for _ in range(4):
            world.round(30)
        assert "most often its disk is full: make room, then restart it" in world.deliveries.fault
        own_influxdb.kill()  # it does not get over it by itself: its log's writer remembers the error
        own_influxdb.start()
        world.rounds()
        assert stored(own_influxdb, bucket) == world.facts()
        assert world.refused() == []
        world.close()


class Noting:
    """A store before another that notes the numbers of the scans that are confirmed, as they are."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self.numbers: list[int] = []
        self.setup, self.forget = series.setup, series.forget
        self.wipe, self.close = series.wipe, series.close

    def write(self, points: Sequence[Point]) -> None:
        self._series.write(points)
        self.numbers += [point.time % 1_000_000 for point in points if point.measurement == "scan"]


class TestBucket:
    def test_one_that_is_removed_is_made_again_and_filled_by_a_rebuild(
        self, influxdb: InfluxDB, bucket: str, world: World
    ) -> None:
        world.take_in(20)
        world.rounds()
        influxdb.delete_bucket(bucket)
        world.take_in(20)
        world.round()
        assert f'bucket "{bucket}" not found' in world.deliveries.fault
        assert "returns-gateway series rebuild" in world.deliveries.fault
        world.rounds()
        assert 0 < len(stored(influxdb, bucket)) < len(world.facts())
        rebuild(world.state, world.series, TERRAIN.network, lambda _: None)
        assert stored(influxdb, bucket) == world.facts()

    def test_one_that_is_wiped_is_filled_by_a_rebuild_while_more_comes_in(
        self, influxdb: InfluxDB, bucket: str, world: World
    ) -> None:
        world.take_in(20)
        world.rounds()
        world.series.wipe()
        assert stored(influxdb, bucket) == []

        def meanwhile(_: object) -> None:
            if world.now < NOW + 8 * SECOND:
                world.take_in(2)
                world.round()

        rebuild(world.state, influx(influxdb, bucket), TERRAIN.network, meanwhile)
        world.rounds()
        assert stored(influxdb, bucket) == world.facts()

    def test_points_older_than_it_keeps_are_as_good_as_written(
        self, influxdb: InfluxDB, tmp_path: Path
    ) -> None:
        name = influxdb.new_bucket(keep_s=3_600)
        world = World(tmp_path, influx(influxdb, name))
        world.take_in(3)
        world.rounds()
        assert stored(influxdb, name) == []
        assert world.refused() == []
        assert world.waiting() == {"events": 0, "untold": 0, "samples": 0}
        world.close()


def scan(number: int, **fields: str | float) -> Point:
    tags = {"site": "HUB", "step": "arriving"}
    return Point("scan", tags, {"item": f"SN-{number}", **fields}, T + number)


class TestPoison:
    def test_one_point_of_a_full_batch_is_set_aside_with_its_words_and_the_others_are_there(
        self, influxdb: InfluxDB, bucket: str
    ) -> None:
        influxdb.write(bucket, f'scan,by=stranger lag_s="soon" {T}')
        points = [scan(number) for number in range(MAX_POINTS)]
        points[3_210] = scan(3_210, lag_s=1.5)
        series = influx(influxdb, bucket)
        with pytest.raises(PartialWrite) as caught:
            series.write(points)
        (refused,) = caught.value.refused
        assert refused.point is points[3_210]
        assert 'input field "lag_s" on measurement "scan" is type float, already exists as type string' in (
            refused.reason
        )
        assert count(influxdb, bucket, "scan", "item") == MAX_POINTS - 1
        series.close()

    def test_a_stranger_who_spoils_a_field_takes_nothing_else_with_it(
        self, influxdb: InfluxDB, bucket: str, world: World
    ) -> None:
        influxdb.write(bucket, f'scan,by=stranger lag_s="soon" {T}')
        world.take_in(700)
        world.rounds()
        of_scans = [point for point in world.facts() if point.measurement == "scan"]
        assert [name for name, _ in world.refused()] == ["scan"] * len(of_scans)
        others = [point for point in stored(influxdb, bucket) if point.measurement != "scan"]
        assert others == [point for point in world.facts() if point.measurement != "scan"]

    def test_points_of_many_weeks_that_are_refused_in_some_are_told_apart(
        self, influxdb: InfluxDB, bucket: str
    ) -> None:
        week = 7 * 86_400_000_000_000
        influxdb.write(bucket, f'scan,by=stranger lag_s="soon" {T + 2 * week}')
        points = [
            scan(number, lag_s=float(number))._replace(time=T + number * week // 10) for number in range(60)
        ]
        series = influx(influxdb, bucket)
        with pytest.raises(PartialWrite) as caught:
            series.write(points)
        refused = [each.point for each in caught.value.refused]
        assert 0 < len(refused) <= 10
        assert [point for point in stored(influxdb, bucket) if point.tags.get("site")] == [
            point for point in points if point not in refused
        ]
        series.close()


printable: Final = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"]),
    min_size=1,
    max_size=128,
)
awkward: Final = st.text(st.sampled_from("\\\" ,='\u00e9\u6f22\U0001f69aab#{}$;-"), min_size=1, max_size=12)


@given(texts=st.lists(printable | awkward, min_size=1, max_size=80))
@settings(max_examples=20)
def test_every_printable_text_comes_back_as_it_was(influxdb: InfluxDB, texts: list[str]) -> None:
    bucket = influxdb.new_bucket()
    series = influx(influxdb, bucket)
    points = [
        Point("scan", _tags(text), {"item": text, "container": text[::-1]}, T + number)
        for number, text in enumerate(texts)
    ]
    series.write(points)
    assert stored(influxdb, bucket) == points
    series.close()


def _tags(text: str) -> dict[str, str]:
    return {"site": text, "step": text[::-1], "route": text} if text.isprintable() else {"site": "HUB"}


def test_what_is_no_longer_wanted_is_forgotten_by_measurement(influxdb: InfluxDB, bucket: str) -> None:
    series = influx(influxdb, bucket)
    series.write([scan(0), scan(1)._replace(time=T - MINUTE * 1000)])
    series.forget("scan", NOW)
    assert stored(influxdb, bucket) == [scan(0)]
    series.close()


def test_a_server_that_is_not_there_is_named_with_what_to_do(influxdb: InfluxDB) -> None:
    series = influx(influxdb, "b", port=1)
    with pytest.raises(Unavailable, match=r"InfluxDB at http://127.0.0.1:1 does not answer: .*; start it"):
        series.setup()
    series.close()
