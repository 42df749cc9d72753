"""How to reach the broker, checked whole before anything is opened.

Knows nothing of connections. A secret is never in a `repr`, an error or a log.
"""

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class Endpoint(NamedTuple):
    """Where the broker listens."""

    host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True)
class MqttOptions:
    """The `[mqtt]` settings and the bounds of one line to the broker.

    `client_id` names the session that the broker keeps while we are away, and is the instance id in
    `<root>/gateway/<client_id>/status`: fixed, and no two gateways may share it.

    Raises:
        ValueError: a value that cannot work; says which and what to write instead.
    """

    url: str = "mqtt://127.0.0.1:1883"
    root: str = "returns/v1"
    client_id: str = "returns-gateway"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    """Who signed the broker's certificate; the system's authorities where none is given."""
    cert: Path | None = None
    key: Path | None = None
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    """3.1.1 serves everything that the gateway needs, with less to read per message."""
    keepalive_s: int = 30
    """We ping at half of it; the broker gives us up after one and a half."""
    session_expiry_s: int = 14 * 24 * 3600
    """How long a version 5 broker keeps our session while we are away (3.1.1 leaves that to the broker)."""
    inbox_messages: int = 5_000
    """Messages held unread by the writer before we stop reading: about half a second at full speed."""
    inbox_bytes: int = 32 * 1024 * 1024
    """The same bound for large messages; one message more may be held."""
    outbox_messages: int = 20_000
    """Publications unsent or unanswered before further ones are refused."""
    outbox_bytes: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        self.endpoint()
        if not _ID.fullmatch(self.client_id):
            raise ValueError(
                f"mqtt.client_id {self.client_id!r} is a topic level too: use 1 to 64 of A-Z a-z 0-9 . _ : -"
            )
        if not all(self.root.split("/")) or set(self.root) & set("+#\0"):
            raise ValueError(f"mqtt.root {self.root!r} must be topic levels without wildcards, as returns/v1")
        if self.protocol not in {"3.1.1", "5"}:
            raise ValueError(f"mqtt.protocol {self.protocol!r} is not known: write 3.1.1 or 5")
        if not 1 <= self.keepalive_s <= 65535:
            raise ValueError(f"mqtt.keepalive_s {self.keepalive_s} must be from 1 to 65535 seconds")
        if self.password is not None and self.username is None:
            raise ValueError("mqtt.password is given without mqtt.username: give both or neither")

    def endpoint(self) -> Endpoint:
        """Host, port and whether TLS is spoken, from `url`."""
        parts = urlsplit(self.url)
        if parts.username is not None or parts.password is not None:
            raise ValueError(
                "mqtt.url holds a login, which would be logged: use mqtt.username and mqtt.password"
            )
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in _PORTS or not parts.hostname or port == -1 or parts.path.strip("/"):
            raise ValueError(
                f"mqtt.url {self.url!r} must read mqtt://host:port, or mqtts://host:port for TLS"
            )
        return Endpoint(parts.hostname, port or _PORTS[parts.scheme], tls=parts.scheme == "mqtts")

    def tls_context(self) -> ssl.SSLContext | None:
        """What TLS needs, its files read; None where the URL speaks none.

        Raises:
            ValueError: a file is missing or holds no usable certificate or key.
        """
        if not self.endpoint().tls:
            if self.ca or self.cert or self.key:
                raise ValueError(
                    "mqtt.ca, cert and key are for TLS: write mqtts:// in mqtt.url or leave them out"
                )
            return None
        if self.key and not self.cert:
            raise ValueError("mqtt.key is given without mqtt.cert: give the certificate that it belongs to")
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except OSError as error:  # an SSLError is one too
            raise ValueError(f"mqtt.ca {str(self.ca)!r} cannot be used: {error}") from error
        if self.cert:
            try:
                context.load_cert_chain(self.cert, self.key)
            except OSError as error:
                raise ValueError(
                    f"mqtt.cert {str(self.cert)!r} with mqtt.key {str(self.key)!r} cannot be used: {error}"
                ) from error
        return context

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The topic filters of everything that the gateway takes in."""
        device = f"{self.root}/device/+"
        return (f"{device}/scan", f"{device}/position", f"{device}/status", f"{self.root}/source/+/announce")

    @property
    def status_topic(self) -> str:
        """Where this gateway says whether it is there."""
        return f"{self.root}/gateway/{self.client_id}/status"
