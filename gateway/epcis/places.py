"""Where an event happened: read points and business locations → our sites and coordinates, and back.

A site is known by its GLN, whatever extension an SGLN has (a dock door is at its site), or by its own URI. Where
sites share a GLN, the first by id is meant by it, and the others are told by their own URIs.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from gateway.epcis import names
from gateway.identity import BadId, NotAnInstance, canonical
from gateway.tracking.plan import Site

_GLN: Final = re.compile(r"https://id\.gs1\.org/414/(\d{13})(?:/254/.*)?").fullmatch
_GEO: Final = re.compile(
    r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(?:,(-?\d+(?:\.\d+)?))?((?:;[^;]+)*)", re.I
).fullmatch
_UNCERTAINTY: Final = re.compile(r";u=(\d+(?:\.\d+)?)", re.I).search


class Spot(NamedTuple):
    """Coordinates, degrees WGS 84 and metres, of a geo URI (RFC 5870)."""

    lat: float
    lon: float
    altitude_m: float | None = None
    accuracy_m: float | None = None


class Places:
    """The sites of a network by what others call them."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites
        self._by_gln: dict[str, str] = {}
        for id_ in sorted(sites):
            gln = sites[id_].gln
            if gln is not None:
                self._by_gln.setdefault(gln, id_)

    def site(self, uri: str) -> str | None:
        """The site of a read point or business location; None: it is none of ours."""
        named = names.site_id(uri)
        if named is not None:
            return named if named in self._sites else None
        try:
            match = _GLN(canonical(uri))
        except (BadId, NotAnInstance):
            return None
        return self._by_gln.get(match[1]) if match else None

    def uri(self, site: str) -> str:
        """What to call a site: its GLN as a Digital Link, or its own URI where that would not be understood."""
        declared = self._sites.get(site)
        gln = declared.gln if declared is not None else None
        if gln is not None and self._by_gln.get(gln) == site:
            return f"https://id.gs1.org/414/{gln}"
        return names.site_uri(site)

    def spot(self, site: str) -> Spot:
        """Where a site of ours is."""
        return Spot(self._sites[site].lat, self._sites[site].lon)


def spot(event: Mapping[str, Any]) -> Spot | None:
    """The coordinates of an event: its read point's or, without, its business location's."""
    for field in ("readPoint", "bizLocation"):
        found = geo_spot(location(event, field))
        if found is not None:
            return found
    return None


def location(event: Mapping[str, Any], field: str) -> str | None:
    """The id of a read point or business location, if the event has it."""
    place = event.get(field)
    id_ = place.get("id") if isinstance(place, dict) else None
    return id_ if isinstance(id_, str) else None


def geo_spot(uri: str | None) -> Spot | None:
    """The coordinates of a geo URI; None: it is none, or on no map."""
    match = _GEO(uri) if uri is not None else None
    if match is None:
        return None
    lat, lon = float(match[1]), float(match[2])
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    uncertainty = _UNCERTAINTY(match[4])
    return Spot(
        lat, lon, float(match[3]) if match[3] else None, float(uncertainty[1]) if uncertainty else None
    )


def geo_uri(where: Spot) -> str:
    """The geo URI of coordinates, digit for digit."""
    parts = [where.lat, where.lon] + ([] if where.altitude_m is None else [where.altitude_m])
    uncertainty = "" if where.accuracy_m is None else f";u={_plain(where.accuracy_m)}"
    return "geo:" + ",".join(map(_plain, parts)) + uncertainty


def _plain(number: float) -> str:
    return format(Decimal(repr(float(number))), "f")
