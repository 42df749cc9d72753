"""The key figures on the dashboards are those that the state store's facts give, worked out without any point."""

from collections import Counter
from collections.abc import Callable

import pytest

from gateway.points import Milestone
from gateway.tracking.model import JourneyStatus
from tests.dashboards.filling import DAY, HOUR, MINUTE, View
from tests.dashboards.looking import Grafana
from tests.dashboards.truth import Truth, mean, percentile, truth_of
from tests.dashboards.week import Week, week

MISSING = ("missing",)
LATE = ("not_collected", "overdwell", "delayed", "overdue")
ASTRAY = ("misrouted", "backtracked", "skipped")
NEARLY = 1e-9


@pytest.fixture(scope="session")
def truth(lived: Week) -> Truth:
    return truth_of(lived)


def test_the_week_is_worth_looking_at(truth: Truth) -> None:
    assert truth.open(*MISSING) > 1
    assert truth.open(*LATE) > 1
    assert truth.open(*ASTRAY) > 1
    assert truth.open("excursion") + truth.open("count_mismatch") > 0
    assert len(truth.told("leg")) > 100


@pytest.mark.parametrize(("title", "kinds"), [("Missing", MISSING), ("Late", LATE), ("Astray", ASTRAY)])
def test_what_is_missing_late_and_astray_now(
    grafana: Grafana, view: View, truth: Truth, title: str, kinds: tuple[str, ...]
) -> None:
    assert grafana.number("control-room", title, view) == truth.open(*kinds)
    for route in ("laptop-repair", "cartridge-refill", "solvent-drums"):
        narrowed = View(view.start, view.end, {"route": [route]})
        assert grafana.number("control-room", title, narrowed) == truth.open(*kinds, route=route)


def test_by_severity_all_open_alerts_are_there_once(grafana: Grafana, view: View, truth: Truth) -> None:
    hour = View(view.end - HOUR, view.end)  # in which each stretch of time is one sample
    shown = grafana.bars("control-room", "By severity", hour)
    expected = Counter(row.deviation.severity.word for row in truth.alerts)
    assert shown == {each: expected[each] for each in ("critical", "major", "warning", "minor")}
    for severity, count in shown.items():
        assert grafana.number("control-room", severity.capitalize(), view) == count


def test_the_list_of_the_worst_is_that_of_the_open_alerts_the_worst_first(
    grafana: Grafana, view: View, truth: Truth
) -> None:
    rows = grafana.table("control-room", "Worst open alerts", view)
    assert Counter((row["About"], row["What"]) for row in rows) == Counter(
        (row.subject.id, row.deviation.kind.value) for row in truth.alerts
    )
    order = ["critical", "major", "warning", "minor"]
    assert [order.index(row["Severity"]) for row in rows] == sorted(
        order.index(row["Severity"]) for row in rows
    )


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("Announced", JourneyStatus.ANNOUNCED),
        ("At a stop", JourneyStatus.AT_STOP),
        ("On their way", JourneyStatus.IN_TRANSIT),
        ("Off plan", JourneyStatus.OFF_PLAN),
    ],
)
def test_how_many_are_where(
    grafana: Grafana, view: View, truth: Truth, title: str, status: JourneyStatus
) -> None:
    assert grafana.number("returns", title, view) == truth.under_way(status)


def test_the_share_on_time(grafana: Grafana, view: View, truth: Truth) -> None:
    ends = truth.told("journey_end", lambda end: "on_time" in end.fields)
    shown = grafana.number("returns", "On time", view)
    assert shown == pytest.approx(mean(float(end.fields["on_time"]) for end in ends), rel=NEARLY)
    assert 0 < (shown or 0) < 1


def test_completed_in_the_week(grafana: Grafana, view: View, truth: Truth) -> None:
    done = truth.told("journey_end", lambda end: end.tags["outcome"] == "completed")
    assert grafana.number("returns", "Completed", view) == len(done)


def test_dwells_by_site_and_route(grafana: Grafana, view: View, truth: Truth) -> None:
    rows = grafana.table("sites", "Stays against the limit", view)
    stays: dict[tuple[str, str], list[Milestone]] = {}
    for each in truth.told("dwell"):
        stays.setdefault((each.tags["site"], each.tags["route"]), []).append(each)
    assert {(row["Site"], row["Route"]): row["Goods"] for row in rows} == {
        place: len(each) for place, each in stays.items()
    }
    for row in rows:
        lengths = [float(each.fields["dwell_s"]) for each in stays[row["Site"], row["Route"]]]
        assert (row["p50"], row["p90"]) == (percentile(lengths, 50), percentile(lengths, 90))
        over = [
            float(each.fields["over"]) for each in stays[row["Site"], row["Route"]] if "over" in each.fields
        ]
        assert row["Too long"] == (pytest.approx(mean(over), rel=NEARLY) if over else None)


