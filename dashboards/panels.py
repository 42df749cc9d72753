"""The kinds of panels but maps, each with what all of its kind have in common: one look for seven dashboards.

Sizes are in Grafana's grid, 24 columns wide whatever the screen. Colours are Grafana's own names, which each theme
has its own shades of, so that light and dark both read well. Nothing here knows what a panel is about.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    geomap,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as look
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode

from dashboards.influxql import EACH_SAMPLE, Select
from dashboards.looks import Step, thresholds
from dashboards.narrowing import DATASOURCE_TYPE, SOURCE
from dashboards.words import GOOD

P = TypeVar("P", bargauge.Panel, geomap.Panel, stat.Panel, statetimeline.Panel, table.Panel, timeseries.Panel)
Panels = Iterator[Builder[model.Panel]]
COUNT: Final = "short"
SECONDS: Final = "s"
SHARE: Final = "percentunit"
TABLE, SERIES = "table", "time_series"
NOTHING_YET: Final = "None in this time"


class Says(NamedTuple):
    """What a panel says in words. `nothing`: instead of figures where there are none."""

    title: str
    description: str
    unit: str = COUNT
    nothing: str = NOTHING_YET


class Size(NamedTuple):
    width: int
    height: int


class Ask(Builder[Dataquery]):
    """A query of a panel. `alias` names its series: `$tag_site`, `$col`."""

    def __init__(self, query: Select, alias: str = "", form: str = SERIES) -> None:
        self.query = query
        self._alias = alias
        self._form = form
        self.ref = "A"

    def build(self) -> Dataquery:
        return _Query(
            {
                "refId": self.ref,
                "datasource": SOURCE,
                "rawQuery": True,
                "query": str(self.query),
                "resultFormat": self._form,
                **({"alias": self._alias} if self._alias else {}),
            }
        )


class _Query(Dataquery):
    """A query as Grafana's InfluxDB data source keeps it; the SDK has no model of its own for it."""

    def __init__(self, said: dict[str, object]) -> None:
        self._said = said

    def to_json(self) -> dict[str, object]:
        return self._said


def rows(query: Select) -> Ask:
    """A query whose answer is a table."""
    return Ask(query, form=TABLE)


def number(says: Says, size: Size, *asks: Ask, steps: tuple[Step, ...] = ((None, GOOD),)) -> stat.Panel:
    """A figure that is read from afar: the newest value, its colour the background."""
    panel = (
        stat.Panel()
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(_newest())
        .text_mode(look.BigValueTextMode.AUTO)
        .thresholds(thresholds(*steps))
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    )
    return placed(panel, says, size, asks)


def course(says: Says, size: Size, *asks: Ask, from_zero: bool = True) -> timeseries.Panel:
    """Lines over time."""
    panel = (
        timeseries.Panel()
        .draw_style(look.GraphDrawStyle.LINE)
        .line_interpolation(look.LineInterpolation.STEP_AFTER)
        .line_width(2)
        .fill_opacity(10)
        .show_points(look.VisibilityMode.NEVER)
        .span_nulls(3_600_000.0)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(look.TooltipDisplayMode.MULTI))
    )
    if from_zero:
        panel.min(0)
    return placed(panel, says, size, asks)


def bars(says: Says, size: Size, *asks: Ask) -> timeseries.Panel:
    """Stacked bars over time: what happened in each stretch of it."""
    panel = (
        timeseries.Panel()
        .draw_style(look.GraphDrawStyle.BARS)
        .line_width(0)
        .fill_opacity(80)
        .stacking(common.StackingConfig().mode(look.StackingMode.NORMAL))
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(look.TooltipDisplayMode.MULTI))
        .min(0)
    )
    return placed(panel, says, size, asks)


def ranking(
    says: Says, size: Size, *asks: Ask, steps: tuple[Step, ...] = ((None, "blue"),)
) -> bargauge.Panel:
    """A bar for each series, the newest value beside it."""
    panel = (
        bargauge.Panel()
        .orientation(look.VizOrientation.HORIZONTAL)
        .display_mode(look.BarGaugeDisplayMode.BASIC)
        .value_mode(look.BarGaugeValueMode.TEXT)
        .show_unfilled(True)
        .reduce_options(_newest())
        .min(0)
        .thresholds(thresholds(*steps))
    )
    return placed(panel, says, size, asks)


def stages(says: Says, size: Size, *asks: Ask) -> statetimeline.Panel:
    """Which state each series was in, over time."""
    panel = (
        statetimeline.Panel()
        .merge_values(True)
        .show_value(look.VisibilityMode.NEVER)
        .fill_opacity(80)
        .line_width(0)
        .row_height(0.85)
    )
    return placed(panel, says, size, asks)


def listing(says: Says, size: Size, *asks: Ask) -> table.Panel:
    """A table."""
    panel = table.Panel().show_header(True).cell_height(look.TableCellHeight.MD)
    return placed(panel, says, size, asks)


def _newest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(look.LegendDisplayMode.LIST)
        .placement(look.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def placed(panel: P, says: Says, size: Size, asks: tuple[Ask, ...]) -> P:
    """What all panels have: words, unit, size, and their queries by letters."""
    panel.title(says.title).description(says.description).unit(says.unit).no_value(says.nothing)
    panel.interval(EACH_SAMPLE)
    panel.datasource(model.DataSourceRef(DATASOURCE_TYPE, SOURCE.uid)).span(size.width).height(size.height)
    for index, ask in enumerate(asks):
        ask.ref = chr(ord("A") + index)
        panel.with_target(ask)
    return panel
