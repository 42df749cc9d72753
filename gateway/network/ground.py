"""What fences probably mean otherwise: corners longitude first, a site outside of its own fence, fences that overlap.

Knows positions only; what is done with a fence is for `gateway.tracking.fences`.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from gateway.network.faults import REPORTED, Finding
from gateway.tracking.fences import FenceIndex, distance_m, inside
from gateway.tracking.plan import Network, Polygon, Site

_FAR_M: Final = 50_000.0
"""No fence of a site reaches so far; corners beyond are somewhere else."""


def doubts(network: Network) -> Iterator[Finding]:
    """The doubts about each polygon, then about pairs of fences."""
    index_of = {id_: index for index, id_ in enumerate(network.sites)}
    for site in network.sites.values():
        message = _misplaced(site)
        if message is not None:
            yield Finding(("sites", index_of[site.id], "fence", "polygon"), message)
    # Fences that all lie on one another make millions of pairs; enough of them are told.
    for smaller, larger in islice(FenceIndex(network.sites.values()).overlapping(), REPORTED + 1):
        message = f"overlaps the fence of {larger}; a fix in both counts for the smaller, {smaller}"
        yield Finding(("sites", index_of[smaller], "fence"), f"{message}; part them if that is not meant")


def _misplaced(site: Site) -> str | None:
    fence = site.fence
    if not isinstance(fence, Polygon) or inside(site, site.lat, site.lon):
        return None
    if all(-90 <= lon <= 90 for _, lon in fence.corners):
        swapped = Polygon(tuple((lon, lat) for lat, lon in fence.corners))
        turned = replace(site, fence=swapped)
        nearer = _distance(site, fence) > _FAR_M >= _distance(site, swapped)
        if nearer or inside(turned, site.lat, site.lon):
            return "its corners seem to have the longitude first; write each as [latitude, longitude]"
    return "the site's own position is outside of its fence; correct its lat and lon, or the corners"


def _distance(site: Site, polygon: Polygon) -> float:
    """From the site to the nearest corner."""
    return min(distance_m(site.lat, site.lon, lat, lon) for lat, lon in polygon.corners)
