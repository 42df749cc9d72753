"""What sets a column, a series or a panel apart: units, colours, thresholds, words, links' place; and transformations.

Colours are Grafana's own names. Nothing here makes a panel, or knows what one is about.
"""

from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, statetimeline, timeseries
from grafana_foundation_sdk.models import common as look
from grafana_foundation_sdk.models import dashboard as model

from dashboards.words import BAD, DOUBTFUL, GOOD, SEVERITIES

Step = tuple[float | None, str]
"""From which value on, and the colour; None: from the least on."""


def thresholds(*steps: Step) -> dashboard.ThresholdsConfig:
    """Thresholds in the unit of the panel."""
    return (
        dashboard.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value, color) for value, color in steps])
    )


def fewer_is_better(doubtful: float, bad: float) -> tuple[Step, ...]:
    """Green below `doubtful`, red from `bad` on."""
    return ((None, GOOD), (doubtful, DOUBTFUL), (bad, BAD))


def more_is_better(doubtful: float, good: float) -> tuple[Step, ...]:
    """Red below `doubtful`, green from `good` on."""
    return ((None, BAD), (doubtful, DOUBTFUL), (good, GOOD))


def colored(color: str) -> list[model.DynamicConfigValue]:
    """An override: always this colour."""
    return [model.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color})]


def measured_in(unit: str) -> list[model.DynamicConfigValue]:
    """An override: a unit of its own."""
    return [model.DynamicConfigValue("unit", unit)]


def dashed(color: str) -> list[model.DynamicConfigValue]:
    """An override: a thin broken line, for a limit."""
    return [
        *colored(color),
        model.DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
        model.DynamicConfigValue("custom.fillOpacity", 0),
    ]


def wide(pixels: int) -> list[model.DynamicConfigValue]:
    """An override: a column of this width."""
    return [model.DynamicConfigValue("custom.width", pixels)]


def in_colors(colors: dict[str, str]) -> list[model.DynamicConfigValue]:
    """An override: cells coloured by the word in them."""
    words = {word: {"color": color, "index": index} for index, (word, color) in enumerate(colors.items())}
    return [
        model.DynamicConfigValue("mappings", [{"type": "value", "options": words}]),
        model.DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "gradient"}),
    ]


def in_steps(unit: str, *steps: Step) -> list[model.DynamicConfigValue]:
    """An override: a unit of its own, and cells coloured by how much is in them."""
    said = [{"value": value, "color": color} for value, color in steps]
    return [
        *measured_in(unit),
        model.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": said}),
        model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def in_words(said: dict[str, str]) -> list[model.DynamicConfigValue]:
    """An override: other words for those of the data."""
    words = {word: {"text": text, "index": index} for index, (word, text) in enumerate(said.items())}
    return [model.DynamicConfigValue("mappings", [{"type": "value", "options": words}])]


def yes_or_no(yes: str, no: str) -> list[model.DynamicConfigValue]:
    """An override: 1 and 0 in words."""
    words = {
        "1": {"text": yes, "color": GOOD, "index": 0},
        "0": {"text": no, "color": BAD, "index": 1},
    }
    return [
        model.DynamicConfigValue("mappings", [{"type": "value", "options": words}]),
        model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def serving(panel: statetimeline.Panel) -> statetimeline.Panel:
    """1 and 0 as what serves and what is away."""
    words = {"1": model.ValueMappingResult("serves", GOOD), "0": model.ValueMappingResult("away", BAD)}
    return panel.mappings([model.ValueMap(options=words)])


def dotted(panel: timeseries.Panel) -> timeseries.Panel:
    """A value a week: its points are shown, and straight lines lead from each to the next."""
    return (
        panel.show_points(look.VisibilityMode.ALWAYS)
        .point_size(8)
        .line_interpolation(look.LineInterpolation.LINEAR)
        .span_nulls(True)
        .interval("1d")
    )


def words(column: str) -> common.ReduceDataOptions:
    """Of a table the text in this column, instead of a number."""
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(f"/^{column}$/")


def by_severity(panel: timeseries.Panel) -> timeseries.Panel:
    """Series that are named for severities, in their colours."""
    for severity, color in SEVERITIES.items():
        panel.override_by_name(severity, colored(color))
    return panel


def transformation(what: str, **options: Any) -> model.DataTransformerConfig:
    """One of Grafana's transformations of answers."""
    return model.DataTransformerConfig(id_val=what, options=options)


def arranged(names: dict[str, str], hidden: tuple[str, ...] = ("Time",)) -> model.DataTransformerConfig:
    """The columns of a table in this order, with these names."""
    return transformation(
        "organize",
        excludeByName=dict.fromkeys(hidden, True),
        indexByName={name: index for index, name in enumerate(names)},
        renameByName=names,
    )


def one_row_each(*columns: str, unseen: str = "") -> list[model.DataTransformerConfig]:
    """Of the rows that agree in the first of these columns the last: samples of two minutes become one row each.

    `unseen` is a column that is not shown.
    """
    key, *others = columns
    taken = {each: {"aggregations": ["last"], "operation": "aggregate"} for each in others}
    grouped = {key: {"aggregations": [], "operation": "groupby"}, **taken}
    shown = {key: key, **{f"{each} (last)": each for each in others}}
    return [transformation("groupBy", fields=grouped), arranged(shown, hidden=(unseen,) if unseen else ())]


def worst_first(column: str) -> common.TableSortByFieldState:
    """A table's order: the most of this first."""
    return common.TableSortByFieldState().display_name(column).desc(True)
