"""One connection to the broker, from its first packet to its end: what the network thread does.

Reads as much as the inbox has room for, writes what the outbox has, pings. When the inbox is full it stops
reading, which the broker feels through TCP, and goes on pinging, so that the broker neither drops us nor sends
anything twice. Knows nothing of reconnecting.
"""

import selectors
import ssl
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from gateway.adapters.mqtt import frames
from gateway.adapters.mqtt.frames import Arrived, Decoder, Malformed, Room, Suback
from gateway.adapters.mqtt.inbox import Inbox
from gateway.adapters.mqtt.opening import Opened
from gateway.adapters.mqtt.outgoing import Outbox
from gateway.adapters.mqtt.waker import Waker
from gateway.ports.delivery import Publication
from gateway.tracking.instants import Instant

_LOG = structlog.get_logger(__name__)
_REMEDY: Final = "nothing comes in there: allow the gateway's user to read these topics in the broker's ACL"
_CHUNK: Final = 64 * 1024
_PACE_S: Final = 0.002
"""Between two reads that found little: under load the broker's packets then come by the dozen, and each look at
the socket, which costs as much as reading several of them, is worth it."""
_EVERYTHING: Final = Room(1_000_000, 1 << 40)

_NOT_NOW: Final = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Ended(Exception):
    """The connection is no more; the message says why."""


class Connection:
    """`number` is what ties a delivery's acknowledgement to this connection. Only `serve` does I/O."""

    def __init__(self, number: int, opened: Opened, inbox: Inbox, outbox: Outbox, waker: Waker) -> None:
        self.number = number
        self.outbox = outbox
        self.refused: tuple[str, ...] = ()
        """The topic filters that the broker refused."""
        self._opened = opened
        self._socket = opened.socket
        self._inbox = inbox
        self._waker = waker
        self._decoder = Decoder(number, version5=opened.version5)
        self._order = threading.Lock()
        self._subscribed: Callable[[], None] = lambda: None
        self._drop: str | None = None
        self._leave_by: float | None = None
        self._blocked = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(waker, selectors.EVENT_READ)
        self._events = 0
        self._readable = True  # TLS may have decrypted more than the login already
        self._looked_at = self._heard_at = self._sent_at = time.monotonic()

    def drop(self, reason: str) -> None:
        """Ends the connection so that the broker sends everything unacknowledged again on the next."""
        with self._order:
            self._drop = reason
        self._waker.wake()

    def leave(self, farewell: Publication, timeout_s: float) -> None:
        """Takes in nothing more, sends what is to be sent and the farewell last, waits for the answers, and ends."""
        with self._order:
            if self._leave_by is not None:
                return
            self._leave_by = time.monotonic() + timeout_s
        self.outbox.publish([farewell])
        self._waker.wake()

    def serve(self, clock: Callable[[], Instant], subscribed: Callable[[], None]) -> str:
        """Runs the connection to its end and says why it ended. Calls `subscribed` once the broker has answered."""
        self._subscribed = subscribed
        try:
            while True:
                self._read(clock)
                self._write()
                self._ping()
                if self._finished():
                    return self._drop or "we left"
                self._wait()
        except Ended as end:
            return str(end)
        except Malformed as error:
            return f"the broker sent {error}"
        except OSError as error:
            return str(error)
        finally:
            self.outbox.close()
            self._selector.close()
            self._socket.close()

    def _finished(self) -> bool:
        if self._drop is None and self._leave_by is None:
            return False
        if self._drop is None and not self.outbox.idle and time.monotonic() < (self._leave_by or 0.0):
            return False
        if not self.outbox.wants_to_write:  # else a packet may be half sent, and nothing can follow it
            self._opened.client.disconnect()
        return True

    def _room(self) -> Room:
        return _EVERYTHING if self._leave_by is not None else self._inbox.room()

    def _read(self, clock: Callable[[], Instant]) -> None:
        if self._blocked:
            self._take_in(self._decoder.decode(self._room(), clock()))
            self._heard_at = time.monotonic()  # while it is blocked we do not listen
        if self._blocked or not self._readable:
            return
        self._looked_at = time.monotonic()
        try:
            data = self._socket.recv(_CHUNK)
        except _NOT_NOW:
            self._readable = False
            return
        if not data:
            raise Ended("the broker closed the connection")
        self._heard_at = self._looked_at
        # TLS hands out a record at a time, and the selector does not see those that it has read already.
        self._readable = len(data) == _CHUNK or isinstance(self._socket, ssl.SSLSocket)
        self._decoder.feed(data)
        self._take_in(self._decoder.decode(self._room(), clock()))

    def _take_in(self, arrived: Arrived) -> None:
        self._blocked = arrived.blocked
        if self._leave_by is None:
            self._inbox.put(arrived.deliveries)
        if arrived.confirmed:
            self.outbox.confirmed(arrived.confirmed)
        for answer in arrived.subacks:
            self._note(answer)
        if arrived.goodbye is not None:
            name = ReasonCode(PacketTypes.DISCONNECT, identifier=arrived.goodbye).getName()
            raise Ended(f"the broker ended the connection: {name}")

    def _note(self, answer: Suback) -> None:
        if answer.mid != self._opened.subscription:
            return
        topics = zip(self._opened.topics, answer.codes, strict=False)
        self.refused = tuple(topic for topic, code in topics if code >= 0x80)
        if self.refused:
            _LOG.error("mqtt_subscription_refused", topics=self.refused, remedy=_REMEDY)
        self._subscribed()

    def _write(self) -> None:
        while data := self.outbox.pending():
            try:
                count = self._socket.send(data)
            except _NOT_NOW:
                return
            self.outbox.sent(count)
            self._sent_at = time.monotonic()

    def _ping(self) -> None:
        now, keepalive = time.monotonic(), self._opened.keepalive_s
        if now - self._sent_at >= keepalive / 2 and not self.outbox.wants_to_write:
            self.outbox.write(frames.PINGREQ)
            self._write()
        if now - self._heard_at >= 1.5 * keepalive:
            raise Ended(f"nothing heard from the broker for {now - self._heard_at:.0f} s")

    def _wait(self) -> None:
        """Until there may be something to do: bytes to read or write, a word from another thread, a ping due."""
        if self._readable and not self._blocked:
            self._waker.clear()
            return
        now = time.monotonic()
        rest = self._looked_at + _PACE_S - now
        if rest > 0 and not self.outbox.wants_to_write:
            self._waker.wait(rest)
        due = self._sent_at + self._opened.keepalive_s / 2
        if self._leave_by is not None:
            due = min(due, self._leave_by)
        self._watch()
        ready = self._selector.select(max(0.0, due - now))
        self._readable = any(
            key.fileobj is self._socket and events & selectors.EVENT_READ for key, events in ready
        )
        self._waker.clear()

    def _watch(self) -> None:
        reading = 0 if self._blocked else selectors.EVENT_READ
        events = reading | (selectors.EVENT_WRITE if self.outbox.wants_to_write else 0)
        if events == self._events:
            return
        if not events:
            self._selector.unregister(self._socket)
        elif self._events:
            self._selector.modify(self._socket, events)
        else:
            self._selector.register(self._socket, events)
        self._events = events
