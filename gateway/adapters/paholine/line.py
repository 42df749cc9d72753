"""The line to the broker: paho-mqtt with manual acknowledgement, one connection at a time.

Messages come in unacknowledged and are acknowledged only when the caller says that they are durable, on the
connection that delivered them or not at all: each connection has a paho client of its own, so that neither acks
nor publications of an ended one can reach the next (paho would take both over, and message ids start anew).
paho's thread does the traffic and waits where the inbox is full, so that a standstill of the writer stops the
reading of the socket. A standstill longer than the keep-alive ends the connection; the broker then redelivers.
Knows topics and their bytes, not what they mean. Every method may be called from any thread.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import structlog
from paho.mqtt.client import MQTTMessageInfo

from gateway.adapters.paholine.connection import PATIENCE_S, Connection
from gateway.adapters.paholine.inbox import Delivery, Inbox
from gateway.adapters.paholine.options import MqttOptions
from gateway.ports.delivery import Publication, Published
from gateway.tracking.instants import Instant, rfc3339

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next attempt, in seconds: doubling, and up to half of it less by chance."""

    first_s: float = 1.0
    refused_s: float = 30.0
    """After a refusal: only somebody who changes a setting ends it."""
    longest_s: float = 60.0

    def delay_s(self, failures: int, chance: float, *, refused: bool) -> float:
        """The wait after so many failures in a row (at least one); `chance` is from 0 to 1."""
        first = self.refused_s if refused else self.first_s
        return min(self.longest_s, first * 2.0 ** min(failures - 1, 16)) * (1.0 - chance / 2)


class LineState(StrEnum):
    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"
    """There is no connection; the next attempt comes by itself."""
    REFUSED = "refused"
    """The broker does not want us: a setting must be changed."""
    STOPPED = "stopped"


class LineHealth(NamedTuple):
    """How the line is now, for readiness and metrics."""

    state: LineState
    reason: str
    """Why it is not online; empty where it is."""
    connections: int
    """How many there have been."""
    held: int
    """Messages in memory that nobody has taken."""
    unanswered: int
    """Publications that the broker has not confirmed."""
    dropped: int
    """Receipts that were not sent, for too many were unanswered or nobody was connected; devices ask again."""


