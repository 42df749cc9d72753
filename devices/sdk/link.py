"""One connection to the broker, from its opening to its end; the next is a new one.

Each connection has a client of its own, so that nothing is kept in memory that the spool does not know of. What
happens on it is told from the client's thread as a `Happening`; nothing is decided here. The session is the
broker's and lasts: receipts that come while the device is away are waiting when it is back.
"""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_QOS: Final = 1


@dataclass(frozen=True, slots=True)
class Broker:
    """How to reach the broker. `tls` without `ca` trusts the system's authorities."""

    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @classmethod
    def at(
        cls, url: str, ca: Path | None = None, cert: Path | None = None, key: Path | None = None
    ) -> "Broker":
        """The broker at `mqtt://[user[:password]@]host[:port]`, or `mqtts://` for TLS.

        Raises:
            ValueError: it is no such URL.
        """
        parts = urlsplit(url)
        try:
            port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError) as error:
            raise ValueError(
                f"the broker {_without_login(url)!r} must read mqtt://host:port, or mqtts:// for TLS"
            ) from error
        if not parts.hostname or parts.path.strip("/"):
            raise ValueError(f"the broker {_without_login(url)!r} must read mqtt://host:port, and no more")
        user = None if parts.username is None else unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        return cls(parts.hostname, port, user, password, parts.scheme == "mqtts", ca, cert, key)

    def tls_context(self) -> ssl.SSLContext | None:
        """What TLS needs, its files read; None where none is spoken.

        Raises:
            ValueError: a certificate or key cannot be used.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key)
        except OSError as error:  # an SSLError is one too
            raise ValueError(
                f"the certificates cannot be used: {error}; check ca, cert and key of the broker"
            ) from error
        return context


def _without_login(url: str) -> str:
    """The URL fit to show: a password in it is nobody's business."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


class Up(NamedTuple):
    """The connection stands and receipts will be heard."""


class Down(NamedTuple):
    """The connection has ended, or never came to be."""

    reason: str


class Arrived(NamedTuple):
    """The broker has the message that `publish` gave this number."""

    mid: int


class Said(NamedTuple):
    """A message came."""

    topic: str
    payload: bytes


Happening = Up | Down | Arrived | Said


class Link:
    """A connection as `client_id`, that listens to `topics`; `will` is (topic, payload), retained if we vanish.

    Raises:
        ValueError: the certificates cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        topics: Sequence[str],
        tell: Callable[["Link", Happening], None],
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self._broker = broker
        self._tls = broker.tls_context()
        self._topics = topics
        self._tell = tell
        self._client = client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, reconnect_on_failure=False
        )
        if will is not None:
            client.will_set(*will, qos=_QOS, retain=True)
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        client.connect_timeout = 10.0
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect

    def open(self, keepalive_s: int) -> None:
        """Connect; `Up` or `Down` follows.

        Raises:
            OSError: nobody is there.
        """
        if self._tls is not None:
            self._client.tls_set_context(self._tls)
        self._client.connect(self._broker.host, self._broker.port, keepalive_s)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Send; the number that `Arrived` will say."""
        return self._client.publish(topic, payload, _QOS, retain).mid

    def close(self) -> None:
        """End the connection in good order: no last will."""
        client = self._client
        client.disconnect()
        client.loop_stop()
        # The client keeps sockets of its own until it goes, so let it go at once and not with the next collection.
        client.on_connect = client.on_subscribe = client.on_publish = None
        client.on_message = client.on_disconnect = None

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _more: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._tell(self, Down(f"the broker refuses: {reason}"))
        elif not self._topics:
            self._tell(self, Up())
        else:
            client.subscribe([(topic, _QOS) for topic in self._topics])

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _more: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._tell(
                self, Down(f"the broker does not let us read {', '.join(self._topics)}; grant it to us")
            )
        else:
            self._tell(self, Up())

    def _on_publish(
        self, _client: Client, _data: object, mid: int, _reason: ReasonCode, _more: Properties | None
    ) -> None:
        self._tell(self, Arrived(mid))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._tell(self, Said(message.topic, bytes(message.payload)))

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _more: Properties | None,
    ) -> None:
        self._tell(self, Down(f"the connection ended: {reason}"))
