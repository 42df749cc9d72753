"""Fences: which site a fix is in, and the visits that a tracker's fixes make (tracking.md section 2).

Three parts, each usable without the next: the geometry of one fence; `FenceIndex`, which finds the fence of a
fix among thousands; and the visit machine, a fold over the counted fixes of one tracker that can stop at any
fix, be stored, and go on.

Distances are great circle metres on a sphere of the mean earth radius (IUGG), positions are degrees WGS 84.
The sides of a polygon are straight in latitude and longitude and take the shorter way round the earth, so
that it may cross the antimeridian; it cannot go round a pole, which a circle can.

This module must not know what a visit is evidence of, nor where fixes come from, nor what time it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import asin, atan2, cos, degrees, floor, hypot, log2, pi, radians, sin, sqrt
from typing import Any, Final, Literal, NamedTuple

from gateway.tracking.instants import Duration, Instant
from gateway.tracking.plan import Circle, Polygon, Site

EARTH_RADIUS_M: Final = 6_371_008.8
ACCURATE_M: Final = 200.0
"""A fix that is at least as accurate as this counts, however small the fence that it is in."""

_DEGREE_M: Final = radians(EARTH_RADIUS_M)
_POLE: Final = 90.0
_TURN: Final = 360.0
# Ten centimetres, so that rounding never leaves out of a box what the exact test would find inside.
_MARGIN: Final = 1e-6
# The cells of the finest level measure 360 / 2**17 degrees: some 300 m.
_FINEST: Final = 17
# How much of the way from a corner to the middle of a polygon is just within the corner.
_PULL: Final = 0.01

_Corner = tuple[float, float]
"""(lat, lon) in degrees."""
_Ring = tuple[_Corner, ...]
"""A polygon's corners, the first repeated at the end; longitudes run on across the antimeridian."""
_Cell = tuple[int, int, int]
"""Level, row, column."""


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The great circle distance of two positions in degrees, in metres (by haversines)."""
    phi1, phi2 = radians(lat1), radians(lat2)
    hav = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * atan2(sqrt(hav), sqrt(max(0.0, 1 - hav)))


def inside(site: Site, lat: float, lon: float) -> bool:
    """Whether the position is in the site's fence: a circle with its rim, a polygon by even-odd crossings."""
    shape = _shape(site)
    return shape is not None and shape.holds(lat, lon)


def radius_of(site: Site) -> float:
    """The fence's radius in metres: of a polygon, from the site to its farthest corner; 0 for no fence."""
    shape = _shape(site)
    return 0.0 if shape is None else shape.radius_m


def area_of(site: Site) -> float:
    """The fence's area in square metres, as if flat (a polygon's by its middle latitude); 0 for no fence."""
    shape = _shape(site)
    return 0.0 if shape is None else shape.area_m2


class _Box(NamedTuple):
    """Bounds in degrees; `west` is within -180 to 180 or a turn away, `east` up to a turn beyond `west`."""

    south: float
    north: float
    west: float
    east: float

    def meets(self, other: "_Box") -> bool:
        if self.south > other.north or other.south > self.north:
            return False
        east_of = (other.west - self.west) % _TURN
        return east_of <= self.east - self.west or _TURN - east_of <= other.east - other.west


class _Shape(NamedTuple):
    """One site's fence, made ready; `ring` is empty for a circle around (lat, lon)."""

    site: str
    lat: float
    lon: float
    radius_m: float
    area_m2: float
    ring: _Ring
    box: _Box

    def holds(self, lat: float, lon: float) -> bool:
        if self.ring:
            return _encloses(self.ring, lat, lon)
        return distance_m(self.lat, self.lon, lat, lon) <= self.radius_m