class Line:
    """Made closed; `start` opens it. `clock` gives the instants of receipts and of the status topic."""

    def __init__(
        self,
        options: MqttOptions,
        *,
        clock: Callable[[], Instant],
        version: str,
        backoff: Backoff = Backoff(),
        on_online: Callable[[], None] = lambda: None,
    ) -> None:
        self._options = options
        options.tls_context()
        self._clock = clock
        self._version = version
        self._backoff = backoff
        self._on_online = on_online
        self._detail: Mapping[str, object] = {}
        self._inbox = Inbox(options.inbox_messages, options.inbox_bytes)
        self._connection: Connection | None = None
        self._number = 0
        self._dropped = 0
        self._state, self._reason = LineState.STOPPED, "not started"
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_connected, name="mqtt-line", daemon=True)

    def start(self) -> None:
        """Begins to connect, and returns at once."""
        self._become(LineState.CONNECTING, "the first attempt is under way")
        self._thread.start()

    def pause(self) -> None:
        """Takes in nothing more; what is held can still be taken and acknowledged, what comes is redelivered."""
        self._inbox.close()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Says `offline` and disconnects, once what was published is confirmed or time is up. Idempotent."""
        self._inbox.close()
        self._stopping.set()
        connection = self._connection
        if connection is not None and connection.up:
            _confirmed(connection.publish(self._status("offline")), timeout_s)
            connection.close()
        if self._thread.ident is not None:
            self._thread.join(timeout_s + PATIENCE_S)
        self._become(LineState.STOPPED, "stopped")

    def take(self, max_items: int, max_wait_s: float) -> list[Delivery]:
        """The oldest messages, at most `max_items`, as soon as there are any and a few ms have brought company;
        nothing after `max_wait_s` or a `wake`. For one taker at a time."""
        return self._inbox.take(max_items, max_wait_s)

    def wake(self) -> None:
        """Lets `take` return at once: there is other work."""
        self._inbox.wake()

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Lets the broker forget these messages: they are durable. In the order in which they came.

        Those of a connection that has ended are left out: it redelivers them.
        """
        connection = self._connection
        if connection is None:
            return
        for delivery in deliveries:
            if delivery.connection == connection.number and delivery.qos:
                connection.client.ack(delivery.mid, delivery.qos)

    def answer(self, receipts: Sequence[tuple[str, bytes]]) -> None:
        """Sends receipts; what cannot be sent now is dropped, for devices ask again."""
        connection = self._connection
        for topic, payload in receipts:
            if connection is None or connection.unanswered >= self._options.outbox_messages:
                self._dropped += 1
            else:
                connection.publish(Publication(topic, payload))

    def publish(self, messages: Sequence[Publication]) -> list[Published]:
        """Publishes these, in this order, and waits some seconds for the broker's answers."""
        connection = self._connection
        if connection is None or not connection.up:
            return [Published.UNCONFIRMED] * len(messages)
        sent = [connection.publish(message) for message in messages]
        until = time.monotonic() + CONFIRM_WITHIN_S
        return [self._outcome(connection, info, until) for info in sent]

    @staticmethod
    def _outcome(connection: Connection, info: MQTTMessageInfo, until: float) -> Published:
        if not _confirmed(info, until - time.monotonic()):
            return Published.UNCONFIRMED
        refused = info.mid in connection.refusals
        connection.refusals.discard(info.mid)
        return Published.REFUSED if refused else Published.CONFIRMED

    def drop_connection(self) -> None:
        """Gives everything unacknowledged back to the broker: forgets it and connects anew, to get it again."""
        self._inbox.clear()
        connection = self._connection
        if connection is not None:
            connection.close()

    def say(self, detail: Mapping[str, object]) -> None:
        """What the status topic says besides `online`, now and after each reconnect: JSON, no secrets."""
        self._detail = dict(detail)
        connection = self._connection
        if connection is not None and connection.up:
            connection.publish(self._status("online"))

    def health(self) -> LineHealth:
        connection = self._connection
        unanswered = 0 if connection is None else connection.unanswered
        return LineHealth(
            self._state, self._reason, self._number, len(self._inbox), unanswered, self._dropped
        )

    def wait_online(self, timeout_s: float) -> LineState:
        """Waits until the line is online, or refused, or this long; the state then."""
        settled = {LineState.ONLINE, LineState.REFUSED, LineState.STOPPED}
        with self._changed:
            self._changed.wait_for(lambda: self._state in settled, timeout_s)
            return self._state

    def _keep_connected(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            connection, served = self._serve()
            self._connection = None
            if self._stopping.is_set():
                return
            failures = 1 if served else failures + 1
            delay_s = self._backoff.delay_s(failures, random.random(), refused=connection.refused)  # noqa: S311  jitter
            self._become(LineState.REFUSED if connection.refused else LineState.OFFLINE, connection.reason)
            log = _LOG.error if connection.refused else _LOG.warning
            log("mqtt_offline", url=self._options.url, reason=connection.reason, again_in_s=round(delay_s, 1))
            self._stopping.wait(delay_s)

    def _serve(self) -> tuple[Connection, bool]:
        """One connection, from its opening to its end; whether it ever served."""
        self._number += 1
        connection = Connection(self._number, self._options, self._inbox, self._clock)
        try:
            connection.open(self._status("offline").payload)
        except OSError as error:
            connection.reason = str(error)
            return connection, False
        connection.await_change(lambda: connection.up or self._stopping.is_set(), PATIENCE_S)
        if connection.up:
            self._online(connection)
            connection.await_change(lambda: False, None)
        elif not connection.reason:
            connection.reason = f"no answer from the broker within {PATIENCE_S:.0f} s"
        connection.close()
        return connection, connection.up

    def _online(self, connection: Connection) -> None:
        if self._connection is None and self._number > 1 and not connection.session_present:
            _LOG.warning("mqtt_session_lost", client_id=self._options.client_id, remedy=_SESSION_LOST)
        self._connection = connection
        connection.publish(self._status("online"))
        self._become(LineState.ONLINE, "")
        _LOG.info("mqtt_online", url=self._options.url, session_present=connection.session_present)
        self._on_online()

    def _become(self, state: LineState, reason: str) -> None:
        with self._changed:
            self._state, self._reason = state, reason
            self._changed.notify_all()

    def _status(self, state: str) -> Publication:
        said: dict[str, object] = {"state": state, "at": rfc3339(self._clock()), "version": self._version}
        if state == "online" and self._detail:
            said["detail"] = self._detail
        return Publication(self._options.status_topic, json.dumps(said).encode(), retain=True)


def _confirmed(info: MQTTMessageInfo, timeout_s: float) -> bool:
    try:
        info.wait_for_publish(max(0.0, timeout_s))
        return info.is_published()
    except (RuntimeError, ValueError):  # paho's word for: the connection was gone, or its queue full
        return False


CONFIRM_WITHIN_S: Final = 5.0
"""How long `publish` waits for the broker's answers."""
_SESSION_LOST: Final = (
    "the broker forgot this gateway's session and what it held for it; devices send again what has no receipt."
    " Give the broker persistence, and check that no other client uses this client_id"
)
