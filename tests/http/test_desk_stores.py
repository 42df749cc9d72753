"""What the desk reads and keeps, the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.state import SqlState
from gateway.ports.access import AnsweredRow, AuditRow, SessionRow, TokenRow
from gateway.ports.desk import By
from gateway.ports.projection import MilestoneRow, Standing
from gateway.ports.rows import SubjectRow
from gateway.service.queries.goods import Wanted
from gateway.service.queries.goods import goods as goods_of
from gateway.service.queries.paging import LOOKS
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Kind, Severity, SubjectKind
from tests.servers.postgresql import PostgreSQL

LATE = Deviation(Kind.DELAYED, Instant(5), Severity.MAJOR, 1)
T = Instant(1_000)


@pytest.fixture(params=["sqlite", *(["postgresql"] if find_spec("psycopg") else [])])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlState]:
    if request.param == "sqlite":
        made = SqlState(f"sqlite:///{tmp_path / 'state.sqlite'}")
        yield made
        made.close()
        return
    with PostgreSQL() as server:
        made = SqlState(server.new_database())
        yield made
        made.close()


def goods(id_: str, kind: SubjectKind, status: JourneyStatus, *own: Deviation) -> SubjectRow:
    return SubjectRow("goods", id_, kind, status, route="R", own=own)


def test_goods_are_found_by_what_the_desk_asks_for(state: SqlState) -> None:
    with state.unit() as unit:
        unit.put_subjects(
            [
                goods("a", "return", JourneyStatus.COMPLETED),
                goods("B", "return", JourneyStatus.AT_STOP, LATE),
                goods("c", "container", JourneyStatus.AT_STOP)._replace(taken=(LATE,)),
                goods("d", "return", JourneyStatus.UNPLANNED),
                SubjectRow("device", "e", "device", own=(LATE,)),
            ]
        )
        unit.put_standings(
            [
                Standing("B", "return", "R", JourneyStatus.AT_STOP, "HUB", T),
                Standing("c", "container", "R", JourneyStatus.AT_STOP, "HUB", T),
            ]
        )
    with state.reader() as unit:
        assert unit.goods_ids("return", "", 10) == ["B", "a", "d"]
        assert unit.goods_ids("return", "B", 1) == ["a"]
        assert unit.goods_ids("container", "", 10) == ["c"]
        assert unit.ended_ids(By.STATUS, "completed", "", 10) == ["a"]
        assert unit.ended_ids(By.ROUTE, "R", "", 10) == ["a", "d"]
        assert unit.deviating_ids(Kind.DELAYED, "", 10) == ["B", "c"]
        assert unit.deviating_ids(Kind.MISSING, "", 10) == []
        for by, value in ((By.STATUS, "at_stop"), (By.ROUTE, "R"), (By.SITE, "HUB")):
            assert unit.standing_ids(by, value, "return", "", 10) == ["B"]
            assert unit.standing_ids(by, value, "container", "", 10) == ["c"]


def test_goods_are_found_by_the_sites_of_their_next_stop(state: SqlState) -> None:
    way, there = JourneyStatus.IN_TRANSIT, JourneyStatus.AT_STOP
    coming = [
        Standing("a", "return", "R", way, expected_sites=("HUB", "SORT")),
        Standing("B", "return", "R", way, expected_sites=("HUB",)),
        Standing("c", "container", "R", way, expected_sites=("HUB",)),
        Standing("d", "return", "R", there, expected_sites=("HUB",)),
        Standing("e", "return", "R", way, expected_sites=("PLANT",)),
    ]
    with state.unit() as unit:
        unit.put_standings(coming)
    with state.reader() as unit:
        assert unit.expected_ids("HUB", "return", way, "", 10) == ["B", "a"]
        assert unit.expected_ids("HUB", "return", way, "B", 10) == ["a"]
        assert unit.expected_ids("HUB", "return", way, "", 1) == ["B"]
        assert unit.expected_ids("HUB", "return", there, "", 10) == ["d"]
        assert unit.expected_ids("HUB", "container", way, "", 10) == ["c"]
    with state.unit() as unit:
        unit.put_standings([coming[0]._replace(status=there, expected_sites=("SORT",))])
        unit.drop_standings(["B"])
    with state.reader() as unit:
        assert unit.expected_ids("HUB", "return", way, "", 10) == []
        assert unit.expected_ids("SORT", "return", there, "", 10) == ["a"]


def test_a_container_among_very_many_returns_is_on_the_first_page(state: SqlState) -> None:
    way = JourneyStatus.IN_TRANSIT
    last = Standing("z", "container", "R", way, "HUB", T, expected_sites=("HUB",))
    asked: list[dict[str, Any]] = [
        {"site": "HUB"},
        {"route": "R"},
        {"statuses": [way]},
        {"expected_at": "HUB"},
    ]
    with state.unit() as unit:
        unit.put_standings([last._replace(subject=f"r{n}", kind="return") for n in range(LOOKS + 500)])
        unit.put_standings([last])
        unit.put_subjects([goods("z", "container", way)])
    with state.reader() as unit:
        for each in asked:
            page = goods_of(unit, Wanted("container", **each), None, 100)
            assert ([found.row.id for found in page.items], page.after) == (["z"], None), each


def test_what_is_derived_is_logged_by_number_and_old_numbers_are_forgotten(state: SqlState) -> None:
    for number in range(5):
        with state.unit() as unit:
            unit.put_subjects([goods(f"r{number}", "return", JourneyStatus.ANNOUNCED)])
            unit.put_subjects([SubjectRow("device", "d", "device")])
    with state.reader() as unit:
        newest = unit.marks_now().changes
        assert [each.subjects for each in unit.changes_after(newest - 2, 10)] == [("r3",), ("r4",)]
    with state.unit() as unit:
        unit.forget_changes(2)
    with state.reader() as unit:
        assert [each.subjects for each in unit.changes_after(0, 10)] == [("r3",), ("r4",)]
        assert unit.marks_now().changes == newest


def test_milestones_that_count_are_read_in_order_page_by_page(state: SqlState) -> None:
    with state.unit() as unit:
        unit.put_milestones(
            [MilestoneRow(f"r{n}", T, "leg", Instant(10 + n // 2), "{}", "{}", int(n != 2)) for n in range(5)]
        )
    with state.reader() as unit:
        first = unit.passed("leg", (Instant(0), 0), Instant(12), 2)
        rest = unit.passed("leg", (first[-1].at, first[-1].seq), Instant(12), 10)
        assert [each.subject for each in (*first, *rest)] == ["r0", "r1", "r3"]


def test_tokens_sessions_the_trail_and_answers_are_kept(state: SqlState) -> None:
    token = TokenRow("t1", "digest", "anna", "operator", None, T, "root")
    session = SessionRow("sdigest", "t1", "csrf", T, Instant(T + 10))
    answered = AnsweredRow("t1", "key", "request", 200, "{}", T)
    with state.unit() as unit:
        unit.put_token(token)
        unit.put_session(session)
        unit.put_answered(answered)
        for number in range(3):
            unit.add_audit(AuditRow(T, "anna", "operator", f"did_{number}", "x", None, "{}"))
    with state.reader() as unit:
        assert unit.token_of("digest") == unit.token("t1") == token
        assert unit.session_of("sdigest") == session
        assert unit.answered("t1", "key") == answered
        newest = unit.audit(None, 2)
        assert [each.action for each in newest] == ["did_2", "did_1"]
        assert [each.action for each in unit.audit(newest[-1].seq, 2)] == ["did_0"]
    with state.unit() as unit:
        unit.expire(Instant(T + 11), Instant(T + 1))
        unit.put_token(token._replace(revoked_at=T))
    with state.reader() as unit:
        assert (unit.session_of("sdigest"), unit.answered("t1", "key")) == (None, None)
        assert [each.revoked_at for each in unit.tokens()] == [T]