def _shape(site: Site) -> _Shape | None:
    match site.fence:
        case Circle(radius_m):
            box = _circle_box(site.lat, site.lon, radius_m)
            return _Shape(site.id, site.lat, site.lon, radius_m, pi * radius_m**2, (), box)
        case Polygon(corners):
            ring = _ring(corners)
            lats, lons = [lat for lat, _ in ring], [lon for _, lon in ring]
            box = _Box(min(lats) - _MARGIN, max(lats) + _MARGIN, min(lons) - _MARGIN, max(lons) + _MARGIN)
            radius_m = max(distance_m(site.lat, site.lon, lat, lon) for lat, lon in corners)
            return _Shape(site.id, site.lat, site.lon, radius_m, _ring_area(ring), ring, box)
        case None:
            return None


def _circle_box(lat: float, lon: float, radius_m: float) -> _Box:
    reach = degrees(radius_m / EARTH_RADIUS_M) + _MARGIN
    south, north = lat - reach, lat + reach
    if south <= -_POLE or north >= _POLE:
        return _Box(max(south, -_POLE), min(north, _POLE), -_TURN / 2, _TURN / 2)
    # The meridians that touch the circle.
    aside = degrees(asin(min(1.0, sin(radians(reach)) / cos(radians(lat))))) + _MARGIN
    return _Box(south, north, lon - aside, lon + aside)


def _ring(corners: Sequence[_Corner]) -> _Ring:
    ring = [corners[0]]
    for lat, lon in (*corners[1:], corners[0]):
        ring.append((lat, lon + _turns(lon, ring[-1][1])))
    return tuple(ring)


def _turns(lon: float, near: float) -> float:
    """The whole turns, in degrees, that bring the longitude to within half a turn of `near`."""
    return -_TURN * floor((lon - near) / _TURN + 0.5)


def _ring_area(ring: _Ring) -> float:
    lat0, lon0 = ring[0]
    lats = [lat for lat, _ in ring]
    scale = cos(radians((min(lats) + max(lats)) / 2))
    twice = sum(
        (lon1 - lon0) * (lat2 - lat0) - (lon2 - lon0) * (lat1 - lat0)
        for (lat1, lon1), (lat2, lon2) in pairwise(ring)
    )
    return abs(twice) / 2 * scale * _DEGREE_M**2


def _encloses(ring: _Ring, lat: float, lon: float) -> bool:
    west = min(x for _, x in ring)
    x = lon - _TURN * floor((lon - west) / _TURN)
    odd = False
    for (lat1, lon1), (lat2, lon2) in pairwise(ring):
        if (lat1 > lat) != (lat2 > lat) and x < lon1 + (lon2 - lon1) * (lat - lat1) / (lat2 - lat1):
            odd = not odd
    return odd


class FenceIndex:
    """The fences of a network, found by position.

    A grid of halving cell sizes: each fence is listed in the at most four cells that its bounding box touches
    on the finest level whose cells are no smaller than the box. So a fence as large as a continent takes as
    little room as a dock's, and a look-up reads one cell a level. Cells list the smallest fence first.
    """

    def __init__(self, sites: Iterable[Site]) -> None:
        shapes = [shape for shape in map(_shape, sites) if shape is not None]
        self._shapes = sorted(shapes, key=lambda shape: (shape.area_m2, shape.site))
        self._radius_m = {shape.site: shape.radius_m for shape in shapes}
        self._cells: dict[_Cell, list[int]] = defaultdict(list)
        for rank, shape in enumerate(self._shapes):
            for cell in _cells(shape.box, _level(shape.box)):
                self._cells[cell].append(rank)
        self._levels = sorted({level for level, _, _ in self._cells}, reverse=True)

    def site_at(self, lat: float, lon: float) -> str | None:
        """The site whose fence holds the position; of several the smallest by area, then the first by id."""
        best = len(self._shapes)
        for level in self._levels:
            for rank in self._cells.get(_cell(level, lat, lon), ()):
                if rank >= best:
                    break
                if self._shapes[rank].holds(lat, lon):
                    best = rank
        return self._shapes[best].site if best < len(self._shapes) else None

    def radius_m(self, site: str) -> float:
        """The radius of a site's fence (see `radius_of`)."""
        return self._radius_m.get(site, 0.0)

    def overlapping(self) -> Iterator[tuple[str, str]]:
        """The pairs of sites whose fences share ground, each once, the smaller fence first.

        Approximate where fences cover a thousand kilometres; fences that merely touch do not share ground.
        """
        for rank, shape in enumerate(self._shapes):
            own = _level(shape.box)
            # A pair is found from the fence on the finer level; on one level, from the one of lower rank.
            found = {
                other
                for level in self._levels
                if level <= own
                for cell in _cells(shape.box, level)
                for other in self._cells.get(cell, ())
                if level < own or other > rank
            }
            for other in sorted(found):
                low, high = sorted((rank, other))
                if _overlap(self._shapes[low], self._shapes[high]):
                    yield self._shapes[low].site, self._shapes[high].site


