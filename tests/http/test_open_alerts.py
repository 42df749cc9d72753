"""The list of open alerts: whatever is asked for, each that matches is on one page, and how many do is told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.state import SqlState
from gateway.ports.rows import AlertRow, TransitionRow
from gateway.service.queries.open_alerts import Asked, Found, OpenAlerts, rank_of
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import Kind, Severity, Subject
from tests.http.world import World

KINDS, SITES, ROUTES, TOTES = [Kind.DELAYED, Kind.MISSING], [None, "HUB", "SORT"], [None, "R"], [None, "TOTE"]
NUMBERS = range(12)


def alert(number: int, **fields: Any) -> AlertRow:
    deviation = Deviation(
        fields.get("kind", Kind.DELAYED),
        Instant(fields.get("since", 5)),
        fields.get("severity", Severity.MAJOR),
        number,
        None,
        fields.get("site", "HUB"),
    )
    return AlertRow(
        id=f"{number:04}",
        subject=Subject("return", f"SN-{number % 10}"),
        deviation=deviation,
        opened_at=Instant(5),
        version=1,
        route=fields.get("route", "R"),
        container=fields.get("container"),
        summary=f"SN-{number % 10} is {fields.get('said', 'late')}",
        details="{}",
        resolved_at=Instant(9) if fields.get("is_resolved") else None,
    )


def put(state: SqlState, *rows: AlertRow) -> None:
    """As the gateway writes them: with a line of the log each."""
    with state.unit() as unit:
        unit.put_alerts(rows)
        unit.add_transitions([TransitionRow(row.id, Instant(5), "{}", route=row.route) for row in rows])


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqlState]:
    made = SqlState(f"sqlite:///{tmp_path / 'state.sqlite'}")
    yield made
    made.close()


def pages(alerts: OpenAlerts, state: SqlState, asked: Asked, limit: int) -> tuple[list[str], Sequence[Found]]:
    """All ids, page by page."""
    ids: list[str] = []
    told: list[Found] = []
    after = None
    while True:
        with state.reader() as unit:
            told.append(alerts.page(unit, asked, after, limit))
        ids += [row.id for row in told[-1].page.items]
        after = told[-1].page.after
        if after is None:
            return ids, told


several = st.lists(
    st.builds(
        lambda number, fields: alert(number, **fields),
        st.sampled_from(NUMBERS),
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(KINDS),
                "severity": st.sampled_from(Severity),
                "since": st.integers(0, 3),
                "site": st.sampled_from(SITES),
                "route": st.sampled_from(ROUTES),
                "container": st.sampled_from(TOTES),
                "said": st.sampled_from(["late", "LOST"]),
                "is_resolved": st.booleans(),
            }
        ),
    ),
    max_size=10,
    unique_by=lambda row: row.id,
)
questions = st.builds(
    Asked,
    kinds=st.lists(st.sampled_from(KINDS), max_size=2),
    severities=st.lists(st.sampled_from([each.word for each in Severity]), max_size=2, unique=True),
    sites=st.lists(st.sampled_from(["HUB", "SORT"]), max_size=2),
    routes=st.lists(st.just("R"), max_size=1),
    subject=st.none() | st.sampled_from(["SN-1", "SN-2"]),
    container=st.none() | st.just("TOTE"),
    q=st.none() | st.sampled_from(["lost", "sn-1", "nobody"]),
)


@given(first=several, second=several, asked=questions, limit=st.integers(1, 4))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_each_that_matches_is_on_one_page_in_its_order_and_all_are_counted(
    state: SqlState, first: list[AlertRow], second: list[AlertRow], asked: Asked, limit: int
) -> None:
    alerts = OpenAlerts()
    put(state, *(alert(number, is_resolved=True) for number in NUMBERS), *first)
    pages(alerts, state, asked, limit)
    put(state, *second)
    last = {row.id: row for row in (*first, *second)}
    now = [row for row in last.values() if row.resolved_at is None]
    ids, told = pages(alerts, state, asked, limit)
    matching = [row for row in sorted(now, key=rank_of) if asked.takes(row)]
    assert ids == [row.id for row in matching]
    assert {each.total for each in told} == {len(matching)}
    of_any = Counter(row.deviation.severity for row in now if asked._replace(severities=()).takes(row))
    assert {name: count for name, count in told[0].severities.items() if count} == of_any
    assert told[0].severities.keys() == set(Severity)


def test_a_few_among_very_many_are_on_their_first_page(state: SqlState) -> None:
    rare = [alert(number, since=number, site="SORT") for number in (2_500, 4_000)]
    put(
        state,
        *(alert(number, since=number) for number in range(5_000) if number not in (2_500, 4_000)),
        *rare,
    )
    ids, told = pages(OpenAlerts(), state, Asked(sites=["SORT"]), 100)
    assert (ids, len(told), told[0].total) == (["2500", "4000"], 1, 2)


def test_the_list_says_how_many_match_on_all_its_pages(seen: World) -> None:
    def told(**query: Any) -> tuple[int, Any, Any]:
        page = seen.get("/api/v1/alerts", **query)
        return len(page["items"]), page["total"], page["severities"]

    count, total, severities = told()
    assert count == total == sum(severities.values()) == 7
    assert told(limit=2) == (2, 7, severities)
    major = severities["major"]
    assert told(limit=1, severity="major") == (1, major, severities)
    assert told(subject="STRAY") == (1, 1, {"critical": 0, "major": 0, "warning": 1, "minor": 0})
    assert told(subject="NOBODY")[:2] == (0, 0)


def test_of_resolved_alerts_only_a_list_on_one_page_says_how_many_it_has(seen: World) -> None:
    whole = seen.get("/api/v1/alerts", state="resolved")
    assert whole["total"] == len(whole["items"]) > 1
    first = seen.get("/api/v1/alerts", state="resolved", limit=1)
    assert (first["total"], first["severities"], whole["severities"]) == (None, None, None)
