"""What InfluxDB's refusals mean: that it cannot serve now, that points are too old to be kept, or that they are bad.

A pure reading of answers. Only what is surely about the points themselves may set points aside: of a refusal of
everything (a token, a proxy, a bucket that is gone) they are to be kept.

Sources: InfluxDB 2.7.12, http/write_handler.go, v1/coordinator/points_writer.go, tsdb/shard.go; its API reference.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from gateway.adapters.series.influx_http import Answered
from gateway.adapters.series.influx_options import InfluxOptions
from gateway.ports.series import Busy, Unavailable
from gateway.tracking.instants import SECOND


class Meaning(Enum):
    """What to do about it."""

    NOT_NOW = auto()
    """It says nothing of the points: keep them."""
    TOO_OLD = auto()
    """All are stored, but for those that its retention would remove at once."""
    BAD = auto()
    """Some of the points are bad; it does not say which. Others may be stored or not."""
    SUSPECT = auto()
    """Some of the points may be bad, or the request is: if nothing at all gets through, keep them."""


class Conflict(NamedTuple):
    """A field that is known with another type; a point is bad if it has it."""

    measurement: str
    field: str


_OF_POINTS: Final = frozenset({400, 413, 422})
_TOO_OLD: Final = re.compile(
    r"partial write: (dropped (?P<old>\d+) )?points (outside|beyond) retention policy.* dropped=(?P<all>\d+)"
)
_DROPPED: Final = re.compile(r"dropped=(\d+)")
_CONFLICT: Final = re.compile(r'field type conflict: input field "([^"]+)" on measurement "([^"]+)"')
_ABOUT_POINTS: Final = re.compile(r"partial write|unable to parse")
_PENDING: Final = "pending deletion"


def meaning_of(answered: Answered) -> Meaning:
    """What an answer to a write means."""
    if answered.status not in _OF_POINTS or _PENDING in answered.words:
        return Meaning.NOT_NOW
    if answered.status == 413:
        return Meaning.SUSPECT
    if not answered.ours:
        return Meaning.NOT_NOW
    # It answers with this only if no shard has refused anything: then all others are stored.
    too_old = _TOO_OLD.search(answered.words)
    if too_old is not None and too_old["old"] in {None, too_old["all"]}:
        return Meaning.TOO_OLD
    return Meaning.BAD if _ABOUT_POINTS.search(answered.words) else Meaning.SUSPECT


def conflict_of(answered: Answered) -> Conflict | None:
    """The field that it names, if that is what it is about."""
    found = _CONFLICT.search(answered.words)
    return Conflict(found[2], found[1]) if found else None


def dropped_of(answered: Answered) -> int:
    """How many points of one shard it says it refused."""
    found = _DROPPED.search(answered.words)
    return int(found[1]) if found else 0


def not_now(answered: Answered, options: InfluxOptions) -> Unavailable:
    """Why it cannot serve, and what to do."""
    said = f"InfluxDB refuses to serve {options.where}: {answered}"
    if answered.wait is not None:
        return Busy(f"{said}; it asks to be left alone for {answered.wait // SECOND} s", answered.wait)
    if not answered.ours and answered.status < 500:
        return Unavailable(f"{said}; if that is a proxy's word, correct the proxy, else series.url")
    return Unavailable(f"{said}; {_REMEDIES.get(answered.status, 'see its log')}")


_REMEDIES: Final = {
    401: "give a token that it knows as series.token (RETURNS_SERIES__TOKEN)",
    403: "its token may not do this; make one that may: returns-gateway series setup --tokens DIR",
    404: "make the bucket (returns-gateway series setup) and fill it (returns-gateway series rebuild)",
    429: "it is to do more than its limits allow: raise them",
    500: "see its log; most often its disk is full: make room, then restart it",
    503: "it is starting or overloaded: see its log",
}
