"""Which facts a SQL store forgets: whole events, once nothing alive needs them, and all that was made of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.adapters.state import SqlState
from gateway.ports.rows import BatteryRow, RepeatRow
from gateway.ports.state import State, Unit
from gateway.tracking.evidence import Stay, Unpacking, Visit
from gateway.tracking.model import JourneyStatus, Key
from tests.contract.making import (
    add_positions,
    add_scans,
    alert,
    announcement,
    at,
    event,
    identity,
    packing,
    position,
    scan,
    subject,
)

ENDED = JourneyStatus.COMPLETED
OPEN = [JourneyStatus.ANNOUNCED, JourneyStatus.AT_STOP, JourneyStatus.IN_TRANSIT, JourneyStatus.OFF_PLAN]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqlState]:
    made = SqlState(f"sqlite:///{tmp_path / 'state.sqlite'}")
    yield made
    made.close()


def prune(state: State, before: float, limit: int = 1000) -> int:
    """Prunes until nothing more goes; how much went."""
    total = 0
    while True:
        with state.unit() as unit:
            removed = unit.prune(at(before), limit)
        assert removed <= limit
        total += removed
        if not removed:
            return total


def received(unit: Unit, *rows: tuple[float, str]) -> None:
    """Events as they were received, of device d1."""
    unit.add_events([event(hours, id_) for hours, id_ in rows])


def key(hours: float, id_: str, device: str = "d1") -> Key:
    return (at(hours), id_, device)


def known(state: State, *ids: str, device: str = "d1") -> set[str]:
    with state.reader() as reader:
        return {found.id for found in reader.results([identity(id_, device) for id_ in ids])}


def test_an_ended_return_goes_with_all_that_was_known_of_it(state: State) -> None:
    announced = announcement(0, "a1")
    with state.unit() as unit:
        unit.add_scans([("SN-1", scan(1, "s1")), ("SN-1", scan(2, "s2"))])
        received(unit, (1, "s1"), (2, "s2"))
        unit.add_announcements([announced])
        unit.add_events([event(0, "a1")._replace(identity=identity("a1")._replace(origin="source/erp"))])
        unit.add_voids([identity("s1")])
        unit.add_repeats([RepeatRow(identity("s1"), None, at(3))])
        unit.put_subjects([subject("SN-1", status=ENDED)])
        unit.put_alerts([alert("A1", resolved=2, reason="completed")])
    assert prune(state, 9) == 5
    with state.reader() as reader:
        assert reader.scans(["SN-1"]) == {}
        assert reader.announcements(["SN-1"]) == {}
        assert reader.subjects("goods", ["SN-1"]) == {}
        assert reader.alert("A1") is None
        assert reader.heard(at(0), at(99), 0, 99) == []
        assert reader.voided([identity("s1")]) == set()


@pytest.mark.parametrize("status", OPEN)
def test_facts_of_a_journey_that_has_not_ended_stay(state: State, status: JourneyStatus) -> None:
    with state.unit() as unit:
        unit.add_scans([("SN-1", scan(1, "s1")), ("SN-2", scan(1, "s2"))])
        received(unit, (1, "s1"), (1, "s2"))
        unit.put_subjects([subject("SN-1", status=status), subject("SN-2", status=ENDED)])
    assert prune(state, 9) == 1
    assert known(state, "s1", "s2") == {"s1"}
    with state.unit() as unit:
        unit.put_subjects([subject("SN-1", status=ENDED)])
    assert prune(state, 9) == 1
    assert known(state, "s1", "s2") == set()


def test_facts_of_a_return_stay_together_until_the_youngest_is_old(state: State) -> None:
    with state.unit() as unit:
        unit.add_scans([("SN-1", scan(1, "s1")), ("SN-1", scan(20, "s2"))])
        received(unit, (1, "s1"), (20, "s2"))
        unit.put_subjects([subject("SN-1", status=ENDED)])
    assert prune(state, 9) == 0
    assert prune(state, 21) == 2


def test_a_container_forgets_its_past_trips_while_it_travels_on(state: State) -> None:
    with state.unit() as unit:
        unit.add_scans([("TOTE-1", scan(1, "s1")), ("TOTE-1", scan(20, "s2"))])
        received(unit, (1, "s1"), (20, "s2"))
        unit.put_subjects([subject("TOTE-1", kind="container", status=ENDED)])
    assert prune(state, 9) == 1
    assert known(state, "s1", "s2") == {"s2"}
    with state.reader() as reader:
        assert list(reader.subjects("goods", ["TOTE-1"])) == ["TOTE-1"]


def pack(unit: Unit, status: JourneyStatus) -> None:
    """SN-1 in TOTE-1 from 1 to 5, TOTE-1 in CAGE-1 from 2 to 4; what the cage and the tote did meanwhile."""
    scans = [
        *packing(1, "s1", "TOTE-1", "SN-1"),
        *packing(2, "s2", "CAGE-1", "TOTE-1"),
        ("CAGE-1", scan(3, "s3", container="CAGE-1")),
        ("CAGE-1", scan(6, "s6", container="CAGE-1")),
    ]
    unit.add_scans(scans)
    received(unit, (1, "s1"), (2, "s2"), (3, "s3"), (6, "s6"))
    inner = Stay("SN-1", "TOTE-1", key(1, "s1"), key(5, "s5"))
    outer = Stay("TOTE-1", "CAGE-1", key(2, "s2"), key(4, "s4"))
    unit.replace_stays([], [inner, outer])
    unit.put_subjects(
        [
            subject("SN-1", status=status),
            subject("TOTE-1", kind="container", status=None),
            subject("CAGE-1", kind="container", status=None),
        ]
    )


def test_what_a_container_did_stays_while_what_was_in_it_is_under_way(state: State) -> None:
    with state.unit() as unit:
        pack(unit, JourneyStatus.AT_STOP)
    assert prune(state, 9) == 1
    assert known(state, "s1", "s2", "s3", "s6") == {"s1", "s2", "s3"}
    with state.unit() as unit:
        assert len(unit.stays(["SN-1", "TOTE-1"])) == 2
        unit.put_subjects([subject("SN-1", status=ENDED)])
    assert prune(state, 9) == 3
    with state.reader() as reader:
        assert reader.stays(["SN-1", "TOTE-1"]) == {}
        assert reader.journeys(after=None, limit=9) == []


def test_a_container_stays_where_it_was_packed_though_that_is_long_ago(state: State) -> None:
    stay = Stay("TOTE-1", "CAGE-1", key(1, "s1"))
    with state.unit() as unit:
        add_scans(unit, *packing(1, "s1", "CAGE-1", "TOTE-1"))
        unit.replace_stays([], [stay])
        unit.put_subjects([subject("TOTE-1", kind="container", status=None)])
    prune(state, 9)
    with state.reader() as reader:
        assert reader.scans(["TOTE-1"]) == {}
        assert reader.stays(["TOTE-1"]) == {"TOTE-1": [stay]}


def test_positions_go_with_their_readings_and_visits_and_unpackings_with_their_scan(state: State) -> None:
    young = Unpacking("TOTE-1", "HUB", key(20, "s9"), (key(20, "s9"),))
    old = Unpacking("TOTE-1", "HUB", key(2, "s2"), (key(2, "s2"),))
    with state.unit() as unit:
        add_positions(unit, position(1, "p1", readings=(("shock_g", 9.0),)))
        unit.add_positions([position(20, "p9")])
        unit.add_scans([("TOTE-1", scan(2, "s2", container="TOTE-1"))])
        received(unit, (2, "s2"))
        visits = [
            Visit(at(hours), f"{id_}/HUB/arriving", "t1", "HUB", "arriving", at(hours + 1))
            for hours, id_ in ((1, "p1"), (20, "p9"))
        ]
        unit.replace_visits("TOTE-1", [], visits)
        unit.replace_unpackings([], [old, young])
        unit.put_subjects([subject("TOTE-1", kind="container", status=None)])
    assert prune(state, 9) == 2
    with state.reader() as reader:
        assert reader.positions("TOTE-1") == [position(20, "p9")]
        assert reader.first_excursion("TOTE-1", "shock_g", at(0)) is None
        assert reader.visits(["TOTE-1"]) == {"TOTE-1": visits[1:]}
        assert reader.unpackings(["TOTE-1"]) == {"TOTE-1": [young]}


@pytest.mark.parametrize(
    ("readings", "low_since"),
    [([80.0, 15.0], 2), ([15.0, 10.0], 1), ([15.0, 80.0, 12.0], 3), ([15.0, 80.0], None)],
)
def test_since_when_a_battery_is_low_is_not_forgotten(
    state: State, readings: list[float], low_since: float | None
) -> None:
    with state.unit() as unit:
        for hours, pct in enumerate(readings, start=1):
            add_positions(unit, position(hours, f"p{hours}"))
            unit.add_batteries([BatteryRow("t1", at(hours), pct, f"p{hours}")])
    assert prune(state, 9) == len(readings)
    with state.reader() as reader:
        assert reader.low_battery_since("t1") == (None if low_since is None else at(low_since))


def failed(unit: Unit) -> None:
    unit.put_subjects([subject("SN-1", status=ENDED)._replace(failed="Traceback …")])


def deviating(unit: Unit) -> None:
    deviation = alert("A1").deviation
    unit.put_subjects([subject("SN-1", status=ENDED, own=(deviation,))])


def waking(unit: Unit) -> None:
    unit.put_subjects([subject("SN-1", status=ENDED, look_again=99)])


def alerting(unit: Unit) -> None:
    unit.put_subjects([subject("SN-1", status=ENDED)])
    unit.put_alerts([alert("A1")])


@pytest.mark.parametrize("reason", [failed, deviating, waking, alerting])
def test_a_row_that_still_says_something_stays(state: State, reason: Callable[[Unit], None]) -> None:
    with state.unit() as unit:
        add_scans(unit, ("SN-1", scan(1, "s1")))
        reason(unit)
    prune(state, 9)
    with state.reader() as reader:
        assert list(reader.subjects("goods", ["SN-1"])) == ["SN-1"]


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_a_walk_finds_all_that_is_old_past_what_has_to_stay(state: State, limit: int) -> None:
    with state.unit() as unit:
        unit.add_scans([(f"SN-{n}", scan(1, f"s{n}")) for n in range(60)])
        unit.add_events([event(1, f"s{n}", received=1 + n / 100) for n in range(60)])
        unit.put_subjects(
            [subject(f"SN-{n}", status=JourneyStatus.AT_STOP if n < 50 else ENDED) for n in range(60)]
        )
    for _ in range(60):
        with state.unit() as unit:
            assert unit.prune(at(9), limit) <= limit
    assert known(state, *(f"s{n}" for n in range(60))) == {f"s{n}" for n in range(50)}