def _level(box: _Box) -> int:
    """The finest level whose cells are no smaller than the box; level 0 is one cell for the whole earth."""
    return min(_FINEST, max(0, floor(log2(_TURN / max(box.north - box.south, box.east - box.west)))))


def _cell(level: int, lat: float, lon: float) -> _Cell:
    columns = 1 << level
    size = _TURN / columns
    return level, floor((lat + _POLE) / size), floor((lon + _TURN / 2) / size) % columns


def _cells(box: _Box, level: int) -> set[_Cell]:
    columns = 1 << level
    size = _TURN / columns
    rows = range(floor((box.south + _POLE) / size), floor((box.north + _POLE) / size) + 1)
    places = range(floor((box.west + _TURN / 2) / size), floor((box.east + _TURN / 2) / size) + 1)
    return {(level, row, place % columns) for row in rows for place in places}


def _overlap(a: _Shape, b: _Shape) -> bool:
    if not a.box.meets(b.box):
        return False
    if a.ring and b.ring:
        return _rings_overlap(a.ring, b.ring)
    if not (a.ring or b.ring):
        return distance_m(a.lat, a.lon, b.lat, b.lon) < a.radius_m + b.radius_m
    return _circle_overlaps(b, a.ring) if a.ring else _circle_overlaps(a, b.ring)


def _circle_overlaps(circle: _Shape, ring: _Ring) -> bool:
    """By the distance of the centre from the ring's sides, on a plane that touches the earth there."""
    if _encloses(ring, circle.lat, circle.lon):
        return True
    origin = circle.lon + _turns(circle.lon, ring[0][1])
    scale = _DEGREE_M * cos(radians(circle.lat))
    corners = [((lon - origin) * scale, (lat - circle.lat) * _DEGREE_M) for lat, lon in ring]
    return any(_from_origin(p, q) < circle.radius_m for p, q in pairwise(corners))


def _from_origin(p: tuple[float, float], q: tuple[float, float]) -> float:
    """The distance of the point (0, 0) from the straight between p and q."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    length2 = dx * dx + dy * dy
    along = min(1.0, max(0.0, -(p[0] * dx + p[1] * dy) / length2)) if length2 else 0.0
    return hypot(p[0] + along * dx, p[1] + along * dy)


def _rings_overlap(a: _Ring, b: _Ring) -> bool:
    """Whether sides cross, or else a point just within a corner of one is in both."""
    turns = _turns(b[0][1], a[0][1])
    b = tuple((lat, lon + turns) for lat, lon in b)
    if any(_cross(p, q, r, s) for p, q in pairwise(a) for r, s in pairwise(b)):
        return True
    return any(_encloses(a, *p) and _encloses(b, *p) for ring in (a, b) for p in _within(ring))


def _cross(p: _Corner, q: _Corner, r: _Corner, s: _Corner) -> bool:
    """Whether the straights from p to q and from r to s cross; to touch is not to cross."""
    return _turn(p, q, r) * _turn(p, q, s) < 0 and _turn(r, s, p) * _turn(r, s, q) < 0


def _turn(p: _Corner, q: _Corner, r: _Corner) -> float:
    """Positive where the way from p over q to r turns one way, negative where the other, 0 straight on."""
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])


def _within(ring: _Ring) -> Iterator[_Corner]:
    corners = ring[:-1]
    lat0, lon0 = (sum(values) / len(corners) for values in zip(*corners, strict=True))
    for lat, lon in corners:
        yield lat + (lat0 - lat) * _PULL, lon + (lon0 - lon) * _PULL


class Located(NamedTuple):
    """Where a fix is, and whether it counts for visits; `site` is None outside all fences."""

    site: str | None
    counted: bool


def located(index: FenceIndex, lat: float, lon: float, accuracy_m: float | None) -> Located:
    """The fence that a fix belongs to; it counts if accurate to 200 m or to the fence's radius."""
    site = index.site_at(lat, lon)
    allowed = ACCURATE_M if site is None else max(ACCURATE_M, index.radius_m(site))
    return Located(site, accuracy_m is None or accuracy_m <= allowed)


