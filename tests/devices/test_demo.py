"""The demo: its clock, its view on terminals of many sizes, its verdict, and all of it once for real."""

import io
import json
import re
import subprocess
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from devices.fleet.faults import drawn
from gateway.adapters.clock import FastClock
from gateway.cli.demo_moves import Move, Moves
from gateway.cli.demo_screen import View, as_line
from gateway.cli.demo_stage import ready, set_out
from gateway.cli.demo_verdict import conclude
from gateway.cli.failures import Failure
from gateway.network import load
from gateway.tracking.instants import HOUR, MINUTE, SECOND, Instant
from gateway.tracking.model import JourneyStatus
from tests.devices.virtual import NETWORK, START, VirtualGateway, lived, network, told

SIZES = [(80, 24), (100, 30), (118, 38), (120, 40), (200, 50), (300, 90)]


@cache
def days_later() -> VirtualGateway:
    scenario = told(3, 3)
    _, gateway = lived(scenario, drawn(network(), 3, START, scenario.until))
    return gateway


def looked() -> View:
    view = View(Moves(load(NETWORK)), speed=10_000, per_second=85.0, events=1234)
    with days_later()._state.reader() as unit:  # noqa: SLF001 # the state is what a view looks at
        view.look(unit, Instant(START + 72 * HOUR))
    return view


def shown(view: View, width: int, height: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, height=height, markup=False, emoji=False).print(view)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("note", ["", "the fleet comes home"])
def test_the_view_fits_its_terminal_and_tells_everything_that_it_is_for(
    width: int, height: int, note: str
) -> None:
    view = looked()
    view.note = note
    rows = shown(view, width, height)
    assert len(rows) < height
    assert max(map(len, rows)) <= width
    text = "\n".join(rows)
    assert "1,234 events   85/s" in text
    assert f"open alerts: {len(view.alerts)}" in text
    for each in ("what moves", "newest transitions", "in transit", "at stop", note, view.moved[-1].id):
        assert each in text
    assert view.alerts[0].summary[:20] in text


def test_what_is_too_much_is_counted() -> None:
    view = looked()
    view.alerts = [*view.alerts, *view.alerts][:9]
    (more,) = re.findall(r"and (\d+) more", "\n".join(shown(view, 80, 24)))
    rows = [row for row in shown(view, 80, 24) if any(alert.summary[:25] in row for alert in view.alerts)]
    assert int(more) == 9 - len(rows) > 0


@pytest.mark.parametrize("width", [40, 60, 80, 99])
def test_every_status_is_counted_however_narrow_the_terminal(width: int) -> None:
    view = looked()
    view.statuses = Counter({("return", status.value): 1000 for status in JourneyStatus})
    rows = shown(view, width, 30)
    assert len(rows) < 30
    text = "\n".join(rows)
    assert all(f"1000 {status.value.replace('_', ' ')}" in text for status in JourneyStatus)


def test_the_longest_outcome_is_read_to_its_end_on_the_smallest_terminal() -> None:
    view = looked()
    line = {
        "transition": "resolved",
        "kind": "impossible_travel",
        "reason": "superseded",
        "severity": "major",
    }
    view.news.append(
        {**line, "time": "2026-03-08T04:09:00Z", "subject": {"kind": "return", "id": "SN-00115"}}
    )
    assert "impossible travel  SN-00115            resolved: superseded" in "\n".join(shown(view, 80, 24))


def test_each_transition_is_told_once_to_whoever_reads_lines() -> None:
    view = looked()
    told_first = [as_line(line).plain for line in view.fresh]
    assert len(told_first) > 10
    assert any(line.endswith("  opened") for line in told_first)
    with days_later()._state.reader() as unit:  # noqa: SLF001 # as above
        view.look(unit, Instant(START + 72 * HOUR))
    assert view.fresh == []


def test_only_what_has_changed_since_the_last_look_moves() -> None:
    moves = Moves(load(NETWORK))
    with days_later()._state.reader() as unit:  # noqa: SLF001 # as above
        rows, first = moves.since_last(unit)
        again, second = moves.since_last(unit)
    assert len(again) == len(rows) > 50
    assert first
    assert second == []
    way = next(move for move in first if move.status is JourneyStatus.IN_TRANSIT and move.onward)
    assert isinstance(way, Move)
    assert way.site in network().sites
    assert all(site in network().sites for site in way.onward.split(" or "))


