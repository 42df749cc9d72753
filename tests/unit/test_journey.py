"""The fold: sightings against a route, rule by rule (tracking.md section 3)."""

import pytest

from gateway.tracking.journey import Journey, Rule, expectation, fold, unmoved
from gateway.tracking.model import Origin
from gateway.tracking.plan import Calendar, Network, Route, Site
from gateway.tracking.sightings import Sighting
from tests.unit.builders import daily, network, route, stop, t, told

ROUTE = route(
    "R",
    stop("CP", "CP2", dwell="24h"),
    stop("HUB", transit="24h", dwell="12h"),
    stop("SORT", optional=True, transit="6h", dwell="4h"),
    stop("PLANT", transit="48h", steps="receiving repairing"),
)
NETWORK = network(ROUTE)


def folded(text: str, along: Route = ROUTE, known: Network = NETWORK) -> tuple[Journey, list[str]]:
    """Sightings such as `08:00 arriving HUB`, `+inherited` or `+blind`: the journey, and the rule that placed each."""
    sightings = []
    for number, line in enumerate(text.strip().splitlines()):
        clock, step, site, *how = line.split()
        origin = Origin.CONTAINER if how else Origin.SCAN
        at = t(f"2 Mar {clock}")
        sightings.append(Sighting(at, f"e{number:02d}", "s", site, step, origin, how == ["+blind"]))
    journey, _ = fold(along, sorted(sightings), known)
    return journey, [placement.rule.name.lower() for placement in journey.placements]


@pytest.mark.parametrize(
    ("sightings", "rules", "stop_reached"),
    [
        pytest.param("08:00 collecting CP", "arrived", 0, id="the first stop"),
        pytest.param("08:00 collecting CP2", "arrived", 0, id="by its other site"),
        pytest.param(
            "08:00 collecting CP\n09:00 storing CP2", "arrived still", 0, id="one is as good as another"
        ),
        pytest.param("08:00 arriving HUB", "arrived", 1, id="a later stop first"),
        pytest.param("08:00 collecting CP\n09:00 arriving HUB", "arrived arrived", 1, id="on to the next"),
        pytest.param("08:00 arriving HUB\n09:00 arriving CP", "arrived backtracked", 1, id="back"),
        pytest.param(
            "08:00 arriving HUB\n09:00 arriving ELSEWHERE", "arrived misrouted", 1, id="off the route"
        ),
        pytest.param("08:00 arriving ELSEWHERE", "misrouted", -1, id="off the route from the first"),
        pytest.param(
            "08:00 arriving HUB\n09:00 arriving CP\n10:00 storing HUB",
            "arrived backtracked still",
            1,
            id="and on again",
        ),
    ],
)
def test_each_sighting_is_placed_by_the_first_rule_that_fits(
    sightings: str, rules: str, stop_reached: int
) -> None:
    journey, placed = folded(sightings)
    assert (placed, journey.stop) == (rules.split(), stop_reached)


@pytest.mark.parametrize(
    ("sightings", "skipped"),
    [
        pytest.param("08:00 collecting CP\n09:00 arriving HUB", [], id="in order, nothing"),
        pytest.param("08:00 arriving HUB", [0], id="the first stop"),
        pytest.param("08:00 collecting CP\n09:00 arriving SORT", [1], id="one between"),
        pytest.param("08:00 arriving HUB\n09:00 storing PLANT", [0], id="an optional stop never is"),
        pytest.param("08:00 storing PLANT", [0, 1], id="all but the optional"),
    ],
)
def test_what_is_passed_over_is_skipped_since_the_arrival_beyond_it(
    sightings: str, skipped: list[int]
) -> None:
    journey, _ = folded(sightings)
    assert list(journey.skipped) == skipped
    assert all(at == journey.arrived[journey.stop].at or index == 0 for index, at in journey.skipped.items())


