"""The derived rows of subjects: back whole, by what they are in, by when to look again, page by page."""

import pytest

from gateway.ports.rows import SubjectRow
from gateway.ports.state import State
from gateway.tracking.deviations import Deviation
from gateway.tracking.model import JourneyStatus, Kind, Severity
from tests.contract.making import at, delayed, subject

DEVIATIONS = (
    Deviation(Kind.SKIPPED, at(1), Severity.MINOR, stop=0),
    Deviation(Kind.EXCURSION, at(1), Severity.MAJOR, sensor="shock_g"),
    Deviation(Kind.MISSING, at(2), Severity.CRITICAL, None, None, "HUB", ("A", "B"), at(2), ("TOTE-1", "ä")),
    Deviation(Kind.LOW_BATTERY, at(3), Severity.WARNING, items=("x",)),
    delayed(),
)

WHOLE = SubjectRow(
    scope="goods",
    id="SN-1",
    kind="return",
    status=JourneyStatus.OFF_PLAN,
    stop=3,
    route="refill",
    parent="TOTE-1",
    look_again=at(7),
    own=DEVIATIONS,
    taken=DEVIATIONS[:1],
    shared=True,
    memo='{"state":null}',
    failed="Traceback …",
)
BARE = SubjectRow("goods", "SN-2", "container")


@pytest.mark.parametrize("row", [WHOLE, BARE, *(BARE._replace(status=each) for each in JourneyStatus)])
def test_a_row_comes_back_whole(state: State, row: SubjectRow) -> None:
    with state.unit() as unit:
        unit.put_subjects([row])
    with state.reader() as reader:
        assert reader.subjects("goods", [row.id, "SN-9"]) == {row.id: row}


def test_a_row_replaces_the_one_before(state: State) -> None:
    with state.unit() as unit:
        unit.put_subjects([WHOLE, BARE])
    bare = BARE._replace(id=WHOLE.id)
    with state.unit() as unit:
        unit.put_subjects([bare])
        assert unit.subjects("goods", [bare.id, BARE.id]) == {bare.id: bare, BARE.id: BARE}
        assert unit.members(["TOTE-1"], shared=False) == []
        assert unit.flagged("goods") == []
        assert unit.next_due() is None


@pytest.mark.parametrize("count", [1, 39, 40, 41, 80, 123])
def test_any_number_of_rows_comes_back_whole_and_replaces_those_before(state: State, count: int) -> None:
    """SQLite writes forty in one statement, and what is left one by one."""
    before = [WHOLE._replace(id=f"SN-{number:03}") for number in range(count)]
    after = [BARE._replace(id=row.id, look_again=at(number)) for number, row in enumerate(before)]
    for rows in (before, after):
        with state.unit() as unit:
            unit.put_subjects(rows)
            assert unit.journeys(after=None, limit=count + 1) == rows


def test_scopes_are_name_spaces_of_their_own(state: State) -> None:
    goods, device = subject("X-1"), subject("X-1", scope="device", kind="device", status=None, shared=True)
    with state.unit() as unit:
        unit.put_subjects([goods, device])
        assert unit.subjects("goods", ["X-1"]) == {"X-1": goods}
        assert unit.subjects("device", ["X-1"]) == {"X-1": device}
        assert unit.subjects("site", ["X-1"]) == {}
        assert unit.flagged("device") == [device]
        assert unit.flagged("goods") == []


def test_members_are_all_or_only_those_with_a_say(state: State) -> None:
    quiet, loud = subject("SN-1", parent="TOTE-1"), subject("SN-2", parent="TOTE-1", shared=True)
    inner = subject("TOTE-1", kind="container", parent="CAGE-1")
    outside = subject("SN-3", shared=True)
    with state.unit() as unit:
        unit.put_subjects([quiet, loud, inner, outside])
        assert set(unit.members(["TOTE-1", "CAGE-1"], shared=False)) == {quiet, loud, inner}
        assert set(unit.members(["TOTE-1", "CAGE-1"], shared=True)) == {loud, inner}
        assert unit.members(["SN-1"], shared=False) == []


def test_what_is_due_comes_earliest_first_up_to_the_limit(state: State) -> None:
    rows = {hours: subject(f"SN-{9 - hours}", look_again=hours) for hours in (1, 2, 3, 4)}
    site = subject("HUB", scope="site", kind="site", status=None, look_again=2.5)
    with state.unit() as unit:
        unit.put_subjects([*rows.values(), site, subject("SN-0")])
    with state.reader() as reader:
        assert reader.due(at(0.9), 9) == []
        assert reader.due(at(1), 9) == [rows[1]]
        assert reader.due(at(3), 9) == [rows[1], rows[2], site, rows[3]]
        assert reader.due(at(9), 2) == [rows[1], rows[2]]
        assert reader.next_due() == at(1)


def test_what_is_due_follows_the_newest_row(state: State) -> None:
    with state.unit() as unit:
        unit.put_subjects([subject("SN-1", look_again=1), subject("SN-2", look_again=2)])
    with state.unit() as unit:
        unit.put_subjects([subject("SN-1", look_again=3)])
        assert [row.id for row in unit.due(at(9), 9)] == ["SN-2", "SN-1"]
        assert unit.next_due() == at(2)
        unit.put_subjects([subject("SN-2")])
        assert [row.id for row in unit.due(at(9), 9)] == ["SN-1"]
        assert unit.next_due() == at(3)


def test_journeys_page_by_id(state: State) -> None:
    ids = ["SN-10", "SN-2", "TOTE-1", "sn-1", "ä"]
    with state.unit() as unit:
        unit.put_subjects([subject(id_) for id_ in reversed(ids)])
        unit.put_subjects([subject("d1", scope="device", kind="device", status=None)])
    with state.reader() as reader:
        assert [row.id for row in reader.journeys(after=None, limit=3)] == ids[:3]
        assert [row.id for row in reader.journeys(after=ids[2], limit=3)] == ids[3:]
        assert reader.journeys(after=ids[-1], limit=3) == []
