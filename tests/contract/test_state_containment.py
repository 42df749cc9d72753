"""Stays and unpackings, as the rules derived them; and the sites that evidence names."""

import pytest

from gateway.ports.state import State
from gateway.tracking.evidence import Over, Stay, Unpacking, Visit
from gateway.tracking.instants import Instant
from gateway.tracking.model import Key
from tests.contract.making import at, scan


def key(hours: float, id_: str = "s1", device: str = "d1") -> Key:
    return (at(hours), id_, device)


def stay(
    item: str,
    container: str,
    since: float,
    until: float | None = None,
    id_: str = "s1",
    blind: str | None = None,
) -> Stay:
    return Stay(item, container, key(since, id_), None if until is None else key(until), blind)


PAST = stay("SN-1", "TOTE-1", 1, 2)
BLIND = stay("SN-1", "TOTE-2", 3, 4, blind="HUB")
LASTING = stay("SN-1", "TOTE-1", 5)
OTHER = stay("SN-2", "TOTE-1", 5)
EARLIER = stay("SN-3", "TOTE-1", 1, 6, id_="s0")
STAYS = [OTHER, LASTING, BLIND, PAST, EARLIER]


@pytest.fixture
def packed(state: State) -> State:
    with state.unit() as unit:
        unit.replace_stays([], STAYS)
    return state


def test_the_stays_of_an_item_come_one_after_the_other(packed: State) -> None:
    with packed.reader() as reader:
        assert reader.stays(["SN-1", "SN-2", "SN-9"]) == {"SN-1": [PAST, BLIND, LASTING], "SN-2": [OTHER]}


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (-(2**62), [EARLIER, PAST, LASTING, OTHER]),
        (at(2), [EARLIER, PAST, LASTING, OTHER]),
        (at(2) + 1, [EARLIER, LASTING, OTHER]),
        (at(6) + 1, [LASTING, OTHER]),
        (at(10_000), [LASTING, OTHER]),
    ],
)
def test_contents_are_the_stays_that_had_not_ended_before(
    packed: State, since: int, expected: list[Stay]
) -> None:
    with packed.reader() as reader:
        assert reader.contents(["TOTE-1", "CAGE-1"], Instant(since)) == {"TOTE-1": expected}


def test_stays_are_replaced_by_item_and_beginning(packed: State) -> None:
    ended = LASTING._replace(until=key(7, "s7"))
    moved = stay("SN-1", "TOTE-3", 8)
    with packed.unit() as unit:
        unit.replace_stays([LASTING, BLIND], [ended, moved])
        assert unit.stays(["SN-1"]) == {"SN-1": [PAST, ended, moved]}
        assert unit.contents(["TOTE-2"], at(0)) == {}
        assert unit.contents(["TOTE-3"], at(0)) == {"TOTE-3": [moved]}


UNPACKED = Unpacking("TOTE-1", "HUB", key(1), (key(1), key(2, "s2")), None, (Over("SN-7", at(2)),))
ALL_OUT = Unpacking("TOTE-1", "HUB", key(3), (key(3),), key(4, "s4"))
ELSEWHERE = Unpacking("TOTE-1", "SORT", key(3), (key(3),))


def test_unpackings_come_back_whole_in_the_order_of_their_beginnings(state: State) -> None:
    with state.unit() as unit:
        unit.replace_unpackings([], [ELSEWHERE, ALL_OUT, UNPACKED, UNPACKED._replace(container="TOTE-2")])
    with state.reader() as reader:
        assert reader.unpackings(["TOTE-1", "TOTE-9"]) == {"TOTE-1": [UNPACKED, ALL_OUT, ELSEWHERE]}


def test_unpackings_are_replaced_by_container_site_and_beginning(state: State) -> None:
    extended = UNPACKED._replace(scans=(*UNPACKED.scans, key(2.5, "s3")), over=())
    with state.unit() as unit:
        unit.replace_unpackings([], [UNPACKED, ALL_OUT, ELSEWHERE])
    with state.unit() as unit:
        unit.replace_unpackings([UNPACKED, ELSEWHERE], [extended])
        assert unit.unpackings(["TOTE-1"]) == {"TOTE-1": [extended, ALL_OUT]}


def test_a_site_is_named_by_scans_visits_and_unpackings(state: State) -> None:
    visit = Visit(at(1), "p1/DEPOT/arriving", "t1", "DEPOT", "arriving", at(2))
    with state.unit() as unit:
        unit.add_scans([("SN-1", scan(1, site="HUB"))])
        unit.replace_visits("TOTE-1", [], [visit])
        unit.replace_unpackings([], [ELSEWHERE])
        asked = ["HUB", "DEPOT", "SORT", "REFILL"]
        assert unit.sites_named(asked) == {"HUB", "DEPOT", "SORT"}
        unit.replace_visits("TOTE-1", [visit], [])
        assert unit.sites_named(["DEPOT"]) == set()
