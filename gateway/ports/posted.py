"""A message that did not come over the line: whoever posted it waits for its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.tracking.instants import Instant


@dataclass(frozen=True, slots=True, eq=False)
class Posted:
    """A delivery like any other, but that its results are told to who posted it, once they are durable.

    `topic` is without the root. `tell` is called at most once, from the writer's thread: it must be quick.
    """

    topic: str
    payload: bytes
    received_at: Instant
    tell: Callable[[Sequence[bytes]], None]
    retained: bool = False
