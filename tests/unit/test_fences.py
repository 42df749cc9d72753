"""Fences: their geometry, and the index that finds the fence of a fix, against a walk over all of them."""

from math import isclose, pi
from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.tracking.fences import (
    EARTH_RADIUS_M,
    FenceIndex,
    Located,
    area_of,
    distance_m,
    inside,
    located,
    radius_of,
)
from gateway.tracking.plan import Circle, Polygon, Site

DEGREE_M: Final = EARTH_RADIUS_M * pi / 180


def circle(id_: str, lat: float, lon: float, radius_m: float) -> Site:
    return Site(id_, lat, lon, fence=Circle(radius_m))


def polygon(id_: str, *corners: tuple[float, float]) -> Site:
    """A site at the first corner of its fence."""
    return Site(id_, *corners[0], fence=Polygon(corners))


def rectangle(id_: str, at: tuple[float, float], size: tuple[float, float]) -> Site:
    south, west, north, east = *at, at[0] + size[0], at[1] + size[1]
    return polygon(id_, (south, west), (south, east), (north, east), (north, west))


def square(id_: str, south: float, west: float, side: float = 1.0) -> Site:
    return rectangle(id_, (south, west), (side, side))


@pytest.mark.parametrize(
    ("here", "there", "metres"),
    [
        pytest.param((52.5, 13.4), (52.5, 13.4), 0.0, id="nowhere"),
        pytest.param((0.0, 0.0), (1.0, 0.0), DEGREE_M, id="a degree of latitude"),
        pytest.param((0.0, 0.0), (0.0, 1.0), DEGREE_M, id="a degree of the equator"),
        pytest.param(
            (60.0, 10.0), (60.0, 12.0), 0.99990 * DEGREE_M, id="two degrees of the sixtieth parallel"
        ),
        pytest.param((0.0, 179.5), (0.0, -179.5), DEGREE_M, id="over the antimeridian"),
        pytest.param((89.5, 0.0), (89.5, 180.0), DEGREE_M, id="over the pole"),
        pytest.param((10.0, 20.0), (-10.0, -160.0), 180 * DEGREE_M, id="to the antipodes"),
        pytest.param((52.5200, 13.4050), (48.1351, 11.5820), 504_400, id="Berlin to Munich"),
    ],
)
def test_distance_is_that_of_the_great_circle(
    here: tuple[float, float], there: tuple[float, float], metres: float
) -> None:
    assert distance_m(*here, *there) == pytest.approx(metres, rel=1e-4, abs=1e-6)
    assert distance_m(*there, *here) == distance_m(*here, *there)


TRIANGLE: Final = polygon("T", (0.0, 0.0), (1.0, 1.0), (2.0, 0.0))
TWIN: Final = polygon("U", (0.0, 0.0), (1.0, 1.0), (2.0, 0.0))
L_SHAPE: Final = polygon("L", (0.0, 0.0), (0.0, 3.0), (1.0, 3.0), (1.0, 1.0), (3.0, 1.0), (3.0, 0.0))
FIJI: Final = polygon("F", (-18.0, 179.0), (-18.0, -179.0), (-16.0, -179.0), (-16.0, 179.0))
FIJI_FROM_THE_EAST: Final = polygon("F", (-16.0, -179.0), (-16.0, 179.0), (-18.0, 179.0), (-18.0, -179.0))


