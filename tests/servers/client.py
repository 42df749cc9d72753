"""A stock MQTT client for tests: what a device, an ERP or an operator's tool would be to the broker.

Everything that it waits for is a condition with a time limit.
"""

import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import pytest
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode


def _send_at_once(_client: Client, _data: object, opened: Any) -> None:
    """So that how long an answer takes tells of who answers, not of Nagle's algorithm."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Message(NamedTuple):
    topic: str
    payload: bytes
    retained: bool


class StockClient:
    """Connects on entering, disconnects on leaving. `received` grows as messages come."""

    def __init__(
        self, port: int, name: str = "", *, username: str | None = None, password: str | None = None
    ) -> None:
        self.received: list[Message] = []
        self.granted: list[int] = []
        """The broker's answers to our subscriptions so far: 0 to 2, or 128 for a refusal."""
        self._port = port
        self._changed = threading.Condition()
        self._answer: ReasonCode | None = None
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name)
        self._client.max_inflight_messages_set(0)
        self._client.username_pw_set(username, password)
        self._client.on_socket_open = _send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Waits until the condition holds, looking again whenever something has come; whether it does."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def messages(self, count: int, timeout_s: float = 10.0) -> list[Message]:
        """The messages received, once there are at least so many.

        Raises:
            AssertionError: there are fewer when time is up.
        """
        assert self.wait_for(lambda: len(self.received) >= count, timeout_s), (
            f"only {self.received} of {count}"
        )
        return list(self.received)

    def subscribe(self, *topics: str, qos: int = 1) -> Self:
        """Subscribes, and returns once the broker has answered."""
        before = len(self.granted)
        self._client.subscribe([(topic, qos) for topic in topics])
        assert self.wait_for(lambda: len(self.granted) >= before + len(topics)), (
            "no answer to the subscription"
        )
        return self

    def publish(self, topic: str, payload: bytes = b"", *, qos: int = 1, retain: bool = False) -> None:
        """Publishes one message and returns once the broker has acknowledged it."""
        self.publish_all([(topic, payload)], qos=qos, retain=retain)

    def publish_all(
        self,
        messages: Sequence[tuple[str, bytes]],
        *,
        qos: int = 1,
        retain: bool = False,
        timeout_s: float = 30.0,
    ) -> None:
        """Publishes these in order and returns once the broker has acknowledged all."""
        sent = [self._client.publish(topic, payload, qos, retain) for topic, payload in messages]
        for info in sent:
            info.wait_for_publish(timeout_s)
            assert info.is_published(), "the broker did not acknowledge in time"

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _more: Properties | None,
    ) -> None:
        with self._changed:
            self._answer = reason
            self._changed.notify_all()

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _more: Properties | None
    ) -> None:
        with self._changed:
            self.granted.extend(reason.value for reason in reasons)
            self._changed.notify_all()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._changed:
            self.received.append(Message(message.topic, bytes(message.payload), message.retain))
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        self.wait_for(lambda: self._answer is not None)
        if self._answer is None or self._answer.is_failure:
            self._client.loop_stop()
            pytest.fail(f"the broker does not let us in: {self._answer or 'no answer'}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # The client keeps sockets of its own until it goes: without what leads back here it goes with this object.
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None
