"""What the worker sees and hears."""

import io
import json

import pytest
from rich.console import Console

from devices.cli.display import Display
from devices.cli.json_display import JsonDisplay
from devices.sdk import Onward, Result
from gateway.tracking.instants import instant


def terminal(out: io.StringIO, width: int = 100, height: int = 24) -> Console:
    return Console(file=out, width=width, height=height, force_terminal=True, color_system="standard")


def shown(result: Result, width: int = 100, height: int = 24) -> str:
    out = io.StringIO()
    Display(terminal(out, width, height)).answered(["SN-1002"], result)
    return out.getvalue()


MISROUTED = Result(
    "e1",
    "accepted",
    "misrouted",
    message="SN-1002 belongs at REFILL-1, not HUB-LEJ",
    items={"SN-1002": "misrouted"},
    onward={"SN-1002": Onward(("REFILL-1", "REFILL-2"), instant("2026-11-23T18:00:00Z"))},
)

GREEN, RED, YELLOW, MAGENTA = "42m", "41m", "43m", "45m"


@pytest.mark.parametrize(
    ("verdict", "colour", "bells"),
    [
        ("ok", GREEN, 0), ("repeated", YELLOW, 1), ("late", YELLOW, 1), ("unexpected", MAGENTA, 1),
        ("skipped_stop", YELLOW, 1), ("backtracked", RED, 2), ("misrouted", RED, 2), ("ended", RED, 3),
        (None, GREEN, 0), ("a_verdict_of_tomorrow", YELLOW, 1),
    ],
)  # fmt: skip
def test_each_verdict_has_its_colour_and_bells(verdict: str | None, colour: str, bells: int) -> None:
    seen = shown(Result("e1", "accepted", verdict))
    assert colour in seen
    assert seen.count("\a") == bells
    assert seen.count("█") > 20


def test_every_verdict_is_a_word_of_its_own_so_that_colours_are_not_needed() -> None:
    verdicts = ("ok", "repeated", "late", "unexpected", "skipped_stop", "backtracked", "misrouted", "ended")
    signs = set()
    for verdict in verdicts:
        out = io.StringIO()
        Display(Console(file=out, width=100)).answered(["A"], Result("e1", "accepted", verdict))
        signs.add(out.getvalue())
    assert len(signs) == len(verdicts)


def test_it_says_what_to_do_and_where_the_item_goes() -> None:
    seen = shown(MISROUTED)
    assert "SN-1002 belongs at REFILL-1, not HUB-LEJ" in seen
    assert "→ REFILL-1 or REFILL-2 by Mon 23 Nov" in seen


def test_a_rejected_scan_says_why() -> None:
    seen = shown(
        Result("e1", "quarantined", reason="unknown_site", message="no site HUB-XXX; did you mean HUB-LEJ?")
    )
    assert MAGENTA in seen
    assert "did you mean HUB-LEJ" in seen
    assert seen.count("\a") == 3


@pytest.mark.parametrize(
    "result",
    [
        MISROUTED,
        *(Result("e1", "accepted", verdict, message="why " * 8) for verdict in ("ok", "unexpected", "ended")),
        Result("e1", "accepted", "skipped_stop", message="SN-1002 came here past a stop it should have made"),
        Result("e1", "quarantined", reason="unknown_site", message="no site HUB-XXX; did you mean HUB-LEJ?"),
    ],
    ids=lambda result: str(result.verdict or result.result),
)
@pytest.mark.parametrize(("width", "height"), [(40, 15), (32, 12), (80, 24), (120, 40), (200, 50)])
def test_on_every_terminal_a_large_sign_fits_with_what_to_do_below_it(
    result: Result, width: int, height: int
) -> None:
    seen = shown(result, width, height)
    rows = seen.split("\n")
    assert seen.count("█") > 20
    assert len(rows) < height + 1, "the sign would scroll away"
    assert "SN-1002" in seen
    assert str(result.message).split()[0] in seen


