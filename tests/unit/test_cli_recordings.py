"""Lines of recorded messages: read as they were sent, written so that they are read again, refused with a remedy."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.service.recordings import Recorded, Unreadable, read, write
from gateway.tracking.instants import Instant
from tests.unit.cli_world import at

ROOT = "returns/v1"


def line(payload: str, **fields: str) -> bytes:
    known = {"received_at": "2026-03-04T09:00:00Z", "topic": "returns/v1/device/d/scan", **fields}
    members = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in known.items()]
    return ("{" + ", ".join([*members, f'"payload": {payload}']) + "}").encode()


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param('{"id": "a"}', id="an object"),
        pytest.param('[{"id":"a"} , {"id":"b"}]', id="an array, its blanks kept"),
        pytest.param('{"lat": NaN, "lon": -Infinity, "n": 1e999}', id="numbers that are none"),
        pytest.param("1" * 5000, id="a number of any length"),
        pytest.param('{"note": "}, \\"x\\": {"}', id="braces within a string"),
        pytest.param('{"note": "\\ud800"}', id="a lone surrogate"),
        pytest.param("{}", id="nothing in it"),
        pytest.param('"text"', id="a string"),
        pytest.param("null", id="null"),
    ],
)
def test_the_payload_is_taken_as_it_is_spelt(payload: str) -> None:
    assert read(line(payload), ROOT) == Recorded(at("4T09:00"), "device/d/scan", payload.encode())


@pytest.mark.parametrize(
    "spelt",
    [
        '{"payload": {}, "topic": "returns/v1/t", "received_at": "2026-03-04T09:00:00Z"}',
        ' { "topic" :"returns/v1/t" ,"payload": {} , "received_at" : "2026-03-04T10:00:00+01:00" } \r\n',
        '{"received_at": "2026-03-04T09:00:00Z", "topic": "returns/v1/t", "payload": {}, "qos": 1}',
        '{"received_at": "2026-03-04T09:00:00Z", "topic": "returns\\/v1\\/t", "payload": {}}',
        '{"received_at": "2026-03-04T09:00:00Z", "topic": "returns/v1/t", "payload_base64": "e30="}',
    ],
)
def test_however_the_line_is_laid_out(spelt: str) -> None:
    assert read(spelt.encode(), ROOT) == Recorded(at("4T09:00"), "t", b"{}")


@pytest.mark.parametrize(
    ("spelt", "said"),
    [
        ("", "is no JSON object: expected '{' at character 1"),
        ("[]", "is no JSON object: expected '{' at character 1"),
        ("{}", "received_at is missing; a line is"),
        ('{"received_at": "2026-03-04T09:00:00Z"}', "topic is missing; a line is"),
        ('{"received_at": null, "topic": "t", "payload": {}}', "received_at and topic must be strings"),
        (
            '{"received_at": "yesterday", "topic": "t", "payload": {}}',
            "received_at is yesterday: not an RFC 3339",
        ),
        ('{"received_at": "2026-03-04T09:00:00", "topic": "t", "payload": {}}', "not an RFC 3339"),
        (
            line("{}", topic="other/v1/t").decode(),
            "topic 'other/v1/t' is not below returns/v1; set mqtt.root",
        ),
        (line("{}", topic="returns/v1").decode(), "topic 'returns/v1' is not below returns/v1"),
        ('{"received_at": "2026-03-04T09:00:00Z", "topic": "returns/v1/t"}', "payload is missing"),
        (
            line("{}").decode().replace('"payload": {}', '"payload_base64": "?"'),
            "payload_base64 is '?', which is no",
        ),
        (line("{").decode(), "is no JSON object"),
        (line("{}").decode() + "}", "has something after the object, at character 92"),
        (line("{},").decode(), "is no JSON object"),
        (line("[" * 100_000).decode(), "is nested too deeply"),
    ],
)
def test_what_is_no_recorded_message_is_refused_with_a_remedy(spelt: str, said: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(spelt.encode(), ROOT)
    assert said in str(raised.value)


def test_a_line_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"is no UTF-8 \(byte 1\)"):
        read(b"\xff{}", ROOT)


@pytest.mark.parametrize(
    ("payload", "stands"),
    [
        (b'{"id": "a"}', True),
        (b"[1, 2]", True),
        (b'{"id": NaN}', False),
        (b'{"id": "a"', False),
        (b'{"id":\n"a"}', False),
        (b'{"id": "\xff"}', False),
        (b"{} {}", False),
        (b" {}", False),
        (b"[" * 100_000, False),
        (b"", False),
    ],
)
def test_a_payload_stands_in_its_line_if_it_is_json_on_one_line(payload: bytes, stands: bool) -> None:
    written = json.loads(write(Recorded(at("4T09:00"), "device/d/scan", payload), ROOT))
    assert ("payload" in written, "payload_base64" in written) == (stands, not stands)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@given(
    received=st.integers(0, 4_000_000_000_000_000).map(Instant),
    topic=st.text(min_size=1),
    payload=JSON | st.binary(),
    root=st.sampled_from(["returns/v1", "a", "ä/b"]),
)
def test_what_is_written_is_read_again(received: Instant, topic: str, payload: bytes, root: str) -> None:
    recorded = Recorded(received, topic, payload)
    written = write(recorded, root)
    assert b"\n" not in written
    assert read(written, root) == recorded
