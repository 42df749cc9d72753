"""Containers: where they are and how they fare, what their sensors say against the limits, what was counted wrong."""

from typing import Final

from grafana_foundation_sdk.models import dashboard as model

from dashboards import open_now
from dashboards.board import Title, assembled, to_one_return
from dashboards.influxql import INTERVAL, Select, among, call, equals, name
from dashboards.looks import dashed, fewer_is_better, in_colors, in_words, measured_in, one_row_each
from dashboards.maps import spots, worldmap
from dashboards.narrowing import CONTAINER, ROUTE, Narrowing
from dashboards.panels import COUNT, SECONDS, Ask, Panels, Says, Size, course, listing, number, ranking, rows
from dashboards.words import (
    BAD,
    CALM,
    COMPLETED,
    COUNTED_WRONG,
    GOOD,
    KINDS,
    OUT_OF_LIMITS,
    SEVERITIES,
)
from dashboards.words import CONTAINER as OF_CONTAINERS
from gateway.points import Field, Tag
from gateway.points.schema import CONTAINER_STATE, JOURNEY_END, LIMIT, POSITION

TITLE: Final = Title(
    "returns-containers",
    "Containers",
    "Where the containers are and how they fare: positions, sensors against limits, excursions, miscounts, turns.",
    look_back="now-7d",
)
NARROWED: Final = Narrowing(CONTAINER, ROUTE)
_SMALL = Size(4, 5)
_STATES: Final = {**SEVERITIES, CALM: GOOD}
_STATE: Final = {
    "Container": Field.CONTAINER,
    "State": Field.SEVERITY,
    "Latitude": Field.LAT,
    "Longitude": Field.LON,
    "Type": Tag.TYPE,
    "Route": Tag.ROUTE,
    "At": Field.SITE,
    "Holds": Field.ITEMS,
    "Turns": Field.TURNS,
}
_SENSORS: Final = (
    ("Temperature", Field.TEMPERATURE_C, "celsius"),
    ("Humidity", Field.HUMIDITY_PCT, "humidity"),
    ("Shock", Field.SHOCK_G, "accG"),
    ("Battery", Field.BATTERY_PCT, "percent"),
)


def containers() -> model.Dashboard:
    """The dashboard."""
    return assembled(TITLE, NARROWED, [*_figures(), *_maps(), *_states(), *_sensors()])


def _figures() -> Panels:
    now = (
        ("Containers", "Declared containers, at the newest sample.", _each("count", Field.CONTAINER)),
        ("Items in them", "What is packed in containers now.", _each("sum", Field.ITEMS)),
    )
    for title, description, query in now:
        says = Says(title, description, COUNT, open_now.SILENT)
        yield number(says, _SMALL, Ask(query), steps=((None, "blue"),)).time_from(open_now.RECENT)
    not_calm = f"{name(Field.SEVERITY)} != '{CALM}'"
    amiss = (
        ("With any alert", "Containers with any alert open now.", _each("count", Field.CONTAINER, not_calm)),
        (
            "Out of limits",
            "Excursions open now: a sensor read more or less than its type may.",
            _concerned(OUT_OF_LIMITS),
        ),
        ("Counted wrong", "Containers unpacked with items short or over.", _concerned(COUNTED_WRONG)),
    )
    for title, description, query in amiss:
        says = Says(title, description, COUNT, "0")
        yield number(says, _SMALL, Ask(query), steps=fewer_is_better(1, 3)).time_from(open_now.LATEST)
    turns = Says("Turns", "Trips of containers that were completed in the time chosen.", COUNT, "0")
    done = Select(JOURNEY_END, {"Turns": call("sum", Field.N)}, _completed())
    yield number(turns, _SMALL, Ask(done))


def _completed() -> tuple[str, ...]:
    """The conditions of completed trips of containers."""
    return NARROWED(
        JOURNEY_END,
        equals(Field.N, 1),
        equals(Field.KIND, OF_CONTAINERS),
        equals(Tag.OUTCOME, COMPLETED),
    )


def _each(function: str, of: str, *conditions: str) -> Select:
    return Select(
        CONTAINER_STATE,
        {"now": call(function, of)},
        NARROWED(CONTAINER_STATE, *conditions),
        every="1m",
    )


def _concerned(kinds: tuple[str, ...]) -> Select:
    alerts = open_now.one_by_one(NARROWED, {"Alert": Field.ALERT_ID}, among(Tag.KIND, kinds))
    return Select(alerts.source, {"now": call("count", Field.ALERT_ID)}, alerts.where, every="1m")


