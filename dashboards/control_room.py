"""The control room, for the wall: what is missing, late or astray now, where, and whether it gets better."""

from typing import Final

from grafana_foundation_sdk.models import dashboard as model

from dashboards import open_now
from dashboards.board import Title, assembled, link_to, to_one_return
from dashboards.influxql import INTERVAL, Select, call, differs, equals, name
from dashboards.looks import (
    arranged,
    by_severity,
    colored,
    fewer_is_better,
    in_colors,
    in_words,
    measured_in,
    one_row_each,
    wide,
)
from dashboards.narrowing import ROUTE, SEVERITY, SITE, Narrowing
from dashboards.panels import (
    COUNT,
    SECONDS,
    Ask,
    Panels,
    Says,
    Size,
    bars,
    course,
    listing,
    number,
    ranking,
    rows,
)
from dashboards.words import (
    ASTRAY,
    BAD,
    DOUBTFUL,
    GOOD,
    IN_TRANSIT,
    KINDS,
    LATE,
    MISSING,
    OPENED,
    RESOLVED,
    SEVERITIES,
    STATUSES,
)
from dashboards.words import SILENT as DEVICES_SILENT
from gateway.points import NONE, Field, Tag
from gateway.points.schema import ALERT, OPEN_ALERTS

TITLE: Final = Title(
    "returns-control-room",
    "Control room",
    "For the wall: what is missing, late or astray now, where it was last seen, and whether it gets better.",
)
NARROWED: Final = Narrowing(ROUTE, SITE, SEVERITY)
_BIG = Size(4, 7)
_SEVERITY = Size(6, 4)
_WORST: Final = {
    "Alert": Field.ALERT_ID,
    "Severity": Tag.SEVERITY,
    "What": Tag.KIND,
    "About": Field.SUBJECT,
    "In container": Field.CONTAINER,
    "Open for": Field.OPEN_S,
    "Last seen at": Field.LAST_SITE,
    "Expected at": Field.EXPECTED_SITES,
    "Route": Tag.ROUTE,
    "Seen to": Field.ACKNOWLEDGED,
}
_NEWEST: Final = {
    "What": Tag.KIND,
    "About": Field.SUBJECT,
    "Transition": Tag.TRANSITION,
    "Severity": Tag.SEVERITY,
    "Site": Tag.SITE,
}


def control_room() -> model.Dashboard:
    """The dashboard."""
    return assembled(TITLE, NARROWED, [*_figures(), *_severities(), *_trends(), *_lists()])


def _figures() -> Panels:
    kinds = (
        (
            "Missing",
            MISSING,
            "Not seen for longer than their routes allow, or short when a container was unpacked.",
        ),
        ("Late", LATE, "Not collected, too long at a stop, delayed or overdue."),
        (
            "Astray",
            ASTRAY,
            "At a site that is not next on their route, or past one they should have called at.",
        ),
    )
    for title, which, description in kinds:
        says = Says(title, f"{description} Alerts open now, at the newest sample.", COUNT, open_now.SILENT)
        steps = fewer_is_better(1, 10) if title != "Missing" else fewer_is_better(1, 1)
        panel = number(says, _BIG, Ask(open_now.of_kinds(NARROWED, which), title), steps=steps)
        yield panel.time_from(open_now.RECENT).links([link_to("returns-returns", "Returns")])
    oldest = Says("Oldest", "How long the oldest open alert has been open.", SECONDS, open_now.SILENT)
    moving = Says("Moving", "Returns and containers on their way between stops now.", COUNT, open_now.SILENT)
    silent = Says(
        "Devices silent",
        "Devices that have not been heard for longer than they may be, and sites of which all are.",
        COUNT,
        open_now.SILENT,
    )
    under_way = open_now.journeys(NARROWED, equals(Tag.STATUS, IN_TRANSIT))
    day, three = 86_400.0, 3 * 86_400.0
    dumb = Ask(open_now.of_kinds(NARROWED, DEVICES_SILENT), "Silent")
    for panel in (
        number(
            oldest, _BIG, Ask(open_now.oldest(NARROWED), "Oldest"), steps=fewer_is_better(day, three)
        ).decimals(1),
        number(moving, _BIG, Ask(under_way, "Moving"), steps=((None, "blue"),)),
        number(silent, _BIG, dumb, steps=fewer_is_better(1, 3)),
    ):
        yield panel.time_from(open_now.RECENT)


