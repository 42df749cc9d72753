"""Our own fields in an EPCIS event: what a scan or position says that the standard has no words for.

They stand below the prefix `returns`, which our documents declare. From whoever they come, one that is not what the
interface allows is passed over: it is nobody's duty to know them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from gateway.epcis.names import EXTENSION, NAMESPACE
from gateway.epcis.places import Spot, geo_spot, geo_uri

CONTEXT: Final = ("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {EXTENSION: NAMESPACE})
"""The @context of what we write."""
AS_CONTAINER: Final = f"{EXTENSION}:asContainer"
"""True where the one EPC of an ObjectEvent was scanned as a container and not as an item."""
DEVICE: Final = f"{EXTENSION}:device"
"""Whose event one is that came as EPCIS, in an export; its URI does not tell."""
GEO: Final = f"{EXTENSION}:geo"

_Check = Callable[[Any], bool]


def _word(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 64 and value.isprintable()


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 1000 and value.isprintable()


def _within(most: float) -> _Check:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


_SCAN: Final[Mapping[str, tuple[str, _Check]]] = {
    f"{EXTENSION}:operator": ("operator", _word),
    f"{EXTENSION}:note": ("note", _text),
}
_POSITION: Final[Mapping[str, tuple[str, _Check]]] = {
    f"{EXTENSION}:headingDeg": ("heading_deg", _within(360)),
    f"{EXTENSION}:batteryPct": ("battery_pct", _within(100)),
    f"{EXTENSION}:door": ("door", lambda value: value in ("open", "closed")),
}


def of_scan(event: Mapping[str, Any]) -> dict[str, Any]:
    """What of a scan's payload is in our own fields."""
    found = dict(_read(event, _SCAN))
    where = geo_spot(event[GEO]) if isinstance(event.get(GEO), str) else None
    if where is not None:
        found.update(lat=where.lat, lon=where.lon)
    return found


def of_position(event: Mapping[str, Any]) -> dict[str, Any]:
    """What of a position's payload is in our own fields."""
    return dict(_read(event, _POSITION))


def for_scan(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our own fields for what a scan says."""
    found = dict(_written(values, _SCAN))
    if values.get("lat") is not None and values.get("lon") is not None:
        found[GEO] = geo_uri(Spot(values["lat"], values["lon"]))
    return found


def for_position(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our own fields for what a position says."""
    return dict(_written(values, _POSITION))


def _read(event: Mapping[str, Any], fields: Mapping[str, tuple[str, _Check]]) -> Iterator[tuple[str, Any]]:
    for name, (ours, right) in fields.items():
        if name in event and right(event[name]):
            yield ours, event[name]


def _written(
    values: Mapping[str, Any], fields: Mapping[str, tuple[str, _Check]]
) -> Iterator[tuple[str, Any]]:
    for name, (ours, _) in fields.items():
        if values.get(ours) is not None:
            yield name, values[ours]
