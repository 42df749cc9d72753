"""One return: everything that is known about it, in order. Which one is a text: its id, as it was scanned."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from dashboards import narrowing, open_now
from dashboards.board import ONE_RETURN, Title, assembled
from dashboards.influxql import Select, call, chosen, either, equals, name
from dashboards.looks import (
    arranged,
    fewer_is_better,
    in_colors,
    in_words,
    measured_in,
    one_row_each,
    transformation,
    wide,
    words,
)
from dashboards.narrowing import ITEM, Narrowing
from dashboards.panels import COUNT, SECONDS, Ask, Panels, Says, Size, listing, number, rows
from dashboards.words import KINDS, LOST, OPENED, RESOLVED, SEVERITIES, VERDICTS
from gateway.points import Field, Measurement, Tag
from gateway.points.schema import ALERT, DWELL, JOURNEY_END, LEG, OPEN_ALERT, SCAN, TRIP

TITLE: Final = Title(
    ONE_RETURN,
    "One return",
    "Everything that is known about one return or container, in order. Enter its id above.",
    look_back="now-30d",
)
NARROWED: Final = Narrowing()
_SMALL = Size(6, 5)
_ASK: Final = "Nothing known of this id"
_COUNTS: Final = equals(Field.N, 1)
_STORY: Final = (
    "Time",
    "Site",
    "What",
    "How",
    "From",
    "Took",
    "Too long by",
    "In container",
    "Device",
    "Announced for",
)
_HOWS: Final = {**VERDICTS, OPENED: "red", RESOLVED: "green", LOST: "red"}


def one_return() -> model.Dashboard:
    """The dashboard."""
    about_it = (chosen(Field.SUBJECT, ITEM),)
    return assembled(
        TITLE, NARROWED, [*_figures(), *_story(), *_rest()], own=(narrowing.item(),), alerts=about_it
    )


def _about(of: Measurement, columns: dict[str, str], tail: str = "", *conditions: str) -> Select:
    whose = chosen(Field.SUBJECT if Field.SUBJECT in of.fields else Field.ITEM, ITEM)
    if of is SCAN:
        whose = either(chosen(Field.ITEM, ITEM), chosen(Field.CONTAINER, ITEM))
    shown = {title: name(said) for title, said in columns.items()}
    return Select(of, shown, (*conditions, whose), tail=tail)


def _figures() -> Panels:
    newest = "ORDER BY time DESC LIMIT 1"
    place = Says("Last scanned at", "The site of its newest scan in the time chosen.", "string", _ASK)
    last = _about(SCAN, {"Event": Field.EVENT_ID, "Site": Tag.SITE}, newest)
    stood = Says("Its newest trip", "How the newest of its trips that were announced stands.", "string", _ASK)
    trip = _about(TRIP, {"Item": Field.ITEM, "Outcome": Tag.OUTCOME}, newest, _COUNTS)
    for says, query, shown in ((place, last, "Site"), (stood, trip, "Outcome")):
        yield number(says, _SMALL, rows(query), steps=((None, "blue"),)).reduce_options(words(shown))
    alerts = Says("Open alerts", "Alerts about it at the newest sample.", COUNT, open_now.NEVER)
    where = (chosen(Field.SUBJECT, ITEM),)
    open_ = Select(OPEN_ALERT, {"now": call("count", Field.ALERT_ID)}, where, every="1m")
    to_board = build.DashboardLink("This return on the ops board").url(
        f"${{board}}/return?id=${{{ITEM}:percentencode}}"
    )
    to_board.type(model.DashboardLinkType.LINK).target_blank(True)
    yield (
        number(alerts, _SMALL, Ask(open_), steps=fewer_is_better(1, 1))
        .time_from(open_now.LATEST)
        .links([to_board])
    )
    scans = Says("Scans", "How often it was scanned in the time chosen.", COUNT, _ASK)
    both = (either(chosen(Field.ITEM, ITEM), chosen(Field.CONTAINER, ITEM)),)
    count = Select(SCAN, {"v": call("count", Field.EVENT_ID)}, both)
    yield number(scans, _SMALL, Ask(count), steps=((None, "blue"),))


def _told() -> tuple[Select, ...]:
    """What makes the story: where the same things have the same names, they come to stand in one column."""
    scanned = {
        "Site": Tag.SITE,
        "What": Tag.STEP,
        "How": Tag.VERDICT,
        "In container": Field.CONTAINER,
        "Device": Field.DEVICE,
    }
    return (
        _about(TRIP, {"Item": Field.ITEM, "Announced for": Tag.ROUTE}, "", _COUNTS),
        _about(SCAN, scanned),
        _about(ALERT, {"Alert": Field.ALERT_ID, "Site": Tag.SITE, "What": Tag.KIND, "How": Tag.TRANSITION}),
        _about(
            LEG,
            {
                "Site": Tag.TO_SITE,
                "From": Tag.FROM_SITE,
                "Took": Field.TRANSIT_S,
                "Too long by": Field.LATE_S,
            },
            "",
            _COUNTS,
        ),
        _about(DWELL, {"Site": Tag.SITE, "Took": Field.DWELL_S, "Too long by": Field.OVER_S}, "", _COUNTS),
        _about(
            JOURNEY_END, {"How": Tag.OUTCOME, "Took": Field.CYCLE_S, "Too long by": Field.LATE_S}, "", _COUNTS
        ),
    )


def _story() -> Panels:
    says = Says(
        "Its story",
        "When it was announced, its scans with their verdicts, legs and stays with how long they took, alerts as they "
        "opened and were resolved, and how its trips ended; the newest first.",
        COUNT,
        _ASK,
    )
    yield (
        listing(says, Size(24, 16), *(rows(query) for query in _told()))
        .transformations(
            [
                transformation("merge"),
                arranged(dict(zip(_STORY, ("When", *_STORY[1:]), strict=True)), hidden=("Alert", "Item")),
                transformation("sortBy", sort=[{"field": "When", "desc": True}], fields={}),
            ]
        )
        .override_by_name("What", in_words(KINDS))
        .override_by_name("How", in_colors(_HOWS))
        .override_by_name("Took", measured_in(SECONDS))
        .override_by_name("Too long by", measured_in(SECONDS))
        .override_by_name("When", wide(190))
    )


def _rest() -> Panels:
    says = Says("What is open about it", "Alerts at the newest sample.", COUNT, open_now.NEVER)
    said = {
        "Alert": Field.ALERT_ID,
        "Severity": Tag.SEVERITY,
        "What": Tag.KIND,
        "Open for": Field.OPEN_S,
        "Last seen at": Field.LAST_SITE,
        "Expected at": Field.EXPECTED_SITES,
        "Seen to": Field.ACKNOWLEDGED,
    }
    yield (
        listing(says, Size(24, 7), rows(_about(OPEN_ALERT, said)))
        .time_from(open_now.LATEST)
        .transformations(one_row_each(*said, unseen="Alert"))
        .override_by_name("Severity", in_colors(SEVERITIES))
        .override_by_name("Seen to", in_words({"0": "–", "1": "yes"}))
        .override_by_name("What", in_words(KINDS))
        .override_by_name("Open for", measured_in(SECONDS))
    )
