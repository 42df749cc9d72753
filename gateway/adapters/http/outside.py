"""What the desk is given of the gateway. Light: whoever starts the gateway waits for nothing of the web for it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple, Protocol

from gateway.adapters.http.posts import PostedLine
from gateway.ports.captures import Captures
from gateway.ports.desk import DeskState, DeskUnit
from gateway.ports.line import Clock
from gateway.service.admission import Terrain

CHANGES_KEPT: Final = 50_000
"""Rows of the log of changes, for listeners to be caught up by."""


class Part(NamedTuple):
    """How a part of the gateway is: `ready` for readiness, `reason` where it is not as it should be."""

    ready: bool
    reason: str = ""


class OutsideUnit(DeskUnit, Captures, Protocol):
    """A unit of views and actions, and of EPCIS."""


class OutsideState(DeskState, Protocol):
    """A state store with such units."""

    def unit(self) -> AbstractContextManager[OutsideUnit]: ...

    def reader(self) -> AbstractContextManager[OutsideUnit]: ...


class Outside(NamedTuple):
    """What the desk is given of the gateway. `acted`: something was committed that delivery may want to know."""

    state: OutsideState
    terrain: Callable[[], Terrain]
    clock: Clock
    line: PostedLine[Any]
    parts: Callable[[], Mapping[str, Part]]
    counts: Callable[[], Mapping[str, float]]
    acted: Callable[[], None]
