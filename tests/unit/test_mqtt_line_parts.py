"""The parts of the line that need no broker: inbox, outbox, back-off and options."""

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.mqtt import Backoff, Delivery, Line, MqttOptions
from gateway.adapters.mqtt.frames import Decoder, Room
from gateway.adapters.mqtt.inbox import Inbox
from gateway.adapters.mqtt.opening import Obstacle
from gateway.adapters.mqtt.outgoing import Outbox
from gateway.ports.delivery import Publication, Published
from gateway.tracking.instants import Instant

LONG_S = 30.0
"""Longer than any test may take: whoever waits this long was not woken."""


def delivery(number: int, size: int = 1) -> Delivery:
    return Delivery("t", b"x" * size, False, 1, number, Instant(0))


def inbox(room: Room, freed: list[int] | None = None) -> Inbox:
    return Inbox(room, lambda: (freed if freed is not None else []).append(1), linger_s=0.0)


def test_the_inbox_gives_the_oldest_first() -> None:
    box = inbox(Room(10, 100))
    box.put([delivery(n) for n in range(5)])
    assert [d.mid for d in box.take(3, 0.0)] == [0, 1, 2]
    assert [d.mid for d in box.take(3, 0.0)] == [3, 4]
    assert box.take(3, 0.0) == []


@pytest.mark.parametrize(
    ("put", "room"),
    [(0, Room(4, 100)), (3, Room(1, 97)), (4, Room(0, 0))],
)
def test_the_inbox_has_room_for_what_is_left_of_its_bound(put: int, room: Room) -> None:
    box = inbox(Room(4, 100))
    box.put([delivery(n) for n in range(put)])
    assert box.room() == room


def test_a_full_inbox_has_room_again_once_half_of_it_is_free_and_says_so_once() -> None:
    freed: list[int] = []
    box = inbox(Room(4, 1000), freed)
    box.put([delivery(n) for n in range(4)])
    assert box.room() == Room(0, 0)
    box.take(1, 0.0)
    assert (box.room(), freed) == (Room(0, 0), [])
    box.take(1, 0.0)
    assert (box.room(), freed) == (Room(2, 998), [1])
    box.take(2, 0.0)
    assert freed == [1]


def test_an_inbox_full_of_bytes_is_full() -> None:
    box = inbox(Room(4, 100))
    box.put([delivery(0, size=100)])
    assert box.room() == Room(0, 0)
    box.clear()
    assert box.room() == Room(4, 100)


def test_a_waiting_taker_gets_what_comes_and_is_woken_without_anything() -> None:
    box = inbox(Room(4, 100))
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(box.take, 4, LONG_S)
        box.put([delivery(1)])
        assert [d.mid for d in waiting.result(5)] == [1]
        waiting = other.submit(box.take, 4, LONG_S)
        box.wake()
        assert waiting.result(5) == []


def test_a_taker_waits_a_moment_for_company() -> None:
    box = Inbox(Room(4, 100), lambda: None, linger_s=LONG_S)
    box.put([delivery(1)])
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(box.take, 2, LONG_S)
        box.put([delivery(2)])
        assert [d.mid for d in waiting.result(5)] == [1, 2]


def outbox(window: int = 100, room: Room | None = None, last_mid: int = 0) -> Outbox:
    return Outbox(lambda: None, room or Room(100, 10_000), window, last_mid=last_mid, version5=False)


def sent(box: Outbox) -> list[Delivery]:
    """What the network thread would send now, as the broker would read it."""
    decoder = Decoder(0, version5=False)
    data = box.pending()
    decoder.feed(data)
    box.sent(len(data))
    return decoder.decode(Room(1000, 1 << 30), Instant(0)).deliveries


def test_publications_beyond_the_window_wait_for_answers_and_keep_their_order() -> None:
    box = outbox(window=2)
    handles = box.publish([Publication("t", b"%d" % n) for n in range(5)])
    order = []
    while batch := sent(box):
        assert len(batch) <= 2
        order += [d.payload for d in batch]
        box.confirmed([(d.mid, 0) for d in batch])
    assert order == [b"0", b"1", b"2", b"3", b"4"]
    assert {handle.outcome for handle in handles} == {Published.CONFIRMED}
    assert box.idle


def test_a_message_id_is_not_used_again_before_it_is_answered() -> None:
    box = outbox(last_mid=65_533)
    box.publish([Publication("t", b"")] * 3)
    used = [d.mid for d in sent(box)]
    for _ in range(65_532):
        box.publish([Publication("t", b"")])
        box.confirmed([(sent(box)[0].mid, 0)])
    box.publish([Publication("t", b"")])
    assert used == [65_534, 65_535, 1]
    assert sent(box)[0].mid == 2


