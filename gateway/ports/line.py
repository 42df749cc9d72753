"""The line to devices, as the writer sees it: messages come in, and may be forgotten only when it says so."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from gateway.tracking.instants import Instant


class Delivery(Protocol):
    """One message as it came; what else it holds (its connection) is its line's affair."""

    @property
    def topic(self) -> str: ...

    @property
    def payload(self) -> bytes: ...

    @property
    def retained(self) -> bool: ...

    @property
    def received_at(self) -> Instant:
        """The gateway's clock when it was read from the socket, microseconds UTC."""
        ...


D = TypeVar("D", bound=Delivery)


class Line(Protocol[D]):
    """Bounded: what is not taken is not read, so that a standstill of the writer holds no more than a few MB."""

    def take(self, max_items: int, max_wait_s: float) -> Sequence[D]:
        """The oldest messages, at most `max_items`; returns as soon as there are some, or on `wake`."""
        ...

    def wake(self) -> None: ...

    def ack(self, deliveries: Iterable[D]) -> None:
        """The broker may forget these; those of a connection that is gone are passed over."""
        ...

    def answer(self, receipts: Sequence[tuple[str, bytes]]) -> None:
        """Send receipts, (topic, payload); what cannot be sent now is dropped, for devices ask again."""
        ...

    def say(self, detail: Mapping[str, object]) -> None:
        """Set what the gateway's status topic says of its health."""
        ...


class Clock(Protocol):
    """The gateway's clock; it may be set back, and a demo's runs fast."""

    def now(self) -> Instant:
        """Microseconds, UTC."""
        ...

    def seconds_until(self, at: Instant) -> float:
        """Seconds of waiting until the clock shows an instant; 0 once it has."""
        ...
