"""Accepted scans and positions as a source of points.

What a payload leaves to the network (its site, its container) is as it was resolved when it was taken in, where the
state store knows it still. The route of an item is that of its latest announcement, of those known when the scan
was taken in: so the same events make the same points whenever they are read.
"""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic_core import from_json

from gateway.points import Point
from gateway.points.events import Heard, Received, position_point, scan_points
from gateway.ports.projection import Announced, NumberedEvent
from gateway.ports.series import MAX_POINTS
from gateway.ports.state import Unavailable, Unit
from gateway.service.series.cursor import Page, Unmade
from gateway.tracking.model import Key, Position, Scan
from gateway.tracking.plan import Device, Network
from gateway.wire.decoding import Reading, decode
from gateway.wire.topics import parse_channel

PAGE: Final = 1_000
_TOLD: Final = frozenset({"scan", "position"})
_STRANGER: Final = Device("", "scanner")
"""Stands in for a device that the network has no more."""


class _Read(NamedTuple):
    """An event and the fact that its payload says."""

    row: NumberedEvent
    fact: Scan | Position


class _Known(NamedTuple):
    """What the state store knows of a page's events."""

    sites: Mapping[tuple[str, Key], str]
    containers: Mapping[Key, str]
    announced: Mapping[str, Sequence[Announced]]
    network: Network


class Events:
    """The points `scan` and `position`."""

    key = "series.events"

    def following(self, unit: Unit, after: int) -> int | None:
        rows = unit.events_after(after, 1)
        return rows[0].seq if rows else None

    def newest(self, unit: Unit) -> int:
        return unit.newest_event()

    def page(self, unit: Unit, after: int, upto: int, network: Network) -> Page | None:
        rows = [row for row in unit.events_after(after, PAGE) if row.seq <= upto]
        if not rows:
            return None
        read: list[_Read] = []
        unmade: list[Unmade] = []
        count = 0
        last = rows[0].seq
        for row in rows:
            if count >= MAX_POINTS:
                break
            last = row.seq
            if row.event.what in _TOLD:
                found = _read(row)
                if isinstance(found, Unmade):
                    unmade.append(found)
                else:
                    read.append(found)
                    count += len(found.fact.items) or 1 if isinstance(found.fact, Scan) else 1
        known = _known(unit, read, network)
        points: list[Point] = []
        for each in read:
            try:
                points += _points(each, known)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 # a bug of ours: the event is set aside, its neighbours go on
                unmade.append(_unmade(each.row, traceback.format_exc()))
        return Page(last, points, unmade)


def _read(row: NumberedEvent) -> _Read | Unmade:
    event = row.event
    channel = parse_channel(f"{event.identity.origin}/{event.what}")
    if channel is None:
        return _unmade(row, f"its origin {event.identity.origin!r} is no topic")
    for found in decode(channel, event.payload.encode()):
        if isinstance(found, Reading) and isinstance(found.fact, Scan | Position):
            return _Read(row, found.fact)
        return _unmade(row, "it was accepted once, and is not any more: report it, it is a bug")
    return _unmade(row, "it says nothing")


def _unmade(row: NumberedEvent, reason: str) -> Unmade:
    return Unmade(row.event.what, row.event.payload, reason)


def _known(unit: Unit, read: Sequence[_Read], network: Network) -> _Known:
    scans = [each.fact for each in read if isinstance(each.fact, Scan) and each.fact.step is not None]
    homeless = [
        (subject, _key(scan)) for scan in scans if scan.site is None for subject in _subjects(scan)[:1]
    ]
    bound = [
        _key(each.fact) for each in read if isinstance(each.fact, Position) and each.fact.container is None
    ]
    items = {subject for scan in scans for subject in _subjects(scan)}
    return _Known(
        unit.sites_of(homeless) if homeless else {},
        unit.containers_of(bound) if bound else {},
        unit.announced(items) if items else {},
        network,
    )


def _subjects(scan: Scan) -> tuple[str, ...]:
    return scan.items or ((scan.container,) if scan.container else ())


def _key(fact: Scan | Position) -> Key:
    return (fact.at, fact.id, fact.device)


def _points(read: _Read, known: _Known) -> Iterator[Point]:
    (number, event), fact = read
    received = Received(number, event.received_at)
    device = known.network.devices.get(fact.device, _STRANGER)
    if isinstance(fact, Position):
        container = fact.container or known.containers.get(_key(fact)) or device.container
        yield position_point(fact._replace(container=container), received)
        return
    subjects = _subjects(fact)
    if fact.site is None and subjects:
        site = known.sites.get((subjects[0], _key(fact))) or device.site
        fact = fact._replace(site=site)
    result = from_json(event.result)
    routes = {subject: route for subject in subjects if (route := _route(subject, number, known)) is not None}
    yield from scan_points(fact, received, Heard(result.get("items", {}), routes))


def _route(subject: str, number: int, known: _Known) -> str | None:
    declared = known.network.containers.get(subject)
    if declared is not None:
        return declared.route
    said = [each for each in known.announced.get(subject, ()) if each.seq < number]
    return said[-1].route if said else None
