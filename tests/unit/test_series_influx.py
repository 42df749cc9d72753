"""InfluxDB's parts that need no server: its address, its lines, its refusals, its answers, its Flux."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.adapters.series import series_at
from gateway.adapters.series.influx_answers import answer_of
from gateway.adapters.series.influx_downsampling import downsampling
from gateway.adapters.series.influx_http import Answered
from gateway.adapters.series.influx_lines import line_of, tag_of
from gateway.adapters.series.influx_options import InfluxOptions, influx_options
from gateway.adapters.series.influx_refusals import Conflict, Meaning, conflict_of, dropped_of, meaning_of
from gateway.adapters.series.influx_sorting import written
from gateway.points import MEASUREMENTS, Point
from gateway.ports.series import BadQuery
from gateway.settings import Settings


class TestOptions:
    @pytest.mark.parametrize(
        ("url", "address", "org", "bucket"),
        [
            ("influxdb://host:8087?org=acme&bucket=goods", "http://host:8087", "acme", "goods"),
            ("influxdb://host/?bucket=goods", "http://host:8086", "returns", "goods"),
            ("influxdbs://host", "https://host:8086", "returns", "returns"),
            ("influxdb://[::1]:9?org=a%20b&bucket=c%26d", "http://[::1]:9", "a b", "c&d"),
            ("influxdb://old:8086?bucket=db/rp", "http://old:8086", "returns", "db/rp"),
        ],
    )
    def test_are_in_the_url(self, url: str, address: str, org: str, bucket: str) -> None:
        assert influx_options(url)[:3] == (address, org, bucket)

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("influxdb://", "names no host"),
            ("influxdb://host:port", "cannot be read"),
            ("influxdb://host?buket=b", "has 'buket'; did you mean bucket?"),
            ("influxdb://host?colour=b", "has 'colour'; known are org, bucket"),
            ("influxdb://host?bucket=", "has an empty bucket"),
            ("influxdb://host?bucket", "cannot be read"),
        ],
    )
    def test_that_cannot_be_right_are_told(self, url: str, said: str) -> None:
        with pytest.raises(ValueError, match=r"series\.url") as caught:
            influx_options(url)
        assert said in str(caught.value)

    def test_an_authority_that_is_no_file_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"series\.ca '.*/ca.pem' is no file; name the PEM"):
            influx_options("influxdbs://host", ca=tmp_path / "ca.pem")

    def test_never_show_the_token(self) -> None:
        assert "secret" not in repr(influx_options("influxdb://host", SecretStr("secret")))

    def test_a_gateway_without_the_client_is_told_how_to_get_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.adapters.series.find_spec", lambda _: None)
        with pytest.raises(ValueError, match=r"pip install 'returns-gateway\[influxdb\]'"):
            series_at("influxdb://host", "sqlite://")

    def test_come_from_the_settings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RETURNS_SERIES__CA", str(tmp_path / "ca.pem"))
        assert Settings().series.ca == tmp_path / "ca.pem"


class TestLines:
    @pytest.mark.parametrize(
        ("tag", "shown"),
        [
            ("HUB-LEJ", "HUB-LEJ"),
            ("a b,c=d", r"a\ b\,c\=d"),
            ('"quoted"', '"quoted"'),
            ("in\\side", "in\\side"),
            ("end\\", "end\\\u200b"),
            ("space\\ after", "space\\\u200b\\ after"),
            ("comma\\,after", "comma\\\\,after"),
        ],
    )
    def test_tags_can_be_told_from_what_is_around_them(self, tag: str, shown: str) -> None:
        assert line_of(Point("scan", {"site": tag}, {"item": "A"}, 7)) == f'scan,site={shown} item="A" 7'
        assert tag_of(shown.replace("\\ ", " ").replace("\\,", ",").replace("\\=", "=")) == tag

    def test_fields_have_their_types_and_all_is_in_one_order(self) -> None:
        point = Point("leg", {"to_site": "B", "from_site": "A"}, {"n": 1, "late_s": 1.0, "item": 'a"\\'}, -5)
        assert line_of(point) == 'leg,from_site=A,to_site=B item="a\\"\\\\",late_s=1.0,n=1i -5'


CONFLICT = (
    'failure writing points to database: partial write: field type conflict: input field "lag_s" on measurement "scan"'
    " is type string, already exists as type float dropped=3"
)
OLD = (
    "failure writing points to database: partial write: dropped {} points outside retention policy of duration 1h0m0s"
    " - oldest point m at 1970-01-01T00:00:00Z dropped because it violates a Retention Policy Lower Bound at"
    " 2026-11-22T09:39:39Z, newest point m at … dropped={} for database: 5551bb78be128ac8 for retention policy: autogen"
)


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "words", "ours", "meaning"),
        [
            (422, CONFLICT, True, Meaning.BAD),
            (400, "unable to parse 'm f= 1': missing field value", True, Meaning.BAD),
            (400, "partial write: max-values-per-tag limit exceeded dropped=1", True, Meaning.BAD),
            (422, OLD.format(2, 2), True, Meaning.TOO_OLD),
            (422, "partial write: points beyond retention policy dropped=4", True, Meaning.TOO_OLD),
            (422, OLD.format(1, 2), True, Meaning.BAD),
            (422, "partial write: shard 3 is pending deletion dropped=2", True, Meaning.NOT_NOW),
            (400, "bad precision", True, Meaning.SUSPECT),
            (413, "too large", False, Meaning.SUSPECT),
            (422, CONFLICT, False, Meaning.NOT_NOW),
            (401, "unauthorized access", True, Meaning.NOT_NOW),
            (404, "bucket not found", True, Meaning.NOT_NOW),
            (429, "partial write", True, Meaning.NOT_NOW),
            (500, CONFLICT, True, Meaning.NOT_NOW),
        ],
    )
    def test_mean(self, status: int, words: str, ours: bool, meaning: Meaning) -> None:
        assert meaning_of(Answered(status, words, ours=ours)) is meaning

    def test_name_a_field_and_how_many(self) -> None:
        answered = Answered(422, CONFLICT, ours=True)
        assert conflict_of(answered) == Conflict("scan", "lag_s")
        assert dropped_of(answered) == 3
        assert conflict_of(Answered(422, "odd", ours=True)) is None

    @pytest.mark.parametrize("bad", [set(), {0}, {7}, {3, 4}, {0, 9}, {1, 2, 3, 5, 8}])
    @pytest.mark.parametrize("words", ["partial write: odd dropped=1", "odd"])
    def test_are_of_just_the_bad_points(self, bad: set[int], words: str) -> None:
        points = [Point("scan", {}, {"item": str(number)}, number) for number in range(10)]
        stored: set[int] = set()

        def post(some: Any) -> None:
            stored.update(point.time for point in some if point.time not in bad)
            if any(point.time in bad for point in some):
                raise Answered(422, words, ours=True)

        refused = written(points, post)
        assert {each.point.time for each in refused} == bad
        assert {each.reason for each in refused} <= {words}
        assert stored == set(range(10)) - bad

    def test_of_everything_for_no_known_reason_refuse_nothing(self) -> None:
        def post(_: object) -> None:
            raise Answered(400, "odd", ours=True)

        with pytest.raises(Answered, match="400 odd"):
            written([Point("scan", {}, {"item": "A"}, number) for number in range(5)], post)


class TestAnswers:
    def test_become_one_table(self) -> None:
        series = [
            {"name": "scan", "tags": {"site": site}, "columns": ["time", "count"], "values": [[0, 2], [9, 1]]}
            for site in ("HUB", "")
        ]
        answer = answer_of({"results": [{"series": series}]})
        assert answer.columns == ("time", "site", "count")
        assert answer.rows == [(0, "HUB", 2), (9, "HUB", 1), (0, None, 2), (9, None, 1)]

    def test_about_measurements_name_them(self) -> None:
        series = [{"name": "scan", "columns": ["tagKey"], "values": [["site"], ["step"]]}]
        assert answer_of({"results": [{"series": series}]}) == (
            ("name", "tagKey"),
            [("scan", "site"), ("scan", "step")],
        )

    def test_of_nothing_are_empty(self) -> None:
        assert answer_of({"results": [{"statement_id": 0}]}) == ((), ())

    def test_that_are_errors_are_told(self) -> None:
        with pytest.raises(BadQuery, match="database not found"):
            answer_of({"results": [{"error": "database not found: x"}]})


class TestFlux:
    def test_names_every_measurement_that_it_keeps_and_none_of_single_things(self) -> None:
        flux = downsampling("o", "b", "b_long")
        kept = {name for name in MEASUREMENTS if f'r._measurement == "{name}"' in flux}
        assert {
            "position",
            "journeys",
            "open_alerts",
            "leg",
            "dwell",
            "journey_end",
            "alert",
            "gateway",
        } <= kept
        assert kept.isdisjoint({"scan", "open_alert", "container_state"})

    def test_takes_names_for_text(self) -> None:
        flux = downsampling("o", 'a"${b}', "long")
        assert 'from(bucket: "a\\"\\${b}")' in flux


def test_what_the_adapter_is_told_says_where(tmp_path: Path) -> None:
    assert InfluxOptions("http://h:1", "o", "b", ca=tmp_path).where == "bucket b of o at http://h:1"
