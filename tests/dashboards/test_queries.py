"""Every query of every dashboard, filled in as Grafana does: a real InfluxDB answers with what its panel draws."""

from typing import Any, Final

import pytest

from gateway.points import Point, Value
from gateway.points.schema import CONTAINER_STATE, MEASUREMENTS, SCAN, made
from gateway.tracking.instants import Instant
from tests.dashboards.filling import View, asked, boards, filled, variables
from tests.dashboards.looking import Grafana

BOARDS: Final = boards()
PANELS: Final = [
    pytest.param(name, panel, id=f"{name}: {panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
]
EMPTY: Final = {("containers", "Humidity"): "no tracker of the example network measures it"}
"""Panels that have nothing to show of the week, and why."""


@pytest.mark.parametrize(("name", "panel"), PANELS)
def test_a_panel_has_what_it_draws(
    grafana: Grafana, view: View, troubled: str, name: str, panel: dict[str, Any]
) -> None:
    found = grafana.looks(name, panel, View(view.start, view.end, {"item": troubled}))
    if (name, panel["title"]) in EMPTY:
        assert found == []
        return
    assert sum(frame.rows for frame in found) > 0
    for frame in found:
        shown = {column: values for column, values in frame.columns.items() if column != "Time"}
        assert shown, "there is something besides the time"
        if panel["type"] in ("stat", "timeseries", "bargauge", "state-timeline") and not _is_text(panel):
            assert all(isinstance(value, int | float | None) for value in shown["Value"])
        if panel["type"] == "table":
            assert {each for each in _columns(panel) if each not in ("When", "Time")} <= set(shown)
        if panel["type"] == "geomap":
            assert {"Latitude", "Longitude"} <= set(shown)


def _is_text(panel: dict[str, Any]) -> bool:
    return bool(panel["options"].get("reduceOptions", {}).get("fields"))


def _columns(panel: dict[str, Any]) -> set[str]:
    """The columns that a table is told something about."""
    return {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]}


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"route": "tote-loop", "site": ["HUB-LEJ", "CP-BER"], "severity": ["critical"]},
        {"route": ["no such", "a/b(c)|$"], "purpose": "re.use", "container": "TOTE-11", "item": "\\'\"/"},
    ],
    ids=["everything", "some of it", "what is not there"],
)
def test_every_query_is_answered_whatever_is_chosen(
    grafana: Grafana, view: View, name: str, chosen: dict[str, Any]
) -> None:
    for _, query in asked(grafana.boards[name], View(view.start, view.end, chosen)):
        grafana.answers(query)


@pytest.mark.parametrize(("name", "panel"), PANELS)
def test_where_there_is_nothing_at_all_nothing_is_shown_and_nothing_breaks(
    empty: Grafana, view: View, name: str, panel: dict[str, Any]
) -> None:
    assert empty.looks(name, panel, view) == []


@pytest.mark.parametrize("name", BOARDS)
def test_alerts_are_annotations(grafana: Grafana, view: View, troubled: str, name: str) -> None:
    chosen = {"item": troubled}
    alerts = grafana.boards[name]["annotations"]["list"]
    found = {
        each["name"]: grafana.answers(
            filled(grafana.boards[name], each["target"]["query"], View(view.start, view.end, chosen))
        )
        for each in alerts
    }
    assert list(found) == ["Critical alerts", "Major alerts"]
    for each in alerts:
        for series in found[each["name"]]:
            assert each["target"]["textColumn"] in series["columns"]
            assert set(each["target"]["tagsColumn"].split(",")) <= set(series["columns"])
    if name != "one-return":
        assert all(found.values())


@pytest.mark.parametrize(
    ("variable", "values"),
    [
        (
            "route",
            {"laptop-repair", "cartridge-refill", "electronics-recycling", "tote-loop", "solvent-drums"},
        ),
        ("purpose", {"repair", "refill", "recycle", "dispose", "return_to_owner"}),
        ("site", {"CP-BER", "HUB-LEJ", "REFILL-POZ", "DISPOSE-BIT"}),
    ],
)
def test_a_variable_offers_what_there_is(
    grafana: Grafana, view: View, variable: str, values: set[str]
) -> None:
    for board in grafana.boards.values():
        if variable in (known := variables(board)):
            found = grafana.answers(filled(board, known[variable]["query"], view))
            offered = {row[1] for series in found for row in series["values"]}
            assert values <= offered
            assert "" not in offered


def test_the_containers_offered_are_those_declared_lately(fresh: Grafana, view: View) -> None:
    board = fresh.boards["containers"]
    now = _now(fresh)
    fields: list[dict[str, Value | None]] = [
        {"container": each, "items": 0} for each in ("TOTE-11", "DRUM-21")
    ]
    fresh.write([made(CONTAINER_STATE, now, index, {}, each) for index, each in enumerate(fields)])
    found = fresh.answers(filled(board, variables(board)["container"]["query"], view))
    assert {row[1] for series in found for row in series["values"]} == {"TOTE-11", "DRUM-21"}


def _now(grafana: Grafana) -> Instant:
    """The server's time: that of a point which it has stamped itself."""
    grafana.stamp()
    ((point,),) = (each["values"] for each in grafana.answers('SELECT "v" FROM "stamp"'))
    return Instant(point[0] * 1000)


NASTY: Final = [
    "SN 1",
    "'; DROP MEASUREMENT scan --",
    "a\\",
    "/^.*$/",
    ".*",
    'with "quotes"',
    "https://id.gs1.org/01/09521568251204/21/10a%2Fb",
    "Größe-№ 7 🧴",
    "(a|b)[c]{2}+?*^$",
]


def scanned(item: str, index: int) -> Point:
    fields: dict[str, Value | None] = {
        "item": item,
        "device": "scan-1",
        "event_id": f"e{index}",
        "lag_s": 0.5,
    }
    return made(
        SCAN,
        Instant(1_700_000_000_000_000),
        index,
        {"site": "HUB", "step": "arriving", "verdict": "ok"},
        fields,
    )


def test_an_id_finds_itself_and_nothing_else_whatever_is_in_it(fresh: Grafana) -> None:
    fresh.write([scanned(item, index) for index, item in enumerate(NASTY)])
    for item in NASTY:
        view = View(1_699_999_000_000, 1_700_001_000_000, {"item": item})
        assert fresh.number("one-return", "Scans", view) == 1, item


def test_all_measurements_are_shown_somewhere() -> None:
    text = " ".join(
        target["query"] for board in BOARDS.values() for p in board["panels"] for target in p["targets"]
    )
    assert [name for name in MEASUREMENTS if f'"{name}"' not in text] == []
