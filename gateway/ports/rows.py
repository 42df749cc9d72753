"""The rows that the state store keeps, as the service sees them. Instants are microseconds since the epoch, UTC."""

from typing import Literal, NamedTuple

from gateway.tracking.alerts import Open
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import Instant
from gateway.tracking.model import JourneyStatus, Position, Subject, SubjectKind

Scope = Literal["goods", "device", "site"]
"""The three name spaces of subjects: an id is a return's or a container's, never both; devices; sites."""


class Identity(NamedTuple):
    """What events are known by: the device or source, and its id for the event."""

    origin: str
    """`device/<id>` or `source/<id>`."""
    id: str


class EventRow(NamedTuple):
    """An accepted event, whole: `payload` is its JSON text, `result` the receipt's result for it, rendered."""

    identity: Identity
    what: str
    at: Instant
    received_at: Instant
    payload: str
    result: bytes


class PositionRow(NamedTuple):
    """A position of a container, with the fence it is in and whether it counts for visits.

    `readings` are those outside the limits of the container's type: (sensor, value).
    """

    position: Position
    container: str
    site: str | None
    counted: bool
    readings: tuple[tuple[str, float], ...] = ()


class BatteryRow(NamedTuple):
    """A battery reading; `id` is the position it came with (None: a status)."""

    device: str
    at: Instant
    pct: float
    id: str | None


class SubjectRow(NamedTuple):
    """The derived view of one subject. `own` and `taken` are the deviations that hold: its own, and its contents'.

    `shared`: any of them is of a kind that silences or counts (goods), or there is any (devices, sites).
    `look_again` is a lower bound of when time alone changes any of it. `memo` is what its derivation keeps between
    events (the fence state of a container, the state of a device), as JSON text. `failed` says why its last
    evaluation failed; it is set aside until its next evidence.
    """

    scope: Scope
    id: str
    kind: SubjectKind
    status: JourneyStatus | None = None
    stop: int | None = None
    route: str | None = None
    parent: str | None = None
    look_again: Instant | None = None
    own: tuple[Deviation, ...] = ()
    taken: tuple[Deviation, ...] = ()
    shared: bool = False
    memo: str | None = None
    failed: str | None = None


class AlertRow(NamedTuple):
    """An alert, all of it. `version` grows with each transition and operator's action.

    `state` is `open`, `acknowledged`, `snoozed` or `resolved`; `shelved`: resolved by an operator, its deviation
    still lasts. `details` and `comments` are JSON text. `notified_at` is when people
    were last told that it is open, and how severe (None: they believe it is not); `escalated` how many steps of
    escalation have been taken since.
    """

    id: str
    subject: Subject
    deviation: Deviation
    opened_at: Instant
    version: int
    route: str | None
    container: str | None
    summary: str
    details: str
    acknowledged_at: Instant | None = None
    acknowledged_by: str | None = None
    snoozed_until: Instant | None = None
    resolved_at: Instant | None = None
    reason: str | None = None
    shelved: bool = False
    comments: str = "[]"
    notified_at: Instant | None = None
    escalated: int = 0

    def open(self) -> Open:
        """The alert as reconciliation sees it."""
        deviation = self.deviation
        return Open(
            self.id,
            deviation.key,
            deviation.since,
            deviation.severity,
            self.opened_at,
            self.shelved,
            deviation,
        )


class OutboxRow(NamedTuple):
    """Something to deliver, once committed. `seq` is 0 until stored; `lane` is who delivers it.

    `key` groups rows of which only the newest matters to a lane that says so; `body` is JSON text.
    """

    lane: str
    key: str
    body: str
    due_at: Instant
    seq: int = 0


class QuarantineRow(NamedTuple):
    """A payload that could not be accepted, whole. `id` is a digest of topic, reason class and bytes.

    `status` is `held`, `accepted` (a retry took it) or `discarded`; `trace` is a bug's traceback.
    """

    id: str
    topic: str
    payload: bytes
    received_at: Instant
    reason: str
    message: str
    event_id: str | None = None
    field: str | None = None
    value: str | None = None
    trace: str | None = None
    status: str = "held"
    seen: int = 1


class TransitionRow(NamedTuple):
    """One line of the history of alerts; `body` is the transition as JSON text. `seq` is 0 until stored.

    `route` is the alert's then; one that opens again may be on another.
    """

    alert_id: str
    at: Instant
    body: str
    seq: int = 0
    route: str | None = None


class RepeatRow(NamedTuple):
    """Something known was heard again: an event (by identity) or a quarantined payload (by its entry's id)."""

    identity: Identity | None
    entry: str | None
    received_at: Instant


class HeardRow(NamedTuple):
    """One element of a message as it was received: what `export events` writes. `payload` is its text or bytes."""

    seq: int
    received_at: Instant
    topic: str
    payload: str | bytes


class Voided(NamedTuple):
    """What a voided event had said: which subjects and containers it named, and when; its container if a position."""

    at: Instant
    subjects: tuple[str, ...]
    container: str | None
    is_position: bool
