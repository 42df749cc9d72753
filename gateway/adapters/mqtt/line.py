"""The line to the broker: keeps one connection, and what the rest of the gateway sees of it.

Messages come in unacknowledged and are acknowledged only when the caller says that they are durable, on the
connection that delivered them or not at all. One network thread does all traffic; every method here may be
called from any thread. Knows topics and their bytes, not what they mean.
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

from gateway.adapters.mqtt.connection import Connection
from gateway.adapters.mqtt.frames import Delivery, Room
from gateway.adapters.mqtt.inbox import Inbox
from gateway.adapters.mqtt.opening import Failed, Obstacle, Opened, open_connection
from gateway.adapters.mqtt.options import MqttOptions
from gateway.adapters.mqtt.outgoing import Outbox
from gateway.adapters.mqtt.waker import Waker
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
    steady_s: float = 60.0
    """A connection that held this long starts the doubling anew."""

    def delay_s(self, failures: int, obstacle: Obstacle, chance: float) -> float:
        """The wait after so many failures in a row (at least one); `chance` is from 0 to 1."""
        first = self.refused_s if obstacle is Obstacle.REFUSED else self.first_s
        return min(self.longest_s, first * 2.0 ** min(failures - 1, 16)) * (1.0 - chance / 2)


class LineState(StrEnum):
    CONNECTING = "connecting"
    ONLINE = "online"
    """Whatever is published from now on reaches us."""
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
    """Publications that are waiting or that the broker has not confirmed."""
    dropped: int
    """Receipts that were not sent, for nobody was connected or too many were unanswered; devices ask again."""
    refused_topics: tuple[str, ...]
    """Subscriptions that the broker refused: nothing comes in there."""


class Line:
    """Made closed; `start` opens it. `clock` gives the instants of receipts and of the status topic; `on_online` is
    called, from the network thread, whenever the line is online anew."""

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
        self._tls = options.tls_context()
        self._clock = clock
        self._version = version
        self._backoff = backoff
        self._on_online = on_online
        self._detail: Mapping[str, object] = {}
        self._waker = Waker()
        self._inbox = Inbox(Room(options.inbox_messages, options.inbox_bytes), self._waker.wake)
        self._connection: Connection | None = None
        self._number = 0
        self._dropped = 0
        self._state, self._reason = LineState.STOPPED, "not started"
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begins to connect, and returns at once."""
        self._become(LineState.CONNECTING, "the first attempt is under way")
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Takes in nothing more, sends what is to be sent, says `offline`, disconnects. Idempotent.

        What was not acknowledged by now the broker sends again next time; so pause, take and acknowledge first.
        """
        self._stopping.set()
        self._leave(timeout_s)
        if self._thread.ident is not None:
            self._thread.join(timeout_s + _GRACE_S)
        self._waker.close()
        self._inbox.clear()
        self._inbox.wake()
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
        if connection is not None:
            number = connection.number
            connection.outbox.acknowledge([d.mid for d in deliveries if d.connection == number and d.mid])

    def answer(self, receipts: Sequence[tuple[str, bytes]]) -> None:
        """Sends receipts, (topic, payload); what cannot be sent now is dropped, for devices ask again."""
        connection = self._connection
        if connection is None:
            self._dropped += len(receipts)
            return
        handles = connection.outbox.publish([Publication(topic, payload) for topic, payload in receipts])
        self._dropped += sum(handle.outcome is not None for handle in handles)

    def publish(self, messages: Sequence[Publication]) -> list[Published]:
        """Sends these at QoS 1, in this order, and waits some seconds for the broker's answers.

        Raises:
            ValueError: a topic that no broker would take; none is sent.
        """
        connection = self._connection
        if connection is None:
            return [Published.UNCONFIRMED] * len(messages)
        handles = connection.outbox.publish(messages)
        until = time.monotonic() + CONFIRM_WITHIN_S
        return [handle.wait(max(0.0, until - time.monotonic())) for handle in handles]

    def pause(self) -> None:
        """Takes in nothing more until `resume`; what is held can still be taken and acknowledged."""
        self._inbox.pause()

    def resume(self) -> None:
        self._inbox.resume()

    def drop_connection(self, reason: str) -> None:
        """Gives everything unacknowledged back to the broker: forgets it and connects anew, to get it again."""
        self._inbox.clear()
        connection = self._connection
        if connection is not None:
            connection.drop(reason)

    def say(self, detail: Mapping[str, object]) -> None:
        """What the status topic says besides `online`, now and after each reconnect: JSON, no secrets."""
        self._detail = dict(detail)
        connection = self._connection
        if connection is not None:
            connection.outbox.publish([self._status("online")])

    def health(self) -> LineHealth:
        connection = self._connection
        return LineHealth(
            state=self._state,
            reason=self._reason,
            connections=self._number,
            held=len(self._inbox),
            unanswered=0 if connection is None else len(connection.outbox),
            dropped=self._dropped,
            refused_topics=() if connection is None else connection.refused,
        )

    def wait_online(self, timeout_s: float) -> LineState:
        """Waits until the line is online, or refused, or this long; the state then."""
        settled = {LineState.ONLINE, LineState.REFUSED, LineState.STOPPED}
        with self._changed:
            self._changed.wait_for(lambda: self._state in settled, timeout_s)
            return self._state

    def _run(self) -> None:
        try:
            self._keep_connected()
        finally:
            self._connection = None
            self._become(LineState.STOPPED, "the network thread has ended")

    def _keep_connected(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            opened = open_connection(self._options, self._tls, self._status("offline").payload)
            if isinstance(opened, Failed):
                obstacle, reason = opened
            else:
                began = time.monotonic()
                obstacle, reason = Obstacle.UNREACHABLE, self._serve(opened)
                if time.monotonic() - began >= self._backoff.steady_s:
                    failures = 0
            if self._stopping.is_set():
                return
            failures += 1
            delay_s = self._backoff.delay_s(failures, obstacle, random.random())  # noqa: S311  jitter
            self._fail(obstacle, reason, delay_s)
            self._stopping.wait(delay_s)

    def _serve(self, opened: Opened) -> str:
        if self._number and not opened.session_present:
            _LOG.warning("mqtt_session_lost", client_id=self._options.client_id, remedy=_SESSION_LOST)
        self._number += 1
        room = Room(self._options.outbox_messages, self._options.outbox_bytes)
        outbox = Outbox(
            self._waker.wake,
            room,
            opened.receive_maximum,
            last_mid=opened.subscription,
            version5=opened.version5,
        )
        connection = Connection(self._number, opened, self._inbox, outbox, self._waker)
        outbox.publish([self._status("online")])
        self._connection = connection
        if (
            opened.session_present
        ):  # its subscriptions are too; the answer to ours may be behind a long backlog
            self._online()
        else:
            self._become(LineState.CONNECTING, "the broker has yet to answer our subscriptions")
        _LOG.info(
            "mqtt_connected",
            url=self._options.url,
            client_id=self._options.client_id,
            session_present=opened.session_present,
        )
        if self._stopping.is_set():
            self._leave(_GRACE_S)
        reason = connection.serve(self._clock, self._online)
        self._connection = None
        return reason

    def _online(self) -> None:
        if self._state is not LineState.ONLINE:
            self._become(LineState.ONLINE, "")
            self._on_online()

    def _leave(self, timeout_s: float) -> None:
        connection = self._connection
        if connection is not None:
            connection.leave(self._status("offline"), timeout_s)

    def _fail(self, obstacle: Obstacle, reason: str, delay_s: float) -> None:
        refused = obstacle is Obstacle.REFUSED
        self._become(LineState.REFUSED if refused else LineState.OFFLINE, reason)
        log = _LOG.error if refused else _LOG.warning
        log("mqtt_offline", url=self._options.url, reason=reason, next_attempt_s=round(delay_s, 1))

    def _become(self, state: LineState, reason: str) -> None:
        with self._changed:
            self._state, self._reason = state, reason
            self._changed.notify_all()

    def _status(self, state: str) -> Publication:
        said: dict[str, object] = {"state": state, "at": rfc3339(self._clock()), "version": self._version}
        if state == "online" and self._detail:
            said["detail"] = self._detail
        return Publication(self._options.status_topic, json.dumps(said).encode(), retain=True)


CONFIRM_WITHIN_S: Final = 5.0
"""How long `publish` waits for the broker's answers."""
_GRACE_S: Final = 6.0
"""How long an attempt to connect may still take when we are told to stop."""
_SESSION_LOST: Final = (
    "the broker forgot this gateway's session and what it held for it; devices send again what has no receipt."
    " Give the broker persistence, and check that no other client uses this client_id"
)