@pytest.mark.parametrize(
    ("site", "lat", "lon", "expected"),
    [
        pytest.param(circle("C", 0.0, 0.0, DEGREE_M), 0.0, 0.999999, True, id="just within a circle"),
        pytest.param(circle("C", 0.0, 0.0, DEGREE_M), 0.0, 1.000001, False, id="just out of a circle"),
        pytest.param(circle("C", 0.0, 0.0, 0.0), 0.0, 0.0, True, id="the rim belongs to a circle"),
        pytest.param(
            circle("C", 0.0, 179.9, DEGREE_M), 0.0, -179.5, True, id="a circle over the antimeridian"
        ),
        pytest.param(circle("C", 89.9, 0.0, DEGREE_M), 89.5, 180.0, True, id="a circle over the pole"),
        pytest.param(L_SHAPE, 0.5, 2.5, True, id="one leg of an L"),
        pytest.param(L_SHAPE, 2.5, 0.5, True, id="the other leg of an L"),
        pytest.param(L_SHAPE, 2.0, 2.0, False, id="between the legs of an L"),
        pytest.param(L_SHAPE, 0.5, -357.5, True, id="a longitude a turn away"),
        pytest.param(FIJI, -17.0, 179.5, True, id="a polygon over the antimeridian, west of it"),
        pytest.param(FIJI, -17.0, -179.5, True, id="a polygon over the antimeridian, east of it"),
        pytest.param(FIJI, -17.0, 180.0, True, id="a polygon over the antimeridian, on it"),
        pytest.param(FIJI, -17.0, 0.0, False, id="the other side of the earth"),
        pytest.param(FIJI_FROM_THE_EAST, -17.0, 179.5, True, id="its first corner in the east, west of it"),
        pytest.param(FIJI_FROM_THE_EAST, -17.0, -179.5, True, id="its first corner in the east, east of it"),
        pytest.param(FIJI_FROM_THE_EAST, -17.0, 178.5, False, id="its first corner in the east, beside it"),
        pytest.param(Site("N", 0.0, 0.0), 0.0, 0.0, False, id="no fence"),
    ],
)
def test_a_position_is_inside_a_fence(site: Site, lat: float, lon: float, *, expected: bool) -> None:
    assert inside(site, lat, lon) is expected
    assert (FenceIndex([site]).site_at(lat, lon) == site.id) is expected


def test_the_radius_of_a_polygon_reaches_from_the_site_to_its_farthest_corner() -> None:
    site = Site("S", 0.0, 0.0, fence=Polygon(((0.0, 1.0), (1.0, 0.0), (0.0, -2.0))))
    assert radius_of(site) == pytest.approx(2 * DEGREE_M)
    assert radius_of(circle("C", 0.0, 0.0, 150.0)) == 150.0
    assert radius_of(Site("N", 0.0, 0.0)) == 0.0


def test_areas_of_circles_and_polygons_compare() -> None:
    assert area_of(circle("C", 50.0, 0.0, 1000.0)) == pytest.approx(pi * 1e6)
    assert area_of(square("Q", 59.995, 179.995, 0.01)) == pytest.approx((0.01 * DEGREE_M) ** 2 / 2, rel=1e-6)
    assert area_of(L_SHAPE) == pytest.approx(5 * DEGREE_M**2, rel=1e-3)
    assert area_of(Site("N", 0.0, 0.0)) == 0.0


def test_a_fix_inside_several_fences_belongs_to_the_smallest() -> None:
    town, hall = circle("TOWN", 52.0, 13.0, 2000.0), square("HALL", 51.995, 12.995, 0.01)
    index = FenceIndex(
        [town, hall, circle("COUNTRY", 51.0, 10.0, 500_000.0), circle("EARTH", 0.0, 0.0, 2.1e7)]
    )
    assert index.site_at(52.0, 13.0) == "HALL"
    assert index.site_at(52.01, 13.0) == "TOWN"
    assert index.site_at(52.5, 13.0) == "COUNTRY"
    assert index.site_at(-52.0, 13.0) == "EARTH"


def test_a_fix_inside_equal_fences_belongs_to_the_first_by_id() -> None:
    twins = [circle(id_, 52.0, 13.0, 100.0) for id_ in ("B", "A", "C")]
    assert FenceIndex(twins).site_at(52.0, 13.0) == "A"


def test_an_index_without_fences_holds_nothing() -> None:
    index = FenceIndex([Site("N", 0.0, 0.0)])
    assert index.site_at(0.0, 0.0) is None
    assert not list(index.overlapping())


DOCK: Final = circle("DOCK", 52.0, 13.0, 50.0)
AIRPORT: Final = circle("AIRPORT", 53.0, 13.0, 3000.0)


