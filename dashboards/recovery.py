"""Recovery: how much comes back of what was announced, how fast, what is lost, and whether the law is kept."""

from typing import Final

from grafana_foundation_sdk.models import dashboard as model

from dashboards.board import Title, assembled
from dashboards.influxql import Select, call, differs, equals
from dashboards.looks import (
    arranged,
    colored,
    dotted,
    fewer_is_better,
    in_steps,
    measured_in,
    more_is_better,
    transformation,
)
from dashboards.narrowing import PURPOSE, ROUTE, Narrowing
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
    rows,
)
from dashboards.words import BAD, CANCELLED, COMPLETED, CONTAINER, DOUBTFUL, GOOD, LOST, OPEN, RETURN
from gateway.points import Field, Measurement, Tag
from gateway.points.schema import JOURNEY_END, TRIP

TITLE: Final = Title(
    "returns-recovery",
    "Recovery",
    "How much comes back of what was announced, how fast, what is lost; container turns; legal deadlines kept.",
    look_back="now-90d",
    refresh="15m",
)
NARROWED: Final = Narrowing(ROUTE, PURPOSE)
WEEK: Final = "1w, 4d"
"""Weeks that begin on Mondays, in UTC: InfluxQL counts them from the epoch, which was a Thursday."""
_SMALL = Size(4, 5)
_COUNTS: Final = equals(Field.N, 1)
_COLORS: Final = {COMPLETED: GOOD, LOST: BAD, OPEN: "blue", CANCELLED: "text"}
_BY: Final = {Tag.PURPOSE: "Purpose", Tag.ROUTE: "Route"}


def recovery() -> model.Dashboard:
    """The dashboard."""
    return assembled(TITLE, NARROWED, [*_figures(), *_weeks(), *_routes()])


def _trips(shown: str, *conditions: str) -> Select:
    return Select(TRIP, {"v": shown}, NARROWED(TRIP, _COUNTS, *conditions))


def _ends(shown: str, *conditions: str) -> Select:
    return Select(JOURNEY_END, {"v": shown}, NARROWED(JOURNEY_END, _COUNTS, *conditions))


def _settled() -> tuple[str, str]:
    return differs(Tag.OUTCOME, CANCELLED), differs(Tag.OUTCOME, OPEN)


def _figures() -> Panels:
    announced = Says(
        "Announced", "Returns announced in the time chosen, without those cancelled.", COUNT, "0"
    )
    back = Says(
        "Came back",
        "Of the returns announced in the time chosen whose trips have ended, the share that came back to the end of "
        "their routes; the others are lost so far. Those cancelled and those under way are left out.",
        SHARE,
    )
    cycle = Says(
        "Cycle time", "Nine in ten returns took at most this long from their first scan to the end.", SECONDS
    )
    of_returns = equals(Field.KIND, RETURN)
    yield number(
        announced,
        _SMALL,
        Ask(_trips(call("sum", Field.N), differs(Tag.OUTCOME, CANCELLED))),
        steps=((None, "blue"),),
    )
    yield number(
        back, _SMALL, Ask(_trips(call("mean", Field.BACK), *_settled())), steps=more_is_better(0.9, 0.98)
    ).decimals(1)
    yield number(
        cycle,
        _SMALL,
        Ask(_ends(call("percentile", Field.CYCLE_S, 90), of_returns, equals(Tag.OUTCOME, COMPLETED))),
        steps=((None, "blue"),),
    ).decimals(1)
    yield from _outcomes()


def _outcomes() -> Panels:
    lost = Says(
        "Lost", "Returns of which nothing was seen for too long, by when they went missing.", COUNT, "0"
    )
    legal = Says(
        "Legal deadlines kept",
        "Of the trips that ended and that the law wants completed in time, the share that were.",
        SHARE,
        "No such trip ended",
    )
    turns = Says("Container turns", "Trips of containers that were completed.", COUNT, "0")
    of_returns = equals(Field.KIND, RETURN)
    ended = equals(Tag.OUTCOME, COMPLETED)
    yield number(
        lost,
        _SMALL,
        Ask(_ends(call("sum", Field.N), of_returns, equals(Tag.OUTCOME, LOST))),
        steps=fewer_is_better(1, 10),
    )
    yield number(
        legal,
        _SMALL,
        Ask(_ends(call("mean", Field.ON_TIME), equals(Field.LEGAL, 1))),
        steps=more_is_better(0.99, 1.0),
    ).decimals(1)
    yield number(
        turns,
        _SMALL,
        Ask(_ends(call("sum", Field.N), equals(Field.KIND, CONTAINER), ended)),
        steps=((None, "blue"),),
    )


