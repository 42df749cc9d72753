"""A payload whose fields are right by themselves → the fact, or what is wrong with it as a whole.

Times become instants, ids of articles canonical, words are looked up in the CBV. Where the interface leaves it open:

- `item` and `items` may both be there; the scan names them all. An id that is named twice counts once.
- `items: []` is as good as none, except with `unpacking` and a container: whether that means an all out (the
  container is empty) or a list that failed to fill is too much to guess, so it is malformed.
- A scan without `step` only voids: what else it may name is kept with the event and counts for nothing.
- A scan cannot void itself. `lat` goes with `lon`.
- Line breaks and tabs in a note or description become spaces.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final, cast

from gateway.identity import NotAnInstance, canonical
from gateway.tracking.cbv import BUSINESS_STEPS, DISPOSITIONS
from gateway.tracking.instants import Instant, instant
from gateway.tracking.model import SENSORS, Announcement, Position, Scan, Status
from gateway.wire.faults import Fault, Reason, malformed, shown
from gateway.wire.payloads import AnnouncementPayload, PositionPayload, ScanPayload, StatusPayload

_BREAKS: Final = str.maketrans("\n\r\t", "   ")


class Refused(Exception):
    """The payload makes no fact."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def scan(device: str, payload: ScanPayload) -> Scan:
    """The scan of a scanner; `site` only if the payload names one.

    Raises:
        Refused: with the fault.
    """
    id_, at = payload["id"], _time("at", payload["at"])
    step, voids = payload.get("step"), payload.get("voids")
    items: tuple[str, ...] = ()
    container = site = None
    if step is not None:
        items, container = _named(payload, step)
        site = payload.get("site")
    elif not voids:
        raise Refused(malformed("step is missing; say why the scan was made, or send voids", "step"))
    disposition = payload.get("disposition")
    if disposition is not None and disposition not in DISPOSITIONS:
        raise Refused(_no_word("disposition", disposition, "disposition", DISPOSITIONS))
    lat, lon = _place(payload)
    note = payload.get("note")
    return Scan(
        device,
        id_,
        at,
        step,
        items,
        container,
        site,
        disposition,
        _voids(id_, voids) if voids else (),
        lat,
        lon,
        payload.get("operator"),
        None if note is None else note.translate(_BREAKS),
    )


def position(device: str, payload: PositionPayload) -> Position:
    """One fix of a tracker, or of a scanner with GPS.

    Raises:
        Refused: with the fault.
    """
    container = payload.get("container")
    return Position(
        device,
        payload["id"],
        _time("at", payload["at"]),
        payload["lat"],
        payload["lon"],
        None if container is None else _article("container", container),
        payload.get("accuracy_m"),
        payload.get("speed_kmh"),
        payload.get("heading_deg"),
        payload.get("altitude_m"),
        payload.get("battery_pct"),
        _sensors(payload),
        payload.get("door"),
    )


def status(device: str, payload: StatusPayload) -> Status:
    """What the device says of itself.

    Raises:
        Refused: with the fault.
    """
    at = payload.get("at")
    return Status(
        device,
        payload["state"],
        None if at is None else _time("at", at),
        payload.get("battery_pct"),
        payload.get("firmware"),
        payload.get("queued"),
    )


def announcement(source: str, payload: AnnouncementPayload) -> Announcement:
    """The promise of a return.

    Raises:
        Refused: with the fault.
    """
    due, description = payload.get("due_at"), payload.get("description")
    return Announcement(
        source,
        payload["id"],
        _time("at", payload["at"]),
        _article("item", payload["item"]),
        payload["route"],
        None if due is None else _time("due_at", due),
        payload.get("cancelled") or False,
        payload.get("origin_site"),
        payload.get("rma"),
        None if description is None else description.translate(_BREAKS),
        payload.get("value"),
        payload.get("hazard_class"),
    )


def _sensors(payload: PositionPayload) -> tuple[tuple[str, float], ...]:
    readings = cast(Mapping[str, float | None], payload)
    return tuple([(name, value) for name in SENSORS if (value := readings.get(name)) is not None])


def _named(payload: ScanPayload, step: str) -> tuple[tuple[str, ...], str | None]:
    """What the step was done to: items, and the container."""
    if step not in BUSINESS_STEPS:
        raise Refused(_no_word("step", step, "business step", BUSINESS_STEPS))
    items, container = _items(payload), payload.get("container")
    if container is not None:
        container = _article("container", container)
    if not items:
        _check_named(payload, step, container)
    return items, container


def _items(payload: ScanPayload) -> tuple[str, ...]:
    item, items = payload.get("item"), payload.get("items")
    if item is not None:
        first = _article("item", item)
        return (first,) if items is None else tuple(dict.fromkeys((first, *_articles(items))))
    return () if items is None else tuple(dict.fromkeys(_articles(items)))


def _articles(items: list[str]) -> list[str]:
    try:
        return [canonical(item) for item in items]
    except ValueError:
        return [_article(f"items.{i}", item) for i, item in enumerate(items)]


def _article(field: str, read: str) -> str:
    try:
        return canonical(read)
    except NotAnInstance as e:
        raise Refused(Fault(Reason.NOT_AN_INSTANCE, f"{field}: {e}", field, shown(read))) from e
    except ValueError as e:
        raise Refused(malformed(f"{field}: {e}", field, read)) from e


def _check_named(payload: ScanPayload, step: str, container: str | None) -> None:
    """A scan that names no item: it may void something, name a container alone, or be an all out."""
    if container is None:
        if not payload.get("voids"):
            raise Refused(
                malformed(f"a scan with step {step} names nothing; send item, items or container", "item")
            )
    elif step == "unpacking" and payload.get("items") is not None:
        raise Refused(
            malformed(
                f"items is empty and {shown(container)} is being unpacked; send the items that were taken out,"
                " or leave items out to say that the container is empty",
                "items",
                [],
            )
        )


def _place(payload: ScanPayload) -> tuple[float | None, float | None]:
    lat, lon = payload.get("lat"), payload.get("lon")
    if (lat is None) is not (lon is None):
        raise Refused(
            malformed("lat and lon go together; send both or neither", "lon" if lon is None else "lat")
        )
    return lat, lon


def _voids(id_: str, voids: list[str]) -> tuple[str, ...]:
    if id_ in voids:
        raise Refused(malformed(f"voids has the event's own id {id_}; take it out", "voids", id_))
    return tuple(dict.fromkeys(voids))


def _time(field: str, text: str) -> Instant:
    try:
        return instant(text)
    except ValueError as e:
        raise Refused(
            malformed(f"{field} is {shown(text)}: {e}; send RFC 3339 with an offset", field, text)
        ) from e


def _no_word(field: str, word: str, what: str, words: Iterable[str]) -> Fault:
    near = get_close_matches(word.casefold(), sorted(words), n=1)
    remedy = (
        f"did you mean {near[0]}?" if near else f"use the short name of one in CBV 2.0, such as {min(words)}"
    )
    return malformed(f"{field} {shown(word)} is no {what}; {remedy}", field, word)
