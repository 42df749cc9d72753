"""From nothing to a connection on which we are subscribed, through paho; or why not.

One attempt. Whether and when to try again, and all traffic from then on, are decided elsewhere.
"""

import select
import socket
import ssl
from enum import StrEnum
from typing import Final, NamedTuple

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.adapters.mqtt.options import MqttOptions

_PATIENCE_S: Final = 5.0
"""For each of: the TCP connection, the TLS handshake, the broker's answer."""
_PASSING: Final = frozenset(
    {"Server unavailable", "Server busy", "Use another server", "Connection rate exceeded"}
)
"""Refusals that a later attempt may not meet, whatever the administrator does."""


class Obstacle(StrEnum):
    """Why there is no connection."""

    UNREACHABLE = "unreachable"
    """Nobody answers there, or not now."""
    REFUSED = "refused"
    """The broker answers and does not want us: somebody must change a setting."""


class Failed(NamedTuple):
    obstacle: Obstacle
    reason: str


class Opened(NamedTuple):
    """A connection that stands, at the start of a packet. `receive_maximum` bounds our unanswered publications."""

    client: Client
    socket: socket.socket
    session_present: bool
    subscription: int
    """The message id of our SUBSCRIBE, whose answer is still to come."""
    topics: tuple[str, ...]
    """The topic filters in it."""
    receive_maximum: int
    keepalive_s: int
    version5: bool


class _Answer:
    """What the broker's CONNACK said."""

    flags: ConnectFlags | None = None
    reason: ReasonCode | None = None
    receive_maximum: int = 65535
    keepalive_s: int | None = None


def open_connection(options: MqttOptions, tls: ssl.SSLContext | None, will: bytes) -> Opened | Failed:
    """Connects, logs in, leaves `will` to be published (retained) on our status topic, and subscribes."""
    answer = _Answer()
    client = _client(options, tls, will, answer)
    endpoint = options.endpoint()
    try:
        if options.protocol == "5":
            kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
            kept.SessionExpiryInterval = options.session_expiry_s
            client.connect(*endpoint[:2], options.keepalive_s, clean_start=False, properties=kept)
        else:
            client.connect(*endpoint[:2], options.keepalive_s)
        _await_answer(client, answer)
    except ssl.SSLCertVerificationError as error:
        _close(client)
        return Failed(
            Obstacle.REFUSED, f"the broker's certificate is not to be trusted: {error.verify_message}"
        )
    except OSError as error:
        _close(client)
        return Failed(Obstacle.UNREACHABLE, str(error))
    if answer.reason is None or answer.flags is None or answer.reason.is_failure:
        _close(client)
        return _refusal(options, answer.reason)
    return _subscribed(options, client, answer, answer.flags)


def _client(options: MqttOptions, tls: ssl.SSLContext | None, will: bytes, answer: _Answer) -> Client:
    version5 = options.protocol == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        clean_session=None if version5 else False,
        protocol=MQTTProtocolVersion.MQTTv5 if version5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = _PATIENCE_S
    if options.username is not None:
        client.username_pw_set(options.username, options.password)
    if tls is not None:
        client.tls_set_context(tls)
    client.will_set(options.status_topic, will, qos=1, retain=True)

    def on_connect(
        _client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        answer.flags, answer.reason = flags, reason
        if properties is not None:
            answer.receive_maximum = getattr(properties, "ReceiveMaximum", 65535)
            answer.keepalive_s = getattr(properties, "ServerKeepAlive", None)

    client.on_connect = on_connect
    return client


def _await_answer(client: Client, answer: _Answer) -> None:
    """Until the CONNACK is read, and not one byte further: what follows is not paho's to read.

    Raises:
        OSError: the broker closed the connection, or did not answer in time.
    """
    while answer.reason is None:
        sock = client.socket()
        if sock is None:
            raise ConnectionError("the broker closed the connection instead of answering")
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if not poll.poll(_PATIENCE_S * 1000):
            raise TimeoutError(f"no answer to the login within {_PATIENCE_S:.0f} s")
        while answer.reason is None and client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            pending = getattr(sock, "pending", None)
            if pending is None or not pending():
                break


def _subscribed(
    options: MqttOptions, client: Client, answer: _Answer, flags: ConnectFlags
) -> Opened | Failed:
    _, subscription = client.subscribe([(topic, 1) for topic in options.subscriptions])
    sock = client.socket()
    if not isinstance(sock, socket.socket) or subscription is None or client.want_write():
        _close(client)
        return Failed(Obstacle.UNREACHABLE, "the connection ended as soon as it stood")
    # A receipt must not wait, some 40 ms, for TCP's delayed acknowledgement of what was sent before (Nagle).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Opened(
        client=client,
        socket=sock,
        session_present=flags.session_present,
        subscription=subscription,
        topics=options.subscriptions,
        receive_maximum=answer.receive_maximum,
        keepalive_s=answer.keepalive_s or options.keepalive_s,
        version5=options.protocol == "5",
    )


def _refusal(options: MqttOptions, reason: ReasonCode | None) -> Failed:
    name = "no reason given" if reason is None else reason.getName()
    if name in _PASSING:
        return Failed(Obstacle.UNREACHABLE, name)
    login = "without a login" if options.username is None else f"of user {options.username!r}"
    return Failed(
        Obstacle.REFUSED,
        f"the broker refused client {options.client_id!r} {login}: {name};"
        " check mqtt.username, mqtt.password and mqtt.client_id against the broker's configuration",
    )


def _close(client: Client) -> None:
    sock = client.socket()
    if sock is not None:
        sock.close()
