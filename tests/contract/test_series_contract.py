"""What every time-series store does, whichever it is: the one suite of the port `Series`.

Another store joins by a line in `_STORES` and a function that makes it, empty, with what reads its points back.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.adapters.series import EmbeddedSeries, series_at
from gateway.memory.series import MemorySeries
from gateway.points import MEASUREMENTS, Measurement, Point, Value
from gateway.ports.series import MAX_POINTS, PartialWrite, Queryable, Series
from gateway.tracking.instants import HOUR, Instant
from tests.contract.making import NOON
from tests.servers.influxdb import InfluxDB

T: Final = NOON * 1000
"""Noon, as points tell time."""


class Store(NamedTuple):
    """A store, and what reads the points of a measurement back, by time and then tags."""

    series: Series
    read: Callable[[str], list[Point]]


def _memory(request: pytest.FixtureRequest) -> Store:
    del request  # it needs nothing
    series = MemorySeries()
    return Store(series, series.points)


def _embedded(request: pytest.FixtureRequest) -> Store:
    folders: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    series = EmbeddedSeries(folders.mktemp("series") / "returns.series.sqlite")
    return Store(series, lambda name: _points(series, MEASUREMENTS[name]))


def _influx(request: pytest.FixtureRequest) -> Store:
    server: InfluxDB = request.getfixturevalue("influxdb")
    series = series_at(server.url(server.new_bucket()), "sqlite://", SecretStr(server.token))
    return Store(series, lambda name: _points(series, MEASUREMENTS[name]))


_STORES: Final[dict[str, Callable[[pytest.FixtureRequest], Store]]] = {
    "memory": _memory,
    "embedded": _embedded,
    "influx": _influx,
}


def _points(series: Queryable, measurement: Measurement) -> list[Point]:
    """All that a measurement has, as its own query language tells it."""
    answer = series.query(f'SELECT * FROM "{measurement.name}"', NOON)  # noqa: S608 # InfluxQL, of names of ours
    found = [_point(measurement, dict(zip(answer.columns, row, strict=True))) for row in answer.rows]
    return sorted(found, key=lambda point: (point.time, sorted(point.tags.items())))


def _point(measurement: Measurement, row: Mapping[str, Any]) -> Point:
    known = {name: value for name, value in row.items() if value is not None}
    return Point(
        measurement.name,
        {name: known[name] for name in measurement.tags if name in known},
        {name: _typed(type_, known[name]) for name, type_ in measurement.fields.items() if name in known},
        known["time"],
    )


def _typed(type_: type, value: Any) -> Value:
    """InfluxDB writes 1.0 as 1; what the type of a field is, it says elsewhere."""
    found: Value = float(value) if type_ is float and isinstance(value, int) else value
    return found


@pytest.fixture(params=_STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made = _STORES[request.param](request)
    made.series.setup()
    yield made
    made.series.close()


def scan(time: int = T, site: str = "HUB", **fields: Value) -> Point:
    tags = {"site": site, "step": "arriving", "route": "refill", "verdict": "ok"}
    return Point("scan", tags, {"item": "SN-1", **fields}, time)


def leg(n: int = 1, time: int = T, **fields: Value) -> Point:
    tags = {"route": "refill", "from_site": "HUB", "to_site": "SORT"}
    return Point("leg", tags, {"n": n, "item": "SN-1", **fields}, time)


def test_nothing_is_there_at_first(store: Store) -> None:
    assert {name: store.read(name) for name in MEASUREMENTS} == {name: [] for name in MEASUREMENTS}


def test_what_was_written_is_there(store: Store) -> None:
    store.series.write([scan(lag_s=1.5), leg()])
    assert store.read("scan") == [scan(lag_s=1.5)]
    assert store.read("leg") == [leg()]


_SAMPLE: Final[dict[type, Value]] = {str: "TOTE-17", int: -7, float: 0.1}


@pytest.mark.parametrize("measurement", MEASUREMENTS.values(), ids=lambda each: each.name)
def test_every_tag_and_field_of_a_measurement_is_kept(store: Store, measurement: Measurement) -> None:
    whole = Point(
        measurement.name,
        {tag: f"{tag} 1" for tag in measurement.tags},
        {name: _SAMPLE[type_] for name, type_ in measurement.fields.items()},
        T,
    )
    alone = [
        Point(measurement.name, {}, {name: _SAMPLE[type_]}, T + 1 + number)
        for number, (name, type_) in enumerate(measurement.fields.items())
    ]
    store.series.write([whole, *alone])
    assert store.read(measurement.name) == [whole, *alone]


def test_writing_again_is_as_good_as_once(store: Store) -> None:
    points = [scan(), scan(T + 1), leg()]
    for _ in range(3):
        store.series.write(points)
    store.series.write([scan(), scan()])
    assert store.read("scan") == [scan(), scan(T + 1)]


def test_points_differ_by_a_nanosecond_or_a_tag(store: Store) -> None:
    points = [scan(site="HUB"), scan(site="SORT"), scan(T + 1), scan(T + 2)]
    store.series.write(points)
    assert store.read("scan") == points


def test_a_missing_tag_is_a_tag_of_its_own(store: Store) -> None:
    without = Point("scan", {"step": "arriving"}, {"item": "SN-2"}, T)
    store.series.write([scan(), without])
    assert store.read("scan") == [without, scan()] or store.read("scan") == [scan(), without]


def test_a_point_written_again_brings_new_fields_and_keeps_the_others(store: Store) -> None:
    store.series.write([leg(1, transit_s=60.0, late_s=5.0)])
    store.series.write([leg(0, late_s=0.0)])
    assert store.read("leg") == [leg(0, transit_s=60.0, late_s=0.0)]


@pytest.mark.parametrize(
    "value",
    [
        "https://id.gs1.org/01/04012345000016/21/A7",
        "with, comma = equals and space",
        "quo\"ted and 'quoted'",
        "backslash\\",
        "line\nbreak",
        "Ünïcode 漢字 🚚",
        "-- ; DROP TABLE scan",
        " ",
        "",
    ],
)
def test_texts_come_back_as_they_were(store: Store, value: str) -> None:
    point = scan(container=value)
    store.series.write([point])
    assert store.read("scan") == [point]


@pytest.mark.parametrize("value", ["a,b=c d", "slash\\", "Ünï", "'", '"'])
def test_tags_come_back_as_they_were(store: Store, value: str) -> None:
    store.series.write([scan(site=value)])
    assert store.read("scan") == [scan(site=value)]


@pytest.mark.parametrize("value", [0.0, -1.25, 1e-300, 1.7976931348623157e308, 1 / 3])
def test_numbers_come_back_as_they_were(store: Store, value: float) -> None:
    store.series.write([scan(lag_s=value)])
    assert store.read("scan") == [scan(lag_s=value)]


@pytest.mark.parametrize("value", [0, -1, 2**63 - 1, -(2**63)])
def test_whole_numbers_come_back_as_they_were(store: Store, value: int) -> None:
    store.series.write([leg(value)])
    assert store.read("leg") == [leg(value)]


@pytest.mark.parametrize("time", [0, -1, -86_400_000_000_000 + 17, 4_102_444_800_000_000_123])
def test_times_before_and_long_after_the_epoch_are_kept_to_the_nanosecond(store: Store, time: int) -> None:
    store.series.write([scan(time)])
    assert store.read("scan") == [scan(time)]


_BAD: Final = {
    "an unknown measurement": (Point("scans", {}, {"item": "SN-1"}, T), "measurement 'scans'"),
    "an unknown tag": (Point("scan", {"item": "SN-1"}, {"item": "SN-1"}, T), "tag 'item'"),
    "an empty tag": (scan(site=""), "tag site is ''"),
    "a line break in a tag": (scan(site="HUB\n"), "tag site"),
    "an unknown field": (scan(colour="red"), "field colour"),
    "no field": (Point("scan", {"site": "HUB"}, {}, T), "no field"),
    "text for a number": (scan(lag_s="1.5"), "must be of type float"),
    "a whole number for a number": (scan(lag_s=1), "must be of type float"),
    "a number for a whole number": (leg(1.0), "must be of type int"),  # type: ignore[arg-type] # the point of it
    "yes or no for a whole number": (leg(n=True), "must be of type int"),
    "a number for text": (scan(container=17), "must be of type str"),
    "not a number": (scan(lag_s=float("nan")), "must be finite"),
    "infinity": (scan(lag_s=float("inf")), "must be finite"),
    "more than 64 bits": (leg(2**63), "within 64 bits"),
    "a NUL": (scan(container="TOTE\0"), "without NUL"),
    "half a character": (scan(container="\ud800"), "without NUL and halves"),
    "a time that no store can tell": (scan(2**63), "outside the years"),
    "a time long ago": (scan(-(2**63)), "outside the years"),
}


@pytest.mark.parametrize("what", _BAD)
def test_a_point_that_cannot_be_stored_is_named_and_the_others_are_stored(store: Store, what: str) -> None:
    bad, reason = _BAD[what]
    with pytest.raises(PartialWrite) as caught:
        store.series.write([scan(), bad, scan(T + 1)])
    (refused,) = caught.value.refused
    assert refused.point is bad
    assert reason in refused.reason
    assert store.read("scan") == [scan(), scan(T + 1)]


def test_all_refused_points_are_named(store: Store) -> None:
    bad = [each for each, _ in _BAD.values()]
    with pytest.raises(PartialWrite) as caught:
        store.series.write(bad)
    assert [each.point for each in caught.value.refused] == bad


def test_nothing_can_be_written(store: Store) -> None:
    store.series.write([])
    assert store.read("scan") == []


def test_a_full_write_is_stored_whole(store: Store) -> None:
    points = [scan(T + number, event_id=f"e{number}") for number in range(MAX_POINTS)]
    store.series.write(points)
    assert store.read("scan") == points


def test_what_is_older_is_forgotten(store: Store) -> None:
    old, edge, young = scan(T - 1), scan(T), scan(T + 1)
    other = leg(time=T - 1)
    store.series.write([old, edge, young, other])
    store.series.forget("scan", NOON)
    assert store.read("scan") == [edge, young]
    assert store.read("leg") == [other]
    store.series.forget("scan", Instant(NOON + HOUR))
    assert store.read("scan") == []


def test_a_wiped_store_can_be_filled_again(store: Store) -> None:
    store.series.write([scan(), leg()])
    store.series.wipe()
    assert store.read("scan") == store.read("leg") == []
    store.series.write([scan()])
    assert store.read("scan") == [scan()]


def test_setting_up_again_changes_nothing(store: Store) -> None:
    store.series.write([scan()])
    store.series.setup()
    assert store.read("scan") == [scan()]


times = st.integers(T, T + 3)
fields = st.fixed_dictionaries(
    {"n": st.sampled_from([0, 1])}, optional={"late_s": st.floats(0, 9), "item": st.sampled_from(["A", "B"])}
)
legs = st.builds(
    Point,
    st.just("leg"),
    st.fixed_dictionaries({}, optional={"to_site": st.sampled_from(["HUB", "SORT"])}),
    fields,
    times,
)


@pytest.mark.parametrize("name", _STORES)
@given(batches=st.lists(st.lists(legs, max_size=6), max_size=4))
@settings(max_examples=20)
def test_however_points_are_batched_and_repeated_the_last_word_on_each_field_counts(
    request: pytest.FixtureRequest, name: str, batches: list[list[Point]]
) -> None:
    made = _STORES[name](request)
    made.series.setup()
    expected: dict[tuple[int, str], Point] = {}
    for batch in batches:
        made.series.write(batch)
        made.series.write(batch)
        for point in [*batch, *batch]:
            key = (point.time, point.tags.get("to_site", ""))
            known = expected.get(key, point)
            expected[key] = point._replace(fields={**known.fields, **point.fields})
    assert made.read("leg") == [expected[key] for key in sorted(expected)]
    made.series.close()
