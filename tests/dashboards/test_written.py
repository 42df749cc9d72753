"""What is committed is what the code builds, is valid by Grafana's schema, and keeps the rules of its linter.

The rules are those of grafana/dashboard-linter that concern any data source, or InfluxDB as much as Prometheus.
"""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard
from jsonschema_rs import Draft7Validator

from dashboards.narrowing import DATASOURCE, condition
from dashboards.written import files, write
from gateway.points import MEASUREMENTS
from tests.dashboards.filling import FOLDER, boards, length, variables

ROOT: Final = Path(__file__).parents[2]
PROVISIONING: Final = ROOT / "deploy" / "grafana" / "provisioning"
BOARDS: Final = boards()
PANELS: Final = [
    pytest.param(board, panel, id=f"{name}: {panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
]
UNITS: Final = {value for value in vars(units).values() if isinstance(value, str)}
NARROW: Final = ("route", "site", "purpose", "severity", "container")
# Seen where a wall is, and on a desk: panels are at least this many of 24 columns wide, 53 pixels each at 1280.
NARROWEST: Final = 3


def _schema() -> dict[str, Any]:
    """Grafana's, with what it says of itself let in.

    Where its source says "anything" its JSON schema says "object"; a threshold's `value` may be null, says its
    description (and later editions its type); and of annotations it knows the targets of Grafana's own only.
    """
    text = (Path(__file__).parent / "schema" / "dashboard.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    of = schema["definitions"]
    of["AnnotationTarget"]["additionalProperties"] = True
    of["Threshold"]["properties"]["value"]["type"] = ["number", "null"]
    of["DynamicConfigValue"]["properties"]["value"] = {}
    of["MatcherConfig"]["properties"]["options"] = {}
    return schema


def test_what_is_committed_is_what_the_code_builds() -> None:
    """If it is not: `make dashboards`."""
    built = dict(files())
    assert {path: (ROOT / path).read_text(encoding="utf-8") for path in built} == built
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in built if path.suffix == ".json"}


def test_writing_makes_the_folders_that_it_needs(tmp_path: Path) -> None:
    assert [(tmp_path / path).is_file() for path in write(tmp_path)] == [True] * len(dict(files()))


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_valid_by_grafanas_schema(name: str) -> None:
    assert [error.message for error in Draft7Validator(_schema()).iter_errors(BOARDS[name])] == []


def test_the_schema_refuses_what_is_no_dashboard() -> None:
    broken = deepcopy(BOARDS["returns"])
    broken["panels"][0]["gridPos"]["w"] = "wide"
    broken["panels"][1]["colour"] = "red"
    assert len(list(Draft7Validator(_schema()).iter_errors(broken))) >= 1


@pytest.mark.parametrize("name", BOARDS)
def test_grafanas_own_model_reads_it_and_loses_nothing(name: str) -> None:
    read = Dashboard.from_json(deepcopy(BOARDS[name]))
    assert [panel.title for panel in read.panels or []] == [each["title"] for each in BOARDS[name]["panels"]]
    assert read.uid == BOARDS[name]["uid"]


def test_uids_are_each_dashboards_own_and_links_lead_to_one() -> None:
    uids = [board["uid"] for board in BOARDS.values()]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[a-z-]{8,40}", uid) for uid in uids)
    linked = set(re.findall(r"/d/([\w-]+)", json.dumps(list(BOARDS.values()))))
    assert linked
    assert linked <= set(uids)


@pytest.mark.parametrize("name", BOARDS)
def test_panels_have_numbers_of_their_own_and_do_not_overlap(name: str) -> None:
    panels = BOARDS[name]["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert place["w"] >= NARROWEST
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


@pytest.mark.parametrize("name", BOARDS)
def test_rows_of_panels_fill_the_width(name: str) -> None:
    widths: dict[int, int] = {}
    for panel in BOARDS[name]["panels"]:
        widths[panel["gridPos"]["y"]] = widths.get(panel["gridPos"]["y"], 0) + panel["gridPos"]["w"]
    assert set(widths.values()) == {24}


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_says_what_it_shows_in_which_unit_and_when_there_is_nothing(
    board: dict[str, Any], panel: dict[str, Any]
) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 10
    assert panel["description"].endswith(".")
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] in UNITS
    assert defaults["noValue"]
    for override in panel["fieldConfig"]["overrides"]:
        for said in override["properties"]:
            assert said["id"] != "unit" or said["value"] in UNITS
    assert [each["title"] for each in board["panels"]].count(panel["title"]) == 1 or board[
        "uid"
    ] == "returns-gateway"


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_asks_the_chosen_data_source_something(board: dict[str, Any], panel: dict[str, Any]) -> None:
    del board
    assert panel["datasource"] == {"type": "influxdb", "uid": "${datasource}"}
    assert panel["targets"]
    refs = [target["refId"] for target in panel["targets"]]
    assert len(set(refs)) == len(refs)
    for target in panel["targets"]:
        assert target["datasource"] == panel["datasource"]
        assert target["rawQuery"] is True
        assert "$timeFilter" in target["query"]
        assert "SELECT *" not in target["query"]


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_stretches_of_time_are_grafanas_and_never_shorter_than_a_sample(
    board: dict[str, Any], panel: dict[str, Any]
) -> None:
    del board
    assert length(panel["interval"]) >= length("1m")
    for target in panel["targets"]:
        found = re.findall(r"time\(([^)]+)\)", target["query"])
        assert set(found) <= {"$__interval", "1m", "1w, 4d"}


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_every_variable_narrows_every_panel_that_it_applies_to(
    board: dict[str, Any], panel: dict[str, Any]
) -> None:
    for target in panel["targets"]:
        (source,) = set(re.findall(r'FROM "(\w+)"', target["query"]))
        for name in NARROW:
            wanted = condition(MEASUREMENTS[source], name)
            if name in variables(board) and wanted is not None:
                assert wanted in target["query"]


@pytest.mark.parametrize("name", BOARDS)
def test_variables_are_used_explained_and_asked_again_when_the_time_changes(name: str) -> None:
    board = BOARDS[name]
    text = json.dumps([board["panels"], board["annotations"]])
    for each in board["templating"]["list"]:
        assert f"${{{each['name']}" in text, each["name"]
        assert each["label"]
        if each["type"] == "query":
            assert each["refresh"] == 2
            assert each["allValue"] == ".*"
        if each["type"] != "constant":
            assert each["description"]
    assert board["templating"]["list"][0]["name"] == "datasource"


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_changed_by_its_code_and_shows_alerts_and_the_others(name: str) -> None:
    board = BOARDS[name]
    assert board["editable"] is False
    assert board["title"]
    assert board["description"]
    assert board["tags"] == ["returns-gateway"]
    assert length(board["refresh"]) >= length("1m")
    assert [each["type"] for each in board["links"]] == ["dashboards"]
    assert len(board["annotations"]["list"]) == 2


@pytest.mark.parametrize("name", BOARDS)
def test_colours_are_names_for_each_theme_has_its_own_shades(name: str) -> None:
    def said(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            for key, value in part.items():
                if key in ("color", "fixedColor") and isinstance(value, str):
                    yield value
                yield from said(value)
        elif isinstance(part, list):
            for each in part:
                yield from said(each)

    assert all(re.fullmatch(r"[a-z-]+", color) for color in said(BOARDS[name]))


def test_provisioning_agrees_with_the_dashboards() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "returns.yaml").read_text())["datasources"]
    assert (source["uid"], source["type"]) == (DATASOURCE, "influxdb")
    for board in BOARDS.values():
        choice = variables(board)["datasource"]
        assert (choice["query"], choice["current"]["value"]) == ("influxdb", DATASOURCE)
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "returns.yaml").read_text())["providers"]
    rules = yaml.safe_load((PROVISIONING / "alerting" / "rules.yaml").read_text())
    assert {group["folder"] for group in rules["groups"]} == {provider["folder"]}
    assert "password" not in (PROVISIONING / "datasources" / "returns.yaml").read_text().lower()
