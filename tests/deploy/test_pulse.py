"""What is made of a pulse: timelines of what the gateway shows, and what is found to be wrong with it when."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.pulse import Beating, Supervisor
from gateway.adapters.pulse_file import read_pulse, stopwatch_s, write_pulse
from gateway.service.pulse import LIMITS, Ailment, Limits, Observer, Pulse, Vital, examine, moves
from tests.servers.waiting import eventually

WELL: Final = Vital(turns=1, units=0, state_serves=True, online=True, reason="")


def observed(*timeline: tuple[float, Vital]) -> Pulse:
    """The pulse after looking at these moments."""
    observer = Observer(0.0)
    for at_s, vital in timeline:
        pulse = observer.observe(vital, at_s)
    return pulse


def ailments(pulse: Pulse, now_s: float, limits: Limits = LIMITS) -> list[Ailment]:
    return [finding.ailment for finding in examine(pulse, now_s, limits)]


def test_a_gateway_that_turns_is_well() -> None:
    assert ailments(observed((1, WELL), (6, WELL._replace(turns=9))), 7) == []


def test_one_that_has_not_turned_yet_is_starting_not_standing_still() -> None:
    pulse = observed((1, WELL._replace(turns=0)), (600, WELL._replace(turns=0)))
    assert ailments(pulse, 600) == [Ailment.STARTING]
    assert moves(pulse) is None


@pytest.mark.parametrize(("last_turn", "now", "found"), [(5, 65, []), (5, 66, [Ailment.STANDS_STILL])])
def test_a_writer_may_stand_still_for_a_minute(last_turn: float, now: float, found: list[Ailment]) -> None:
    pulse = observed((last_turn, WELL), (now, WELL))
    assert ailments(pulse, now) == found
    assert (moves(pulse) is not None) == bool(found)


def test_a_long_turn_that_commits_unit_after_unit_moves() -> None:
    looks = [(float(at), WELL._replace(units=at)) for at in range(1, 600, 5)]
    assert ailments(observed(*looks), 596) == []


@pytest.mark.parametrize(
    ("trouble", "limit", "ailment"),
    [
        (WELL._replace(state_serves=False), LIMITS.state_s, Ailment.STATE_FAILING),
        (WELL._replace(online=False), LIMITS.broker_s, Ailment.BROKER_AWAY),
    ],
)
def test_trouble_that_mends_itself_is_given_its_time(trouble: Vital, limit: float, ailment: Ailment) -> None:
    turning = [(10.0 + at, trouble._replace(turns=at + 2)) for at in range(0, int(limit), 5)]
    pulse = observed((5, WELL), *turning)
    assert ailments(pulse, 10 + limit) == []
    assert ailments(pulse, 11 + limit) == [ailment]
    healed = observed((5, WELL), *turning, (500, WELL._replace(turns=1_000)))
    assert ailments(healed, 501) == []


def test_trouble_that_comes_again_begins_anew() -> None:
    away = WELL._replace(online=False)
    pulse = observed((5, WELL), (10, away), (100, WELL), (110, away), (200, away._replace(turns=2)))
    assert ailments(pulse, 210) == []


def test_it_says_why_the_broker_is_away_and_how_long() -> None:
    gone = WELL._replace(online=False, reason="connection refused")
    (finding,) = examine(observed((5, WELL), (10, gone), (149, gone._replace(turns=2))), 150)
    assert finding.says == "without the broker for 140 s: connection refused"
    assert finding.for_s == 140


@pytest.mark.parametrize(("now", "found"), [(31, []), (32, [Ailment.SILENT]), (0.5, [Ailment.SILENT])])
def test_what_a_silent_pulse_said_is_not_believed(now: float, found: list[Ailment]) -> None:
    """Nor one from the future, which is from before the machine's start."""
    assert ailments(observed((1, WELL)), now) == found


vitals = st.builds(
    Vital, st.integers(0, 3), st.integers(0, 3), st.booleans(), st.booleans(), st.text(max_size=3)
)


@given(st.lists(st.tuples(st.floats(0.1, 100), vitals), min_size=1, max_size=20))
def test_a_pulse_reads_as_it_was_written_and_trouble_never_began_later_than_now(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[float, Vital]]
) -> None:
    observer, now = Observer(0.0), 0.0
    for pause, vital in steps:
        now += pause
        pulse = observer.observe(vital, now)
    file = tmp_path_factory.getbasetemp() / "pulse"
    write_pulse(file, pulse)
    assert read_pulse(file) == pulse
    assert all(finding.for_s >= 0 for finding in examine(pulse, now))
    assert (pulse.broker_away_s is None) == vital.online


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at_s": 1}', '"pulse"'])
def test_what_is_no_pulse_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pulse"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"pulse|Expecting"):
        read_pulse(file)


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[tuple[Supervisor, socket.socket]]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(5)
        yield Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify")}), heard


def drained(heard: socket.socket) -> list[bytes]:
    """What was said so far."""
    said = []
    while select.select([heard], [], [], 0.1)[0]:
        said.append(heard.recv(100))
    return said


def test_systemd_hears_of_the_start_then_of_each_turn_and_nothing_while_the_writer_stands_still(
    systemd: tuple[Supervisor, socket.socket], tmp_path: Path
) -> None:
    supervisor, heard = systemd
    turns = iter(range(1, 6))
    stuck = threading.Event()

    def vital() -> Vital:
        turn = next(turns, None)
        if turn is None:
            stuck.set()
        return WELL._replace(turns=turn or 5)

    file = tmp_path / "pulse"
    with Beating(vital, file, supervisor, Limits(still_s=0.05), every_s=0.01) as beating:
        assert [heard.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        assert stuck.wait(5)
        eventually(
            lambda: examine(read_pulse(file), stopwatch_s(), Limits(still_s=0.2)),
            lambda found: [each.ailment for each in found] == [Ailment.STANDS_STILL],
        )
        said = drained(heard)
        assert set(said) == {b"WATCHDOG=1"}
        assert drained(heard) == [], "it stands still"
        beating.stopping()
        assert drained(heard) == [b"STOPPING=1"]
    assert not file.exists()


def test_without_systemd_and_without_a_file_nothing_is_shown_and_nothing_fails(tmp_path: Path) -> None:
    with Beating(lambda: WELL, None, Supervisor({}), every_s=0.01):
        pass
    with Beating(lambda: WELL, tmp_path / "no such folder" / "pulse", Supervisor({}), every_s=0.01):
        pass