@pytest.mark.parametrize(
    ("room", "messages", "unsent"),
    [(Room(3, 1000), 5, 2), (Room(100, 10), 5, 3)],
    ids=["too many", "too large"],
)
def test_what_there_is_no_room_for_is_unsent(room: Room, messages: int, unsent: int) -> None:
    handles = outbox(window=1, room=room).publish([Publication("t", b"12345")] * messages)
    assert [handle.outcome for handle in handles].count(Published.UNCONFIRMED) == unsent
    assert handles[0].outcome is None


def test_the_end_of_the_connection_settles_everything() -> None:
    box = outbox(window=1)
    unanswered, waiting = box.publish([Publication("t", b"")] * 2)
    box.close()
    (late,) = box.publish([Publication("t", b"")])
    box.acknowledge([7])
    assert (unanswered.outcome, waiting.outcome, late.outcome) == (
        Published.UNCONFIRMED,
        Published.UNCONFIRMED,
        Published.UNCONFIRMED,
    )
    assert box.pending() == b""


def test_a_handle_waits_for_its_answer_and_no_longer() -> None:
    box = outbox()
    yes, no, never = box.publish([Publication("t", b"")] * 3)
    first = sent(box)[0].mid
    threading.Timer(0.01, box.confirmed, [[(first, 0), (first + 1, 0x87)]]).start()
    assert yes.wait(LONG_S) is Published.CONFIRMED
    assert no.wait(LONG_S) is Published.REFUSED
    assert never.wait(0.0) is Published.UNCONFIRMED


@pytest.mark.parametrize(
    ("failures", "obstacle", "chance", "delay_s"),
    [
        (1, Obstacle.UNREACHABLE, 0.0, 1.0),
        (2, Obstacle.UNREACHABLE, 0.0, 2.0),
        (6, Obstacle.UNREACHABLE, 0.0, 32.0),
        (7, Obstacle.UNREACHABLE, 0.0, 60.0),
        (10_000, Obstacle.UNREACHABLE, 0.0, 60.0),
        (10_000, Obstacle.UNREACHABLE, 1.0, 30.0),
        (1, Obstacle.REFUSED, 0.0, 30.0),
        (2, Obstacle.REFUSED, 0.5, 45.0),
    ],
)
def test_attempts_come_ever_more_slowly(
    failures: int, obstacle: Obstacle, chance: float, delay_s: float
) -> None:
    assert Backoff().delay_s(failures, obstacle, chance) == delay_s


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"url": "tcp://broker"}, "mqtt.url 'tcp://broker' must read mqtt://host:port"),
        ({"url": "mqtt://"}, "must read mqtt://host:port"),
        ({"url": "mqtt://broker:99999"}, "must read mqtt://host:port"),
        ({"url": "mqtt://broker/path"}, "must read mqtt://host:port"),
        ({"url": "mqtt://u:secret@broker"}, "use mqtt.username and mqtt.password"),
        ({"client_id": "a/b"}, "mqtt.client_id 'a/b'"),
        ({"client_id": ""}, "mqtt.client_id ''"),
        ({"root": "returns//v1"}, "mqtt.root 'returns//v1'"),
        ({"root": "returns/#"}, "without wildcards"),
        ({"protocol": "4"}, "write 3.1.1 or 5"),
        ({"keepalive_s": 0}, "from 1 to 65535 seconds"),
        ({"password": "secret"}, "mqtt.password is given without mqtt.username"),
    ],
)
def test_options_that_cannot_work_are_refused_with_a_remedy(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  its text is compared below
        MqttOptions(**options)
    assert complaint in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"url": "mqtt://b", "ca": Path("ca.pem")}, "are for TLS"),
        ({"url": "mqtts://b", "ca": Path("none.pem")}, "mqtt.ca 'none.pem' cannot be used"),
        ({"url": "mqtts://b", "cert": Path("none.pem")}, "mqtt.cert 'none.pem'"),
        ({"url": "mqtts://b", "key": Path("key.pem")}, "without mqtt.cert"),
    ],
)
def test_certificates_are_read_before_anything_is_opened(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Line(MqttOptions(**options), clock=lambda: Instant(0), version="1")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("mqtt://broker", ("broker", 1883, False)),
        ("mqtts://broker", ("broker", 8883, True)),
        ("mqtt://[::1]:1884/", ("::1", 1884, False)),
    ],
)
def test_the_url_says_where_and_how(url: str, endpoint: tuple[str, int, bool]) -> None:
    assert MqttOptions(url=url).endpoint() == endpoint


def test_the_broker_must_prove_who_it_is() -> None:
    context = MqttOptions(url="mqtts://broker").tls_context()
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(MqttOptions(username="u", password="secret"))