@pytest.mark.parametrize(
    ("lat", "accuracy_m", "expected"),
    [
        pytest.param(52.0, None, Located("DOCK", counted=True), id="of unknown accuracy"),
        pytest.param(52.0, 200.0, Located("DOCK", counted=True), id="at 200 m, even in a smaller fence"),
        pytest.param(52.0, 200.1, Located("DOCK", counted=False), id="not beyond, in a smaller fence"),
        pytest.param(53.0, 3000.0, Located("AIRPORT", counted=True), id="at the radius of a larger fence"),
        pytest.param(53.0, 3000.1, Located("AIRPORT", counted=False), id="not beyond its radius"),
        pytest.param(54.0, None, Located(None, counted=True), id="outside, of unknown accuracy"),
        pytest.param(54.0, 200.0, Located(None, counted=True), id="outside, at 200 m"),
        pytest.param(54.0, 200.1, Located(None, counted=False), id="not outside, beyond"),
    ],
)
def test_a_fix_counts_by_its_accuracy(lat: float, accuracy_m: float | None, expected: Located) -> None:
    assert located(FenceIndex([DOCK, AIRPORT]), lat, 13.0, accuracy_m) == expected


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        pytest.param(circle("A", 0.0, 0.0, 1e5), circle("B", 0.0, 1.0, 2e4), True, id="circles that overlap"),
        pytest.param(circle("A", 0.0, 0.0, 1e5), circle("B", 0.0, 1.0, 1e4), False, id="circles apart"),
        pytest.param(
            circle("A", 0.0, 0.0, 1e6), circle("B", 0.0, 1.0, 10.0), True, id="a circle in a circle"
        ),
        pytest.param(
            circle("A", 9.0, 179.99, 5e3), circle("B", 9.0, -179.99, 5e3), True, id="circles at 180 degrees"
        ),
        pytest.param(
            circle("A", 89.9, 0.0, 2e4), circle("B", 89.9, 180.0, 2e4), True, id="circles at the pole"
        ),
        pytest.param(square("A", 0.0, 0.0), square("B", 0.5, 0.5), True, id="squares that overlap"),
        pytest.param(square("A", 0.0, 0.0), square("B", 0.0, 0.0), True, id="the same square twice"),
        pytest.param(TRIANGLE, TWIN, True, id="the same triangle twice"),
        pytest.param(square("A", 0.0, 0.0), square("B", 0.0, 1.0), False, id="squares side by side"),
        pytest.param(square("A", 0.0, 0.0), square("B", 1.0, 1.0), False, id="squares that share a corner"),
        pytest.param(square("A", 0.0, 0.0, 9.0), square("B", 4.0, 4.0), True, id="a square in a square"),
        pytest.param(square("A", 0.0, 179.5), square("B", 0.0, -179.9), True, id="squares at 180 degrees"),
        pytest.param(L_SHAPE, square("B", 1.0, 1.0, 2.0), False, id="a square between the legs of an L"),
        pytest.param(
            L_SHAPE, square("B", 0.5, 1.5, 2.0), True, id="a square that a leg of an L reaches into"
        ),
        pytest.param(L_SHAPE, circle("B", 2.2, 2.2, DEGREE_M), False, id="a circle between the legs of an L"),
        pytest.param(L_SHAPE, circle("B", 2.0, 2.0, 1.1 * DEGREE_M), True, id="a circle over a side of an L"),
        pytest.param(L_SHAPE, circle("B", 0.5, 0.5, 10.0), True, id="a circle in an L"),
        pytest.param(L_SHAPE, circle("B", 1.0, 1.0, 1e6), True, id="an L in a circle"),
        pytest.param(
            FIJI, circle("B", -17.0, -178.9, 2e4), True, id="a circle over a side beyond 180 degrees"
        ),
        pytest.param(
            FIJI, circle("B", -17.0, 178.9, 2e4), True, id="a circle over a side before 180 degrees"
        ),
        pytest.param(FIJI, circle("B", -17.0, -178.0, 2e4), False, id="a circle beside it"),
        pytest.param(
            square("A", 60.0, 0.0), circle("B", 60.5, 1.3, 2e4), True, id="where meridians are close"
        ),
    ],
)
def test_fences_overlap(one: Site, other: Site, *, overlap: bool) -> None:
    for sites in ([one, other], [other, one]):
        pairs = [set(pair) for pair in FenceIndex(sites).overlapping()]
        assert pairs == ([{one.id, other.id}] if overlap else [])


def test_circles_that_touch_do_not_overlap() -> None:
    half = distance_m(52.0, 13.0, 52.0, 13.5) / 2
    touching = FenceIndex([circle("A", 52.0, 13.0, half), circle("B", 52.0, 13.5, half)])
    assert not list(touching.overlapping())


def test_each_overlapping_pair_is_named_once_with_the_smaller_fence_first() -> None:
    sites = [circle(id_, 52.0, 13.0, radius) for id_, radius in (("A", 9e5), ("B", 100.0), ("C", 100.0))]
    assert sorted(FenceIndex(sites).overlapping()) == [("B", "A"), ("B", "C"), ("C", "A")]


