"""What every dashboard has: its name, variables, links to the others, and alerts as annotations.

Also puts the panels in their places: row by row, from left to right, each row as high as its highest panel.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards import narrowing
from dashboards.influxql import Select, chosen, equals, name
from dashboards.narrowing import ITEM, SOURCE, Narrowing
from dashboards.words import OPENED, SEVERITIES
from gateway.points import Field, Tag
from gateway.points.schema import ALERT

FOLDER: Final = "Returns Gateway"
TAG: Final = "returns-gateway"
ONE_RETURN: Final = "returns-one-return"
COLUMNS: Final = 24
LOOK_BACK: Final = "now-24h"
REFRESH: Final = "1m"


class Title(NamedTuple):
    """`look_back`: how far the dashboard looks back at first."""

    uid: str
    title: str
    description: str
    look_back: str = LOOK_BACK
    refresh: str = REFRESH


class _Alerts(model.AnnotationQuery):
    """Alerts as annotations. The SDK knows annotations of Grafana's own data source only, so the rest is added here."""

    def __init__(self, title: str, color: str, query: Select) -> None:
        super().__init__(name=title, datasource=SOURCE, enable=True, icon_color=color)
        self._query = query

    def to_json(self) -> dict[str, object]:
        # Grafana's InfluxDB data source keeps these in the target (its `migrations.ts`); those in the middle are
        # what the published schema asks of any target.
        target = {
            "refId": "Anno",
            "query": str(self._query),
            "queryType": "tags",
            "rawQuery": True,
            "fromAnnotations": True,
            "textColumn": Field.SUBJECT,
            "tagsColumn": f"{Tag.KIND},{Tag.SITE}",
            "limit": 100,
            "matchAny": False,
            "tags": [],
            "type": "tags",
        }
        return {**super().to_json(), "target": target}


class _Annotated(Builder[model.AnnotationQuery]):
    def __init__(self, alerts: _Alerts) -> None:
        self._alerts = alerts

    def build(self) -> model.AnnotationQuery:
        return self._alerts


def assembled(
    title: Title,
    narrowed: Narrowing,
    panels: Sequence[Builder[model.Panel]],
    own: Sequence[Builder[model.VariableModel]] = (),
    alerts: tuple[str, ...] = (),
) -> model.Dashboard:
    """A dashboard. `own` are variables besides those that narrow; `alerts` narrow the annotations."""
    made = build.Dashboard(title.title).uid(title.uid).description(title.description).tags([TAG])
    made.readonly().tooltip(model.DashboardCursorSync.CROSSHAIR).timezone("browser")
    made.time(title.look_back, "now").refresh(title.refresh).links([_others()])
    choices = [narrowing.variable(each) for each in narrowed.variables]
    built = [panel.build() for panel in panels]
    desk = [narrowing.board()] if "${board}" in json.dumps(built, cls=JSONEncoder) else []
    made.variables([narrowing.datasource(), *own, *choices, *desk])
    where = narrowed(ALERT, *alerts)
    made.annotations([_Annotated(_alerts(each, where)) for each in list(SEVERITIES)[:2]])
    board = made.build()
    board.panels = [*_placed(built)]
    return board


def to_one_return(shown: str) -> list[model.DynamicConfigValue]:
    """An override: the text of a cell leads to everything about that return, and on to the ops board."""
    here = f"/d/{ONE_RETURN}?var-{ITEM}=${{__value.raw:percentencode}}&${{__url_time_range}}"
    there = "${board}/return?id=${__value.raw:percentencode}"
    links = [
        {"title": f"Everything about this {shown}", "url": here},
        {"title": "On the ops board", "url": there, "targetBlank": True},
    ]
    return [model.DynamicConfigValue("links", links)]


def link_to(uid: str, title: str) -> build.DashboardLink:
    """A link from a panel to another dashboard, with the time and what was chosen."""
    address = f"/d/{uid}?${{__url_time_range}}&${{__all_variables}}"
    return build.DashboardLink(title).type(model.DashboardLinkType.LINK).url(address)


def _others() -> build.DashboardLink:
    return (
        build.DashboardLink("Dashboards")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
        .tooltip("The other dashboards, with the time and what was chosen here")
        .icon("external link")
        .target_blank(False)
        .url("")
    )


def _alerts(severity: str, where: tuple[str, ...]) -> _Alerts:
    conditions = [each for each in where if each != chosen(Tag.SEVERITY, narrowing.SEVERITY)]
    own = (equals(Tag.TRANSITION, OPENED), equals(Tag.SEVERITY, severity))
    columns = {each: name(each) for each in (Field.SUBJECT, Tag.KIND, Tag.SITE)}
    query = Select(ALERT, columns, (*own, *conditions), tail="ORDER BY time DESC LIMIT 100")
    return _Alerts(f"{severity.capitalize()} alerts", SEVERITIES[severity], query)


def _placed(panels: Sequence[model.Panel]) -> Sequence[Any]:
    """Panels with their numbers and places."""
    x = y = tallest = 0
    for number, panel in enumerate(panels, 1):
        place = panel.grid_pos or model.GridPos()
        if x + place.w > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        panel.id_val = number
        panel.grid_pos = model.GridPos(h=place.h, w=place.w, x=x, y=y)
        x, tallest = x + place.w, max(tallest, place.h)
    return panels