def test_a_very_narrow_terminal_gets_the_word_in_plain_letters() -> None:
    seen = shown(MISROUTED, width=12)
    assert "WRONG SITE" in seen
    assert "█" not in seen


def test_each_sign_is_alone_on_the_screen() -> None:
    out = io.StringIO()
    display = Display(terminal(out))
    display.answered(["A"], MISROUTED)
    display.answered(["B"], Result("e1", "accepted", "ok"))
    assert out.getvalue().count("\x1b[2J") == 2


def test_but_a_file_gets_no_steering() -> None:
    out = io.StringIO()
    Display(Console(file=out, width=100)).answered(["A"], MISROUTED)
    assert "\x1b" not in out.getvalue()


def test_the_words_differ_where_there_are_no_colours() -> None:
    out = io.StringIO()
    plain = Console(file=out, width=100, height=24, force_terminal=True, no_color=True)
    Display(plain).answered(["A"], MISROUTED)
    assert "█" in out.getvalue()
    assert "41m" not in out.getvalue()


def test_offline_it_says_that_the_scan_is_safe_and_how_many_wait() -> None:
    out = io.StringIO()
    display = Display(Console(file=out, width=100))
    display.saved(["SN-1"], 12, connected=False)
    display.saved(["SN-1"], 1, connected=True)
    assert "offline · 12 events waiting: go on" in out.getvalue()
    assert "no answer yet · 1 event waiting" in out.getvalue()
    assert "\a" not in out.getvalue()


def test_a_late_verdict_is_a_line_if_it_is_not_ok_and_nothing_if_it_is() -> None:
    out = io.StringIO()
    display = Display(Console(file=out, width=200, force_terminal=True, color_system=None))
    display.later(["SN-1"], Result("e1", "accepted", "ok"))
    assert out.getvalue() == ""
    display.later(["SN-1002"], MISROUTED)
    assert "WRONG SITE" in out.getvalue()
    assert out.getvalue().count("\a") == 2


def test_what_came_late_stays_on_the_screen_until_it_is_seen() -> None:
    out = io.StringIO()
    display = Display(terminal(out), lambda: "offline · 3 waiting")
    display.later(["SN-1002"], MISROUTED)
    for item in "AB":
        display.answered([item], Result("e1", "accepted", "ok"))
    assert out.getvalue().count("1 came late (Enter: seen)") == 2
    assert out.getvalue().count("SN-1002 belongs") == 3
    assert out.getvalue().count("offline · 3 waiting") == 2
    display.seen()
    before = out.tell()
    display.answered(["C"], Result("e1", "accepted", "ok"))
    assert "late" not in out.getvalue()[before:]


def test_nothing_that_others_wrote_steers_the_terminal() -> None:
    out = io.StringIO()
    display = Display(Console(file=out, width=100, force_terminal=True, color_system="standard"))
    display.answered(
        ["\x1b[31mSN[bold]"], Result("e1", "accepted", "ok", message="\x1b]0;owned\a [red]x[/red]")
    )
    assert "\x1b[31m" not in out.getvalue()
    assert "\x1b]0" not in out.getvalue()
    assert "[bold]" in out.getvalue()
    assert "\a" not in out.getvalue()


def test_programs_get_a_json_object_a_line() -> None:
    out = io.StringIO()
    display = JsonDisplay(Console(file=out, width=20))
    display.answered(["SN-1002"], MISROUTED)
    display.saved(["A"], 3, connected=False)
    display.failed(["A"], "the disk is full")
    display.note("hello")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0]["verdict"] == "misrouted"
    assert lines[0]["next"] == {"SN-1002": ["REFILL-1", "REFILL-2"]}
    assert lines[1:] == [
        {"items": ["A"], "result": "saved", "waiting": 3, "connected": False},
        {"items": ["A"], "result": "failed", "message": "the disk is full"},
        {"note": "hello"},
    ]