class Fix(NamedTuple):
    """One counted position; `site` is the fence that it belongs to. Fixes sort by (at, id, device)."""

    at: Instant
    id: str
    device: str
    site: str | None


class Mark(NamedTuple):
    """A visit begins or ends at the fix (`at`, `fix_id`, `device`), known by the fix at `confirmed_at`."""

    site: str
    step: Literal["arriving", "departing"]
    at: Instant
    fix_id: str
    device: str
    confirmed_at: Instant


class VisitState(NamedTuple):
    """What past fixes mean for the next.

    `visit` is the site of the open visit; `outside` is the latest fix, if that was the first one outside it.
    `run` is the first of the unbroken run of fixes, up to the latest, in a site other than `visit`.
    """

    visit: str | None = None
    outside: Fix | None = None
    run: Fix | None = None


EMPTY: Final = VisitState()


def advance(state: VisitState, fix: Fix, min_inside: Duration) -> tuple[VisitState, tuple[Mark, ...]]:
    """Take in the next counted fix, in the order of fixes: the new state and what it makes known, in order.

    One fix can end a visit and begin another, where the two outside the one are inside the other.
    """
    visit, outside, run = state
    if visit is not None and fix.site == visit:
        return VisitState(visit), ()
    marks: list[Mark] = []
    if visit is not None and outside is not None:
        marks.append(_mark(visit, "departing", outside, fix))
        visit = outside = None
    elif visit is not None:
        outside = fix
    if fix.site is None:
        return VisitState(visit, outside), tuple(marks)
    if run is None or run.site != fix.site:
        return VisitState(visit, outside, fix), tuple(marks)
    # The fix is at least the second in a row here, so that no visit elsewhere is still open.
    if fix.at - run.at < min_inside:
        return VisitState(run=run), tuple(marks)
    marks.append(_mark(fix.site, "arriving", run, fix))
    return VisitState(fix.site), tuple(marks)


def visits(
    fixes: Iterable[Fix], min_inside: Duration, state: VisitState = EMPTY
) -> tuple[VisitState, list[Mark]]:
    """Take in counted fixes, sorted by (at, id, device), none of them twice, none before those in `state`."""
    marks: list[Mark] = []
    for fix in fixes:
        state, made_known = advance(state, fix, min_inside)
        marks.extend(made_known)
    return state, marks


def is_clean(state: VisitState) -> bool:
    """Whether nothing is open or begun, so that later fixes can be folded without what came before."""
    return state == EMPTY


def to_json(state: VisitState) -> dict[str, Any]:
    """The state as what JSON can hold."""
    return {name: list(value) if isinstance(value, Fix) else value for name, value in state._asdict().items()}


def from_json(data: Mapping[str, Any]) -> VisitState:
    """The state that `to_json` wrote."""
    visit, outside, run = data["visit"], data["outside"], data["run"]
    return VisitState(visit, outside and Fix(*outside), run and Fix(*run))


def _mark(site: str, step: Literal["arriving", "departing"], fix: Fix, confirmed_by: Fix) -> Mark:
    return Mark(site, step, fix.at, fix.id, fix.device, confirmed_by.at)
