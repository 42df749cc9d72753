"""`returns-gateway series setup` on a real InfluxDB: buckets, retention, downsampling and tokens, once and again."""

import json
import stat
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr

from gateway.adapters.clock import SystemClock
from gateway.adapters.series import series_at
from gateway.adapters.series.influx_downsampling import TASK
from gateway.points import Point
from gateway.points.schema import time_of
from gateway.ports.series import Unavailable
from gateway.tracking.instants import DAY, MINUTE, Instant
from tests.integration.cli_gateway import done, run
from tests.integration.influx_world import World, stored
from tests.servers.influxdb import InfluxDB
from tests.servers.proxy import Proxy, Reply
from tests.servers.waiting import eventually

PATIENCE_S: Final = 60.0
BUCKET: Final = "returns of ${all} sites'"
LONG: Final = f"{BUCKET}_long"


@pytest.fixture(autouse=True)
def folder(influxdb: InfluxDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a gateway that is to write to a bucket of its own has its settings; in the end its buckets are gone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETURNS_SERIES__TOKEN", influxdb.token)
    (tmp_path / "gateway.toml").write_text(f'[series]\nurl = "{influxdb.url(BUCKET)}"\n')
    for name in (BUCKET, LONG):
        if influxdb.find("buckets", name=name):
            influxdb.delete_bucket(name)
    return tmp_path


def bucket(server: InfluxDB, name: str) -> Any:
    (found,) = server.find("buckets", name=name)
    return found


def token(folder: Path, name: str) -> SecretStr:
    return SecretStr((folder / "secrets" / name).read_text().strip())


class TestBuckets:
    def test_are_made_with_what_they_keep_and_a_task(self, influxdb: InfluxDB) -> None:
        assert done("series", "setup").splitlines() == [
            f"bucket {BUCKET}: made; keeps points 400 days",
            f"bucket {LONG}: made; keeps points 1825 days",
            f"task {TASK.format(bucket=BUCKET)}: made; runs each night",
        ]
        assert bucket(influxdb, BUCKET)["retentionRules"][0]["everySeconds"] == 400 * 86_400
        assert bucket(influxdb, LONG)["retentionRules"][0]["everySeconds"] == 1825 * 86_400

    def test_stay_as_they_are_the_second_time(self, influxdb: InfluxDB) -> None:
        done("series", "setup")
        before = [bucket(influxdb, BUCKET), bucket(influxdb, LONG), task(influxdb)]
        assert [
            line.partition("; ")[0].rpartition(": ")[2] for line in done("series", "setup").splitlines()
        ] == ["is there"] * 3
        assert [bucket(influxdb, BUCKET), bucket(influxdb, LONG), task(influxdb)] == before

    def test_keep_what_the_settings_say_from_then_on(self, influxdb: InfluxDB, folder: Path) -> None:
        done("series", "setup", "--keep-long", "0s")
        with (folder / "gateway.toml").open("a") as settings:
            settings.write('[keep]\njourneys = "500d"\n')
        said = done("series", "setup", "--keep-long", "3650d")
        assert f"bucket {BUCKET}: keeps points 500 days from now on, and not 400 days" in said
        assert f"bucket {LONG}: keeps points 3650 days from now on, and not for ever" in said
        assert bucket(influxdb, BUCKET)["retentionRules"][0]["everySeconds"] == 500 * 86_400
        assert f"bucket {LONG}: keeps points for ever from now on" in done(
            "series", "setup", "--keep-long", "0s"
        )
        assert sum(rule["everySeconds"] for rule in bucket(influxdb, LONG)["retentionRules"]) == 0

    def test_a_task_that_somebody_changed_is_put_right(self, influxdb: InfluxDB) -> None:
        done("series", "setup")
        good = task(influxdb)
        influxdb.ask("PATCH", f"/api/v2/tasks/{good['id']}", {"status": "inactive"})
        assert "put right" in done("series", "setup")
        assert task(influxdb)["status"] == "active"

    @pytest.mark.parametrize("span", ["soon", "12"])
    def test_a_span_that_is_none_is_told(self, span: str) -> None:
        result = run("series", "setup", "--keep-long", span)
        assert result.exit_code == 2
        assert f"--keep-long '{span}' is no duration; write 1825d" in result.stderr

    def test_a_token_that_may_not_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RETURNS_SERIES__TOKEN", "nonsense")
        result = run("series", "setup")
        assert result.exit_code == 1
        assert "401 unauthorized access; give a token that it knows" in result.stderr
        assert "nonsense" not in result.stderr

    def test_an_organisation_that_is_not_there_is_told(self, influxdb: InfluxDB, folder: Path) -> None:
        (folder / "gateway.toml").write_text(
            f'[series]\nurl = "influxdb://127.0.0.1:{influxdb.port}?org=nope"\n'
        )
        result = run("series", "setup")
        assert result.exit_code == 1
        assert (
            "has no organisation nope, or its token may not see it; correct org in series.url"
            in result.stderr
        )

    def test_what_is_no_influxdb_2_is_told(self, influxdb: InfluxDB, folder: Path) -> None:
        with Proxy(influxdb.address) as old:
            old.judge = lambda _: Reply(404, b"404 page not found", {"X-Influxdb-Version": "1.8.10"})
            (folder / "gateway.toml").write_text(f'[series]\nurl = "influxdb://127.0.0.1:{old.port}"\n')
            result = run("series", "setup")
        assert result.exit_code == 1
        assert (
            "has no buckets to set up: it is no InfluxDB 2; make its database with its own tools"
            in result.stderr
        )


def task(server: InfluxDB) -> Any:
    (found,) = server.find("tasks", name=TASK.format(bucket=BUCKET))
    return {name: found[name] for name in ("id", "flux", "status", "updatedAt") if name in found}


class TestTokens:
    def test_one_writes_and_one_reads_and_nobody_else_sees_them(
        self, influxdb: InfluxDB, folder: Path
    ) -> None:
        said = done("series", "setup", "--tokens", "secrets")
        assert "gateway.token: made; may write and nothing else" in said
        writes, reads = token(folder, "gateway.token"), token(folder, "grafana.token")
        assert writes.get_secret_value() not in said
        assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
        for name in ("gateway.token", "grafana.token"):
            assert stat.S_IMODE((folder / "secrets" / name).stat().st_mode) == 0o600
        url = influxdb.url(BUCKET)
        writing, reading = (series_at(url, "sqlite://", each) for each in (writes, reads))
        writing.write([point()])
        assert len(reading.query("SELECT * FROM scan", NOW).rows) == 1
        with pytest.raises(Unavailable, match="insufficient permissions for write"):
            reading.write([point()])
        with pytest.raises(ValueError, match="not found"):
            writing.query("SELECT * FROM scan", NOW)

    def test_are_kept_while_they_are_good_and_made_anew_when_they_are_not(
        self, influxdb: InfluxDB, folder: Path
    ) -> None:
        done("series", "setup", "--tokens", "secrets")
        first = token(folder, "gateway.token")
        assert "gateway.token: is there; may write" in done("series", "setup", "--tokens", "secrets")
        assert token(folder, "gateway.token") == first
        influxdb.delete_bucket(BUCKET)
        assert "gateway.token: made" in done("series", "setup", "--tokens", "secrets")
        assert token(folder, "gateway.token") != first

    def test_a_gateway_that_may_only_write_needs_no_more(self, influxdb: InfluxDB, folder: Path) -> None:
        done("series", "setup", "--tokens", "secrets")
        series = series_at(influxdb.url(BUCKET), "sqlite://", token(folder, "gateway.token"))
        world = World(folder, series)
        world.take_in(5)
        world.rounds()
        assert stored(influxdb, BUCKET) == world.facts()
        world.close()

    def test_a_folder_that_cannot_be_is_told(self, folder: Path) -> None:
        (folder / "secrets").write_text("a file")
        result = run("series", "setup", "--tokens", "secrets")
        assert result.exit_code == 1
        assert "--tokens 'secrets': File exists; name a folder that can be written" in result.stderr

    def test_the_embedded_store_has_none(self, folder: Path) -> None:
        (folder / "gateway.toml").unlink()
        result = run("series", "setup", "--tokens", "secrets")
        assert result.exit_code == 2
        assert "--tokens: the embedded store has none" in result.stderr


NOW: Final = SystemClock().now()
DAY_AGO: Final = Instant(NOW // DAY * DAY - DAY)
"""Midnight, a day before today's."""


def point(**fields: Any) -> Point:
    return Point("scan", {"site": "HUB"}, {"item": "SN-1", **fields}, time_of(DAY_AGO, 1))


def sample(minute: int, count: int) -> Point:
    at = Instant(DAY_AGO + minute * MINUTE)
    return Point("journeys", {"route": "R", "status": "in_transit"}, {"count": count}, time_of(at, 0))


def position(minute: int, lat: float, **fields: Any) -> Point:
    at = Instant(DAY_AGO + minute * MINUTE)
    return Point(
        "position", {"device": "trk-1"}, {"container": "TOTE-1", "lat": lat, **fields}, time_of(at, 7)
    )


def test_the_nightly_task_keeps_quarter_hours_and_what_journeys_told(influxdb: InfluxDB) -> None:
    done("series", "setup")
    series = series_at(influxdb.url(BUCKET), "sqlite://", SecretStr(influxdb.token))
    leg = Point("leg", {"route": "R"}, {"n": 1, "item": "A", "transit_s": 60.0}, time_of(DAY_AGO, 3))
    series.write(
        [
            *(sample(minute, minute) for minute in range(30)),
            position(1, 50.0, temperature_c=4.0, shock_g=9.0),
            position(2, 51.0, temperature_c=6.0, shock_g=1.0),
            leg,
        ]
    )
    expected = {
        ("journeys", "count"): [(0, 7.0), (15, 22.0)],
        ("position", "lat"): [(0, 51.0)],
        ("position", "container"): [(0, "TOTE-1")],
        ("position", "temperature_c"): [(0, 5.0)],
        ("position", "shock_g"): [(0, 9.0)],
    }

    def kept() -> dict[tuple[str, str], list[tuple[int, Any]]]:
        return {each: rows(influxdb, *each) for each in expected}

    influxdb.run_task(task(influxdb)["id"])
    eventually(kept, lambda seen: seen == expected, PATIENCE_S)
    eventually(lambda: stored(influxdb, LONG), lambda seen: leg in seen, PATIENCE_S)
    assert done("series", "query", "SELECT sum(n) FROM leg GROUP BY route", "--json").count('"sum": 1') == 1
    series.write([sample(1, 16)])
    expected["journeys", "count"] = [(0, 8.0), (15, 22.0)]  # made anew with what came late
    influxdb.run_task(task(influxdb)["id"])
    eventually(kept, lambda seen: seen == expected, PATIENCE_S)
    series.close()


def rows(server: InfluxDB, measurement: str, field: str) -> list[tuple[int, Any]]:
    """Minutes after `DAY_AGO` and values, in the bucket of years."""
    found = server.influxql(LONG, f'SELECT "{field}" FROM "{measurement}"')  # noqa: S608 # names of ours
    return [((time // 1000 - DAY_AGO) // MINUTE, value) for each in found for time, value in each["values"]]


class TestQuery:
    def test_asks_influxdb_itself(self, influxdb: InfluxDB) -> None:
        done("series", "setup")
        series = series_at(influxdb.url(BUCKET), "sqlite://", SecretStr(influxdb.token))
        series.write([point(lag_s=1.0), point(lag_s=3.0)._replace(tags={"site": "SORT"})])
        found = json.loads(done("series", "query", "SELECT mean(lag_s) FROM scan GROUP BY site", "--json"))
        assert [(row["site"], row["mean"]) for row in found] == [("HUB", 1), ("SORT", 3)]
        assert "scan" in done("series", "query", "SHOW MEASUREMENTS")
        assert done("series", "query", "SELECT * FROM leg") == "nothing found\n"

    def test_says_what_it_says_is_wrong(self) -> None:
        done("series", "setup")
        result = run("series", "query", "SELEKT 1")
        assert result.exit_code == 2
        assert "found SELEKT, expected SELECT" in result.stderr

    def test_says_that_nobody_answers(self, folder: Path) -> None:
        (folder / "gateway.toml").write_text('[series]\nurl = "influxdb://127.0.0.1:1"\n')
        result = run("series", "query", "SELECT * FROM scan")
        assert result.exit_code == 1
        assert "InfluxDB at http://127.0.0.1:1 does not answer" in result.stderr
