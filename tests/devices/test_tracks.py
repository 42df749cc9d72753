"""Tracks from files and made up, and the times they are driven at."""

from pathlib import Path

import pytest

from devices.cli.track import timed
from devices.cli.tracks import BadTrack, Drive, Fix, read, simulated
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Instant, instant

GPX = """<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><metadata><time>2020-01-01T00:00:00Z</time></metadata>
<trk><trkseg>
<trkpt lat="51.42" lon="12.24"><ele>120.5</ele><time>2026-11-22T09:00:00Z</time></trkpt>
<trkpt lat="51.50" lon="12.30"><time>2026-11-22T09:05:00+00:00</time></trkpt>
<trkpt lat="51.60" lon="12.40"/>
</trkseg></trk></gpx>"""
CSV = """time,lat,lon,temperature_c,door,remark
2026-11-22T09:05:00Z,51.5,12.3,4.5,open,x
2026-11-22T09:00:00Z,51.42,12.24,,,
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_gpx_track_has_the_points_that_have_a_time(tmp_path: Path) -> None:
    first, second = read(written(tmp_path, "a.gpx", GPX))
    assert first == Fix(instant("2026-11-22T09:00:00Z"), 51.42, 12.24, {"altitude_m": 120.5})
    assert (second.lat, second.readings) == (51.5, {})


def test_a_csv_track_has_readings_and_is_put_in_order(tmp_path: Path) -> None:
    first, second = read(written(tmp_path, "a.csv", CSV))
    assert first.readings == {}
    assert second.readings == {"temperature_c": 4.5, "door": "open"}
    assert first.at < second.at


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.kml", "", "neither .gpx nor .csv"),
        ("a.csv", "time,lat\n", "no column lon"),
        ("a.csv", "", "no column"),
        ("a.csv", "time,lat,lon\nnow,1,2\n", "a.csv:2"),
        ("a.csv", "time,lat,lon\n2026-11-22T09:00:00Z,120,2\n", "latitude comes first"),
        ("a.csv", "time,lat,lon\n2026-11-22T09:00:00Z,1\n", "a.csv:2"),
        ("a.csv", "time,lat,lon\n", "no positions"),
        ("a.csv", "time;lat;lon\n", "parted by commas"),
        ("a.csv", f"time,lat,lon,{'x' * 200_000}\n", "a.csv:1: is no CSV"),
        ("a.csv", "time,lat,lon,shock_g\n2026-11-22T09:00:00Z,1,2,inf\n", "a.csv:2: shock_g inf"),
        ("a.csv", "time,lat,lon,door\n2026-11-22T09:00:00Z,1,2,ajar\n", "open or closed"),
        ("a.csv", "time,lat,lon\n0206-11-22T09:00:00Z,1,2\n2026-11-22T09:00:00Z,1,2\n", "a time is wrong"),
        ("a.gpx", GPX.replace("time", "date"), "each row or <trkpt> needs one"),
        ("a.gpx", GPX.replace('"1.0"', '"1.0" encoding="utf-7"', 1), "is no GPX"),
        ("a.gpx", GPX.replace('"1.0"', '"1.0" encoding="klingon"', 1), "unknown encoding"),
        ("a.gpx", GPX.replace("</trkseg>", "&passwords;</trkseg>"), "undefined entity"),
        ("a.gpx", GPX.replace("<trk>", "<trk"), "is no GPX"),
        ("a.gpx", GPX.replace("09:00:00Z", "noon"), "a.gpx:4"),
        ("a.gpx", GPX[:-30], "is no GPX"),
        ("a.gpx", GPX.replace("<gpx", '<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx', 1), "document type"),
    ],
)
def test_what_is_no_track_is_said_with_its_line(name: str, text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadTrack, match=says):
        read(written(tmp_path, name, text))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_table_as_some_offices_save_it_is_refused_with_what_to_do(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(CSV.replace("remark", "Störung"), encoding=encoding)
    with pytest.raises(BadTrack, match="save it as CSV with this encoding"):
        read(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTrack, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_a_track_with_too_many_positions_is_refused(tmp_path: Path) -> None:
    line = "2026-11-22T09:00:00Z,1,2\n"
    with pytest.raises(BadTrack, match="more than 100,000"):
        read(written(tmp_path, "a.csv", "time,lat,lon\n" + line * 100_001))


def test_a_simulated_drive_goes_from_here_to_there_at_its_speed() -> None:
    began = instant("2026-11-22T09:00:00Z")
    fixes = simulated(Drive((51.42, 12.24), (52.52, 13.41), 80, 300, temperature_c=5.0), began)
    assert (fixes[0].lat, fixes[-1].lat) == (51.42, 52.52)
    assert fixes[1].at - fixes[0].at == 5 * MINUTE
    assert fixes[-1].at - began == pytest.approx(146 / 80 * HOUR, rel=0.03)
    assert all(
        3 < fix.readings["temperature_c"] < 7 for fix in fixes if fix.readings["temperature_c"] is not None
    )


def test_a_drive_that_never_ends_is_refused() -> None:
    with pytest.raises(BadTrack, match="look less often"):
        simulated(Drive((0, 0), (0, 179), 1, 1), Instant(0))


def test_a_drive_from_here_to_here_is_one_place() -> None:
    fixes = simulated(Drive((51.0, 12.0), (51.0, 12.0), 80, 300), Instant(0))
    assert {(fix.lat, fix.lon) for fix in fixes} == {(51.0, 12.0)}


@pytest.mark.parametrize(("speed", "takes_s"), [(1.0, 600), (60.0, 10), (0.5, 1200)])
def test_a_track_is_driven_so_that_no_fix_is_of_the_future(speed: float, takes_s: float) -> None:
    began = instant("2026-11-22T09:00:00Z")
    old = instant("2020-01-01T00:00:00Z")
    fixes = [Fix(Instant(old + minutes * MINUTE), 51, 12, {}) for minutes in (0, 4, 10)]
    times = timed(fixes, began, speed)
    assert times[-1] == (takes_s, began + takes_s * SECOND)
    assert [at - times[0][1] for _, at in times] == [0, 4 * MINUTE, 10 * MINUTE]
    assert times[0][0] == 0
    if speed >= 1:
        assert all(at <= began + due_s * SECOND for due_s, at in times)
