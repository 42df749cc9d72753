"""The world of the command line's tests: the network of the worked example in tracking.md, and what happens in it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.network import parse
from gateway.ports.rows import QuarantineRow
from gateway.ports.state import State
from gateway.service.admission import Terrain
from gateway.service.deadlines import pass_deadlines
from gateway.service.intake import Message, take
from gateway.tracking.instants import Instant, instant

NETWORK: Final = """
version: 1
sites:
  - {id: CP1, name: Corner shop, kind: collection_point, lat: 52.5, lon: 13.4}
  - {id: CP2, kind: collection_point, lat: 52.6, lon: 13.5}
  - {id: HUB, kind: hub, lat: 51.4, lon: 12.2, fence: {radius_m: 300}}
  - {id: SORT, kind: sorting_centre, lat: 51.0, lon: 11.0}
  - {id: REFILL, kind: refill_plant, lat: 50.1, lon: 8.7}
  - {id: REPAIR, kind: repair_centre, lat: 48.1, lon: 11.6}
routes:
  - id: R
    purpose: refill
    collect_within: 72h
    due_within: 10d
    missing_after: 72h
    stops:
      - {sites: [CP1, CP2], dwell: {max: 24h}}
      - {sites: [HUB], transit: {typical: 8h, max: 24h}, dwell: {max: 12h}}
      - {sites: [SORT], optional: true, transit: {typical: 2h, max: 6h}, dwell: {max: 4h}}
      - {sites: [REFILL], transit: {typical: 20h, max: 48h}, steps: [receiving]}
containers:
  - {id: TOTE-1, tracker: trk-1}
devices:
  - {id: scan-1, kind: scanner}
  - {id: trk-1, kind: tracker, container: TOTE-1}
sources: [{id: erp}]
"""

TERRAIN: Final = Terrain.of(parse(NETWORK))


def at(text: str) -> Instant:
    """`4T08:00`: that day of March 2026, UTC."""
    day, _, clock = text.partition("T")
    return instant(f"2026-03-{int(day):02}T{clock or '00:00'}:00Z")


def rfc(text: str) -> str:
    """The same, as RFC 3339."""
    day, _, clock = text.partition("T")
    return f"2026-03-{int(day):02}T{clock or '00:00'}:00Z"


def announcement(item: str, when: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return "source/erp/announce", {
        "id": f"a-{item}-{when}",
        "at": rfc(when),
        "item": item,
        "route": "R",
        **fields,
    }


def scan(item: str, when: str, step: str, site: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    event = {"id": f"s-{item}-{when}", "at": rfc(when), "step": step, "item": item, "site": site, **fields}
    return "device/scan-1/scan", event


def position(when: str, lat: float, lon: float, **fields: Any) -> tuple[str, dict[str, Any]]:
    return "device/trk-1/position", {"id": f"p-{when}", "at": rfc(when), "lat": lat, "lon": lon, **fields}


WORKED_EXAMPLE: Final = (
    ("1T00:00", announcement("A", "1T00:00")),
    ("4T09:00", scan("A", "4T08:00", "collecting", "CP2")),
    ("6T10:00", scan("A", "5T20:00", "arriving", "HUB")),
    ("6T12:00", scan("A", "6T07:00", "departing", "HUB")),
    ("6T15:00", scan("A", "6T14:00", "arriving", "REPAIR")),
    ("9T16:00", scan("A", "8T10:00", "receiving", "REFILL")),
)
"""Section 7 of tracking.md: when each event was received, its topic and payload."""

Happening = tuple[str, tuple[str, Mapping[str, Any] | bytes]]


def happen(state: State, *happenings: Happening, terrain: Terrain = TERRAIN) -> None:
    """Take messages in when they are received, each in its unit, deadlines passing before it."""
    for received, (topic, payload) in happenings:
        now = at(received)
        settle(state, now, terrain)
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        with state.unit() as unit:
            take(unit, terrain, [Message(topic, raw, now)], now)


def settle(state: State, until: Instant, terrain: Terrain = TERRAIN) -> None:
    """Let deadlines pass, each at its own instant."""
    while True:
        with state.unit() as unit:
            due = unit.next_due()
            if due is None or due > until:
                return
            pass_deadlines(unit, terrain.network, due)


def lines(happenings: Iterable[Happening], root: str = "returns/v1") -> str:
    """What `replay` reads."""
    return "".join(
        json.dumps({"received_at": rfc(received), "topic": f"{root}/{topic}", "payload": payload}) + "\n"
        for received, (topic, payload) in happenings
    )


def held(state: State, status: str | None = "held") -> list[QuarantineRow]:
    """What is in quarantine."""
    with state.reader() as unit:
        return list(unit.list_quarantine(status=status, after=None, limit=1000))