def test_a_fast_clock_slows_to_everybodys_pace_when_the_fleet_is_home() -> None:
    until = Instant(START + 1000 * SECOND)
    out = FastClock(START, 1000, time.monotonic(), until)
    assert out.seconds_until(until) == pytest.approx(1, abs=0.2)
    assert out.seconds_until(Instant(until + 5 * SECOND)) == pytest.approx(6, abs=0.2)
    home = FastClock(START, 1000, time.monotonic() - 61, until)
    assert until + MINUTE <= home.now() < until + MINUTE + 10 * SECOND
    assert home.seconds_until(Instant(home.now() + 9 * SECOND)) == pytest.approx(9, abs=0.2)
    assert home.seconds_until(START) == 0


def report(file: Path, **more: Any) -> Path:
    line = {"true": 3, "alerted": 3, "missed": 0, "over_before_known": 0}
    told_of = {
        "truth": {"lost": line}, "raised": 5, "missed": [], "wrong": [], "taken_back": 2, "overtaken": 0,
        "silenced": 0, "waiting": 0, "heard_out": True, "behind_s": 0.4,
    }  # fmt: skip
    file.write_text(json.dumps({**told_of, **more}))
    return file


def test_a_good_end_is_told_in_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conclude(report(tmp_path / "report.json"), "")
    said = " ".join(capsys.readouterr().out.split())
    assert "lost 3 3 0 0" in said
    assert "Of 5 alerts 0 were not so; 2 were raised for want of data and taken back" in said


def test_a_machine_that_was_too_slow_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conclude(report(tmp_path / "report.json"), "")
    assert "could not keep up" not in capsys.readouterr().out
    conclude(report(tmp_path / "report.json", behind_s=9.6), "")
    assert "could not keep up: devices or answers were up to 10 s behind" in " ".join(
        capsys.readouterr().out.split()
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"missed": ["missed: delayed of SN-1"]}, "missed: delayed of SN-1"),
        ({"wrong": ["wrong, and still open: delayed of SN-1"]}, "still open"),
        ({"waiting": 7}, "7 reports did not come home"),
        ({"heard_out": False}, "not whole"),
    ],
)
def test_a_bad_end_fails_and_says_why(more: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=says):
        conclude(report(tmp_path / "report.json", **more), "")


def test_a_fleet_that_broke_down_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="no such network"):
        conclude(tmp_path / "none.json", "…\nno such network\n")


def test_the_clock_begins_once_the_fleet_is_ready() -> None:
    program = "print('18 scanners'); print('ready', flush=True); print('began at', input())"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as fleet:
        ready(fleet)
        set_out(fleet, FastClock(START, 10_000, 12.5, Instant(START + HOUR)))
        output, _ = fleet.communicate(timeout=20)
    assert output == "began at 12.5\n"


def test_a_fleet_that_cannot_set_out_is_told_in_its_own_words() -> None:
    with (
        subprocess.Popen(
            [sys.executable, "-c", "print('no such network')"], stdout=subprocess.PIPE, text=True
        ) as fleet,
        pytest.raises(Failure, match="no such network"),
    ):
        ready(fleet)


@pytest.mark.slow
def test_a_demo_of_some_seconds_is_true_to_the_last_alert(tmp_path: Path) -> None:
    program = "from gateway.cli import main; main()"
    arguments = ["demo", "--seed", "3", "--for", "6s", "--speed", "30000", "--keep", str(tmp_path / "kept")]
    files = ["--report", str(tmp_path / "report.json"), "--picture", str(tmp_path / "view.svg")]
    command = [sys.executable, "-c", program, *arguments, *files]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads((tmp_path / "report.json").read_text())
    assert said["good"]
    assert said["waiting"] == 0
    assert sum(line["alerted"] for line in said["truth"].values()) > 0
    assert (tmp_path / "kept" / "returns.sqlite").exists()
    assert said["behind_s"] < 2, "the first messages found nobody who listens"
    assert "<svg" in (tmp_path / "view.svg").read_text()
    assert re.search(r"^\d\d-\d\d \d\d:\d\d  \w.*  opened$", done.stdout, re.MULTILINE)
