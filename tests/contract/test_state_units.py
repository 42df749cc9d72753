"""Units are all or nothing, read what they wrote, and follow one another; readers see what was committed."""

from collections.abc import Callable

import pytest

from gateway.ports.rows import BatteryRow, TransitionRow
from gateway.ports.state import State, Unit
from gateway.tracking.evidence import Stay, Unpacking, Visit
from tests.contract.making import (
    add_positions,
    add_scans,
    alert,
    announcement,
    at,
    entry,
    event,
    identity,
    packing,
    position,
    scan,
    subject,
    waiting,
)


class Interrupted(Exception):
    """What a test raises in the middle of a unit."""


def write_everything(unit: Unit) -> None:
    key = scan(1).key
    add_scans(unit, *packing(1, "s1", "TOTE-1", "SN-1"))
    add_positions(unit, position(2, site="HUB", readings=(("shock_g", 9.5),)))
    unit.add_announcements([announcement(0)])
    unit.add_batteries([BatteryRow("t1", at(2), 12.5, "p1")])
    unit.add_voids([identity("s9")])
    unit.replace_stays([], [Stay("SN-1", "TOTE-1", key)])
    unit.replace_unpackings([], [Unpacking("TOTE-1", "HUB", key, (key,))])
    unit.replace_visits("TOTE-1", [], [Visit(at(2), "p1/HUB/arriving", "t1", "HUB", "arriving", at(3))])
    unit.put_subjects([subject("SN-1", look_again=5, shared=True)])
    unit.put_alerts([alert("A1")])
    unit.add_transitions([TransitionRow("A1", at(1), "{}")])
    unit.put_outbox([waiting("one")])
    unit.put_quarantine([entry("q1")])
    unit.put_meta("network", "digest")


def everything(unit: Unit) -> dict[str, object]:
    return {
        "results": unit.results([identity()]),
        "scans": unit.scans(["SN-1", "TOTE-1"]),
        "announcements": unit.announcements(["SN-1"]),
        "positions": unit.positions("TOTE-1"),
        "excursion": unit.first_excursion("TOTE-1", "shock_g", at(0)),
        "battery": unit.low_battery_since("t1"),
        "voided": unit.voided([identity("s9")]),
        "stays": unit.stays(["SN-1"]),
        "unpackings": unit.unpackings(["TOTE-1"]),
        "visits": unit.visits(["TOTE-1"]),
        "subjects": unit.subjects("goods", ["SN-1"]),
        "due": unit.due(at(9), 9),
        "flagged": unit.flagged("goods"),
        "alerts": unit.alerts([alert("A1").subject]),
        "transitions": unit.transitions(after=0, limit=9),
        "outbox": unit.outbox("series", at(9), 9),
        "quarantine": unit.list_quarantine(status=None, after=None, limit=9),
        "heard": unit.heard(at(-9), at(9), 0, 9),
        "meta": unit.meta("network"),
    }


def test_an_empty_store_knows_nothing(state: State) -> None:
    with state.reader() as reader:
        assert not any(everything(reader).values())
        assert reader.next_due() is None
        assert reader.next_outbox("series") is None


def test_a_unit_reads_what_it_wrote_and_a_reader_what_was_committed(state: State) -> None:
    with state.unit() as unit:
        write_everything(unit)
        within = everything(unit)
    assert all(within.values())
    with state.reader() as reader:
        assert everything(reader) == within


def interrupted(state: State, change: Callable[[Unit], None], error: type[BaseException]) -> None:
    with state.unit() as unit:
        change(unit)
        raise error


@pytest.mark.parametrize("error", [Interrupted, KeyboardInterrupt])
def test_a_unit_that_raises_leaves_nothing(state: State, error: type[BaseException]) -> None:
    with pytest.raises(error):
        interrupted(state, write_everything, error)
    with state.reader() as reader:
        assert not any(everything(reader).values())


def change_everything(unit: Unit) -> None:
    unit.void([identity(), identity("p1", "t1")])
    unit.replace_stays(unit.stays(["SN-1"])["SN-1"], [])
    unit.put_subjects([subject("SN-1", look_again=None)])
    unit.put_alerts([alert("A1", resolved=3, reason="evidence")])
    unit.delivered([row.seq for row in unit.outbox("series", at(9), 9)])
    unit.set_quarantine_status(["q1"], "discarded")
    unit.put_meta("network", "other")


def test_a_unit_that_raises_takes_back_changes_and_removals_too(state: State) -> None:
    with state.unit() as unit:
        write_everything(unit)
        before = everything(unit)
    with pytest.raises(Interrupted):
        interrupted(state, change_everything, Interrupted)
    with state.reader() as reader:
        assert everything(reader) == before


def test_a_unit_after_one_that_raised_commits(state: State) -> None:
    with pytest.raises(Interrupted):
        interrupted(state, write_everything, Interrupted)
    with state.unit() as unit:
        unit.add_events([event(0)])
    with state.reader() as reader:
        assert reader.payload(identity()) == event(0).payload


def test_nothing_at_all_may_be_asked_for_and_written(state: State) -> None:
    with state.unit() as unit:
        unit.add_scans([])
        unit.put_subjects([])
        unit.replace_stays([], [])
        assert unit.results([]) == {}
        assert unit.scans([]) == {}
        assert unit.void([]) == []
        assert unit.members([], shared=False) == []
        assert unit.sites_named([]) == set()


def test_tens_of_thousands_of_ids_may_be_asked_for_at_once(state: State) -> None:
    many = [f"SN-{n}" for n in range(40_000)]
    with state.unit() as unit:
        add_scans(unit, ("SN-39999", scan(0)))
        unit.put_subjects([subject("SN-7")])
        assert set(unit.scans(many)) == {"SN-39999"}
        assert set(unit.subjects("goods", many)) == {"SN-7"}
        assert set(unit.results([identity(id_) for id_ in (*many, "s1")])) == {identity("s1")}


@pytest.mark.parametrize("id_", ["a'b\"c", "ä€😀", "100%", "%s", "a,b[0]", "https://id.gs1.org/00/1?x=\\"])
def test_ids_are_data_whatever_is_in_them(state: State, id_: str) -> None:
    with state.unit() as unit:
        add_scans(unit, (id_, scan(0, container=id_)))
        unit.put_subjects([subject(id_, parent=id_)])
        unit.put_alerts([alert(id_, of=id_)])
    with state.reader() as reader:
        assert list(reader.scans([id_])) == [id_]
        assert [row.id for row in reader.members([id_], shared=False)] == [id_]
        assert [row.id for row in reader.alerts([alert("", of=id_).subject])[alert("", of=id_).subject]] == [
            id_
        ]
