"""Goods by the kind of their deviations: a rare kind among many that deviate is found through its own index."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from gateway.adapters.state import SqlState
from gateway.adapters.state.listing import DEVIATING_STATEMENTS
from gateway.adapters.state.schema_desk import OF_GOODS
from gateway.ports.rows import SubjectRow
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import Kind, Severity

SQL: Mapping[Kind, str] = {
    kind: statement.compiled(sqlite.dialect(paramstyle="qmark")).sql
    for kind, statement in zip(OF_GOODS, DEVIATING_STATEMENTS, strict=True)
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deviating") / "state.sqlite"


@pytest.fixture(scope="module")
def state(file: Path) -> Iterator[SqlState]:
    """A thousand returns that deviate, of which three are missing, among as many that do not."""
    opened = SqlState(f"sqlite:///{file}")
    late, missing = (Deviation(kind, Instant(0), Severity.MAJOR) for kind in (Kind.DELAYED, Kind.MISSING))
    with opened.unit() as unit:
        unit.put_subjects(
            [
                SubjectRow(
                    "goods",
                    f"SN-{n:04}",
                    "return",
                    own=() if n % 2 else (late, missing) if n == 500 else (late,),
                    taken=(missing,) if n in (0, 1_998) else (),
                )
                for n in range(2_000)
            ]
        )
    yield opened
    opened.close()


@pytest.mark.parametrize("analyzed", [False, True])
@pytest.mark.parametrize("kind", OF_GOODS)
def test_each_kind_is_looked_up_in_an_index_that_has_only_those(
    state: SqlState, file: Path, tmp_path: Path, kind: Kind, analyzed: bool
) -> None:
    assert state is not None
    copy = sqlite3.connect(tmp_path / "copy.sqlite")
    with sqlite3.connect(file) as source:
        source.backup(copy)
    source.close()
    if analyzed:
        copy.execute("ANALYZE")
    plan = [
        detail
        for *_, detail in copy.execute(f"EXPLAIN QUERY PLAN {SQL[kind]}", [None] * SQL[kind].count("?"))
    ]
    copy.close()
    (line,) = plan
    assert line.startswith("SEARCH subjects USING ")
    assert line.endswith(f"INDEX subjects_{kind.value} (id>?)")


def test_those_of_a_kind_come_in_order_page_by_page(state: SqlState) -> None:
    with state.reader() as unit:
        assert unit.deviating_ids(Kind.MISSING, "", 2) == ["SN-0000", "SN-0500"]
        assert unit.deviating_ids(Kind.MISSING, "SN-0500", 2) == ["SN-1998"]
        assert len(unit.deviating_ids(Kind.DELAYED, "", 2_000)) == 1_000
        assert unit.deviating_ids(Kind.OVERDUE, "", 2) == []


def test_no_goods_have_what_only_devices_and_sites_can(state: SqlState) -> None:
    with state.reader() as unit:
        assert unit.deviating_ids(Kind.LOW_BATTERY, "", 2) == []


def test_who_deviates_no_more_is_found_no_more(state: SqlState) -> None:
    with state.unit() as unit:
        unit.put_subjects([SubjectRow("goods", "SN-0500", "return")])
    with state.reader() as reader:
        assert reader.deviating_ids(Kind.MISSING, "", 9) == ["SN-0000", "SN-1998"]