def test_five_thousand_fences_in_one_that_covers_a_continent_are_told_apart() -> None:
    sites = [circle(f"S{n}", 40 + n % 71 / 5, n // 71 / 5, 150.0) for n in range(5000)]
    sites.append(circle("EUROPE", 48.0, 8.0, 3e6))
    index = FenceIndex(sites)
    assert {index.site_at(site.lat, site.lon) for site in sites[:-1]} == {site.id for site in sites[:-1]}
    assert len(list(index.overlapping())) == sum(inside(sites[-1], s.lat, s.lon) for s in sites[:-1])


LATS: Final = st.floats(-90, 90) | st.sampled_from((-90.0, -89.999, 0.0, 45.0, 89.999, 90.0))
LONS: Final = st.floats(-180, 180) | st.sampled_from((-180.0, -179.999, 0.0, 90.0, 179.999, 180.0))


@st.composite
def fences(draw: st.DrawFn) -> Site:
    """Circles of a metre to half the earth, and polygons of up to 60 degrees, anywhere."""
    id_ = draw(st.text("ABC", min_size=1, max_size=3))
    lat, lon = draw(LATS), draw(LONS)
    if draw(st.booleans()):
        return circle(id_, lat, lon, 10 ** draw(st.floats(0, 7.4)))
    size = 10 ** draw(st.floats(-4, 1.5))
    away = st.floats(-1, 1).map(lambda part: part * size)
    offsets = draw(st.lists(st.tuples(away, away), min_size=3, max_size=7))
    corners = [(max(-90.0, min(90.0, lat + y)), (lon + x + 180) % 360 - 180) for y, x in offsets]
    return polygon(id_, *corners)


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Site], list[tuple[float, float]]]:
    """Sites with ids of their own, and positions: some near a site, some anywhere."""
    sites = draw(st.lists(fences(), min_size=1, max_size=8, unique_by=lambda site: site.id))
    near = st.sampled_from(sites).flatmap(
        lambda site: st.tuples(st.floats(-1.1, 1.1), st.floats(-1.1, 1.1)).map(
            lambda part: (
                max(-90.0, min(90.0, site.lat + part[0] * radius_of(site) / DEGREE_M)),
                (site.lon + part[1] * radius_of(site) / DEGREE_M + 180) % 360 - 180,
            )
        )
    )
    return sites, draw(st.lists(near | st.tuples(LATS, LONS), min_size=1, max_size=20))


@settings(deadline=None)
@given(networks())
def test_the_index_finds_what_a_walk_over_all_fences_finds(
    network: tuple[list[Site], list[tuple[float, float]]],
) -> None:
    sites, positions = network
    index = FenceIndex(sites)
    for lat, lon in positions:
        holding = [site for site in sites if inside(site, lat, lon)]
        smallest = min(holding, key=lambda site: (area_of(site), site.id), default=None)
        assert index.site_at(lat, lon) == (smallest.id if smallest else None)


@settings(deadline=None)
@given(networks())
def test_circles_that_hold_one_position_overlap(
    network: tuple[list[Site], list[tuple[float, float]]],
) -> None:
    sites, positions = network
    circles = [site for site in sites if isinstance(site.fence, Circle)]
    assume(len(circles) > 1)
    pairs = {frozenset(pair) for pair in FenceIndex(circles).overlapping()}
    for lat, lon in positions:
        holding = [site.id for site in circles if inside(site, lat, lon)]
        assert {frozenset((a, b)) for a in holding for b in holding if a < b} <= pairs


SMALL: Final = st.integers(0, 40).map(lambda n: n / 1000)


@settings(deadline=None)
@given(st.tuples(SMALL, SMALL), st.tuples(SMALL, SMALL), st.tuples(SMALL, SMALL), st.tuples(SMALL, SMALL))
def test_rectangles_overlap_where_their_bounds_do(
    a: tuple[float, float], b: tuple[float, float], a_size: tuple[float, float], b_size: tuple[float, float]
) -> None:
    assume(min(*a_size, *b_size) > 0)
    shared = [min(a[i] + a_size[i], b[i] + b_size[i]) - max(a[i], b[i]) for i in (0, 1)]
    assume(not any(isclose(side, 0.0, abs_tol=1e-6) for side in shared))
    sites = [rectangle("A", a, a_size), rectangle("B", b, b_size)]
    assert bool(list(FenceIndex(sites).overlapping())) == (min(shared) > 0)