def _weeks() -> Panels:
    came = Says(
        "What came of each week's announcements",
        "Returns by the week they were announced, by outcome so far.",
    )
    asks = [
        Ask(_weekly(_trips(call("sum", Field.N), equals(Tag.OUTCOME, outcome))), outcome)
        for outcome in _COLORS
    ]
    panel = bars(came, Size(12, 9), *asks).interval("1d")
    for outcome, color in _COLORS.items():
        panel.override_by_name(outcome, colored(color))
    yield panel
    share = Says(
        "Came back, by route",
        "Of each week's announcements that have ended, the share that came back, by route.",
        SHARE,
    )
    by_route = _weekly(_trips(call("mean", Field.BACK), *_settled()), Tag.ROUTE)
    yield dotted(course(share, Size(12, 9), Ask(by_route, "$tag_route"), from_zero=False).max(1))
    cycle = Says(
        "Cycle time by route",
        "Half of the returns took at most this long, by the week they came back.",
        SECONDS,
    )
    middle = _ends(call("percentile", Field.CYCLE_S, 50), equals(Tag.OUTCOME, COMPLETED))
    yield dotted(course(cycle, Size(8, 9), Ask(_weekly(middle, Tag.ROUTE), "$tag_route")))
    losses = Says("Losses by route", "Returns and containers lost, by the week they went missing.")
    gone = _ends(call("sum", Field.N), equals(Tag.OUTCOME, LOST))
    yield bars(losses, Size(8, 9), Ask(_weekly(gone, Tag.ROUTE), "$tag_route")).interval("1d")
    turns = Says("Container turns by route", "Trips of containers completed, by week.")
    went = _ends(call("sum", Field.N), equals(Field.KIND, CONTAINER), equals(Tag.OUTCOME, COMPLETED))
    yield bars(turns, Size(8, 9), Ask(_weekly(went, Tag.ROUTE), "$tag_route")).interval("1d")


def _weekly(query: Select, *by: str) -> Select:
    return Select(query.source, query.columns, query.where, by=by, every=WEEK)


def _columns() -> tuple[tuple[Measurement, dict[str, str], tuple[str, ...]], ...]:
    """The columns of the table, with what each is of."""
    return (
        (TRIP, {"Announced": call("sum", Field.N)}, (differs(Tag.OUTCOME, CANCELLED),)),
        (TRIP, {"Came back": call("mean", Field.BACK)}, _settled()),
        (
            JOURNEY_END,
            {"Lost": call("sum", Field.N), "Worth": call("sum", Field.VALUE)},
            (equals(Tag.OUTCOME, LOST),),
        ),
        (
            JOURNEY_END,
            {
                "Cycle p50": call("percentile", Field.CYCLE_S, 50),
                "Cycle p90": call("percentile", Field.CYCLE_S, 90),
            },
            (equals(Tag.OUTCOME, COMPLETED),),
        ),
        (JOURNEY_END, {"On time": call("mean", Field.ON_TIME)}, ()),
        (JOURNEY_END, {"Legal kept": call("mean", Field.ON_TIME)}, (equals(Field.LEGAL, 1),)),
        (
            JOURNEY_END,
            {"Container turns": call("sum", Field.N)},
            (equals(Field.KIND, CONTAINER), equals(Tag.OUTCOME, COMPLETED)),
        ),
    )


def _routes() -> Panels:
    table = Says(
        "By purpose and route",
        "Announced, and come back of those that ended; lost with what it was worth; the cycle half of them and nine in "
        "ten kept within; on time and legal deadlines kept, of those that had any.",
        COUNT,
    )
    shown = _columns()
    asks = [
        rows(Select(of, columns, NARROWED(of, _COUNTS, *where), by=tuple(_BY)))
        for of, columns, where in shown
    ]
    order = {**_BY, **{title: title for _, columns, _ in shown for title in columns}}
    panel = listing(table, Size(24, 9), *asks).transformations([transformation("merge"), arranged(order)])
    for title in ("Came back", "On time", "Legal kept"):
        panel.override_by_name(title, in_steps(SHARE, (None, BAD), (0.9, DOUBTFUL), (0.98, GOOD)))
    for title in ("Cycle p50", "Cycle p90"):
        panel.override_by_name(title, measured_in(SECONDS))
    yield panel
