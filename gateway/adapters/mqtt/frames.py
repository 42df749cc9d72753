"""MQTT's bytes once a connection stands: what the broker sends → values, values → what we send. No I/O.

paho opens and closes the connection; the stream between is read here, because that is where the time goes. Per
message paho takes 26 µs to receive, 5 to acknowledge, 25 to publish and 22 to have that acknowledged; at 8,000
messages a second, each with its receipt, that is six tenths of a core before any work is done. Reading many
packets from one piece of the stream, and writing as many in another, takes a tenth of it.

Sources: OASIS MQTT 3.1.1 section 3, and 5.0 section 3 where `version5`.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway.tracking.instants import Instant

_PUBLISH: Final = 3
_PUBACK: Final = 4
_SUBACK: Final = 9
_PINGRESP: Final = 13
_DISCONNECT: Final = 14

PINGREQ: Final = b"\xc0\x00"

LONGEST: Final = 1024 * 1024
"""Frames beyond this are cut: no device may send them, and nobody may fill our memory."""
_KEPT: Final = 192 * 1024
"""Of a cut frame: enough for the longest topic and more payload than is allowed, so that it is refused as such."""

_puback = struct.Struct("!BBH").pack
_mid = struct.Struct("!H").pack


class Malformed(ValueError):
    """The stream is not MQTT; the connection cannot go on."""


class Delivery(NamedTuple):
    """One message from the broker, unacknowledged. `mid` means something only on its own `connection`."""

    topic: str
    payload: bytes
    retained: bool
    connection: int
    mid: int
    """0 where the message wants no acknowledgement (QoS 0)."""
    received_at: Instant


class Suback(NamedTuple):
    """The answer to a subscription: one code for each topic filter, 0x80 and above being a refusal."""

    mid: int
    codes: bytes


@dataclass(slots=True)
class Arrived:
    """What one look at the stream gave, by kind, in the order of the stream within each."""

    deliveries: list[Delivery] = field(default_factory=list)
    confirmed: list[tuple[int, int]] = field(default_factory=list)
    """(message id, reason code) of our publications that the broker answered; 0x80 and above is a refusal."""
    subacks: list[Suback] = field(default_factory=list)
    goodbye: int | None = None
    """The reason code with which a version 5 broker ends the connection."""
    blocked: bool = False
    """A message is next and there was no room for it."""


class Room(NamedTuple):
    """How much may still be held. `size` is in bytes of payload; a message larger than it goes in all the same."""

    messages: int
    size: int


class Decoder:
    """Cuts the stream of one connection into packets. Feed it bytes, then decode as much as there is room for."""

    def __init__(self, connection: int, *, version5: bool) -> None:
        self._connection = connection
        self._version5 = version5
        self._buffer = bytearray()
        self._skip = 0  # bytes of a cut frame that are still to come

    def __len__(self) -> int:
        """Bytes held that are no whole packet yet, or a message that there was no room for."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def decode(self, room: Room, received_at: Instant) -> Arrived:
        """All whole packets at the front, up to the first message that there is no room for.

        Raises:
            Malformed: the bytes are not MQTT.
        """
        arrived = Arrived()
        buffer, end = self._buffer, len(self._buffer)
        position, size = min(self._skip, end), 0
        self._skip -= position
        while (frame := self._frame(position, end)) is not None:
            kind, start, stop, following = frame
            if kind == _PUBLISH:
                if len(arrived.deliveries) >= room.messages or size >= room.size:
                    arrived.blocked = True
                    break
                delivery = self._delivery(buffer[position], start, stop, received_at)
                size += len(delivery.payload)
                arrived.deliveries.append(delivery)
            else:
                self._answer(kind, start, stop, arrived)
            position = following
            if position > end:
                self._skip = position - end
                position = end
        del buffer[:position]
        return arrived

    def _frame(self, position: int, end: int) -> tuple[int, int, int, int] | None:
        """(packet type, start and end of its body, start of the next); None while it is incomplete."""
        if end - position < 2:
            return None
        buffer = self._buffer
        length, start = buffer[position + 1], position + 2
        if length & 0x80:
            number = self._number(position + 1, end)
            if number is None:
                return None
            length, start = number
        stop = start + length
        if length > LONGEST and end - start >= _KEPT:
            return buffer[position] >> 4, start, start + _KEPT, stop
        return None if stop > end else (buffer[position] >> 4, start, stop, stop)

    def _number(self, at: int, end: int) -> tuple[int, int] | None:
        """A variable byte integer and the position after it; None while it is incomplete."""
        value = 0
        for digit in range(4):
            if at + digit >= end:
                return None
            byte = self._buffer[at + digit]
            value |= (byte & 0x7F) << (7 * digit)
            if not byte & 0x80:
                return value, at + digit + 1
        raise Malformed("a length of more than four bytes")

    def _delivery(self, head: int, start: int, stop: int, received_at: Instant) -> Delivery:
        buffer = self._buffer
        body = start + 2 + (buffer[start] << 8 | buffer[start + 1]) if stop - start >= 2 else stop + 1
        topic_end, mid = body, 0
        if head & 0x06:
            body += 2
            if body <= stop:
                mid = buffer[body - 2] << 8 | buffer[body - 1]
        if self._version5:
            properties = self._number(body, stop)
            body = stop + 1 if properties is None else sum(properties)
        if body > stop:
            if stop - start < _KEPT:
                raise Malformed("a message that ends before its payload")
            body = stop  # a cut frame that is all properties
        topic = buffer[start + 2 : topic_end].decode("utf-8", "backslashreplace")
        return Delivery(topic, bytes(buffer[body:stop]), bool(head & 1), self._connection, mid, received_at)

    def _answer(self, kind: int, start: int, stop: int, arrived: Arrived) -> None:
        buffer, size = self._buffer, stop - start
        if kind == _PUBACK and size >= 2:
            reason = buffer[start + 2] if size > 2 else 0
            arrived.confirmed.append((buffer[start] << 8 | buffer[start + 1], reason))
        elif kind == _SUBACK and size >= 3:
            codes = start + 2
            if self._version5:
                codes = sum(self._number(codes, stop) or (stop, 0))
            mid = buffer[start] << 8 | buffer[start + 1]
            arrived.subacks.append(Suback(mid, bytes(buffer[codes:stop])))
        elif kind == _DISCONNECT:
            arrived.goodbye = buffer[start] if size else 0
        elif kind != _PINGRESP:
            raise Malformed(f"an unexpected packet of type {kind} and {size} bytes")


def pubacks(mids: Iterable[int]) -> bytes:
    """The acknowledgements of messages by their ids on this connection."""
    return b"".join([_puback(0x40, 2, mid) for mid in mids])


def publish(topic: str, payload: bytes, mid: int, *, retain: bool, version5: bool) -> bytes:
    """One publication at QoS 1, of a topic of at most 65,535 bytes."""
    name = topic.encode()
    properties = b"\0" if version5 else b""
    rest = b"".join((_mid(len(name)), name, _mid(mid), properties, payload))
    return b"".join((b"\x33" if retain else b"\x32", _length(len(rest)), rest))


def _length(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)
