"""The ground truth of one journey, from tables: the worked example of tracking.md, and each kind by itself."""

import pytest

from devices.fleet.course import CRITICAL, MAJOR, Course, merged, trips, truths
from devices.fleet.hush import Stay, heard
from devices.fleet.network import Network, Route, Site, Stop, parse
from devices.fleet.timeline import FOREVER, Sight, Truth
from gateway.tracking.instants import HOUR, Duration, Instant, instant

SITES = ("CP1", "CP2", "HUB", "SORT", "REFILL", "REPAIR")


def day(text: str) -> Instant:
    """`4 Mar 08:00`."""
    number, clock = text.replace(" Mar", "").split()
    return instant(f"2026-03-{int(number):02d}T{clock}:00Z")


def hours(count: float) -> Duration:
    return Duration(int(count * HOUR))


ROUTE = Route(
    "R",
    (
        Stop(("CP1", "CP2"), dwell=hours(24)),
        Stop(("HUB",), transit=hours(24), dwell=hours(12)),
        Stop(("SORT",), optional=True, transit=hours(6), dwell=hours(4)),
        Stop(("REFILL",), transit=hours(48), steps=frozenset({"receiving"}), unpack=True),
    ),
    collect_within=hours(72),
    missing_after=hours(72),
)
NETWORK = Network({id_: Site(id_, 50, 10) for id_ in SITES}, {"R": ROUTE}, {}, {}, {}, "erp")


Told = tuple[str, int | str | None, Instant, Instant, Instant]
"""Kind, stop, since, from when to when."""


def course(*sights: str, route: Route = ROUTE, due_at: str | None = None) -> Course:
    """Sightings as `4 Mar 08:00 CP2 collecting`, announced 1 Mar 00:00."""
    words = [text.split() for text in sights]
    seen = [Sight(day(f"{date} {clock}"), site, step) for date, _, clock, site, step in words]
    announced = day("1 Mar 00:00")
    return Course(("return", "A"), route, seen, announced, announced, None if due_at is None else day(due_at))


def told(given: Course) -> set[Told]:
    return {(t.kind, t.mark, t.since, t.begins, t.ends) for t in truths(given, NETWORK)}


def span(
    kind: str, stop: int | None, since: str, ends: str | None
) -> tuple[str, int | None, Instant, Instant, Instant]:
    return (kind, stop, day(since), day(since), FOREVER if ends is None else day(ends))


def test_the_worked_example_with_full_knowledge() -> None:
    assert told(
        course(
            "4 Mar 08:00 CP2 collecting",
            "5 Mar 20:00 HUB arriving",
            "6 Mar 07:00 HUB departing",
            "6 Mar 14:00 REPAIR arriving",
            "8 Mar 10:00 REFILL receiving",
        )
    ) == {
        span("not_collected", None, "4 Mar 00:00", "4 Mar 08:00"),
        span("overdwell", 0, "5 Mar 08:00", "5 Mar 20:00"),
        span("misrouted", None, "6 Mar 14:00", "8 Mar 10:00"),
    }


@pytest.mark.parametrize(
    ("sights", "expected"),
    [
        ((), {span("not_collected", None, "4 Mar 00:00", None)}),
        (
            ("2 Mar 08:00 CP1 collecting",),
            {
                span("overdwell", 0, "3 Mar 08:00", None),
                span("delayed", 1, "4 Mar 08:00", None),
                span("missing", None, "5 Mar 08:00", None),
            },
        ),
        (
            ("2 Mar 08:00 CP1 collecting", "2 Mar 20:00 CP1 departing", "4 Mar 00:00 HUB arriving"),
            {
                span("delayed", 1, "3 Mar 20:00", "4 Mar 00:00"),
                span("overdwell", 1, "4 Mar 12:00", None),
                span("delayed", 3, "6 Mar 22:00", None),
                span("missing", None, "7 Mar 00:00", None),
            },
        ),
        (
            ("2 Mar 08:00 CP1 departing", "3 Mar 09:00 REFILL arriving", "3 Mar 10:00 REFILL receiving"),
            {
                span("delayed", 1, "3 Mar 08:00", "3 Mar 09:00"),
                span("skipped", 1, "3 Mar 09:00", "3 Mar 10:00"),
            },
        ),
        (
            ("2 Mar 08:00 HUB arriving", "2 Mar 09:00 CP1 arriving", "2 Mar 10:00 HUB arriving",
             "2 Mar 11:00 REFILL receiving"),
            {span("skipped", 0, "2 Mar 08:00", "2 Mar 11:00"), span("backtracked", None, "2 Mar 09:00", "2 Mar 10:00")},
        ),
        (
            ("2 Mar 08:00 CP1 departing", "2 Mar 09:00 CP1 storing", "2 Mar 10:00 CP1 departing",
             "2 Mar 11:00 CP1 loading", "3 Mar 09:30 HUB departing", "3 Mar 20:00 REFILL receiving"),
            set(),
        ),
    ],
    ids=["never seen", "never heard of again", "late at the hub", "past the hub", "sent back", "back and off again"],
)  # fmt: skip
def test_each_kind(sights: tuple[str, ...], expected: set[object]) -> None:
    assert told(course(*sights)) == expected


