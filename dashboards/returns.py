"""Returns: how many are announced, on their way, at each stop, completed, by route and purpose; which legs lag."""

from typing import Final

from grafana_foundation_sdk.models import dashboard as model

from dashboards import open_now
from dashboards.board import Title, assembled
from dashboards.influxql import INTERVAL, Select, call, differs, equals, name
from dashboards.looks import arranged, colored, in_steps, measured_in, more_is_better, worst_first
from dashboards.narrowing import PURPOSE, ROUTE, SITE, Narrowing
from dashboards.panels import (
    COUNT,
    SECONDS,
    SHARE,
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
from dashboards.words import BAD, COMPLETED, DOUBTFUL, GOOD, LOST, OFF_PLAN, STATUSES
from gateway.points import NONE, Field, Tag
from gateway.points.schema import JOURNEY_END, JOURNEYS, LEG, STOCK

TITLE: Final = Title(
    "returns-returns",
    "Returns",
    "By route and purpose: how many are announced, on their way, at each stop, completed; how fast the legs are.",
    look_back="now-7d",
)
NARROWED: Final = Narrowing(ROUTE, PURPOSE, SITE)
_SMALL = Size(4, 5)
_COUNTS: Final = equals(Field.N, 1)
"""Of milestones, those that have not been taken back."""


def returns() -> model.Dashboard:
    """The dashboard."""
    return assembled(TITLE, NARROWED, [*_figures(), *_places(), *_legs(), *_ends()])


def _figures() -> Panels:
    for status, word in STATUSES.items():
        says = Says(word, "Returns and containers with this status now.", COUNT, open_now.SILENT)
        query = open_now.journeys(NARROWED, equals(Tag.STATUS, status))
        color = DOUBTFUL if status == OFF_PLAN else "blue"
        steps = ((None, GOOD), (1, color)) if status == OFF_PLAN else ((None, color),)
        yield number(says, _SMALL, Ask(query, word), steps=steps).time_from(open_now.RECENT)
    done = Says("Completed", "Trips that were completed in the time chosen.", COUNT, "0")
    ended = NARROWED(JOURNEY_END, _COUNTS, equals(Tag.OUTCOME, COMPLETED))
    yield number(done, _SMALL, Ask(Select(JOURNEY_END, {"Completed": call("sum", Field.N)}, ended)))
    timely = Says(
        "On time",
        "Of the trips that ended in the time chosen and had to be completed by an instant, the share that was. "
        "What is lost was not.",
        SHARE,
        "Nothing was due",
    )
    share = Select(JOURNEY_END, {"On time": call("mean", Field.ON_TIME)}, NARROWED(JOURNEY_END, _COUNTS))
    yield number(timely, _SMALL, Ask(share), steps=more_is_better(0.8, 0.95)).decimals(1)


def _places() -> Panels:
    under_way = open_now.grouped(
        JOURNEYS, (Tag.ROUTE, Tag.PURPOSE), *NARROWED(JOURNEYS, differs(Tag.STATUS, NONE))
    )
    routes = Says(
        "Under way by route", "Journeys under way now, by route and purpose.", COUNT, "Nothing under way"
    )
    at_site = open_now.grouped(STOCK, (Tag.SITE,), *NARROWED(STOCK))
    stops = Says("At each stop", "What is at the sites of the routes' stops now.", COUNT, "Nothing waits")
    flow = Says("Through the time", "Journeys by status, through the time chosen.", COUNT, open_now.SILENT)
    yield ranking(
        routes,
        Size(8, 9),
        Ask(open_now.newest(under_way, (Tag.ROUTE, Tag.PURPOSE)), "$tag_route · $tag_purpose"),
    ).time_from(open_now.LATEST)
    yield ranking(stops, Size(8, 9), Ask(open_now.newest(at_site, (Tag.SITE,)), "$tag_site")).time_from(
        open_now.LATEST
    )
    yield course(
        flow,
        Size(8, 9),
        *(
            Ask(open_now.through_time(open_now.journeys(NARROWED, equals(Tag.STATUS, status))), word)
            for status, word in STATUSES.items()
        ),
    )


def _legs() -> Panels:
    table = Says(
        "Legs, the worst first",
        "Each leg travelled in the time chosen: half of the goods took at most p50, nine in ten at most p90; what is "
        "typical and the limit by the route; the share that arrived later than it should have.",
        SECONDS,
        "No leg travelled in this time",
    )
    figures = {
        "Goods": call("sum", Field.N),
        "Late": call("mean", Field.LATE),
        "p50": call("percentile", Field.TRANSIT_S, 50),
        "p90": call("percentile", Field.TRANSIT_S, 90),
        "Typical": call("last", Field.TYPICAL_S),
        "Limit": call("last", Field.MAX_S),
    }
    by = {Tag.ROUTE: "Route", Tag.FROM_SITE: "From", Tag.TO_SITE: "To"}
    legs = Select(LEG, figures, NARROWED(LEG, _COUNTS), by=tuple(by))
    order = {**by, **{each: each for each in figures}}
    yield (
        listing(table, Size(16, 11), rows(legs))
        .transformations([arranged(order)])
        .sort_by([worst_first("Late")])
        .override_by_name("Goods", measured_in(COUNT))
        .override_by_name("Late", in_steps(SHARE, (None, GOOD), (0.05, DOUBTFUL), (0.2, BAD)))
    )
    yield from _speed()


def _speed() -> Panels:
    used = Says(
        "Transit against the limit",
        "How much of the time allowed for their legs the goods took that arrived: half of them at most p50, nine in "
        "ten at most p90. Above 100 % is late.",
        SHARE,
    )
    ratio = Select(LEG, {"used": f"{name(Field.TRANSIT_S)} / {name(Field.MAX_S)}"}, NARROWED(LEG, _COUNTS))
    yield (
        course(
            used,
            Size(8, 11),
            *(
                Ask(Select(ratio, {"used": call("percentile", "used", each)}, every=INTERVAL), f"p{each}")
                for each in (50, 90)
            ),
        )
        .interval("6h")
        .override_by_name("p90", colored(DOUBTFUL))
    )


def _ends() -> Panels:
    done = Says("Completed and otherwise ended", "How trips ended, by when, in the time chosen.")
    ends = Select(
        JOURNEY_END,
        {"v": call("sum", Field.N)},
        NARROWED(JOURNEY_END, _COUNTS),
        by=(Tag.OUTCOME,),
        every=INTERVAL,
    )
    yield (
        bars(done, Size(12, 8), Ask(ends, "$tag_outcome"))
        .interval("6h")
        .override_by_name(COMPLETED, colored(GOOD))
        .override_by_name(LOST, colored(BAD))
    )
    timely = Says(
        "On time by route", "The share of the ended trips that were completed before they were due.", SHARE
    )
    share = Select(
        JOURNEY_END, {"share": call("mean", Field.ON_TIME)}, NARROWED(JOURNEY_END, _COUNTS), by=(Tag.ROUTE,)
    )
    yield ranking(timely, Size(12, 8), Ask(share, "$tag_route"), steps=more_is_better(0.8, 0.95)).max(1)