@pytest.mark.parametrize(
    ("steps", "departed"),
    [
        pytest.param("arriving", None, id="arriving is no departure"),
        pytest.param("arriving departing", "09:00", id="departing is"),
        pytest.param("arriving shipping", "09:00", id="so is shipping"),
        pytest.param("arriving transporting", "09:00", id="and transporting"),
        pytest.param("departing", "08:00", id="even as the arrival"),
        pytest.param("arriving departing departing", "10:00", id="the latest counts"),
        pytest.param("arriving departing loading staging_outbound", "09:00", id="preparing changes nothing"),
        pytest.param("arriving departing storing", None, id="anything else cancels it"),
    ],
)
def test_a_leaving_step_marks_the_departure(steps: str, departed: str | None) -> None:
    lines = [f"{8 + hour:02d}:00 {step} HUB" for hour, step in enumerate(steps.split())]
    journey, _ = folded("\n".join(lines))
    at = journey.departed.get(1)
    assert (None if at is None else told(at).split()[-1]) == departed


def test_a_departure_stands_while_the_subject_is_off_its_plan() -> None:
    journey, _ = folded("08:00 arriving HUB\n09:00 departing HUB\n10:00 arriving ELSEWHERE")
    assert journey.departed == {1: t("2 Mar 09:00")}


def test_being_off_plan_lasts_until_a_stop_and_its_kind_is_the_latest() -> None:
    journey, _ = folded(
        "08:00 arriving HUB\n09:00 arriving ELSEWHERE\n10:00 storing NOWHERE\n11:00 arriving CP"
    )
    assert journey.off_plan is not None
    assert (journey.off_plan.kind.value, told(journey.off_plan.since)) == ("backtracked", "2 Mar 11:00")
    journey, _ = folded("08:00 arriving HUB\n09:00 arriving ELSEWHERE\n10:00 storing NOWHERE")
    assert journey.off_plan is not None
    assert (told(journey.off_plan.since), journey.off_plan.site) == ("2 Mar 09:00", "NOWHERE")
    journey, _ = folded("08:00 arriving HUB\n09:00 arriving ELSEWHERE\n10:00 arriving SORT")
    assert journey.off_plan is None


@pytest.mark.parametrize(
    ("sightings", "completed"),
    [
        pytest.param("08:00 receiving PLANT", True, id="one of its steps"),
        pytest.param("08:00 arriving PLANT", False, id="another step does not"),
        pytest.param("08:00 receiving HUB", False, id="nor that step elsewhere"),
        pytest.param(
            "08:00 receiving PLANT +inherited", False, id="nor what is merely inherited, where it is unpacked"
        ),
        pytest.param("08:00 unpacking PLANT +blind", True, id="a blind all out always does"),
    ],
)
def test_the_last_stop_completes_by_its_steps(sightings: str, completed: bool) -> None:
    journey, _ = folded(sightings)
    assert (journey.completed is not None) is completed


def test_where_the_last_stop_unpacks_nothing_what_is_inherited_completes() -> None:
    last = ROUTE.stops[-1]
    whole = Route("R", (*ROUTE.stops[:-1], type(last)(last.sites, transit=last.transit)))
    journey, _ = folded("08:00 arriving PLANT +inherited", whole)
    assert journey.completed is not None


def test_what_comes_after_the_completion_is_left_over() -> None:
    sightings = [
        Sighting(t(f"2 Mar {clock}"), f"e{clock}", "s", site, "receiving", Origin.SCAN)
        for clock, site in (("08:00", "PLANT"), ("09:00", "HUB"), ("10:00", "CP"))
    ]
    journey, rest = fold(ROUTE, sightings, NETWORK)
    assert (len(journey.placements), [each.site for each in rest]) == (1, ["HUB", "CP"])


@pytest.mark.parametrize(
    ("sightings", "rules"),
    [
        pytest.param(
            "08:00 collecting CP\n09:00 arriving HUB\n09:00 departing CP",
            "arrived still arrived",
            id="the stop where it is comes before the next",
        ),
        pytest.param(
            "08:00 arriving PLANT\n08:00 arriving HUB\n08:00 arriving CP",
            "arrived arrived arrived",
            id="stops come in the order of the route",
        ),
        pytest.param(
            "08:00 arriving ELSEWHERE\n08:00 collecting CP",
            "arrived misrouted",
            id="what is on no stop comes last",
        ),
    ],
)
def test_sightings_of_one_instant_are_taken_in_the_order_of_the_route(sightings: str, rules: str) -> None:
    assert folded(sightings)[1] == rules.split()


