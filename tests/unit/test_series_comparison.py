"""What was told before against what journeys tell now: what is put, taken back, or left alone."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.points import Told
from gateway.ports.projection import MilestoneRow
from gateway.service.series.comparison import Compared, compare
from gateway.tracking.instants import Instant
from tests.contract.making import at

LONG_AGO = at(-9_000)


def row(
    to: str = "HUB", hours: float = 1, *, begin: float = 0, late: int = 0, n: int = 1, seq: int = 0
) -> MilestoneRow:
    fields = f'{{"item":"SN-1","late_s":{late}}}'
    return MilestoneRow("SN-1", at(begin), "leg", at(hours), f'{{"to_site":"{to}"}}', fields, n, seq=seq)


def end(outcome: str, hours: float = 9, *, begin: float = 0, n: int = 1, seq: int = 0) -> MilestoneRow:
    tags = f'{{"outcome":"{outcome}"}}'
    return MilestoneRow("SN-1", at(begin), "journey_end", at(hours), tags, "{}", n, seq=seq)


def compared(
    stored: list[MilestoneRow],
    now: list[MilestoneRow],
    *,
    horizon: Instant = LONG_AGO,
    closed: tuple[float, ...] = (),
) -> Compared:
    begins = frozenset(each.begin for each in now)
    return compare(stored, now, Told((), begins, frozenset(map(at, closed))), horizon)


def put(
    stored: list[MilestoneRow], now: list[MilestoneRow], horizon: Instant = LONG_AGO
) -> list[MilestoneRow]:
    return list(compared(stored, now, horizon=horizon).put)


def test_what_is_new_is_put() -> None:
    assert put([], [row("HUB"), row("SORT", 2)]) == [row("HUB"), row("SORT", 2)]


def test_what_is_known_is_left_alone() -> None:
    assert put([row(seq=7)], [row()]) == []


def test_what_is_not_told_any_more_is_taken_back_with_its_number() -> None:
    assert put([row(seq=7)], []) == [row(n=0, seq=7)._replace(version=2)]


def test_what_was_taken_back_stays_so() -> None:
    assert put([row(n=0, seq=7)], []) == []


def test_what_comes_true_again_takes_its_number_up_again() -> None:
    assert put([row(n=0, seq=7)], [row()]) == [row(seq=7)._replace(version=2)]


def test_another_lateness_is_told_under_the_same_number() -> None:
    assert put([row(seq=7)], [row(late=60)]) == [row(late=60, seq=7)._replace(version=2)]


def test_what_moved_in_time_is_taken_back_and_told_anew() -> None:
    assert put([row(seq=7)], [row(hours=2)]) == [row(hours=2), row(n=0, seq=7)._replace(version=2)]


def test_what_happened_elsewhere_is_taken_back_and_told_anew() -> None:
    assert put([row("HUB", seq=7)], [row("SORT")]) == [
        row("SORT"),
        row("HUB", n=0, seq=7)._replace(version=2),
    ]


def test_what_has_another_field_or_one_less_is_another_point() -> None:
    """A store would keep the field that is not written again."""
    less = row()._replace(fields='{"item":"SN-1"}')
    assert put([row(seq=7)], [less]) == [less, row(n=0, seq=7)._replace(version=2)]
    assert put([less._replace(seq=7)], [row()]) == [row(), less._replace(seq=7, n=0, version=2)]


def test_one_that_counts_is_taken_before_one_that_does_not() -> None:
    assert put([row(seq=7), row(n=0, seq=9)], [row()]) == []


def test_two_that_are_alike_are_two() -> None:
    assert put([row(seq=7)], [row(), row()]) == [row()]
    assert put([row(seq=7), row(seq=8)], [row()]) in (
        [row(n=0, seq=7)._replace(version=2)],
        [row(n=0, seq=8)._replace(version=2)],
    )


def test_a_trip_that_began_earlier_than_known_is_the_same_trip() -> None:
    assert put([row(seq=7)], [row(begin=-1)]) == [row(begin=-1, seq=7)._replace(version=2)]


def test_what_was_told_before_facts_were_pruned_stays() -> None:
    old = [row("HUB", -99, begin=-100, seq=7), end("completed", -90, begin=-100, seq=8)]
    assert compared(old, [row()], horizon=at(-50)) == Compared([row()], 1)
    assert put(old, [], at(-101))[0].n == 0


def test_what_is_left_of_a_pruned_trip_tells_nothing() -> None:
    """Of a tote's trip half the facts are gone: what is left looks like a trip that began on its way."""
    stored = [
        row("HUB", -60, begin=-100, seq=7),
        row("SORT", -40, begin=-100, seq=8),
        end("completed", -30, begin=-100, seq=9),
    ]
    remains = [row("REFILL", -35, begin=-45), end("completed", -30, begin=-45)]
    following = [row("HUB", 1, begin=-20)]
    assert compared(stored, remains + following, horizon=at(-50)) == Compared(following, 1)


def test_a_long_trip_all_of_whose_facts_are_kept_goes_on_being_compared() -> None:
    stored = [row("HUB", -99, begin=-100, seq=7)]
    now = [row("HUB", -99, begin=-100, late=5), row("SORT", 1, begin=-100)]
    assert put(stored, now, at(-50)) == [now[0]._replace(seq=7, version=2), now[1]]


def test_a_long_trip_that_began_earlier_than_known_goes_on_being_compared() -> None:
    stored = [row("HUB", -99, begin=-100, seq=7)]
    now = [row("HUB", -99, begin=-110), row("SORT", 1, begin=-110)]
    assert put(stored, now, at(-50)) == [now[0]._replace(seq=7, version=2), now[1]]


def test_a_trip_whose_route_is_gone_stays_as_it_was_told() -> None:
    stored = [row(seq=7), end("completed", seq=8)]
    assert compared(stored, [], closed=(0,)) == Compared([], 1)


def test_completed_trips_are_counted() -> None:
    stored = [end("completed", 1, seq=7), end("lost", 2, seq=8), end("completed", 3, n=0, seq=9)]
    now = [end("completed", 1), end("completed", 5), end("cancelled", 6)]
    assert compared(stored, now).turns == 2


rows = st.builds(
    row,
    st.sampled_from(["HUB", "SORT"]),
    st.integers(1, 3),
    late=st.integers(0, 1),
    begin=st.integers(-1, 0),
)


@given(steps=st.lists(st.lists(rows, max_size=4), max_size=5))
def test_after_a_comparison_what_counts_is_what_is_told(steps: list[list[MilestoneRow]]) -> None:
    stored: dict[int, MilestoneRow] = {}
    for now in steps:
        for each in compared(list(stored.values()), now).put:
            seq = each.seq or len(stored) + 1
            assert not each.seq or each.version == stored[each.seq].version + 1
            stored[seq] = each._replace(seq=seq)
        counted = [each._replace(seq=0, version=1) for each in stored.values() if each.n]
        assert sorted(counted) == sorted(now)
        assert compared(list(stored.values()), now).put == []
