"""The stream of MQTT packets: however it is cut into pieces, the same values come out, never more than fit."""

import contextlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gateway.adapters.mqtt import frames
from gateway.adapters.mqtt.frames import LONGEST, Arrived, Decoder, Malformed, Room, Suback
from gateway.tracking.instants import Instant

AMPLE = Room(10_000, 1 << 30)
AT = Instant(7)

topics = st.text(st.characters(exclude_characters="+#\0", codec="utf-8"), min_size=1, max_size=20)
messages = st.lists(st.tuples(topics, st.binary(max_size=300), st.booleans()), max_size=8)
answers = st.tuples(st.integers(1, 65535), st.sampled_from([0, 0x10, 0x87]))


def decode(stream: bytes, pieces: list[int], *, version5: bool) -> Arrived:
    """Feeds the stream in pieces of these sizes, and the rest in one."""
    decoder, whole, start = Decoder(3, version5=version5), Arrived(), 0
    for size in [*pieces, len(stream)]:
        decoder.feed(stream[start : start + size])
        start += size
        arrived = decoder.decode(AMPLE, AT)
        whole.deliveries += arrived.deliveries
        whole.confirmed += arrived.confirmed
        whole.subacks += arrived.subacks
    return whole


@given(
    messages=messages,
    answers=st.lists(answers, max_size=4),
    pieces=st.lists(st.integers(1, 40)),
    version5=st.booleans(),
)
def test_the_same_comes_out_however_the_stream_is_cut(
    messages: list[tuple[str, bytes, bool]], answers: list[tuple[int, int]], pieces: list[int], version5: bool
) -> None:
    sent = [
        frames.publish(topic, payload, mid, retain=retain, version5=version5)
        for mid, (topic, payload, retain) in enumerate(messages, start=60_000)
    ]
    said = [bytes([0x40, 4, mid >> 8, mid & 255, reason, 0]) for mid, reason in answers]
    arrived = decode(b"".join([*sent, b"\xd0\x00", *said]), pieces, version5=version5)
    assert [(d.topic, d.payload, d.retained) for d in arrived.deliveries] == messages
    assert [d.mid for d in arrived.deliveries] == list(range(60_000, 60_000 + len(messages)))
    assert {(d.connection, d.received_at) for d in arrived.deliveries} <= {(3, AT)}
    assert arrived.confirmed == answers


@given(
    payloads=st.lists(st.binary(max_size=50), max_size=20),
    rooms=st.lists(st.builds(Room, st.integers(0, 4), st.integers(0, 100)), max_size=40),
)
def test_no_more_is_decoded_than_there_is_room_for_and_nothing_is_lost(
    payloads: list[bytes], rooms: list[Room]
) -> None:
    decoder, taken = Decoder(1, version5=False), []
    for payload in payloads:
        decoder.feed(frames.publish("t", payload, 1, retain=False, version5=False))
    for room in rooms:
        arrived = decoder.decode(room, AT)
        assert len(arrived.deliveries) <= room.messages
        assert sum(len(d.payload) for d in arrived.deliveries[:-1]) < max(room.size, 1)
        taken += arrived.deliveries
        assert arrived.blocked == (len(taken) < len(payloads))
    taken += decoder.decode(AMPLE, AT).deliveries
    assert [d.payload for d in taken] == payloads


@pytest.mark.parametrize(
    ("stream", "mid"),
    [(b"\x30\x05\x00\x01tab", 0), (b"\x3b\x07\x00\x01t\x01\x02ab", 258)],
    ids=["qos 0", "qos 1, repeated and retained"],
)
def test_the_flags_of_a_message(stream: bytes, mid: int) -> None:
    (delivery,) = decode(stream, [], version5=False).deliveries
    assert (delivery.topic, delivery.payload, delivery.mid, delivery.retained) == ("t", b"ab", mid, mid > 0)


def test_the_properties_of_a_version_5_message_are_passed_over() -> None:
    body = b"\x00\x01t\x00\x09" + bytes([0x85, 0x01]) + b"p" * 0x85 + b"payload"
    stream = b"\x32" + bytes([len(body) & 127 | 128, len(body) >> 7]) + body
    (delivery,) = decode(stream, [], version5=True).deliveries
    assert (delivery.payload, delivery.mid) == (b"payload", 9)


@pytest.mark.parametrize("version5", [False, True])
def test_the_answer_to_a_subscription(version5: bool) -> None:
    properties = b"\x02zz" if version5 else b""
    body = b"\x01\x02" + properties + b"\x01\x80"
    arrived = decode(b"\x90" + bytes([len(body)]) + body, [], version5=version5)
    assert arrived.subacks == [Suback(258, b"\x01\x80")]


def test_a_message_beyond_any_bound_is_cut_and_the_next_one_is_whole() -> None:
    huge = frames.publish("t", b"x" * (3 * LONGEST), 1, retain=False, version5=False)
    after = frames.publish("t", b"after", 2, retain=False, version5=False)
    decoder, taken, held = Decoder(1, version5=False), [], 0
    for start in range(0, len(huge + after), 50_000):
        decoder.feed((huge + after)[start : start + 50_000])
        held = max(held, len(decoder))
        taken += decoder.decode(AMPLE, AT).deliveries
    assert 65_536 < len(taken[0].payload) < LONGEST
    assert taken[0].payload.strip(b"x") == b""
    assert (taken[0].mid, taken[1].payload) == (1, b"after")
    assert held < LONGEST


@pytest.mark.parametrize(
    "stream",
    [
        b"\x32\x80\x80\x80\x80\x01",
        b"\x32\x01\x00",
        b"\x32\x03\x00\x09t",
        b"\x32\x04\x00\x01t\x00",
        b"\x20\x02\x00\x00",
        b"\x00\x00",
        b"\x40\x01\x00",
        b"\x90\x02\x00\x01",
    ],
    ids=[
        "long length",
        "no topic",
        "short topic",
        "no id",
        "second CONNACK",
        "type 0",
        "short PUBACK",
        "no codes",
    ],
)
def test_what_is_not_mqtt_is_said_to_be_malformed(stream: bytes) -> None:
    with pytest.raises(Malformed):
        decode(stream, [], version5=False)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_at_all_are_decoded_or_malformed(stream: bytes, version5: bool) -> None:
    with contextlib.suppress(Malformed):
        decode(stream, [], version5=version5)


def test_acknowledgements_go_out_in_one_piece() -> None:
    assert frames.pubacks([1, 65535]) == b"\x40\x02\x00\x01\x40\x02\xff\xff"
