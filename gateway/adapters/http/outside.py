"""What the desk is given of the gateway. Light: whoever starts the gateway waits for nothing of the web for it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from gateway.adapters.http.posts import PostedLine
from gateway.ports.desk import DeskState
from gateway.ports.line import Clock
from gateway.service.admission import Terrain

CHANGES_KEPT: Final = 50_000
"""Rows of the log of changes, for listeners to be caught up by."""


class Part(NamedTuple):
    """How a part of the gateway is: `ready` for readiness, `reason` where it is not as it should be."""

    ready: bool
    reason: str = ""


class Outside(NamedTuple):
    """What the desk is given of the gateway. `acted`: something was committed that delivery may want to know."""

    state: DeskState
    terrain: Callable[[], Terrain]
    clock: Clock
    line: PostedLine[Any]
    parts: Callable[[], Mapping[str, Part]]
    counts: Callable[[], Mapping[str, float]]
    acted: Callable[[], None]