def _open_by_severity() -> dict[str, Select]:
    return {
        severity: open_now.open_alerts(NARROWED, equals(Tag.SEVERITY, severity)) for severity in SEVERITIES
    }


def _severities() -> Panels:
    for severity, query in _open_by_severity().items():
        title = severity.capitalize()
        says = Says(title, f"Open alerts that are {severity}, of all kinds, now.", COUNT, open_now.SILENT)
        steps = ((None, GOOD), (1, SEVERITIES[severity]))
        yield number(says, _SEVERITY, Ask(query, title), steps=steps).time_from(open_now.RECENT)


def _trends() -> Panels:
    open_of = _open_by_severity()
    by_site = open_now.grouped(OPEN_ALERTS, (Tag.SITE,), *NARROWED(OPEN_ALERTS, differs(Tag.KIND, NONE)))
    where = Says("Where", "Open alerts by the site that they are about, now.", COUNT, open_now.NEVER)
    severe = Says("By severity", "Open alerts by severity, through the time chosen.", COUNT, open_now.SILENT)
    flow = Says("Opened and resolved", "Alerts that opened and that were resolved, through the time chosen.")
    happened = {
        what: Select(
            ALERT,
            {"v": call("count", Field.ALERT_ID)},
            NARROWED(ALERT, equals(Tag.TRANSITION, what)),
            every=INTERVAL,
            fill="0",
        )
        for what in (OPENED, RESOLVED)
    }
    yield from [
        ranking(
            where,
            Size(8, 9),
            Ask(open_now.newest(by_site, (Tag.SITE,)), "$tag_site"),
            steps=((None, DOUBTFUL),),
        ).time_from(open_now.LATEST),
        by_severity(
            course(
                severe,
                Size(8, 9),
                *(Ask(open_now.through_time(each), severity) for severity, each in open_of.items()),
            )
        ),
        bars(flow, Size(8, 9), *(Ask(each, what) for what, each in happened.items()))
        .interval("15m")
        .override_by_name(OPENED, colored(BAD))
        .override_by_name(RESOLVED, colored(GOOD)),
    ]


def _lists() -> Panels:
    worst = Says(
        "Worst open alerts",
        "Those open in the last two minutes, the worst first: since when, where last seen, where expected next.",
        COUNT,
        open_now.NEVER,
    )
    yield (
        listing(worst, Size(16, 12), rows(open_now.one_by_one(NARROWED, _WORST)))
        .time_from(open_now.LATEST)
        .transformations(one_row_each(*_WORST, unseen="Alert"))
        .override_by_name("Severity", [*in_colors(SEVERITIES), *wide(90)])
        .override_by_name("About", to_one_return("return"))
        .override_by_name("What", in_words(KINDS))
        .override_by_name("Seen to", in_words({"0": "–", "1": "yes"}))
        .override_by_name("Open for", measured_in(SECONDS))
    )
    newest = Says("Newest", "The newest transitions of alerts.")
    shown = {title: name(of) for title, of in _NEWEST.items()}
    transitions = Select(ALERT, shown, NARROWED(ALERT), tail="ORDER BY time DESC LIMIT 30")
    yield (
        listing(newest, Size(8, 12), rows(transitions))
        .transformations([arranged({"Time": "When", **{each: each for each in shown}}, hidden=())])
        .override_by_name("What", in_words(KINDS))
        .override_by_name("Severity", in_colors(SEVERITIES))
        .override_by_name("About", to_one_return("return"))
    )
    moving = Says(
        "Goods under way", "Journeys by where they stand, through the time chosen.", COUNT, open_now.SILENT
    )
    standing = {
        word: open_now.journeys(NARROWED, equals(Tag.STATUS, status)) for status, word in STATUSES.items()
    }
    asks = [Ask(open_now.through_time(each), word) for word, each in standing.items()]
    yield course(moving, Size(24, 8), *asks)