def test_of_one_instant_and_stop_leaving_comes_last() -> None:
    journey, _ = folded("08:00 departing HUB\n08:00 arriving HUB")
    assert journey.departed == {1: t("2 Mar 08:00")}


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        pytest.param("08:00 arriving ELSEWHERE", None, id="before the first stop there is none"),
        pytest.param("08:00 receiving PLANT", None, id="nor at the last"),
        pytest.param("08:00 collecting CP", "1 by 4 Mar 08:00", id="dwell and transit from the arrival"),
        pytest.param(
            "08:00 collecting CP\n10:00 departing CP", "1 by 3 Mar 10:00", id="transit from the departure"
        ),
        pytest.param(
            "08:00 arriving HUB", "3 by 5 Mar 06:00", id="with what an optional stop on the way may take"
        ),
        pytest.param("08:00 arriving SORT", "3 by 4 Mar 12:00", id="and from the optional stop itself"),
    ],
)
def test_the_latest_arrival_is_at_the_next_stop_that_is_not_optional(
    sightings: str, expected: str | None
) -> None:
    journey, _ = folded(sightings)
    ahead = expectation(journey, NETWORK)
    assert (None if ahead is None or ahead.by is None else f"{ahead.stop} by {told(ahead.by)}") == expected


def test_without_a_dwell_the_latest_sighting_at_the_stop_counts() -> None:
    plain = route("P", stop("CP"), stop("HUB", transit="24h"))
    journey, _ = folded(
        "08:00 collecting CP\n10:00 storing CP\n11:00 arriving ELSEWHERE", plain, network(plain)
    )
    ahead = expectation(journey, network(plain))
    assert ahead is not None
    assert ahead.by == t("3 Mar 10:00")


NEVER = daily("never")
MORNINGS = daily("mornings", (8, 12))


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        pytest.param(None, "3 Mar 20:00", id="a site without calendar is open"),
        pytest.param(MORNINGS, "4 Mar 09:00", id="where all are closed, the grace after the first opens"),
        pytest.param(NEVER, None, id="never, where none opens again"),
    ],
)
def test_the_latest_arrival_waits_for_an_opening(calendar: Calendar | None, expected: str | None) -> None:
    closing = route("P", stop("CP"), stop("HUB", transit="36h"))
    known = network(closing, sites=[Site("HUB", 50.0, 9.0, calendar=calendar)])
    journey, _ = folded("08:00 collecting CP", closing, known)
    ahead = expectation(journey, known)
    assert ahead is not None
    assert (None if ahead.by is None else told(ahead.by)) == expected


def test_an_arrival_after_the_latest_is_late() -> None:
    journey, _ = folded("08:00 departing CP\n09:00 arriving HUB")
    assert [each.late for each in journey.placements] == [False, False]
    quick = route("Q", stop("CP"), stop("HUB", transit="30m"))
    journey, _ = folded("08:00 departing CP\n09:00 arriving HUB", quick, network(quick))
    assert [(each.rule, each.late) for each in journey.placements] == [
        (Rule.ARRIVED, False),
        (Rule.ARRIVED, True),
    ]


@pytest.mark.parametrize(
    ("place", "site", "step", "expected"),
    [
        pytest.param(0, "CP2", "storing", True, id="seen once more at its stop"),
        pytest.param(0, "CP", "departing", False, id="leaving it"),
        pytest.param(0, "HUB", "storing", False, id="elsewhere"),
        pytest.param(3, "PLANT", "receiving", True, id="at the last stop that waits for its own scan"),
    ],
)
def test_what_a_container_is_seen_doing_moves_its_contents_or_not(
    place: int, site: str, step: str, expected: bool
) -> None:
    assert unmoved(ROUTE, place, site, [step], NETWORK) is expected


def test_where_the_next_stop_closes_a_later_sighting_may_bring_the_latest_arrival_forward() -> None:
    plain = route("P", stop("CP"), stop("HUB", transit="24h"))
    assert unmoved(plain, 0, "CP", ["storing"], network(plain))
    closing = network(plain, sites=[Site("HUB", 50.0, 9.0, calendar=MORNINGS)])
    assert not unmoved(plain, 0, "CP", ["storing"], closing)
