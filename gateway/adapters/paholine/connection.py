"""One connection to the broker: a paho client of its own, and what came of it."""

import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.adapters.paholine.inbox import Delivery, Inbox
from gateway.adapters.paholine.options import MqttOptions
from gateway.ports.delivery import Publication
from gateway.tracking.instants import Instant

PATIENCE_S: Final = 6.0
"""How long the broker may take to answer a login."""
_IN_FLIGHT: Final = 1_000
"""Publications on their way at once, within what brokers take by default."""
_PASSING: Final = frozenset(
    {"Server unavailable", "Server busy", "Use another server", "Connection rate exceeded"}
)
"""Refusals that end by themselves."""


def _send_at_once(_: Client, __: Any, opened: Any) -> None:
    """A receipt must not wait for the broker's delayed TCP acknowledgement, some 40 ms (Nagle's algorithm)."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Connection:
    """One paho client and what came of it. `number` grows with each attempt; `ended` is set when it is over."""

    def __init__(self, number: int, options: MqttOptions, inbox: Inbox, clock: Callable[[], Instant]) -> None:
        self.number = number
        self.changed = threading.Condition()
        self.up = False
        self.ended = False
        self.refused = False
        self.reason = ""
        self.session_present = False
        self.unanswered = 0
        self.refusals: set[int] = set()
        """Message ids of publications that the broker would not have (only version 5 says so)."""
        self._options = options
        self._inbox = inbox
        self._clock = clock
        self.client = self._client()

    def _client(self) -> Client:
        options = self._options
        version5 = options.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id,
            clean_session=None if version5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if version5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = PATIENCE_S
        client.max_inflight_messages_set(_IN_FLIGHT)
        if options.username is not None:
            client.username_pw_set(options.username, options.password)
        tls = options.tls_context()
        if tls is not None:
            client.tls_set_context(tls)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        return client

    def open(self, will: bytes) -> None:
        """Connect, and let paho's thread do the traffic.

        Raises:
            OSError: nobody answers there.
        """
        options = self._options
        self.client.will_set(options.status_topic, will, qos=1, retain=True)
        endpoint = options.endpoint()
        properties = None
        if options.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own gap
            properties.SessionExpiryInterval = options.session_expiry_s
            self.client.connect(
                endpoint.host, endpoint.port, options.keepalive_s, clean_start=False, properties=properties
            )
        else:
            self.client.connect(endpoint.host, endpoint.port, options.keepalive_s)
        self.client.loop_start()

    def close(self) -> None:
        """End the connection and paho's thread."""
        self.client.disconnect()
        self._end("closed")
        self.client.loop_stop()

    def publish(self, message: Publication) -> MQTTMessageInfo:
        """Send at QoS 1; whether the broker has it, the info tells.

        Raises:
            ValueError: a topic that no broker would take.
        """
        with self.changed:
            self.unanswered += 1
        return self.client.publish(message.topic, bytes(message.payload), 1, message.retain)

    def await_change(self, until: Callable[[], bool], timeout_s: float | None) -> bool:
        """Wait until the connection is so, or has ended."""
        with self.changed:
            return self.changed.wait_for(lambda: until() or self.ended, timeout_s)

    def _end(self, reason: str, *, refused: bool = False) -> None:
        with self.changed:
            if not self.ended:
                self.reason, self.refused, self.ended = reason, refused, True
                self.changed.notify_all()

    def _on_connect(
        self, client: Client, _: Any, flags: ConnectFlags, reason: ReasonCode, __: Properties | None
    ) -> None:
        if reason.is_failure:
            name = str(reason)
            self._end(name, refused=name not in _PASSING)
            return
        self.session_present = flags.session_present
        # A persistent session keeps old subscriptions and ignores changed ones: always say them again.
        client.subscribe([(topic, 1) for topic in self._options.subscriptions])

    def _on_subscribe(
        self, _: Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Properties | None
    ) -> None:
        topics = self._options.subscriptions
        refused = [topic for topic, reason in zip(topics, reasons, strict=False) if reason.is_failure]
        if refused:
            self._end(
                f"the broker refused the subscriptions {', '.join(refused)}; check its ACL", refused=True
            )
        else:
            with self.changed:
                self.up = True
                self.changed.notify_all()

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        self._inbox.put(
            Delivery(
                message.topic,
                bytes(message.payload),
                message.retain,
                self._clock(),
                self.number,
                message.mid,
                message.qos,
            )
        )

    def _on_publish(self, _: Client, __: Any, mid: int, reason: ReasonCode, ___: Properties) -> None:
        with self.changed:
            self.unanswered -= 1
            if reason.is_failure:
                self.refusals.add(mid)

    def _on_disconnect(
        self, _: Client, __: Any, ___: DisconnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        self._end(str(reason))
