"""How far a rebuild has come, as the state store keeps it, so that one that was ended can be gone on with."""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.ports.state import Unit
from gateway.tracking.instants import Instant

_KEY: Final = "series.rebuild"


class Rebuilt(NamedTuple):
    """Points written so far, by what they were made of; and how many facts made none, or one that was refused.

    `waiting`: marks that a running gateway has yet to look at.
    """

    events: int = 0
    alerts: int = 0
    journeys: int = 0
    refused: int = 0
    waiting: int = 0


class Reached(NamedTuple):
    """The numbers of the last facts that were gone through, by what is made of them; `since` as it was asked for."""

    since: Instant | None = None
    numbers: Mapping[str, int] = {}
    done: Rebuilt = Rebuilt()


def reached(unit: Unit) -> Reached | None:
    """Where the last rebuild stopped; None where it came to its end."""
    kept = json.loads(unit.meta(_KEY) or "null")
    if kept is None:
        return None
    since, numbers, done = kept
    return Reached(since, numbers, Rebuilt(*done))


def keep(unit: Unit, there: Reached | None) -> None:
    """Remember it; None: it came to its end."""
    unit.put_meta(_KEY, json.dumps(there))
