"""The variables of the dashboards, and which points each narrows, by which tag or field.

A dashboard says which variables it has; `Narrowing` then adds to every query the conditions of those that apply to
its measurement, so that none is forgotten. A field that not every point has is no means to narrow: with everything
chosen, points without it would be gone.
"""

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.influxql import chosen, either
from dashboards.words import SEVERITIES
from gateway.points import Field, Measurement, Tag
from gateway.points import schema as points

DATASOURCE: Final = "returns-influxdb"
"""The uid that provisioning gives the data source, and `docker compose` with it."""
DATASOURCE_TYPE: Final = "influxdb"
SOURCE: Final = model.DataSourceRef(DATASOURCE_TYPE, "${datasource}")
ALL: Final = "$__all"
ROUTE, SITE, PURPOSE, SEVERITY = Tag.ROUTE, Tag.SITE, Tag.PURPOSE, Tag.SEVERITY
CONTAINER, ITEM = Field.CONTAINER, Field.ITEM
"""Variables are named for what they narrow by."""

_TAGS: Final = (ROUTE, SITE, PURPOSE, SEVERITY)
_BY_FIELD: Final[Mapping[str, str]] = {
    points.POSITION.name: Field.CONTAINER,
    points.CONTAINER_STATE.name: Field.CONTAINER,
    points.OPEN_ALERT.name: Field.SUBJECT,
    points.ALERT.name: Field.SUBJECT,
    points.JOURNEY_END.name: Field.ITEM,
    points.LEG.name: Field.ITEM,
    points.DWELL.name: Field.ITEM,
}
"""Which field names the container; for milestones and alerts, those of which it is the subject."""


def condition(measurement: Measurement, variable: str) -> str | None:
    """How a variable narrows the points of a measurement; None where it does not apply."""
    if variable == SITE and measurement is points.LEG:
        return either(chosen(Tag.FROM_SITE, SITE), chosen(Tag.TO_SITE, SITE))
    if variable in _TAGS and variable in measurement.tags:
        return chosen(variable, variable)
    if variable == CONTAINER and measurement.name in _BY_FIELD:
        return chosen(_BY_FIELD[measurement.name], variable)
    return None


class Narrowing:
    """The conditions of a dashboard's variables."""

    def __init__(self, *variables: str) -> None:
        self.variables = variables

    def __call__(self, measurement: Measurement, *conditions: str) -> tuple[str, ...]:
        """These conditions, and those of the variables that apply."""
        found = (condition(measurement, variable) for variable in self.variables)
        return (*conditions, *(each for each in found if each is not None))


def datasource() -> Builder[model.VariableModel]:
    """The choice of a data source: one dashboard for all the buckets that there are."""
    return (
        build.DatasourceVariable("datasource")
        .label("Data source")
        .description("The InfluxDB that the gateway writes to")
        .type(DATASOURCE_TYPE)
        .current(model.VariableOption(selected=True, text="Returns", value=DATASOURCE))
    )


def variable(of: str) -> Builder[model.VariableModel]:
    """The choice of routes, sites, purposes, severities or containers; everything at first."""
    if of == SEVERITY:
        return (
            build.CustomVariable(of)
            .label("Severity")
            .description("Only alerts of these severities")
            .values(",".join(SEVERITIES))
            .options([model.VariableOption(text=each, value=each) for each in SEVERITIES])
            .multi(True)
            .include_all(True)
            .all_value(".*")
            .current(_everything())
        )
    asked = {
        ROUTE: (Tag.ROUTE, (points.JOURNEYS, points.SCAN, points.OPEN_ALERTS, points.JOURNEY_END)),
        SITE: (Tag.SITE, (points.STOCK, points.SCAN, points.OPEN_ALERTS, points.DEVICE)),
        PURPOSE: (Tag.PURPOSE, (points.JOURNEYS, points.LEG, points.JOURNEY_END, points.TRIP)),
    }
    query = _containers() if of == CONTAINER else _values(*asked[of])
    return (
        build.QueryVariable(of)
        .label(of.capitalize())
        .description(f"Only what concerns these {of}s")
        .datasource(SOURCE)
        .query(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(_everything())
    )


def item() -> Builder[model.VariableModel]:
    """The one return or container that is asked about."""
    nothing = model.VariableOption(selected=True, text="", value="")
    return (
        build.TextBoxVariable(ITEM)
        .label("Return")
        .description("The id of a return or container, as it was scanned or announced")
        .current(nothing)
    )


def board() -> Builder[model.VariableModel]:
    """Where the ops board is."""
    return build.ConstantVariable("board").label("Ops board").value("http://localhost:8080")


def _everything() -> model.VariableOption:
    return model.VariableOption(selected=True, text=["All"], value=[ALL])


def _values(tag: str, of: tuple[Measurement, ...]) -> str:
    named = ", ".join(f'"{each.name}"' for each in of)
    return f'SHOW TAG VALUES FROM {named} WITH KEY = "{tag}"'


def _containers() -> str:
    of = points.CONTAINER_STATE
    return f'SELECT DISTINCT("{Field.CONTAINER}") FROM "{of.name}" WHERE time > now() - 1h'  # noqa: S608 # names of ours