def test_legs_by_route_and_sites(grafana: Grafana, view: View, truth: Truth) -> None:
    rows = grafana.table("returns", "Legs, the worst first", view)
    legs: dict[tuple[str, str, str], list[float]] = {}
    for each in truth.told("leg"):
        place = (each.tags["route"], each.tags["from_site"], each.tags["to_site"])
        legs.setdefault(place, []).append(float(each.fields["transit_s"]))
    shown = {(row["Route"], row["From"], row["To"]): (row["Goods"], row["p50"], row["p90"]) for row in rows}
    assert shown == {
        place: (len(each), percentile(each, 50), percentile(each, 90)) for place, each in legs.items()
    }


def _ended(kind: str, outcome: str) -> Callable[[tuple[str, Milestone]], bool]:
    return lambda each: (
        each[0] == kind and each[1].measurement == "journey_end" and each[1].tags["outcome"] == outcome
    )


def test_turns_and_losses(grafana: Grafana, view: View, truth: Truth) -> None:
    turns = sum(map(_ended("container", "completed"), truth.milestones))
    lost = sum(map(_ended("return", "lost"), truth.milestones))
    assert turns > 0
    assert lost > 0
    assert grafana.number("containers", "Turns", view) == turns
    assert grafana.number("recovery", "Container turns", view) == turns
    assert grafana.number("recovery", "Lost", view) == lost
    assert sum(grafana.bars("containers", "Turns by route", view).values()) == turns


def test_how_much_came_back_of_what_was_announced(grafana: Grafana, view: View, truth: Truth) -> None:
    outcomes = Counter(trip.tags["outcome"] for trip in truth.told("trip"))
    kept, gone = outcomes["completed"], outcomes["lost"]
    assert grafana.number("recovery", "Announced", view) == kept + gone + outcomes["open"]
    assert grafana.number("recovery", "Came back", view) == pytest.approx(kept / (kept + gone), rel=NEARLY)


def test_legal_deadlines_kept(grafana: Grafana, view: View, truth: Truth) -> None:
    legal = truth.told("journey_end", lambda end: end.fields["legal"] == 1 and "on_time" in end.fields)
    assert {end.tags["route"] for end in legal} == {"solvent-drums"}
    shown = grafana.number("recovery", "Legal deadlines kept", view)
    assert shown == pytest.approx(mean(float(end.fields["on_time"]) for end in legal), rel=NEARLY)


def test_what_waits_at_sites(grafana: Grafana, view: View, lived: Week) -> None:
    with lived.state.reader() as unit:
        stock = unit.stock_counts(lived.end)
    expected: Counter[str] = Counter()
    for each in stock:
        expected[each.site] += each.subjects
    assert grafana.number("sites", "Waiting", view) == expected.total()
    assert grafana.number("sites", "Over the limit", view) == sum(each.over for each in stock)
    assert grafana.bars("sites", "What waits where", view) == expected


def test_a_gateway_that_is_silent_shows_no_figure_and_not_none(grafana: Grafana, view: View) -> None:
    later = View(view.start, view.end + 11 * MINUTE)
    assert grafana.number("control-room", "Missing", later) is None
    assert grafana.panel("control-room", "Missing")["fieldConfig"]["defaults"]["noValue"] == "No report"


def test_where_nothing_is_open_the_figure_is_0(grafana: Grafana, view: View) -> None:
    nowhere = View(view.start, view.end, {"route": ["no such route"]})
    for title in ("Missing", "Late", "Astray", "Oldest", "Moving", "Devices silent"):
        assert grafana.number("control-room", title, nowhere) == 0


def test_what_was_taken_back_counts_for_nothing(fresh: Grafana, lived: Week) -> None:
    ends = [point for point in lived.points if point.measurement in ("leg", "dwell", "journey_end", "trip")]
    fresh.write([point._replace(fields={**point.fields, "n": 0}) for point in ends])
    view = View(lived.start // 1000 - 30 * DAY, lived.end // 1000 + 1)
    for board, title in (("returns", "Completed"), ("returns", "On time"), ("recovery", "Came back")):
        assert fresh.number(board, title, view) in (None, 0)
    assert fresh.table("returns", "Legs, the worst first", view) == []
    assert fresh.table("sites", "Stays against the limit", view) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 9])
def test_key_figures_of_other_weeks(fresh: Grafana, view: View, seed: int) -> None:
    lived = week(seed)
    fresh.write(lived.points)
    truth = truth_of(lived)
    assert fresh.number("control-room", "Missing", view) == truth.open(*MISSING)
    assert fresh.number("control-room", "Late", view) == truth.open(*LATE)
    timely = [float(end.fields["on_time"]) for end in truth.told("journey_end") if "on_time" in end.fields]
    assert fresh.number("returns", "On time", view) == pytest.approx(mean(timely), rel=NEARLY)
    turns = sum(map(_ended("container", "completed"), truth.milestones))
    assert fresh.number("containers", "Turns", view) == turns