def _maps() -> Panels:
    where = Says(
        "Where they are",
        "The newest position of each container, coloured by the worst of its open alerts; green: none.",
        COUNT,
        "No container has sent a position",
    )
    track = Says(
        "Track",
        "Positions in the time chosen, the newest 2,000. Choose one container above to see its track alone.",
        COUNT,
        "No position in this time",
    )
    newest = Select(
        CONTAINER_STATE, {title: name(of) for title, of in _STATE.items()}, NARROWED(CONTAINER_STATE)
    )
    seen = {
        "Container": name(Field.CONTAINER),
        "Latitude": name(Field.LAT),
        "Longitude": name(Field.LON),
        "Speed": name(Field.SPEED_KMH),
    }
    positions = Select(POSITION, seen, NARROWED(POSITION), tail="ORDER BY time DESC LIMIT 2000")
    yield (
        worldmap(
            where,
            Size(14, 15),
            rows(newest),
            layers=(spots("Containers", "Latitude", "Longitude", label="Container", color="State", width=9),),
        )
        .time_from(open_now.LATEST)
        .transformations(one_row_each(*_STATE))
        .override_by_name("State", in_colors(_STATES))
    )
    yield worldmap(
        track,
        Size(10, 15),
        rows(positions),
        layers=(spots("Positions", "Latitude", "Longitude", width=4),),
    ).override_by_name("Speed", measured_in("velocitykmh"))


def _states() -> Panels:
    state = Says("State of each", "Each container at the newest sample.", COUNT, open_now.SILENT)
    shown = {title: of for title, of in _STATE.items() if title not in ("Latitude", "Longitude")}
    newest = Select(
        CONTAINER_STATE, {title: name(of) for title, of in shown.items()}, NARROWED(CONTAINER_STATE)
    )
    yield (
        listing(state, Size(12, 11), rows(newest))
        .time_from(open_now.LATEST)
        .transformations(one_row_each(*shown))
        .override_by_name("State", in_colors(_STATES))
        .override_by_name("Container", to_one_return(OF_CONTAINERS))
    )
    alerts = Says(
        "Excursions and miscounts", "Alerts of containers that are open now.", COUNT, open_now.NEVER
    )
    said = {
        "Alert": Field.ALERT_ID,
        "Severity": Tag.SEVERITY,
        "What": Tag.KIND,
        "Container": Field.SUBJECT,
        "Open for": Field.OPEN_S,
        "Last seen at": Field.LAST_SITE,
    }
    open_ = open_now.one_by_one(NARROWED, said, among(Tag.KIND, (*OUT_OF_LIMITS, *COUNTED_WRONG)))
    yield (
        listing(alerts, Size(12, 11), rows(open_))
        .time_from(open_now.LATEST)
        .transformations(one_row_each(*said, unseen="Alert"))
        .override_by_name("Severity", in_colors(SEVERITIES))
        .override_by_name("Container", to_one_return(OF_CONTAINERS))
        .override_by_name("What", in_words(KINDS))
        .override_by_name("Open for", measured_in(SECONDS))
    )


def _sensors() -> Panels:
    for title, field, unit in _SENSORS:
        says = Says(
            title,
            f"{title} as the trackers read it: the most of each stretch of time, the least for batteries. Broken "
            "lines are the limits of the containers' types.",
            unit,
            "No reading in this time",
        )
        worst = "min" if field == Field.BATTERY_PCT else "max"
        read = Select(
            POSITION, {"v": call(worst, field)}, NARROWED(POSITION), by=(Tag.DEVICE,), every=INTERVAL
        )
        limits = [
            Ask(_limit(field, bound), f"$tag_type: {word}")
            for bound, word in ((Field.MOST, "at most"), (Field.LEAST, "at least"))
        ]
        panel = course(says, Size(12, 9), Ask(read, "$tag_device"), *limits, from_zero=False).interval("30m")
        yield panel.override_by_regexp("/: at (most|least)$/", dashed(BAD))
    turns = Says("Turns by route", "Trips of containers completed in the time chosen, by route.", COUNT)
    done = Select(JOURNEY_END, {"v": call("sum", Field.N)}, _completed(), by=(Tag.ROUTE,))
    yield ranking(turns, Size(12, 6), Ask(done, "$tag_route"))
    level = Says(
        "Batteries of trackers",
        "The newest reading of each; an alert opens below 20 %.",
        "percent",
        "No reading",
    )
    newest = Select(POSITION, {"v": call("last", Field.BATTERY_PCT)}, NARROWED(POSITION), by=(Tag.DEVICE,))
    steps = ((None, BAD), (20, "orange"), (40, GOOD))
    yield ranking(level, Size(12, 6), Ask(newest, "$tag_device"), steps=steps).max(100)


def _limit(field: str, bound: str) -> Select:
    where = (equals(Tag.SENSOR, field),)
    return Select(LIMIT, {"v": call("last", bound)}, where, by=(Tag.TYPE,), every=INTERVAL)
