"""What has changed since: transitions of alerts, journeys, positions, read from the logs of the state store by number.

A place in the logs is three numbers. From one place the same frames follow for whoever asks, whenever they ask: a
transition is told as it was; of a journey, how it is by now.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from gateway.ports.desk import DeskUnit, LoggedPosition, Marks
from gateway.ports.rows import SubjectRow
from gateway.service.queries.goods import worst
from gateway.tracking.instants import rfc3339

_PLACE: Final = re.compile(r"t(\d{1,18})-c(\d{1,18})-e(\d{1,18})", re.ASCII)
_POSITIONS: Final = 100
"""Positions of one frame."""
NOTHING: Final = b'{"items":[]}'
"""The data of a frame that only moves the place on."""


class What(StrEnum):
    """The kinds of frames."""

    ALERT = "alert"
    JOURNEYS = "journeys"
    POSITIONS = "positions"


class Frame(NamedTuple):
    """Something that changed; `place` is where one is who has heard of it. `data` is JSON."""

    place: Marks
    what: What
    data: bytes


def place_text(place: Marks) -> str:
    """The place as an event's id: `t12-c40-e900`."""
    return f"t{place.transitions}-c{place.changes}-e{place.events}"


def place_of(text: str) -> Marks | None:
    """What `place_text` wrote; None of anything else."""
    match = _PLACE.fullmatch(text)
    return None if match is None else Marks(*map(int, match.groups()))


def distance(since: Marks, upto: Marks) -> int | None:
    """Rows of the logs between two places; None where the first is not before the second."""
    steps = [b - a for a, b in zip(since, upto, strict=True)]
    return None if min(steps) < 0 else sum(steps)


def frames(unit: DeskUnit, since: Marks, upto: Marks, rows: int) -> Iterator[Frame]:
    """The next frames after a place, of about so many rows of each log; none where all up to `upto` were told.

    Where a page of positions ends without any, a frame without items says so, that the place may move on.
    """
    place = since
    for each in unit.transitions(after=place.transitions, limit=rows):
        if each.seq > upto.transitions:
            break
        place = place._replace(transitions=each.seq)
        yield Frame(place, What.ALERT, each.body.encode())
    for change in unit.changes_after(place.changes, max(1, rows // 20)):
        if change.seq > upto.changes:
            break
        place = place._replace(changes=change.seq)
        found = unit.subjects("goods", change.subjects)
        items = [_journey(found[id_]) for id_ in dict.fromkeys(change.subjects) if id_ in found]
        yield Frame(place, What.JOURNEYS, to_json({"items": items}))
    yield from _positions(unit, place, upto, rows)


def _positions(unit: DeskUnit, place: Marks, upto: Marks, rows: int) -> Iterator[Frame]:
    if place.events >= upto.events:
        return
    page = list(unit.positions_after(place.events, upto.events, rows))
    known = unit.containers_of([(each.at, each.id, each.device) for each in page]) if page else {}
    for begin in range(0, len(page), _POSITIONS):
        part = page[begin : begin + _POSITIONS]
        items = [
            _position(each, container)
            for each in part
            if (container := known.get((each.at, each.id, each.device))) is not None
        ]
        place = place._replace(events=part[-1].seq)
        if len(page) < rows and begin + _POSITIONS >= len(page):
            place = place._replace(events=upto.events)
        yield Frame(place, What.POSITIONS, to_json({"items": items}))
    if not page:
        yield Frame(place._replace(events=upto.events), What.POSITIONS, NOTHING)


def _journey(row: SubjectRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "stop": row.stop,
        "route": row.route,
        "container": row.parent,
        "severity": worst(row),
    }


def _position(logged: LoggedPosition, container: str) -> dict[str, Any]:
    said: dict[str, Any] = from_json(logged.payload)
    return {
        "container": container,
        "device": logged.device,
        "id": logged.id,
        "at": rfc3339(logged.at),
        "lat": said.get("lat"),
        "lon": said.get("lon"),
    }
