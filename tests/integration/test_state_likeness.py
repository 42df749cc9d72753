"""Whatever is written in whatever order, the store on SQLite answers as the one in memory does."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.state import SqlState
from gateway.memory import Memory
from gateway.ports.rows import BatteryRow, SubjectRow
from gateway.ports.state import State, Unit
from gateway.tracking.evidence import OwnScan, Stay
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Key, Position
from tests.contract.making import NOON, event, identity, position, waiting

_GOODS = ["SN-1", "SN-2", "sn-1", "TOTE-1", "CAGE-1"]
_DEVICES = ["d1", "d2"]
_SENSORS = ["shock_g", "tilt_deg"]

instants = st.integers(0, 5).map(lambda hours: Instant(NOON + hours))
goods = st.sampled_from(_GOODS)
devices = st.sampled_from(_DEVICES)
ids = st.sampled_from(["a", "b", "B", "c"])
keys: st.SearchStrategy[Key] = st.tuples(instants, ids, devices)

Step = tuple[str, Any]

scans = st.tuples(
    keys, st.sets(goods, min_size=1), st.none() | goods, st.sampled_from(["packing", "arriving"])
)
readings = st.lists(st.tuples(st.sampled_from(_SENSORS), st.floats(0, 9)), unique_by=lambda each: each[0])
positions = st.tuples(
    keys, st.sampled_from(_GOODS[3:]), st.none() | st.sampled_from(["HUB", "SORT"]), st.booleans(), readings
)
stays = st.builds(
    Stay, goods, st.sampled_from(_GOODS[3:]), keys, st.none() | keys, st.none() | st.just("HUB")
)
rows = st.builds(
    SubjectRow,
    scope=st.sampled_from(["goods", "device"]),
    id=goods,
    kind=st.sampled_from(["return", "container"]),
    status=st.sampled_from([None, *JourneyStatus]),
    stop=st.none() | st.integers(0, 3),
    route=st.none(),
    parent=st.none() | goods,
    look_again=st.none() | instants,
    own=st.just(()),
    taken=st.just(()),
    shared=st.booleans(),
    memo=st.none(),
    failed=st.none(),
)
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("scan"), scans),
    st.tuples(st.just("position"), positions),
    st.tuples(st.just("battery"), st.tuples(devices, instants, st.floats(0, 100), st.none() | ids)),
    st.tuples(st.just("void"), st.sets(st.tuples(ids, devices))),
    st.tuples(st.just("stays"), st.lists(stays, unique_by=lambda stay: (stay.item, stay.since))),
    st.tuples(st.just("subjects"), st.lists(rows, unique_by=lambda row: row[:2])),
    st.tuples(st.just("outbox"), st.integers(0, 5)),
    st.tuples(st.just("deliver"), st.integers(0, 5)),
)


def carry_out(unit: Unit, step: Step) -> None:
    match step:
        case "scan", ((at, id_, device), subjects, container, what) if _is_new(unit, at, id_, device):
            named = sorted(subjects)
            own = OwnScan(at, id_, device, "HUB", what, container, as_item=True, items=len(named))
            unit.add_scans([(each, own) for each in named])
            if container is not None and container not in subjects:
                unit.add_scans([(container, own._replace(as_item=False))])
        case "position", ((at, id_, device), container, site, counted, outside) if _is_new(
            unit, at, id_, device
        ):
            fix = Position(device, id_, at, 51.42, 12.24, container)
            made = position(0, site=site, counted=counted, readings=tuple(sorted(outside)))
            unit.add_positions([made._replace(position=fix, container=container)])
        case "battery", (device, at, pct, id_) if id_ is None or _is_new(unit, at, id_, device):
            unit.add_batteries([BatteryRow(device, at, pct, id_)])
        case "void", named:
            unit.void([identity(id_, device) for id_, device in sorted(named)])
        case "stays", new:
            known = unit.stays(_GOODS)
            old = [stay for item in sorted(known) for stay in known[item]]
            unit.replace_stays(old[::2], new)
        case "subjects", put:
            unit.put_subjects(put)
        case "outbox", due:
            unit.put_outbox(
                [waiting(f"after {len(unit.outbox('series', _END, 99))}")._replace(due_at=NOON + due)]
            )
        case "deliver", count:
            unit.delivered([row.seq for row in unit.outbox("series", _END, count)])


_END = Instant(NOON + 99)


def _is_new(unit: Unit, at: Instant, id_: str, device: str) -> bool:
    """Adds the event unless it is known, as intake does."""
    if unit.results([identity(id_, device)]):
        return False
    unit.add_events([event(0, id_, device)._replace(at=at)])
    return True


def answers(unit: Unit, since: Key) -> dict[str, object]:
    at = since[0]
    return {
        "scans": unit.scans(_GOODS),
        "movements": unit.movements(_GOODS[:4], at),
        "stays": unit.stays(_GOODS),
        "contents": unit.contents(_GOODS, at),
        "positions": {each: unit.positions(each) for each in _GOODS},
        "fixes": {each: unit.fixes(each, since) for each in _GOODS},
        "fixes before": {each: unit.fixes_before(each, since, 2) for each in _GOODS},
        "newest": {each: unit.newest_position(each, at, Instant(at + 2)) for each in _GOODS},
        "first": {each: unit.first_position(each, since) for each in _GOODS},
        "excursions": {each: unit.first_excursion("TOTE-1", each, at) for each in _SENSORS},
        "low": {each: unit.low_battery_since(each) for each in _DEVICES},
        "subjects": unit.subjects("goods", _GOODS),
        "members": set(unit.members(_GOODS, shared=False)),
        "telling": set(unit.members(_GOODS, shared=True)),
        "flagged": set(unit.flagged("goods")),
        "due": [row.look_again for row in unit.due(at, 3)],
        "next due": unit.next_due(),
        "outbox": [row.body for row in unit.outbox("series", at, 9)],
        "next outbox": unit.next_outbox("series"),
    }


class Over(Exception):
    """Takes back what an example has written, so that one store serves them all."""


def answered(state: State, done: list[Step], since: Key) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    try:
        with state.unit() as unit:
            for step in done:
                carry_out(unit, step)
                found.append(answers(unit, since))
            raise Over
    except Over:
        return found


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlState]:
    made = SqlState(f"sqlite:///{tmp_path_factory.mktemp('likeness') / 'state.sqlite'}")
    yield made
    made.close()


@given(done=st.lists(steps, max_size=12), since=keys)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_sqlite_answers_as_memory_does(on_disk: SqlState, done: list[Step], since: Key) -> None:
    for said, expected in zip(answered(on_disk, done, since), answered(Memory(), done, since), strict=True):
        for question, answer in expected.items():
            assert said[question] == answer, question
