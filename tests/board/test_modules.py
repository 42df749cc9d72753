"""The board's parts that decide something, by tables, in the browser that they run in."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser

from tests.board.viewing import Viewer
from tests.http.world import World

Call = Callable[..., Any]
_CALL: Final = """async ([file, name, values]) => {
    const root = document.querySelector("script[type=module]").src.replace("main.js", "");
    return (await import(root + file))[name](...values);
}"""


@pytest.fixture(scope="module")
def call(browser: Browser, evening: World) -> Iterator[Call]:
    """Calls a function of a module."""
    viewer = Viewer(browser, evening)
    page = viewer.go("/alerts")
    yield lambda file, name, *values: page.evaluate(_CALL, [file, name, list(values)])
    viewer.leave()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (29, "less than a minute"),
        (60, "1 min"),
        (59 * 60, "59 min"),
        (3_600, "1 h"),
        (3_599, "1 h"),
        (5_400, "1 h 30 min"),
        (23 * 3_600 + 59 * 60, "23 h 59 min"),
        (30 * 3_600, "30 h"),
        (49 * 3_600, "2 d 1 h"),
        (30 * 86_400 + 3_600, "30 d"),
    ],
)
def test_a_length_of_time_has_two_units_at_most(call: Call, seconds: int, words: str) -> None:
    assert call("times.js", "length", seconds) == words


@pytest.mark.parametrize(
    ("field", "zone", "instant"),
    [
        ("2026-03-04T21:10", "Europe/Berlin", "2026-03-04T20:10:00.000Z"),
        ("2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59:00.000Z"),
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"),
        ("2026-10-25T03:30", "Europe/Berlin", "2026-10-25T02:30:00.000Z"),
        ("2026-07-01T00:15", "Asia/Kathmandu", "2026-06-30T18:30:00.000Z"),
        ("2026-01-01T12:00", "America/New_York", "2026-01-01T17:00:00.000Z"),
        ("", "Europe/Berlin", None),
    ],
)
def test_what_a_field_says_is_an_instant_in_its_zone(
    call: Call, field: str, zone: str, instant: str | None
) -> None:
    assert call("times.js", "fromField", field, zone) == instant


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("SN-1002", "SN-1002"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb\u200f", "a\\u200bb\\u200f"),
        ("\u001d01", "\\u001d01"),
        ("two\nlines", "two\nlines"),
        ("<b>", "<b>"),
    ],
)
def test_what_cannot_be_seen_in_a_text_is_spelt_out(call: Call, text: str, seen: str) -> None:
    assert call("parts.js", "visible", text) == seen


def alert(number: int, kind: str, subject: str, **more: Any) -> dict[str, Any]:
    fields = {"site": None, "container": None, "details": {}, "severity": "major", **more}
    return {"id": str(number), "subject": {"kind": kind, "id": subject}, **fields}


def test_alerts_are_put_under_their_causes_the_worst_first(call: Call) -> None:
    alerts = [
        alert(1, "return", "A", container="TOTE-1"),
        alert(2, "device", "scan-1", site="HUB"),
        alert(3, "return", "B", site="HUB", container="TOTE-1", severity="warning"),
        alert(4, "container", "TOTE-1", severity="warning"),
        alert(5, "site", "HUB", severity="warning"),
        alert(6, "return", "C", details={"last_seen": {"site": "HUB"}}, severity="minor"),
        alert(7, "return", "D", severity="minor"),
    ]
    groups = call("views/alert_groups.js", "grouped", alerts)
    assert [(each["key"], [alert["id"] for alert in each["alerts"]]) for each in groups] == [
        ("container TOTE-1", ["4", "1", "3"]),
        ("site HUB", ["5", "2", "6"]),
        ("alone 7", ["7"]),
    ]


def test_an_address_leaves_out_what_is_not_asked_for(call: Call) -> None:
    query = {"a": None, "b": "", "c": ["x", "y&z"], "d": 0, "id": "https://id.gs1.org/01/0?x=1"}
    said = call("api.js", "queryOf", query)
    assert said == "?c=x&c=y%26z&d=0&id=https%3A%2F%2Fid.gs1.org%2F01%2F0%3Fx%3D1"