@pytest.mark.parametrize(("legal", "severity"), [(True, CRITICAL), (False, MAJOR)])
def test_a_due_date_is_the_announcements_or_counts_from_the_first_sighting(
    legal: bool, severity: int
) -> None:
    route = Route("R", ROUTE.stops, due_within=hours(24), legal=legal)
    first = "2 Mar 08:00 CP1 departing"
    (agreed,) = (t for t in truths(course(first, route=route), NETWORK) if t.kind == "overdue")
    assert (agreed.since, agreed.severity) == (day("3 Mar 08:00"), severity)
    promised = course(first, route=route, due_at="2 Mar 10:00")
    assert [t.since for t in truths(promised, NETWORK) if t.kind == "overdue"] == [day("2 Mar 10:00")]


def test_a_latest_arrival_in_closed_hours_is_an_hour_after_the_next_opening() -> None:
    network = parse(
        """
        sites:
          - {id: A, lat: 50, lon: 10}
          - {id: B, lat: 51, lon: 10, timezone: Europe/Berlin, calendar: week}
        calendars: {week: {open: {mon-fri: ["08:00-18:00"]}, closed: ["2026-03-02"]}}
        routes: [{id: R, stops: [{sites: [A]}, {sites: [B], transit: {max: 10h}}]}]
        sources: [{id: erp}]
        """
    )
    seen = [Sight(instant("2026-02-27T12:00:00Z"), "A", "departing")]
    (late,) = truths(Course(("return", "A"), network.routes["R"], seen, seen[0].at), network)
    assert (late.kind, late.since) == ("delayed", instant("2026-03-03T08:00:00Z"))


def test_signs_of_life_put_missing_off() -> None:
    given = course("2 Mar 08:00 CP1 departing")
    given.signs = [day("3 Mar 08:00"), day("8 Mar 08:00")]
    assert [(t.since, t.ends) for t in truths(given, NETWORK) if t.kind == "missing"] == [
        (day("6 Mar 08:00"), day("8 Mar 08:00")), (day("11 Mar 08:00"), FOREVER),
    ]  # fmt: skip


def test_a_container_travels_again_and_again() -> None:
    seen = course(
        "1 Mar 08:00 CP1 packing", "2 Mar 08:00 HUB departing", "3 Mar 08:00 REFILL receiving",
        "4 Mar 08:00 HUB arriving", "5 Mar 08:00 CP2 arriving", "6 Mar 08:00 HUB arriving",
    ).sights  # fmt: skip
    first, second = trips(("container", "T"), ROUTE, seen, NETWORK)
    assert (len(first.sights), first.ends) == (3, day("5 Mar 08:00"))
    assert [sight.site for sight in second.sights] == ["CP2", "HUB"]


def truth(subject: str, kind: str, begins: int, ends: int, mark: int | None = None) -> Truth:
    kind_of = "container" if subject.startswith("T") else "return"
    return Truth((kind_of, subject), kind, mark, Instant(begins), Instant(begins), Instant(ends), MAJOR)


def audible(truths: list[Truth]) -> set[tuple[str, str, int, int]]:
    return {(t.subject[1], t.kind, t.begins, t.ends) for t in truths if t.audible}


STAYS = [Stay("a", "T", Instant(0), Instant(50)), Stay("b", "T", Instant(0), Instant(100))]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([truth("a", "delayed", 10, 30, 1)], {("a", "delayed", 10, 30)}),
        (
            [truth("a", "delayed", 10, 30, 1), truth("b", "delayed", 20, 40, 2)],
            {("a", "delayed", 10, 20), ("T", "delayed", 20, 30), ("b", "delayed", 30, 40)},
        ),
        (
            [truth("T", "delayed", 10, 60, 1), truth("a", "delayed", 10, 60, 1)],
            {("T", "delayed", 10, 60), ("a", "delayed", 50, 60)},
        ),
        (
            [truth("T", "missing", 10, 60), truth("a", "overdwell", 10, 40, 0), truth("T", "delayed", 5, 20, 1)],
            {("T", "missing", 10, 60), ("T", "delayed", 5, 10)},
        ),
        ([truth("c", "missing", 10, 60), truth("c", "overdue", 5, 80)],
         {("c", "missing", 10, 60), ("c", "overdue", 5, 10), ("c", "overdue", 60, 80)}),
        ([truth("a", "unexpected", 10, 60), truth("b", "unexpected", 10, 60)],
         {("a", "unexpected", 10, 60), ("b", "unexpected", 10, 60)}),
    ],
    ids=["one of two speaks for itself", "two are spoken for", "its own comes first", "missing silences",
         "its own missing silences", "other kinds are nobody else's"],
)  # fmt: skip
def test_one_cause_one_alert(given: list[Truth], expected: set[object]) -> None:
    assert audible(heard(given, STAYS)) == expected


def test_truths_of_one_key_that_meet_are_one() -> None:
    (joined,) = merged([truth("a", "missing", 30, 60), truth("a", "missing", 10, 30)])
    assert (joined.since, joined.begins, joined.ends) == (10, 10, 60)
