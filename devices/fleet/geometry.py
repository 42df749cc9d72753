"""Distances and places on the earth, for tracks and simulated drives. Degrees WGS 84, metres."""

from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import Final

Place = tuple[float, float]
"""(lat, lon)."""

_EARTH_M: Final = 6_371_008.8
"""The mean radius (IUGG)."""


def distance_m(start: Place, end: Place) -> float:
    """The great circle distance (by haversines)."""
    phi1, phi2 = radians(start[0]), radians(end[0])
    hav = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(end[1] - start[1]) / 2) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(hav)))


def between(start: Place, end: Place, share: float) -> Place:
    """The place after this share of the great circle from start to end."""
    angle = distance_m(start, end) / _EARTH_M
    if angle < 1e-12:
        return end
    a, b = sin((1 - share) * angle) / sin(angle), sin(share * angle) / sin(angle)
    phi1, lam1, phi2, lam2 = map(radians, (*start, *end))
    x = a * cos(phi1) * cos(lam1) + b * cos(phi2) * cos(lam2)
    y = a * cos(phi1) * sin(lam1) + b * cos(phi2) * sin(lam2)
    z = a * sin(phi1) + b * sin(phi2)
    return degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x))
