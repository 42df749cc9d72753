"""What InfluxDB, or a proxy before it, may answer: no point is lost, and the reason and the remedy are said."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from gateway.adapters.series import series_at
from gateway.ports.series import MAX_POINTS, Busy, PartialWrite, Series, Unavailable
from gateway.service.series.loop import LONGEST_PAUSE
from gateway.tracking.instants import MINUTE, SECOND
from tests.integration.influx_world import World, influx, stored
from tests.integration.test_series_influx import scan
from tests.servers.certificates import Authority
from tests.servers.influxdb import ORG, InfluxDB
from tests.servers.proxy import Proxy, Reply, Seen

OURS: Final = {"X-Influxdb-Version": "2.7.12", "Content-Type": "application/json"}


class Place(NamedTuple):
    """A gateway whose writes go through a proxy into a bucket."""

    world: World
    proxy: Proxy
    server: InfluxDB
    bucket: str

    @property
    def series(self) -> Series:
        return self.world.series

    def all_is_there(self) -> bool:
        return stored(self.server, self.bucket) == self.world.facts()


@pytest.fixture
def place(influxdb: InfluxDB, tmp_path: Path) -> Iterator[Place]:
    bucket = influxdb.new_bucket()
    with Proxy(influxdb.address) as proxy:
        world = World(tmp_path, influx(influxdb, bucket, proxy.port))
        yield Place(world, proxy, influxdb, bucket)
        world.close()


def said(status: int, message: str, **headers: str) -> Reply:
    """An answer as InfluxDB gives it."""
    body = json.dumps({"code": "invalid", "message": message}).encode()
    return Reply(status, body, {**OURS, **{name.replace("_", "-"): value for name, value in headers.items()}})


def page(status: int, **headers: str) -> Reply:
    """An answer as a proxy gives it."""
    return Reply(status, b"<html>no</html>", {"Content-Type": "text/html", **headers})


ANSWERS: Final = {
    "too many requests": (said(429, "slow down"), "raise them"),
    "too many requests, with a time": (said(429, "slow down", Retry_After="7"), "left alone for 7 s"),
    "overloaded": (said(503, "no"), "it is starting or overloaded"),
    "a bug of its own": (said(500, "panic"), "see its log"),
    "the proxy finds it away": (page(502), "see its log"),
    "a token that it does not know": (said(401, "unauthorized access"), "RETURNS_SERIES__TOKEN"),
    "a token that may not write": (said(403, "insufficient permissions for write"), "series setup --tokens"),
    "a bucket that is not there": (said(404, 'bucket "b" not found'), "returns-gateway series setup"),
    "a shard that is going": (
        said(422, "partial write: shard 3 is pending deletion dropped=9"),
        "see its log",
    ),
    "a request that it does not understand": (said(400, "unknown precision"), "see its log"),
    "a proxy that does not let it through": (page(403), "correct the proxy"),
    "a proxy that takes it for wrong": (page(400), "correct the proxy"),
    "a proxy that refuses any size": (page(413), "correct the proxy"),
    "a method that is not allowed": (page(405), "correct the proxy"),
    "a way that leads elsewhere": (page(302, Location="http://127.0.0.1:1/"), "else series.url"),
    "a page to sign in at": (page(200), "it is no InfluxDB: correct series.url"),
    "an empty yes that is not its": (Reply(200), "no InfluxDB does"),
    "no text": (Reply(200, b"\xff\xfe"), "it is no InfluxDB: correct series.url"),
    "nothing, and nothing done": (Reply(hangs_up=True), "see its log"),
    "nothing, but it was done": (Reply(hangs_up=True, passes_on_first=True), "see its log"),
    "a failure, but it was done": (
        Reply(500, b"{}", OURS, passes_on_first=True),
        "see its log",
    ),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_that_says_nothing_of_the_points_keeps_them(place: Place, what: str) -> None:
    reply, remedy = ANSWERS[what]
    place.world.take_in(3)
    place.proxy.judge = lambda seen: reply if seen.path.startswith("/api/v2/write") else None
    with capture_logs() as logs:
        for _ in range(3):
            place.world.round(60)
    assert remedy in place.world.deliveries.fault
    assert [log["reason"] for log in logs if log["event"] == "series_store_away"] == [
        place.world.deliveries.fault
    ] * 3
    assert place.server.token not in json.dumps(logs, default=str)
    assert place.world.refused() == []
    place.proxy.judge = lambda _: None
    place.world.rounds()
    assert place.world.deliveries.fault == ""
    assert place.all_is_there()


def test_one_write_is_one_request_packed_and_no_larger_than_it_may_be(place: Place) -> None:
    place.series.write([scan(number) for number in range(MAX_POINTS)])
    (write,) = place.proxy.seen
    assert write.headers["Content-Encoding"] == "gzip"
    assert write.body.count(b"\n") == MAX_POINTS - 1
    place.proxy.replies.append(said(503, "no"))
    with pytest.raises(Unavailable):
        place.series.write([scan(0)])
    assert len(place.proxy.seen) == 2, "it is not tried again in secret"


def test_the_same_points_are_the_same_bytes(place: Place) -> None:
    place.series.write([scan(0, lag_s=1.0, container="T")])
    other = scan(0, container="T", lag_s=1.0)
    place.series.write([other._replace(tags=dict(reversed(list(other.tags.items()))))])
    first, second = place.proxy.writes()
    assert first.body == second.body


class TestAskedToWait:
    @pytest.mark.parametrize(("asked_s", "waits_s"), [("1", 1), ("90", 90), ("86400", 600), ("soon", 1)])
    def test_it_is_left_alone_for_as_long_as_it_asks_within_reason(
        self, place: Place, asked_s: str, waits_s: int
    ) -> None:
        place.world.take_in(1)
        place.proxy.judge = lambda seen: (
            said(429, "slow down", Retry_After=asked_s) if seen.path.startswith("/api/v2/write") else None
        )
        place.world.round()
        began, asked = place.world.now, len(place.proxy.writes())
        while len(place.proxy.writes()) == asked:
            place.world.round(1)
            assert place.world.now <= began + 20 * MINUTE
        assert (place.world.now - began) // SECOND == waits_s

    def test_the_port_says_for_how_long(self, place: Place) -> None:
        place.proxy.replies.append(said(503, "no", Retry_After="12"))
        with pytest.raises(Busy) as caught:
            place.series.write([scan(0)])
        assert caught.value.wait == 12 * SECOND

    def test_no_pause_is_longer_than_usual_once_it_serves_again(self, place: Place) -> None:
        place.world.take_in(1)
        place.proxy.replies.extend([Reply(200, b'{"buckets":[1]}', OURS), said(429, "no", Retry_After="90")])
        place.world.round()
        place.world.round(91)
        assert place.world.deliveries.fault == ""
        place.proxy.judge = lambda _: said(503, "no")
        place.world.take_in(1)
        place.world.round()
        place.world.round(LONGEST_PAUSE / SECOND)
        asked = len(place.proxy.seen)
        place.world.round(LONGEST_PAUSE / SECOND)
        assert len(place.proxy.seen) > asked


class TestRefusals:
    def test_a_proxy_that_takes_only_small_requests_gets_small_ones(self, place: Place) -> None:
        place.proxy.judge = lambda seen: page(413) if len(seen.body) > 4_000 else None
        place.world.take_in(40)
        place.world.rounds()
        assert place.all_is_there()
        assert place.world.refused() == []

    def test_what_is_refused_for_no_known_reason_is_set_aside_if_others_get_through(
        self, place: Place
    ) -> None:
        place.proxy.judge = lambda seen: said(400, "an odd point") if b"SN-7" in seen.body else None
        points = [scan(number) for number in range(10)]
        with pytest.raises(PartialWrite) as caught:
            place.series.write(points)
        assert caught.value.refused == ((points[7], "an odd point"),)
        assert stored(place.server, place.bucket) == [*points[:7], *points[8:]]

    def test_trouble_while_it_looks_for_the_bad_point_sets_nothing_aside(self, place: Place) -> None:
        def judge(seen: Seen) -> Reply | None:
            lines = seen.body.count(b"\n") + 1
            if b"SN-7" in seen.body:
                return said(503, "no") if lines == 1 else said(422, "partial write: odd dropped=1")
            return None

        place.proxy.judge = judge
        with pytest.raises(Unavailable, match="starting or overloaded"):
            place.series.write([scan(number) for number in range(10)])

    def test_a_point_that_lies_is_not_believed_over_its_siblings(self, place: Place) -> None:
        """InfluxDB answers as soon as one shard refuses: what it says it dropped is not all that there may be."""
        place.proxy.replies.append(said(422, "partial write: odd dropped=1"))
        points = [scan(number) for number in range(9)]
        place.series.write(points)
        assert stored(place.server, place.bucket) == points


class TestTls:
    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return Authority(tmp_path)

    @pytest.fixture
    def proxy(self, influxdb: InfluxDB, authority: Authority) -> Iterator[Proxy]:
        signed = authority.sign("influxdb")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed.cert, signed.key)
        with Proxy(influxdb.address, context) as running:
            yield running

    def test_is_spoken_to_a_server_that_the_authority_signed(
        self, influxdb: InfluxDB, authority: Authority, proxy: Proxy
    ) -> None:
        bucket = influxdb.new_bucket()
        url = f"influxdbs://127.0.0.1:{proxy.port}?org={ORG}&bucket={bucket}"
        series = series_at(url, "sqlite://", SecretStr(influxdb.token), authority.cert)
        series.write([scan(0)])
        assert stored(influxdb, bucket) == [scan(0)]
        series.close()

    def test_is_not_spoken_to_a_stranger(self, influxdb: InfluxDB, proxy: Proxy) -> None:
        series = series_at(f"influxdbs://127.0.0.1:{proxy.port}", "sqlite://", SecretStr(influxdb.token))
        with pytest.raises(Unavailable, match=r"name who signed its certificate in series\.ca"):
            series.write([scan(0)])
        series.close()
