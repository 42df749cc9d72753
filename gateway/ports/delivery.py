"""What delivery needs from outside: a broker to publish to, channels to notify, whose turn it is.

Each may fail for days. Failing is an answer, never an exception: what is to be delivered stays in the outbox.
"""

from collections.abc import Callable, Sequence
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple, Protocol

from gateway.tracking.instants import Duration, Instant

HEARTBEAT: Final = "(heartbeat)"
"""The channel of a heartbeat that is no channel of the network by name; no name there has parentheses."""


class Publication(NamedTuple):
    """A message to publish at QoS 1. An empty retained payload clears what is retained."""

    topic: str
    payload: bytes
    retain: bool = False


class Published(StrEnum):
    """What became of a publication."""

    CONFIRMED = "confirmed"
    """The broker has it."""
    REFUSED = "refused"
    """The broker will not have it: somebody must change its rights or settings."""
    UNCONFIRMED = "unconfirmed"
    """There was no connection, or it ended, or time ran out, before the broker answered."""


class Publisher(Protocol):
    """The line to the broker, as far as it takes what the gateway has to say."""

    def publish(self, messages: Sequence[Publication]) -> Sequence[Published]:
        """Send these in this order, and wait for the broker's answers for some seconds at most."""
        ...


class Notice(NamedTuple):
    """A message for people. `text` and `title` are plain, and hold ids that anybody may have made up.

    `id` stays the same however often it is sent; `severity` is a word, `resolved` where nothing is open any more.
    """

    id: str
    title: str
    text: str
    severity: str


class SendOutcome(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    TURNED_AWAY = "turned_away"
    """It will not be taken before somebody puts something right, there or in the network."""
    REFUSED = "refused"
    """It will not be taken, however often it is sent."""


class SendResult(NamedTuple):
    """How a sending ended; `reason` says why it failed, without secrets; `wait` for how long not to try again.

    How long to wait is what the other side asks for, and may be any length.
    """

    outcome: SendOutcome
    reason: str = ""
    wait: Duration = Duration(0)


class Sending(Protocol):
    """A notice on its way to a channel."""

    @property
    def result(self) -> SendResult | None:
        """None while it is under way."""
        ...

    def abandon(self) -> None:
        """Nobody waits for it any more; whether it arrives is unknown."""
        ...


class Notifier(Protocol):
    """The channels, by name."""

    def send(self, channel: str, notice: Notice, done: Callable[[], None]) -> Sending:
        """Begin to send, and return at once. `done` is called, from any thread, when there is a result."""
        ...


class Parcel(NamedTuple):
    """What is posted to a webhook. `id` stays the same however often it is sent; `at` is when it is, this time."""

    id: str
    body: bytes
    at: Instant


class Poster(Protocol):
    """The webhooks, by their addresses as the network has them."""

    def post(self, url: str, parcel: Parcel, done: Callable[[], None]) -> Sending:
        """Begin to post, and return at once. `done` is called, from any thread, when there is a result."""
        ...


class NotificationLog(Protocol):
    """Where every notification is noted, told to somebody or not."""

    def noted(self, notice: Notice, channels: Sequence[str]) -> None:
        """A notice was committed for these channels; none: no policy wants anybody told."""
        ...


class Turn(Enum):
    MINE = auto()
    ANOTHERS = auto()


class Turns(Protocol):
    """Of several replicas on one state store, one delivers at a time: so an old state never lands after a newer one.

    The turn passes on when its holder dies. Each replica has a `Turns` of its own.
    """

    def take(self) -> Turn:
        """Take the turn, or keep it.

        Raises:
            Unavailable: the store that hands out turns cannot be reached.
        """
        ...


class Health(Enum):
    WELL = auto()
    UNWELL = auto()
